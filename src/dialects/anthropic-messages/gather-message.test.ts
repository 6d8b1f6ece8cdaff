// Events as servers of this wire send them, against the message they would have sent whole.
import { describe, expect, test } from 'bun:test';
import { GatewayError } from '../../core/errors.ts';
import type { Json, JsonObject } from '../../lib/json.ts';
import { SseFrame } from '../../lib/sse.ts';
import { MessageGatherer } from './gather-message.ts';

function gather(...events: readonly (JsonObject | string)[]): JsonObject {
  const gatherer = new MessageGatherer();
  for (const event of events) {
    const name = typeof event === 'string' ? null : String(event.type);
    gatherer.push(
      new SseFrame(name, typeof event === 'string' ? event : JSON.stringify(event), ''),
    );
  }
  return gatherer.reply();
}

const START_USAGE = {
  input_tokens: 9,
  output_tokens: 1,
  cache_creation: { a: 1 },
  service_tier: 'standard',
};
const begin = (members: JsonObject = {}): JsonObject => ({
  type: 'message_start',
  message: {
    model: 'claude',
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: START_USAGE,
    ...(members as { [name: string]: Json }),
  },
});
const start = (index: number, block: JsonObject): JsonObject => ({
  type: 'content_block_start',
  index,
  content_block: block as Json,
});
const delta = (index: number, delta: JsonObject): JsonObject => ({
  type: 'content_block_delta',
  index,
  delta: delta as Json,
});
const stop = (index: number): JsonObject => ({ type: 'content_block_stop', index });
const ended = (members: JsonObject = {}, rest: JsonObject = {}): JsonObject => ({
  type: 'message_delta',
  delta: { stop_reason: 'end_turn', stop_sequence: null, ...(members as { [name: string]: Json }) },
  usage: { output_tokens: 7 },
  ...rest,
});
const END = { type: 'message_stop' };
const text = (text: string): JsonObject => ({ type: 'text_delta', text });
const json = (partial_json: string): JsonObject => ({ type: 'input_json_delta', partial_json });

const contentOf = (...events: readonly JsonObject[]): unknown =>
  gather(begin(), ...events, ended(), END).content;

describe('the message', () => {
  test('is what the maker sends whole', () => {
    expect(
      gather(
        begin(),
        start(0, { type: 'thinking', thinking: '', signature: '' }),
        { type: 'ping' },
        delta(0, { type: 'thinking_delta', thinking: 'Let me ' }),
        delta(0, { type: 'thinking_delta', thinking: 'see.' }),
        delta(0, { type: 'signature_delta', signature: 'c2ln' }),
        stop(0),
        start(1, { type: 'redacted_thinking', data: 'xyz' }),
        stop(1),
        start(2, { type: 'text', text: '' }),
        delta(2, text('Hel')),
        delta(2, text('lo')),
        stop(2),
        start(3, {
          type: 'tool_use',
          id: 'toolu_1',
          name: 'f',
          input: {},
          caller: { type: 'direct' },
        }),
        delta(3, json('')),
        delta(3, json('{"a":')),
        delta(3, json('1}')),
        stop(3),
        ended({ stop_reason: 'tool_use' }),
        END,
        delta(2, text('after the end')),
      ),
    ).toEqual({
      model: 'claude',
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'Let me see.', signature: 'c2ln' },
        { type: 'redacted_thinking', data: 'xyz' },
        { type: 'text', text: 'Hello' },
        { type: 'tool_use', id: 'toolu_1', name: 'f', input: { a: 1 }, caller: { type: 'direct' } },
      ],
      stop_reason: 'tool_use',
      stop_sequence: null,
      usage: { ...START_USAGE, output_tokens: 7 },
    });
  });

  test('has everything its end tells, known or not', () => {
    const edits = { applied_edits: [{ type: 'clear' }] };
    const iterations = [{ type: 'compaction', input_tokens: 3 }];
    const reply = gather(
      begin(),
      start(0, { type: 'text', text: 'x' }),
      ended(
        {
          stop_reason: 'stop_sequence',
          stop_sequence: '###',
          stop_details: { a: 1 },
          container: { id: 'c' },
        },
        {
          context_management: edits,
          usage: { output_tokens: 7, iterations, server_tool_use: { web: 1 } },
        },
      ),
      END,
    );
    expect(reply).toMatchObject({
      stop_reason: 'stop_sequence',
      stop_sequence: '###',
      stop_details: { a: 1 },
      container: { id: 'c' },
      context_management: edits,
      usage: { ...START_USAGE, output_tokens: 7, iterations, server_tool_use: { web: 1 } },
    });
    expect(reply).not.toHaveProperty('delta');
  });

  test('loses no count to a null, or to an end that tells less', () => {
    const usage = { input_tokens: null, output_tokens: 8, cache_creation: { b: 2 }, fresh: null };
    expect(
      gather(begin(), ended({}, { usage }), ended({ stop_reason: null }, { usage: {} }), END),
    ).toMatchObject({
      stop_reason: 'end_turn',
      usage: { input_tokens: 9, output_tokens: 8, cache_creation: { a: 1, b: 2 }, fresh: null },
    });
    expect(gather(begin({ usage: null }), ended({}, { usage: null }), END).usage).toBeNull();
  });

  test('may come whole in its start, and its start twice', () => {
    const call = { type: 'tool_use', id: 't', name: 'f', input: { a: 1 } };
    const whole = begin({ content: [call as Json], stop_reason: 'tool_use' });
    expect(gather(whole, END)).toMatchObject({ content: [call], stop_reason: 'tool_use' });
    expect(contentOf(begin(), start(0, { type: 'text', text: 'x' }), begin(), stop(0))).toEqual([
      { type: 'text', text: 'x' },
    ]);
  });

  test('is one even where an imitation leaves out its start', () => {
    expect(gather(delta(0, text('x')), ended(), END)).toEqual({
      type: 'message',
      role: 'assistant',
      content: [{ type: 'text', text: 'x' }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: { output_tokens: 7 },
    });
  });

  test('is refused where nothing makes one', () => {
    for (const events of [[], ['{"broken'], [begin(), END], [{ type: 'error', error: {} }]]) {
      let thrown: unknown;
      try {
        gather(...(events as JsonObject[]));
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toBeInstanceOf(GatewayError);
      expect((thrown as GatewayError).code).toBe('upstream_invalid_response');
    }
  });
});

describe('a block', () => {
  test('has its citations in order', () => {
    const cite = (n: number) => delta(0, { type: 'citations_delta', citation: { n } });
    expect(
      contentOf(
        start(0, { type: 'text', text: '', citations: [] }),
        cite(1),
        delta(0, text('x')),
        cite(2),
        stop(0),
      ),
    ).toEqual([{ type: 'text', text: 'x', citations: [{ n: 1 }, { n: 2 }] }]);
    expect(contentOf(start(0, { type: 'text', text: '', citations: null }), stop(0))).toEqual([
      { type: 'text', text: '', citations: null },
    ]);
  });

  test('of a tool has an object for its input, whatever the model wrote', () => {
    const input = (...pieces: string[]) => [
      start(0, { type: 'tool_use', id: 't', name: 'f', input: {} }),
      ...pieces.map((piece) => delta(0, json(piece))),
      stop(0),
    ];
    const inputs = (...pieces: string[]) =>
      (contentOf(...input(...pieces)) as JsonObject[])[0]?.input as unknown;
    expect(inputs()).toEqual({});
    expect(inputs('{"a"', ':1}')).toEqual({ a: 1 });
    expect(inputs('{"a":')).toEqual({ INVALID_JSON: '{"a":' });
    expect(inputs('[1]')).toEqual({ INVALID_JSON: '[1]' });
    expect(contentOf(start(0, { type: 'tool_use', id: 't', name: 'f' }))).toEqual([
      { type: 'tool_use', id: 't', name: 'f', input: {} },
    ]);
  });

  test('of a hosted call has its input; of a kind yet to come, what its deltas add', () => {
    expect(
      contentOf(
        start(0, { type: 'server_tool_use', id: 's', name: 'web_search', input: {} }),
        delta(0, json('{"query":"x"}')),
        stop(0),
        start(1, { type: 'web_search_tool_result', tool_use_id: 's', content: [{ url: 'u' }] }),
        stop(1),
        start(2, { type: 'compaction', content: null }),
        delta(2, { type: 'compaction_delta', content: 'The talk ' }),
        delta(2, { type: 'compaction_delta', content: 'so far', more: [1] }),
        stop(2),
      ),
    ).toEqual([
      { type: 'server_tool_use', id: 's', name: 'web_search', input: { query: 'x' } },
      { type: 'web_search_tool_result', tool_use_id: 's', content: [{ url: 'u' }] },
      { type: 'compaction', content: 'The talk so far', more: [1] },
    ]);
  });

  test('gets the deltas of its index, though another came between', () => {
    expect(
      contentOf(
        start(0, { type: 'tool_use', id: 'a', name: 'f', input: {} }),
        start(1, { type: 'tool_use', id: 'b', name: 'g', input: {} }),
        delta(0, json('{"x"')),
        delta(1, json('{}')),
        delta(0, json(':1}')),
        stop(0),
        stop(1),
      ),
    ).toMatchObject([
      { id: 'a', input: { x: 1 } },
      { id: 'b', input: {} },
    ]);
  });

  test('gets no text of another kind: an imitation that mixes them up means two blocks', () => {
    expect(
      contentOf(
        start(0, { type: 'text', text: '' }),
        delta(0, { type: 'thinking_delta', thinking: 'hm' }),
        delta(0, text('Hello')),
        delta(0, { type: 'citations_delta' }),
        stop(0),
        delta(0, json('nowhere to go')),
      ),
    ).toEqual([
      { type: 'text', text: '' },
      { type: 'thinking', thinking: 'hm' },
      { type: 'text', text: 'Hello' },
    ]);
  });
});
