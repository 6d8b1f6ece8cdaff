// A tool call of the output while it is being written: a function's arguments, or a custom tool's free text.
import type { BlockDelta, BlockStart } from '../../core/event.ts';
import type { Json, JsonObject } from '../../lib/json.ts';
import type { ItemStatus, OpenItem, Place, Tell } from './open-item.ts';

export class CallItem implements OpenItem {
  readonly #start: BlockStart & { kind: 'tool-use' };
  readonly #place: Place;
  readonly #tell: Tell;
  readonly #custom: boolean;
  /** The tool's own name, and its space where it is in one. */
  readonly #names: { readonly name: string; readonly namespace?: string };
  #text = '';
  #over = false;

  constructor(
    start: BlockStart & { kind: 'tool-use' },
    place: Place,
    tell: Tell,
    names: { readonly name: string; readonly namespace?: string } = { name: start.name },
  ) {
    this.#start = start;
    this.#place = place;
    this.#tell = tell;
    this.#custom = start.custom === true;
    this.#names = names;
    tell('response.output_item.added', {
      output_index: place.output_index,
      item: this.#item('in_progress') as Json,
    });
  }

  add(delta: BlockDelta): void {
    if (delta.kind !== 'arguments') return;
    this.#text += delta.json;
    this.#say('delta', { delta: delta.json });
  }

  endBlock(): void {
    if (this.#over) return;
    this.#over = true;
    // Callers parse the arguments: a call without any has the empty object.
    if (this.#text === '' && !this.#custom) this.add({ kind: 'arguments', json: '{}' });
    if (this.#custom) this.#say('done', { input: this.#text });
    else this.#say('done', { name: this.#names.name, arguments: this.#text });
  }

  close(status: ItemStatus): JsonObject {
    return this.#item(status);
  }

  #say(what: 'delta' | 'done', members: JsonObject): void {
    const { item_id, output_index } = this.#place;
    const of = this.#custom ? 'custom_tool_call_input' : 'function_call_arguments';
    this.#tell(`response.${of}.${what}`, { item_id, output_index, ...members });
  }

  #item(status: ItemStatus | 'in_progress'): JsonObject {
    const { id: call_id } = this.#start;
    const id = this.#place.item_id;
    const text = this.#text;
    if (this.#custom)
      return { id, type: 'custom_tool_call', status, call_id, input: text, ...this.#names };
    return { id, type: 'function_call', status, arguments: text, call_id, ...this.#names };
  }
}
