// What was written or asked for lately, in memory, within a number of bytes: the least recently used goes first.

interface Entry {
  /** Null: known not to be there. */
  readonly text: string | null;
  readonly bytes: number;
  /** Unix milliseconds. */
  readonly expiresAt: number;
}

/** So many entries go from one place in the map: it walks over those that went before to find its first. */
const PLACE_USES = 256;

export class Recent {
  /** In the order of their last use. */
  readonly #entries = new Map<string, Entry>();
  /** Where the oldest begin; null: not looked for. An old one would hold what the map has let go of. */
  #eldest: Iterator<string> | null = null;
  #uses = 0;
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** The text, null where it is known that there is none, undefined where nothing is known. */
  get(address: string, now: number): string | null | undefined {
    const entry = this.#entries.get(address);
    if (entry === undefined) return undefined;
    this.#used();
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
    this.#used();
    this.#entries.set(address, entry);
    this.#bytes += entry.bytes;
    while (this.#bytes > maxBytes) this.#evict();
  }

  #evict(): void {
    this.#eldest ??= this.#entries.keys();
    const { value, done } = this.#eldest.next();
    // One that came to its end begins anew.
    if (done === true) this.#eldest = null;
    else this.delete(value);
  }

  #used(): void {
    this.#uses += 1;
    if (this.#uses % PLACE_USES === 0) this.#eldest = null;
  }

  delete(address: string): void {
    const entry = this.#entries.get(address);
    if (entry === undefined) return;
    this.#entries.delete(address);
    this.#bytes -= entry.bytes;
  }
}
