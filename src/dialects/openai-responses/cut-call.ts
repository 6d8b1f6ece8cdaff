// A tool call that another model's stream began and broke off in: it keeps its id and place, and is told of from there on.
import type { BlockDelta } from '../../core/event.ts';
import type { JsonObject } from '../../lib/json.ts';
import type { ItemStatus, OpenItem, Place, Tell } from './open-item.ts';

export class CutCall implements OpenItem {
  readonly #item: JsonObject;
  readonly #place: Place;
  readonly #tell: Tell;
  readonly #custom: boolean;
  #text: string;
  #whole: boolean;

  /** @param text what it is called with, as far as it was told; `whole`: the caller was told that this is all. */
  constructor(item: JsonObject, text: string, whole: boolean, place: Place, tell: Tell) {
    this.#item = item;
    this.#place = place;
    this.#tell = tell;
    this.#custom = item.type === 'custom_tool_call';
    this.#text = text;
    this.#whole = whole;
  }

  add(delta: BlockDelta): void {
    if (delta.kind !== 'arguments' || this.#whole) return;
    this.#text += delta.json;
    this.#say('delta', { delta: delta.json });
  }

  endBlock(): void {
    if (this.#whole) return;
    // Callers parse the arguments: a call without any has the empty object.
    if (this.#text === '' && !this.#custom) this.add({ kind: 'arguments', json: '{}' });
    this.#whole = true;
    if (this.#custom) this.#say('done', { input: this.#text });
    else this.#say('done', { name: this.#item.name, arguments: this.#text });
  }

  close(status: ItemStatus): JsonObject {
    const text = this.#custom ? { input: this.#text } : { arguments: this.#text };
    return { ...this.#item, status, ...text };
  }

  #say(what: 'delta' | 'done', members: JsonObject): void {
    const { item_id, output_index } = this.#place;
    const of = this.#custom ? 'custom_tool_call_input' : 'function_call_arguments';
    this.#tell(`response.${of}.${what}`, { item_id, output_index, ...members });
  }
}
