// The least HTTP client that measures well: one bare keep-alive connection, one request at a time, replies counted and
// timed but not kept. A client that parsed more would take the CPU that the gateway is measured with.
import type { Socket } from 'bun';

export interface Reply {
  readonly status: number;
  /** From the request's last byte sent to the first byte of the body, in milliseconds. */
  readonly firstByteMs: number;
  /** To the end of the body. */
  readonly totalMs: number;
  /** Server-sent events in the body. */
  readonly events: number;
}

const LF = 10;
const LAST_CHUNK = '\r\n0\r\n\r\n';

export class HttpCaller {
  /** Events of all replies so far, the one under way included. */
  eventsSeen = 0;
  readonly #onReply: (reply: Reply | Error) => void;
  #socket: Socket<undefined> | null = null;
  #sentAt = 0;
  #firstByteAt = 0;
  #status = 0;
  /** Null while the head is not all here. */
  #head: string | null = '';
  /** Body bytes still to come; null: chunked. */
  #rest: number | null = null;
  #isStream = false;
  #tail = '';
  #lastByte = 0;
  #events = 0;

  private constructor(onReply: (reply: Reply | Error) => void) {
    this.#onReply = onReply;
  }

  /** Connects. `onReply` is told of each reply, or why none came. */
  static async connect(
    hostname: string,
    port: number,
    onReply: (reply: Reply | Error, caller: HttpCaller) => void,
  ): Promise<HttpCaller> {
    const caller: HttpCaller = new HttpCaller((reply) => onReply(reply, caller));
    caller.#socket = await Bun.connect({
      hostname,
      port,
      socket: {
        open: (socket) => void socket.setNoDelay(true),
        data: (_socket, bytes) => caller.#data(bytes),
        close: () => caller.#gone('closed the connection'),
        error: (_socket, error) => caller.#gone(error.message),
      },
    });
    return caller;
  }

  /** Sends a whole request, given as it goes over the wire. */
  send(request: Buffer): void {
    this.#head = '';
    this.#events = 0;
    this.#lastByte = 0;
    this.#sentAt = performance.now();
    this.#socket?.write(request);
  }

  close(): void {
    const socket = this.#socket;
    this.#socket = null;
    socket?.end();
  }

  #gone(why: string): void {
    if (this.#socket === null) return;
    this.#socket = null;
    this.#onReply(new Error(`the server ${why} before its reply was complete`));
  }

  #data(bytes: Buffer): void {
    if (this.#head === null) this.#body(bytes);
    else {
      const text = bytes.toString('latin1');
      const before = this.#head.length;
      this.#head += text;
      const end = this.#head.indexOf('\r\n\r\n');
      if (end === -1) return;
      this.#readHead(this.#head.slice(0, end));
      this.#head = null;
      if (end + 4 - before < bytes.length || this.#rest === 0)
        this.#body(bytes.subarray(end + 4 - before));
    }
  }

  #readHead(head: string): void {
    this.#status = Number(head.slice(9, 12));
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    this.#rest = length === undefined ? null : Number(length);
    this.#isStream = /\r\ncontent-type: *text\/event-stream/i.test(head);
    this.#tail = '\r\n';
    this.#firstByteAt = 0;
  }

  #body(bytes: Buffer): void {
    if (this.#firstByteAt === 0) this.#firstByteAt = performance.now();
    if (this.#isStream) this.#count(bytes);
    if (this.#rest !== null) {
      this.#rest -= bytes.length;
      if (this.#rest <= 0) this.#done();
      return;
    }
    const from = Math.max(0, bytes.length - LAST_CHUNK.length);
    this.#tail = (this.#tail + bytes.toString('latin1', from)).slice(-LAST_CHUNK.length);
    if (this.#tail === LAST_CHUNK) this.#done();
  }

  /** An event ends with a blank line; chunk framing has CR before each LF, so it never looks like one. */
  #count(bytes: Buffer): void {
    const before = this.#events;
    let last = this.#lastByte;
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at] ?? 0;
      if (byte === LF && last === LF) this.#events += 1;
      last = byte;
    }
    this.#lastByte = last;
    this.eventsSeen += this.#events - before;
  }

  #done(): void {
    const now = performance.now();
    this.#head = '';
    this.#onReply({
      status: this.#status,
      firstByteMs: this.#firstByteAt - this.#sentAt,
      totalMs: now - this.#sentAt,
      events: this.#events,
    });
  }
}
