// AWS event streams for tests, read and written the plain way: whole buffers only, no checks.
import { asObject, asString, type JsonObject, parseJson } from '../../../src/lib/json.ts';

export interface AwsEvent {
  readonly type: string;
  readonly payload: JsonObject;
}

/** The events as JSON: `{contentBlockDelta: {…}}`; of wrapped ones, what they wrap. */
export function awsEvents(bytes: Buffer, wrapped: boolean): JsonObject[] {
  const events: JsonObject[] = [];
  for (let at = 0; at < bytes.length; ) {
    const total = bytes.readUInt32BE(at);
    const headers = bytes.readUInt32BE(at + 4);
    const names = bytes.subarray(at + 12, at + 12 + headers).toString('latin1');
    // The value follows the name, its kind and two bytes of length.
    const type = /:(?:event|exception)-type...([A-Za-z]+)/s.exec(names)?.[1] ?? '';
    const payload = bytes.subarray(at + 12 + headers, at + total - 4).toString('utf8');
    const body = asObject(parseJson(payload)) ?? {};
    if (wrapped) {
      const inner = Buffer.from(asString(body.bytes) ?? '', 'base64').toString('utf8');
      events.push(asObject(parseJson(inner)) ?? {});
    } else {
      // Padding of no meaning.
      const { p: _, ...rest } = body;
      events.push({ [type]: rest });
    }
    at += total;
  }
  return events;
}

/** Another wire's event as InvokeModel wraps it. */
export function wrappedEvent(event: JsonObject): AwsEvent {
  const bytes = Buffer.from(JSON.stringify(event)).toString('base64');
  return { type: 'chunk', payload: { bytes } };
}

export function awsMessages(events: readonly AwsEvent[]): Buffer {
  return Buffer.concat(
    events.map(({ type, payload }) => {
      const headers = Buffer.concat([
        header(':event-type', type),
        header(':content-type', 'application/json'),
        header(':message-type', 'event'),
      ]);
      const body = Buffer.from(JSON.stringify(payload));
      const prelude = Buffer.alloc(8);
      prelude.writeUInt32BE(16 + headers.length + body.length, 0);
      prelude.writeUInt32BE(headers.length, 4);
      const start = Buffer.concat([prelude, checksum(prelude), headers, body]);
      return Buffer.concat([start, checksum(start)]);
    }),
  );
}

function header(name: string, value: string): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(value.length);
  return Buffer.concat([
    Buffer.from([name.length]),
    Buffer.from(name),
    Buffer.from([7]),
    length,
    Buffer.from(value),
  ]);
}

function checksum(bytes: Buffer): Buffer {
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(Bun.hash.crc32(bytes));
  return sum;
}
