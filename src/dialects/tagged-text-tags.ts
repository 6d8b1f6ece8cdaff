// The tags of a table that stand in a text, each with its place and with where it is closed.

export interface Tag {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  /** `described`: an opening one with attributes. */
  readonly form: 'opening' | 'described' | 'closing';
  /** Whether nothing but white space stands between it and the one before it. */
  readonly isNext: boolean;
  /** Of an opening one, the next closing one of its name, as an index; -1: there is none. */
  close: number;
  /** As `close`, where they stand inside each other: the one it pairs up with. */
  partner: number;
}

export interface Tags {
  readonly tags: readonly Tag[];
  /** Whether nothing but white space follows the last one. */
  readonly isLastWord: boolean;
}

/** What follows so many is a text without: no agent writes a tenth of it, and they take a hundred bytes each. */
export const MOST_TAGS = 100_000;

/** An opening or closing tag; of what is none no more is looked at than up to the next `<`. */
const TAG = /<(\/?)([A-Za-z][\w-]*)(\s[^<>]*)?>/y;

/**
 * Linear in the text whatever is in it: no tag has another `<` in itself, so each character is looked at once to find tags, and
 * once more to see whether it is white space between two of them. How they are closed is told of all in one walk.
 * @param begin where the text begins to count
 */
export function tagsIn(text: string, begin: number, names: ReadonlyMap<string, unknown>): Tags {
  const tags: Tag[] = [];
  let from = begin;
  for (let start = text.indexOf('<', begin); start !== -1; start = text.indexOf('<', start + 1)) {
    if (!mayBeTag(text, start)) continue;
    TAG.lastIndex = start;
    const [, slash, name, attributes] = TAG.exec(text) ?? [];
    if (name === undefined || !names.has(name)) continue;
    if (slash !== '' && attributes !== undefined) continue;
    const end = TAG.lastIndex;
    tags.push({
      name,
      start,
      end,
      form: slash !== '' ? 'closing' : attributes === undefined ? 'opening' : 'described',
      isNext: isBlank(text, from, start),
      close: -1,
      partner: -1,
    });
    from = end;
    if (tags.length === MOST_TAGS) break;
  }
  pairUp(tags);
  return { tags, isLastWord: isBlank(text, from, text.length) };
}

/** Whether a letter or `/` follows: most of what is none in code is told by that. */
function mayBeTag(text: string, start: number): boolean {
  const letter = text.charCodeAt(start + 1) | 0x20;
  return (letter >= 0x61 && letter <= 0x7a) || letter === 0x2f;
}

export function isBlank(text: string, start: number, end: number): boolean {
  return start === end || text.slice(start, end).trim() === '';
}

/** What the walk from the end has seen of one name. */
interface Seen {
  /** The closing one seen last. */
  close: number;
  /** How many more closing than opening ones there are from here on. */
  level: number;
  /** The closing one seen last at each level, which is the first one that comes back to it. */
  readonly closes: Map<number, number>;
}

function pairUp(tags: readonly Tag[]): void {
  const names = new Map<string, Seen>();
  for (let index = tags.length - 1; index >= 0; index--) {
    const tag = tags[index];
    if (tag === undefined) continue;
    const seen = names.get(tag.name) ?? { close: -1, level: 0, closes: new Map() };
    names.set(tag.name, seen);
    if (tag.form === 'closing') {
      seen.level++;
      seen.closes.set(seen.level, index);
      seen.close = index;
      continue;
    }
    tag.close = seen.close;
    tag.partner = seen.closes.get(seen.level) ?? -1;
    // One with attributes closes as any, but is none of those that stand inside of others.
    if (tag.form === 'opening') seen.level--;
  }
}
