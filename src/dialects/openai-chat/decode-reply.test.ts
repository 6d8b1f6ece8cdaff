// Whole replies: what is none is refused, what is an error inside a 200 is that error.
import { describe, expect, test } from 'bun:test';
import { lawBreaks } from '../../../test/contracts/event-law.ts';
import { collect } from '../../core/collect.ts';
import { GatewayError } from '../../core/errors.ts';
import type { JsonObject } from '../../lib/json.ts';
import { decodeReply } from './decode-reply.ts';

function read(body: unknown) {
  const events = decodeReply(body as JsonObject);
  expect(lawBreaks(events)).toEqual([]);
  return collect(events);
}

function refusedAs(body: unknown): string {
  try {
    decodeReply(body as JsonObject);
    return 'taken';
  } catch (thrown) {
    return thrown instanceof GatewayError ? thrown.code : String(thrown);
  }
}

const reply = (message: unknown, rest: object = {}) => ({
  id: 'r',
  model: 'm',
  created: 5,
  choices: [{ index: 0, message, finish_reason: 'stop', ...rest }],
});

describe('decodeReply', () => {
  test('text, reasoning, calls and usage', () => {
    const calls = [
      { id: 'a', index: 0, type: 'function', function: { name: 'f', arguments: '{"x":1}' } },
      { id: 'b', index: 0, type: 'function', function: { name: 'g', arguments: '{}' } },
    ];
    expect(
      read({
        ...reply({ role: 'assistant', content: 'hi', reasoning_content: 'hm', tool_calls: calls }),
        usage: { prompt_tokens: 1, completion_tokens: 2 },
      }),
    ).toEqual({
      id: 'r',
      model: 'm',
      created: 5,
      blocks: [
        { kind: 'reasoning', text: 'hm', signature: null, format: null },
        { kind: 'text', text: 'hi', citations: [] },
        { kind: 'tool-use', id: 'a', name: 'f', arguments: '{"x":1}', custom: false },
        { kind: 'tool-use', id: 'b', name: 'g', arguments: '{}', custom: false },
      ],
      finish: {
        reason: 'tool-calls',
        raw: 'stop',
        stopSequence: null,
        usage: expect.objectContaining({ input: 1, output: 2, cacheRead: null }),
      },
    });
  });

  test('annotations, refusals, legacy calls and audio', () => {
    const cited = { type: 'url_citation', url_citation: { url: 'https://a' } };
    expect(read(reply({ content: 'x', annotations: [cited] })).blocks).toEqual([
      { kind: 'text', text: 'x', citations: [{ dialect: 'openai-chat', value: cited }] },
    ]);
    expect(read(reply({ content: null, refusal: 'no' }))).toMatchObject({
      blocks: [{ kind: 'refusal', text: 'no' }],
      finish: { reason: 'refusal' },
    });
    expect(
      read(
        reply(
          { content: null, function_call: { name: 'f', arguments: '{}' } },
          { finish_reason: 'function_call' },
        ),
      ),
    ).toMatchObject({
      blocks: [{ kind: 'tool-use', id: 'call_r_0', name: 'f' }],
      finish: { reason: 'tool-calls' },
    });
    expect(
      read(reply({ content: null, audio: { id: 'a', data: 'UklG', transcript: 'hi' } })).blocks,
    ).toEqual([
      {
        kind: 'opaque',
        dialect: 'openai-chat',
        value: { audio: { id: 'a', data: 'UklG', transcript: 'hi' } },
      },
    ]);
    expect(
      read(
        reply({
          content: 'x',
          audio: { id: '', data: '' },
          function_call: { name: '', arguments: '' },
        }),
      ).blocks.length,
    ).toBe(1);
  });

  test('only the first of several answers', () => {
    expect(
      read({
        choices: [
          { index: 1, message: { content: 'b' }, finish_reason: 'stop' },
          { index: 0, message: { content: 'a' }, finish_reason: 'length' },
        ],
      }),
    ).toMatchObject({ blocks: [{ text: 'a' }], finish: { reason: 'length' } });
  });

  test('a filtered answer has no message', () => {
    expect(read({ choices: [{ finish_reason: 'content_filter' }] })).toMatchObject({
      blocks: [],
      finish: { reason: 'content-filter' },
    });
  });

  test('an unsaid reason is told by what came', () => {
    expect(read(reply({ content: 'x' }, { finish_reason: '' })).finish).toMatchObject({
      reason: 'stop',
      raw: null,
    });
  });

  test.each([
    [{}, 'upstream_invalid_response'],
    [{ choices: [] }, 'upstream_invalid_response'],
    [{ choices: [{}] }, 'upstream_invalid_response'],
    [{ object: 'list', data: [] }, 'upstream_invalid_response'],
    [{ error: { message: 'Overloaded', type: 'overloaded_error' } }, 'upstream_overloaded'],
    [{ error: 'Network connection lost' }, 'upstream_error'],
    [{ message: 'no such route', code: 404 }, 'upstream_not_found'],
    [{ detail: 'Not authenticated' }, 'upstream_error'],
    [
      { ...reply({ content: '' }, { finish_reason: 'error' }), error: { code: 429, message: 'x' } },
      'upstream_rate_limited',
    ],
    [
      { ...reply({ content: '' }, { finish_reason: null }), error: { code: 502, message: 'x' } },
      'upstream_error',
    ],
    [
      reply({ content: '' }, { finish_reason: 'error', error: { code: 401, message: 'x' } }),
      'upstream_auth',
    ],
    [reply({ content: 'half an ans' }, { finish_reason: 'network_error' }), 'upstream_error'],
  ])('%j is %s', (body, code) => {
    expect(refusedAs(body)).toBe(code);
  });
});
