// The SSE parser against an independent one, with every input split at every offset.
import { describe, expect, test } from 'bun:test';
import { createParser } from 'eventsource-parser';
import fc from 'fast-check';
import { SseFrame, SseParser, sseText } from './sse.ts';

const INPUTS: readonly (readonly [string, string])[] = [
  ['LF', 'data: {"a":1}\n\ndata: [DONE]\n\n'],
  ['CRLF', 'event: x\r\ndata: {"a":1}\r\n\r\ndata: 2\r\n\r\n'],
  ['CR', 'data: 1\r\rdata: 2\r\r'],
  ['mixed breaks', 'event: a\r\ndata: 1\n\r\ndata: 2\r\n\n'],
  ['comments and ids', ': PROCESSING\n\nid: 7\nretry: 100\ndata: x\n\n: bye\n\n'],
  ['BOM', '\ufeffdata: 1\n\n'],
  ['several data lines', 'data: a\ndata: b\ndata\ndata:c\n\n'],
  ['no space after the colon', 'data:{"a":1}\nevent:tick\n\n'],
  ['no data', 'event: ping\n\ndata: 1\n\n'],
  ['split characters', 'data: {"t":"héllo 😀 wörld"}\n\n'],
  ['blank lines between', '\n\n\ndata: 1\n\n\n\ndata: 2\n\n'],
  ['unfinished', 'data: 1\n\ndata: 2'],
];

interface Seen {
  readonly event: string | null;
  readonly data: string;
}

function ours(pieces: readonly string[]): Seen[] {
  const parser = new SseParser();
  return pieces.flatMap((piece) => parser.push(piece)).map(({ event, data }) => ({ event, data }));
}

function theirs(text: string): Seen[] {
  const seen: Seen[] = [];
  const parser = createParser({
    onEvent: ({ event, data }) => seen.push({ event: event || null, data }),
  });
  parser.feed(text);
  // The library waits to see whether a final CR has its LF; nothing more comes here.
  parser.reset({ consume: false });
  return seen;
}

describe('SseParser', () => {
  test.each(INPUTS)(
    '%s: agrees with eventsource-parser, whole and split at every offset',
    (_name, text) => {
      const expected = theirs(text);
      const whole = ours([text]);
      expect(whole.slice(0, expected.length)).toEqual(expected);
      for (let cut = 0; cut <= text.length; cut++) {
        expect(ours([text.slice(0, cut), text.slice(cut)])).toEqual(whole);
      }
      expect(ours([...text])).toEqual(whole);
    },
  );

  test('the frames together are the input, byte for byte', () => {
    const text = 'event: a\r\ndata: 1\r\n\r\n: comment\ndata: 2\n\n';
    const frames = new SseParser().push(text);
    expect(frames.map((frame) => frame.raw).join('')).toBe(text);
  });

  test('end() gives a frame that lacks only its blank line', () => {
    const parser = new SseParser();
    expect(parser.push('data: 1\n\ndata: {"b"')).toHaveLength(1);
    expect(parser.push(':2}')).toEqual([]);
    expect(parser.end().map((frame) => frame.data)).toEqual(['{"b":2}']);
    expect(parser.end()).toEqual([]);
  });

  test('any cutting of any frames gives the same frames', () => {
    const frame = fc.record({
      event: fc.option(fc.stringMatching(/^[a-z_]{1,8}$/)),
      data: fc.json(),
    });
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 8 }),
        fc.array(fc.nat(400), { maxLength: 12 }),
        (frames, cuts) => {
          const text = frames.map(({ event, data }) => sseText(data, event ?? undefined)).join('');
          const places = [
            0,
            ...cuts.map((cut) => Math.min(cut, text.length)).sort((a, b) => a - b),
            text.length,
          ];
          const pieces = places.slice(1).map((end, index) => text.slice(places[index], end));
          expect(ours(pieces)).toEqual(frames.map(({ event, data }) => ({ event, data })));
        },
      ),
    );
  });

  test('refuses a frame beyond its limit', () => {
    const parser = new SseParser(100);
    expect(() => parser.push('x'.repeat(101))).toThrow(RangeError);
  });

  test('a megabyte frame in small pieces is no quadratic work', () => {
    const parser = new SseParser();
    const piece = 'x'.repeat(1000);
    parser.push('data: ');
    const started = performance.now();
    for (let index = 0; index < 4000; index++) parser.push(piece);
    const frames = parser.push('\n\n');
    expect(frames[0]?.data.length).toBe(4_000_000);
    // Quadratic work would be 8 GB of scanning: minutes.
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

describe('SseFrame.json', () => {
  test.each([
    ['{"a":1}', { a: 1 }],
    [' {"a":1}', { a: 1 }],
    ['[DONE]', undefined],
    ['{"a":', undefined],
    ['[1]', undefined],
    ['', undefined],
  ])('%j → %j', (data, expected) => {
    expect(new SseFrame(null, data, '').json).toEqual(expected as never);
  });
});
