// Blocks → output items of this wire, with every event a stream tells of them on the way. Texts that follow each other are
// parts of one message; every other block is an item of its own.
// The order: platform.openai.com/docs/api-reference/responses-streaming
import type { ReplyContext } from '../../core/dialect.ts';
import type { BlockDelta, BlockStart } from '../../core/event.ts';
import { asString, type Json, type JsonObject } from '../../lib/json.ts';
import { CallItem } from './call-item.ts';
import { DIALECT } from './hosted-tools.ts';
import { itemId } from './items.ts';
import { MessageItem } from './message-item.ts';
import type { ItemStatus, OpenItem, Tell } from './open-item.ts';
import { ReasoningItem } from './reasoning-item.ts';
import { spacedNames } from './tool-spaces.ts';

/** An item of which the caller has a part, or the whole. */
export type PassedItem = { readonly output_index: number } & (
  | { readonly item: JsonObject }
  | { readonly begin: (tell: Tell, lose: (what: string) => void) => OpenItem }
);

/** What the caller has of the output. */
export interface PassedOutput {
  readonly items: readonly PassedItem[];
  /** The block that is open; null where none is. */
  readonly block: BlockStart | null;
  /** True: that block is the last of the items. */
  readonly fits: boolean;
  readonly refused: boolean;
}

export class OutputItems {
  readonly #context: ReplyContext;
  readonly #tell: Tell;
  readonly #lost = new Set<string>();
  readonly #spaces: ReturnType<typeof spacedNames>;
  readonly done: JsonObject[] = [];
  #open: OpenItem | null = null;
  /** The place of the next item. */
  #next = 0;
  /** True: the deltas of the open block go nowhere. */
  #skips = false;
  refused = false;

  constructor(context: ReplyContext, tell: Tell) {
    this.#context = context;
    this.#tell = tell;
    this.#spaces = spacedNames(context.request);
  }

  /** Goes on from what the caller has. Of items that are not over only the last can go on; the others are closed. */
  resume({ items, block, fits, refused }: PassedOutput): void {
    this.refused = refused;
    for (const passed of items) {
      this.close('completed');
      this.#next = passed.output_index;
      if ('item' in passed) {
        this.done.push(passed.item);
        this.#next += 1;
      } else this.#open = passed.begin(this.#tell, (what) => this.#lose(what));
    }
    if (block !== null && !fits) this.start(block);
  }

  start(block: BlockStart): void {
    this.#skips = false;
    const isText = block.kind === 'text' || block.kind === 'refusal';
    if (isText && this.#open instanceof MessageItem) {
      this.#open.next(block.kind);
      return;
    }
    this.close('completed');
    this.#open = this.#opened(block);
  }

  delta(delta: BlockDelta): void {
    if (!this.#skips) this.#open?.add(delta);
    if (delta.kind === 'refusal') this.refused = true;
  }

  end(): void {
    this.#open?.endBlock();
  }

  /** What is open is over, whole or cut off. */
  close(status: ItemStatus): void {
    const open = this.#open;
    if (open === null) return;
    this.#open = null;
    open.endBlock();
    const item = open.close(status);
    if (item === null) return;
    this.#tell('response.output_item.done', { output_index: this.#next, item: item as Json });
    this.done.push(item);
    this.#next += 1;
  }

  #opened(block: BlockStart): OpenItem | null {
    const index = this.#next;
    const { id } = this.#context;
    switch (block.kind) {
      case 'text':
      case 'refusal': {
        const place = { output_index: index, item_id: itemId('message', id, index) };
        return new MessageItem(block.kind, place, this.#tell, (what) => this.#lose(what));
      }
      case 'reasoning':
      case 'redacted-reasoning': {
        this.#skips = this.#context.excludeReasoning;
        if (this.#skips) return null;
        const place = { output_index: index, item_id: itemId('reasoning', id, index) };
        return new ReasoningItem(block, place, this.#tell);
      }
      case 'tool-use': {
        const kind = block.custom ? 'custom_tool_call' : 'function_call';
        const place = { output_index: index, item_id: itemId(kind, id, index) };
        return new CallItem(block, place, this.#tell, this.#spaces.get(block.name));
      }
      case 'opaque':
        return this.#opaque(block);
    }
  }

  #opaque(block: BlockStart & { kind: 'opaque' }): OpenItem | null {
    const { value } = block;
    if (block.dialect !== DIALECT) {
      this.#lose(
        `reply: a ${asString(value.type) ?? 'hosted'} block of ${block.dialect} has no place in a response`,
      );
      return null;
    }
    this.#tell('response.output_item.added', {
      output_index: this.#next,
      item: value as Json,
    });
    return { add: () => undefined, endBlock: () => undefined, close: () => value };
  }

  #lose(what: string): void {
    if (this.#lost.has(what)) return;
    this.#lost.add(what);
    this.#context.lose(what);
  }
}
