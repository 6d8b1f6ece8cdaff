// BareText: what is left of a text without blanks, backslashes and escapes: the same words quoted as JSON, twice over, or on one line are the same.

const BACKSLASH = 92;
/** `\b`, `\f`, `\n`, `\r`, `\t`: blanks, all of them. */
const BLANK_ESCAPES: ReadonlySet<string> = new Set(['b', 'f', 'n', 'r', 't']);
/** `\u00e9`, `\xe9`. */
const HEX_DIGITS: { readonly [letter: string]: number } = { u: 4, x: 2 };
/** Some texts are nothing but their blanks. */
const OTHER_BLANK = /\s/;

/** Takes one character of what is left, with where it stands in the text and how many characters of the text, read as it was meant, stand before it. */
export type Take = (code: number, from: number, to: number, meant: number) => void;

/** Linear in the text. Answers how many characters it has, read as it was meant. */
export function bareText(text: string, take: Take): number {
  let meant = 0;
  let at = 0;
  while (at < text.length) {
    const from = at;
    let code = text.charCodeAt(at);
    at += 1;
    if (code === BACKSLASH) {
      while (text.charCodeAt(at) === BACKSLASH) at += 1;
      const letter = text[at] ?? '';
      if (BLANK_ESCAPES.has(letter)) {
        at += 1;
        meant += 1;
        continue;
      }
      const escaped = hexAt(text, at + 1, HEX_DIGITS[letter] ?? 0);
      if (escaped === null) {
        // Of an escaped character nothing but itself is left; a backslash that stands for itself counts as one.
        if (letter !== '"' && letter !== "'" && letter !== '/') meant += 1;
        continue;
      }
      at += 1 + (HEX_DIGITS[letter] ?? 0);
      code = escaped;
    }
    if (!isBlank(code) && code !== BACKSLASH) take(code, from, at, meant);
    meant += 1;
  }
  return meant;
}

function hexAt(text: string, at: number, digits: number): number | null {
  if (digits === 0 || at + digits > text.length) return null;
  let code = 0;
  for (let place = at; place < at + digits; place += 1) {
    const digit = hexDigit(text.charCodeAt(place));
    if (digit === -1) return null;
    code = code * 16 + digit;
  }
  return code;
}

function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const lower = code | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

function isBlank(code: number): boolean {
  if (code <= 32) return true;
  if (code < 127) return false;
  return code <= 160 || OTHER_BLANK.test(String.fromCharCode(code));
}
