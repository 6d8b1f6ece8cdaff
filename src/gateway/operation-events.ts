// Streamed answers of the endpoints beside chat: their events as they are, tapped for usage, the last one with our metadata.
import type {
  ChatDialect,
  Decoder,
  Encoder,
  MetadataSource,
  Relay,
  ReplyContext,
} from '../core/dialect.ts';
import { GatewayError } from '../core/errors.ts';
import type { ChatEvent, FinishReason } from '../core/event.ts';
import { laterUsage, UNKNOWN_USAGE, type Usage } from '../core/usage.ts';
import { decodeInnerError } from '../dialects/openai-chat/decode-error.ts';
import { isFault } from '../dialects/openai-chat/fault.ts';
import { openaiChat } from '../dialects/openai-chat/index.ts';
import { withMetadata } from '../dialects/openai-chat/reply-metadata.ts';
import { asObjects, asString, isObject, type JsonObject } from '../lib/json.ts';
import { type SseFrame, sseText } from '../lib/sse.ts';
import { readUsage } from '../operations/usage.ts';

/** OpenAI's wire as far as a stream needs it: the same frames out as in. */
export const operationEvents: ChatDialect = {
  ...openaiChat,
  decoder: () => new EventDecoder(),
  relay: (context, metadata) => new EventRelay(context, metadata),
};

const DONE = '[DONE]';

/** How far a stream is, by one of its events. */
type Stage = 'before' | 'content' | 'closing' | 'last';

/**
 * Legacy completions are `choices` whose last has a `finish_reason`; the newer endpoints' events have types, of which
 * `….done` is the last, and `….completed` is one for each picture.
 */
function stageOf(body: JsonObject): Stage {
  const type = asString(body.type);
  if (type !== undefined) {
    if (type === 'transcript.text.done' || type === 'speech.audio.done') return 'last';
    return type.endsWith('.completed') ? 'closing' : 'content';
  }
  const choices = asObjects(body.choices);
  if (choices.some(({ finish_reason }) => finish_reason != null)) return 'closing';
  if (choices.some((choice) => textOf(choice) !== '')) return 'content';
  return 'before';
}

/** Of a legacy completion, or of a server that streams transcripts in the form of chat chunks. */
function textOf(choice: JsonObject): string {
  const { text, delta } = choice;
  return asString(text) ?? (isObject(delta) ? (asString(delta.content) ?? '') : '');
}

class EventDecoder implements Decoder {
  #usage: Usage = UNKNOWN_USAGE;
  #reason: string | null = null;
  #closing = false;
  #finished = false;
  #pictures = 0;

  push(frame: SseFrame): readonly ChatEvent[] {
    if (this.#finished) return [];
    if (frame.data === DONE) return this.#finish();
    const body = frame.json;
    if (body === undefined) return [];
    if (frame.event === 'error' || isFault(body))
      return [{ type: 'error', error: decodeInnerError(body) }];
    const stage = stageOf(body);
    this.#note(body, stage);
    if (stage === 'last') return this.#finish();
    if (stage === 'before') return [];
    const text = asString(body.delta) ?? asObjects(body.choices).map(textOf).join('');
    // Sound and pictures are not counted in characters.
    const counted = asString(body.type)?.startsWith('transcript') !== false ? text : '';
    return [{ type: 'block-delta', index: 0, delta: { kind: 'text', text: counted } }];
  }

  end(): readonly ChatEvent[] {
    return this.#closing && !this.#finished ? this.#finish() : [];
  }

  #note(body: JsonObject, stage: Stage): void {
    this.#usage = laterUsage(this.#usage, readUsage(body));
    if (stage === 'before' || stage === 'content') return;
    this.#closing = true;
    if (asString(body.type)?.endsWith('.completed')) this.#pictures += 1;
    for (const { finish_reason } of asObjects(body.choices))
      this.#reason = asString(finish_reason) ?? this.#reason;
  }

  #finish(): readonly ChatEvent[] {
    this.#finished = true;
    const pictures = this.#pictures === 0 ? {} : { images: this.#pictures };
    return [
      {
        type: 'finish',
        reason: finishReason(this.#reason),
        raw: this.#reason,
        stopSequence: null,
        usage: { ...this.#usage, ...pictures },
      },
    ];
  }
}

const REASONS: { readonly [raw: string]: FinishReason } = {
  length: 'length',
  content_filter: 'content-filter',
};

/** Our word for a provider's. */
export function finishReason(raw: string | null): FinishReason {
  return REASONS[raw ?? ''] ?? 'stop';
}

/** From the first closing event on, the latest is held until it is known whether it is the last. */
class EventRelay implements Relay {
  readonly #context: ReplyContext;
  readonly #metadata: MetadataSource;
  #held: SseFrame | null = null;
  #closing = false;
  #done = '';

  constructor(context: ReplyContext, metadata: MetadataSource) {
    this.#context = context;
    this.#metadata = metadata;
  }

  push(frame: SseFrame): string {
    if (frame.data === DONE) {
      this.#done = `data: ${DONE}\n\n`;
      return '';
    }
    const body = frame.json;
    // A broken line would end the caller's stream with a parse error; the answer goes on without it.
    if (body === undefined) return '';
    if (isUsageAlone(body) && !this.#context.includeUsage) return '';
    const stage = stageOf(body);
    this.#closing ||= stage === 'closing' || stage === 'last';
    if (!this.#closing) return frame.raw;
    const release = this.#held?.raw ?? '';
    this.#held = frame;
    return release;
  }

  end(): string {
    const held = this.#held;
    this.#held = null;
    if (held === null) return this.#done;
    const data = held.data.replaceAll('\n', ' ');
    const text = withMetadata(data, held.json ?? {}, this.#metadata(), {});
    return sseText(text, held.event ?? undefined) + this.#done;
  }

  /** Sound, pictures and transcripts cannot be gone on with by another model; nobody asks. */
  continued(): Encoder {
    throw new GatewayError('internal', 'A stream of this endpoint cannot be continued.');
  }
}

/** A completion's chunk that is there for its usage only: asked for by the gateway, perhaps not by the caller. */
function isUsageAlone(body: JsonObject): boolean {
  return Array.isArray(body.choices) && body.choices.length === 0 && isObject(body.usage);
}
