// What passes through leaves as it came; what is added stands in the last frame before the end.
import { describe, expect, test } from 'bun:test';
import { contextOf, METADATA } from '../../../test/contracts/example-reply.ts';
import type { ReplyContext } from '../../core/dialect.ts';
import { asObject, type JsonObject } from '../../lib/json.ts';
import { SseParser } from '../../lib/sse.ts';
import { StreamRelay } from './relay.ts';
import { forwardReply } from './reply-metadata.ts';

const frame = (body: JsonObject | string): string =>
  `data: ${typeof body === 'string' ? body : JSON.stringify(body)}\n\n`;
const chunk = (delta: JsonObject, reason: string | null = null): JsonObject =>
  ({
    id: 'r',
    object: 'chat.completion.chunk',
    created: 5,
    model: 'm',
    choices: [{ index: 0, delta, finish_reason: reason }],
  }) as JsonObject;
const TEXT = frame(chunk({ content: 'x' }));
const FINISH = frame(chunk({}, 'stop'));
const USAGE = { id: 'r', choices: [], usage: { prompt_tokens: 1, completion_tokens: 2 } };
const DONE = frame('[DONE]');
const CONTEXT: ReplyContext = contextOf([], { includeUsage: false });
const ASKED: ReplyContext = contextOf([], { includeUsage: true });

/** The text sent for each frame, and at the end. */
function relay(text: string, context: ReplyContext = CONTEXT): string[] {
  const parser = new SseParser();
  const relaying = new StreamRelay(context, () => METADATA);
  const frames = [...parser.push(text), ...parser.end()];
  return [...frames.map((entry) => relaying.push(entry)), relaying.end()];
}

const bodies = (sent: readonly string[]): (JsonObject | undefined)[] =>
  new SseParser().push(sent.join('')).map((entry) => entry.json);
const withMetadata = (body: JsonObject) =>
  frame({ ...body, metadata: { ...METADATA } } as JsonObject);

describe('StreamRelay', () => {
  test('holds the finish chunk only', () => {
    expect(relay(TEXT + TEXT + FINISH + DONE)).toEqual([
      TEXT,
      TEXT,
      '',
      withMetadata(chunk({}, 'stop')) + DONE,
      '',
    ]);
  });

  test('ends a stream that finished without [DONE]', () => {
    expect(relay(TEXT + FINISH)).toEqual([TEXT, '', withMetadata(chunk({}, 'stop')) + DONE]);
  });

  test('does not end a stream that was cut', () => {
    expect(relay(TEXT + TEXT)).toEqual([TEXT, TEXT, '']);
  });

  test('usage nobody asked for joins the finish chunk', () => {
    const sent = relay(TEXT + FINISH + frame(USAGE) + DONE);
    expect(bodies(sent)).toEqual([
      chunk({ content: 'x' }),
      { ...chunk({}, 'stop'), usage: USAGE.usage, metadata: { ...METADATA } },
      undefined,
    ] as never);
  });

  test('usage that was asked for comes as its own chunk, with the metadata', () => {
    expect(relay(TEXT + FINISH + frame(USAGE) + DONE, ASKED)).toEqual([
      TEXT,
      '',
      FINISH,
      withMetadata(USAGE) + DONE,
      '',
    ]);
  });

  test('a finish chunk that is not the last leaves as it came', () => {
    const late = frame(chunk({ content: '' }));
    expect(relay(FINISH + late + DONE)).toEqual([
      '',
      FINISH,
      withMetadata(chunk({ content: '' })) + DONE,
      '',
    ]);
  });

  test('several answers: each finish but the last leaves as it came', () => {
    const second = frame({
      ...chunk({}),
      choices: [{ index: 1, delta: {}, finish_reason: 'stop' }],
    } as JsonObject);
    const sent = relay(TEXT + FINISH + TEXT + second + DONE);
    expect(sent.slice(0, 4)).toEqual([TEXT, '', FINISH, TEXT]);
    expect(sent[4]).toContain('"index":1');
    expect(sent[4]).toContain('"generation_id"');
  });

  test('metadata that was there stays beside ours', () => {
    const sent = relay(
      frame({ ...chunk({}, 'stop'), metadata: { weight_version: 'a', provider: 'theirs' } }) + DONE,
    );
    expect(bodies(sent)[0]?.metadata).toEqual({ weight_version: 'a', ...METADATA });
  });

  test('unknown fields, spacing, key order, line ends and event names survive', () => {
    const odd =
      'event: completion\r\ndata: { "zeta" : 1.50, "choices":[ {"delta":{"content":"é\\u00e9"}} ] , "p":"abc"}\r\n\r\n';
    const last =
      'data: {"choices":[{"finish_reason":"stop","delta":{},"index":0}],  "x_custom":[1, 2] }\n\n';
    const sent = relay(odd + last + DONE);
    expect(sent[0]).toBe(odd);
    expect(sent.at(-2)).toBe(
      `data: {"choices":[{"finish_reason":"stop","delta":{},"index":0}],  "x_custom":[1, 2],"metadata":${JSON.stringify(METADATA)} }\n\n${DONE}`,
    );
  });

  test('a frame on several lines is one line with the metadata', () => {
    const sent = relay(
      `data: {"choices":[{"delta":{},\ndata: "finish_reason":"stop"}]}\n\n${DONE}`,
    );
    expect(bodies(sent)[0]).toMatchObject({
      choices: [{ finish_reason: 'stop' }],
      metadata: { generation_id: METADATA.generation_id },
    });
  });

  test('a stream that never says why it ended gets a chunk that does', () => {
    const call = frame(
      chunk({
        tool_calls: [{ index: 0, id: 'a', function: { name: 'f', arguments: '{}' } }] as never,
      }),
    );
    expect(bodies(relay(TEXT + DONE))).toEqual([
      chunk({ content: 'x' }),
      { ...chunk({}, 'stop'), metadata: { ...METADATA } },
      undefined,
    ] as never);
    expect(bodies(relay(call + DONE))[1]).toMatchObject({
      choices: [{ finish_reason: 'tool_calls' }],
    });
    expect(bodies(relay(TEXT + frame(USAGE) + DONE, ASKED))).toEqual([
      chunk({ content: 'x' }),
      chunk({}, 'stop'),
      { ...USAGE, metadata: { ...METADATA } },
      undefined,
    ] as never);
    expect(bodies(relay(TEXT + frame(USAGE) + DONE))[1]).toMatchObject({
      choices: [{ finish_reason: 'stop' }],
      usage: USAGE.usage,
    });
  });

  test('broken lines are left out', () => {
    expect(relay(TEXT + frame('{"choices":[{"del') + TEXT + FINISH + DONE).slice(0, 3)).toEqual([
      TEXT,
      '',
      TEXT,
    ]);
  });

  test('a failed stream gets no end', () => {
    expect(relay(TEXT + frame({ error: { message: 'x' } }) + FINISH + DONE).join('')).toBe(TEXT);
    expect(relay(`${TEXT}event: error\ndata: {"message":"x"}\n\n${DONE}`).join('')).toBe(TEXT);
  });

  test('an error beside the end of a whole answer is left out', () => {
    const late = {
      ...chunk({ content: '' }),
      error: { code: 400, message: 'Token limit reached' },
      usage: { prompt_tokens: 1 },
    };
    const sent = bodies(relay(TEXT + frame(chunk({}, 'length')) + frame(late) + DONE));
    expect(sent[2]).toMatchObject({
      usage: { prompt_tokens: 1 },
      metadata: { generation_id: METADATA.generation_id },
    });
    expect(sent[2]).not.toHaveProperty('error');
    expect(sent[3]).toBeUndefined();
  });

  test('nothing comes after the end', () => {
    const relaying = new StreamRelay(CONTEXT, () => METADATA);
    for (const entry of new SseParser().push(FINISH + DONE)) relaying.push(entry);
    expect(
      new SseParser()
        .push(TEXT + DONE)
        .map((entry) => relaying.push(entry))
        .join('') + relaying.end(),
    ).toBe('');
  });

  test('hides reasoning from callers who asked not to see it', () => {
    const hiding = contextOf([], { includeUsage: false, excludeReasoning: true });
    const role = frame(chunk({ role: 'assistant', content: '', reasoning: 'secret' }));
    const pure = frame(
      chunk({
        reasoning_content: 'secret',
        reasoning_details: [{ type: 'reasoning.text', text: 'secret' }] as never,
        content: null,
      }),
    );
    const parts = frame(
      chunk({
        content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'secret' }] }] as never,
      }),
    );
    const both = frame(chunk({ reasoning_content: 'secret', content: 'shown' }));
    const sent = relay(
      role +
        pure +
        parts +
        both +
        TEXT +
        frame(chunk({ reasoning_content: 'secret' }, 'stop')) +
        DONE,
      hiding,
    );
    expect(sent.join('')).not.toContain('secret');
    expect(sent.slice(0, 6)).toEqual([
      frame(chunk({ role: 'assistant', content: '' })),
      '',
      '',
      frame(chunk({ content: 'shown' })),
      TEXT,
      '',
    ]);
    expect(sent[6]).toContain('[DONE]');
  });
});

test('forwardReply changes nothing but the metadata', () => {
  const text = '{ "id": "a",\n  "choices": [ ],  "cost": 1.0 }';
  const parsed = JSON.parse(text) as JsonObject;
  expect(forwardReply(text, parsed, METADATA)).toBe(
    `{ "id": "a",\n  "choices": [ ],  "cost": 1.0,"metadata":${JSON.stringify(METADATA)} }`,
  );
  const tagged = '{"metadata":{"a":1,"provider":"x"},"id":"b"}';
  const merged = JSON.parse(
    forwardReply(tagged, JSON.parse(tagged) as JsonObject, METADATA),
  ) as JsonObject;
  expect(asObject(merged.metadata)).toEqual({ a: 1, ...METADATA } as never);
});
