// headerText, asHeader: texts in headers. A header travels as bytes, which are handed on as Latin-1: senders write UTF-8, and what we write is ASCII, which everybody reads alike.

const BEYOND_ASCII = /[\x80-\xff]/;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Null where the header is not there. What is not UTF-8 is taken as it is. */
export function headerText(headers: Headers, name: string): string | null {
  const value = headers.get(name);
  if (value === null || !BEYOND_ASCII.test(value)) return value;
  try {
    return utf8.decode(Buffer.from(value, 'latin1'));
  } catch {
    return value;
  }
}

const NEEDS_ESCAPE = /[^\x20-\x7e]|^ | $/;
const ESCAPED = /[^\x21-\x24\x26-\x7e]/gu;

/** A text as a header's value: itself where it is ASCII, as nearly always; else in the form decodeURIComponent reads. */
export function asHeader(text: string): string {
  if (!NEEDS_ESCAPE.test(text)) return text;
  // Half a surrogate pair has no bytes.
  return text.toWellFormed().replace(ESCAPED, encodeURIComponent);
}
