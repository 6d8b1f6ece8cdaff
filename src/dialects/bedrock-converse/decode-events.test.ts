// Streams and replies of this wire, odd ones included: the events keep the law and say what was said.
import { describe, expect, test } from 'bun:test';
import { type Collected, collect } from '../../core/collect.ts';
import type { ChatEvent } from '../../core/event.ts';
import type { Json, JsonObject } from '../../lib/json.ts';
import { SseFrame } from '../../lib/sse.ts';
import { ConverseDecoder } from './decode-events.ts';
import { decodeReply } from './decode-reply.ts';

type Step = readonly [event: string, data: JsonObject];

function events(...steps: readonly Step[]): ChatEvent[] {
  const decoder = new ConverseDecoder();
  const said = steps.flatMap(([event, data]) =>
    decoder.push(new SseFrame(event, JSON.stringify(data), '')),
  );
  return [...said, ...decoder.end()];
}

const START: Step = ['messageStart', { role: 'assistant' }];
const STOP: Step = ['messageStop', { stopReason: 'end_turn' }];
const USAGE: Step = [
  'metadata',
  { usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 }, metrics: { latencyMs: 1 } },
];
const delta = (index: number, gained: Json): Step => [
  'contentBlockDelta',
  { contentBlockIndex: index, delta: gained },
];
const stop = (index: number): Step => ['contentBlockStop', { contentBlockIndex: index }];
const tool = (index: number, id = `t${index}`): Step => [
  'contentBlockStart',
  { contentBlockIndex: index, start: { toolUse: { toolUseId: id, name: 'look' } } },
];
const blocksOf = (all: readonly ChatEvent[]): Collected['blocks'] => collect(all).blocks;

test('text needs no start, reasoning is signed, a call may have no arguments', () => {
  const all = events(
    START,
    delta(0, { reasoningContent: { text: 'Hm' } }),
    delta(0, { reasoningContent: { text: '' } }),
    delta(0, { reasoningContent: { signature: 'sig' } }),
    stop(0),
    delta(1, { text: 'Hel' }),
    delta(1, { text: 'lo' }),
    stop(1),
    tool(2),
    delta(2, { toolUse: { input: '' } }),
    stop(2),
    tool(3),
    delta(3, { toolUse: { input: '{"a"' } }),
    delta(3, { toolUse: { input: ':1}' } }),
    stop(3),
    ['messageStop', { stopReason: 'tool_use' }],
    USAGE,
  );
  expect(blocksOf(all)).toMatchObject([
    { kind: 'reasoning', text: 'Hm', signature: 'sig', format: 'anthropic-claude-v1' },
    { kind: 'text', text: 'Hello' },
    { kind: 'tool-use', id: 't2', arguments: '{}' },
    { kind: 'tool-use', id: 't3', arguments: '{"a":1}' },
  ]);
  expect(all.at(-1)).toMatchObject({ type: 'finish', reason: 'tool-calls', usage: { input: 3 } });
});

test('usage before the stop, and blocks that are never closed', () => {
  const all = events(delta(0, { text: 'a' }), delta(1, { text: 'b' }), tool(2), USAGE, STOP);
  expect(blocksOf(all).map(({ kind }) => kind)).toEqual(['text', 'text', 'tool-use']);
  expect(all.at(-1)).toMatchObject({ type: 'finish', usage: { output: 2 } });
});

test('a finished answer without its counts is whole; one without its end is not', () => {
  expect(events(START, delta(0, { text: 'a' }), STOP).at(-1)).toMatchObject({
    type: 'finish',
    reason: 'stop',
    usage: { input: null },
  });
  expect(events(START, delta(0, { text: 'a' })).at(-1)).toMatchObject({
    error: { code: 'upstream_stream_truncated' },
  });
});

test.each([
  ['throttlingException', 'upstream_rate_limited'],
  ['modelStreamErrorException', 'upstream_error'],
  ['internalServerException', 'upstream_error'],
  ['serviceUnavailableException', 'upstream_unavailable'],
  ['modelTimeoutException', 'upstream_timeout'],
  ['validationException', 'upstream_invalid_request'],
  ['somethingElse', 'upstream_error'],
])('%s in the middle', (type, code) => {
  const all = events(
    START,
    delta(0, { text: 'a' }),
    [`exception:${type}`, { message: 'No' }],
    STOP,
  );
  expect(all.at(-2)).toEqual({ type: 'block-end', index: 0 });
  expect(all.at(-1)).toMatchObject({ type: 'error', error: { code, message: 'No' } });
});

test.each([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['guardrail_intervened', 'content-filter'],
  ['content_filtered', 'content-filter'],
  ['malformed_model_output', 'other'],
  ['malformed_tool_use', 'other'],
  ['tool_use', 'stop'],
  ['something_new', 'other'],
])('the answer ended by %s', (stopReason, reason) => {
  const all = events(START, delta(0, { text: 'a' }), ['messageStop', { stopReason }], USAGE);
  expect(all.at(-1)).toMatchObject({ reason, raw: stopReason });
});

test('what the host runs itself is one opaque block, input and result', () => {
  const all = events(
    START,
    [
      'contentBlockStart',
      {
        contentBlockIndex: 0,
        start: {
          toolUse: { toolUseId: 'i', name: 'nova_code_interpreter', type: 'server_tool_use' },
        },
      },
    ],
    delta(0, { toolUse: { input: '{"snippet":"1"}' } }),
    stop(0),
    ['contentBlockStart', { contentBlockIndex: 1, start: { toolResult: { toolUseId: 'i' } } }],
    delta(1, { toolResult: [{ json: { stdOut: '1' } }] }),
    stop(1),
    delta(2, { text: 'It is 1.' }),
    stop(2),
    STOP,
    USAGE,
  );
  expect(blocksOf(all)).toMatchObject([
    { kind: 'opaque', value: { toolUse: { input: '{"snippet":"1"}' } } },
    { kind: 'opaque', value: { toolResult: { content: [{ json: { stdOut: '1' } }] } } },
    { kind: 'text' },
  ]);
  expect(all.at(-1)).toMatchObject({ reason: 'stop' });
});

describe('whole replies', () => {
  const reply = (content: Json, more: JsonObject = {}): readonly ChatEvent[] =>
    decodeReply({
      output: { message: { role: 'assistant', content } },
      stopReason: 'end_turn',
      ...more,
    });

  test('citations, in the terms callers have', () => {
    const [block] = blocksOf(
      reply([
        {
          citationsContent: {
            content: [{ text: 'So it is.' }],
            citations: [
              {
                title: 'Doc',
                sourceContent: [{ text: 'it is' }],
                location: { documentPage: { documentIndex: 1, start: 2, end: 3 } },
              },
              { title: 'Page', location: { web: { url: 'https://example.test', domain: 'd' } } },
              { source: 's', location: { searchResultLocation: { searchResultIndex: 0 } } },
            ],
          },
        },
      ]),
    );
    expect(block).toMatchObject({
      kind: 'text',
      text: 'So it is.',
      citations: [
        {
          dialect: 'anthropic-messages',
          value: {
            type: 'page_location',
            cited_text: 'it is',
            document_index: 1,
            document_title: 'Doc',
            start_page_number: 2,
            end_page_number: 3,
          },
        },
        {
          dialect: 'openai-chat',
          value: { url_citation: { url: 'https://example.test', title: 'Page' } },
        },
        { dialect: 'bedrock-converse' },
      ],
    });
  });

  test('hidden reasoning is the text it was with its maker, or stays as it came', () => {
    const hidden = (redactedContent: string) => ({ reasoningContent: { redactedContent } });
    expect(blocksOf(reply([hidden(btoa('RXU=')), hidden(btoa('\u0001\u0002'))]))).toEqual([
      { kind: 'redacted-reasoning', data: 'RXU=', format: 'anthropic-claude-v1' },
      { kind: 'redacted-reasoning', data: btoa('\u0001\u0002'), format: 'bedrock-converse-v1' },
    ]);
  });

  test('usage: cache by lifetime, tier, and the sequence that was met', () => {
    const last = reply([{ text: 'a' }], {
      usage: {
        inputTokens: 1,
        outputTokens: 2,
        totalTokens: 30,
        cacheReadInputTokens: 7,
        cacheWriteInputTokens: 20,
        cacheDetails: [
          { ttl: '5m', inputTokens: 5 },
          { ttl: '1h', inputTokens: 15 },
        ],
      },
      serviceTier: { type: 'priority' },
      additionalModelResponseFields: { stop_sequence: 'END' },
    }).at(-1);
    expect(last).toMatchObject({
      stopSequence: 'END',
      usage: {
        input: 1,
        output: 2,
        cacheRead: 7,
        cacheWrite5m: 5,
        cacheWrite1h: 15,
        reasoning: null,
        tier: 'priority',
      },
    });
  });

  test('an error in its place, and something that is no answer', () => {
    expect(() => decodeReply({ message: 'No', __type: 'x#ThrottlingException' })).toThrow('No');
    expect(() => decodeReply({ output: {} })).toThrow('no output message');
  });
});
