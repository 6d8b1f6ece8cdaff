// Edits to a JSON text that leave every other byte as it was: members of an object, elements of an array.
//
// What passes through a gateway must arrive as it was written (prompt caches hash bytes, signatures cover them), so a
// body is cut and patched, never parsed and printed again. Strings are skipped by `indexOf`, so a long one costs little.

/** A piece of the text, end exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface ObjectEdits {
  readonly remove?: ReadonlySet<string>;
  /** Raw JSON by key. Replaced where the key stands, appended where it does not; wins over `remove`. */
  readonly set?: ReadonlyMap<string, string>;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/**
 * The object with top-level members removed and set. A key that stands several times is removed every time, and set
 * once. `text` must be valid JSON; a SyntaxError is thrown where it is visibly not an object.
 */
export function spliceObject(text: string, edits: ObjectEdits): string {
  const member = new MemberCursor(text);
  const replaced = new Set<string>();
  let out = '';
  /** Where the text that is kept and not yet written begins; -1 where the member before was left out. */
  let from = -1;
  let kept = 0;
  let first = -1;
  let previous = -1;
  while (member.next()) {
    if (first === -1) first = member.start;
    const value = edits.set?.get(member.key);
    const drop = value === undefined ? edits.remove?.has(member.key) : replaced.has(member.key);
    if (drop) {
      if (from !== -1) out += text.slice(from, previous);
      from = -1;
    } else {
      // A member comes with the separator that stood before it, the first one kept with what stood before the first.
      if (kept === 0) out = text.slice(0, first);
      if (from === -1) from = kept === 0 ? member.start : previous;
      if (value !== undefined) {
        out += text.slice(from, member.valueStart) + value;
        from = member.end;
        replaced.add(member.key);
      }
      kept += 1;
    }
    previous = member.end;
  }
  const tail = previous === -1 ? skipSpace(text, 0) + 1 : previous;
  if (kept === 0) out = text.slice(0, first === -1 ? tail : first);
  else if (from !== -1) out += text.slice(from, tail);
  for (const [key, value] of edits.set ?? []) {
    if (replaced.has(key)) continue;
    out += `${kept === 0 ? '' : ','}${JSON.stringify(key)}:${value}`;
    kept += 1;
  }
  return out + text.slice(tail);
}

/**
 * The object with one more member at its end, whose key must not be in it yet: `spliceObject` without the walk over the
 * text. `text` must be a JSON object.
 */
export function appendMember(text: string, key: string, value: string): string {
  const close = text.lastIndexOf('}');
  let last = close - 1;
  while (isSpace(text.charCodeAt(last))) last -= 1;
  const separator = text.charCodeAt(last) === OPEN_OBJECT ? '' : ',';
  return `${text.slice(0, last + 1)}${separator}${JSON.stringify(key)}:${value}${text.slice(last + 1)}`;
}

/** The raw text of a top-level member's value; the last one where the key stands several times. */
export function memberText(text: string, key: string): string | undefined {
  const member = new MemberCursor(text);
  let found: string | undefined;
  while (member.next()) if (member.key === key) found = text.slice(member.valueStart, member.end);
  return found;
}

/** Where the elements of an array stand. */
export function arrayElements(text: string): Span[] {
  let at = opening(text, OPEN_ARRAY);
  const elements: Span[] = [];
  if (text.charCodeAt(at) === CLOSE_ARRAY) return elements;
  for (;;) {
    const end = valueEnd(text, at);
    elements.push({ start: at, end });
    at = skipSpace(text, end);
    if (text.charCodeAt(at) === CLOSE_ARRAY) return elements;
    at = skipSpace(text, expect(text, at, COMMA));
  }
}

/** The array with some elements replaced by raw JSON, by index. */
export function spliceArray(text: string, replace: ReadonlyMap<number, string>): string {
  if (replace.size === 0) return text;
  let out = '';
  let from = 0;
  arrayElements(text).forEach((element, index) => {
    const value = replace.get(index);
    if (value === undefined) return;
    out += text.slice(from, element.start) + value;
    from = element.end;
  });
  return out + text.slice(from);
}

/** The array with more elements, raw JSON, before those it has. */
export function prependElements(text: string, elements: readonly string[]): string {
  if (elements.length === 0) return text;
  const inside = expect(text, skipSpace(text, 0), OPEN_ARRAY);
  const isEmpty = text.charCodeAt(skipSpace(text, inside)) === CLOSE_ARRAY;
  return `${text.slice(0, inside)}${elements.join(',')}${isEmpty ? '' : ','}${text.slice(inside)}`;
}

/** The array with more elements, raw JSON, before the one at this place, which may be its end. */
export function insertElements(text: string, place: number, elements: readonly string[]): string {
  if (place === 0 || elements.length === 0) return prependElements(text, elements);
  const at = arrayElements(text)[place - 1]?.end;
  if (at === undefined) throw new SyntaxError(`the array has no place ${place}`);
  return `${text.slice(0, at)},${elements.join(',')}${text.slice(at)}`;
}

/** Goes over the top-level members of an object, one at a time. */
class MemberCursor implements Span {
  key = '';
  /** The key's opening quote. */
  start = -1;
  valueStart = -1;
  /** The end of the value. */
  end = -1;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** False at the end of the object. */
  next(): boolean {
    const text = this.#text;
    let at = this.end === -1 ? opening(text, OPEN_OBJECT) : skipSpace(text, this.end);
    if (text.charCodeAt(at) === CLOSE_OBJECT) return false;
    if (this.end !== -1) at = skipSpace(text, expect(text, at, COMMA));
    const keyEnd = stringEnd(text, expect(text, at, QUOTE));
    this.start = at;
    this.key = keyOf(text.slice(at, keyEnd));
    this.valueStart = skipSpace(text, expect(text, skipSpace(text, keyEnd), COLON));
    this.end = valueEnd(text, this.valueStart);
    return true;
  }
}

/** Keys are compared as what they say: `"\u006dodel"` is `model`. */
function keyOf(raw: string): string {
  return raw.includes('\\') ? String(JSON.parse(raw)) : raw.slice(1, -1);
}

function opening(text: string, bracket: number): number {
  return skipSpace(text, expect(text, skipSpace(text, 0), bracket));
}

function expect(text: string, at: number, code: number): number {
  if (text.charCodeAt(at) === code) return at + 1;
  throw new SyntaxError(`expected ${String.fromCharCode(code)} at ${at} of the JSON text`);
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (isSpace(text.charCodeAt(at))) at += 1;
  return at;
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

/** Index after the closing quote of the string whose content begins at `from`. */
function stringEnd(text: string, from: number): number {
  let at = from;
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote === -1) throw new SyntaxError(`a string is not closed at ${from} of the JSON text`);
    let slash = quote - 1;
    while (slash >= from && text.charCodeAt(slash) === BACKSLASH) slash -= 1;
    // An even number of backslashes before it escapes only themselves.
    if ((quote - slash) % 2 === 1) return quote + 1;
    at = quote + 1;
  }
}

function valueEnd(text: string, from: number): number {
  const first = text.charCodeAt(from);
  if (first === QUOTE) return stringEnd(text, from + 1);
  if (first === OPEN_OBJECT || first === OPEN_ARRAY) return nestEnd(text, from + 1);
  let at = from;
  while (isScalarChar(text.charCodeAt(at))) at += 1;
  if (at === from) throw new SyntaxError(`expected a value at ${from} of the JSON text`);
  return at;
}

/** Letters, digits and signs: what numbers, true, false and null are made of. */
function isScalarChar(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) ||
    (code >= 0x2b && code <= 0x39 && code !== COMMA) ||
    code === 0x45
  );
}

/** Index after the bracket that closes the one before `from`. */
function nestEnd(text: string, from: number): number {
  let depth = 1;
  let at = from;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    at += 1;
    if (code === QUOTE) at = stringEnd(text, at);
    else if (code === OPEN_OBJECT || code === OPEN_ARRAY) depth += 1;
    else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  throw new SyntaxError(`a bracket is not closed at ${from} of the JSON text`);
}
