// Deltas of any order → blocks that never overlap, as the law of ChatEvent wants them.
//
// This wire has no block boundaries: a block ends when something else begins. Parallel tool calls may even be interleaved
// by index; then the later call waits until the earlier one's arguments are whole.
import type { BlockDelta, BlockStart, ChatEvent } from '../../core/event.ts';
import { BracketScan } from './bracket-scan.ts';

interface Block {
  readonly key: string;
  readonly start: BlockStart;
  /** What came while it was waiting for its turn. */
  readonly waiting: BlockDelta[];
  /** How far the arguments of a tool call are. */
  readonly arguments: BracketScan;
}

export class BlockSequence {
  #events: ChatEvent[] = [];
  #next = 0;
  #live: Block | null = null;
  #queue: Block[] = [];

  /** The events since the last call. */
  take(): ChatEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  emit(event: ChatEvent): void {
    this.#events.push(event);
  }

  /** Adds to the open block of this key; false where there is none. */
  add(key: string, delta: BlockDelta): boolean {
    const live = this.#live;
    if (live !== null && live.key === key) {
      this.#write(live, delta);
      if (this.#queue.length > 0) this.#advance();
      return true;
    }
    if (this.#queue.length === 0) return false;
    const queued =
      delta.kind === 'arguments'
        ? this.#queue.find((block) => block.key === key)
        : this.#queue.at(-1);
    if (queued?.key !== key) return false;
    queued.waiting.push(delta);
    return true;
  }

  /** Opens a block, at once where the one before may end here. */
  open(key: string, start: BlockStart): void {
    const block: Block = { key, start, waiting: [], arguments: new BracketScan() };
    if (this.#live === null) this.#begin(block);
    else if (this.#queue.length === 0 && mayEnd(this.#live)) {
      this.#end();
      this.#begin(block);
    } else this.#queue.push(block);
  }

  /** Ends whatever is open or waiting. */
  close(): void {
    this.#end();
    for (const block of this.#queue) {
      this.#begin(block);
      this.#end();
    }
    this.#queue = [];
  }

  #advance(): void {
    while (this.#live !== null && mayEnd(this.#live)) {
      const next = this.#queue.shift();
      if (next === undefined) return;
      this.#end();
      this.#begin(next);
    }
  }

  #begin(block: Block): void {
    this.#live = block;
    this.#events.push({ type: 'block-start', index: this.#next, block: block.start });
    for (const delta of block.waiting) this.#write(block, delta);
  }

  #write(block: Block, delta: BlockDelta): void {
    if (delta.kind === 'arguments') block.arguments.add(delta.json);
    this.#events.push({ type: 'block-delta', index: this.#next, delta });
  }

  #end(): void {
    if (this.#live === null) return;
    this.#events.push({ type: 'block-end', index: this.#next });
    this.#live = null;
    this.#next += 1;
  }
}

/** A tool call may end once its arguments are whole; free text of a custom tool is never known to be. */
function mayEnd({ start, arguments: scan }: Block): boolean {
  return start.kind !== 'tool-use' || (!start.custom && scan.isWhole());
}
