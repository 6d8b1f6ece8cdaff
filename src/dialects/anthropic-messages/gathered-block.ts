// One content block of a message, put together from its start and the deltas that followed.
import {
  asArray,
  asString,
  isObject,
  type Json,
  type JsonObject,
  parseJson,
} from '../../lib/json.ts';

export class GatheredBlock {
  readonly #type: string | undefined;
  readonly #start: JsonObject;
  /** Members that were added to or replaced; a map, for they may be called anything. */
  readonly #members = new Map<string, Json>();
  readonly #citations: Json[];
  /** The pieces of the input. */
  #json = '';

  constructor(start: JsonObject) {
    this.#start = start;
    this.#type = asString(start.type);
    this.#citations = [...asArray(start.citations)];
  }

  /** The block a delta belongs in where no start announced one; null where the delta alone cannot say. */
  static impliedBy(delta: JsonObject): GatheredBlock | null {
    if (delta.type === 'text_delta') return new GatheredBlock({ type: 'text', text: '' });
    return delta.type === 'thinking_delta'
      ? new GatheredBlock({ type: 'thinking', thinking: '' })
      : null;
  }

  /** False for the deltas of another kind of block, as servers that imitate this wire mix them up. */
  fits(delta: JsonObject): boolean {
    if (delta.type === 'text_delta') return this.#type !== 'thinking' && !this.#isWhole();
    return delta.type !== 'thinking_delta' || (this.#type !== 'text' && !this.#isWhole());
  }

  add(delta: JsonObject): void {
    switch (delta.type) {
      case 'input_json_delta':
        this.#json += asString(delta.partial_json) ?? '';
        return;
      case 'citations_delta':
        if (delta.citation !== undefined) this.#citations.push(delta.citation);
        return;
      case 'text_delta':
        this.#append('text', delta.text);
        return;
      case 'thinking_delta':
        this.#append('thinking', delta.thinking);
        return;
      case 'signature_delta':
        this.#append('signature', delta.signature);
        return;
      default:
        // Deltas yet to come add to the members they name, as a compaction's `content` does.
        for (const name of Object.keys(delta)) if (name !== 'type') this.#append(name, delta[name]);
    }
  }

  block(): { readonly [name: string]: Json | undefined } {
    const citations = this.#citations.length === 0 ? {} : { citations: this.#citations };
    return {
      ...this.#start,
      ...Object.fromEntries(this.#members),
      ...citations,
      ...this.#inputMember(),
    };
  }

  #isWhole(): boolean {
    return this.#type === 'tool_use' || this.#type === 'redacted_thinking';
  }

  #append(name: string, value: Json | undefined): void {
    if (value === undefined) return;
    const before = this.#members.get(name) ?? this.#start[name];
    const adds = typeof value === 'string' && typeof before === 'string';
    this.#members.set(name, adds ? before + value : value);
  }

  #inputMember(): { readonly input?: Json } {
    if (this.#json !== '') return { input: this.#input() };
    return this.#type === 'tool_use' && this.#start.input == null ? { input: {} } : {};
  }

  /**
   * A tool's input is an object. What the model broke off or garbled is handed over under the key the vendor advises for it
   * (…/agents-and-tools/tool-use/fine-grained-tool-streaming#handling-invalid-json-in-tool-responses).
   */
  #input(): Json {
    const input = parseJson(this.#json);
    if (this.#type === 'tool_use' && !isObject(input)) return { INVALID_JSON: this.#json };
    return input === undefined ? this.#json : input;
  }
}
