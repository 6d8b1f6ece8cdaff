// The stream decoder: lawful events from whatever comes in.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { lawBreaks } from '../../../test/contracts/event-law.ts';
import { framesOf } from '../../../test/contracts/messages-stream-law.ts';
import { collect } from '../../core/collect.ts';
import type { ChatEvent } from '../../core/event.ts';
import { UNKNOWN_USAGE } from '../../core/usage.ts';
import type { JsonObject } from '../../lib/json.ts';
import { EventDecoder } from './decode-events.ts';

const MESSAGE_START = {
  type: 'message_start',
  message: { id: 'msg_1', model: 'claude-x', usage: { input_tokens: 10, output_tokens: 1 } },
};
const TEXT_START = {
  type: 'content_block_start',
  index: 0,
  content_block: { type: 'text', text: '' },
};
const STOP = { type: 'content_block_stop', index: 0 };
const END = {
  type: 'message_delta',
  delta: { stop_reason: 'end_turn', stop_sequence: null },
  usage: { output_tokens: 4 },
};
const OVER = { type: 'message_stop' };

function delta(type: string, fields: JsonObject, index = 0): JsonObject {
  return { type: 'content_block_delta', index, delta: { type, ...fields } };
}

function sse(chunks: readonly JsonObject[]): string {
  return chunks
    .map((chunk) => `event: ${String(chunk.type)}\ndata: ${JSON.stringify(chunk)}\n\n`)
    .join('');
}

function decodeText(text: string): ChatEvent[] {
  const decoder = new EventDecoder();
  return [...framesOf(text).flatMap((frame) => decoder.push(frame)), ...decoder.end()];
}

function decode(...chunks: readonly JsonObject[]): ChatEvent[] {
  const events = decodeText(sse(chunks));
  expect(lawBreaks(events)).toEqual([]);
  return events;
}

function errorOf(events: readonly ChatEvent[]): string {
  const last = events.at(-1);
  return last?.type === 'error' ? last.error.code : `no error but ${last?.type}`;
}

test('a plain answer, event by event', () => {
  expect(
    decode(
      MESSAGE_START,
      { type: 'ping' },
      TEXT_START,
      delta('text_delta', { text: 'Hi' }),
      STOP,
      END,
      OVER,
    ),
  ).toEqual([
    { type: 'start', id: 'msg_1', model: 'claude-x', created: null },
    { type: 'usage', usage: { ...UNKNOWN_USAGE, input: 10 } },
    { type: 'block-start', index: 0, block: { kind: 'text' } },
    { type: 'block-delta', index: 0, delta: { kind: 'text', text: 'Hi' } },
    { type: 'block-end', index: 0 },
    {
      type: 'finish',
      reason: 'stop',
      raw: 'end_turn',
      stopSequence: null,
      usage: { ...UNKNOWN_USAGE, input: 10, output: 4 },
    },
  ]);
});

describe('blocks', () => {
  const blocksOf = (...chunks: readonly JsonObject[]) =>
    collect(decode(MESSAGE_START, ...chunks, END, OVER)).blocks;
  const start = (block: JsonObject, index = 0) => ({
    type: 'content_block_start',
    index,
    content_block: block,
  });

  test('thinking with its signature', () => {
    expect(
      blocksOf(
        start({ type: 'thinking', thinking: '', signature: '' }),
        delta('thinking_delta', { thinking: 'hm' }),
        delta('signature_delta', { signature: 'sig' }),
        STOP,
      ),
    ).toEqual([{ kind: 'reasoning', text: 'hm', signature: 'sig', format: 'anthropic-claude-v1' }]);
  });

  test('redacted thinking', () => {
    expect(blocksOf(start({ type: 'redacted_thinking', data: 'xyz' }), STOP)).toEqual([
      { kind: 'redacted-reasoning', data: 'xyz', format: 'anthropic-claude-v1' },
    ]);
  });

  test('thinking of another maker, packed by us, is that maker’s again', () => {
    expect(
      blocksOf(
        start({ type: 'thinking', thinking: '', signature: 'switchyard:other-v1:' }),
        delta('thinking_delta', { thinking: 'hm' }),
        delta('signature_delta', { signature: 'switchyard:other-v1:abc' }),
        STOP,
      ),
    ).toEqual([{ kind: 'reasoning', text: 'hm', signature: 'abc', format: 'other-v1' }]);
  });

  test('a call in pieces, one with its input in the start, one without any', () => {
    expect(
      blocksOf(
        start({ type: 'tool_use', id: 'a', name: 'f', input: {} }),
        delta('input_json_delta', { partial_json: '' }),
        delta('input_json_delta', { partial_json: '{"x":' }),
        delta('input_json_delta', { partial_json: ' 1}' }),
        STOP,
        start({ type: 'tool_use', id: 'b', name: 'f', input: { x: 2 } }, 1),
        { type: 'content_block_stop', index: 1 },
        start({ type: 'tool_use', id: 'c', name: 'f', input: {} }, 2),
        delta('input_json_delta', { partial_json: '' }, 2),
        { type: 'content_block_stop', index: 2 },
      ),
    ).toEqual([
      { kind: 'tool-use', id: 'a', name: 'f', arguments: '{"x": 1}', custom: false },
      { kind: 'tool-use', id: 'b', name: 'f', arguments: '{"x":2}', custom: false },
      { kind: 'tool-use', id: 'c', name: 'f', arguments: '{}', custom: false },
    ]);
  });

  test('hosted calls and results are kept whole, their input put together', () => {
    expect(
      blocksOf(
        start({ type: 'server_tool_use', id: 's', name: 'web_search', input: {} }),
        delta('input_json_delta', { partial_json: '{"query"' }),
        delta('input_json_delta', { partial_json: ':"x"}' }),
        STOP,
        start({ type: 'web_search_tool_result', tool_use_id: 's', content: [] }, 1),
        { type: 'content_block_stop', index: 1 },
        start({ type: 'compaction', content: null }, 2),
        delta('compaction_delta', { content: 'so ' }, 2),
        delta('compaction_delta', { content: 'far' }, 2),
        { type: 'content_block_stop', index: 2 },
        start({ type: 'not_known_yet', a: 1 }, 3),
        delta('not_known_delta', { b: { c: 2 } }, 3),
        { type: 'content_block_stop', index: 3 },
      ).map((block) => (block.kind === 'opaque' ? block.value : block)),
    ).toEqual([
      { type: 'server_tool_use', id: 's', name: 'web_search', input: { query: 'x' } },
      { type: 'web_search_tool_result', tool_use_id: 's', content: [] },
      { type: 'compaction', content: 'so far' },
      { type: 'not_known_yet', a: 1, b: { c: 2 } },
    ] as never);
  });

  test('citations belong to their text', () => {
    expect(
      blocksOf(
        start({ type: 'text', text: '' }),
        delta('citations_delta', { citation: { type: 'page_location' } }),
        delta('text_delta', { text: 'a' }),
        STOP,
      ),
    ).toEqual([
      {
        kind: 'text',
        text: 'a',
        citations: [{ dialect: 'anthropic-messages', value: { type: 'page_location' } }],
      },
    ]);
  });

  test('deltas of another kind open a block of their own', () => {
    expect(
      blocksOf(
        start({ type: 'text', text: '' }),
        delta('thinking_delta', { thinking: 'hm' }),
        delta('text_delta', { text: 'Hi' }),
        STOP,
      ).map(({ kind }) => kind),
    ).toEqual(['text', 'reasoning', 'text']);
  });

  test('deltas without a start, and blocks without a stop', () => {
    expect(
      blocksOf(
        delta('text_delta', { text: 'a' }),
        delta('text_delta', { text: 'b' }),
        start({ type: 'tool_use', id: 'a', name: 'f', input: {} }, 1),
      ),
    ).toEqual([
      { kind: 'text', text: 'ab', citations: [] },
      { kind: 'tool-use', id: 'a', name: 'f', arguments: '{}', custom: false },
    ]);
  });

  test('indices on the wire may jump; ours do not', () => {
    const events = decode(
      MESSAGE_START,
      start({ type: 'text', text: 'a' }, 4),
      { type: 'content_block_stop', index: 4 },
      start({ type: 'text', text: 'b' }, 9),
      { type: 'content_block_stop', index: 9 },
      END,
      OVER,
    );
    expect(collect(events).blocks.length).toBe(2);
  });

  test('a message given whole in its start', () => {
    const whole = {
      type: 'message_start',
      message: {
        id: 'm',
        model: 'c',
        content: [{ type: 'tool_use', id: 'a', name: 'f', input: { x: 1 } }],
        stop_reason: 'tool_use',
      },
    };
    const { blocks, finish } = collect(decode(whole, OVER));
    expect(blocks).toEqual([
      { kind: 'tool-use', id: 'a', name: 'f', arguments: '{"x":1}', custom: false },
    ]);
    expect(finish.reason).toBe('tool-calls');
  });
});

describe('endings', () => {
  test.each([
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['pause_turn', 'pause'],
    ['refusal', 'refusal'],
    ['something_new', 'other'],
    // No call was made, whatever it says.
    ['tool_use', 'stop'],
  ] as const)('%s is %s', (raw, reason) => {
    const stop = {
      type: 'message_delta',
      delta: { stop_reason: raw, stop_sequence: raw === 'stop_sequence' ? 'X' : null },
      usage: {},
    };
    const { finish } = collect(decode(MESSAGE_START, stop, OVER));
    expect(finish).toMatchObject({
      reason,
      raw,
      stopSequence: raw === 'stop_sequence' ? 'X' : null,
    });
  });

  test('a call was made, whatever it says', () => {
    const call = {
      type: 'content_block_start',
      index: 0,
      content_block: { type: 'tool_use', id: 'a', name: 'f', input: {} },
    };
    expect(collect(decode(MESSAGE_START, call, STOP, END, OVER)).finish.reason).toBe('tool-calls');
    const cutOff = { ...END, delta: { stop_reason: 'max_tokens' } };
    expect(collect(decode(MESSAGE_START, call, STOP, cutOff, OVER)).finish.reason).toBe('length');
  });

  test('the reason was told but message_stop is missing', () => {
    expect(decode(MESSAGE_START, END).at(-1)).toMatchObject({ type: 'finish', reason: 'stop' });
  });

  test('message_stop without a reason', () => {
    expect(decode(MESSAGE_START, TEXT_START, STOP, OVER).at(-1)).toMatchObject({
      type: 'finish',
      reason: 'other',
      raw: null,
    });
  });

  test.each([
    ['nothing at all', []],
    ['only the start', [MESSAGE_START]],
    ['within a block', [MESSAGE_START, TEXT_START, delta('text_delta', { text: 'a' })]],
    [
      'within a hosted call',
      [
        MESSAGE_START,
        {
          type: 'content_block_start',
          index: 0,
          content_block: { type: 'server_tool_use', id: 's', name: 'x', input: {} },
        },
      ],
    ],
    ['between blocks', [MESSAGE_START, TEXT_START, STOP]],
  ])('cut short: %s', (_, chunks) => {
    expect(errorOf(decode(...chunks))).toBe('upstream_stream_truncated');
  });

  test('half a hosted call is none', () => {
    const events = decode(MESSAGE_START, {
      type: 'content_block_start',
      index: 0,
      content_block: { type: 'server_tool_use', id: 's', name: 'x', input: {} },
    });
    expect(events.some(({ type }) => type === 'block-start')).toBe(false);
  });

  test('the same start twice is noise; another answer inside this one is not', () => {
    expect(
      decode(MESSAGE_START, MESSAGE_START, TEXT_START, MESSAGE_START, STOP, END, OVER).at(-1)?.type,
    ).toBe('finish');
    const other = { ...MESSAGE_START, message: { ...MESSAGE_START.message, id: 'msg_2' } };
    expect(errorOf(decode(MESSAGE_START, TEXT_START, other, STOP, END, OVER))).toBe(
      'upstream_stream_truncated',
    );
  });

  test('nothing comes after the end', () => {
    const events = decode(MESSAGE_START, END, OVER, TEXT_START, STOP, END, OVER, {
      type: 'error',
      error: { type: 'api_error', message: 'x' },
    });
    expect(events.at(-1)?.type).toBe('finish');
  });
});

describe('errors inside a 200', () => {
  test.each([
    [
      { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
      'upstream_overloaded',
      'Overloaded',
    ],
    [
      { type: 'error', error: { details: null, type: 'rate_limit_error', message: 'slow down' } },
      'upstream_rate_limited',
      'slow down',
    ],
    [
      { type: 'error', error: { type: 'api_error', message: 'Internal server error' } },
      'upstream_error',
      'Internal server error',
    ],
    [
      { type: 'error', error: { type: 'timeout_error', message: 'too slow' } },
      'upstream_timeout',
      'too slow',
    ],
    [
      {
        type: 'error',
        error: {
          type: 'invalid_request_error',
          message: 'prompt is too long: 9 tokens > 8 maximum',
        },
      },
      'upstream_context_length',
      'prompt is too long: 9 tokens > 8 maximum',
    ],
    [{ type: 'error', error: { type: 'new_error', message: 'new' } }, 'upstream_error', 'new'],
    [{ error: { message: 'proxy says no', code: 500 } }, 'upstream_error', 'proxy says no'],
    [
      { object: 'error', error: {} },
      'upstream_error',
      'The provider sent an error in place of an answer, without saying what it was.',
    ],
  ] as const)('%p', (frame, code, message) => {
    for (const before of [
      [],
      [MESSAGE_START],
      [MESSAGE_START, TEXT_START, delta('text_delta', { text: 'a' })],
    ]) {
      const events = decode(...before, frame as JsonObject, OVER);
      const last = events.at(-1);
      expect(last?.type === 'error' && [last.error.code, last.error.message]).toEqual([
        code,
        message,
      ]);
    }
  });

  test('with spaces after its JSON, as it is recorded', () => {
    const events = decodeText(
      'event: error\ndata: {"type":"error","error":{"details":null,"type":"overloaded_error","message":"Overloaded"}              }\n\n',
    );
    expect(errorOf(events)).toBe('upstream_overloaded');
  });
});

describe('noise', () => {
  test('comments, unknown events and malformed frames cost themselves only', () => {
    const whole = sse([
      MESSAGE_START,
      TEXT_START,
      delta('text_delta', { text: 'Hi' }),
      STOP,
      END,
      OVER,
    ]);
    const frames = whole.split('\n\n').filter((frame) => frame !== '');
    const noise = [
      ': comment',
      'event: new_event\ndata: {"type":"new_event","index":0}',
      'data: {"type":"content_block_delta","index":0,"delta":{"type":"text_del',
      'data: [DONE]',
      'data: null',
      'event: content_block_delta\ndata: {"type":"content_block_delta"}',
    ];
    const noisy = frames
      .flatMap((frame) => [...noise, frame])
      .map((frame) => `${frame}\n\n`)
      .join('');
    expect(decodeText(noisy)).toEqual(decodeText(whole));
  });

  test('without event lines, the data says what it is', () => {
    const whole = sse([
      MESSAGE_START,
      TEXT_START,
      delta('text_delta', { text: 'Hi' }),
      STOP,
      END,
      OVER,
    ]);
    expect(decodeText(whole.replace(/event: .*\n/g, ''))).toEqual(decodeText(whole));
  });

  test('any frames in any order keep the law', () => {
    const index = fc.option(fc.nat(3), { nil: undefined });
    const blockType = fc.constantFrom(
      'text',
      'thinking',
      'redacted_thinking',
      'tool_use',
      'server_tool_use',
      'compaction',
      'new_type',
      null,
    );
    const deltaType = fc.constantFrom(
      'text_delta',
      'thinking_delta',
      'signature_delta',
      'input_json_delta',
      'citations_delta',
      'compaction_delta',
      'new_delta',
      null,
    );
    const value = fc.oneof(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 1 }));
    const chunk: fc.Arbitrary<unknown> = fc.oneof(
      fc.record({
        type: fc.constant('message_start'),
        message: fc.oneof(
          fc.constant(null),
          fc.record({
            id: fc.constantFrom('a', 'b'),
            usage: fc.jsonValue({ maxDepth: 1 }),
            content: fc.constantFrom([], [{ type: 'text', text: 'x' }], 'no'),
          }),
        ),
      }),
      fc.record({
        type: fc.constant('content_block_start'),
        index,
        content_block: fc.record({
          type: blockType,
          id: value,
          name: value,
          text: value,
          input: fc.jsonValue({ maxDepth: 1 }),
          signature: value,
          citations: fc.jsonValue({ maxDepth: 1 }),
        }),
      }),
      fc.record({
        type: fc.constant('content_block_delta'),
        index,
        delta: fc.record({
          type: deltaType,
          text: value,
          thinking: value,
          signature: value,
          partial_json: value,
          citation: value,
          content: value,
        }),
      }),
      fc.record({ type: fc.constant('content_block_stop'), index }),
      fc.record({
        type: fc.constant('message_delta'),
        delta: fc.record({ stop_reason: fc.constantFrom(null, 'end_turn', 'tool_use', 7) }),
        usage: fc.jsonValue({ maxDepth: 2 }),
      }),
      fc.constant({ type: 'ping' }),
      fc.jsonValue({ maxDepth: 2 }),
    );
    const last = fc.constantFrom<unknown>(
      null,
      { type: 'message_stop' },
      { type: 'error', error: { type: 'api_error' } },
      { type: 'error' },
      { error: 3 },
    );
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 25 }), last, (chunks, end) => {
        const text = [...chunks, end].map((one) => `data: ${JSON.stringify(one)}\n\n`).join('');
        expect(lawBreaks(decodeText(text))).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});

describe('usage', () => {
  const usageOf = (...usages: readonly JsonObject[]) => {
    const [first, ...rest] = usages;
    const deltas = rest.map((usage) => ({ ...END, usage }));
    return collect(
      decode({ ...MESSAGE_START, message: { id: 'm', usage: first ?? {} } }, ...deltas, OVER),
    ).finish.usage;
  };

  test('the last known value of each count, wherever it stood', () => {
    expect(
      usageOf(
        {
          input_tokens: 5,
          cache_creation_input_tokens: 30,
          cache_read_input_tokens: 2,
          cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 20 },
          output_tokens: 1,
        },
        { input_tokens: null, output_tokens: 50, server_tool_use: { web_search_requests: 3 } },
        {
          cache_read_input_tokens: 4,
          output_tokens: 60,
          output_tokens_details: { thinking_tokens: 25 },
        },
      ),
    ).toEqual({
      ...UNKNOWN_USAGE,
      input: 5,
      cacheRead: 4,
      cacheWrite5m: 10,
      cacheWrite1h: 20,
      output: 35,
      reasoning: 25,
      searches: 3,
    });
  });

  test('counts only in message_delta', () => {
    expect(
      usageOf(
        { input_tokens: 0, output_tokens: 0 },
        { input_tokens: 441, output_tokens: 65, cache_read_input_tokens: 9 },
      ),
    ).toMatchObject({ input: 441, output: 65, cacheRead: 9 });
  });

  test('unknown stays null', () => {
    expect(usageOf({})).toEqual(UNKNOWN_USAGE);
  });
});
