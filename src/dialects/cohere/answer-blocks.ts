// Pieces of an answer in the order they come → blocks that never overlap, as the law of ChatEvent wants them.
//
// A text's citations may come after its end was told, so a block ends when another begins. Calls are numbered and told one
// after the other; should they ever overlap, a later call waits until the earlier one's end.
import type { BlockDelta, BlockStart, ChatEvent } from '../../core/event.ts';

interface Block {
  readonly key: string;
  readonly start: BlockStart;
  readonly deltas: BlockDelta[];
}

export class AnswerBlocks {
  #events: ChatEvent[] = [];
  #next = 0;
  #open: Block | null = null;
  #waiting: Block[] = [];

  take(): ChatEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  emit(event: ChatEvent): void {
    this.#events.push(event);
  }

  /** Begins a block, after the open one where that is not yet over. `over`: the open one may end here. */
  begin(key: string, start: BlockStart, over: boolean): void {
    const block: Block = { key, start, deltas: [] };
    if (this.#open !== null && (!over || this.#waiting.length > 0)) this.#waiting.push(block);
    else {
      this.#end();
      this.#start(block);
    }
  }

  has(key: string): boolean {
    return this.#open?.key === key || this.#waiting.some((block) => block.key === key);
  }

  /** Adds to a block that was begun; false where there is none of this key, or it has ended. */
  add(key: string, delta: BlockDelta): boolean {
    if (this.#open?.key === key) {
      this.#events.push({ type: 'block-delta', index: this.#next, delta });
      return true;
    }
    const block = this.#waiting.find((candidate) => candidate.key === key);
    block?.deltas.push(delta);
    return block !== undefined;
  }

  /** The open block of this key is whole: the ones that waited for it follow. */
  over(key: string, isOver: (key: string) => boolean): void {
    if (this.#open?.key !== key || this.#waiting.length === 0) return;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      this.#end();
      this.#start(next);
      if (!isOver(next.key)) return;
    }
  }

  /** Ends whatever is open or waiting. */
  close(): void {
    for (const block of this.#waiting.splice(0)) {
      this.#end();
      this.#start(block);
    }
    this.#end();
  }

  #start(block: Block): void {
    this.#open = block;
    const index = this.#next;
    this.#events.push({ type: 'block-start', index, block: block.start });
    for (const delta of block.deltas) this.#events.push({ type: 'block-delta', index, delta });
  }

  #end(): void {
    if (this.#open === null) return;
    this.#events.push({ type: 'block-end', index: this.#next });
    this.#next += 1;
    this.#open = null;
  }
}
