// The one reader of answers, whole or streamed: a whole reply is one whose items all came at once.
import type { GatewayError } from '../../core/errors.ts';
import type { ChatEvent } from '../../core/event.ts';
import { UNKNOWN_USAGE } from '../../core/usage.ts';
import { asNumber, asObjects, asString, type JsonObject } from '../../lib/json.ts';
import { CallReader } from './call-reader.ts';
import { endingOf } from './decode-ending.ts';
import type { ItemReader } from './item-reader.ts';
import { itemType } from './items.ts';
import { Lanes } from './lanes.ts';
import { MessageReader } from './message-reader.ts';
import { OpaqueReader } from './opaque-reader.ts';
import { ReasoningReader } from './reasoning-reader.ts';
import { usageOf } from './usage.ts';

/** How a piece names its item: by its place in the output, else by its id. */
export type Place = number | string;

export class AnswerReader {
  readonly #lanes = new Lanes();
  readonly #items = new Map<Place, ItemReader>();
  /** Names of what is known of items: ids, call ids. */
  readonly #ids = new Set<string>();
  /** The custom tools on offer; null where the response does not repeat its tools. */
  #customTools: ReadonlySet<string> | null = null;
  #started = false;
  #calledTools = false;

  take(): ChatEvent[] {
    return this.#lanes.take();
  }

  start(response: JsonObject): void {
    const tools = asObjects(response.tools);
    if (tools.length > 0)
      this.#customTools = new Set(
        tools.filter(({ type }) => type === 'custom').flatMap(({ name }) => asString(name) ?? []),
      );
    if (this.#started) return;
    this.#started = true;
    const created = asNumber(response.created_at);
    this.#lanes.emit({
      type: 'start',
      id: asString(response.id) || null,
      model: asString(response.model) || null,
      created: created ? Math.floor(created) : null,
    });
  }

  /** An item that begins: the one its pieces may have come of already, or another. */
  added(place: Place, item: JsonObject): void {
    this.#note(item);
    const known = this.#items.get(place);
    const reader =
      known !== undefined && fits(known, item) && !known.over ? known : this.#open(place, item);
    if (reader instanceof CallReader) reader.named(item);
  }

  /** An item that is whole, whether it was begun or not. */
  done(place: Place, item: JsonObject): void {
    this.#note(item);
    const known = this.#items.get(place);
    const reader = known !== undefined && fits(known, item) ? known : this.#open(place, item);
    if (!reader.over) reader.done(item);
  }

  message(place: Place): MessageReader {
    const known = this.#items.get(place);
    if (known instanceof MessageReader) return known;
    const made = new MessageReader(this.#lanes);
    this.#items.set(place, made);
    return made;
  }

  reasoning(place: Place): ReasoningReader {
    const known = this.#items.get(place);
    if (known instanceof ReasoningReader) return known;
    const made = new ReasoningReader(this.#lanes);
    this.#items.set(place, made);
    return made;
  }

  /** Null where the piece belongs to a call of the provider's own. */
  call(place: Place, type: CallReader['type']): CallReader | null {
    const known = this.#items.get(place);
    if (known instanceof CallReader) return known;
    if (known instanceof OpaqueReader) return null;
    const made = new CallReader(this.#lanes, type);
    this.#items.set(place, made);
    this.#calledTools = true;
    return made;
  }

  /** The end, with the whole response: what of it was not told yet is told now. */
  finish(response: JsonObject): void {
    this.start(response);
    const types = new Set([...this.#items.values()].map(({ type }) => type));
    for (const [at, item] of asObjects(response.output).entries()) this.#complete(at, item, types);
    for (const reader of this.#items.values()) if (!reader.over) reader.abandon();
    this.#lanes.closeAll();
    const refused = [...this.#items.values()].some(
      (reader) => reader instanceof MessageReader && reader.refused,
    );
    const ending = endingOf(response, { calledTools: this.#calledTools, refused });
    const usage = usageOf(response);
    if (usage !== null) this.#lanes.emit({ type: 'usage', usage });
    if (!('reason' in ending)) {
      this.#lanes.emit({ type: 'error', error: ending });
      return;
    }
    const { reason, raw } = ending;
    this.#lanes.emit({
      type: 'finish',
      reason,
      raw,
      stopSequence: null,
      usage: usage ?? UNKNOWN_USAGE,
    });
  }

  fail(error: GatewayError): void {
    this.start({});
    for (const reader of this.#items.values()) if (!reader.over) reader.abandon();
    this.#lanes.closeAll();
    this.#lanes.emit({ type: 'error', error });
  }

  /**
   * An item of the final response, which may number its items otherwise than the events did, or give them other ids.
   * @param told the types of items there were events of.
   */
  #complete(at: number, item: JsonObject, told: ReadonlySet<string>): void {
    const known = this.#items.get(at);
    if (known !== undefined && fits(known, item)) {
      if (!known.over) known.done(item);
      return;
    }
    const isKnown = [item.id, item.call_id].some(
      (id) => typeof id === 'string' && this.#ids.has(id),
    );
    const type = itemType(item);
    if (isKnown || ((type === 'message' || type === 'reasoning') && told.has(type))) return;
    this.done(`final ${at}`, item);
  }

  #note(item: JsonObject): void {
    for (const id of [item.id, item.call_id])
      if (typeof id === 'string' && id !== '') this.#ids.add(id);
  }

  #open(place: Place, item: JsonObject): ItemReader {
    const made = this.#readerFor(item);
    this.#items.set(place, made);
    return made;
  }

  #readerFor(item: JsonObject): ItemReader {
    const type = itemType(item);
    switch (type) {
      case 'message':
        // What a compaction keeps of the input stands in its output.
        return item.role === undefined || item.role === 'assistant'
          ? new MessageReader(this.#lanes)
          : new OpaqueReader(this.#lanes, item);
      case 'reasoning':
        return new ReasoningReader(this.#lanes);
      case 'custom_tool_call':
        // Recorded: xAI reports the steps of its own search tool as calls of custom tools that nobody offered.
        if (this.#customTools !== null && !this.#customTools.has(asString(item.name) ?? ''))
          return new OpaqueReader(this.#lanes, item);
        this.#calledTools = true;
        return new CallReader(this.#lanes, type);
      case 'function_call':
        this.#calledTools = true;
        return new CallReader(this.#lanes, type);
      default:
        return new OpaqueReader(this.#lanes, item);
    }
  }
}

function fits(reader: ItemReader, item: JsonObject): boolean {
  return reader.type === itemType(item);
}
