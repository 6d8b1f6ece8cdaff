// What every ChatDialect must do, whatever its wire looks like. A new dialect passes this before it is registered.
import { describe, expect, test } from 'bun:test';
import { type Collected, collect } from '../../src/core/collect.ts';
import type { ChatDialect } from '../../src/core/dialect.ts';
import { ERRORS, type ErrorCode, GatewayError } from '../../src/core/errors.ts';
import type { ChatEvent } from '../../src/core/event.ts';
import { OUR_FIELDS } from '../../src/core/options.ts';
import { totalInput, totalOutput, UNKNOWN_USAGE } from '../../src/core/usage.ts';
import { asObject, type JsonObject, parseJson } from '../../src/lib/json.ts';
import { type SseFrame, SseParser } from '../../src/lib/sse.ts';
import { lawBreaks } from './event-law.ts';
import { PLACES, RICH_CALL } from './example-call.ts';
import { EXAMPLE_EVENTS, RICH_EVENTS } from './example-events.ts';
import { contextOf, METADATA, targetOf } from './example-reply.ts';

export interface DialectSample {
  readonly dialect: ChatDialect;
  /** The least a caller of this wire can send; its only message says `Hi`. */
  readonly minimal: JsonObject;
  /** Where our metadata stands: the wire's own `metadata` may be the caller's. */
  readonly metadataField: string;
  /** Fields that are ours and the wire's own: what is the wire's of them goes on. */
  readonly shared: readonly string[];
}

const TARGET = targetOf('target-model');

/** Declares the whole suite for one dialect. */
export function chatDialectContract({ dialect, minimal, metadataField, shared }: DialectSample) {
  describe(`${dialect.id} keeps the contract of chat dialects`, () => {
    describe('calls', () => callTests(dialect, minimal));
    describe('forwarded calls', () => forwardTests(dialect, minimal, shared));
    describe('whole replies', () => replyTests(dialect, metadataField));
    describe('streams', () => streamTests(dialect, metadataField));
    describe('errors', () => errorTests(dialect, metadataField));
  });
}

function callTests(dialect: ChatDialect, minimal: JsonObject): void {
  test('the least call passes and is read', () => {
    dialect.checkCall(minimal);
    const call = dialect.decodeCall(minimal);
    expect(call.messages.map(({ role, parts }) => [role, parts]) as unknown).toEqual([
      ['user', [{ type: 'text', text: 'Hi' }]],
    ]);
    expect([
      call.tools,
      call.toolChoice,
      call.output,
      call.reasoning,
      call.stream,
      call.user,
    ]).toEqual([[], null, { type: 'text' }, null, false, null]);
    expect(call.extra).toEqual({});
  });

  test('an empty body is refused with a place', () => {
    const error = thrownBy(() => dialect.checkCall({}));
    expect(error.code).toBe('invalid_request');
    expect(error.details.param).toEqual(expect.any(String));
  });

  test('of a rich call everything is in the body or named as lost', () => {
    const { body, losses } = dialect.encodeCall(RICH_CALL, TARGET);
    for (const { marks, path } of PLACES) {
      const carried = marks.every((mark) => body.includes(mark));
      const named = losses.some((loss) => path.some((place) => loss.includes(place)));
      expect({ path, marks, accounted: carried || named }).toEqual({
        path,
        marks,
        accounted: true,
      });
    }
  });

  test('what was written is read, and written the same again', () => {
    const first = dialect.encodeCall(RICH_CALL, TARGET).body;
    const sent = JSON.parse(first) as JsonObject;
    dialect.checkCall(sent);
    const call = dialect.decodeCall(sent);
    const again = dialect.encodeCall(call, TARGET).body;
    expect(dialect.decodeCall(JSON.parse(again) as JsonObject)).toEqual(call);
    expect(JSON.parse(again)).toEqual(sent as never);
  });

  test('ids, names and arguments of tools are read back', () => {
    const { body } = dialect.encodeCall(RICH_CALL, TARGET);
    const parts = dialect
      .decodeCall(JSON.parse(body) as JsonObject)
      .messages.flatMap((message) => message.parts);
    const calls = parts.flatMap((part) =>
      part.type === 'tool-use' && !part.custom
        ? [[part.id, part.name, JSON.parse(part.arguments)]]
        : [],
    );
    expect(calls.slice(0, 2)).toEqual([
      ['call_a', 'get_weather', { city: 'Oslo' }],
      ['call_b', 'get_weather', { city: 'Rome' }],
    ]);
    const results = parts.flatMap((part) => (part.type === 'tool-result' ? [part.toolUseId] : []));
    expect(results.slice(0, 2)).toEqual(['call_a', 'call_b']);
  });

  test('the same call gives the same bytes and the call is left alone', () => {
    const before = JSON.stringify(RICH_CALL);
    const first = dialect.encodeCall(RICH_CALL, TARGET);
    expect(dialect.encodeCall(structuredClone(RICH_CALL), TARGET)).toEqual(first);
    expect(JSON.stringify(RICH_CALL)).toBe(before);
  });

  test('the model is the target’s', () => {
    expect((JSON.parse(dialect.encodeCall(RICH_CALL, TARGET).body) as JsonObject).model).toBe(
      'target-model',
    );
  });
}

function forwardTests(dialect: ChatDialect, minimal: JsonObject, shared: readonly string[]): void {
  const forward = (body: JsonObject, model = String(body.model)) =>
    dialect.forwardCall(JSON.stringify(body, null, 1), body, targetOf(model));

  test('without our fields the text is the same', () => {
    const { body, losses } = forward({ ...minimal, not_known_yet: { x: 1e3 } });
    expect(body).toBe(JSON.stringify({ ...minimal, not_known_yet: { x: 1e3 } }, null, 1));
    expect(losses).toEqual([]);
  });

  test('none of our fields reaches the provider, from either place', () => {
    const ours = {
      models: ['a/b'],
      ignore: ['c'],
      sort: ['price'],
      provider: { order: ['x'] },
      fallback: { total_timeout: '9s' },
      metadata: { plan: 'pro' },
      prompt_variables: { a: 1 },
      cache: { mode: 'off' },
      strict: false,
    };
    for (const body of [
      { ...minimal, ...ours },
      { ...minimal, extra_body: ours },
    ]) {
      const sent = JSON.parse(forward(body).body) as JsonObject;
      for (const field of OUR_FIELDS)
        expect({ field, sent: field in sent }).toEqual({
          field,
          sent: shared.includes(field) && field in ours,
        });
    }
  });

  test('the model is replaced', () => {
    expect((JSON.parse(forward(minimal, 'another').body) as JsonObject).model).toBe('another');
  });
}

/** What an answer says, without what a wire may write in several ways. */
function gist({ blocks, finish }: Collected): unknown {
  const of = (...kinds: readonly string[]) => blocks.filter(({ kind }) => kinds.includes(kind));
  const textOf = (list: readonly Collected['blocks'][number][]) =>
    list.map((block) => ('text' in block ? block.text : '')).join('');
  return {
    text: textOf(of('text', 'refusal')),
    reasoning: textOf(of('reasoning')),
    signatures: of('reasoning').flatMap((block) =>
      block.kind === 'reasoning' && block.signature !== null
        ? [[block.format, block.signature]]
        : [],
    ),
    hidden: of('redacted-reasoning').map((block) => ('data' in block ? block.data : null)),
    calls: of('tool-use').map((block) =>
      block.kind === 'tool-use' ? [block.id, block.name, JSON.parse(block.arguments)] : null,
    ),
    // Some wires have one word for an answer withheld, whoever withheld it.
    reason: finish.reason === 'refusal' ? 'content-filter' : finish.reason,
    input: totalInput(finish.usage),
    cacheRead: finish.usage.cacheRead,
    output: totalOutput(finish.usage),
    thought: finish.usage.reasoning,
  };
}

function replyTests(dialect: ChatDialect, metadataField: string): void {
  const encode = (events: readonly ChatEvent[], lost: string[] = [], exclude = false) =>
    dialect.encodeReply(events, contextOf(lost, { excludeReasoning: exclude }), () => METADATA);

  for (const [name, events] of Object.entries(EXAMPLE_EVENTS)) {
    test(`${name}: written, then read, it says the same`, () => {
      const back = dialect.decodeReply(JSON.parse(JSON.stringify(encode(events))) as JsonObject);
      expect(lawBreaks(back)).toEqual([]);
      expect(gist(collect(back))).toEqual(gist(collect(events)));
    });
  }

  test('id, model and metadata are ours', () => {
    const reply = encode(RICH_EVENTS);
    expect([reply.id, reply.model]).toEqual(['reply-1', 'p/m-1']);
    expect(reply[metadataField]).toEqual({ ...METADATA } as never);
  });

  test('reasoning stays out where the caller asked so', () => {
    expect(JSON.stringify(encode(RICH_EVENTS, [], true))).not.toMatch(
      /reason-mark|signature-mark|hidden-mark/,
    );
  });

  test('what another wire alone has is named once', () => {
    const lost: string[] = [];
    encode(foreign(dialect), lost);
    expect(lost.filter((what) => what.includes('foreign_block')).length).toBe(1);
  });

  test('forwarded, a reply gains the metadata and nothing else', () => {
    const { [metadataField]: _, ...reply } = encode(RICH_EVENTS);
    const text = JSON.stringify(reply, null, 2);
    const forwarded = JSON.parse(dialect.forwardReply(text, reply, METADATA)) as JsonObject;
    expect(forwarded).toEqual({ ...reply, [metadataField]: { ...METADATA } } as never);
  });

  test('what is no reply is refused', () => {
    expect(thrownBy(() => dialect.decodeReply({ hello: 'world' })).code).toBe(
      'upstream_invalid_response',
    );
    expect(
      ERRORS[thrownBy(() => dialect.decodeReply({ error: { message: 'no' } })).code].next,
    ).not.toBe('stop');
  });

  test('the error of an error event is thrown', () => {
    const error = new GatewayError('upstream_overloaded', 'too much');
    expect(thrownBy(() => encode([{ type: 'error', error }]))).toBe(error);
  });
}

function foreign(dialect: ChatDialect): ChatEvent[] {
  const other = dialect.id === 'openai-chat' ? 'anthropic-messages' : 'openai-chat';
  return [
    { type: 'start', id: null, model: null, created: null },
    {
      type: 'block-start',
      index: 0,
      block: { kind: 'opaque', dialect: other, value: { type: 'foreign_block' } },
    },
    { type: 'block-end', index: 0 },
    { type: 'finish', reason: 'stop', raw: null, stopSequence: null, usage: UNKNOWN_USAGE },
  ];
}

function framesOf(text: string): SseFrame[] {
  const parser = new SseParser();
  return [...parser.push(text), ...parser.end()];
}

/** In a frame: at its top level, or in the response it holds. */
function metadataOf(frame: JsonObject | undefined, field: string): JsonObject | undefined {
  return asObject(frame?.[field]) ?? asObject(asObject(frame?.response)?.[field]);
}

function streamTests(dialect: ChatDialect, metadataField: string): void {
  const encode = (events: readonly ChatEvent[], lost: string[] = [], exclude = false) => {
    const encoder = dialect.encoder(contextOf(lost, { excludeReasoning: exclude }), () => METADATA);
    return events.map((event) => encoder.push(event)).join('');
  };
  const decode = (text: string) => {
    const decoder = dialect.decoder();
    return [...framesOf(text).flatMap((frame) => decoder.push(frame)), ...decoder.end()];
  };
  const metadataIn = (text: string) =>
    framesOf(text).flatMap(({ json }) => metadataOf(json, metadataField) ?? []);

  for (const [name, events] of Object.entries(EXAMPLE_EVENTS)) {
    test(`${name}: written, then read, it says the same, as the whole reply does`, () => {
      const back = decode(encode(events));
      expect(lawBreaks(back)).toEqual([]);
      expect(gist(collect(back))).toEqual(gist(collect(events)));
      const whole = dialect.encodeReply(events, contextOf(), () => METADATA);
      expect(gist(collect(dialect.decodeReply(whole)))).toEqual(gist(collect(back)));
    });
  }

  test('metadata stands in one frame, of the last two', () => {
    const out = encode(RICH_EVENTS);
    const frames = framesOf(out);
    expect(metadataIn(out)).toEqual([{ ...METADATA }] as never);
    expect(frames.slice(-2).some(({ json }) => metadataOf(json, metadataField))).toBe(true);
  });

  test('nothing comes after the end, from the encoder or the decoder', () => {
    const encoder = dialect.encoder(contextOf(), () => METADATA);
    const out = RICH_EVENTS.map((event) => encoder.push(event)).join('');
    expect(RICH_EVENTS.map((event) => encoder.push(event)).join('')).toBe('');
    const decoder = dialect.decoder();
    for (const frame of framesOf(out)) decoder.push(frame);
    expect(framesOf(out).flatMap((frame) => decoder.push(frame))).toEqual([]);
    expect(decoder.end()).toEqual([]);
  });

  test('cut anywhere, the decoder ends lawfully and never cleanly before its time', () => {
    const frames = framesOf(encode(RICH_EVENTS));
    for (let count = 0; count < frames.length; count += 1) {
      const events = decode(
        frames
          .slice(0, count)
          .map(({ raw }) => raw)
          .join(''),
      );
      expect({ count, breaks: lawBreaks(events) }).toEqual({ count, breaks: [] });
      if (count < frames.length - 2)
        expect({ count, end: events.at(-1)?.type }).toEqual({ count, end: 'error' });
    }
  });

  test('broken off, the encoder says so and gives no normal end', () => {
    const normalEnd = framesOf(encode(RICH_EVENTS)).at(-1)?.raw ?? '';
    for (let count = 1; count < RICH_EVENTS.length; count += 1) {
      const error = new GatewayError('upstream_idle_timeout', 'silence-mark');
      const out = encode([...RICH_EVENTS.slice(0, count), { type: 'error', error }]);
      expect(out).not.toContain(normalEnd);
      const events = decode(out);
      expect(lawBreaks(events)).toEqual([]);
      const last = events.at(-1);
      expect(last?.type === 'error' && last.error.message).toContain('silence-mark');
    }
  });

  test('reasoning stays out where the caller asked so', () => {
    expect(encode(RICH_EVENTS, [], true)).not.toMatch(/reason-mark|signature-mark|hidden-mark/);
  });

  test('what another wire alone has is named once', () => {
    const lost: string[] = [];
    encode(foreign(dialect), lost);
    expect(lost.filter((what) => what.includes('foreign_block')).length).toBe(1);
  });

  test('the relay passes each frame but for the one that gains metadata', () => {
    const frames = framesOf(encode(RICH_EVENTS));
    const other = { ...METADATA, generation_id: 'other' };
    const relay = dialect.relay(contextOf(), () => other);
    const out = frames.map((frame) => relay.push(frame)).join('') + relay.end();
    const came = frames.map(({ raw }) => raw);
    const went = framesOf(out).map(({ raw }) => raw);
    expect(went.length).toBe(came.length);
    expect(went.filter((raw, at) => raw !== came[at]).length).toBe(1);
    expect(metadataIn(out)).toEqual([{ ...other }] as never);
    expect(gist(collect(decode(out)))).toEqual(gist(collect(RICH_EVENTS)));
  });
}

/** Faults of a provider that go out and come back as the same code. */
const ROUND_TRIPS: readonly ErrorCode[] = [
  'upstream_rate_limited',
  'upstream_not_found',
  'upstream_too_large',
];

function errorTests(dialect: ChatDialect, metadataField: string): void {
  test('every error there is has a status, a message and our code', () => {
    for (const code of Object.keys(ERRORS) as ErrorCode[]) {
      const { status, body } = dialect.encodeError(
        new GatewayError(code, 'why-mark', { param: 'messages[0]' }),
        METADATA,
      );
      expect(status).toBeGreaterThanOrEqual(400);
      expect(asObject(body.error)).toMatchObject({
        message: 'why-mark',
        code,
        type: expect.any(String),
      });
      expect(body[metadataField]).toEqual({ ...METADATA } as never);
    }
  });

  test('without metadata there is none', () => {
    const { body } = dialect.encodeError(new GatewayError('internal', 'x'), null);
    expect(metadataField in body).toBe(false);
  });

  test('a provider that speaks this wire as we do is understood', () => {
    for (const code of ROUND_TRIPS) {
      const { status, body } = dialect.encodeError(new GatewayError(code, 'why-mark'), null);
      const error = dialect.decodeError(status, new Headers(), body, JSON.stringify(body));
      expect({ code: error.code, message: error.message }).toEqual({ code, message: 'why-mark' });
    }
  });

  test('no error reply is too odd', () => {
    for (const text of [
      '',
      '<html>',
      'null',
      '[]',
      '{}',
      '"x"',
      '{"error":null}',
      '{"error":"x"}',
      '{"error":{}}',
      '{"error":[1]}',
      '{"message":"x"}',
    ]) {
      for (const status of [
        400, 401, 402, 403, 404, 408, 413, 418, 422, 429, 500, 502, 503, 504, 529,
      ]) {
        const error = dialect.decodeError(status, new Headers(), asObject(parseJson(text)), text);
        expect(error.message.length).toBeGreaterThan(0);
        expect(error.details.upstreamStatus).toBe(status);
      }
    }
  });

  test('statuses decide what happens next', () => {
    const next = (status: number) => dialect.decodeError(status, new Headers(), {}, '').next;
    expect([400, 422].map(next)).toEqual(['stop', 'stop']);
    for (const status of [401, 402, 403, 404, 408, 413, 429, 500, 502, 503, 504, 529])
      expect({ status, stops: next(status) === 'stop' }).toEqual({ status, stops: false });
  });

  test('as a frame, its own decoder reads it', () => {
    const decoder = dialect.decoder();
    const frame = dialect.encodeErrorFrame(
      new GatewayError('upstream_overloaded', 'why-mark'),
      METADATA,
    );
    const events = framesOf(frame).flatMap((one) => decoder.push(one));
    const last = events.at(-1);
    expect(last?.type === 'error' && last.error.message).toContain('why-mark');
    expect(framesOf(frame).some(({ json }) => metadataOf(json, metadataField))).toBe(true);
  });
}

function thrownBy(run: () => unknown): GatewayError {
  try {
    run();
  } catch (thrown) {
    if (thrown instanceof GatewayError) return thrown;
  }
  throw new Error('no GatewayError was thrown');
}
