// Where a text stops being JSON. JSON.parse does not say; this runs only after it has refused a text.

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids just these inside strings.
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const WORDS: readonly string[] = ['true', 'false', 'null'];
const SPACE = /[ \t\n\r]*/y;

/** Index of the first character that cannot be there (the length, where the text just ends too early); null where the text is JSON or nested too deeply to tell. */
export function brokenAt(text: string): number | null {
  const scanner = new Scanner(text);
  try {
    scanner.value();
    scanner.space();
    return scanner.at === text.length ? null : scanner.at;
  } catch (error) {
    if (error instanceof Broken) return error.at;
    if (error instanceof RangeError) return null;
    throw error;
  }
}

class Broken extends Error {
  readonly at: number;

  constructor(at: number) {
    super('not JSON');
    this.at = at;
  }
}

class Scanner {
  at = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  value(): void {
    this.space();
    const char = this.#text[this.at];
    if (char === '{') this.#list('}', () => this.#member());
    else if (char === '[') this.#list(']', () => this.value());
    else if (char === '"') this.#match(STRING);
    else if (!this.#word()) this.#match(NUMBER);
  }

  #word(): boolean {
    const word = WORDS.find((known) => this.#text.startsWith(known, this.at));
    this.at += word?.length ?? 0;
    return word !== undefined;
  }

  space(): void {
    SPACE.lastIndex = this.at;
    SPACE.exec(this.#text);
    this.at = SPACE.lastIndex;
  }

  #member(): void {
    this.space();
    this.#match(STRING);
    this.space();
    this.#expect(':');
    this.value();
  }

  #list(close: string, item: () => void): void {
    this.at += 1;
    this.space();
    if (this.#text[this.at] === close) {
      this.at += 1;
      return;
    }
    for (;;) {
      item();
      this.space();
      if (this.#text[this.at] === close) {
        this.at += 1;
        return;
      }
      this.#expect(',');
    }
  }

  #expect(char: string): void {
    if (this.#text[this.at] !== char) throw new Broken(this.at);
    this.at += 1;
  }

  #match(pattern: RegExp): void {
    pattern.lastIndex = this.at;
    if (pattern.exec(this.#text) === null) throw new Broken(this.at);
    this.at = pattern.lastIndex;
  }
}
