// An AWS event-stream message, as bytes written into a text of one character a byte: what streams of this wire are made of.
// docs.aws.amazon.com/lexv2/latest/dg/event-stream-encoding.html
import { crc32 } from 'node:zlib';

export interface MessageHeaders {
  readonly [name: string]: string;
}

/** The message as bytes; all headers are texts, as the vendor's are (recorded). */
export function awsMessage(headers: MessageHeaders, payload: string): Buffer {
  const head = Buffer.concat(Object.entries(headers).map(([name, value]) => header(name, value)));
  const body = Buffer.from(payload);
  const total = 16 + head.length + body.length;
  const prelude = Buffer.alloc(12);
  prelude.writeUInt32BE(total, 0);
  prelude.writeUInt32BE(head.length, 4);
  prelude.writeUInt32BE(crc32(prelude.subarray(0, 8)), 8);
  const message = Buffer.concat([prelude, head, body]);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(message));
  return Buffer.concat([message, checksum]);
}

function header(name: string, value: string): Buffer {
  const length = Buffer.alloc(3);
  length.writeUInt8(7);
  length.writeUInt16BE(Buffer.byteLength(value), 1);
  return Buffer.concat([
    Buffer.from([Buffer.byteLength(name)]),
    Buffer.from(name),
    length,
    Buffer.from(value),
  ]);
}

/** One character a byte, so that a message is a text like the frames of the other wires. */
function binaryText(bytes: Buffer): string {
  return bytes.toString('latin1');
}

export function eventText(type: string, payload: string): string {
  return binaryText(
    awsMessage(
      { ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' },
      payload,
    ),
  );
}

/** `ThrottlingException` is thrown as `throttlingException`. */
export function exceptionText(type: string, message: string): string {
  return binaryText(
    awsMessage(
      {
        ':exception-type': type.charAt(0).toLowerCase() + type.slice(1),
        ':content-type': 'application/json',
        ':message-type': 'exception',
      },
      JSON.stringify({ message }),
    ),
  );
}

/** A message whose last byte, part of its checksum, is wrong. */
export function damagedText(): string {
  const bytes = awsMessage({ ':event-type': 'contentBlockDelta', ':message-type': 'event' }, '{}');
  const last = bytes.length - 1;
  bytes.writeUInt8((bytes.readUInt8(last) + 1) % 256, last);
  return binaryText(bytes);
}
