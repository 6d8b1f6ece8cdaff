// What was written or asked for lately, in memory, within a number of bytes: the least recently used goes first.

interface Entry {
  /** Null: known not to be there. */
  readonly text: string | null;
  readonly bytes: number;
  /** Unix milliseconds. */
  readonly expiresAt: number;
}

export class Recent {
  /** In the order of their last use. */
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** The text, null where it is known that there is none, undefined where nothing is known. */
  get(address: string, now: number): string | null | undefined {
    const entry = this.#entries.get(address);
    if (entry === undefined) return undefined;
    this.#entries.delete(address);
    if (entry.expiresAt <= now) {
      this.#bytes -= entry.bytes;
      return undefined;
    }
    this.#entries.set(address, entry);
    return entry.text;
  }

  set(address: string, entry: Entry, maxBytes: number): void {
    this.delete(address);
    if (entry.bytes > maxBytes) return;
    this.#entries.set(address, entry);
    this.#bytes += entry.bytes;
    for (const [oldest] of this.#entries) {
      if (this.#bytes <= maxBytes) return;
      this.delete(oldest);
    }
  }

  delete(address: string): void {
    const entry = this.#entries.get(address);
    if (entry === undefined) return;
    this.#entries.delete(address);
    this.#bytes -= entry.bytes;
  }
}
