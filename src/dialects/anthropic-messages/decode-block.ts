// One content block of a stream, from its start to its stop. Text, thinking and tool calls pass on as they come; a block
// only this wire knows is put together first, since nobody else can read its pieces.
import type { BlockDelta, BlockStart, ChatEvent } from '../../core/event.ts';
import {
  asArray,
  asObject,
  asString,
  type Json,
  type JsonObject,
  parseJson,
} from '../../lib/json.ts';
import { OWN_FORMAT, unpack } from './foreign-signature.ts';
import { fromWireName } from './wire-names.ts';

type Kind = BlockStart['kind'];

export class OpenBlock {
  /** The index the wire gave it; null where it gave none. */
  readonly wireIndex: number | null;
  readonly #kind: Kind;
  readonly #block: JsonObject;
  /** Arguments sent so far (tool call), or the pieces of the input (opaque). */
  #json = '';
  #gathered: { [key: string]: Json | undefined } = {};

  constructor(wireIndex: number | null, block: JsonObject) {
    this.wireIndex = wireIndex;
    this.#block = block;
    this.#kind = kindOf(block);
  }

  /** The block a delta belongs in where no start announced one; null where the delta alone cannot say. */
  static impliedBy(wireIndex: number | null, delta: JsonObject): OpenBlock | null {
    switch (delta.type) {
      case 'text_delta':
        return new OpenBlock(wireIndex, { type: 'text', text: '' });
      case 'thinking_delta':
        return new OpenBlock(wireIndex, { type: 'thinking', thinking: '' });
      default:
        return null;
    }
  }

  get isToolUse(): boolean {
    return this.#kind === 'tool-use';
  }

  /** False for the deltas of another kind of block; one of no known kind fits anywhere and is passed over. */
  fits(delta: JsonObject): boolean {
    switch (delta.type) {
      case 'text_delta':
        return this.#kind === 'text' || this.#kind === 'opaque';
      case 'thinking_delta':
        return this.#kind === 'reasoning' || this.#kind === 'opaque';
      default:
        return true;
    }
  }

  /** What is known at its start, including content that imitations of this wire put there. */
  opening(index: number): ChatEvent[] {
    const block = this.#block;
    const start = startOf(this.#kind, block);
    if (start === null) return [];
    const events: ChatEvent[] = [{ type: 'block-start', index, block: start }];
    const say = (delta: BlockDelta) => events.push({ type: 'block-delta', index, delta });
    const text = asString(block.text);
    if (this.#kind === 'text' && text) say({ kind: 'text', text });
    for (const citation of this.#kind === 'text' ? asArray(block.citations) : [])
      say(cite(citation));
    const thinking = asString(block.thinking);
    if (this.#kind === 'reasoning' && thinking) say({ kind: 'reasoning', text: thinking });
    const signature = asString(block.signature);
    if (this.#kind === 'reasoning' && signature && unpack(signature)?.data !== '')
      say(sign(signature));
    return events;
  }

  add(delta: JsonObject, index: number): ChatEvent[] {
    if (this.#kind === 'opaque') {
      this.#gather(delta);
      return [];
    }
    const said = this.#read(delta);
    return said === null ? [] : [{ type: 'block-delta', index, delta: said }];
  }

  closing(index: number): ChatEvent[] {
    const end: ChatEvent = { type: 'block-end', index };
    if (this.#kind === 'opaque') {
      const block: BlockStart = {
        kind: 'opaque',
        dialect: 'anthropic-messages',
        value: this.#whole(),
      };
      return [{ type: 'block-start', index, block }, end];
    }
    if (this.#kind !== 'tool-use' || this.#json !== '') return [end];
    // No pieces came: the input stood in the start, or the call has none. Either way it is an object elsewhere.
    const json = JSON.stringify(asObject(this.#block.input) ?? {});
    return [{ type: 'block-delta', index, delta: { kind: 'arguments', json } }, end];
  }

  /** The stream broke here: no invented ending, and half of a whole thing is nothing. */
  breaking(index: number): ChatEvent[] {
    return this.#kind === 'opaque' ? [] : [{ type: 'block-end', index }];
  }

  #read(delta: JsonObject): BlockDelta | null {
    switch (delta.type) {
      case 'text_delta': {
        const text = asString(delta.text);
        return text ? { kind: 'text', text } : null;
      }
      case 'thinking_delta': {
        const text = asString(delta.thinking);
        return text ? { kind: 'reasoning', text } : null;
      }
      case 'signature_delta': {
        const signature = asString(delta.signature);
        if (!signature || this.#kind !== 'reasoning') return null;
        return unpack(signature)?.data === '' ? null : sign(signature);
      }
      case 'input_json_delta': {
        const json = asString(delta.partial_json);
        if (!json || this.#kind !== 'tool-use') return null;
        this.#json += json;
        return { kind: 'arguments', json };
      }
      case 'citations_delta':
        if (delta.citation === undefined || this.#kind !== 'text') return null;
        return cite(delta.citation);
      default:
        return null;
    }
  }

  /** Hosted calls get their input in pieces of JSON; the rest (a compaction's `content`) adds to the field it names. */
  #gather(delta: JsonObject): void {
    if (delta.type === 'input_json_delta') {
      this.#json += asString(delta.partial_json) ?? '';
      return;
    }
    for (const key in delta) {
      if (key === 'type') continue;
      const value = delta[key];
      const before = this.#gathered[key] ?? this.#block[key];
      const adds = typeof value === 'string' && typeof before === 'string';
      this.#gathered[key] = adds ? before + value : value;
    }
  }

  #whole(): JsonObject {
    const input = this.#json === '' ? undefined : parseJson(this.#json);
    // Input that is no JSON is kept as the text it is.
    const fields = this.#json === '' ? {} : { input: input === undefined ? this.#json : input };
    return { ...this.#block, ...this.#gathered, ...fields };
  }
}

function kindOf(block: JsonObject): Kind {
  switch (block.type) {
    case 'text':
      return 'text';
    case 'thinking':
      return 'reasoning';
    case 'redacted_thinking':
      return 'redacted-reasoning';
    case 'tool_use':
      // A call without an id or a name is none that anybody could answer.
      return asString(block.id) !== undefined && asString(block.name) !== undefined
        ? 'tool-use'
        : 'opaque';
    default:
      return 'opaque';
  }
}

/** Null: not known before the block is whole. */
function startOf(kind: Kind, block: JsonObject): BlockStart | null {
  switch (kind) {
    case 'text':
      return { kind: 'text' };
    case 'reasoning': {
      const foreign = unpack(asString(block.signature) ?? '');
      if (foreign === null) return { kind: 'reasoning', format: OWN_FORMAT };
      return { kind: 'reasoning', ...(foreign.format === null ? {} : { format: foreign.format }) };
    }
    case 'redacted-reasoning': {
      const data = asString(block.data) ?? '';
      const foreign = unpack(data);
      if (foreign === null) return { kind: 'redacted-reasoning', data, format: OWN_FORMAT };
      const format = foreign.format === null ? {} : { format: foreign.format };
      return { kind: 'redacted-reasoning', data: foreign.data, ...format };
    }
    case 'tool-use':
      return {
        kind: 'tool-use',
        id: fromWireName(asString(block.id) ?? ''),
        name: fromWireName(asString(block.name) ?? ''),
      };
    case 'refusal':
    case 'opaque':
      return null;
  }
}

function cite(value: Json): BlockDelta {
  return { kind: 'citation', dialect: 'anthropic-messages', value };
}

function sign(signature: string): BlockDelta {
  return { kind: 'signature', signature: unpack(signature)?.data ?? signature };
}
