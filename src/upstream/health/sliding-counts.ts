// SlidingCounts: how often each of a few things happened in the last so many milliseconds, in a fixed number of cells.

/** The window is cut into so many slots; the oldest of them is forgotten whole. */
const SLOTS = 15;

export class SlidingCounts {
  readonly #kinds: number;
  /** Slot by slot, each with a cell a kind. */
  readonly #cells: Uint32Array;
  readonly #sums: Uint32Array;
  #windowMs = 0;
  /** The number of the slot that is counted in now, from the clock's zero. */
  #slot = 0;

  constructor(kinds: number) {
    this.#kinds = kinds;
    this.#cells = new Uint32Array(kinds * SLOTS);
    this.#sums = new Uint32Array(kinds);
  }

  add(kind: number, now: number, windowMs: number): void {
    this.#moveTo(now, windowMs);
    const cell = (this.#slot % SLOTS) * this.#kinds + kind;
    this.#cells[cell] = (this.#cells[cell] ?? 0) + 1;
    this.#sums[kind] = (this.#sums[kind] ?? 0) + 1;
  }

  sum(kind: number, now: number, windowMs: number): number {
    this.#moveTo(now, windowMs);
    return this.#sums[kind] ?? 0;
  }

  clear(): void {
    this.#cells.fill(0);
    this.#sums.fill(0);
  }

  #moveTo(now: number, windowMs: number): void {
    const slot = Math.floor((now * SLOTS) / windowMs);
    if (windowMs !== this.#windowMs) {
      // Slots of another length: what is in them cannot be told apart any more.
      this.#windowMs = windowMs;
      this.#slot = slot;
      this.clear();
      return;
    }
    if (slot <= this.#slot) return;
    if (slot - this.#slot >= SLOTS) this.clear();
    else for (let passed = this.#slot + 1; passed <= slot; passed++) this.#forget(passed % SLOTS);
    this.#slot = slot;
  }

  #forget(slot: number): void {
    const start = slot * this.#kinds;
    for (let kind = 0; kind < this.#kinds; kind++) {
      this.#sums[kind] = (this.#sums[kind] ?? 0) - (this.#cells[start + kind] ?? 0);
      this.#cells[start + kind] = 0;
    }
  }
}
