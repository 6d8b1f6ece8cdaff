// AWS messages: whatever is written is read, however it is cut; whatever is damaged is noticed. The writer here is the
// reference: it is written from the format's description and shares no code with the reader.
import { describe, expect, test } from 'bun:test';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { AwsEventStreamReader, AwsMessageReader, type HeaderValue } from './aws-event-stream.ts';

interface Header {
  readonly name: string;
  readonly type: number;
  readonly value: HeaderValue;
}

function written(headers: readonly Header[], payload: Uint8Array): Buffer {
  const head = Buffer.concat(headers.map(headerBytes));
  const total = 12 + head.length + payload.length + 4;
  const start = Buffer.alloc(12);
  start.writeUInt32BE(total);
  start.writeUInt32BE(head.length, 4);
  start.writeUInt32BE(crc32(start.subarray(0, 8)), 8);
  const checked = Buffer.concat([start, head, payload]);
  const end = Buffer.alloc(4);
  end.writeUInt32BE(crc32(checked));
  return Buffer.concat([checked, end]);
}

function headerBytes({ name, type, value }: Header): Buffer {
  const label = Buffer.from(name);
  return Buffer.concat([
    Buffer.from([label.length]),
    label,
    Buffer.from([type]),
    valueBytes(type, value),
  ]);
}

function valueBytes(type: number, value: HeaderValue): Buffer {
  const out = Buffer.alloc(8);
  switch (type) {
    case 2:
      out.writeInt8(Number(value));
      return out.subarray(0, 1);
    case 3:
      out.writeInt16BE(Number(value));
      return out.subarray(0, 2);
    case 4:
      out.writeInt32BE(Number(value));
      return out.subarray(0, 4);
    case 5:
    case 8:
      out.writeBigInt64BE(BigInt(value as bigint));
      return out;
    case 6:
    case 7: {
      const bytes =
        typeof value === 'string' ? Buffer.from(value) : Buffer.from(value as Uint8Array);
      out.writeUInt16BE(bytes.length);
      return Buffer.concat([out.subarray(0, 2), bytes]);
    }
    case 9:
      return Buffer.from(value as Uint8Array);
    default:
      return Buffer.alloc(0);
  }
}

const name = fc.string({ minLength: 1, maxLength: 20 });
const long = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const value: fc.Arbitrary<{ readonly type: number; readonly value: HeaderValue }> = fc.oneof(
  fc.record({ type: fc.constant(0), value: fc.constant(true) }),
  fc.record({ type: fc.constant(1), value: fc.constant(false) }),
  fc.record({ type: fc.constant(2), value: fc.integer({ min: -128, max: 127 }) }),
  fc.record({ type: fc.constant(3), value: fc.integer({ min: -32768, max: 32767 }) }),
  fc.record({ type: fc.constant(4), value: fc.integer() }),
  fc.record({ type: fc.constantFrom(5, 8), value: long }),
  fc.record({ type: fc.constant(6), value: fc.uint8Array({ maxLength: 20 }) }),
  fc.record({ type: fc.constant(7), value: fc.string({ maxLength: 20 }) }),
  fc.record({ type: fc.constant(9), value: fc.uint8Array({ minLength: 16, maxLength: 16 }) }),
);
const message = fc.record({
  headers: fc.uniqueArray(
    fc.tuple(name, value).map(([label, rest]) => ({ name: label, ...rest })),
    { selector: (header) => header.name, maxLength: 6 },
  ),
  payload: fc.uint8Array({ maxLength: 300 }),
});

test('any messages, cut anywhere, are read as they were written', () => {
  fc.assert(
    fc.property(
      fc.array(message, { maxLength: 5 }),
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 }),
      (messages, sizes) => {
        const bytes = Buffer.concat(
          messages.map(({ headers, payload }) => written(headers, payload)),
        );
        const reader = new AwsMessageReader();
        const read = [];
        for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1;
          read.push(...reader.push(bytes.subarray(at, at + size)));
          at += size;
        }
        expect(read.map(({ headers, payload }) => [[...headers], [...payload]])).toEqual(
          messages.map(({ headers, payload }) => [
            headers.map((header) => [header.name, header.value]),
            [...payload],
          ]) as never,
        );
      },
    ),
  );
});

const TYPED: readonly Header[] = [
  { name: ':message-type', type: 7, value: 'event' },
  { name: ':event-type', type: 7, value: 'contentBlockDelta' },
];

describe('what is wrong is noticed', () => {
  test('any changed byte of a whole message', () => {
    const bytes = written(TYPED, Buffer.from('{"delta":{"text":"Hi"}}'));
    for (let at = 0; at < bytes.length; at += 1) {
      for (const bit of [1, 128]) {
        const damaged = Buffer.from(bytes);
        damaged.writeUInt8(damaged.readUInt8(at) ^ bit, at);
        expect(() => new AwsMessageReader().push(damaged)).toThrow(SyntaxError);
      }
    }
  });

  test('lengths that make no sense, with the right checksums', () => {
    for (const [total, headers] of [
      [15, 0],
      [16, 1],
      [20, 100],
    ] as const) {
      const bytes = Buffer.alloc(32);
      bytes.writeUInt32BE(total);
      bytes.writeUInt32BE(headers, 4);
      bytes.writeUInt32BE(crc32(bytes.subarray(0, 8)), 8);
      expect(() => new AwsMessageReader().push(bytes)).toThrow(SyntaxError);
    }
  });

  test('headers that run over their end, and types that do not exist', () => {
    const whole = written([{ name: 'a', type: 7, value: 'bc' }], Buffer.alloc(0));
    for (const [at, changed] of [
      [12, 200],
      [14, 17],
      [16, 9],
    ] as const) {
      const bytes = Buffer.from(whole);
      bytes.writeUInt8(changed, at);
      bytes.writeUInt32BE(crc32(bytes.subarray(0, bytes.length - 4)), bytes.length - 4);
      expect(() => new AwsMessageReader().push(bytes)).toThrow(SyntaxError);
    }
  });

  test('a message that is too long, before it has come', () => {
    const bytes = written([], Buffer.alloc(100));
    expect(() => new AwsMessageReader(115).push(bytes.subarray(0, 12))).toThrow(RangeError);
    expect(new AwsMessageReader(116).push(bytes)).toHaveLength(1);
  });
});

describe('as frames', () => {
  const frames = (headers: readonly Header[], payload: string) =>
    new AwsEventStreamReader().push(written(headers, Buffer.from(payload)));
  const text = (label: string, said: string): Header => ({ name: label, type: 7, value: said });

  test('an event by its type', () => {
    const [frame] = frames(TYPED, '{"delta":{"text":"Hé"}}');
    expect([frame?.event, frame?.json, frame?.raw]).toEqual([
      'contentBlockDelta',
      { delta: { text: 'Hé' } },
      '',
    ]);
  });

  test('an exception, and an error without a payload', () => {
    const [thrown] = frames(
      [text(':message-type', 'exception'), text(':exception-type', 'throttlingException')],
      '{"message":"Slow down"}',
    );
    expect([thrown?.event, thrown?.json]).toEqual([
      'exception:throttlingException',
      { message: 'Slow down' },
    ]);
    const [error] = frames(
      [text(':message-type', 'error'), text(':error-code', '500'), text(':error-message', 'Oh')],
      '',
    );
    expect([error?.event, error?.json]).toEqual(['exception:500', { message: 'Oh' }]);
  });

  test('half a message at the end is nothing', () => {
    const reader = new AwsEventStreamReader();
    expect(reader.push(written(TYPED, Buffer.from('{}')).subarray(0, -1))).toEqual([]);
    expect(reader.end()).toEqual([]);
  });
});

test('a long message in many small pieces is not read again for each', () => {
  const bytes = written(TYPED, Buffer.alloc(4 * 1024 * 1024, 97));
  const reader = new AwsMessageReader();
  const start = performance.now();
  let read = 0;
  for (let at = 0; at < bytes.length; at += 1000)
    read += reader.push(bytes.subarray(at, at + 1000)).length;
  expect(read).toBe(1);
  expect(performance.now() - start).toBeLessThan(1000);
});
