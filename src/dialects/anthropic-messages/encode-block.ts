// One block of events → its frames. A block is opened with its first content, so that what stays empty is never sent:
// a client that sends an empty text block back is refused by the API.
import type { ReplyContext } from '../../core/dialect.ts';
import type { BlockDelta, BlockStart } from '../../core/event.ts';
import { asObject, type Json, type JsonObject } from '../../lib/json.ts';
import { sseText } from '../../lib/sse.ts';
import { OWN_FORMAT, pack } from './foreign-signature.ts';
import { toWireName } from './wire-names.ts';

const DIALECT = 'anthropic-messages';

export function frame(type: string, fields: JsonObject): string {
  return sseText(JSON.stringify({ type, ...fields }), type);
}

export class BlockEncoder {
  readonly #block: BlockStart;
  readonly #context: ReplyContext;
  readonly #index: number;
  #sent: boolean;
  #custom = '';

  /** @param index the one it gets on the wire, if it is ever sent. @param sent true: the caller has its start already. */
  constructor(block: BlockStart, index: number, context: ReplyContext, sent = false) {
    this.#block = block;
    this.#index = index;
    this.#context = context;
    this.#sent = sent;
  }

  /** True once anything of it was sent: then its index is taken. */
  get sent(): boolean {
    return this.#sent;
  }

  open(): string {
    const block = this.#block;
    switch (block.kind) {
      case 'tool-use':
        return this.#start({
          type: 'tool_use',
          id: toWireName(block.id),
          name: toWireName(block.name),
          input: {},
        });
      case 'redacted-reasoning':
        if (this.#context.excludeReasoning) return '';
        return this.#start({ type: 'redacted_thinking', data: packed(block.format, block.data) });
      case 'opaque':
        return this.#opaque(block.dialect, block.value);
      case 'text':
      case 'refusal':
      case 'reasoning':
        return '';
    }
  }

  add(delta: BlockDelta): string {
    const kind = this.#block.kind;
    switch (delta.kind) {
      case 'text':
      case 'refusal':
        if ((kind !== 'text' && kind !== 'refusal') || delta.text === '') return '';
        return (
          this.#ensure({ type: 'text', text: '' }) +
          this.#delta({ type: 'text_delta', text: delta.text })
        );
      case 'reasoning':
        if (kind !== 'reasoning' || delta.text === '' || this.#context.excludeReasoning) return '';
        return (
          this.#ensureThinking() + this.#delta({ type: 'thinking_delta', thinking: delta.text })
        );
      case 'signature':
        return this.#signature(delta.signature);
      case 'arguments':
        if (this.#block.kind !== 'tool-use' || delta.json === '') return '';
        if (!this.#block.custom)
          return this.#delta({ type: 'input_json_delta', partial_json: delta.json });
        this.#custom += delta.json;
        return '';
      case 'citation':
        return kind === 'text' ? this.#citation(delta) : '';
    }
  }

  close(): string {
    if (!this.#sent) return '';
    return this.#customInput() + frame('content_block_stop', { index: this.#index });
  }

  /** The client's signature check is the API's; what another maker signed travels packed, and comes back to it. */
  #signature(signature: string): string {
    const block = this.#block;
    if (block.kind !== 'reasoning' || signature === '' || this.#context.excludeReasoning) return '';
    const text = packed(block.format, signature);
    return this.#ensureThinking() + this.#delta({ type: 'signature_delta', signature: text });
  }

  #ensureThinking(): string {
    const { format } = this.#block.kind === 'reasoning' ? this.#block : { format: undefined };
    const signature = format === OWN_FORMAT ? '' : pack(format ?? null, '');
    return this.#ensure({ type: 'thinking', thinking: '', signature });
  }

  #citation({ dialect, value }: Extract<BlockDelta, { kind: 'citation' }>): string {
    if (dialect !== DIALECT) {
      this.#context.lose(`reply.content[${this.#index}].citations: of another kind; dropped`);
      return '';
    }
    return (
      this.#ensure({ type: 'text', text: '' }) +
      this.#delta({ type: 'citations_delta', citation: value })
    );
  }

  /** Hosted calls stream their input like any call; everything else came whole and goes whole. */
  #opaque(dialect: string, value: JsonObject): string {
    if (dialect !== DIALECT) {
      this.#context.lose(`reply.${opaqueName(value)}: only ${dialect} has it; dropped`);
      return '';
    }
    const input = asObject(value.input);
    if (input === undefined || Object.keys(input).length === 0) return this.#start(value);
    const json = JSON.stringify(input);
    return (
      this.#start({ ...value, input: {} }) +
      this.#delta({ type: 'input_json_delta', partial_json: json })
    );
  }

  /** A free-text call has no input object of its own. */
  #customInput(): string {
    const block = this.#block;
    if (block.kind !== 'tool-use' || !block.custom) return '';
    this.#context.lose(
      `reply.content[${this.#index}]: a free-text tool call; sent as {"input": …}`,
    );
    return this.#delta({
      type: 'input_json_delta',
      partial_json: JSON.stringify({ input: this.#custom }),
    });
  }

  #ensure(block: JsonObject): string {
    return this.#sent ? '' : this.#start(block);
  }

  #start(block: JsonObject): string {
    this.#sent = true;
    return frame('content_block_start', { index: this.#index, content_block: block as Json });
  }

  #delta(delta: JsonObject): string {
    return frame('content_block_delta', { index: this.#index, delta: delta as Json });
  }
}

/** Another maker's data with its name on it; the own as it is. */
export function packed(format: string | undefined | null, data: string): string {
  return format === OWN_FORMAT ? data : pack(format ?? null, data);
}

/** What another wire's own content is called in a loss: its type, or the member of the answer that it is. */
export function opaqueName(value: JsonObject): string {
  return typeof value.type === 'string' ? value.type : (Object.keys(value)[0] ?? 'block');
}
