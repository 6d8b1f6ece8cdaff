// Same wire in and out: frames pass as they came; the last one, which holds the whole response, gets our metadata.
import type { Encoder, MetadataSource, Relay, ReplyContext } from '../../core/dialect.ts';
import type { GatewayError } from '../../core/errors.ts';
import type { ChatEvent } from '../../core/event.ts';
import { asNumber, asObject, asObjects, type Json, type JsonObject } from '../../lib/json.ts';
import { memberText, spliceObject } from '../../lib/json-splice.ts';
import { SseFrame, sseText } from '../../lib/sse.ts';
import { failureFrames, METADATA_FIELD, metadataMember, responseError } from './encode-error.ts';
import { StreamEncoder } from './encode-stream.ts';
import { itemType } from './items.ts';
import { retold } from './own-instructions.ts';
import { PassedItems } from './passed-items.ts';
import { previousOf } from './stored-items.ts';

const ENDS: ReadonlySet<string> = new Set(['response.completed', 'response.incomplete']);

/** Failures are not ended here: the gateway tells their error, through `fail`. */
export class FrameRelay implements Relay {
  readonly #context: ReplyContext;
  readonly #metadata: MetadataSource;
  readonly #filter: ReasoningFilter | null;
  /** The response as it began, and how many events were passed on. */
  #response: JsonObject = {};
  readonly #passed = new PassedItems();
  #sequence = 0;
  #over = false;

  constructor(context: ReplyContext, metadata: MetadataSource) {
    this.#context = context;
    this.#metadata = metadata;
    this.#filter = context.excludeReasoning ? new ReasoningFilter() : null;
  }

  push(given: SseFrame): string {
    const frame = this.#retold(given);
    const data = frame.json;
    // A broken line would end the caller's stream with a parse error; the answer goes on without it.
    if (this.#over || data === undefined) return '';
    const type = typeOf(frame, data);
    const response = asObject(data.response);
    if (response !== undefined) this.#response = response;
    const told = asNumber(data.sequence_number);
    if (ENDS.has(type)) return this.#last(frame, data, type);
    const text = this.#filter === null ? whole(frame, type) : this.#filter.pass(frame, data, type);
    if (text === '') return '';
    this.#sequence = this.#filter?.sequence ?? (told ?? this.#sequence) + 1;
    if (!type.endsWith('.delta')) {
      const index = this.#filter === null ? asNumber(data.output_index) : this.#filter.index;
      this.#passed.note(type, data, index);
    }
    return text;
  }

  end(): string {
    return '';
  }

  /** The stream broke off: the end says so, in the order of what was passed on. */
  fail(error: GatewayError): string {
    if (this.#over) return '';
    this.#over = true;
    const failed = { ...this.#response, status: 'failed', error: responseError(error) };
    const response = { ...failed, ...metadataMember(this.#metadata()) };
    return failureFrames(error, response, this.#sequence);
  }

  continued(delivered: Iterable<ChatEvent>): Encoder {
    this.#over = true;
    if (this.#sequence === 0) return new StreamEncoder(this.#context, this.#metadata);
    const previous = previousOf(this.#context.request);
    const told = previous === null ? {} : { previous_response_id: previous };
    return new StreamEncoder(this.#context, this.#metadata, {
      response: { ...this.#response, ...told },
      sequence: this.#sequence,
      inProgress: this.#passed.inProgress,
      items: this.#passed.asFarAs(delivered),
    });
  }

  /** Without what a router put in, where the frame repeats that. */
  #retold(frame: SseFrame): SseFrame {
    const { ownInstructions } = this.#context;
    const response = ownInstructions === undefined ? undefined : asObject(frame.json?.response);
    const set = retold(response ?? {}, ownInstructions);
    if (set.size === 0) return frame;
    const inner = spliceObject(memberText(frame.data, 'response') ?? '{}', { set });
    const outer = new Map([['response', inner]]);
    const data = oneLine(spliceObject(frame.data, { set: outer }));
    return new SseFrame(frame.event, data, sseText(data, frame.event ?? undefined));
  }

  #last(frame: SseFrame, data: JsonObject, type: string): string {
    this.#over = true;
    const members = new Map<string, string>();
    let response = asObject(data.response) ?? {};
    if (this.#filter !== null) {
      const output = asObjects(response.output).filter((item) => itemType(item) !== 'reasoning');
      response = { ...response, output: output as Json[] };
      members.set('output', JSON.stringify(output));
    }
    // Asked with the conversation in full, the provider knows of no earlier response; its caller does.
    const previous = previousOf(this.#context.request);
    if (previous !== null && previous !== response.previous_response_id) {
      response = { ...response, previous_response_id: previous };
      members.set('previous_response_id', JSON.stringify(previous));
    }
    this.#context.keep?.(response);
    members.set(METADATA_FIELD, JSON.stringify(this.#metadata()));
    const inner = spliceObject(memberText(frame.data, 'response') ?? '{}', { set: members });
    const set = new Map([['response', inner]]);
    if (this.#filter !== null) set.set('sequence_number', String(this.#filter.sequence));
    return sseText(oneLine(spliceObject(frame.data, { set })), type);
  }
}

/** Cuts out reasoning items and closes the gaps they leave in the numbers. */
class ReasoningFilter {
  readonly #dropped = new Set<number>();
  readonly #moved = new Map<number, number>();
  /** The number of the next event that passes. */
  sequence = 0;
  /** The place of the last event's item, as the caller counts. */
  index: number | undefined;

  pass(frame: SseFrame, data: JsonObject, type: string): string {
    const index = asNumber(data.output_index);
    this.index = index;
    const set = new Map<string, string>();
    if (index !== undefined) {
      if (type === 'response.output_item.added') this.#place(index, asObject(data.item));
      if (this.#dropped.has(index)) return '';
      this.index = this.#moved.get(index) ?? index;
      set.set('output_index', String(this.index));
    }
    if (data.sequence_number !== undefined) set.set('sequence_number', String(this.sequence));
    this.sequence += 1;
    return set.size === 0
      ? whole(frame, type)
      : sseText(oneLine(spliceObject(frame.data, { set })), type);
  }

  #place(index: number, item: JsonObject | undefined): void {
    if (item?.type === 'reasoning') this.#dropped.add(index);
    else this.#moved.set(index, index - this.#dropped.size);
  }
}

function typeOf(frame: SseFrame, data: JsonObject): string {
  return typeof data.type === 'string' ? data.type : (frame.event ?? 'message');
}

/** The frame's own text. The last frame of a stream may have come without its closing blank line. */
function whole(frame: SseFrame, type: string): string {
  const { raw } = frame;
  if (raw.endsWith('\n\n') || raw.endsWith('\r\n\r\n')) return raw;
  // A CR at the end might be half a line break: callers would wait for the other half.
  if (raw.endsWith('\r\r')) return `${raw}\n`;
  return sseText(oneLine(frame.data), frame.event ?? type);
}

/** Line breaks between members are spaces to JSON, and ends of lines to an event stream. */
function oneLine(json: string): string {
  return json.includes('\n') ? json.replaceAll('\n', ' ') : json;
}
