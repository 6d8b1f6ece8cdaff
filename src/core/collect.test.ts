// Folding events into a whole answer.
import { expect, test } from 'bun:test';
import { collect } from './collect.ts';
import { GatewayError } from './errors.ts';
import type { ChatEvent } from './event.ts';
import { UNKNOWN_USAGE } from './usage.ts';

const start: ChatEvent = { type: 'start', id: 'x', model: 'm', created: 7 };
const finish: ChatEvent = {
  type: 'finish',
  reason: 'stop',
  raw: 'stop',
  stopSequence: null,
  usage: { ...UNKNOWN_USAGE, output: 5 },
};

test('joins the deltas of every kind of block, in order', () => {
  const events: ChatEvent[] = [
    start,
    { type: 'block-start', index: 0, block: { kind: 'reasoning', format: 'f' } },
    { type: 'block-delta', index: 0, delta: { kind: 'reasoning', text: 'a' } },
    { type: 'block-delta', index: 0, delta: { kind: 'reasoning', text: 'b' } },
    { type: 'block-delta', index: 0, delta: { kind: 'signature', signature: 's1' } },
    { type: 'block-end', index: 0 },
    { type: 'block-start', index: 1, block: { kind: 'redacted-reasoning', data: 'd' } },
    { type: 'block-end', index: 1 },
    { type: 'block-start', index: 2, block: { kind: 'text' } },
    { type: 'block-delta', index: 2, delta: { kind: 'text', text: 'he' } },
    {
      type: 'block-delta',
      index: 2,
      delta: { kind: 'citation', dialect: 'openai-chat', value: 1 },
    },
    { type: 'block-delta', index: 2, delta: { kind: 'text', text: 'y' } },
    { type: 'block-end', index: 2 },
    { type: 'block-start', index: 3, block: { kind: 'refusal' } },
    { type: 'block-delta', index: 3, delta: { kind: 'refusal', text: 'no' } },
    { type: 'block-end', index: 3 },
    { type: 'block-start', index: 4, block: { kind: 'tool-use', id: 'c', name: 'n' } },
    { type: 'block-delta', index: 4, delta: { kind: 'arguments', json: '{"a"' } },
    { type: 'block-delta', index: 4, delta: { kind: 'arguments', json: ':1}' } },
    { type: 'block-end', index: 4 },
    {
      type: 'block-start',
      index: 5,
      block: { kind: 'opaque', dialect: 'anthropic-messages', value: { type: 'q' } },
    },
    { type: 'block-end', index: 5 },
    { type: 'usage', usage: { ...UNKNOWN_USAGE, input: 3, output: 1 } },
    finish,
  ];
  expect(collect(events)).toEqual({
    id: 'x',
    model: 'm',
    created: 7,
    blocks: [
      { kind: 'reasoning', text: 'ab', signature: 's1', format: 'f' },
      { kind: 'redacted-reasoning', data: 'd', format: null },
      { kind: 'text', text: 'hey', citations: [{ dialect: 'openai-chat', value: 1 }] },
      { kind: 'refusal', text: 'no' },
      { kind: 'tool-use', id: 'c', name: 'n', arguments: '{"a":1}', custom: false },
      { kind: 'opaque', dialect: 'anthropic-messages', value: { type: 'q' } },
    ],
    finish: {
      reason: 'stop',
      raw: 'stop',
      stopSequence: null,
      usage: { ...UNKNOWN_USAGE, input: 3, output: 5 },
    },
  });
});

test('throws the error of an error event', () => {
  const error = new GatewayError('upstream_overloaded', 'busy');
  expect(() => collect([start, { type: 'error', error }])).toThrow(error);
});

test('an answer that never ends is truncated', () => {
  expect(() => collect([start])).toThrow(
    expect.objectContaining({ code: 'upstream_stream_truncated' }),
  );
});
