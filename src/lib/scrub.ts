// Secrets and addresses out of messages that others wrote, before they reach a caller or a log.

export const REDACTED = '[redacted]';

/** What is kept of a message. */
export const MAX_MESSAGE_CHARS = 2000;

/** Looked at beyond what is kept, since redacting shortens; the rest is never read. */
const MAX_SCANNED_CHARS = 4 * MAX_MESSAGE_CHARS;

/** Most specific first: a key inside a URL goes with the URL. All repetitions are bounded, so no text can make them slow. */
const PATTERNS: readonly RegExp[] = [
  // URLs of any scheme, with user info, port, path and query.
  /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s"'<>)\]}]{1,2048}/gi,
  // E-mail addresses.
  /[\w.+-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){0,4}/gi,
  // Authorization values.
  /\b(?:bearer|basic)\s+[\w.~+/=*-]{6,512}/gi,
  // Keys and account ids by their usual prefixes, masked ones included: sk-proj-…, gsk_…, xai-…, AKIA…, org-….
  /\b(?:sk|pk|rk|ak|gsk|csk|xai|hf|nvapi|pplx|tgp|fw|api|key|org|proj|acct|user)[-_][\w*.-]{6,256}/gi,
  /\b(?:AKIA|ASIA|AIza|ya29\.|eyJ)[\w.*-]{12,2048}/g,
  // Any other long run of letters and digits that holds both: no word of any language looks so.
  /\b(?=[A-Za-z]{0,64}\d)(?=\d{0,64}[A-Za-z])[A-Za-z0-9+/_]{36,2048}={0,2}/g,
  // IPv4 and IPv6 addresses, with a port or without.
  /\b\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?\b/g,
  /\[?\b(?:[0-9a-f]{1,4}:){3,7}[0-9a-f]{1,4}\b\]?(?::\d{1,5})?/gi,
  // Host names under endings that addresses have and prose has not, and the local host.
  /\b(?:[a-z0-9-]{1,63}\.){1,6}(?:com|net|org|io|ai|dev|app|cloud|cn|eu|internal|local|lan|corp|intra|svc|cluster)\b(?:\.[a-z]{2,8}){0,2}(?::\d{1,5})?(?:\/[^\s"'<>)\]}]{0,512})?/gi,
  /\blocalhost(?::\d{1,5})?/gi,
  // Any other name with a dot and a port that servers have, unless it is a place in a source file: main.py:1201, x.rs:1201:7.
  /(?<![\w.-])(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,6}(?!(?:py|js|ts|tsx|jsx|mjs|cjs|go|rs|rb|java|kt|cc|cpp|cu|cuh|hpp|cs|php|json|ya?ml|txt|log|md|sh|toml|html|pyx|proto|scala|swift|jinja)\b)[a-z]{2,24}:(?:80|443|[1-9]\d{3,4})(?![\w:]|\.\d)/gi,
];

/** The message without keys, tokens, URLs, hosts and addresses, cut to `MAX_MESSAGE_CHARS`. */
export function scrub(message: string): string {
  let text = message.length > MAX_SCANNED_CHARS ? message.slice(0, MAX_SCANNED_CHARS) : message;
  for (const pattern of PATTERNS) text = text.replace(pattern, REDACTED);
  return text.length > MAX_MESSAGE_CHARS ? `${text.slice(0, MAX_MESSAGE_CHARS - 1)}…` : text;
}
