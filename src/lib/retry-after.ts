// How long a server asks to be left alone, from the headers and phrases in which servers say so.

/** Longer waits are no advice but a mistake, such as a date read as a duration. */
const MAX_WAIT_S = 24 * 3600;

/** Values above this are points in time, not durations: seconds since 1970, and above `EPOCH_MS` milliseconds. */
const EPOCH_S = 1e9;
const EPOCH_MS = 1e12;

/**
 * Seconds until trying again makes sense; undefined where nobody said. Dates count from the server's own `date` header,
 * else from `nowMs` (Unix milliseconds).
 */
export function retryAfterS(headers: Headers, nowMs: number): number | undefined {
  const sent = Date.parse(headers.get('date') ?? '');
  const now = Number.isNaN(sent) ? nowMs : sent;
  const ms = Number(headers.get('retry-after-ms') ?? Number.NaN);
  return (
    sane(ms / 1000) ??
    sane(waitS(headers.get('retry-after'), now)) ??
    exhausted(headers, now) ??
    sane(waitS(headers.get('x-ratelimit-reset'), now))
  );
}

/** `Please try again in 1m30.5s`, `retryDelay: "43s"`: the wait a message names, in seconds. */
export function waitInText(text: string): number | undefined {
  const match =
    /(?:try again in|retry(?:ing)? (?:in|after)|retrydelay"?:?\s*"?)\s*([\d.]+\s*(?:ms|s|m|h)[\dhms.]*)/i.exec(
      text,
    );
  return match?.[1] === undefined ? undefined : sane(durationS(match[1].replaceAll(' ', '')));
}

/** Of several counted limits, those that are used up say when they start anew; the last of them counts. */
function exhausted(headers: Headers, now: number): number | undefined {
  let longest: number | undefined;
  for (const kind of ['requests', 'tokens']) {
    if (headers.get(`x-ratelimit-remaining-${kind}`) !== '0') continue;
    const wait = sane(waitS(headers.get(`x-ratelimit-reset-${kind}`), now));
    if (wait !== undefined) longest = Math.max(longest ?? 0, wait);
  }
  return longest;
}

/** `12`, `12.5s`, `6m0s`, `1ms`, an HTTP or ISO date, or a point in time in seconds or milliseconds. */
function waitS(value: string | null, now: number): number {
  if (value === null || value === '') return Number.NaN;
  const number = Number(value);
  if (number >= EPOCH_MS) return (number - now) / 1000;
  if (number >= EPOCH_S) return number - now / 1000;
  if (!Number.isNaN(number)) return number;
  const duration = durationS(value);
  return Number.isNaN(duration) ? (Date.parse(value) - now) / 1000 : duration;
}

const UNIT_S: { readonly [unit: string]: number } = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 };

function durationS(text: string): number {
  if (!/^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+\.?$/.test(text)) return Number.NaN;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) {
    total += Number(amount) * (UNIT_S[unit ?? ''] ?? 0);
  }
  return total;
}

function sane(seconds: number): number | undefined {
  if (Number.isNaN(seconds) || seconds > MAX_WAIT_S) return undefined;
  return Math.max(0, Math.round(seconds * 1000) / 1000);
}
