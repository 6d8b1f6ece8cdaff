// Same wire in and out: every frame leaves as it came, but for the last one before [DONE], which gets our metadata.
import type { Encoder, MetadataSource, Relay, ReplyContext } from '../../core/dialect.ts';
import type { ChatEvent } from '../../core/event.ts';
import {
  asArray,
  asNumber,
  asObject,
  asObjects,
  asString,
  isObject,
  type Json,
  type JsonObject,
} from '../../lib/json.ts';
import { SseFrame, sseText } from '../../lib/sse.ts';
import { StreamEncoder } from './encode-stream.ts';
import { isFault } from './fault.ts';
import { withMetadata } from './reply-metadata.ts';
import { withoutReasoning } from './without-reasoning.ts';

const DONE = 'data: [DONE]\n\n';

/**
 * From the finish reason on, the latest frame is held until it is known whether it is the last. Failed streams are not
 * ended here: the gateway tells their error, and no [DONE] may follow it.
 */
export class StreamRelay implements Relay {
  readonly #context: ReplyContext;
  readonly #metadata: MetadataSource;
  #held: SseFrame | null = null;
  #finished = false;
  #over = false;
  /** Places in `tool_calls` that are taken. */
  #calls = 0;
  /** The last chunk that had something to say, for the closing chunk of a stream that never gave a reason. */
  #latest: JsonObject | null = null;
  /** Usage nobody asked to have in a chunk of its own. */
  #folded: JsonObject | null = null;

  constructor(context: ReplyContext, metadata: MetadataSource) {
    this.#context = context;
    this.#metadata = metadata;
  }

  push(frame: SseFrame): string {
    if (this.#over) return '';
    if (frame.data === '[DONE]') return this.#close();
    const body = frame.json;
    // A broken line would end the caller's stream with a parse error; the answer goes on without it.
    if (body === undefined) return '';
    if (frame.event === 'error' || isFault(body)) return this.#fault(body);
    return this.#pass(frame, body);
  }

  end(): string {
    return this.#over || !this.#finished ? '' : this.#close();
  }

  /** A chunk that is held says how the answer ended or what it cost: neither is true any more. */
  continued(delivered: Iterable<ChatEvent>): Encoder {
    this.#over = true;
    this.#held = null;
    if (this.#latest === null) return new StreamEncoder(this.#context, this.#metadata);
    const encoder = new StreamEncoder(this.#context, this.#metadata, headOf(this.#latest));
    encoder.passed(delivered, this.#calls);
    return encoder;
  }

  #pass(frame: SseFrame, body: JsonObject): string {
    const choices = asArray(body.choices);
    if (choices.length === 0 && isObject(body.usage) && body.moderation === undefined)
      return this.#usage(frame, body.usage);
    const shown = this.#context.excludeReasoning ? withoutReasoning(frame, body) : frame;
    if (shown === null) return '';
    if (choices.length > 0) this.#note(choices, body);
    const release = this.#release();
    if (!this.#finished) return release + whole(shown);
    this.#held = shown;
    return release;
  }

  /** A chunk with nothing but usage goes to callers that asked for one; for others its figures join the last chunk. */
  #usage(frame: SseFrame, usage: JsonObject): string {
    if (!this.#context.includeUsage) {
      this.#folded = usage;
      return '';
    }
    const release = this.#release();
    this.#held = frame;
    return release;
  }

  /** Recorded: an error beside the end of a whole answer ("Token limit reached"). Clients throw on it, so it goes. */
  #fault(body: JsonObject): string {
    if (this.#finished && asArray(body.choices).length > 0) {
      const { error: _, ...rest } = body;
      return this.#pass(new SseFrame(null, JSON.stringify(rest), ''), rest);
    }
    if (this.#finished) return '';
    this.#over = true;
    return '';
  }

  #note(choices: readonly Json[], body: JsonObject): void {
    this.#latest = body;
    for (const choice of choices) {
      if (!isObject(choice)) continue;
      if (choice.finish_reason) this.#finished = true;
      const calls = asObject(choice.delta)?.tool_calls;
      if (calls !== undefined) this.#count(asObjects(calls));
    }
  }

  #count(calls: readonly JsonObject[]): void {
    for (const { index } of calls) this.#calls = Math.max(this.#calls, (asNumber(index) ?? 0) + 1);
  }

  #release(): string {
    const held = this.#held;
    this.#held = null;
    return held === null ? '' : whole(held);
  }

  #close(): string {
    this.#over = true;
    let closing = '';
    if (!this.#finished) {
      // Recorded: streams without a finish reason. Clients wait for one, so the end says what the answer shows.
      if (this.#latest === null) return '';
      const chunk = new SseFrame(null, JSON.stringify(this.#closingChunk(this.#latest)), '');
      if (this.#held === null) this.#held = chunk;
      else closing = sseText(chunk.data);
    }
    const held = this.#held;
    this.#held = null;
    return closing + (held === null ? '' : this.#last(held)) + DONE;
  }

  #last(held: SseFrame): string {
    const body = held.json ?? {};
    const members: JsonObject =
      this.#folded === null || isObject(body.usage) ? {} : { usage: this.#folded as Json };
    const text = withMetadata(oneLine(held.data), body, this.#metadata(), members);
    return sseText(text, held.event ?? undefined);
  }

  #closingChunk(latest: JsonObject): JsonObject {
    const index = asObjects(latest.choices)[0]?.index ?? 0;
    const reason = this.#calls > 0 ? 'tool_calls' : 'stop';
    return {
      ...headOf({ ...latest, object: asString(latest.object) ?? 'chat.completion.chunk' }),
      choices: [{ index, delta: {}, finish_reason: reason }],
    };
  }
}

/** What every chunk of the stream repeats, as the provider has it: recorded, empty ids, and none with an `object`. */
function headOf({ id, object, created, model }: JsonObject): JsonObject {
  return { id, object, created, model };
}

/** The frame's own text. The last frame of a stream may have come without its closing blank line. */
function whole(frame: SseFrame): string {
  const { raw } = frame;
  if (raw.endsWith('\n\n') || raw.endsWith('\r\n\r\n')) return raw;
  // A CR at the end might be half a line break: callers would wait for the other half.
  if (raw.endsWith('\r\r')) return `${raw}\n`;
  return sseText(oneLine(frame.data), frame.event ?? undefined);
}

/** Line breaks between members are spaces to JSON, and ends of lines to an event stream. */
function oneLine(json: string): string {
  return json.includes('\n') ? json.replaceAll('\n', ' ') : json;
}
