// Spent: rows that were read and are needed no more. Left to themselves they take hundreds of megabytes before they go.

/** Letting go takes the longer the more there is that stays; without it what was read would take several times as much as its sums. */
export const AFTER_ROWS = 30_000;
export const AMONG_ROWS = 20_000;

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
