// A stream of this wire → the response it ends with: its last event holds the whole of it.
import type { Gatherer } from '../../core/dialect.ts';
import { GatewayError } from '../../core/errors.ts';
import {
  asNumber,
  asObject,
  asObjects,
  asString,
  type Json,
  type JsonObject,
} from '../../lib/json.ts';
import type { SseFrame } from '../../lib/sse.ts';
import { wholeReply } from '../whole-reply.ts';

const TERMINAL: ReadonlySet<string> = new Set([
  'response.completed',
  'response.incomplete',
  'response.failed',
  'response.cancelled',
]);

export class ResponseGatherer implements Gatherer {
  /** The latest the stream said of the response before its end. */
  #begun: JsonObject = {};
  #ended: JsonObject | null = null;
  /** Items that were told to be done, by their place. */
  readonly #items = new Map<number, JsonObject>();

  push(frame: SseFrame): void {
    const body = frame.json;
    if (this.#ended !== null || body === undefined) return;
    const type = asString(body.type) ?? frame.event ?? '';
    const response = asObject(body.response);
    if (TERMINAL.has(type)) this.#ended = ended(response ?? this.#begun, type);
    else if (type === 'response.output_item.done') this.#done(body);
    else if (type.startsWith('response.') && response !== undefined) this.#begun = response;
  }

  reply(): JsonObject {
    const response = this.#ended;
    if (response === null)
      throw new GatewayError(
        'upstream_invalid_response',
        'The provider ended its stream without the response that ends it.',
      );
    return wholeReply({ ...response, output: this.#output(response) as readonly Json[] });
  }

  #done(body: JsonObject): void {
    const item = asObject(body.item);
    if (item !== undefined) this.#items.set(asNumber(body.output_index) ?? this.#items.size, item);
  }

  /** Recorded: last events that hold no items, though items were told. */
  #output(response: JsonObject): readonly JsonObject[] {
    const told = asObjects(response.output);
    if (told.length > 0) return told;
    return [...this.#items].sort(([a], [b]) => a - b).map(([, item]) => item);
  }
}

/** Servers that leave the status out say it by the event. */
function ended(response: JsonObject, type: string): JsonObject {
  const { status } = response;
  if (status !== undefined && status !== 'in_progress') return response;
  return { ...response, status: type.slice('response.'.length) };
}
