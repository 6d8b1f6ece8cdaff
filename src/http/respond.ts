// Replies towards the caller: JSON, event streams and errors, with the headers every reply has.
import type { BodyCapture } from '../bodies/body-capture.ts';
import { CACHE_HEADER } from '../core/cache-header.ts';
import type { ChatDialect } from '../core/dialect.ts';
import type { GatewayError } from '../core/errors.ts';
import type { ReplyMetadata } from '../core/exchange.ts';
import type { Recording } from '../gateway/recording.ts';
import type { Abort } from '../lib/abort.ts';
import { asHeader } from '../lib/header-text.ts';

type HeaderRecord = { [name: string]: string };

const PASSED_EXACTLY: ReadonlySet<string> = new Set(['request-id', 'x-request-id', 'retry-after']);

/** Provider headers worth a caller's attention; only the winner's go out. */
function passes(name: string, withRates: boolean): boolean {
  const isRate = name.startsWith('x-ratelimit-') || name.startsWith('anthropic-ratelimit-');
  return isRate ? withRates : PASSED_EXACTLY.has(name);
}

/**
 * The headers every reply has. `upstream` are the winner's, or null. `rates` are the caller's own: a provider's say nothing to
 * who has those. Null: the caller has none.
 */
export function replyHeaders(
  recording: Pick<Recording, 'start' | 'answering' | 'recall' | 'look'>,
  upstream: Headers | null,
  rates: Readonly<HeaderRecord> | null = null,
): HeaderRecord {
  const { start, answering } = recording;
  const { id } = start;
  const headers: HeaderRecord = { 'x-generation-id': id };
  tellCache(headers, recording);
  if (answering !== null) headers['x-actual-model'] = asHeader(answering.id);
  if (answering?.simulated) headers['x-switchyard-simulated'] = 'true';
  if (upstream !== null) copyPassed(upstream, headers, rates === null);
  if (rates !== null) Object.assign(headers, rates);
  return withRequestId(headers, id);
}

/** How it came by its answer. Nothing where the cache has nothing to do with it. */
function tellCache(
  headers: HeaderRecord,
  { recall, look }: Pick<Recording, 'recall' | 'look'>,
): void {
  if (recall !== null) {
    headers[CACHE_HEADER] = recall.kind;
    headers.age = String(Math.floor(recall.ageMs / 1000));
  } else if (look === 'miss') headers[CACHE_HEADER] = look;
}

/** By the names alone: providers send a dozen headers and more, and reading a value costs as much as its name does. */
function copyPassed(upstream: Headers, headers: HeaderRecord, withRates: boolean): void {
  for (const name of upstream.keys()) {
    const value = passes(name, withRates) ? upstream.get(name) : null;
    if (value !== null) headers[name] = value;
  }
}

/** The two names under which the official SDKs look for a request's id. A provider's own is kept. */
function withRequestId(headers: HeaderRecord, id: string): HeaderRecord {
  headers['request-id'] ??= id;
  headers['x-request-id'] ??= id;
  return headers;
}

/** A whole reply. */
export function jsonReply(text: string | Buffer<ArrayBuffer>, headers: HeaderRecord): Response {
  headers['content-type'] = 'application/json';
  return new Response(text, { headers });
}

/**
 * A streamed reply: each piece leaves in the tick it is made, and the next is read only when the caller has room. The
 * runtime takes a generator's strings as they are, which costs less than a stream of encoded chunks and holds back as well.
 */
export function streamReply(flow: Flow<string>, headers: HeaderRecord, over: () => void): Response {
  headers['content-type'] = 'text/event-stream; charset=utf-8';
  headers['cache-control'] = 'no-cache';
  headers['x-accel-buffering'] = 'no';
  return new Response(pieces(flow, over), { headers });
}

/**
 * Bytes of whatever type, as they come. Where they break off the caller's connection does too, for its end would say that
 * all are there. The row has the reason; the runtime would print one that it is given.
 */
export function bytesReply(
  flow: Flow<Uint8Array>,
  contentType: string,
  headers: HeaderRecord,
  over: () => void,
): Response {
  headers['content-type'] = contentType;
  const end = () => {
    flow.hangUp();
    over();
  };
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const piece = await flow.next();
          if (piece !== null) return controller.enqueue(piece);
          controller.close();
        } catch {
          controller.error(undefined);
        }
        end();
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  );
  return new Response(body, { headers });
}

/**
 * An answer under way: `next` gives its pieces, null after the last; `hangUp` is told that nobody takes them any more, `stop`
 * that the exchange is stopped, and says whether that ended it.
 */
export interface Flow<Piece> {
  next(): Promise<Piece | null>;
  hangUp(): void;
  stop(reason: GatewayError): boolean;
}

/** Ends the flow with the exchange, even while nobody takes pieces: the runtime tells nothing to a body it does not read. */
export function watched<F extends Flow<unknown>>(
  flow: F,
  abort: Abort<GatewayError>,
  over: () => void,
): F {
  abort.add((reason) => {
    if (flow.stop(reason)) over();
  });
  return flow;
}

async function* pieces<Piece>(flow: Flow<Piece>, over: () => void): AsyncGenerator<Piece, void> {
  try {
    for (let piece = await flow.next(); piece !== null; piece = await flow.next()) yield piece;
  } finally {
    // Left early: nobody takes the pieces any more.
    flow.hangUp();
    over();
  }
}

/** An error in the caller's dialect. */
export function errorReply(
  dialect: ChatDialect,
  error: GatewayError,
  metadata: ReplyMetadata | null,
  bodies: BodyCapture | null = null,
  rates: Readonly<HeaderRecord> | null = null,
): Response {
  const { status, body } = dialect.encodeError(error, metadata);
  const headers: HeaderRecord = { 'content-type': 'application/json', ...rates };
  if (metadata) {
    headers['x-generation-id'] = metadata.generation_id;
    withRequestId(headers, metadata.generation_id);
  }
  const { retryAfterS } = error.details;
  if (retryAfterS !== undefined)
    headers['retry-after'] = String(Math.max(0, Math.ceil(retryAfterS)));
  else if (error.code === 'shutting_down') headers['retry-after'] = '1';
  const text = JSON.stringify(body);
  bodies?.reply('application/json', text);
  return new Response(text, { status, headers });
}
