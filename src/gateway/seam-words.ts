// The words at the cut of an answer: which of them another model is asked to begin with, and what counts as a word.

/** The longest quote. Some ten words: seldom said twice in one answer, and cheap to say again. */
const MAX_QUOTE_CHARS = 60;
/** A shorter one is looked for again in the text: it begins inside a word rather than say so little. */
const MIN_QUOTE_CHARS = 24;

const WORD = /[\p{L}\p{N}\p{M}_]/u;
/** Scripts that put no blanks between words. */
const UNSPACED =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;

/** Without the half of a character at its end: pieces may be cut there, and no wire takes half a character. */
export function wholeCharacters(text: string): string {
  return isHighSurrogate(text.charCodeAt(text.length - 1)) ? text.slice(0, -1) : text;
}

/** The last words of a text, without blanks around them; all of it where it is short. */
export function lastWords(text: string): string {
  const said = wholeCharacters(text).trim();
  const first = said.length - MAX_QUOTE_CHARS;
  if (first <= 0) return said;
  const last = said.length - MIN_QUOTE_CHARS;
  for (let at = first; at <= last; at++)
    if (isBlank(said.charCodeAt(at - 1)) && !isBlank(said.charCodeAt(at))) return said.slice(at);
  for (let at = first; at <= last; at++)
    if (beginsWord(said, at) && !isBlank(said.charCodeAt(at))) return said.slice(at);
  return said.slice(isLowSurrogate(said.charCodeAt(first)) ? first + 1 : first);
}

/** True where no word is cut in two by beginning here. */
export function beginsWord(text: string, at: number): boolean {
  if (isLowSurrogate(text.charCodeAt(at)) && isHighSurrogate(text.charCodeAt(at - 1))) return false;
  if (at === 0) return true;
  const before = isLowSurrogate(text.charCodeAt(at - 1)) ? at - 2 : at - 1;
  const left = characterAt(text, before);
  const right = characterAt(text, at);
  return !(WORD.test(left) && WORD.test(right)) || UNSPACED.test(left) || UNSPACED.test(right);
}

export function isWordAt(text: string, at: number): boolean {
  return WORD.test(characterAt(text, at));
}

/** How many words a text has, counted no further than `most`. Two characters of a script without blanks are one. */
export function countWords(text: string, most: number): number {
  let words = 0;
  let unspaced = 0;
  let inside = false;
  for (const character of text) {
    if (UNSPACED.test(character)) {
      unspaced += 1;
      if (unspaced % 2 === 0) words += 1;
      inside = false;
    } else {
      const is = WORD.test(character);
      if (is && !inside) words += 1;
      inside = is;
    }
    if (words >= most) break;
  }
  return words;
}

export function isBlank(code: number): boolean {
  return Number.isNaN(code) ? false : String.fromCharCode(code).trim() === '';
}

export function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}

function characterAt(text: string, at: number): string {
  const code = text.codePointAt(at);
  return code === undefined ? '' : String.fromCodePoint(code);
}
