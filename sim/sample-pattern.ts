// A regular expression → a short text it matches: enough of the syntax for the patterns people put in schemas.

const ASCII = Array.from({ length: 95 }, (_, index) => String.fromCharCode(index + 32));
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
const DIGITS = '0123456789';
const CLASSES: { readonly [letter: string]: string } = {
  d: DIGITS,
  w: `${LETTERS}${DIGITS}_`,
  s: ' ',
};
const MAX_REPEAT = 64;

/** A text that matches `pattern`, or null where none was found (the syntax is beyond this file, or nothing matches). */
export function samplePattern(pattern: string, minLength = 0): string | null {
  for (const extra of [0, minLength, 1]) {
    try {
      const text = new Sampler(pattern, extra).alternatives();
      if (text.length >= minLength && new RegExp(pattern, 'u').test(text)) return text;
    } catch {
      // not a pattern this runtime or this sampler reads
    }
  }
  return null;
}

class Sampler {
  #at = 0;
  readonly #pattern: string;
  /** Open-ended repeats go this many times beyond their minimum. */
  readonly #extra: number;

  constructor(pattern: string, extra: number) {
    this.#pattern = pattern;
    this.#extra = extra;
  }

  /** The first of `a|b|c`; the others are read over. */
  alternatives(): string {
    const first = this.#sequence();
    while (this.#take('|')) this.#sequence();
    return first;
  }

  #sequence(): string {
    let text = '';
    while (this.#at < this.#pattern.length && this.#peek() !== '|' && this.#peek() !== ')') {
      const atom = this.#atom();
      text += atom.repeat(this.#repeats());
    }
    return text;
  }

  #atom(): string {
    const char = this.#next();
    switch (char) {
      case '^':
      case '$':
        return '';
      case '.':
        return 'a';
      case '(':
        return this.#group();
      case '[':
        return this.#set();
      case '\\':
        return this.#escape();
      default:
        return char;
    }
  }

  #group(): string {
    let looks = false;
    if (this.#take('?')) {
      if (!this.#take(':')) {
        const named = this.#peek() === '<' && !/^<[=!]/.test(this.#pattern.slice(this.#at));
        if (named) this.#at = this.#pattern.indexOf('>', this.#at) + 1;
        else looks = true;
      }
    }
    const text = this.alternatives();
    this.#take(')');
    return looks ? '' : text;
  }

  #escape(): string {
    const char = this.#next();
    if (char === 'b' || char === 'B') return '';
    if (char === 'n') return '\n';
    if (char === 't') return '\t';
    if (char === 'p' || char === 'P') {
      this.#at = this.#pattern.indexOf('}', this.#at) + 1;
      return 'a';
    }
    if (char === 'D' || char === 'S') return 'a';
    if (char === 'W') return '-';
    return CLASSES[char]?.[0] ?? char;
  }

  #set(): string {
    const negated = this.#take('^');
    const members = new Set<string>();
    while (this.#at < this.#pattern.length && !(this.#peek() === ']' && members.size > 0)) {
      const from = this.#member(members);
      if (from === null || this.#peek() !== '-' || this.#pattern[this.#at + 1] === ']') continue;
      this.#at += 1;
      const to = this.#next();
      for (
        let code = from.charCodeAt(0);
        code <= to.charCodeAt(0) && members.size < 500;
        code += 1
      ) {
        members.add(String.fromCharCode(code));
      }
    }
    this.#take(']');
    const found = negated
      ? [...LETTERS, ...ASCII].find((char) => !members.has(char))
      : [...members][0];
    return found ?? '';
  }

  /** Adds one member of a set; returns it where a range may start with it. */
  #member(members: Set<string>): string | null {
    const char = this.#next();
    if (char !== '\\') {
      members.add(char);
      return char;
    }
    const escaped = this.#next();
    const many = CLASSES[escaped];
    for (const one of many ?? escaped) members.add(one);
    return many === undefined ? escaped : null;
  }

  #repeats(): number {
    let times = 1;
    if (this.#take('*')) times = this.#extra;
    else if (this.#take('+')) times = 1 + this.#extra;
    else if (this.#take('?')) times = 0;
    else {
      const counted = /^\{(\d+)(,(\d*))?\}/.exec(this.#pattern.slice(this.#at));
      if (!counted) return 1;
      this.#at += counted[0].length;
      const min = Number(counted[1]);
      const max =
        counted[2] === undefined ? min : counted[3] === '' ? min + this.#extra : Number(counted[3]);
      times = Math.min(max, min + this.#extra);
    }
    this.#take('?');
    return Math.min(times, MAX_REPEAT);
  }

  #peek(): string | undefined {
    return this.#pattern[this.#at];
  }

  #next(): string {
    this.#at += 1;
    return this.#pattern[this.#at - 1] ?? '';
  }

  #take(char: string): boolean {
    if (this.#peek() !== char) return false;
    this.#at += 1;
    return true;
  }
}
