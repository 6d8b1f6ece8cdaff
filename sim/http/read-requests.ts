// Bytes of one HTTP/1.1 connection → whole requests, in order. No more of HTTP than clients of a provider use.

export interface HttpRequest {
  readonly method: string;
  /** As on the request line, with the query. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: { readonly [name: string]: string };
  readonly body: string;
  /** The body as it came, of forms only: files in them are no text. */
  readonly bytes?: Buffer;
  readonly keepAlive: boolean;
}

interface Head {
  readonly method: string;
  readonly path: string;
  readonly headers: { readonly [name: string]: string };
  readonly contentLength: number;
  readonly chunked: boolean;
  readonly keepAlive: boolean;
  readonly expectsContinue: boolean;
}

const MAX_HEAD_BYTES = 64 * 1024;
const NOTHING = Buffer.alloc(0);
const HEAD_END = Buffer.from('\r\n\r\n');

/** What the bytes so far amount to. */
export type ReadState = HttpRequest | 'more' | 'continue' | 'bad';

export class RequestReader {
  #bytes: Buffer = NOTHING;
  #later: Buffer[] = [];
  #total = 0;
  /** No use looking again before this many bytes are here: keeps large bodies linear. */
  #wanted = 0;
  #saidContinue = false;
  // Clients send the same head over and over on a connection: one comparison instead of one parse.
  #lastText = '';
  #lastHead: Head | null = null;

  push(bytes: Buffer): void {
    if (this.#total === 0) this.#bytes = bytes;
    else this.#later.push(bytes);
    this.#total += bytes.length;
  }

  /** The next whole request; `continue` when the client waits for leave to send its body. */
  next(): ReadState {
    if (this.#total === 0 || this.#total < this.#wanted) return 'more';
    if (this.#later.length > 0) {
      this.#bytes = Buffer.concat([this.#bytes, ...this.#later]);
      this.#later = [];
    }
    const headEnd = this.#bytes.indexOf(HEAD_END);
    if (headEnd === -1) {
      this.#wanted = this.#total + 1;
      return this.#total > MAX_HEAD_BYTES ? 'bad' : 'more';
    }
    const head = this.#head(headEnd);
    if (!head) return 'bad';
    const start = headEnd + 4;
    return head.chunked ? this.#chunkedBody(head, start) : this.#plainBody(head, start);
  }

  #head(end: number): Head | null {
    const text = this.#bytes.toString('latin1', 0, end);
    if (text === this.#lastText) return this.#lastHead;
    this.#lastHead = parseHead(text);
    this.#lastText = text;
    return this.#lastHead;
  }

  #plainBody(head: Head, start: number): ReadState {
    const end = start + head.contentLength;
    if (this.#total < end) {
      this.#wanted = end;
      return this.#wait(head);
    }
    return this.#take(head, this.#bytes.subarray(start, end), end);
  }

  #chunkedBody(head: Head, start: number): ReadState {
    const parts: Buffer[] = [];
    let at = start;
    for (;;) {
      const lineEnd = this.#bytes.indexOf('\r\n', at);
      const size =
        lineEnd === -1 ? 0 : Number.parseInt(this.#bytes.toString('latin1', at, lineEnd), 16);
      if (Number.isNaN(size)) return 'bad';
      const next = lineEnd + 2 + size + 2;
      if (lineEnd === -1 || this.#bytes.length < next) {
        this.#wanted = this.#total + 1;
        return this.#wait(head);
      }
      if (size === 0) return this.#take(head, Buffer.concat(parts), next);
      parts.push(this.#bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
      at = next;
    }
  }

  #wait(head: Head): ReadState {
    if (!head.expectsContinue || this.#saidContinue) return 'more';
    this.#saidContinue = true;
    return 'continue';
  }

  #take(head: Head, body: Buffer, end: number): HttpRequest {
    this.#bytes = end === this.#bytes.length ? NOTHING : this.#bytes.subarray(end);
    this.#total = this.#bytes.length;
    this.#wanted = 0;
    this.#saidContinue = false;
    return {
      method: head.method,
      path: head.path,
      headers: head.headers,
      body: body.toString('utf8'),
      ...(isForm(head) ? { bytes: body } : {}),
      keepAlive: head.keepAlive,
    };
  }
}

function isForm({ headers }: Head): boolean {
  return headers['content-type']?.startsWith('multipart/') ?? false;
}

function parseHead(text: string): Head | null {
  const lineEnd = text.indexOf('\r\n');
  const [method, path, version] = (lineEnd === -1 ? text : text.slice(0, lineEnd)).split(' ');
  if (!method || !path || !version?.startsWith('HTTP/1.')) return null;
  const headers: { [name: string]: string } = {};
  let at = lineEnd === -1 ? text.length : lineEnd + 2;
  while (at < text.length) {
    let end = text.indexOf('\r\n', at);
    if (end === -1) end = text.length;
    const colon = text.indexOf(':', at);
    if (colon === -1 || colon > end) return null;
    const name = text.slice(at, colon).toLowerCase();
    const value = text.slice(colon + 1, end).trim();
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
    at = end + 2;
  }
  const contentLength = Number(headers['content-length'] ?? 0);
  if (!Number.isInteger(contentLength) || contentLength < 0) return null;
  const connection = headers.connection?.toLowerCase() ?? '';
  return {
    method,
    path,
    headers,
    contentLength,
    chunked: headers['transfer-encoding']?.toLowerCase().includes('chunked') ?? false,
    keepAlive:
      version === 'HTTP/1.0' ? connection.includes('keep-alive') : !connection.includes('close'),
    expectsContinue: headers.expect?.toLowerCase() === '100-continue',
  };
}
