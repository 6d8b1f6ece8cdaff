// Events → a stream of this wire: closed and in order whatever comes, and what the maker's own client reads.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import OpenAI from 'openai';
import { RICH_EVENTS } from '../../../test/contracts/example-events.ts';
import { contextOf, METADATA } from '../../../test/contracts/example-reply.ts';
import { framesOf, streamBreaks } from '../../../test/contracts/responses-stream-law.ts';
import type { ReplyContext } from '../../core/dialect.ts';
import { GatewayError } from '../../core/errors.ts';
import type { BlockDelta, BlockStart, ChatEvent, FinishReason } from '../../core/event.ts';
import { UNKNOWN_USAGE } from '../../core/usage.ts';
import { asArray, asObject, asObjects, asString, type JsonObject } from '../../lib/json.ts';
import { encodeReply } from './encode-reply.ts';
import { StreamEncoder } from './encode-stream.ts';

const START: ChatEvent = { type: 'start', id: null, model: null, created: null };
const ERROR: ChatEvent = { type: 'error', error: new GatewayError('upstream_idle_timeout', 'why') };

interface Block {
  readonly block: BlockStart;
  readonly deltas: readonly BlockDelta[];
}

function finish(reason: FinishReason = 'stop'): ChatEvent {
  return { type: 'finish', reason, raw: null, stopSequence: null, usage: UNKNOWN_USAGE };
}

function eventsOf(blocks: readonly Block[], end: ChatEvent = finish()): ChatEvent[] {
  return [
    START,
    ...blocks.flatMap(({ block, deltas }, index): ChatEvent[] => [
      { type: 'block-start', index, block },
      ...deltas.map((delta): ChatEvent => ({ type: 'block-delta', index, delta })),
      { type: 'block-end', index },
    ]),
    end,
  ];
}

function encode(
  events: readonly ChatEvent[],
  changes: Partial<ReplyContext> = {},
  lost: string[] = [],
): string {
  const encoder = new StreamEncoder(contextOf(lost, changes), () => METADATA);
  return events.map((event) => encoder.push(event)).join('');
}

const typesOf = (text: string) =>
  framesOf(text).map(({ event }) => event?.replace('response.', ''));
const last = (text: string) => asObject(framesOf(text).at(-1)?.json?.response) ?? {};
const text = (piece: string): Block => ({
  block: { kind: 'text' },
  deltas: [{ kind: 'text', text: piece }],
});

const word = fc.string({ maxLength: 4 });
const block: fc.Arbitrary<Block> = fc.oneof(
  fc.array(word, { maxLength: 3 }).map((pieces) => ({
    block: { kind: 'text' } as const,
    deltas: pieces.map((piece) => ({ kind: 'text', text: piece }) as const),
  })),
  fc.array(word, { maxLength: 2 }).map((pieces) => ({
    block: { kind: 'refusal' } as const,
    deltas: pieces.map((piece) => ({ kind: 'refusal', text: piece }) as const),
  })),
  fc.record({ pieces: fc.array(word, { maxLength: 2 }), state: fc.option(word) }).map(
    ({ pieces, state }): Block => ({
      block: { kind: 'reasoning', format: 'anthropic-claude-v1' },
      deltas: [
        ...pieces.map((piece): BlockDelta => ({ kind: 'reasoning', text: piece })),
        ...(state === null ? [] : [{ kind: 'signature', signature: state } as const]),
      ],
    }),
  ),
  word.map((data) => ({ block: { kind: 'redacted-reasoning', data } as const, deltas: [] })),
  fc.record({ pieces: fc.array(word, { maxLength: 2 }), custom: fc.boolean() }).map(
    ({ pieces, custom }): Block => ({
      block: { kind: 'tool-use', id: 'c', name: 'f', custom },
      deltas: pieces.map((json) => ({ kind: 'arguments', json })),
    }),
  ),
  fc.constant<Block>({
    block: {
      kind: 'opaque',
      dialect: 'openai-responses',
      value: { type: 'web_search_call', id: 'w' },
    },
    deltas: [],
  }),
  fc.constant<Block>({
    block: { kind: 'opaque', dialect: 'openai-chat', value: { type: 'else' } },
    deltas: [],
  }),
);
const reason = fc.constantFrom<FinishReason>(
  'stop',
  'length',
  'tool-calls',
  'content-filter',
  'refusal',
  'pause',
  'other',
);

describe('the law of streams', () => {
  test('holds for any answer, whole or broken off anywhere', () => {
    fc.assert(
      fc.property(
        fc.array(block, { maxLength: 5 }),
        reason,
        fc.nat(40),
        fc.boolean(),
        (blocks, why, cut, exclude) => {
          const events = eventsOf(blocks, finish(why));
          expect(streamBreaks(encode(events, { excludeReasoning: exclude }))).toEqual([]);
          const broken = [...events.slice(0, -1).slice(0, cut), ERROR];
          expect(streamBreaks(encode(broken, { excludeReasoning: exclude }))).toEqual([]);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('the whole reply is what the stream ends with', () => {
    fc.assert(
      fc.property(fc.array(block, { maxLength: 5 }), reason, (blocks, why) => {
        const events = eventsOf(blocks, finish(why));
        const whole = encodeReply(events, contextOf(), () => METADATA);
        expect(last(encode(events))).toEqual(JSON.parse(JSON.stringify(whole)) as JsonObject);
      }),
      { numRuns: 100 },
    );
  });

  test('the same events give the same bytes', () => {
    expect(encode(RICH_EVENTS)).toBe(encode(structuredClone(RICH_EVENTS) as ChatEvent[]));
  });
});

describe('the order', () => {
  test('of reasoning, text and a call', () => {
    const out = encode(
      eventsOf([
        {
          block: { kind: 'reasoning', format: 'f' },
          deltas: [
            { kind: 'reasoning', text: 'hm' },
            { kind: 'signature', signature: 's' },
          ],
        },
        text('Hi'),
        { block: { kind: 'tool-use', id: 'c1', name: 'f' }, deltas: [] },
      ]),
    );
    expect(typesOf(out)).toEqual([
      'created',
      'in_progress',
      'output_item.added',
      'reasoning_summary_part.added',
      'reasoning_summary_text.delta',
      'reasoning_summary_text.done',
      'reasoning_summary_part.done',
      'output_item.done',
      'output_item.added',
      'content_part.added',
      'output_text.delta',
      'output_text.done',
      'content_part.done',
      'output_item.done',
      'output_item.added',
      'function_call_arguments.delta',
      'function_call_arguments.done',
      'output_item.done',
      'completed',
    ]);
    expect(asArray(last(out).output)).toEqual([
      {
        id: 'rs_reply-1_0',
        type: 'reasoning',
        encrypted_content: 'switchyard:f:s',
        summary: [{ type: 'summary_text', text: 'hm' }],
      },
      {
        id: 'msg_reply-1_1',
        type: 'message',
        status: 'completed',
        content: [{ type: 'output_text', annotations: [], logprobs: [], text: 'Hi' }],
        role: 'assistant',
      },
      {
        id: 'fc_reply-1_2',
        type: 'function_call',
        status: 'completed',
        arguments: '{}',
        call_id: 'c1',
        name: 'f',
      },
    ]);
  });

  test('of a free-text tool, a refusal and citations', () => {
    const out = encode(
      eventsOf([
        {
          block: { kind: 'text' },
          deltas: [
            { kind: 'text', text: 'see' },
            {
              kind: 'citation',
              dialect: 'openai-chat',
              value: { type: 'url_citation', url_citation: { url: 'https://a', title: 'A' } },
            },
          ],
        },
        { block: { kind: 'refusal' }, deltas: [{ kind: 'refusal', text: 'No.' }] },
        {
          block: { kind: 'tool-use', id: 'c', name: 'apply_patch', custom: true },
          deltas: [{ kind: 'arguments', json: '*** Begin' }],
        },
      ]),
    );
    expect(typesOf(out).slice(2)).toEqual([
      'output_item.added',
      'content_part.added',
      'output_text.delta',
      'output_text.annotation.added',
      'output_text.done',
      'content_part.done',
      'content_part.added',
      'refusal.delta',
      'refusal.done',
      'content_part.done',
      'output_item.done',
      'output_item.added',
      'custom_tool_call_input.delta',
      'custom_tool_call_input.done',
      'output_item.done',
      'completed',
    ]);
    const [message, call] = asObjects(last(out).output);
    expect(asObjects(message?.content)).toEqual([
      {
        type: 'output_text',
        annotations: [
          { type: 'url_citation', start_index: 0, end_index: 3, url: 'https://a', title: 'A' },
        ],
        logprobs: [],
        text: 'see',
      },
      { type: 'refusal', refusal: 'No.' },
    ]);
    expect(call).toMatchObject({ id: 'ctc_reply-1_1', input: '*** Begin', call_id: 'c' });
  });
});

describe('the end', () => {
  test.each([
    ['length', 'incomplete', { reason: 'max_output_tokens' }],
    ['content-filter', 'incomplete', { reason: 'content_filter' }],
    ['refusal', 'incomplete', { reason: 'content_filter' }],
    ['tool-calls', 'completed', null],
    ['pause', 'completed', null],
  ] as const)('%s', (why, status, details) => {
    const out = encode(eventsOf([text('a')], finish(why)));
    expect(framesOf(out).at(-1)?.event).toBe(`response.${status}`);
    expect(last(out)).toMatchObject({ status, incomplete_details: details });
    expect(asObjects(last(out).output)[0]?.status).toBe(status);
  });

  test('usage is whole where something is known, and null where nothing is', () => {
    expect(last(encode(eventsOf([text('a')]))).usage).toBeNull();
    const usage = { ...UNKNOWN_USAGE, input: 3, cacheRead: 2, output: 5 };
    const out = encode([...eventsOf([text('a')]).slice(0, -1), { type: 'usage', usage }, finish()]);
    expect(last(out).usage).toEqual({
      input_tokens: 5,
      input_tokens_details: { cached_tokens: 2, cache_write_tokens: 0 },
      output_tokens: 5,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 10,
    });
  });

  test('what the caller asked is repeated', () => {
    const request = {
      model: 'x',
      input: 'Hi',
      instructions: 'be brief',
      metadata: { a: 'b' },
      reasoning: { effort: 'low' },
      store: false,
      temperature: 0.5,
      text: { verbosity: 'low' },
      tools: [{ type: 'function', name: 'f' }],
      tool_choice: 'required',
    };
    const out = encode(eventsOf([text('a')]), { request });
    for (const frame of framesOf(out).filter(({ json }) => json?.response !== undefined))
      expect(asObject(frame.json?.response)).toMatchObject({
        instructions: 'be brief',
        metadata: { a: 'b' },
        reasoning: { effort: 'low', summary: null },
        store: false,
        temperature: 0.5,
        top_p: 1,
        text: { verbosity: 'low', format: { type: 'text' } },
        tools: [{ type: 'function', name: 'f', parameters: null, strict: null, description: null }],
        tool_choice: 'required',
        truncation: 'disabled',
        parallel_tool_calls: true,
        previous_response_id: null,
      });
  });

  test('the finished response is kept once, without our metadata; a failed one is not', () => {
    for (const run of [
      (keep: (reply: JsonObject) => void) => encode(RICH_EVENTS, { keep }),
      (keep: (reply: JsonObject) => void) =>
        encodeReply(RICH_EVENTS, contextOf([], { keep }), () => METADATA),
    ]) {
      const kept: JsonObject[] = [];
      run((reply) => kept.push(reply));
      expect(kept.length).toBe(1);
      expect(kept[0]?.id).toBe('reply-1');
      expect(kept[0] && 'gateway_metadata' in kept[0]).toBe(false);
    }
    const kept: JsonObject[] = [];
    encode([...RICH_EVENTS.slice(0, -1), ERROR], { keep: (reply) => kept.push(reply) });
    expect(kept).toEqual([]);
  });
});

describe('the maker’s own client', () => {
  const client = (body: string) =>
    new OpenAI({
      apiKey: 'k',
      maxRetries: 0,
      fetch: async () => new Response(body, { headers: { 'content-type': 'text/event-stream' } }),
    });

  test('puts the stream together to the response it ends with', async () => {
    const out = encode(RICH_EVENTS);
    const run = client(out).responses.stream({ model: 'm', input: 'Hi' });
    const response = await run.finalResponse();
    expect(response.output.map(({ type }) => type)).toEqual([
      'reasoning',
      'reasoning',
      'message',
      'function_call',
      'function_call',
    ]);
    expect(response.output_text).toBe('Héllo 😀 world');
  });

  test('throws where it broke off', async () => {
    const out = encode([...RICH_EVENTS.slice(0, 12), ERROR]);
    const stream = await client(out).responses.create({ model: 'm', input: 'Hi', stream: true });
    const read = async () => {
      for await (const event of stream) expect(asString(event.type)).toBeDefined();
    };
    const thrown = await read().catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(OpenAI.APIError);
    expect(String(thrown)).toContain('why');
  });
});
