// Stream frames of this wire → events: a state machine that keeps the law of ChatEvent whatever comes in.
import type { Decoder } from '../../core/dialect.ts';
import { GatewayError } from '../../core/errors.ts';
import type { ChatEvent } from '../../core/event.ts';
import { UNKNOWN_USAGE, type Usage } from '../../core/usage.ts';
import { EXCEPTION } from '../../lib/aws-event-stream.ts';
import { asNumber, asObject, asString, type JsonObject } from '../../lib/json.ts';
import type { SseFrame } from '../../lib/sse.ts';
import { BlockWriter } from './block-writer.ts';
import { callOf, opaque, type Piece, readDelta } from './decode-block.ts';
import { metSequence } from './decode-reply.ts';
import { decodeException } from './errors.ts';
import { decodeStop } from './stop-reason.ts';
import { decodeUsage } from './usage.ts';

/** What `messageStop` said. */
interface Stop {
  readonly raw: string | null;
  readonly sequence: string | null;
}

/** A block only this wire has (a tool the host runs itself, its result): put together, since nobody else reads its pieces. */
interface Gathered {
  readonly start: JsonObject;
  input: string;
}

export class ConverseDecoder implements Decoder {
  #events: ChatEvent[] = [];
  readonly #blocks = new BlockWriter((event) => this.#events.push(event));
  #started = false;
  /** The number the wire gave the open block. */
  #wireIndex: number | null = null;
  #gathered: Gathered | null = null;
  #stop: Stop | null = null;
  #usage: Usage | null = null;
  #over = false;

  push(frame: SseFrame): readonly ChatEvent[] {
    if (this.#over) return [];
    if (frame.event?.startsWith(EXCEPTION)) {
      this.#fail(decodeException(frame.event.slice(EXCEPTION.length), frame.json));
    } else if (frame.json !== undefined) this.#take(frame.event, frame.json);
    return this.#flush();
  }

  end(): readonly ChatEvent[] {
    if (this.#over) return [];
    if (this.#stop !== null) this.#finish(this.#stop);
    else {
      const what = 'The provider ended its answer without finishing it.';
      this.#fail(new GatewayError('upstream_stream_truncated', what));
    }
    return this.#flush();
  }

  #take(event: string | null, data: JsonObject): void {
    switch (event) {
      case 'messageStart':
        this.#begin();
        break;
      case 'contentBlockStart':
        this.#blockStart(indexOf(data), asObject(data.start));
        break;
      case 'contentBlockDelta':
        this.#blockDelta(indexOf(data), asObject(data.delta));
        break;
      case 'contentBlockStop':
        if (this.#wireIndex === indexOf(data)) this.#close();
        break;
      case 'messageStop':
        this.#stop = {
          raw: asString(data.stopReason) ?? null,
          sequence: metSequence(data.additionalModelResponseFields),
        };
        // Usually the counts come after the stop, but servers in between send them before.
        if (this.#usage !== null) this.#finish(this.#stop);
        break;
      case 'metadata':
        this.#usage = decodeUsage(data);
        if (this.#stop !== null) this.#finish(this.#stop);
        break;
    }
  }

  /** Text and reasoning begin without a start (recorded), or with an empty one; only calls and results say what they are. */
  #blockStart(wireIndex: number | null, start: JsonObject | undefined): void {
    this.#begin();
    this.#close();
    this.#wireIndex = wireIndex;
    const toolUse = asObject(start?.toolUse);
    const call = toolUse === undefined ? null : callOf(toolUse);
    if (call !== null) this.#blocks.begin(call);
    else if (start !== undefined && Object.keys(start).length > 0)
      this.#gathered = { start, input: '' };
  }

  #blockDelta(wireIndex: number | null, delta: JsonObject | undefined): void {
    if (delta === undefined) return;
    this.#begin();
    if (this.#wireIndex !== wireIndex) {
      this.#close();
      this.#wireIndex = wireIndex;
    }
    const input = asString(asObject(delta.toolUse)?.input);
    if (this.#gathered !== null) this.#gather(this.#gathered, delta, input);
    else if (input === undefined) for (const piece of readDelta(delta)) this.#write(piece);
    else if (this.#blocks.open?.kind === 'tool-use')
      this.#blocks.add({ kind: 'arguments', json: input });
  }

  #write(piece: Piece): void {
    this.#blocks.write(piece);
  }

  #gather(gathered: Gathered, delta: JsonObject, input: string | undefined): void {
    gathered.input += input ?? '';
    if (delta.toolResult === undefined) return;
    const result = { ...asObject(gathered.start.toolResult), content: delta.toolResult };
    this.#gathered = { ...gathered, start: { ...gathered.start, toolResult: result } };
  }

  #close(): void {
    this.#wireIndex = null;
    const gathered = this.#gathered;
    this.#gathered = null;
    if (gathered !== null) {
      const toolUse = asObject(gathered.start.toolUse);
      const whole =
        toolUse === undefined || gathered.input === ''
          ? gathered.start
          : { ...gathered.start, toolUse: { ...toolUse, input: gathered.input } };
      this.#blocks.begin(opaque(whole));
    }
    this.#blocks.close();
  }

  #finish(stop: Stop): void {
    this.#begin();
    this.#close();
    this.#over = true;
    this.#events.push({
      type: 'finish',
      reason: decodeStop(stop.raw, this.#blocks.calledTool),
      raw: stop.raw,
      stopSequence: stop.sequence,
      usage: this.#usage ?? UNKNOWN_USAGE,
    });
  }

  #fail(error: GatewayError): void {
    this.#begin();
    this.#blocks.abandon();
    this.#over = true;
    this.#events.push({ type: 'error', error });
  }

  /** An answer that begins without its start still has one. */
  #begin(): void {
    if (this.#started) return;
    this.#started = true;
    this.#events.push({ type: 'start', id: null, model: null, created: null });
  }

  #flush(): readonly ChatEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }
}

function indexOf(data: JsonObject): number | null {
  return asNumber(data.contentBlockIndex) ?? null;
}
