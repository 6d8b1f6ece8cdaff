// One HTTP request to the other side of an export. What it says is an answer, whatever its status; that it says nothing is one too.
import { retryAfterS } from '../lib/retry-after.ts';
import { scrub } from '../lib/scrub.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** When the other side said how soon to come again. */
  readonly afterMs: number | null;
}

/** Nobody answered. */
export interface NoAnswer {
  readonly status: null;
  readonly why: string;
}

export interface Asked {
  readonly fetch: typeof fetch;
  readonly url: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly signal: AbortSignal;
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 60_000;
/** Of what others write, so much is told on. */
const MAX_WHY_CHARS = 300;

/** Follows no redirect: what goes with a request is meant for its address alone. */
export async function call(asked: Asked): Promise<Answer | NoAnswer> {
  const { url, method, headers, body, signal, timeoutMs = TIMEOUT_MS } = asked;
  try {
    const response = await asked.fetch(url, {
      method,
      headers,
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      ...(body === undefined ? {} : { body }),
    });
    const text = await response.text();
    const waitS = retryAfterS(response.headers, Date.now());
    const afterMs = waitS === undefined ? null : waitS * 1000;
    return { status: response.status, headers: response.headers, text, afterMs };
  } catch (thrown) {
    return { status: null, why: whyOf(thrown, timeoutMs) };
  }
}

/** Another's words, fit to be kept and shown. */
export function told(words: string): string {
  const clean = scrub(words.replaceAll(/\s+/g, ' ').trim());
  return clean.length > MAX_WHY_CHARS ? `${clean.slice(0, MAX_WHY_CHARS - 1)}…` : clean;
}

function whyOf(thrown: unknown, timeoutMs: number): string {
  const name = thrown instanceof Error ? thrown.name : '';
  if (name === 'TimeoutError') return `no answer within ${timeoutMs / 1000} s`;
  if (name === 'AbortError') return 'stopped while it was sent';
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  return `no connection, or one that broke off${code === '' ? '' : ` (${code})`}`;
}
