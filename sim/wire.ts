// Wire: what one vendor's HTTP API looks like. Each has a folder: openai-chat/, openai-responses/, anthropic-messages/ and others.
import type { JsonObject } from '../src/lib/json.ts';
import type { Answer } from './answer.ts';
import type { Ask, Refused } from './ask.ts';
import type { Behaviour, ErrorShape } from './behaviour.ts';
import type { Prefill } from './go-on.ts';
import type { HttpRequest } from './http/read-requests.ts';
import type { Ids } from './ids.ts';

/** One server-sent event. `content`: carries a token; `end`: what follows the last token; `done`: the very last. */
export interface Frame {
  readonly kind: 'open' | 'content' | 'between' | 'end' | 'done';
  readonly text: string;
}

/** An error as a vendor would put it. `type` and `code` where the vendor has them. */
export interface VendorError {
  readonly status: number;
  readonly type: string;
  readonly code: string | null;
  readonly param: string | null;
  readonly message: string;
}

/** What a reply is made with. */
export interface ReplyContext {
  readonly ask: Ask;
  readonly behaviour: Behaviour;
  readonly ids: Ids;
  /** Unix seconds. */
  readonly created: number;
}

export interface Wire {
  /** Reads and checks a body as the vendor does. */
  readAsk(body: JsonObject, request: HttpRequest, behaviour: Behaviour): Ask | Refused;
  /** A whole reply, as JSON text. */
  reply(answer: Answer, context: ReplyContext): string;
  /** The same as a stream. */
  frames(answer: Answer, context: ReplyContext): Generator<Frame, void>;
  /** Reply header lines, for a stream or not. */
  headers(behaviour: Behaviour, requestId: string): string;
  /** A request id, as it stands in a reply header. */
  requestId(ids: Ids): string;
  /** An error by its name in vendor-errors, by status, or as refused. */
  error(name: string | null, status: number | null, model: string): VendorError;
  refusal(refused: Refused): VendorError;
  missingKey(key: string | undefined): VendorError;
  errorBody(error: VendorError, shape: ErrorShape, requestId: string): string;
  /** Header lines that only errors have. */
  errorHeaders?(error: VendorError): string;
  /** The error as an event of a stream. */
  errorFrame(error: VendorError, shape: ErrorShape, requestId: string): string;
  /** A line that looks like an event and is not JSON. */
  readonly malformed: string;
  /** What no reader of this wire can go on after, where there is such a thing. */
  readonly damaged?: string;
  /** The content type of streams that are bytes: every frame's text has one character a byte. */
  readonly binaryStream?: string;
  /** What becomes of a last assistant message. */
  prefill(model: string): Prefill;
  /** Prompts are cached where the caller marks them, not unasked. */
  readonly marksCache?: boolean;
  /** What keeps a quiet stream alive. */
  readonly heartbeat: string;
  models(created: number): string;
  model(id: string, created: number): string;
  noSuchPage(method: string, path: string): VendorError;
}
