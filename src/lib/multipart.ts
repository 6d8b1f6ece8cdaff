// Forms with files (multipart/form-data): where each part stands, and edits that leave every other byte as it was.

export interface FormPart {
  readonly name: string;
  /** Null: a plain field. */
  readonly filename: string | null;
  /** The part with its delimiter line, up to the next delimiter. */
  readonly start: number;
  readonly end: number;
  /** The content alone. */
  readonly contentStart: number;
  readonly contentEnd: number;
}

export interface Form {
  readonly bytes: Uint8Array;
  /** As it came: it names the boundary. */
  readonly contentType: string;
  readonly parts: readonly FormPart[];
}

const HEAD_END = Buffer.from('\r\n\r\n');
const MAX_HEAD_BYTES = 16 * 1024;
const LINE_FEED = 0x0a;

/** The boundary a content type names; null where it is no form. */
export function boundaryOf(contentType: string): string | null {
  const found = /^multipart\/form-data\s*;.*?\bboundary=(?:"([^"]{1,200})"|([^;\s]{1,200}))/i.exec(
    contentType,
  );
  return found ? (found[1] ?? found[2] ?? null) : null;
}

/** The form's parts in order. Throws a SyntaxError that says what is wrong with it. */
export function readForm(bytes: Uint8Array, contentType: string): Form {
  const boundary = boundaryOf(contentType);
  if (boundary === null) throw new SyntaxError('its content type names no boundary');
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: FormPart[] = [];
  let start = delimiterAt(buffer, boundary, 0);
  if (start === -1) throw new SyntaxError('its boundary does not stand in it');
  for (;;) {
    const lineEnd = start + boundary.length + 2;
    if (buffer.toString('latin1', lineEnd, lineEnd + 2) === '--')
      return { bytes, contentType, parts };
    const headStart = buffer.indexOf('\r\n', lineEnd);
    const headEnd = headStart === -1 ? -1 : buffer.indexOf(HEAD_END, headStart);
    if (headEnd === -1 || headEnd - headStart > MAX_HEAD_BYTES)
      throw new SyntaxError('a part has no head');
    const next = delimiterAt(buffer, boundary, headEnd + 2);
    if (next === -1) throw new SyntaxError('its last boundary is missing');
    const head = buffer.toString('utf8', headStart + 2, headEnd);
    parts.push({
      ...disposition(head),
      start,
      end: next,
      contentStart: headEnd + HEAD_END.length,
      contentEnd: Math.max(headEnd + HEAD_END.length, next - 2),
    });
    start = next;
  }
}

/** The next delimiter that begins a line and stands alone: a longer boundary may begin like this one. */
function delimiterAt(buffer: Buffer, boundary: string, from: number): number {
  const delimiter = `--${boundary}`;
  for (
    let at = buffer.indexOf(delimiter, from);
    at !== -1;
    at = buffer.indexOf(delimiter, at + 1)
  ) {
    const next = buffer.toString('latin1', at + delimiter.length, at + delimiter.length + 2);
    const stands = next === '\r\n' || next === '--';
    if (stands && (at === 0 || buffer[at - 1] === LINE_FEED)) return at;
  }
  return -1;
}

function disposition(head: string): { name: string; filename: string | null } {
  const line = /^content-disposition:\s*form-data\s*;(.*)$/im.exec(head)?.[1];
  if (line === undefined) throw new SyntaxError('a part is no form field');
  const name = parameter(line, 'name');
  if (name === null) throw new SyntaxError('a part has no name');
  return { name, filename: parameter(line, 'filename') };
}

/** `%22`, `%0D` and `%0A` stand for what a quoted name cannot hold (html.spec.whatwg.org, multipart/form-data). */
function parameter(line: string, name: string): string | null {
  const found = new RegExp(`(?:^|;)\\s*${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^;\\s]+))`, 'i').exec(
    line,
  );
  if (!found) return null;
  const value = found[1] ?? found[2] ?? '';
  return value
    .replaceAll('%22', '"')
    .replaceAll('%0D', '\r')
    .replaceAll('%0A', '\n')
    .replace(/\\(["\\])/g, '$1');
}

/** A plain field's text. */
export function partText({ bytes }: Form, part: FormPart): string {
  return new TextDecoder().decode(bytes.subarray(part.contentStart, part.contentEnd));
}

/**
 * The form with parts left out and the content of others replaced, by the part itself. What is kept stays byte for byte,
 * files included.
 */
export function spliceForm(
  { bytes, parts }: Form,
  edit: (part: FormPart) => 'keep' | 'drop' | { readonly text: string },
): Uint8Array {
  const pieces: Uint8Array[] = [];
  let from = 0;
  for (const part of parts) {
    const change = edit(part);
    if (change === 'keep') continue;
    if (change === 'drop') {
      pieces.push(bytes.subarray(from, part.start));
      from = part.end;
    } else {
      pieces.push(bytes.subarray(from, part.contentStart), Buffer.from(change.text));
      from = part.contentEnd;
    }
  }
  if (pieces.length === 0) return bytes;
  pieces.push(bytes.subarray(from));
  return Buffer.concat(pieces);
}
