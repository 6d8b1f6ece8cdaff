// Lines on their way to the spool, oldest first: counted and measured.

export interface Lines {
  readonly text: string;
  readonly rows: number;
}

export class LineQueue {
  #lines: string[] = [];
  #chars = 0;
  #oldestAt = 0;

  get rows(): number {
    return this.#lines.length;
  }

  get chars(): number {
    return this.#chars;
  }

  /** When the oldest line came, or a little before; null: there is none. */
  get oldestAt(): number | null {
    return this.#lines.length === 0 ? null : this.#oldestAt;
  }

  push(line: string, now: number): void {
    if (this.#lines.length === 0) this.#oldestAt = now;
    this.#lines.push(line);
    this.#chars += line.length;
  }

  /** The oldest lines, up to the one that crosses `maxChars`; null: there is none. */
  take(maxChars: number): Lines | null {
    if (this.#lines.length === 0) return null;
    if (this.#chars <= maxChars) {
      const all = { text: this.#lines.join(''), rows: this.#lines.length };
      this.#lines = [];
      this.#chars = 0;
      return all;
    }
    let rows = 0;
    let chars = 0;
    while (rows < this.#lines.length && chars < maxChars) {
      chars += this.#lines[rows]?.length ?? 0;
      rows += 1;
    }
    const text = this.#lines.splice(0, rows).join('');
    this.#chars -= chars;
    return { text, rows };
  }

  /** Empties it and says how many lines that were. */
  clear(): number {
    const rows = this.#lines.length;
    this.#lines = [];
    this.#chars = 0;
    return rows;
  }
}
