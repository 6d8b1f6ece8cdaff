// Tool-call deltas → tool-use blocks. Calls are told apart by index, else by id, else by where a name appears.
import { asNumber, asObject, asString, type Json, type JsonObject } from '../../lib/json.ts';
import { madeId } from '../made-id.ts';
import type { BlockSequence } from './blocks.ts';
import { extraOf } from './call-extras.ts';

interface Call {
  readonly key: string;
  id: string;
  name: string;
  readonly custom: boolean;
  /** State of the maker's that came with it. */
  extra: ReturnType<typeof extraOf>;
  /** Arguments that came before the name. */
  held: string;
  opened: boolean;
}

export class ToolCalls {
  readonly #blocks: BlockSequence;
  readonly #byIndex = new Map<number, Call>();
  readonly #calls: Call[] = [];
  /** The reply's id: calls that came without one of their own are named after it. */
  seed = '';

  constructor(blocks: BlockSequence) {
    this.#blocks = blocks;
  }

  get any(): boolean {
    return this.#calls.some((call) => call.opened);
  }

  /** One entry of `tool_calls`. */
  push(entry: JsonObject): void {
    const custom = asObject(entry.custom);
    const isCustom =
      custom !== undefined && (entry.type === 'custom' || asObject(entry.function) === undefined);
    const payload = isCustom ? custom : (asObject(entry.function) ?? {});
    const id = asString(entry.id) ?? '';
    const name = asString(payload.name) ?? '';
    const call =
      this.#find(asNumber(entry.index), id, name) ?? this.#add(asNumber(entry.index), isCustom);
    call.id ||= id;
    call.name ||= name;
    call.extra ??= extraOf(entry);
    this.#feed(call, argumentsText(isCustom ? payload.input : payload.arguments));
  }

  /** The legacy `function_call`, of which there is only one. */
  pushLegacy(entry: JsonObject): void {
    const name = asString(entry.name) ?? '';
    const text = argumentsText(entry.arguments);
    // Recorded: an empty one beside real tool calls.
    if (name === '' && text === '' && this.#calls.length === 0) return;
    const call = this.#calls.at(-1) ?? this.#add(undefined, false);
    call.name ||= name;
    this.#feed(call, text);
  }

  /** Calls that never got a name are real all the same: the caller has to see them. */
  finish(): void {
    for (const call of this.#calls)
      if (!call.opened && (call.id !== '' || call.held !== '')) this.#open(call);
  }

  #find(index: number | undefined, id: string, name: string): Call | undefined {
    if (index !== undefined) {
      const known = this.#byIndex.get(index);
      // Another id and a name under the same index is another call: some servers number them all 0.
      const another =
        known !== undefined && id !== '' && known.id !== '' && id !== known.id && name !== '';
      return another ? undefined : known;
    }
    if (id !== '') return this.#calls.find((call) => call.id === id);
    const last = this.#calls.at(-1);
    return name !== '' && last?.name !== '' ? undefined : last;
  }

  #add(index: number | undefined, custom: boolean): Call {
    const call: Call = {
      key: `tool ${this.#calls.length}`,
      id: '',
      name: '',
      custom,
      extra: null,
      held: '',
      opened: false,
    };
    this.#calls.push(call);
    if (index !== undefined) this.#byIndex.set(index, call);
    return call;
  }

  #feed(call: Call, text: string): void {
    if (!call.opened) {
      call.held += text;
      if (call.name !== '') this.#open(call);
    } else if (text !== '') {
      this.#blocks.add(call.key, { kind: 'arguments', json: text });
    }
  }

  #open(call: Call): void {
    call.opened = true;
    call.id ||= madeId(this.seed, this.#calls.indexOf(call));
    const { id, name, custom, extra } = call;
    if (extra !== null)
      this.#blocks.open(`${call.key} extra`, { kind: 'redacted-reasoning', ...extra });
    this.#blocks.open(call.key, { kind: 'tool-use', id, name, ...(custom ? { custom } : {}) });
    if (call.held !== '') this.#blocks.add(call.key, { kind: 'arguments', json: call.held });
    call.held = '';
  }
}

/** Text as it is. Some servers send the arguments as the object itself. */
export function argumentsText(value: Json | undefined): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : JSON.stringify(value);
}
