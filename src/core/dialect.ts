// Dialect: one wire format, written once and spoken on both sides. Codecs are synchronous state machines.
import type { JsonObject } from '../lib/json.ts';
import type { SseFrame } from '../lib/sse.ts';
import type { ChatCall, DocumentPart, ImagePart, OutputFormat } from './call.ts';
import type { Dressed, Dressing } from './dressing.ts';
import type { GatewayError } from './errors.ts';
import type { ChatEvent } from './event.ts';
import type { ReplyMetadata } from './exchange.ts';
import type { Quirks } from './provider.ts';
import type { Survey } from './survey.ts';
import type { ReasoningReplay } from './thoughts.ts';

/** The wires callers may speak: each is spoken to providers too. */
export type CallerDialectId = 'openai-chat' | 'openai-responses' | 'anthropic-messages';
export type DialectId = CallerDialectId | 'gemini' | 'bedrock-converse' | 'cohere';

/**
 * How a streamed reply is cut into frames: server-sent events; AWS event-stream messages (each a frame whose `event` is its
 * `:event-type`); or AWS messages whose payload wraps another wire's event, which is unwrapped into the frame it would have been.
 */
export type Framing = 'sse' | 'aws-event-stream' | 'aws-wrapped-events';

/** What an encoder may know of the model it writes for. Null: not known. */
export interface Target {
  readonly provider: string;
  /** The provider's own name for the model. */
  readonly model: string;
  readonly quirks: Quirks;
  readonly maxOutput: number | null;
  readonly context: number | null;
  readonly reasoning: boolean | null;
  /** The efforts the catalogue lists for the model, smallest first. A translation keeps to them; a caller's own words stand. */
  readonly efforts?: readonly string[] | null;
  /** False: temperature, top_p and the penalties may not differ from their defaults. */
  readonly temperature?: boolean | null;
}

/** A request as it goes out, and every field that could not go with it, by path: `tools[0]: web_search is not …`. */
export interface EncodedCall {
  readonly body: string;
  readonly losses: readonly string[];
  /** What was asked in other words than the caller's, and has to be turned back in the answer. Absent: nothing. */
  readonly disguise?: Disguise;
}

/** Things a wire has no word for, asked for as something it does have a word for. */
export interface Disguise {
  /** The caller's output format, asked for as a forced call of the function of this name: its arguments are the answer's text. */
  readonly answerTool?: string;
  /** Custom (free text) tools, offered as functions with the one string argument `input`. */
  readonly customTools?: readonly string[];
  /** Tools whose names the wire refuses: the caller's names by those on the wire. The other two go by the caller's. */
  readonly toolNames?: { readonly [onTheWire: string]: string };
}

/** Frames in, events out. `push` takes one SSE frame; `end` is told that no more will come and closes what is open. */
export interface Decoder {
  push(frame: SseFrame): readonly ChatEvent[];
  end(): readonly ChatEvent[];
}

/** What our side adds to a reply. */
export interface ReplyContext {
  /** The id and model the reply carries where it did not come from the same dialect. */
  readonly id: string;
  readonly model: string;
  /** Unix seconds. */
  readonly created: number;
  /** The caller asked not to be shown reasoning. */
  readonly excludeReasoning: boolean;
  /** The caller asked for a usage chunk (openai-chat `stream_options.include_usage`). */
  readonly includeUsage: boolean;
  /** About how many tokens went in, for the one place where a wire wants a number before there is one; flagged there. */
  inputEstimate(): number;
  /** The caller's body: some wires repeat it in the reply. */
  readonly request: JsonObject;
  /** The caller's own instructions, on wires that repeat them in the reply, where a router put words to them. Absent: they were sent as they are. */
  readonly ownInstructions?: string | null;
  /** Told of the finished reply as the caller got it, on wires whose replies can be asked for again (openai-responses). */
  readonly keep?: (reply: JsonObject) => void;
  /** Names something in the reply that this dialect cannot carry: `reply.citations: …`. */
  lose(what: string): void;
}

/**
 * Events in, SSE text out; the text is complete frames. The last data frame before the dialect's own end carries our
 * metadata, so it is asked for only when that frame is written. Whatever the input, the output is a closed stream.
 */
export interface Encoder {
  push(event: ChatEvent): string;
  /** An error after the first content, where its frames belong into the order of those before. Absent: `encodeErrorFrame` is enough. */
  fail?(error: GatewayError): string;
}

/**
 * Same dialect in and out: frames pass as they are, but for the one that gets our metadata.
 * `push` returns the text to send now (possibly '' while a last frame is held); `end` what remains.
 */
export interface Relay {
  push(frame: SseFrame): string;
  end(): string;
  /** As an encoder's. */
  fail?(error: GatewayError): string;
  /**
   * The provider broke off and another goes on: an encoder for what follows, in the same stream. Ids, indices and numbers
   * go on from the frames that passed; nothing is said twice. The relay itself is over.
   * @param delivered what those frames said, in the fewest events; the block that is open at their end is open still
   */
  continued(delivered: Iterable<ChatEvent>): Encoder;
}

/** Same dialect: a stream's frames, put together into the reply the provider would have given whole. */
export interface Gatherer {
  push(frame: SseFrame): void;
  /** Asked for after the last frame of a finished answer. Throws `upstream_invalid_response` where the frames make none. */
  reply(): JsonObject;
}

export type MetadataSource = () => ReplyMetadata;

/** A wire as providers speak it. */
export interface UpstreamDialect {
  readonly id: DialectId;
  readonly framing: Framing;
  /** What follows a provider's base URL; names in it are percent-encoded. */
  path(target: Target, stream: boolean): string;
  /** The call for a provider that speaks this dialect. Throws `unsupported_feature` where the target cannot do what the call is about. */
  encodeCall(call: ChatCall, target: Target): EncodedCall;
  /** True where the target takes this only as bytes, so that the gateway has to fetch it. Absent: URLs are passed on. */
  needsBytes?(part: ImagePart | DocumentPart, target: Target): boolean;
  /** Whether prompt-cache marks mean something to the target. Absent: they do not. */
  takesCacheMarks?(target: Target): boolean;
  /** Whether a last turn of the assistant's is, as documented, the beginning of the answer, which goes on from it. Absent: it is not. */
  takesPrefill?(target: Target): boolean;
  /**
   * The limit to the answer that the target is given where a call states this one; null: none. It is asked of every candidate
   * of a plan, so it is quick. Absent: the one that is stated.
   * @param thinks whether the call asks the model to think
   */
  limitSent?(
    stated: number,
    target: Pick<Target, 'model' | 'quirks'>,
    thinks: boolean,
  ): number | null;
  /** A whole reply, as events. Throws `upstream_invalid_response` where it is none, the mapped error where it is an error inside a 200. */
  decodeReply(body: JsonObject): readonly ChatEvent[];
  /**
   * Whether what does not become events came to a good end too: a reply, or the JSON of its stream's frames. Absent: there is
   * no such thing on this wire.
   */
  isWhole?(pieces: readonly JsonObject[]): boolean;
  decoder(): Decoder;
  /** True of a provider's error that says that it refused reasoning which another signed or encrypted. */
  refusesState?(error: GatewayError): boolean;
  /** A provider's error reply, whatever its shape. `body` is undefined where it was not JSON. */
  decodeError(
    status: number,
    headers: Headers,
    body: JsonObject | undefined,
    text: string,
  ): GatewayError;
}

/** A request without something that was in it, and what that was. */
export interface Reduced {
  readonly body: JsonObject;
  readonly losses: readonly string[];
}

/** The same request in other words of its dialect: its text, and the same parsed. */
export interface Restated {
  readonly text: string;
  readonly body: JsonObject;
}

/** A wire callers speak too: everything both ways. */
export interface ChatDialect extends UpstreamDialect {
  readonly id: CallerDialectId;
  /** What ids of its replies begin with. */
  readonly idPrefix: string;
  /** Caller headers that go on to a provider of the same dialect. */
  readonly forwardedHeaders: readonly string[];

  /** Cheap checks of a caller's body (types and places of the common fields). Throws `invalid_request` naming the path. */
  checkCall(body: JsonObject): void;
  /** The end user the body names, for stickiness and attribution. */
  userOf(body: JsonObject): string | null;
  /** The shape the answer must have; `text` where the body asks for none. */
  outputOf(body: JsonObject): OutputFormat;
  /** True where the answer is one text and calls: not several choices, probabilities or sound, which another model cannot go on with. */
  isOneText(body: JsonObject): boolean;
  /** The whole call. Throws `invalid_request` naming the path. */
  decodeCall(body: JsonObject): ChatCall;
  /** What stays the same while a conversation grows (its instructions and first user turn), as one text: what stickiness goes by. */
  openingOf(body: JsonObject): string;
  /** What routing may ask of the request. Throws nothing that `checkCall` did not. */
  survey(body: JsonObject): Survey;
  /** The caller's own text with what a router puts to it; every other byte stays. */
  dress(text: string, body: JsonObject, dressing: Dressing): Dressed;
  /** Same dialect: the caller's own text with only our fields cut, the model replaced and declared quirks applied. */
  forwardCall(text: string, body: JsonObject, target: Target): EncodedCall;
  /** How a caller's own text gets back the reasoning its client dropped. Absent: it gets none. */
  readonly replay?: ReasoningReplay;

  /** Same dialect: the request without the state of models' reasoning; null where it has none. */
  withoutState?(body: JsonObject): Reduced | null;

  /** A whole reply from events; the metadata is asked for last, so that it names what was lost. Throws the error of an `error` event. */
  encodeReply(
    events: readonly ChatEvent[],
    context: ReplyContext,
    metadata: MetadataSource,
  ): JsonObject;
  /** Same dialect: the provider's text with our metadata put in. */
  forwardReply(text: string, body: JsonObject, metadata: ReplyMetadata): string;

  /**
   * Same dialect: the text of a reply, or of the data of a frame of one, with another id, as it is given to somebody else who
   * asked the same. Where it has none to be replaced, the text itself.
   */
  reissued(text: string, body: JsonObject, id: string): string;

  /** A request for a whole answer, as one for a stream that says as much (its usage too); null where a stream cannot. */
  askStreamed(text: string, body: JsonObject): Restated | null;
  gatherer(): Gatherer;

  encoder(context: ReplyContext, metadata: MetadataSource): Encoder;
  relay(context: ReplyContext, metadata: MetadataSource): Relay;

  /** Our error for a caller: status and body. */
  encodeError(
    error: GatewayError,
    metadata: ReplyMetadata | null,
  ): { readonly status: number; readonly body: JsonObject };
  /** Our error as the last frame of a stream that has begun. */
  encodeErrorFrame(error: GatewayError, metadata: ReplyMetadata | null): string;
}
