// headerText: a header's value as its sender wrote it. Headers travel as bytes, which are handed on as Latin-1; senders write UTF-8.

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
