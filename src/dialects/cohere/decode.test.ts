// Answers of this wire, whole and streamed, that were not recorded: odd orders, odd arguments, citations, ends and errors.
import { describe, expect, test } from 'bun:test';
import { collect } from '../../core/collect.ts';
import { GatewayError } from '../../core/errors.ts';
import type { ChatEvent } from '../../core/event.ts';
import { UNKNOWN_USAGE } from '../../core/usage.ts';
import { SseFrame } from '../../lib/sse.ts';
import { decodeReply } from './decode-reply.ts';
import { StreamDecoder } from './decode-stream.ts';
import { decodeError } from './errors.ts';
import { decodeUsage } from './usage.ts';

const START = { id: 'r1', type: 'message-start', delta: { message: { role: 'assistant' } } };
const END = { type: 'message-end', delta: { finish_reason: 'COMPLETE' } };
const text = (piece: string, index = 0) => ({
  type: 'content-delta',
  index,
  delta: { message: { content: { text: piece } } },
});
const call = (index: number, id: string, args = '') => ({
  type: 'tool-call-start',
  index,
  delta: {
    message: { tool_calls: { id, type: 'function', function: { name: 'f', arguments: args } } },
  },
});
const args = (index: number, piece: string) => ({
  type: 'tool-call-delta',
  index,
  delta: { message: { tool_calls: { function: { arguments: piece } } } },
});
const over = (index: number) => ({ type: 'tool-call-end', index });
const cite = (citation: object) => ({
  type: 'citation-start',
  index: 0,
  delta: { message: { citations: citation } },
});

function decode(...pieces: readonly object[]): ChatEvent[] {
  const decoder = new StreamDecoder();
  const events = pieces.flatMap((piece) => decoder.push(frame(JSON.stringify(piece))));
  return [...events, ...decoder.end()];
}
function frame(data: string): SseFrame {
  return new SseFrame(null, data, `data: ${data}\n\n`);
}
function errorOf(events: readonly ChatEvent[]): string | undefined {
  const last = events.at(-1);
  return last?.type === 'error' ? last.error.code : undefined;
}

describe('streams', () => {
  test('calls that overlap become one after the other, none of their arguments lost', () => {
    const { blocks } = collect(
      decode(
        START,
        call(0, 'a'),
        args(0, '{"x":'),
        call(1, 'b'),
        args(1, '{"y":2}'),
        over(1),
        args(0, '1}'),
        call(2, 'c', 'null'),
        over(0),
        over(2),
        END,
      ),
    );
    expect(blocks).toMatchObject([
      { id: 'a', arguments: '{"x":1}' },
      { id: 'b', arguments: '{"y":2}' },
      { id: 'c', arguments: '{}' },
    ]);
  });

  test('calls without arguments have an object of none, however that is written', () => {
    const { blocks } = collect(
      decode(
        START,
        call(0, 'a'),
        over(0),
        call(1, 'b'),
        args(1, 'nu'),
        args(1, 'll'),
        over(1),
        END,
      ),
    );
    expect(blocks).toMatchObject([{ arguments: '{}' }, { arguments: '{}' }]);
  });

  test('citations stand with their text, also after its end', () => {
    const source = { type: 'document', id: 'd', document: { url: 'https://x/1', title: 'One' } };
    const { blocks } = collect(
      decode(
        START,
        text('Sunny.'),
        cite({ start: 0, end: 5, text: 'Sunny', sources: [source, source] }),
        { type: 'citation-end', index: 0 },
        { type: 'content-end', index: 0 },
        cite({ start: 0, end: 5, text: 'Sunny', sources: [{ type: 'tool', id: 't' }] }),
        cite({ start: 0, end: 1, sources: [source], type: 'PLAN' }),
        END,
      ),
    );
    const url = {
      type: 'url_citation',
      url_citation: { url: 'https://x/1', title: 'One', start_index: 0, end_index: 5 },
    };
    expect(blocks).toEqual([
      {
        kind: 'text',
        text: 'Sunny.',
        citations: [
          { dialect: 'openai-chat', value: url },
          { dialect: 'openai-chat', value: url },
          {
            dialect: 'cohere',
            value: { start: 0, end: 5, text: 'Sunny', sources: [{ type: 'tool', id: 't' }] },
          },
        ],
      },
    ]);
  });

  test('unknown events, broken lines and null members are passed over', () => {
    const decoder = new StreamDecoder();
    const events = [
      JSON.stringify(START),
      '{"type":"content-delta","ind',
      '{"type":"debug","prompt":"x"}',
      '{"type":"content-delta","index":null,"delta":{"message":{"content":null,"tool_calls":null}}}',
      JSON.stringify(text('ok')),
      JSON.stringify(END),
    ].flatMap((data) => decoder.push(frame(data)));
    expect(collect(events).blocks).toMatchObject([{ kind: 'text', text: 'ok' }]);
  });

  test('an end without message-end is a cut, [DONE] or not', () => {
    expect(errorOf(decode(START, text('a')))).toBe('upstream_stream_truncated');
    const decoder = new StreamDecoder();
    expect(errorOf(decoder.push(frame('[DONE]')))).toBe('upstream_stream_truncated');
    expect(decoder.end()).toEqual([]);
  });

  test.each([
    [{ type: 'message-end', delta: { finish_reason: 'ERROR', error: 'boom' } }, 'upstream_error'],
    [{ type: 'message-end', delta: { finish_reason: 'TIMEOUT' } }, 'upstream_timeout'],
    [{ message: 'the model is overloaded' }, 'upstream_overloaded'],
    [{ type: 'error', status_code: 429, message: 'slow down' }, 'upstream_rate_limited'],
  ])('%j is an error', (last, code) => {
    expect(errorOf(decode(START, text('a'), last))).toBe(code as 'upstream_error');
  });
});

describe('whole replies', () => {
  const reply = (message: object, finish: string, more: object = {}) =>
    decodeReply({ id: 'r', message, finish_reason: finish, ...more } as never);

  test('thoughts, plan, text, calls', () => {
    const { blocks, finish } = collect(
      reply(
        {
          content: [
            { type: 'thinking', thinking: 'Hm' },
            { type: 'text', text: 'One moment' },
          ],
          tool_plan: 'Look it up',
          tool_calls: [{ id: 'a', function: { name: 'f', arguments: 'null' } }],
        },
        'TOOL_CALL',
      ),
    );
    expect(blocks).toMatchObject([
      { kind: 'reasoning', text: 'Hm', format: null },
      { kind: 'reasoning', text: 'Look it up', format: 'cohere-tool-plan-v1' },
      { kind: 'text', text: 'One moment' },
      { kind: 'tool-use', id: 'a', arguments: '{}' },
    ]);
    expect(finish.reason).toBe('tool-calls');
  });

  test.each([
    ['COMPLETE', 'stop'],
    ['STOP_SEQUENCE', 'stop'],
    ['MAX_TOKENS', 'length'],
    ['TOOL_CALL', 'stop'],
    ['ERROR_TOXIC', 'content-filter'],
    ['SOMETHING_NEW', 'other'],
  ])('without a call, ends with %s', (raw, reason) => {
    const { finish } = collect(reply({ content: [{ type: 'text', text: 'a' }] }, raw));
    expect([finish.reason, finish.raw]).toEqual([reason as 'stop', raw]);
  });

  test.each([
    ['COMPLETE', 'tool-calls'],
    ['TOOL_CALL', 'tool-calls'],
    ['SOMETHING_NEW', 'tool-calls'],
    ['MAX_TOKENS', 'length'],
  ])('with a call, ends with %s', (raw, reason) => {
    const call = { type: 'function', function: { name: 'look', arguments: '{}' } };
    const { blocks, finish } = collect(reply({ tool_calls: [call, { ...call, id: '' }] }, raw));
    expect(finish.reason).toBe(reason as 'stop');
    const ids = blocks.map((block) => (block.kind === 'tool-use' ? block.id : null));
    expect(ids).toEqual(['call_r_0', 'call_r_1']);
  });

  test.each([
    [{ finish_reason: 'ERROR', message: { content: [] } }, 'upstream_error'],
    [{ message: 'invalid api token' }, 'upstream_auth'],
    [{ text: 'an answer of version 1' }, 'upstream_invalid_response'],
  ])('%j is no answer', (body, code) => {
    try {
      decodeReply(body as never);
      throw new Error('it was taken for one');
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(GatewayError);
      expect((thrown as GatewayError).code).toBe(code as 'upstream_error');
    }
  });
});

test.each([
  [400, 'invalid request: p must be between 0.01 and 0.99 inclusive', 'upstream_invalid_request'],
  [400, 'too many tokens: total number of tokens cannot exceed 4081', 'upstream_context_length'],
  [401, 'invalid api token', 'upstream_auth'],
  [402, 'Please add or update your payment method', 'upstream_payment_required'],
  [404, "model 'x' not found", 'upstream_not_found'],
  [422, 'unprocessable', 'upstream_unprocessable'],
  [429, 'You are using a Trial key, limited to 20 API calls / minute', 'upstream_rate_limited'],
  [498, 'invalid token', 'upstream_invalid_request'],
  [500, 'internal server error', 'upstream_error'],
  [503, 'the model is overloaded', 'upstream_overloaded'],
])('%d %p', (status, message, code) => {
  const error = decodeError(status, new Headers(), { id: 'i', message }, '', 0);
  expect([error.code, error.details.upstreamStatus]).toEqual([code as 'upstream_error', status]);
});

describe('usage', () => {
  test('cached tokens are part of the input; what is billed is kept apart', () => {
    expect(
      decodeUsage({
        billed_units: { input_tokens: 2406, output_tokens: 2 },
        tokens: { input_tokens: 2935, output_tokens: 4 },
        cached_tokens: 2928,
      }),
    ).toEqual({
      ...UNKNOWN_USAGE,
      input: 7,
      cacheRead: 2928,
      output: 4,
      billed: { input: 2406, output: 2 },
    });
  });

  test('nothing said is nothing known', () => {
    expect(decodeUsage({})).toEqual(UNKNOWN_USAGE);
    expect(decodeUsage({ billed_units: { input_tokens: 3, output_tokens: 1 } })).toMatchObject({
      input: 3,
      output: 1,
      cacheRead: null,
    });
  });
});
