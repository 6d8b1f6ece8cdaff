// TailMatch: how much of a text's end is the beginning of what comes, told as soon as it is certain (Knuth, Morris and Pratt,
// with a pattern that grows). Linear in both.

export class TailMatch {
  readonly text: string;
  /** What came, in UTF-16 units, and for each the length of the longest beginning that ends there too. */
  readonly #came: number[] = [];
  readonly #borders: number[] = [];
  /** How far the text has been read, and how much of what came it ends with there. */
  #read = 0;
  #equal = 0;

  constructor(text: string) {
    this.text = text;
  }

  /** How much came. */
  get length(): number {
    return this.#came.length;
  }

  /** The longest end of the text that what came begins with. Certain once `push` said so, or after `end`. */
  get overlap(): number {
    return this.#equal;
  }

  /** True when no longer one is possible any more, whatever comes. */
  push(code: number): boolean {
    this.#came.push(code);
    this.#borders.push(this.#borderOf(code));
    return this.#readOn(false);
  }

  end(): void {
    this.#readOn(true);
  }

  /** The next shorter one; 0 where there is none. */
  shorter(overlap: number): number {
    return this.#borders[overlap - 1] ?? 0;
  }

  /** How much of what came is what the text begins with. */
  get beginning(): number {
    const other = this.#came.findIndex((code, at) => code !== this.text.charCodeAt(at));
    return other === -1 ? Math.min(this.length, this.text.length) : other;
  }

  /** The character that came behind the first so many; null where there is none yet. */
  after(count: number): string | null {
    const code = this.#came[count];
    return code === undefined ? null : String.fromCharCode(code);
  }

  /**
   * True where the text goes round in circles, so that what came may as well be the next round as the last one again: it ends
   * with the same twice.
   * @param between what stands between two rounds: blanks
   */
  goesRound(overlap: number, between: string): boolean {
    const first = this.text.length - overlap;
    const from = first - overlap - between.length;
    return from >= 0 && this.text.slice(from, first) === this.text.slice(first) + between;
  }

  /** True where this end is itself nothing but rounds. */
  isRounds(overlap: number, between: string): boolean {
    const all = overlap + between.length;
    const first = this.text.length - overlap;
    for (let border = this.shorter(overlap); border > 0; border = this.shorter(border)) {
      const round = overlap - border;
      if (2 * round > all) return false;
      if (all % round !== 0) continue;
      const goesOn = (code: string, at: number) =>
        code === this.text[first + ((overlap + at) % round)];
      if ([...between].every(goesOn)) return true;
    }
    return false;
  }

  #borderOf(code: number): number {
    const at = this.#came.length - 1;
    if (at === 0) return 0;
    let border = this.#borders[at - 1] ?? 0;
    while (border > 0 && this.#came[border] !== code) border = this.#borders[border - 1] ?? 0;
    return this.#came[border] === code ? border + 1 : 0;
  }

  #readOn(isEnd: boolean): boolean {
    const { text } = this;
    while (this.#read < text.length) {
      if (this.#equal === this.#came.length) {
        if (!isEnd) return false;
        if (this.#equal === 0) return true;
        this.#equal = this.#borders[this.#equal - 1] ?? 0;
      } else if (text.charCodeAt(this.#read) === this.#came[this.#equal]) {
        this.#read += 1;
        this.#equal += 1;
      } else if (this.#equal > 0) this.#equal = this.#borders[this.#equal - 1] ?? 0;
      else this.#read += 1;
    }
    return true;
  }
}
