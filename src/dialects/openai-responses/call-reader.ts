// A call of one of the caller's tools in an answer: JSON arguments, or the free text of a custom tool.
import { asString, type JsonObject } from '../../lib/json.ts';
import { type ItemReader, untold } from './item-reader.ts';
import type { Lane, Lanes } from './lanes.ts';

export class CallReader implements ItemReader {
  readonly type: 'function_call' | 'custom_tool_call';
  readonly #lane: Lane;
  #told = '';
  /** What came before the call was named. */
  #held = '';

  constructor(lanes: Lanes, type: 'function_call' | 'custom_tool_call') {
    this.type = type;
    this.#lane = lanes.open();
  }

  get over(): boolean {
    return this.#lane.over;
  }

  /** Opens the call where the item names it. */
  named(item: JsonObject): void {
    const name = asString(item.name) ?? '';
    const id = asString(item.call_id) || asString(item.id) || '';
    if (this.#lane.open !== null || this.#lane.over || name === '' || id === '') return;
    const custom = this.type === 'custom_tool_call' ? { custom: true } : {};
    this.#lane.start({ kind: 'tool-use', id, name, ...custom });
    const held = this.#held;
    this.#held = '';
    if (held !== '') this.#lane.delta({ kind: 'arguments', json: held });
  }

  arguments(text: string): void {
    if (text === '') return;
    this.#told += text;
    if (this.#lane.open === null) this.#held += text;
    else this.#lane.delta({ kind: 'arguments', json: text });
  }

  wholeArguments(text: string): void {
    this.arguments(untold(this.#told, text));
  }

  done(item: JsonObject): void {
    this.named(item);
    this.wholeArguments(asString(item.arguments) ?? asString(item.input) ?? '');
    this.#lane.close();
  }

  abandon(): void {
    this.#lane.close();
  }
}
