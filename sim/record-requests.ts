// What the simulated provider was asked: a bounded list, so that tests can say what reached it and what did not.
import type { HttpRequest } from './http/read-requests.ts';
import { type Responder, unixMs } from './http/responder.ts';

const KEY_HEADERS = new Set(['authorization', 'x-api-key', 'api-key', 'x-goog-api-key']);

/** One request as it came. Times are Unix milliseconds with fractions. */
export class RecordedRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: { readonly [name: string]: string };
  readonly body: string;
  /** Of forms only. */
  readonly bytes: Buffer | null;
  readonly at: number;
  readonly #responder: Responder;

  constructor(request: HttpRequest, responder: Responder, at: number) {
    this.method = request.method;
    this.path = request.path;
    this.headers = request.headers;
    this.body = request.body;
    this.bytes = request.bytes ?? null;
    this.at = at;
    this.#responder = responder;
  }

  /** When the reply was complete or cut off, or the client was gone; null while it goes on. */
  get endedAt(): number | null {
    return this.#responder.endedAt;
  }

  /** True: the client hung up before the reply was complete; `endedAt` says when that was seen. */
  get clientAborted(): boolean {
    return this.#responder.clientAborted;
  }

  /** Null where nothing was answered. */
  get status(): number | null {
    return this.#responder.status;
  }

  /** Bytes of the reply the network has taken so far, head included. */
  get bytesSent(): number {
    return this.#responder.bytesSent;
  }

  /** For the page that shows it: without the keys. */
  toJSON(): object {
    const { endedAt, clientAborted, status, bytesSent } = this;
    const headers = Object.entries(this.headers).map(([name, value]) => [
      name,
      KEY_HEADERS.has(name) ? '(not shown)' : value,
    ]);
    const { bytes: _, ...rest } = this;
    const shown = { ...rest, headers: Object.fromEntries(headers) };
    return { ...shown, endedAt, clientAborted, status, bytesSent };
  }
}

export class RequestLog {
  /** Oldest first. */
  readonly requests: RecordedRequest[] = [];
  /** How many came since the last `clear`, also those the list has let go. */
  received = 0;
  readonly #keep: number;

  /** @param keep at least this many of the latest requests stay in the list, at most twice as many; 0: none. */
  constructor(keep: number) {
    this.#keep = keep;
  }

  add(request: HttpRequest, responder: Responder): void {
    this.received += 1;
    if (this.#keep === 0) return;
    if (this.requests.length >= 2 * this.#keep) this.requests.splice(0, this.#keep);
    this.requests.push(new RecordedRequest(request, responder, unixMs()));
  }

  clear(): void {
    this.requests.length = 0;
    this.received = 0;
  }
}
