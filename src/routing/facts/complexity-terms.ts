// Terms: the words of a text and their pairs, as numbers: what the learned part of `complexity` goes by.

const PAIR = 0x9e3779b1;
const OFFSET = 0x811c9dc5;
const PRIME = 0x01000193;

const SPACE = 0;
const LETTER = 1;
const DIGIT = 2;
const OTHER = 3;

/** Each once, in the order they first appear. Words are taken in lower case, numbers by their length, signs one by one. */
export function termsOf(text: string): Set<number> {
  const terms = new Set<number>();
  const lower = text.toLowerCase();
  let last = 0;
  let hash = OFFSET;
  let kind = SPACE;
  let length = 0;
  const close = () => {
    if (kind === SPACE) return;
    // Numbers of four digits and more are one and the same: which one they are says nothing.
    const word = spread(kind === DIGIT ? OFFSET ^ Math.min(length, 4) : hash);
    terms.add(word);
    terms.add(spread(Math.imul(last, PAIR) ^ word));
    last = word;
  };
  for (let at = 0; at < lower.length; at++) {
    const code = lower.charCodeAt(at);
    const next = kindOf(code);
    if (next !== kind || next === OTHER) {
      close();
      kind = next;
      hash = OFFSET;
      length = 0;
    }
    hash = Math.imul(hash ^ code, PRIME);
    length++;
  }
  close();
  return terms;
}

function kindOf(code: number): number {
  if (code >= 97 && code <= 122) return LETTER;
  if (code >= 48 && code <= 57) return DIGIT;
  if (code === 32 || (code >= 9 && code <= 13) || code === 0xa0) return SPACE;
  return code > 127 ? LETTER : OTHER;
}

/** Murmur's finish: near hashes become far ones. */
function spread(hash: number): number {
  let mixed = hash ^ (hash >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
