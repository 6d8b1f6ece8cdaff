// Writes blocks one after another, as the law of ChatEvent wants them.
import type { BlockDelta, BlockStart, ChatEvent } from '../../core/event.ts';

export class BlockWriter {
  #events: ChatEvent[] = [];
  #next = 0;
  #open: BlockStart['kind'] | null = null;

  /** The events since the last call. */
  take(): ChatEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  /** What kind of block is open; null where none is. */
  get open(): BlockStart['kind'] | null {
    return this.#open;
  }

  emit(event: ChatEvent): void {
    this.#events.push(event);
  }

  start(block: BlockStart): void {
    this.close();
    this.#open = block.kind;
    this.#events.push({ type: 'block-start', index: this.#next, block });
  }

  write(delta: BlockDelta): void {
    this.#events.push({ type: 'block-delta', index: this.#next, delta });
  }

  /** Ends the open block, if there is one. */
  close(): void {
    if (this.#open === null) return;
    this.#events.push({ type: 'block-end', index: this.#next });
    this.#open = null;
    this.#next += 1;
  }
}
