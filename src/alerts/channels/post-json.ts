// JSON posted to an address of the operator's own: what came back, or why nothing did.
import { retryAfterS } from '../../lib/retry-after.ts';
import { scrub } from '../../lib/scrub.ts';
import type { Sent } from './send-message.ts';

const TIMEOUT_MS = 10_000;
const MAX_SHOWN = 200;
/** Those that ask for another try; other 4xx say that the request itself is wrong. */
const PASSING: ReadonlySet<number> = new Set([408, 409, 425, 429]);

/** Never throws. */
export async function postJson(
  url: string,
  body: string,
  headers: { readonly [name: string]: string },
  now: number,
): Promise<Sent> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'Switchyard', ...headers },
      body,
      // Where it leads is not where the operator said.
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const said = shown(await firstOf(response));
    if (response.ok) return { ok: true, detail: `HTTP ${response.status}${said}` };
    const { status } = response;
    const seconds = retryAfterS(response.headers, now);
    return {
      ok: false,
      problem: `HTTP ${status}${said}`,
      isPermanent: status < 500 && !PASSING.has(status),
      retryAfterMs: seconds === undefined ? null : seconds * 1000,
    };
  } catch (error) {
    return { ok: false, problem: whyOf(error), isPermanent: false, retryAfterMs: null };
  }
}

function whyOf(error: unknown): string {
  if (!(error instanceof Error)) return 'It could not be sent.';
  if (error.name === 'TimeoutError') return `No answer within ${TIMEOUT_MS / 1000} s.`;
  return scrub(error.message).slice(0, MAX_SHOWN);
}

/** The beginning of the answer: it may be as long as it likes. */
async function firstOf(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  if (reader === undefined) return '';
  const decoder = new TextDecoder();
  let text = '';
  while (text.length < MAX_SHOWN) {
    const { done, value } = await reader.read();
    if (done) break;
    text += decoder.decode(value, { stream: true });
  }
  await reader.cancel();
  return text;
}

function shown(text: string): string {
  const line = scrub(text.slice(0, 2 * MAX_SHOWN))
    .replace(/\s+/g, ' ')
    .trim();
  return line === '' ? '' : `: ${line.slice(0, MAX_SHOWN)}`;
}
