// Changes on their way to the database: the latest of each address, oldest first, taken out in batches, within bounds.
import type { Change } from './kept.ts';

/** So many changes go at once, and so many bytes (the change that crosses the line is the last). */
const MAX_BATCH_CHANGES = 256;
const MAX_BATCH_BYTES = 4 * 1024 * 1024;
/** While the database takes nothing, so much is kept for it; what is older is not written. */
const MAX_QUEUED_BYTES = 64 * 1024 * 1024;
const MAX_QUEUED_CHANGES = 50_000;

export class KeptQueue {
  readonly #waiting = new Map<string, Change>();
  #inFlight: ReadonlyMap<string, Change> | null = null;
  #bytes = 0;

  /** Changes not yet in the database. */
  get size(): number {
    return this.#waiting.size + (this.#inFlight?.size ?? 0);
  }

  /** A whole batch waits. */
  get isFull(): boolean {
    return this.#waiting.size >= MAX_BATCH_CHANGES || this.#bytes >= MAX_BATCH_BYTES;
  }

  /** How many older changes had to be given up for it. */
  push(address: string, change: Change): number {
    this.#remove(address);
    this.#waiting.set(address, change);
    this.#bytes += change.bytes;
    let dropped = 0;
    if (!this.#isOver) return dropped;
    for (const [oldest] of this.#waiting) {
      if (!this.#isOver) break;
      if (oldest === address) break;
      this.#remove(oldest);
      dropped += 1;
    }
    return dropped;
  }

  /** What is about to be written there; undefined where nothing is. */
  get(address: string): Change | undefined {
    return this.#waiting.get(address) ?? this.#inFlight?.get(address);
  }

  /** The batch that is on its way, or a new one of the oldest; null when there is nothing to write. */
  batch(): readonly Change[] | null {
    if (this.#inFlight === null && this.#waiting.size > 0) {
      const taken = new Map<string, Change>();
      let bytes = 0;
      for (const [address, change] of this.#waiting) {
        if (taken.size >= MAX_BATCH_CHANGES || bytes >= MAX_BATCH_BYTES) break;
        taken.set(address, change);
        bytes += change.bytes;
      }
      for (const address of taken.keys()) this.#remove(address);
      this.#inFlight = taken;
    }
    return this.#inFlight === null ? null : [...this.#inFlight.values()];
  }

  /** The batch that was on its way is in the database. */
  settled(): void {
    this.#inFlight = null;
  }

  get #isOver(): boolean {
    return this.#bytes > MAX_QUEUED_BYTES || this.#waiting.size > MAX_QUEUED_CHANGES;
  }

  #remove(address: string): void {
    const change = this.#waiting.get(address);
    if (change === undefined) return;
    this.#waiting.delete(address);
    this.#bytes -= change.bytes;
  }
}
