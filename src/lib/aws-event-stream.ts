// AWS event-stream: binary messages in any pieces → whole ones, each checked. The format: a prelude of two lengths and its
// checksum, headers with types, a payload, a checksum of it all (docs.aws.amazon.com/lexv2/latest/dg/event-stream-encoding.html).
import type { FrameReader } from './frame-reader.ts';
import { SseFrame } from './sse.ts';

export type HeaderValue = boolean | number | bigint | string | Uint8Array;

export interface AwsMessage {
  readonly headers: ReadonlyMap<string, HeaderValue>;
  readonly payload: Uint8Array;
}

const PRELUDE = 12;
const CHECKSUM = 4;
/** Nobody sends a message of this size in good faith; the vendor's own limit is 24 MB of payload, 128 kB of headers. */
const MAX_BYTES = 16 * 1024 * 1024;

export class AwsMessageReader {
  #buffer = new Uint8Array(0);
  /** What of the buffer is filled and not read yet. */
  #start = 0;
  #end = 0;
  readonly #maxBytes: number;

  /** @param maxBytes a longer message throws a RangeError. */
  constructor(maxBytes = MAX_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /** The messages that are whole now. Throws a SyntaxError where a checksum is wrong or the lengths make no sense. */
  push(bytes: Uint8Array): AwsMessage[] {
    this.#append(bytes);
    const messages: AwsMessage[] = [];
    for (;;) {
      const filled = this.#end - this.#start;
      if (filled < PRELUDE) break;
      const total = this.#totalLength();
      if (filled < total) break;
      // A copy: the buffer is used again, and whoever gets the message may keep it.
      messages.push(parseMessage(this.#buffer.slice(this.#start, this.#start + total)));
      this.#start += total;
    }
    if (this.#start === this.#end) this.#start = this.#end = 0;
    return messages;
  }

  #totalLength(): number {
    const view = new DataView(this.#buffer.buffer, this.#start, PRELUDE);
    const prelude = this.#buffer.subarray(this.#start, this.#start + 8);
    if (Bun.hash.crc32(prelude) !== view.getUint32(8)) throw damaged('the checksum of a prelude');
    const total = view.getUint32(0);
    const headers = view.getUint32(4);
    if (total > this.#maxBytes) throw new RangeError('event-stream message too long');
    if (PRELUDE + headers + CHECKSUM > total) throw damaged('a length');
    return total;
  }

  /** Room is doubled, so that a long message in many small pieces is not copied for each. */
  #append(bytes: Uint8Array): void {
    if (this.#end + bytes.length > this.#buffer.length) {
      const filled = this.#end - this.#start;
      const grown = new Uint8Array(Math.max(2 * filled, filled + bytes.length, 1024));
      grown.set(this.#buffer.subarray(this.#start, this.#end));
      this.#buffer = grown;
      this.#start = 0;
      this.#end = filled;
    }
    this.#buffer.set(bytes, this.#end);
    this.#end += bytes.length;
  }
}

/** Each message as a frame: `event` is its `:event-type`, or `exception:` and the type of what was thrown instead. */
export class AwsEventStreamReader implements FrameReader {
  readonly #messages = new AwsMessageReader();

  push(bytes: Uint8Array): SseFrame[] {
    return this.#messages.push(bytes).map(frameOf);
  }

  /** Half a message is nothing: what it leaves unfinished the decoder knows. */
  end(): SseFrame[] {
    return [];
  }
}

/** What the event of an exception's frame begins with. */
export const EXCEPTION = 'exception:';

/** There is no text it came as, so `raw` is empty: these frames are never passed on. */
export function frameOf({ headers, payload }: AwsMessage): SseFrame {
  const data = new TextDecoder().decode(payload);
  switch (headers.get(':message-type')) {
    case 'exception':
      return new SseFrame(EXCEPTION + text(headers.get(':exception-type')), data, '');
    case 'error': {
      const message = text(headers.get(':error-message'));
      const code = text(headers.get(':error-code'));
      return new SseFrame(EXCEPTION + code, JSON.stringify({ message }), '');
    }
    default:
      return new SseFrame(text(headers.get(':event-type')), data, '');
  }
}

function text(value: HeaderValue | undefined): string {
  return typeof value === 'string' ? value : '';
}

function parseMessage(bytes: Uint8Array): AwsMessage {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = bytes.length - CHECKSUM;
  if (Bun.hash.crc32(bytes.subarray(0, end)) !== view.getUint32(end)) {
    throw damaged('the checksum of a message');
  }
  const payloadAt = PRELUDE + view.getUint32(4);
  return {
    headers: parseHeaders(view, bytes, payloadAt),
    payload: bytes.subarray(payloadAt, end),
  };
}

function parseHeaders(
  view: DataView,
  bytes: Uint8Array,
  end: number,
): ReadonlyMap<string, HeaderValue> {
  const headers = new Map<string, HeaderValue>();
  let at = PRELUDE;
  while (at < end) {
    const nameEnd = at + 1 + view.getUint8(at);
    if (nameEnd >= end) throw damaged('a header');
    const name = new TextDecoder().decode(bytes.subarray(at + 1, nameEnd));
    const { value, next } = parseValue(view, bytes, nameEnd, end);
    headers.set(name, value);
    at = next;
  }
  return headers;
}

/** @param at where the value's type stands */
function parseValue(
  view: DataView,
  bytes: Uint8Array,
  at: number,
  end: number,
): { readonly value: HeaderValue; readonly next: number } {
  const from = at + 1;
  const sized = (length: number, value: () => HeaderValue, start = from) => {
    if (start + length > end) throw damaged('a header');
    return { value: value(), next: start + length };
  };
  switch (view.getUint8(at)) {
    case 0:
      return { value: true, next: from };
    case 1:
      return { value: false, next: from };
    case 2:
      return sized(1, () => view.getInt8(from));
    case 3:
      return sized(2, () => view.getInt16(from));
    case 4:
      return sized(4, () => view.getInt32(from));
    // A long, and a time in milliseconds.
    case 5:
    case 8:
      return sized(8, () => view.getBigInt64(from));
    case 6:
    case 7: {
      if (from + 2 > end) throw damaged('a header');
      const length = view.getUint16(from);
      const read = () => bytes.subarray(from + 2, from + 2 + length);
      const isText = view.getUint8(at) === 7;
      return sized(length, () => (isText ? new TextDecoder().decode(read()) : read()), from + 2);
    }
    // A UUID.
    case 9:
      return sized(16, () => bytes.subarray(from, from + 16));
    default:
      throw damaged('the type of a header');
  }
}

function damaged(what: string): SyntaxError {
  return new SyntaxError(`event-stream message: ${what} is wrong`);
}
