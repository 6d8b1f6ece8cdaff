// SeamBlanks: what a beginning has behind its last word (line ends, an indentation, half a character) and the rest may bring again.

const RETURN = 0x0d;
const LINE_FEED = 0x0a;

export class SeamBlanks {
  /** What was not said again yet. */
  #left: string;
  /** A carriage return of which the next character tells whether it belongs to a line end that is here already. */
  #return = '';

  constructor(blanks: string) {
    this.#left = blanks;
  }

  /** The text from where it is new; null while all of it was said again. Asked no more once it was new. */
  newIn(text: string): string | null {
    for (let at = 0; at < text.length; at++)
      if (!this.#isAgain(text.charCodeAt(at))) return this.end() + text.slice(at);
    return null;
  }

  /** What was held back. */
  end(): string {
    const held = this.#return;
    this.#return = '';
    return held;
  }

  /** Line ends of either kind are the same. */
  #isAgain(code: number): boolean {
    const next = this.#left.charCodeAt(0);
    if (code === RETURN && next === LINE_FEED && this.#return === '') {
      this.#return = '\r';
      return true;
    }
    const isLineEnd = code === LINE_FEED && this.#left.startsWith('\r\n');
    if (code !== next && !isLineEnd) return false;
    this.#left = this.#left.slice(isLineEnd ? 2 : 1);
    this.#return = '';
    return true;
  }
}
