// Spent: rows that were read and are needed no more. Left to themselves they take hundreds of megabytes before they go.

/** Some 30 MB; to let them go takes as long as to read a few thousand. */
const MANY_ROWS = 30_000;

export class Spent {
  #rows = 0;

  add(rows: number): void {
    this.#rows += rows;
    if (this.#rows < MANY_ROWS) return;
    this.#rows = 0;
    Bun.gc(true);
  }
}
