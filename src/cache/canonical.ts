// canonicalBody: a request's text as the one text that stands for it, whatever the order in which its sender writes the members
// of its body and of its messages.
//
// It is made of the request's own bytes: a number keeps every digit, a text every escape, and what stands in a tool's schema its
// order, for models read schemas in the order they are written and answer in it. What is spelt otherwise is asked otherwise:
// that costs a hit, never a wrong one.

/** What of a body counts, and where the order of members does not. */
export interface BodyRules {
  /** Members that are left out. */
  readonly without: ReadonlySet<string>;
  /** Members that are lists of objects whose members have no order. */
  readonly lists: ReadonlySet<string>;
  /** Members that are objects of such members themselves, by name: what of them is left out. */
  readonly envelopes: { readonly [name: string]: ReadonlySet<string> };
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

const NOTHING: ReadonlySet<string> = new Set();

/**
 * Null where a name stands twice, or in a spelling that hides that it does: receivers do not agree on what that says.
 * @param text a JSON object that has been read
 */
export function canonicalBody(text: string, rules: BodyRules): string | null {
  const reader = new BodyReader(text);
  reader.space();
  const out = reader.object(rules.without, (name) => {
    const envelope = Object.hasOwn(rules.envelopes, name) ? rules.envelopes[name] : undefined;
    if (envelope !== undefined && reader.isAt(OPEN_OBJECT)) return reader.object(envelope);
    return rules.lists.has(name) && reader.isAt(OPEN_ARRAY) ? reader.list() : reader.raw();
  });
  return reader.isAmbiguous ? null : out;
}

class BodyReader {
  isAmbiguous = false;
  readonly #text: string;
  #at = 0;
  /** Blanks that were passed between values. */
  #blanks = 0;

  constructor(text: string) {
    this.#text = text;
  }

  isAt(code: number): boolean {
    return this.#text.charCodeAt(this.#at) === code;
  }

  /** Goes on to what is no blank, and says what that is. */
  space(): number {
    const text = this.#text;
    let code = text.charCodeAt(this.#at);
    while (code <= 0x20) {
      this.#blanks += 1;
      this.#at += 1;
      code = text.charCodeAt(this.#at);
    }
    return code;
  }

  /** The object that begins here, its members by name. @param value reads one of them; absent: as they stand */
  object(without: ReadonlySet<string>, value?: (name: string) => string): string {
    const names: string[] = [];
    const values: string[] = [];
    const from = this.#at;
    const blanks = this.#blanks;
    let inOrder = value === undefined;
    this.#at += 1;
    while (this.space() === QUOTE) {
      const name = this.#name();
      this.space();
      this.#at += 1;
      this.space();
      if (without.has(name)) {
        this.raw();
        inOrder = false;
      } else {
        const read = value === undefined ? this.raw() : value(name);
        if (!this.#insert(names, values, name, read)) inOrder = false;
      }
      if (this.space() === COMMA) this.#at += 1;
    }
    this.#at += 1;
    if (inOrder && blanks === this.#blanks) return this.#text.slice(from, this.#at);
    return `{${names.map((name, index) => `"${name}":${values[index]}`).join()}}`;
  }

  /** The array that begins here: its elements in their order, of those that are objects the members by name. */
  list(): string {
    const from = this.#at;
    const blanks = this.#blanks;
    const elements: string[] = [];
    let isWritten = true;
    this.#at += 1;
    const { length } = this.#text;
    for (let code = this.space(); code !== CLOSE_ARRAY && this.#at < length; code = this.space()) {
      const start = this.#at;
      const element = code === OPEN_OBJECT ? this.object(NOTHING) : this.raw();
      // Put in order it is as long as it was, but for the blanks.
      if (isWritten && !this.#text.startsWith(element, start)) isWritten = false;
      elements.push(element);
      if (this.space() === COMMA) this.#at += 1;
    }
    this.#at += 1;
    if (isWritten && blanks === this.#blanks) return this.#text.slice(from, this.#at);
    return `[${elements.join()}]`;
  }

  /** The value that begins here, as it stands. */
  raw(): string {
    const from = this.#at;
    const first = this.#text.charCodeAt(from);
    if (first === QUOTE) this.#string();
    else if (first === OPEN_OBJECT || first === OPEN_ARRAY) this.#nest();
    else this.#scalar();
    return this.#text.slice(from, this.#at);
  }

  #name(): string {
    const from = this.#at + 1;
    this.#string();
    const name = this.#text.slice(from, this.#at - 1);
    if (name.includes('\\')) this.isAmbiguous = true;
    return name;
  }

  /**
   * False where it does not come last. The last of the alphabet is first, for so most write messages: `role`, `content`;
   * `type`, `text`. What is in order already need not be put together again.
   */
  #insert(names: string[], values: string[], name: string, value: string): boolean {
    let place = names.length;
    while (place > 0 && (names[place - 1] as string) < name) place -= 1;
    if (place > 0 && names[place - 1] === name) this.isAmbiguous = true;
    if (place === names.length) {
      names.push(name);
      values.push(value);
      return true;
    }
    names.splice(place, 0, name);
    values.splice(place, 0, value);
    return false;
  }

  /** Past the string that begins here. */
  #string(): void {
    const text = this.#text;
    const from = this.#at + 1;
    for (let at = from; ; ) {
      const quote = text.indexOf('"', at);
      if (quote === -1) {
        // Never of a text that has been read.
        this.isAmbiguous = true;
        this.#at = text.length;
        return;
      }
      let slash = quote - 1;
      while (slash >= from && text.charCodeAt(slash) === BACKSLASH) slash -= 1;
      at = quote + 1;
      // An even number of backslashes before it escapes only themselves.
      if ((quote - slash) % 2 === 1) {
        this.#at = at;
        return;
      }
    }
  }

  /** Past the brackets that open here. */
  #nest(): void {
    const text = this.#text;
    let depth = 0;
    do {
      const code = text.charCodeAt(this.#at);
      if (code === QUOTE) this.#string();
      else {
        if (code === OPEN_OBJECT || code === OPEN_ARRAY) depth += 1;
        else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) depth -= 1;
        this.#at += 1;
      }
    } while (depth > 0 && this.#at < text.length);
  }

  #scalar(): void {
    let code = this.#text.charCodeAt(this.#at);
    while (code > 0x20 && code !== COMMA && code !== CLOSE_ARRAY && code !== CLOSE_OBJECT) {
      this.#at += 1;
      code = this.#text.charCodeAt(this.#at);
    }
  }
}
