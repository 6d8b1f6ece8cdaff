// Log rows on their way to the database, oldest first: JSON texts, counted and measured, taken out in batches.

/** So many rows go at once, and so many characters (the row that crosses the line is the last). */
export const MAX_BATCH_ROWS = 256;
const MAX_BATCH_CHARS = 4 * 1024 * 1024;

export interface Batch {
  /** A JSON array. */
  readonly text: string;
  readonly rows: number;
  readonly chars: number;
}

export class RowQueue {
  #texts: string[] = [];
  #chars = 0;

  get rows(): number {
    return this.#texts.length;
  }

  get chars(): number {
    return this.#chars;
  }

  push(text: string): void {
    this.#texts.push(text);
    this.#chars += text.length;
  }

  /** The oldest rows; null when there are none. */
  take(): Batch | null {
    if (this.#texts.length === 0) return null;
    let rows = 0;
    let chars = 0;
    while (rows < this.#texts.length && rows < MAX_BATCH_ROWS && chars < MAX_BATCH_CHARS) {
      chars += this.#texts[rows]?.length ?? 0;
      rows += 1;
    }
    const texts = this.#texts.splice(0, rows);
    this.#chars -= chars;
    return { text: `[${texts.join(',')}]`, rows, chars };
  }

  /** Empties it and says how many rows that were. */
  clear(): number {
    const rows = this.#texts.length;
    this.#texts = [];
    this.#chars = 0;
    return rows;
  }
}
