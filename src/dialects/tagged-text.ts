// What a text with tags of coding agents is made of: what is said in it, and the slash commands agents wrote down.

export type TagKind =
  /** Never typed, wherever it stands. */
  | 'drop'
  /** A word people use too: not typed where nothing else is in the text. */
  | 'drop-whole'
  /** Around what was typed: where there is one, the rest of the text is the agent's. */
  | 'wrap'
  /** As `wrap`, but a word people use too: only at the beginning. */
  | 'wrap-leading'
  /** Says that a command was done by the agent itself. */
  | 'local'
  /** Part of how a slash command is written down. */
  | 'command';

export type Piece =
  | { readonly kind: 'text'; readonly start: number; readonly end: number }
  /** A slash command as an agent wrote it down: `/review the diff`. Local ones begin with the name. */
  | { readonly kind: 'command'; readonly text: string; readonly nameFirst: boolean }
  | { readonly kind: 'local' };

/** An opening tag; of what is none no more is looked at than up to the next one. */
const OPENING_TAG = /<([A-Za-z][\w-]*)(?:\s[^<>]*)?>/y;

/** One text of a turn, read once from the left. */
export class TaggedText {
  readonly #text: string;
  readonly #begin: number;
  readonly #tags: ReadonlyMap<string, TagKind>;
  #pieces: Piece[] = [];
  /** Where text that was not looked at yet begins. */
  #from: number;
  #wrapper: string | null = null;
  #wrapped = false;
  /** Tags that are not closed after here: looked for once. */
  readonly #unclosed = new Set<string>();
  /** Tags whose openings and closings do not pair up. */
  readonly #unpaired = new Set<string>();

  constructor(text: string, begin: number, tags: ReadonlyMap<string, TagKind>) {
    this.#text = text;
    this.#begin = begin;
    this.#from = begin;
    this.#tags = tags;
  }

  pieces(): readonly Piece[] {
    const text = this.#text;
    for (let at = text.indexOf('<', this.#begin); at !== -1; at = text.indexOf('<', at))
      at = this.#tag(at);
    this.#say(text.length);
    return this.#pieces;
  }

  /** Where to go on reading. */
  #tag(at: number): number {
    const text = this.#text;
    if (this.#wrapper !== null && text.startsWith(`</${this.#wrapper}>`, at)) {
      this.#say(at);
      this.#from = at + this.#wrapper.length + 3;
      this.#wrapper = null;
      return this.#from;
    }
    OPENING_TAG.lastIndex = at;
    const name = OPENING_TAG.exec(text)?.[1];
    const kind = name === undefined ? undefined : this.#tags.get(name);
    if (name === undefined || kind === undefined) return at + 1;
    const inside = OPENING_TAG.lastIndex;
    // What is not looked for is not looked for again at each of many tags.
    if (this.#unclosed.has(name) || !this.#counts(kind, at)) return inside;
    const end = this.#end(name, inside);
    if (end !== -1) return this.#element(kind, name, { at, inside, end });
    this.#unclosed.add(name);
    return inside;
  }

  /** Whether a tag of this kind means anything where it stands. */
  #counts(kind: TagKind, at: number): boolean {
    switch (kind) {
      case 'wrap':
        return this.#wrapper === null;
      case 'wrap-leading':
        return this.#wrapper === null && this.#isFirst(at);
      case 'drop-whole':
        return this.#isFirst(at);
      default:
        return true;
    }
  }

  #element(
    kind: TagKind,
    name: string,
    { at, inside, end }: { readonly at: number; readonly inside: number; readonly end: number },
  ): number {
    switch (kind) {
      case 'wrap-leading':
      case 'wrap':
        // What stood before it was the agent's after all.
        if (!this.#wrapped) this.#pieces = this.#pieces.filter((piece) => piece.kind !== 'text');
        this.#wrapped = true;
        this.#wrapper = name;
        this.#from = inside;
        return inside;
      case 'drop-whole':
        if (this.#text.slice(end).trim() !== '') return inside;
        break;
      case 'command':
        return this.#command(at);
      case 'local':
        this.#say(at);
        this.#pieces.push({ kind: 'local' });
        break;
      case 'drop':
        this.#say(at);
        break;
    }
    this.#from = end;
    return end;
  }

  #isFirst(at: number): boolean {
    return this.#pieces.length === 0 && this.#text.slice(this.#from, at).trim() === '';
  }

  /** The tags of one command stand beside each other, in either order. */
  #command(at: number): number {
    const text = this.#text;
    const found = new Map<string, string>();
    const element = /\s*<(command-(?:name|message|args|contents))>/y;
    let next = at;
    for (;;) {
      element.lastIndex = next;
      const name = element.exec(text)?.[1];
      // A second of its kind is of the next command.
      if (name === undefined || found.has(name) || this.#unclosed.has(name)) break;
      const close = text.indexOf(`</${name}>`, element.lastIndex);
      if (close === -1) {
        this.#unclosed.add(name);
        break;
      }
      found.set(name, text.slice(element.lastIndex, close).trim());
      next = close + name.length + 3;
    }
    const name = found.get('command-name') || found.get('command-message');
    if (!name) return at + 1;
    this.#say(at);
    const [first] = found.keys();
    const args = found.get('command-args') ?? '';
    const slashed = name.startsWith('/') ? name : `/${name}`;
    const whole = args === '' ? slashed : `${slashed} ${args}`;
    this.#pieces.push({ kind: 'command', text: whole, nameFirst: first === 'command-name' });
    this.#from = next;
    return next;
  }

  #say(end: number): void {
    if (this.#wrapped && this.#wrapper === null) return;
    if (this.#text.slice(this.#from, end).trim() === '') return;
    this.#pieces.push({ kind: 'text', start: this.#from, end });
  }

  /** After the closing tag, that of the outermost where they stand inside each other; -1 where there is none. */
  #end(name: string, inside: number): number {
    const text = this.#text;
    const closing = `</${name}>`;
    const first = text.indexOf(closing, inside);
    if (first === -1) return -1;
    if (this.#unpaired.has(name)) return first + closing.length;
    let from = inside;
    let close = first;
    for (let depth = 1; ; ) {
      depth += text.slice(from, close).split(`<${name}>`).length - 2;
      from = close + closing.length;
      if (depth === 0) return from;
      close = text.indexOf(closing, from);
      if (close !== -1) continue;
      this.#unpaired.add(name);
      return first + closing.length;
    }
  }
}
