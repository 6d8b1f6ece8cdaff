// Requests come out whole and in order, however the network cut them.
import { describe, expect, test } from 'bun:test';
import { type HttpRequest, RequestReader } from './read-requests.ts';

const PLAIN =
  'POST /v1/a?x=1 HTTP/1.1\r\nHost: h\r\nX-Two: a\r\nx-two:  b \r\nContent-Length: 9\r\n\r\n{"ä":"😀"}'.replace(
    'Content-Length: 9',
    `Content-Length: ${Buffer.byteLength('{"ä":"😀"}')}`,
  );
const CHUNKED =
  'POST /b HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n7;ext=1\r\n, world\r\n0\r\n\r\n';
const GET = 'GET /c HTTP/1.1\r\nConnection: close\r\n\r\n';

function readAll(parts: readonly Buffer[]): (HttpRequest | 'bad')[] {
  const reader = new RequestReader();
  const found: (HttpRequest | 'bad')[] = [];
  for (const part of parts) {
    reader.push(part);
    for (;;) {
      const next = reader.next();
      if (next === 'more' || next === 'continue') break;
      found.push(next);
      if (next === 'bad') return found;
    }
  }
  return found;
}

const told = (requests: readonly (HttpRequest | 'bad')[]) =>
  requests.map((request) =>
    request === 'bad' ? request : [request.method, request.path, request.body, request.keepAlive],
  );

const EXPECTED = [
  ['POST', '/v1/a?x=1', '{"ä":"😀"}', true],
  ['POST', '/b', 'hello, world', true],
  ['GET', '/c', '', false],
  ['POST', '/v1/a?x=1', '{"ä":"😀"}', true],
];

describe('a row of requests', () => {
  const bytes = Buffer.from(PLAIN + CHUNKED + GET + PLAIN);

  test('at once, byte by byte, and cut in two anywhere', () => {
    expect(told(readAll([bytes]))).toEqual(EXPECTED);
    expect(told(readAll(Array.from(bytes, (byte) => Buffer.from([byte]))))).toEqual(EXPECTED);
    for (let at = 1; at < bytes.length; at += 1) {
      expect(told(readAll([bytes.subarray(0, at), bytes.subarray(at)]))).toEqual(EXPECTED);
    }
  });

  test('headers: lower case, joined, trimmed', () => {
    const [first] = readAll([bytes]);
    expect(first === 'bad' ? null : first?.headers['x-two']).toBe('a, b');
  });
});

test('a client that asks leave to send its body gets it once', () => {
  const reader = new RequestReader();
  reader.push(Buffer.from('POST /a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n'));
  expect(reader.next()).toBe('continue');
  reader.push(Buffer.from('{'));
  expect(reader.next()).toBe('more');
  reader.push(Buffer.from('}'));
  expect(reader.next()).toMatchObject({ body: '{}' });
});

test.each([
  ['no HTTP at all', 'hello\r\n\r\n'],
  ['a header without a colon', 'GET / HTTP/1.1\r\nbroken\r\n\r\n'],
  ['a wrong length', 'GET / HTTP/1.1\r\ncontent-length: x\r\n\r\n'],
  ['a wrong chunk', 'GET / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n'],
  ['an endless head', `GET / HTTP/1.1\r\nx: ${'y'.repeat(70_000)}`],
])('%s is refused', (_, text) => {
  expect(told(readAll([Buffer.from(text)]))).toEqual(['bad']);
});
