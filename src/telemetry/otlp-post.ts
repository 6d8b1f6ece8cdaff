// OtlpPost: one batch to a collector over HTTP, again and again while the collector says "later" or says nothing:
// https://opentelemetry.io/docs/specs/otlp/#otlphttp-response
import type { OtlpTarget } from './otlp-settings.ts';

export type Sent =
  /** @member note what the collector took with a remark, or did not take of it; null: all is well */
  | { readonly kind: 'taken'; readonly rejected: number; readonly note: string | null }
  /** The collector does not want it, ever. */
  | { readonly kind: 'refused'; readonly why: string }
  /** It was not sent: `stop` came, or the tries were used up. */
  | { readonly kind: 'unsent'; readonly why: string };

export interface PostOptions {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** Resolves early when everything has to end. */
  readonly sleep: (ms: number) => Promise<void>;
  readonly stopped: () => boolean;
  /** 0 to 1, 1 not included. */
  readonly chance: () => number;
  readonly now: () => number;
  /** Told of each try that failed and will be made again. */
  readonly onRetry: (why: string) => void;
}

/** Reads a reply in protobuf: how many were not taken, and why. */
export type ReadReply = (bytes: Uint8Array) => {
  readonly rejected: number;
  readonly note: string | null;
};

const RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504]);
const FIRST_WAIT_MS = 1000;
const MAX_WAIT_MS = 30_000;
const MAX_RETRY_AFTER_MS = 300_000;
const MS_PER_S = 1000;
const GZIP_FROM_BYTES = 1024;

/** @param tries how often at most; null: until it is settled */
export async function postOtlp(
  target: OtlpTarget,
  body: Uint8Array,
  readReply: ReadReply,
  options: PostOptions,
  tries: number | null = null,
): Promise<Sent> {
  const zipped = target.gzip && body.length >= GZIP_FROM_BYTES;
  const bytes = zipped ? Bun.gzipSync(body as Uint8Array<ArrayBuffer>) : body;
  let why = 'the gateway is stopping';
  for (let failures = 0; ; failures++) {
    if (options.stopped()) return { kind: 'unsent', why };
    const tried = await tryOnce(target, bytes, zipped, readReply, options);
    if (tried.kind !== 'later') return tried;
    why = tried.why;
    if (tries !== null && failures + 1 >= tries) return { kind: 'unsent', why };
    options.onRetry(why);
    await options.sleep(tried.afterMs ?? waitMs(failures, options.chance()));
  }
}

type Tried =
  | Extract<Sent, { kind: 'taken' | 'refused' }>
  | { readonly kind: 'later'; readonly why: string; readonly afterMs: number | null };

async function tryOnce(
  target: OtlpTarget,
  bytes: Uint8Array,
  zipped: boolean,
  readReply: ReadReply,
  { fetch, now }: PostOptions,
): Promise<Tried> {
  try {
    const response = await fetch(target.url, {
      method: 'POST',
      headers: {
        ...target.headers,
        'content-type': 'application/x-protobuf',
        ...(zipped ? { 'content-encoding': 'gzip' } : {}),
      },
      body: bytes as Uint8Array<ArrayBuffer>,
      signal: AbortSignal.timeout(target.timeoutMs),
      // The headers may hold a key: they go to no other host.
      redirect: 'manual',
    });
    const reply = await response.bytes();
    if (response.ok) return { kind: 'taken', ...readRemark(response, reply, readReply) };
    const why = `it answered ${response.status}`;
    if (!RETRYABLE.has(response.status)) return { kind: 'refused', why };
    return {
      kind: 'later',
      why,
      afterMs: retryAfterMs(response.headers.get('retry-after'), now()),
    };
  } catch (thrown) {
    // An error's message may hold the address, and that a password.
    const name = thrown instanceof Error ? (codeOf(thrown) ?? thrown.name) : 'unknown error';
    return { kind: 'later', why: `it could not be reached (${name})`, afterMs: null };
  }
}

function codeOf(error: Error): string | undefined {
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Some collectors answer with JSON, or nothing. */
function readRemark(response: Response, reply: Uint8Array, readReply: ReadReply) {
  const type = response.headers.get('content-type') ?? '';
  if (reply.length === 0 || !type.includes('protobuf')) return { rejected: 0, note: null };
  try {
    return readReply(reply);
  } catch {
    return { rejected: 0, note: null };
  }
}

/** Seconds or a date, bounded; null where it says neither. */
function retryAfterMs(text: string | null, now: number): number | null {
  if (text === null) return null;
  const ms = /^\d+$/.test(text) ? Number(text) * MS_PER_S : Date.parse(text) - now;
  return Number.isNaN(ms) ? null : Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS);
}

/** Twice as long each time, and by chance up to half as long again, so that many gateways do not come at once. */
function waitMs(failures: number, chance: number): number {
  return Math.min(FIRST_WAIT_MS * 2 ** failures, MAX_WAIT_MS) * (1 + chance / 2);
}
