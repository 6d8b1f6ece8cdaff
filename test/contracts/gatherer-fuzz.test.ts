// Whatever a provider streams, gathering it ends, in time, with a reply or a GatewayError, and leaves the frames as they were.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { ChatDialect } from '../../src/core/dialect.ts';
import { GatewayError } from '../../src/core/errors.ts';
import { DIALECTS } from '../../src/dialects/index.ts';
import type { Json, JsonObject } from '../../src/lib/json.ts';
import { SseFrame } from '../../src/lib/sse.ts';

/** What the frames of all three wires are made of, at random and in the wrong places. */
const NAMES = [
  ...['id', 'type', 'index', 'role', 'model', 'created', 'error', 'usage', 'name', '__proto__'],
  ...['choices', 'delta', 'message', 'content', 'text', 'thinking', 'refusal', 'reasoning'],
  ...['reasoning_details', 'tool_calls', 'function', 'custom', 'input', 'arguments', 'audio'],
  ...['function_call', 'logprobs', 'annotations', 'finish_reason', 'x_groq', 'signature', 'data'],
  ...['content_block', 'partial_json', 'citation', 'citations', 'stop_reason', 'constructor'],
  ...['response', 'item', 'output', 'output_index', 'status', 'context_management'],
];
const TYPES = [
  ...['message_start', 'content_block_start', 'content_block_delta', 'content_block_stop'],
  ...['message_delta', 'message_stop', 'ping', 'error', 'text_delta', 'input_json_delta'],
  ...['thinking_delta', 'signature_delta', 'citations_delta', 'new_delta', 'text', 'tool_use'],
  ...['thinking', 'server_tool_use', 'response.created', 'response.output_item.done'],
  ...['response.completed', 'response.incomplete', 'reasoning.text', 'reasoning.encrypted'],
];

const scalars = fc.oneof(
  fc.constantFrom(...TYPES),
  fc.string({ maxLength: 4 }),
  fc.integer({ min: -1, max: 3 }),
  fc.constantFrom(null, true, false, 1e300, '{"a":1}', '{', ''),
);
const { value: values } = fc.letrec<{ value: Json; object: JsonObject }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 6, depthSize: 'large' },
    { arbitrary: scalars, weight: 3 },
    { arbitrary: tie('object'), weight: 4 },
    { arbitrary: fc.array(tie('value'), { maxLength: 3 }), weight: 2 },
  ) as fc.Arbitrary<Json>,
  object: fc
    .array(fc.tuple(fc.constantFrom(...NAMES), tie('value')), { maxLength: 5 })
    .map((entries) => Object.fromEntries(entries)) as fc.Arbitrary<JsonObject>,
}));
const frames = fc
  .tuple(fc.option(fc.constantFrom(...TYPES)), values, fc.boolean())
  .map(
    ([event, value, isWord]) => new SseFrame(event, isWord ? '[DONE]' : JSON.stringify(value), ''),
  );
/** Shaped as the wires are, so that the pieces get to where they are put together. */
const shaped = fc
  .oneof(
    fc.tuple(values, values).map(([delta, more]) => ({
      choices: [{ index: 0, delta, logprobs: more, more }],
      usage: more,
    })),
    fc.tuple(fc.constantFrom(...TYPES), values, fc.nat(1)).map(([type, value, index]) => ({
      type,
      index,
      message: value,
      content_block: value,
      delta: value,
      usage: value,
      response: value,
      item: value,
    })),
  )
  .map((body) => new SseFrame(null, JSON.stringify(body), ''));

function gathered(dialect: ChatDialect, stream: readonly SseFrame[]): JsonObject | GatewayError {
  const gatherer = dialect.gatherer();
  try {
    for (const frame of stream) gatherer.push(frame);
    return gatherer.reply();
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(GatewayError);
    return thrown as GatewayError;
  }
}

describe.each(Object.values(DIALECTS))('gathering $id', (dialect) => {
  test('survives any frames, and touches none of them', () => {
    let replies = 0;
    const lawful = WHOLE[dialect.id].map((body) => new SseFrame(null, JSON.stringify(body), ''));
    const any = fc.oneof(frames, shaped, fc.constantFrom(...lawful));
    fc.assert(
      fc.property(fc.array(any, { maxLength: 12 }), (stream) => {
        const before = stream.map(({ json }) => JSON.stringify(json));
        const found = gathered(dialect, stream);
        expect(stream.map(({ json }) => JSON.stringify(json))).toEqual(before);
        if (found instanceof GatewayError) {
          expect(found.code).toBe('upstream_invalid_response');
          return;
        }
        replies += 1;
        // Whoever reads it finds an answer in it, or an error of the same kind.
        try {
          dialect.decodeReply(found);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(GatewayError);
        }
      }),
      { numRuns: 300 },
    );
    expect(replies).toBeGreaterThan(20);
  });

  test('shares nothing with the frames', () => {
    const stream = [...WHOLE[dialect.id]].map(
      (body) => new SseFrame(null, JSON.stringify(body), ''),
    );
    const reply = gathered(dialect, stream);
    const inReply = objectsIn(reply as JsonObject);
    expect(inReply.length).toBeGreaterThan(3);
    for (const frame of stream)
      for (const object of objectsIn(frame.json ?? {}))
        expect(inReply.includes(object)).toBe(false);
  });

  test('is refused where nobody could print it', () => {
    const nest = `${'['.repeat(60_000)}${']'.repeat(60_000)}`;
    const stream = WHOLE[dialect.id].map(
      (body) => new SseFrame(null, JSON.stringify(body).replaceAll('"here"', nest), ''),
    );
    const found = gathered(dialect, stream);
    expect(found).toBeInstanceOf(GatewayError);
    expect((found as GatewayError).code).toBe('upstream_invalid_response');
  });

  test('takes time that grows with the stream', () => {
    const COUNT = 20_000;
    const stream = MANY[dialect.id].flatMap((make) =>
      Array.from({ length: COUNT }, (_, n) => new SseFrame(null, JSON.stringify(make(n)), '')),
    );
    for (const frame of stream) expect(frame.json).toBeDefined();
    const startedAt = performance.now();
    gathered(dialect, stream);
    // Many times what it takes; with the square of the count it would be minutes.
    expect(performance.now() - startedAt).toBeLessThan(3000);
  });
});

function objectsIn(value: Json | undefined): object[] {
  if (typeof value !== 'object' || value === null) return [];
  return [value, ...Object.values(value).flatMap((member) => objectsIn(member as Json))];
}

const chunk = (delta: JsonObject): JsonObject => ({ id: 'x', choices: [{ index: 0, delta }] });
const block = (type: string, index: number, members: JsonObject): JsonObject => ({
  type: `content_block_${type}`,
  index,
  ...members,
});

const WHOLE: { readonly [D in ChatDialect['id']]: readonly JsonObject[] } = {
  'openai-chat': [
    { ...chunk({ content: [{ type: 'image', more: 'here' }] }), usage: { details: { a: 1 } } },
    chunk({ tool_calls: [{ index: 0, id: 'c', function: { name: 'f', arguments: ['here'] } }] }),
    chunk({ annotations: [{ url_citation: {} }], unknown: { a: { b: {} } } }),
  ],
  'openai-responses': [
    { type: 'response.output_item.done', output_index: 0, item: { type: 'message', more: 'here' } },
    { type: 'response.completed', response: { id: 'r', output: [], usage: {}, tools: [{}] } },
  ],
  'anthropic-messages': [
    { type: 'message_start', message: { id: 'm', content: [], usage: { a: {} } } },
    block('start', 0, { content_block: { type: 'text', text: '', more: { a: 'here' } } }),
    block('delta', 0, { delta: { type: 'citations_delta', citation: { a: {} } } }),
    { type: 'message_delta', delta: { stop_reason: 'end_turn', container: {} }, usage: {} },
  ],
};

/** Much of everything that might be looked for among what came before. */
const MANY: { readonly [D in ChatDialect['id']]: readonly ((n: number) => JsonObject)[] } = {
  'openai-chat': [
    (n) => chunk({ content: `word ${n}` }),
    (n) =>
      chunk({
        content: [{ type: 'thinking', thinking: [{ type: n % 2 ? 'text' : 'x', text: 'y' }] }],
      }),
    (n) => chunk({ content: [{ type: 'text', text: 'y', [`n${n}`]: n }] }),
    (n) => chunk({ reasoning_details: [{ type: 'reasoning.text', text: 'x', index: n }] }),
    (n) =>
      chunk({ tool_calls: [{ index: n, id: `c${n}`, function: { name: 'f', arguments: '' } }] }),
    (n) => chunk({ tool_calls: [{ id: `d${n}`, function: { name: 'f', arguments: '{}' } }] }),
    (n) => chunk({ annotations: [{ url: n }], images: [{ index: n }] }),
    (n) => ({
      ...chunk({}),
      citations: Array.from({ length: 20 }, () => n),
      usage: { [`n${n}`]: n },
    }),
    (n) => ({ choices: [{ index: n, delta: { content: 'x' }, logprobs: { content: [{ n }] } }] }),
  ],
  'openai-responses': [
    (n) => ({ type: 'response.output_item.done', output_index: n, item: { type: 'message' } }),
    (n) => ({ type: 'response.in_progress', response: { n } }),
  ],
  'anthropic-messages': [
    (n) => block('start', n, { content_block: { type: 'text', text: '' } }),
    (n) => block('delta', n, { delta: { type: 'text_delta', text: 'x' } }),
    () => block('delta', 0, { delta: { type: 'citations_delta', citation: {} } }),
    (n) => block('delta', 0, { delta: { type: 'new_delta', [`n${n}`]: 'x' } }),
    (n) => ({ type: 'message_delta', delta: { [`n${n}`]: n }, usage: { [`n${n}`]: n } }),
  ],
};
