// Whether a JSON object that comes in pieces is all there, each character looked at once and only when somebody asks.

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

export class BracketScan {
  #unread = '';
  #depth = 0;
  #inString = false;
  #escaped = false;
  #opened = false;

  add(piece: string): void {
    this.#unread += piece;
  }

  /** True once the outermost bracket is closed. */
  isWhole(): boolean {
    const text = this.#unread;
    this.#unread = '';
    for (let at = 0; at < text.length; at++) this.#read(text.charCodeAt(at));
    return this.#opened && this.#depth === 0;
  }

  #read(code: number): void {
    if (this.#inString) {
      if (this.#escaped) this.#escaped = false;
      else if (code === BACKSLASH) this.#escaped = true;
      else if (code === QUOTE) this.#inString = false;
    } else if (code === QUOTE) this.#inString = true;
    else if (code === 0x7b || code === 0x5b) {
      this.#depth += 1;
      this.#opened = true;
    } else if (code === 0x7d || code === 0x5d) this.#depth -= 1;
  }
}
