// What every wire must do as providers speak it, whatever it looks like: account for the whole call, survive any reply.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { UpstreamDialect } from '../../src/core/dialect.ts';
import { GatewayError } from '../../src/core/errors.ts';
import type { ChatEvent } from '../../src/core/event.ts';
import { UPSTREAM_DIALECTS } from '../../src/dialects/index.ts';
import { asObject, type Json, type JsonObject, parseJson } from '../../src/lib/json.ts';
import { SseFrame } from '../../src/lib/sse.ts';
import { lawBreaks } from './event-law.ts';
import { PLACES, RICH_CALL } from './example-call.ts';
import { targetOf } from './example-reply.ts';
import { WIRE_WORDS } from './wire-words.ts';

const TARGET = targetOf('target-model');

/** What a mark is called where its wire has another word for it: calls are held to their schemas by a mode of calling. */
const OTHER_WORDS: readonly (readonly [word: string, mark: string])[] = [
  ['"mode":"ANY"', '"strict'],
  ['"mode":"VALIDATED"', '"strict'],
  ['"functionCallingConfig"', '"tool_choice"'],
];

for (const dialect of Object.values(UPSTREAM_DIALECTS))
  describe(`${dialect.id} keeps the contract of upstream wires`, () => {
    describe('calls', () => callTests(dialect));
    describe('anything for a reply', () => replyTests(dialect));
    describe('errors', () => errorTests(dialect));
  });

function callTests(dialect: UpstreamDialect): void {
  test('of a rich call everything is in the body or named as lost', () => {
    const { body, losses } = dialect.encodeCall(RICH_CALL, TARGET);
    // Field names are marks too, and some wires write theirs in camel case.
    const snake = body.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    // And some ask for a stream by another path.
    const streams = dialect.path(TARGET, true) !== dialect.path(TARGET, false);
    // And one says these in words of its own.
    const others = OTHER_WORDS.map(([word, mark]) => (body.includes(word) ? mark : '')).join('');
    const written = body + snake + others + (streams ? '"stream":true' : '');
    const streamsByPath = dialect.path(TARGET, true) !== dialect.path(TARGET, false);
    const places = PLACES.filter(({ path }) => !streamsByPath || !path.includes('stream'));
    for (const { marks, path } of places) {
      // Some wires take the text of a document only as bytes.
      const carried = marks.every((mark) => written.includes(mark) || body.includes(btoa(mark)));
      const named = losses.some((loss) => path.some((place) => loss.includes(place)));
      expect({ path, marks, accounted: carried || named }).toEqual({
        path,
        marks,
        accounted: true,
      });
    }
  });

  test('the same call gives the same bytes and the call is left alone', () => {
    const before = JSON.stringify(RICH_CALL);
    const first = dialect.encodeCall(RICH_CALL, TARGET);
    expect(dialect.encodeCall(structuredClone(RICH_CALL), TARGET)).toEqual(first);
    expect(JSON.stringify(RICH_CALL)).toBe(before);
  });

  test('a conversation that grows keeps its beginning, byte for byte', () => {
    const turns = RICH_CALL.messages;
    const shorter = { ...RICH_CALL, messages: turns.slice(0, 5) };
    const prefix = (text: string) => {
      // Up to the end of the earlier turns: where the two begin to differ, only closing brackets may have come.
      const longer = dialect.encodeCall(RICH_CALL, TARGET).body;
      let at = 0;
      while (at < text.length && text[at] === longer[at]) at += 1;
      return text.slice(0, at);
    };
    const body = dialect.encodeCall(shorter, TARGET).body;
    expect(prefix(body)).toContain('user-mark');
  });

  test('the path names the model where the body does not, percent-encoded', () => {
    for (const stream of [false, true]) {
      const target = targetOf('org/model:1?x#y');
      const path = dialect.path(target, stream);
      expect(path.startsWith('/')).toBe(true);
      expect(path).not.toMatch(/[#\s]/);
      const { body } = dialect.encodeCall({ ...RICH_CALL, stream }, target);
      const named = asObject(parseJson(body))?.model === 'org/model:1?x#y';
      expect(named || decodeURIComponent(path).includes('model:1?x#y')).toBe(true);
    }
  });
}

/** JSON that looks like this wire: its words as keys and values, in any order and place. */
function wireJson(words: readonly string[]): fc.Arbitrary<JsonObject> {
  const word = fc.constantFrom(...words);
  const leaf = fc.oneof(
    word,
    fc.string({ maxLength: 8 }),
    fc.integer({ min: -1, max: 5 }),
    fc.boolean(),
    fc.constant(null),
    fc.constantFrom('{', '{}', '{"a":1}', '[1', ''),
  );
  const { object } = fc.letrec<{ value: Json; object: JsonObject }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 5, depthSize: 'small' },
      leaf,
      fc.array(tie('value'), { maxLength: 3 }),
      tie('object'),
    ),
    object: fc.dictionary(word, tie('value'), { maxKeys: 6 }),
  }));
  return object;
}

function replyTests(dialect: UpstreamDialect): void {
  const words = WIRE_WORDS[dialect.id];
  const json = wireJson(words);
  const frame = fc
    .tuple(fc.option(fc.constantFrom(...words), { nil: null }), fc.oneof(json, fc.string()))
    .map(([event, data]) => {
      const text = typeof data === 'string' ? data.replaceAll('\n', '') : JSON.stringify(data);
      return new SseFrame(event, text, `data: ${text}\n\n`);
    });

  test('whole: events that keep the law, or a GatewayError', () => {
    fc.assert(
      fc.property(json, (body) => {
        const events = eventsOrError(() => dialect.decodeReply(body));
        if (events) expect(lawBreaks(events)).toEqual([]);
      }),
      { numRuns: 400 },
    );
  });

  test('streamed: events that keep the law', () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 12 }), (frames) => {
        const decoder = dialect.decoder();
        const events = [...frames.flatMap((one) => decoder.push(one)), ...decoder.end()];
        expect(lawBreaks(events)).toEqual([]);
      }),
      { numRuns: 400 },
    );
  });

  test('an empty stream is a truncated one', () => {
    const last = dialect.decoder().end().at(-1);
    expect(last?.type === 'error' && last.error.code).toBe('upstream_stream_truncated');
  });
}

function eventsOrError(decode: () => readonly ChatEvent[]): readonly ChatEvent[] | null {
  try {
    return decode();
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(GatewayError);
    return null;
  }
}

function errorTests(dialect: UpstreamDialect): void {
  test('no error reply is too odd', () => {
    const json = wireJson(WIRE_WORDS[dialect.id]);
    fc.assert(
      fc.property(
        fc.constantFrom(400, 401, 402, 403, 404, 408, 413, 418, 422, 429, 500, 502, 503, 504, 529),
        fc.oneof(json, fc.json(), fc.string()),
        (status, body) => {
          const text = typeof body === 'string' ? body : JSON.stringify(body);
          const object = asObject(parseJson(text));
          const error = dialect.decodeError(status, new Headers(), object, text);
          expect(error).toBeInstanceOf(GatewayError);
          expect(error.message.length).toBeGreaterThan(0);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('statuses decide what happens next', () => {
    const next = (status: number) => dialect.decodeError(status, new Headers(), {}, '').next;
    expect([400, 422].map(next)).toEqual(['stop', 'stop']);
    for (const status of [401, 402, 403, 404, 408, 413, 429, 500, 502, 503, 504, 529])
      expect({ status, stops: next(status) === 'stop' }).toEqual({ status, stops: false });
  });
}
