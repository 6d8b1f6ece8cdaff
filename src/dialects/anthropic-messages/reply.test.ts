// Whole replies of this wire.
import { describe, expect, test } from 'bun:test';
import { contextOf, METADATA } from '../../../test/contracts/example-reply.ts';
import { GatewayError } from '../../core/errors.ts';
import type { BlockDelta, BlockStart, ChatEvent } from '../../core/event.ts';
import { UNKNOWN_USAGE } from '../../core/usage.ts';
import type { JsonObject } from '../../lib/json.ts';
import { decodeReply, encodeReply, forwardReply } from './reply.ts';

function thrown(run: () => unknown): GatewayError {
  try {
    run();
  } catch (error) {
    if (error instanceof GatewayError) return error;
  }
  throw new Error('nothing was thrown');
}

const FINISH: ChatEvent = {
  type: 'finish',
  reason: 'stop',
  raw: 'stop',
  stopSequence: null,
  usage: UNKNOWN_USAGE,
};

function events(...blocks: readonly (readonly [BlockStart, ...BlockDelta[]])[]): ChatEvent[] {
  const inner = blocks.flatMap(([block, ...deltas], index): ChatEvent[] => [
    { type: 'block-start', index, block },
    ...deltas.map((delta): ChatEvent => ({ type: 'block-delta', index, delta })),
    { type: 'block-end', index },
  ]);
  return [{ type: 'start', id: null, model: null, created: null }, ...inner, FINISH];
}

describe('what is no message', () => {
  test.each<[JsonObject, string]>([
    [
      { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
      'upstream_overloaded',
    ],
    [{ error: { message: 'Network connection lost' } }, 'upstream_error'],
    [{}, 'upstream_invalid_response'],
    [{ type: 'message', content: 'text' }, 'upstream_invalid_response'],
    [{ choices: [] }, 'upstream_invalid_response'],
  ])('%p is %s', (body, code) => {
    expect(thrown(() => decodeReply(body)).code).toBe(code as never);
  });
});

test('a message, event by event', () => {
  const body = {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'c',
    content: [{ type: 'text', text: 'Hi' }, 'noise'],
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: 3, output_tokens: 2 },
  };
  expect(decodeReply(body)).toEqual([
    { type: 'start', id: 'msg_1', model: 'c', created: null },
    { type: 'block-start', index: 0, block: { kind: 'text' } },
    { type: 'block-delta', index: 0, delta: { kind: 'text', text: 'Hi' } },
    { type: 'block-end', index: 0 },
    {
      type: 'finish',
      reason: 'stop',
      raw: 'end_turn',
      stopSequence: null,
      usage: { ...UNKNOWN_USAGE, input: 3, output: 2 },
    },
  ]);
});

describe('written', () => {
  const write = (list: readonly ChatEvent[], lost: string[] = [], excludeReasoning = false) =>
    encodeReply(list, contextOf(lost, { excludeReasoning }), () => METADATA);

  test('the whole of it', () => {
    const reply = write(events([{ kind: 'text' }, { kind: 'text', text: 'Hi' }]));
    expect(reply).toEqual({
      id: 'reply-1',
      type: 'message',
      role: 'assistant',
      model: 'p/m-1',
      content: [{ type: 'text', text: 'Hi' }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: {
        input_tokens: 0,
        cache_creation_input_tokens: null,
        cache_read_input_tokens: null,
        output_tokens: 0,
      },
      metadata: { ...METADATA },
    } as never);
  });

  test('arguments become an object; what is none is handed over as what it is', () => {
    const lost: string[] = [];
    const call = (json: string): [BlockStart, ...BlockDelta[]] => [
      { kind: 'tool-use', id: 'c', name: 'f' },
      { kind: 'arguments', json },
    ];
    const reply = write(
      events(call('{"a": 1}'), call(''), call('{"a": '), call('[1]'), [
        { kind: 'tool-use', id: 'c', name: 'f', custom: true },
        { kind: 'arguments', json: 'x' },
      ]),
      lost,
    );
    expect((reply.content as JsonObject[]).map(({ input }) => input)).toEqual([
      { a: 1 },
      {},
      { INVALID_JSON: '{"a": ' },
      { INVALID_JSON: '[1]' },
      { input: 'x' },
    ]);
    expect(lost).toEqual([
      'reply.content[2].input: not a JSON object; sent as {"INVALID_JSON": …}',
      'reply.content[3].input: not a JSON object; sent as {"INVALID_JSON": …}',
      'reply.content[4]: a free-text tool call; sent as {"input": …}',
    ]);
  });

  test('reasoning, or none of it', () => {
    const list = events(
      [
        { kind: 'reasoning', format: 'anthropic-claude-v1' },
        { kind: 'reasoning', text: 'hm' },
        { kind: 'signature', signature: 's' },
      ],
      [
        { kind: 'reasoning', format: 'x-v1' },
        { kind: 'reasoning', text: 'ho' },
      ],
      [{ kind: 'redacted-reasoning', data: 'd', format: 'anthropic-claude-v1' }],
      [{ kind: 'refusal' }, { kind: 'refusal', text: 'No.' }],
    );
    expect(write(list).content).toEqual([
      { type: 'thinking', thinking: 'hm', signature: 's' },
      { type: 'thinking', thinking: 'ho', signature: 'switchyard:x-v1:' },
      { type: 'redacted_thinking', data: 'd' },
      { type: 'text', text: 'No.' },
    ]);
    expect(write(list, [], true).content).toEqual([{ type: 'text', text: 'No.' }]);
  });

  test('what only another dialect has is named', () => {
    const lost: string[] = [];
    write(
      events(
        [{ kind: 'opaque', dialect: 'openai-chat', value: { type: 'x' } }],
        [
          { kind: 'text' },
          { kind: 'text', text: 'a' },
          { kind: 'citation', dialect: 'openai-chat', value: {} },
        ],
      ),
      lost,
    );
    expect(lost).toEqual([
      'reply.x: only openai-chat has it; dropped',
      'reply.content[0].citations: of another kind; dropped',
    ]);
  });

  test('an error is thrown', () => {
    const error = new GatewayError('upstream_overloaded', 'x');
    expect(thrown(() => write([{ type: 'error', error }]))).toBe(error);
  });
});

test('forwarded, the text is the provider’s but for the metadata', () => {
  const text = '{ "type":"message" , "content":[], "usage":{"x" : 1e3} }';
  expect(forwardReply(text, JSON.parse(text) as JsonObject, METADATA)).toBe(
    `{ "type":"message" , "content":[], "usage":{"x" : 1e3},"metadata":${JSON.stringify(METADATA)} }`,
  );
  const tagged = '{"metadata":{"theirs":1},"content":[]}';
  expect(forwardReply(tagged, JSON.parse(tagged) as JsonObject, METADATA)).toBe(
    `{"metadata":${JSON.stringify(METADATA)},"content":[]}`,
  );
});
