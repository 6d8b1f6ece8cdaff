// Spent: rows that were read and are needed no more. Left to themselves they take hundreds of megabytes before they go.

/** Letting go takes the longer the more there is that stays: in the middle of a sum it is worth less often than after it. */
export const AFTER_ROWS = 30_000;
export const AMONG_ROWS = 40_000;

export class Spent {
  readonly #many: number;
  #rows = 0;

  constructor(many: number = AFTER_ROWS) {
    this.#many = many;
  }

  add(rows: number): void {
    this.#rows += rows;
    if (this.#rows < this.#many) return;
    this.#rows = 0;
    Bun.gc(true);
  }
}
