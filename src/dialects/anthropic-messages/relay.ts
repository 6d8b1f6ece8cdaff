// Same wire in and out: frames pass as they came. The last `message_delta` gets our metadata, so each is held until the
// next frame tells whether it was the last.
import type { Encoder, MetadataSource, Relay, ReplyContext } from '../../core/dialect.ts';
import type { ChatEvent } from '../../core/event.ts';
import { asNumber, asObject, type JsonObject } from '../../lib/json.ts';
import { spliceObject } from '../../lib/json-splice.ts';
import { type SseFrame, sseText } from '../../lib/sse.ts';
import { EventEncoder, MESSAGE_STOP } from './encode-events.ts';
import { PassedBlocks } from './passed-blocks.ts';

export class FrameRelay implements Relay {
  readonly #context: ReplyContext;
  readonly #metadata: MetadataSource;
  readonly #thinking: ThinkingFilter | null;
  readonly #passed = new PassedBlocks();
  #held: SseFrame | null = null;
  #over = false;

  constructor(context: ReplyContext, metadata: MetadataSource) {
    this.#context = context;
    this.#metadata = metadata;
    this.#thinking = context.excludeReasoning ? new ThinkingFilter() : null;
  }

  push(frame: SseFrame): string {
    // A broken line would end the caller's stream with a parse error; the answer goes on without it.
    if (this.#over || frame.json === undefined) return '';
    const type = typeOf(frame);
    if (type === 'message_delta') {
      const before = this.#held === null ? '' : whole(this.#held);
      this.#held = frame;
      return before;
    }
    // Pings say nothing about what follows.
    if (type === 'ping') return whole(frame);
    if (type === 'message_stop') {
      this.#over = true;
      return this.#last(frame) + (this.#held === null ? '' : whole(frame));
    }
    const before = this.#held === null ? '' : whole(this.#held);
    this.#held = null;
    if (this.#thinking === null) {
      this.#passed.note(type, frame.json, asNumber(frame.json.index));
      return before + whole(frame);
    }
    const text = this.#thinking.pass(frame, type);
    if (text !== '') this.#passed.note(type, frame.json, this.#thinking.index);
    return before + text;
  }

  /** A provider that ends after `message_delta` has said everything: its end is added. */
  end(): string {
    if (this.#over || this.#held === null) return '';
    this.#over = true;
    return spliced(this.#held, 'metadata', JSON.stringify(this.#metadata())) + MESSAGE_STOP;
  }

  /** A `message_delta` that is held is of an answer that did not end so. */
  continued(delivered: Iterable<ChatEvent>): Encoder {
    this.#over = true;
    this.#held = null;
    const passed = this.#passed.asFarAs(delivered, this.#context);
    return new EventEncoder(this.#context, this.#metadata, passed);
  }

  /** The metadata goes into the held frame; a stream without one gets it with its end. */
  #last(stop: SseFrame): string {
    return spliced(this.#held ?? stop, 'metadata', JSON.stringify(this.#metadata()));
  }
}

/** Cuts out thinking blocks and closes the gaps they leave in the indices. */
class ThinkingFilter {
  readonly #dropped = new Set<number>();
  readonly #moved = new Map<number, number>();
  /** Of the block that the last frame was about, as the caller counts it. */
  index: number | undefined;

  pass(frame: SseFrame, type: string | null): string {
    const data = frame.json;
    const index = asNumber(data?.index);
    this.index = index;
    if (data === undefined || index === undefined) return whole(frame);
    if (type === 'content_block_start') this.#place(index, asObject(data.content_block));
    if (this.#dropped.has(index)) return '';
    const moved = this.#moved.get(index) ?? index;
    this.index = moved;
    return moved === index ? whole(frame) : spliced(frame, 'index', String(moved));
  }

  #place(index: number, block: JsonObject | undefined): void {
    if (block?.type === 'thinking' || block?.type === 'redacted_thinking') this.#dropped.add(index);
    else this.#moved.set(index, index - this.#dropped.size);
  }
}

function typeOf(frame: SseFrame): string | null {
  const type = frame.json?.type;
  return typeof type === 'string' ? type : frame.event;
}

/** The frame as it came, with its blank line where the stream ended without it. */
function whole({ raw }: SseFrame): string {
  if (raw.endsWith('\n\n') || raw.endsWith('\n\r\n')) return raw;
  // A CR at the end might be half a line break: callers would wait for the other half.
  return raw.endsWith('\r\r') ? `${raw}\n` : `${raw.trimEnd()}\n\n`;
}

function spliced(frame: SseFrame, key: string, json: string): string {
  const data = spliceObject(frame.data, { set: new Map([[key, json]]) });
  // Line breaks between the members are only spacing, and an SSE data line has none.
  return sseText(data.replaceAll('\n', ' '), typeOf(frame) ?? undefined);
}
