// One HTTP request to an address of the operator's: what came back, whatever its status and read up to a bound, or why nothing did.
import { retryAfterS } from './retry-after.ts';
import { scrub } from './scrub.ts';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Its beginning, where it is longer than it may be. */
  readonly text: string;
  readonly isWhole: boolean;
  /** When the other side said how soon to come again. */
  readonly afterMs: number | null;
}

/** Nobody answered. */
export interface NoAnswer {
  readonly status: null;
  readonly why: string;
}

export interface HttpCall {
  readonly fetch: typeof fetch;
  readonly url: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH';
  readonly headers: Readonly<Record<string, string>> | Headers;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  /** Of the answer, that are read. */
  readonly maxBytes?: number;
  /** The status says it all: an answer that breaks off behind it is one nevertheless. */
  readonly isByStatus?: boolean;
  /** Unix milliseconds. */
  readonly now?: number;
}

const TIMEOUT_MS = 60_000;
const MAX_BYTES = 1024 * 1024;
/** Of what others write, so much is told on. */
const MAX_TOLD_CHARS = 300;
/** It may be another time: a timeout, a conflict, locked, too early, too many. Other 4xx say that the request itself is wrong. */
const LATER: ReadonlySet<number> = new Set([408, 409, 423, 425, 429]);

/** Never rejects. Follows no redirect: what goes with a request is meant for its address alone. */
export async function httpCall(asked: HttpCall): Promise<HttpAnswer | NoAnswer> {
  const { url, method, headers, body, timeoutMs = TIMEOUT_MS } = asked;
  const limit = AbortSignal.timeout(timeoutMs);
  const signal = asked.signal === undefined ? limit : AbortSignal.any([asked.signal, limit]);
  try {
    const response = await asked.fetch(url, {
      ...{ method, headers, signal, redirect: 'manual' },
      ...(body === undefined ? {} : { body }),
    });
    const begun = await beginningOf(response, asked.maxBytes ?? MAX_BYTES).catch((thrown) => {
      if (asked.isByStatus === true) return { text: '', isWhole: false };
      throw thrown;
    });
    const waitS = retryAfterS(response.headers, asked.now ?? Date.now());
    const afterMs = waitS === undefined ? null : waitS * 1000;
    return { status: response.status, headers: response.headers, ...begun, afterMs };
  } catch (thrown) {
    return { status: null, why: whyOf(thrown, timeoutMs) };
  }
}

/** What a status says of what was sent, where the other side has no words of its own for it. */
export function meaningOf(status: number): 'taken' | 'later' | 'refused' {
  if (status >= 200 && status < 300) return 'taken';
  return LATER.has(status) || status >= 500 ? 'later' : 'refused';
}

/** Another's words, fit to be kept and shown. */
export function toldWords(words: string, most = MAX_TOLD_CHARS): string {
  const clean = scrub(words.replaceAll(/\s+/g, ' ').trim());
  return clean.length > most ? `${clean.slice(0, most - 1)}…` : clean;
}

/** Of a body: it may be as long as it likes. Rejects where it breaks off before. */
export async function beginningOf(
  { body }: Response,
  maxBytes: number,
): Promise<{ readonly text: string; readonly isWhole: boolean }> {
  if (body === null) return { text: '', isWhole: true };
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return { text: text + decoder.decode(), isWhole: true };
    const room = maxBytes - bytes;
    bytes += value.byteLength;
    text += decoder.decode(value.subarray(0, room), { stream: true });
    if (value.byteLength <= room) continue;
    // The connection with it: nobody wants the rest.
    await reader.cancel().catch(() => undefined);
    return { text, isWhole: false };
  }
}

/** An error's own message may hold the address, and that a password: its code only. */
function whyOf(thrown: unknown, timeoutMs: number): string {
  const name = thrown instanceof Error ? thrown.name : '';
  if (name === 'TimeoutError') return `no answer within ${timeoutMs / 1000} s`;
  if (name === 'AbortError') return 'stopped while it was sent';
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  return `no connection, or one that broke off${code === '' ? '' : ` (${code})`}`;
}
