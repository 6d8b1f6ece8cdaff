// The stream encoder: any lawful answer becomes a lawful stream that the vendor's own client puts together again.
import { describe, expect, test } from 'bun:test';
import Anthropic from '@anthropic-ai/sdk';
import fc from 'fast-check';
import { lawBreaks } from '../../../test/contracts/event-law.ts';
import { contextOf, METADATA } from '../../../test/contracts/example-reply.ts';
import { framesOf, streamBreaks } from '../../../test/contracts/messages-stream-law.ts';
import { type CollectedBlock, collect } from '../../core/collect.ts';
import { GatewayError } from '../../core/errors.ts';
import type { BlockDelta, BlockStart, ChatEvent } from '../../core/event.ts';
import { UNKNOWN_USAGE, type Usage } from '../../core/usage.ts';
import type { Json, JsonObject } from '../../lib/json.ts';
import { EventDecoder } from './decode-events.ts';
import { EventEncoder } from './encode-events.ts';
import { pack } from './foreign-signature.ts';

const OWN = 'anthropic-claude-v1';
const START: ChatEvent = { type: 'start', id: 'x', model: 'y', created: null };
const USAGE: Usage = {
  ...UNKNOWN_USAGE,
  input: 7,
  cacheRead: 2,
  cacheWrite1h: 1,
  output: 5,
  reasoning: 3,
};

function finish(changes: Partial<Extract<ChatEvent, { type: 'finish' }>> = {}): ChatEvent {
  return {
    type: 'finish',
    reason: 'stop',
    raw: null,
    stopSequence: null,
    usage: USAGE,
    ...changes,
  };
}

function encode(events: readonly ChatEvent[], lost: string[] = [], exclude = false): string {
  const encoder = new EventEncoder(contextOf(lost, { excludeReasoning: exclude }), () => METADATA);
  return events.map((event) => encoder.push(event)).join('');
}

function decode(text: string): ChatEvent[] {
  const decoder = new EventDecoder();
  return [...framesOf(text).flatMap((frame) => decoder.push(frame)), ...decoder.end()];
}

interface Block {
  readonly block: BlockStart;
  readonly deltas: readonly BlockDelta[];
}

function eventsOf(blocks: readonly Block[], end: ChatEvent): ChatEvent[] {
  const inner = blocks.flatMap(({ block, deltas }, index): ChatEvent[] => [
    { type: 'block-start', index, block },
    ...deltas.map((delta): ChatEvent => ({ type: 'block-delta', index, delta })),
    { type: 'block-end', index },
  ]);
  return [START, ...inner, end];
}

/** A text in pieces, cut anywhere. */
function cut(text: string, at: readonly number[]): string[] {
  const places = [...new Set(at.map((place) => place % (text.length + 1)))].sort((a, b) => a - b);
  return [0, ...places].map((from, index) => text.slice(from, places[index] ?? text.length));
}

const cuts = fc.array(fc.nat(400), { maxLength: 8 });
const text = fc.string({ unit: 'binary', maxLength: 60 });
const texts = (kind: 'text' | 'refusal' | 'reasoning') =>
  fc
    .tuple(text, cuts)
    .map(([whole, at]) => cut(whole, at).map((piece): BlockDelta => ({ kind, text: piece })));
/** Values as JSON texts can hold them, which is all but -0. */
const input = fc
  .dictionary(
    fc.string({ maxLength: 8 }).filter((key) => key !== '__proto__'),
    fc.jsonValue(),
  )
  .map((value) => JSON.parse(JSON.stringify(value)) as JsonObject);
const id = fc.stringMatching(/^[a-zA-Z0-9_-]{1,20}$/);

const block: fc.Arbitrary<Block> = fc.oneof(
  texts('text').map((deltas): Block => ({ block: { kind: 'text' }, deltas })),
  texts('refusal').map((deltas): Block => ({ block: { kind: 'refusal' }, deltas })),
  fc
    .tuple(
      texts('reasoning'),
      fc.option(fc.stringMatching(/^[A-Za-z0-9+/=]{1,40}$/)),
      fc.constantFrom(OWN, 'openai-responses-v1'),
    )
    .map(
      ([deltas, signature, format]): Block => ({
        block: { kind: 'reasoning', format },
        deltas: signature === null ? deltas : [...deltas, { kind: 'signature', signature }],
      }),
    ),
  fc
    .base64String({ maxLength: 40 })
    .map(
      (data): Block => ({ block: { kind: 'redacted-reasoning', data, format: OWN }, deltas: [] }),
    ),
  fc.tuple(id, id, input, cuts).map(
    ([callId, name, value, at]): Block => ({
      block: { kind: 'tool-use', id: callId, name },
      deltas: cut(JSON.stringify(value), at).map(
        (json): BlockDelta => ({ kind: 'arguments', json }),
      ),
    }),
  ),
  input.map(
    (value): Block => ({
      block: {
        kind: 'opaque',
        dialect: 'anthropic-messages',
        value: {
          type: 'server_tool_use',
          id: 'srvtoolu_1',
          name: 'web_search',
          input: value as Json,
        },
      },
      deltas: [],
    }),
  ),
);
const count = fc.option(fc.nat(1e6));
const usage: fc.Arbitrary<Usage> = fc.record({
  input: count,
  cacheRead: count,
  cacheWrite5m: count,
  cacheWrite1h: count,
  output: count,
  reasoning: count,
  audioIn: fc.constant(null),
  audioOut: fc.constant(null),
  searches: count,
});
const answer = fc.tuple(fc.array(block, { maxLength: 6 }), usage).map(([blocks, counts]) => ({
  blocks,
  events: eventsOf(
    blocks,
    finish({
      usage: counts,
      reason: blocks.some((one) => one.block.kind === 'tool-use') ? 'tool-calls' : 'stop',
    }),
  ),
}));

/** What the client must end up with, block by block; blocks without content are not sent. */
function expectedContent(events: readonly ChatEvent[]): unknown[] {
  return collect(events)
    .blocks.map(expectedBlock)
    .filter((one) => one !== null);
}

function expectedBlock(one: CollectedBlock): unknown {
  switch (one.kind) {
    case 'text':
    case 'refusal':
      return one.text === '' ? null : { type: 'text', text: one.text };
    case 'reasoning': {
      if (one.text === '' && one.signature === null) return null;
      const bare = one.format === OWN ? '' : pack(one.format, '');
      return { type: 'thinking', thinking: one.text, signature: bare + (one.signature ?? '') };
    }
    case 'redacted-reasoning':
      return { type: 'redacted_thinking', data: one.data };
    case 'tool-use':
      return { type: 'tool_use', id: one.id, name: one.name, input: JSON.parse(one.arguments) };
    case 'opaque':
      return one.value;
  }
}

/** Through the vendor's client, over a fetch that answers with the stream. */
async function throughClient(stream: string): Promise<Anthropic.Message> {
  const client = new Anthropic({
    apiKey: 'test',
    maxRetries: 0,
    fetch: async () => new Response(stream, { headers: { 'content-type': 'text/event-stream' } }),
  });
  return await client.messages
    .stream({ model: 'm', max_tokens: 1, messages: [{ role: 'user', content: 'x' }] })
    .finalMessage();
}

describe('any lawful answer', () => {
  test('becomes a lawful stream', () => {
    fc.assert(
      fc.property(answer, ({ events }) => {
        expect(lawBreaks(events)).toEqual([]);
        expect(streamBreaks(encode(events))).toEqual([]);
      }),
    );
  });

  test('is put together again by the vendor’s client', async () => {
    await fc.assert(
      fc.asyncProperty(answer, async ({ events }) => {
        const message = await throughClient(encode(events));
        expect(JSON.parse(JSON.stringify(message.content))).toEqual(
          expectedContent(events) as never,
        );
        const { usage: counts } = collect(events).finish;
        expect(message.usage.input_tokens).toBe(counts.input ?? 0);
        expect(message.usage.output_tokens).toBe((counts.output ?? 0) + (counts.reasoning ?? 0));
      }),
      { numRuns: 60 },
    );
  });

  test('is read back as what it was', () => {
    fc.assert(
      fc.property(answer, ({ events }) => {
        const back = decode(encode(events));
        expect(lawBreaks(back)).toEqual([]);
        const [before, after] = [collect(events), collect(back)];
        const said = before.blocks.flatMap((one): unknown[] => {
          if ((one.kind === 'text' || one.kind === 'refusal') && one.text === '') return [];
          if (one.kind === 'reasoning' && one.text === '' && one.signature === null) return [];
          return one.kind === 'refusal' ? [{ kind: 'text', text: one.text, citations: [] }] : [one];
        });
        expect(after.blocks as unknown).toEqual(said);
        expect(after.finish.reason).toBe(before.finish.reason);
      }),
    );
  });

  test('broken off anywhere, ends in an error and no message_stop', () => {
    fc.assert(
      fc.property(answer, fc.nat(), ({ events }, at) => {
        const kept = events.slice(0, at % events.length);
        const error = new GatewayError('upstream_idle_timeout', 'nothing came');
        const out = encode([...kept, { type: 'error', error }]);
        const breaks = streamBreaks(out).filter((what) => !what.includes('before the start'));
        expect(breaks).toEqual([]);
        expect(out).toContain('event: error\n');
        expect(out).not.toContain('message_stop');
      }),
    );
  });
});

test('events in any order still make a closed, lawful stream', () => {
  const any: fc.Arbitrary<ChatEvent> = fc.oneof(
    fc.constant(START),
    fc
      .tuple(fc.nat(3), block)
      .map(
        ([index, { block: start }]): ChatEvent => ({ type: 'block-start', index, block: start }),
      ),
    fc
      .tuple(
        fc.nat(3),
        fc.constantFrom<BlockDelta>(
          { kind: 'text', text: 'a' },
          { kind: 'reasoning', text: 'b' },
          { kind: 'signature', signature: 'c' },
          { kind: 'arguments', json: '{}' },
          { kind: 'citation', dialect: 'anthropic-messages', value: { type: 'page_location' } },
        ),
      )
      .map(([index, delta]): ChatEvent => ({ type: 'block-delta', index, delta })),
    fc.nat(3).map((index): ChatEvent => ({ type: 'block-end', index })),
    fc.constant<ChatEvent>({ type: 'usage', usage: USAGE }),
  );
  fc.assert(
    fc.property(fc.array(any, { maxLength: 30 }), (events) => {
      const out = encode([...events, finish(), ...events, finish()]);
      expect(streamBreaks(out)).toEqual([]);
    }),
  );
});

describe('frames', () => {
  const one = (out: string, type: string): JsonObject => {
    const found = framesOf(out).filter(({ event }) => event === type);
    expect(found.length).toBe(1);
    return found[0]?.json ?? {};
  };

  test('the whole sequence of a text answer, byte for byte', () => {
    const events = eventsOf(
      [{ block: { kind: 'text' }, deltas: [{ kind: 'text', text: 'Hi' }] }],
      finish(),
    );
    const out = encode(events);
    expect(out.split('\n\n').slice(0, 4)).toEqual([
      'event: message_start\ndata: {"type":"message_start","message":{"id":"reply-1","type":"message","role":"assistant","model":"p/m-1","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":7,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":0}},"usage_estimated":true}',
      'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}',
      'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}',
      'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}',
    ]);
    expect(out.endsWith('event: message_stop\ndata: {"type":"message_stop"}\n\n')).toBe(true);
    const last = one(out, 'message_delta');
    expect(last.delta).toEqual({ stop_reason: 'end_turn', stop_sequence: null });
    expect(last.usage).toEqual({
      input_tokens: 7,
      cache_creation_input_tokens: 1,
      cache_read_input_tokens: 2,
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 1 },
      output_tokens: 8,
      output_tokens_details: { thinking_tokens: 3 },
    });
    expect(last.metadata).toEqual({ ...METADATA } as never);
  });

  test('metadata is asked for only when the frame that carries it is written', () => {
    let asked = 0;
    const encoder = new EventEncoder(contextOf(), () => {
      asked += 1;
      return METADATA;
    });
    const events = eventsOf(
      [{ block: { kind: 'text' }, deltas: [{ kind: 'text', text: 'Hi' }] }],
      finish(),
    );
    for (const event of events.slice(0, -1)) encoder.push(event);
    expect(asked).toBe(0);
    encoder.push(finish());
    expect(asked).toBe(1);
  });

  test('usage known before the end counts where the end does not say', () => {
    const out = encode([
      START,
      { type: 'usage', usage: { ...UNKNOWN_USAGE, input: 9 } },
      finish({ usage: { ...UNKNOWN_USAGE, output: 1 } }),
    ]);
    expect(one(out, 'message_delta').usage).toMatchObject({ input_tokens: 9, output_tokens: 1 });
  });

  test('unknown counts are null but for the two plain ones', () => {
    const out = encode([START, finish({ usage: UNKNOWN_USAGE })]);
    expect(one(out, 'message_delta').usage).toEqual({
      input_tokens: 0,
      cache_creation_input_tokens: null,
      cache_read_input_tokens: null,
      output_tokens: 0,
    });
  });

  test.each([
    ['stop', null, null, 'end_turn'],
    ['stop', null, 'END', 'stop_sequence'],
    ['stop', 'stop', null, 'end_turn'],
    ['length', 'max_tokens', null, 'max_tokens'],
    ['length', 'model_context_window_exceeded', null, 'model_context_window_exceeded'],
    ['length', 'length', null, 'max_tokens'],
    ['tool-calls', 'tool_calls', null, 'tool_use'],
    ['content-filter', 'content_filter', null, 'refusal'],
    ['refusal', null, null, 'refusal'],
    ['pause', null, null, 'pause_turn'],
    ['other', 'who_knows', null, 'end_turn'],
  ] as const)('%s (%p) ends as %p', (reason, raw, stopSequence, expected) => {
    const out = encode([START, finish({ reason, raw, stopSequence })]);
    expect(one(out, 'message_delta').delta).toEqual({
      stop_reason: expected,
      stop_sequence: stopSequence,
    });
  });

  test('reasoning is left out where the caller asked so, and indices close up', () => {
    const blocks: Block[] = [
      {
        block: { kind: 'reasoning', format: OWN },
        deltas: [
          { kind: 'reasoning', text: 'hm' },
          { kind: 'signature', signature: 's' },
        ],
      },
      { block: { kind: 'redacted-reasoning', data: 'd', format: OWN }, deltas: [] },
      { block: { kind: 'text' }, deltas: [{ kind: 'text', text: 'Hi' }] },
    ];
    const out = encode(eventsOf(blocks, finish()), [], true);
    expect(streamBreaks(out)).toEqual([]);
    expect(out).not.toContain('thinking"');
    expect(one(out, 'content_block_start').index).toBe(0);
  });

  test('what only another dialect has is named', () => {
    const lost: string[] = [];
    const blocks: Block[] = [
      {
        block: { kind: 'opaque', dialect: 'openai-chat', value: { type: 'web_search_call' } },
        deltas: [],
      },
      {
        block: { kind: 'text' },
        deltas: [
          { kind: 'text', text: 'a' },
          { kind: 'citation', dialect: 'openai-chat', value: { url: 'u' } },
        ],
      },
      {
        block: { kind: 'tool-use', id: 'c', name: 'run', custom: true },
        deltas: [
          { kind: 'arguments', json: 'print(' },
          { kind: 'arguments', json: '1)' },
        ],
      },
    ];
    const out = encode(eventsOf(blocks, finish({ reason: 'tool-calls' })), lost);
    expect(streamBreaks(out)).toEqual([]);
    expect(lost).toEqual([
      'reply.web_search_call: only openai-chat has it; dropped',
      'reply.content[0].citations: of another kind; dropped',
      'reply.content[1]: a free-text tool call; sent as {"input": …}',
    ]);
    expect(out).toContain(JSON.stringify(JSON.stringify({ input: 'print(1)' })).slice(1, -1));
  });

  test('names and ids the wire refuses are written lawfully and read back', () => {
    const blocks: Block[] = [
      { block: { kind: 'tool-use', id: 'functions.read:0', name: 'files.read' }, deltas: [] },
    ];
    const out = encode(eventsOf(blocks, finish({ reason: 'tool-calls' })));
    expect(one(out, 'content_block_start').content_block).toEqual({
      type: 'tool_use',
      id: 'sy__functions-2eread-3a0',
      name: 'sy__files-2eread',
      input: {},
    });
    expect(collect(decode(out)).blocks[0]).toMatchObject({
      id: 'functions.read:0',
      name: 'files.read',
      arguments: '{}',
    });
  });

  test('arguments come out exactly as they went in, whatever the pieces', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 2000 }), cuts, (json, at) => {
        const deltas = cut(json, at).map(
          (piece): BlockDelta => ({ kind: 'arguments', json: piece }),
        );
        const out = encode(
          eventsOf(
            [{ block: { kind: 'tool-use', id: 'c', name: 'n' }, deltas }],
            finish({ reason: 'tool-calls' }),
          ),
        );
        const back = collect(decode(out)).blocks[0];
        expect(back).toMatchObject({ arguments: json === '' ? '{}' : json });
      }),
    );
  });

  test('an error frame is what the vendor’s client throws', async () => {
    const error = new GatewayError('upstream_overloaded', 'Overloaded');
    const out = encode([START, { type: 'error', error }]);
    expect(streamBreaks(out)).toEqual([]);
    const thrown = await throughClient(out).catch((reason: unknown) => reason);
    expect(thrown).toBeInstanceOf(Anthropic.APIError);
    expect((thrown as InstanceType<typeof Anthropic.APIError>).type).toBe('overloaded_error');
  });
});

describe('the opening frame', () => {
  const opening = (...events: readonly ChatEvent[]) => {
    const encoder = new EventEncoder(contextOf(), () => METADATA);
    const text = events.map((event) => encoder.push(event)).join('');
    return JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? '');
  };
  const start: ChatEvent = { type: 'start', id: null, model: null, created: null };

  test('has an estimate of the input, said to be one beside the message', () => {
    const { message, usage_estimated } = opening(start);
    expect([message.usage.input_tokens, usage_estimated]).toEqual([7, true]);
    expect(Object.keys(message.usage)).not.toContain('usage_estimated');
  });
});
