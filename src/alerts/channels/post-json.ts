// JSON posted to an address of the operator's own: what came back, or why nothing did.
import { httpCall, meaningOf, toldWords } from '../../lib/http-call.ts';
import type { Sent } from './send-message.ts';

const TIMEOUT_MS = 10_000;
/** Of the answer: it may be as long as it likes. */
const MAX_BYTES = 1024;
const MAX_SHOWN = 200;

/** Never throws. */
export async function postJson(
  url: string,
  body: string,
  headers: { readonly [name: string]: string },
  now: number,
): Promise<Sent> {
  const answer = await httpCall({
    ...{ fetch, url, method: 'POST', body, now },
    headers: { 'content-type': 'application/json', 'user-agent': 'Switchyard', ...headers },
    ...{ timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES, isByStatus: true },
  });
  if (answer.status === null)
    return { ok: false, problem: answer.why, isPermanent: false, retryAfterMs: null };
  const said = toldWords(answer.text, MAX_SHOWN);
  const told = `HTTP ${answer.status}${said === '' ? '' : `: ${said}`}`;
  const meaning = meaningOf(answer.status);
  if (meaning === 'taken') return { ok: true, detail: told };
  return {
    ok: false,
    problem: told,
    isPermanent: meaning === 'refused',
    retryAfterMs: answer.afterMs,
  };
}
