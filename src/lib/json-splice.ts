// Edits to a JSON text that leave every other byte as it was: members of an object, elements of an array.
//
// What passes through a gateway must arrive as it was written (prompt caches hash bytes, signatures cover them), so a
// body is cut and patched, never parsed and printed again. Strings are skipped by `indexOf`, so a long one costs little.

/** A piece of the text, end exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** `start` is the key's opening quote, `end` the end of the value. */
interface Member extends Span {
  readonly key: string;
  readonly valueStart: number;
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
  const members = objectMembers(text);
  const missing = new Map(edits.set);
  let out = '';
  let kept = 0;
  let previous: Member | undefined;
  for (const member of members) {
    const value = edits.set?.get(member.key);
    const drop = value === undefined ? edits.remove?.has(member.key) : !missing.delete(member.key);
    if (!drop) {
      // The separator that stood before this member, or the opening brace before the first one kept.
      if (kept === 0) out = text.slice(0, members[0]?.start);
      else if (previous) out += text.slice(previous.end, member.start);
      out +=
        value === undefined
          ? text.slice(member.start, member.end)
          : text.slice(member.start, member.valueStart) + value;
      kept += 1;
    }
    previous = member;
  }
  const tail = previous?.end ?? skipSpace(text, 0) + 1;
  if (kept === 0) out = text.slice(0, members[0]?.start ?? tail);
  for (const [key, value] of missing) {
    out += `${kept === 0 ? '' : ','}${JSON.stringify(key)}:${value}`;
    kept += 1;
  }
  return out + text.slice(tail);
}

/** The raw text of a top-level member's value; the last one where the key stands several times. */
export function memberText(text: string, key: string): string | undefined {
  const found = objectMembers(text).findLast((member) => member.key === key);
  return found && text.slice(found.valueStart, found.end);
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

function objectMembers(text: string): Member[] {
  let at = opening(text, OPEN_OBJECT);
  const members: Member[] = [];
  if (text.charCodeAt(at) === CLOSE_OBJECT) return members;
  for (;;) {
    const start = at;
    const keyEnd = stringEnd(text, expect(text, at, QUOTE));
    const valueStart = skipSpace(text, expect(text, skipSpace(text, keyEnd), COLON));
    const end = valueEnd(text, valueStart);
    members.push({ key: keyOf(text.slice(start, keyEnd)), start, valueStart, end });
    at = skipSpace(text, end);
    if (text.charCodeAt(at) === CLOSE_OBJECT) return members;
    at = skipSpace(text, expect(text, at, COMMA));
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
  for (;;) {
    const code = text.charCodeAt(at);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return at;
    at += 1;
  }
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
