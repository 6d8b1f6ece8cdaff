// Events of any lawful answer → a stream that clients of this wire can read to its end.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { contextOf, METADATA } from '../../../test/contracts/example-reply.ts';
import { type CollectedBlock, collect } from '../../core/collect.ts';
import type { ReplyContext } from '../../core/dialect.ts';
import { GatewayError } from '../../core/errors.ts';
import type { BlockDelta, BlockStart, ChatEvent, FinishReason } from '../../core/event.ts';
import { UNKNOWN_USAGE } from '../../core/usage.ts';
import { asArray, asObject, asObjects, type Json, type JsonObject } from '../../lib/json.ts';
import { type SseFrame, SseParser } from '../../lib/sse.ts';
import { decodeReply } from './decode-reply.ts';
import { StreamDecoder } from './decode-stream.ts';
import { encodeReply } from './encode-reply.ts';
import { StreamEncoder } from './encode-stream.ts';

const USAGE = { ...UNKNOWN_USAGE, input: 3, cacheRead: 1, output: 2, reasoning: 4 };
const END: ChatEvent = {
  type: 'finish',
  reason: 'stop',
  raw: 'end_turn',
  stopSequence: null,
  usage: USAGE,
};
const START: ChatEvent = { type: 'start', id: 'theirs', model: 'theirs', created: 1 };

function block(index: number, start: BlockStart, ...deltas: BlockDelta[]): ChatEvent[] {
  return [
    { type: 'block-start', index, block: start },
    ...deltas.map((delta): ChatEvent => ({ type: 'block-delta', index, delta })),
    { type: 'block-end', index },
  ];
}

function encode(
  events: readonly ChatEvent[],
  context: ReplyContext = contextOf(),
): { text: string; frames: SseFrame[] } {
  const encoder = new StreamEncoder(context, () => METADATA);
  const text = events.map((event) => encoder.push(event)).join('');
  return { text, frames: new SseParser().push(text) };
}

const bodiesOf = (frames: readonly SseFrame[]): JsonObject[] =>
  frames.flatMap((frame) => (frame.json ? [frame.json] : []));
const deltasOf = (events: readonly ChatEvent[], context?: ReplyContext): JsonObject[] =>
  bodiesOf(encode(events, context).frames).flatMap((body) =>
    asObjects(body.choices).map((choice) => asObject(choice.delta) ?? {}),
  );

describe('StreamEncoder', () => {
  test('writes a text answer as this wire’s maker does', () => {
    const { frames } = encode([
      START,
      ...block(0, { kind: 'text' }, { kind: 'text', text: 'Hé\n"' }),
      END,
    ]);
    const head = {
      id: 'reply-1',
      object: 'chat.completion.chunk',
      created: 1_700_000_000,
      model: 'p/m-1',
    };
    const choice = (delta: JsonObject, reason: string | null = null) => [
      { index: 0, delta, finish_reason: reason },
    ];
    expect(bodiesOf(frames)).toEqual([
      { ...head, choices: choice({ role: 'assistant', content: '' }), usage: null },
      { ...head, choices: choice({ content: 'Hé\n"' }), usage: null },
      { ...head, choices: choice({}, 'stop'), usage: null },
      {
        ...head,
        choices: [],
        usage: {
          prompt_tokens: 4,
          completion_tokens: 6,
          total_tokens: 10,
          prompt_tokens_details: { cached_tokens: 1 },
          completion_tokens_details: { reasoning_tokens: 4 },
        },
        metadata: METADATA,
      },
    ] as never);
    expect(frames.at(-1)?.data).toBe('[DONE]');
  });

  test('puts usage and metadata on the finish chunk where no usage chunk was asked for', () => {
    const bodies = bodiesOf(encode([START, END], contextOf([], { includeUsage: false })).frames);
    expect(bodies.length).toBe(2);
    expect(bodies[0]).not.toHaveProperty('usage');
    expect(bodies[1]).toMatchObject({
      choices: [{ finish_reason: 'stop' }],
      usage: { total_tokens: 10 },
      metadata: METADATA,
    } as never);
  });

  test('writes no usage chunk where nothing is known', () => {
    const bodies = bodiesOf(encode([START, { ...END, usage: UNKNOWN_USAGE }]).frames);
    expect(bodies.length).toBe(2);
    expect(bodies[1]).not.toMatchObject({ usage: {} });
    expect(bodies[1]?.metadata).toBeDefined();
  });

  test('takes usage from wherever it came', () => {
    const bodies = bodiesOf(
      encode([
        START,
        { type: 'usage', usage: { ...UNKNOWN_USAGE, input: 7 } },
        { ...END, usage: { ...UNKNOWN_USAGE, output: 1 } },
      ]).frames,
    );
    expect(bodies.at(-1)?.usage).toEqual({
      prompt_tokens: 7,
      completion_tokens: 1,
      total_tokens: 8,
    });
  });

  test('numbers tool calls from 0, whatever stands between them', () => {
    const tool = (id: string): BlockStart => ({ kind: 'tool-use', id, name: `f${id}` });
    const deltas = deltasOf([
      START,
      ...block(
        0,
        tool('a'),
        { kind: 'arguments', json: '{"x":' },
        { kind: 'arguments', json: '1}' },
      ),
      ...block(1, { kind: 'text' }, { kind: 'text', text: 't' }),
      ...block(2, tool('b')),
      ...block(
        3,
        { kind: 'tool-use', id: 'c', name: 'fc', custom: true },
        { kind: 'arguments', json: 'ls' },
      ),
      { ...END, reason: 'tool-calls' },
    ]);
    expect(deltas.flatMap((delta) => asArray(delta.tool_calls))).toEqual([
      { index: 0, id: 'a', type: 'function', function: { name: 'fa', arguments: '' } },
      { index: 0, function: { arguments: '{"x":' } },
      { index: 0, function: { arguments: '1}' } },
      { index: 1, id: 'b', type: 'function', function: { name: 'fb', arguments: '' } },
      { index: 1, function: { arguments: '{}' } },
      { index: 2, id: 'c', type: 'custom', custom: { name: 'fc', input: '' } },
      { index: 2, custom: { input: 'ls' } },
    ]);
  });

  test('an error is the last frame, without [DONE]', () => {
    const error = new GatewayError('upstream_overloaded', 'busy');
    const { frames, text } = encode([
      START,
      { type: 'block-start', index: 0, block: { kind: 'text' } },
      { type: 'error', error },
      END,
    ]);
    expect(frames.at(-1)?.json).toMatchObject({
      error: { message: 'busy', code: 'upstream_overloaded', type: 'server_error' },
      metadata: METADATA,
    } as never);
    expect(text).not.toContain('[DONE]');
    expect(frames.length).toBe(2);
  });

  test('citations are annotations of the last chunk, in this wire’s terms where they cite a URL', () => {
    const lost: string[] = [];
    const own = {
      type: 'url_citation',
      url_citation: { url: 'https://own', start_index: 0, end_index: 1 },
    };
    const web = {
      type: 'web_search_result_location',
      url: 'https://web',
      title: 'W',
      cited_text: 'quote',
    };
    const page = { type: 'page_location', document_index: 0 };
    const deltas = deltasOf(
      [
        START,
        ...block(
          0,
          { kind: 'text' },
          { kind: 'text', text: 'abc' },
          { kind: 'citation', dialect: 'openai-chat', value: own },
        ),
        ...block(
          1,
          { kind: 'text' },
          { kind: 'citation', dialect: 'anthropic-messages', value: web },
          { kind: 'text', text: 'de' },
          { kind: 'citation', dialect: 'anthropic-messages', value: page },
          { kind: 'citation', dialect: 'anthropic-messages', value: page },
        ),
        END,
      ],
      contextOf(lost),
    );
    expect(deltas.at(-1)).toEqual({
      annotations: [
        own,
        {
          type: 'url_citation',
          url_citation: {
            url: 'https://web',
            title: 'W',
            start_index: 3,
            end_index: 5,
            content: 'quote',
          },
        },
      ],
    });
    expect(lost).toEqual([expect.stringContaining('reply.citations: ')]);
  });

  test('blocks of another dialect are named as lost, those of this one written', () => {
    const lost: string[] = [];
    const foreign: BlockStart = {
      kind: 'opaque',
      dialect: 'anthropic-messages',
      value: { type: 'server_tool_use', id: 's' },
    };
    const own: BlockStart = {
      kind: 'opaque',
      dialect: 'openai-chat',
      value: { audio: { id: 'a' } },
    };
    const deltas = deltasOf(
      [START, ...block(0, foreign), ...block(1, foreign), ...block(2, own), END],
      contextOf(lost),
    );
    expect(deltas).toEqual([{ role: 'assistant', content: '' }, { audio: { id: 'a' } }, {}]);
    expect(lost).toEqual([expect.stringContaining('server_tool_use')]);
  });

  test('hides reasoning from callers who asked not to see it', () => {
    const events = [
      START,
      ...block(
        0,
        { kind: 'reasoning', format: 'f' },
        { kind: 'reasoning', text: 'secret' },
        { kind: 'signature', signature: 'secret' },
      ),
      ...block(1, { kind: 'redacted-reasoning', data: 'secret' }),
      ...block(2, { kind: 'text' }, { kind: 'text', text: 'shown' }),
      END,
    ];
    const { text } = encode(events, contextOf([], { excludeReasoning: true }));
    expect(text).not.toContain('secret');
    expect(text).not.toContain('reasoning_content');
    expect(text).toContain('shown');
    expect(
      JSON.stringify(
        encodeReply(events, contextOf([], { excludeReasoning: true }), () => METADATA),
      ),
    ).not.toContain('secret');
  });

  test.each([
    ['stop', false, 'stop'],
    ['stop', true, 'tool_calls'],
    ['tool-calls', false, 'stop'],
    ['length', true, 'length'],
    ['content-filter', false, 'content_filter'],
    ['refusal', false, 'content_filter'],
    ['pause', false, 'stop'],
    ['pause', true, 'tool_calls'],
    ['other', false, 'stop'],
  ] as const)('%s with tools %p is %s', (reason, tools, expected) => {
    const call = tools ? block(0, { kind: 'tool-use', id: 'a', name: 'f' }) : [];
    const last = bodiesOf(
      encode([START, ...call, { ...END, reason }], contextOf([], { includeUsage: false })).frames,
    ).at(-1);
    expect(last).toMatchObject({ choices: [{ finish_reason: expected }] });
  });

  test('a refusal is told by the message', () => {
    const events = [
      START,
      ...block(0, { kind: 'refusal' }, { kind: 'refusal', text: 'no' }),
      { ...END, reason: 'refusal' as const },
    ];
    expect(deltasOf(events)).toContainEqual({ refusal: 'no' });
    expect(encodeReply(events, contextOf(), () => METADATA)).toMatchObject({
      choices: [{ message: { content: null, refusal: 'no' }, finish_reason: 'stop' }],
    });
  });
});

// ---- any lawful answer

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 });
const anyBlock: fc.Arbitrary<[BlockStart, BlockDelta[]]> = fc.oneof(
  fc
    .array(text, { minLength: 1, maxLength: 3 })
    .map((texts): [BlockStart, BlockDelta[]] => [
      { kind: 'text' },
      texts.map((piece) => ({ kind: 'text', text: piece })),
    ]),
  fc
    .tuple(
      fc.array(text, { minLength: 1, maxLength: 3 }),
      fc.option(text, { nil: undefined }),
      fc.constantFrom('f1', 'f2'),
    )
    .map(([texts, signature, format]): [BlockStart, BlockDelta[]] => [
      { kind: 'reasoning', format },
      [
        ...texts.map((piece): BlockDelta => ({ kind: 'reasoning', text: piece })),
        ...(signature === undefined ? [] : [{ kind: 'signature', signature } as const]),
      ],
    ]),
  text.map((data): [BlockStart, BlockDelta[]] => [
    { kind: 'redacted-reasoning', data, format: 'f1' },
    [],
  ]),
  fc
    .tuple(fc.uuid(), fc.array(text, { maxLength: 3 }))
    .map(([id, pieces]): [BlockStart, BlockDelta[]] => [
      { kind: 'tool-use', id, name: 'f' },
      cutEvery(JSON.stringify({ pieces }), 5).map((json) => ({ kind: 'arguments', json })),
    ]),
);
const anyEnd: fc.Arbitrary<ChatEvent> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .constantFrom<FinishReason>(
        'stop',
        'length',
        'tool-calls',
        'content-filter',
        'refusal',
        'pause',
        'other',
      )
      .map((reason): ChatEvent => ({ ...END, reason })),
  },
  {
    weight: 1,
    arbitrary: fc.constant<ChatEvent>({
      type: 'error',
      error: new GatewayError('upstream_error', 'broke'),
    }),
  },
);

function lawful(blocks: readonly [BlockStart, BlockDelta[]][], end: ChatEvent): ChatEvent[] {
  return [
    START,
    ...blocks.flatMap(([start, deltas], index) => block(index, start, ...deltas)),
    end,
  ];
}

function cutEvery(value: string, size: number): string[] {
  return value.match(new RegExp(`[\\s\\S]{1,${size}}`, 'g')) ?? [];
}

/** What a message of this wire can hold of an answer: its texts are one. */
function meaning(blocks: readonly CollectedBlock[]) {
  return {
    text: blocks.map((entry) => (entry.kind === 'text' ? entry.text : '')).join(''),
    reasoning: blocks.filter(
      (entry) => entry.kind === 'reasoning' || entry.kind === 'redacted-reasoning',
    ),
    tools: blocks.filter((entry) => entry.kind === 'tool-use'),
  };
}

describe('any lawful answer', () => {
  test('is one start, tool calls in order, one finish and [DONE], or an error without it', () => {
    fc.assert(
      fc.property(
        fc.array(anyBlock, { maxLength: 6 }),
        anyEnd,
        fc.boolean(),
        (blocks, end, includeUsage) => {
          const { text: sent, frames } = encode(
            lawful(blocks, end),
            contextOf([], { includeUsage }),
          );
          const bodies = bodiesOf(frames);
          expect(
            bodies.filter((body) => JSON.stringify(body).includes('"role":"assistant"')).length,
          ).toBe(1);
          expect(sent.split('data: [DONE]').length - 1).toBe(end.type === 'finish' ? 1 : 0);
          expect(sent.endsWith('data: [DONE]\n\n')).toBe(end.type === 'finish');
          expect(
            bodies.filter((body) => asObjects(body.choices).some((choice) => choice.finish_reason))
              .length,
          ).toBe(end.type === 'finish' ? 1 : 0);
          expect(bodies.filter((body) => body.metadata).length).toBe(1);
          expect(bodies.at(-1)?.metadata).toBeDefined();
          const indices = bodies
            .flatMap((body) => asObjects(body.choices))
            .flatMap((choice) => asObjects(asObject(choice.delta)?.tool_calls))
            .map((call) => Number(call.index));
          for (let at = 0; at < indices.length; at++)
            expect(indices[at]).toBeLessThanOrEqual(Math.max(-1, ...indices.slice(0, at)) + 1);
        },
      ),
    );
  });

  test('means the same when it is read again, streamed or whole', () => {
    fc.assert(
      fc.property(fc.array(anyBlock, { maxLength: 6 }), (blocks) => {
        const events = lawful(blocks, END);
        const expected = meaning(collect(events).blocks);
        const decoder = new StreamDecoder();
        const streamed = encode(events).frames.flatMap((frame) => [...decoder.push(frame)]);
        expect(meaning(collect(streamed).blocks)).toEqual(expected);
        const whole = JSON.parse(
          JSON.stringify(encodeReply(events, contextOf(), () => METADATA)),
        ) as JsonObject;
        expect(meaning(collect(decodeReply(whole)).blocks)).toEqual(expected);
        expect(collect(streamed).finish).toMatchObject({
          usage: USAGE,
          reason: expected.tools.length > 0 ? 'tool-calls' : 'stop',
        });
      }),
    );
  });

  test('is closed whatever comes, lawful or not', () => {
    const anyEvent = fc.oneof(
      fc.constant(START),
      anyEnd,
      anyBlock.map(([start]): ChatEvent => ({ type: 'block-start', index: 0, block: start })),
      anyBlock.chain(([, deltas]) =>
        deltas.length === 0
          ? fc.constant(START)
          : fc
              .constantFrom(...deltas)
              .map((delta): ChatEvent => ({ type: 'block-delta', index: 0, delta })),
      ),
      fc.constant<ChatEvent>({ type: 'block-end', index: 0 }),
    );
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 15 }), (events) => {
        const { text: sent, frames } = encode([...events, END]);
        const failed =
          events.find((event) => event.type === 'error' || event.type === 'finish')?.type ===
          'error';
        expect(sent.split('data: [DONE]').length - 1).toBe(failed ? 0 : 1);
        expect(frames.map((frame) => frame.raw).join('')).toBe(sent);
        for (const frame of frames)
          expect(frame.data === '[DONE]' || frame.json !== undefined).toBe(true);
      }),
    );
  });
});

test('a whole reply', () => {
  const events = [
    START,
    ...block(
      0,
      { kind: 'reasoning', format: 'f' },
      { kind: 'reasoning', text: 'hm' },
      { kind: 'signature', signature: 's' },
    ),
    ...block(1, { kind: 'text' }, { kind: 'text', text: 'a' }),
    ...block(2, { kind: 'redacted-reasoning', data: 'd', format: 'f' }),
    ...block(3, { kind: 'tool-use', id: 'c', name: 'f' }),
    { ...END, reason: 'tool-calls' as const },
  ];
  expect(JSON.parse(JSON.stringify(encodeReply(events, contextOf(), () => METADATA)))).toEqual({
    id: 'reply-1',
    object: 'chat.completion',
    created: 1_700_000_000,
    model: 'p/m-1',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: 'a',
          refusal: null,
          reasoning_content: 'hm',
          reasoning_details: [
            { type: 'reasoning.text', text: 'hm', signature: 's', format: 'f', index: 0 },
            { type: 'reasoning.encrypted', data: 'd', format: 'f', index: 2 },
          ],
          tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }],
        },
        logprobs: null,
        finish_reason: 'tool_calls',
      },
    ],
    usage: {
      prompt_tokens: 4,
      completion_tokens: 6,
      total_tokens: 10,
      prompt_tokens_details: { cached_tokens: 1 },
      completion_tokens_details: { reasoning_tokens: 4 },
    },
    metadata: METADATA as unknown as Json,
  });
  expect(() =>
    encodeReply(
      [START, { type: 'error', error: new GatewayError('upstream_error', 'x') }],
      contextOf(),
      () => METADATA,
    ),
  ).toThrow(GatewayError);
});

test('content is null only where tools or a refusal speak instead', () => {
  const message = (events: ChatEvent[]) =>
    asObject(asObjects(encodeReply(events, contextOf(), () => METADATA).choices)[0]?.message)
      ?.content;
  expect(message([START, END])).toBe('');
  expect(message([START, ...block(0, { kind: 'tool-use', id: 'a', name: 'f' }), END])).toBeNull();
});
