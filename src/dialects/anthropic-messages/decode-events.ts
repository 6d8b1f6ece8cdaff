// Stream frames of this wire → events: a state machine that keeps the law of ChatEvent whatever comes in.
import type { Decoder } from '../../core/dialect.ts';
import { GatewayError } from '../../core/errors.ts';
import type { ChatEvent } from '../../core/event.ts';
import { asArray, asNumber, asObject, asString, type JsonObject } from '../../lib/json.ts';
import type { SseFrame } from '../../lib/sse.ts';
import { OpenBlock } from './decode-block.ts';
import { decodeInnerError, isFault } from './errors.ts';
import { decodeStop } from './stop-reason.ts';
import { UsageMeter } from './usage.ts';

/** What the last `message_delta` said. */
interface Stop {
  readonly raw: string;
  readonly sequence: string | null;
}

export class EventDecoder implements Decoder {
  readonly #meter = new UsageMeter();
  #events: ChatEvent[] = [];
  #startedId: string | null | undefined;
  #open: OpenBlock | null = null;
  #nextIndex = 0;
  #calledTool = false;
  #stop: Stop | null = null;
  #over = false;

  push(frame: SseFrame): readonly ChatEvent[] {
    const data = frame.json;
    // A malformed frame costs itself, not the answer.
    if (this.#over || data === undefined) return [];
    this.#take(data, frame.event === 'error' ? 'error' : (asString(data.type) ?? frame.event));
    return this.#flush();
  }

  end(): readonly ChatEvent[] {
    if (this.#over) return [];
    if (this.#stop !== null) this.#finish();
    else this.#fail(truncated('The provider ended its answer without finishing it.'));
    return this.#flush();
  }

  #take(data: JsonObject, type: string | null): void {
    switch (type) {
      case 'message_start':
        this.#messageStart(asObject(data.message));
        break;
      case 'content_block_start':
        this.#blockStart(asNumber(data.index), asObject(data.content_block));
        break;
      case 'content_block_delta':
        this.#blockDelta(asNumber(data.index), asObject(data.delta));
        break;
      case 'content_block_stop':
        if (this.#open?.wireIndex === asNumber(data.index)) this.#close();
        break;
      case 'message_delta':
        this.#messageDelta(data);
        break;
      case 'message_stop':
        this.#finish();
        break;
      case 'error':
        this.#fail(decodeInnerError(data));
        break;
      default:
        // An error object without this wire's envelope, as servers that imitate it send; anything else is to be ignored.
        if (isFault(data)) this.#fail(decodeInnerError(data));
    }
  }

  #messageStart(message: JsonObject | undefined): void {
    const id = asString(message?.id) ?? null;
    if (this.#nextIndex > 0 || this.#open) {
      // The same start again is noise. Another message's start inside this one is a stream cut and spliced.
      if (id === this.#startedId) return;
      this.#fail(truncated('The provider began another answer inside this one.'));
      return;
    }
    this.#meter.take(message?.usage);
    if (this.#startedId !== undefined) return;
    this.#start(id, asString(message?.model) ?? null);
    if (message?.usage) this.#events.push({ type: 'usage', usage: this.#meter.inputOnly() });
    this.#wholeMessage(message);
  }

  /** Calls made by hosted code come as a start that holds everything, and a stop. */
  #wholeMessage(message: JsonObject | undefined): void {
    for (const value of asArray(message?.content)) {
      const block = asObject(value);
      if (block === undefined) continue;
      this.#openBlock(new OpenBlock(null, block));
      this.#close();
    }
    const raw = asString(message?.stop_reason);
    if (raw !== undefined) this.#stop = { raw, sequence: asString(message?.stop_sequence) ?? null };
  }

  #start(id: string | null, model: string | null): void {
    this.#startedId = id;
    this.#events.push({ type: 'start', id, model, created: null });
  }

  #blockStart(wireIndex: number | undefined, block: JsonObject | undefined): void {
    if (block === undefined) return;
    this.#close();
    this.#openBlock(new OpenBlock(wireIndex ?? null, block));
  }

  #openBlock(block: OpenBlock): void {
    this.#begin();
    this.#open = block;
    this.#emit(block.opening(this.#nextIndex));
  }

  #blockDelta(wireIndex: number | undefined, delta: JsonObject | undefined): void {
    if (delta === undefined) return;
    const open = this.#open;
    if (open?.wireIndex === (wireIndex ?? null) && open.fits(delta)) {
      this.#emit(open.add(delta, this.#nextIndex));
      return;
    }
    // Servers that imitate this wire leave out the start, or put one kind's deltas into another kind's block.
    const implied = OpenBlock.impliedBy(wireIndex ?? null, delta);
    if (implied === null) return;
    this.#close();
    this.#openBlock(implied);
    this.#emit(implied.add(delta, this.#nextIndex));
  }

  #close(): void {
    const open = this.#open;
    if (!open) return;
    this.#open = null;
    const events = open.closing(this.#nextIndex);
    this.#calledTool ||= open.isToolUse;
    this.#emit(events);
    this.#nextIndex += 1;
  }

  #messageDelta(data: JsonObject): void {
    this.#meter.take(data.usage);
    const delta = asObject(data.delta);
    const raw = asString(delta?.stop_reason);
    if (raw !== undefined) this.#stop = { raw, sequence: asString(delta?.stop_sequence) ?? null };
  }

  #finish(): void {
    this.#begin();
    this.#close();
    const raw = this.#stop?.raw ?? null;
    this.#over = true;
    this.#events.push({
      type: 'finish',
      reason: decodeStop(raw, this.#calledTool),
      raw,
      stopSequence: this.#stop?.sequence ?? null,
      usage: this.#meter.usage(),
    });
  }

  #fail(error: GatewayError): void {
    this.#begin();
    this.#abandon();
    this.#over = true;
    this.#events.push({ type: 'error', error });
  }

  /** Closes what is open as far as it came; what is only whole or nothing stays nothing. */
  #abandon(): void {
    const open = this.#open;
    this.#open = null;
    if (open) this.#emit(open.breaking(this.#nextIndex));
  }

  /** An answer that begins without its start still has one. */
  #begin(): void {
    if (this.#startedId === undefined) this.#start(null, null);
  }

  #emit(events: readonly ChatEvent[]): void {
    for (const event of events) this.#events.push(event);
  }

  #flush(): readonly ChatEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }
}

function truncated(message: string): GatewayError {
  return new GatewayError('upstream_stream_truncated', message);
}
