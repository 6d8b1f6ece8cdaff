// What a text with tags of coding agents is made of: what is said in it, and the slash commands agents wrote down.
import { isBlank, type Tag, type Tags, tagsIn } from './tagged-text-tags.ts';

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

/**
 * One text of a turn, read once from the left. It goes from tag to tag, never back, and asks of a tag only what was found out of
 * all of them beforehand: what it does takes no longer where there is more text. What is cut out of the text for an answer stands
 * before where it goes on. So all of it is linear in the text.
 */
export class TaggedText {
  readonly #text: string;
  readonly #kinds: ReadonlyMap<string, TagKind>;
  readonly #tags: Tags['tags'];
  readonly #isLastWord: boolean;
  #pieces: Piece[] = [];
  /** Where text that was not looked at yet begins: where a tag ends, or the text begins. */
  #from: number;
  #wrapper: string | null = null;
  #wrapped = false;
  /** Tags whose openings and closings do not pair up. */
  readonly #unpaired = new Set<string>();

  constructor(text: string, begin: number, kinds: ReadonlyMap<string, TagKind>) {
    this.#text = text;
    this.#kinds = kinds;
    this.#from = begin;
    const { tags, isLastWord } = tagsIn(text, begin, kinds);
    this.#tags = tags;
    this.#isLastWord = isLastWord;
  }

  pieces(): readonly Piece[] {
    for (let index = 0; ; ) {
      const tag = this.#tags[index];
      if (tag === undefined) break;
      index = tag.form === 'closing' ? this.#closed(tag, index) : this.#opened(tag, index);
    }
    this.#say(this.#text.length);
    return this.#pieces;
  }

  /** The tag to go on with; so do those below. */
  #closed({ name, start, end }: Tag, index: number): number {
    if (name === this.#wrapper) {
      this.#say(start);
      this.#from = end;
      this.#wrapper = null;
    }
    return index + 1;
  }

  #opened(tag: Tag, index: number): number {
    const kind = this.#kinds.get(tag.name);
    if (kind === undefined || tag.close === -1) return index + 1;
    switch (kind) {
      case 'wrap-leading':
      case 'wrap':
        if (this.#wrapper === null && (kind === 'wrap' || this.#isFirst(index))) this.#wrap(tag);
        return index + 1;
      case 'drop-whole': {
        if (!this.#isFirst(index)) return index + 1;
        const last = this.#lastOf(tag);
        const isWhole = last === this.#tags.length - 1 && this.#isLastWord;
        return isWhole ? this.#goOn(last) : index + 1;
      }
      case 'command':
        return this.#command(tag, index);
      case 'local':
        this.#say(tag.start);
        this.#pieces.push({ kind: 'local' });
        return this.#goOn(this.#lastOf(tag));
      case 'drop':
        this.#say(tag.start);
        return this.#goOn(this.#lastOf(tag));
    }
  }

  #wrap({ name, end }: Tag): void {
    // What stood before it was the agent's after all.
    if (!this.#wrapped) this.#pieces = this.#pieces.filter((piece) => piece.kind !== 'text');
    this.#wrapped = true;
    this.#wrapper = name;
    this.#from = end;
  }

  /** Whether nothing was said before it. */
  #isFirst(index: number): boolean {
    const isNext = this.#tags[index]?.isNext ?? false;
    // Where more than white space is passed over, it is a tag at least.
    const isPassedOver = index > 0 && this.#tags[index - 1]?.end !== this.#from;
    return this.#pieces.length === 0 && isNext && !isPassedOver;
  }

  /** The tags of one command stand beside each other, in either order. */
  #command(first: Tag, index: number): number {
    const found = new Map<string, Tag>();
    let at = index;
    for (;;) {
      const tag = this.#tags[at];
      if (tag?.form !== 'opening' || this.#kinds.get(tag.name) !== 'command') break;
      // A second of its kind is of the next command: there are no more than four to go through.
      if (tag.close === -1 || found.has(tag.name) || !(tag.isNext || tag === first)) break;
      found.set(tag.name, tag);
      at = tag.close + 1;
    }
    const name =
      this.#contentOf(found, 'command-name') || this.#contentOf(found, 'command-message');
    // Looked at again by those inside of it, if it is none: so only now that it is one its arguments are cut out.
    if (name === '') return index + 1;
    this.#say(first.start);
    const args = this.#contentOf(found, 'command-args');
    const slashed = name.startsWith('/') ? name : `/${name}`;
    const whole = args === '' ? slashed : `${slashed} ${args}`;
    this.#pieces.push({ kind: 'command', text: whole, nameFirst: first.name === 'command-name' });
    return this.#goOn(at - 1);
  }

  /** '' where there is nothing: which is asked of the tags, not of the text. */
  #contentOf(found: ReadonlyMap<string, Tag>, name: string): string {
    const tag = found.get(name);
    const close = tag && this.#tags[tag.close];
    if (tag === undefined || close === undefined) return '';
    const isEmpty = close.isNext && this.#tags[tag.close - 1] === tag;
    return isEmpty ? '' : this.#text.slice(tag.end, close.start).trim();
  }

  #say(end: number): void {
    if (this.#wrapped && this.#wrapper === null) return;
    if (isBlank(this.#text, this.#from, end)) return;
    this.#pieces.push({ kind: 'text', start: this.#from, end });
  }

  /** The closing tag of an element, that of the outermost where they stand inside each other. */
  #lastOf({ name, close, partner }: Tag): number {
    if (partner === -1) this.#unpaired.add(name);
    return this.#unpaired.has(name) ? close : partner;
  }

  /** After this tag: what stands before it was said, or is left out. */
  #goOn(index: number): number {
    this.#from = this.#tags[index]?.end ?? this.#from;
    return index + 1;
  }
}
