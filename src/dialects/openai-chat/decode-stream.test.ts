// Streams as servers of this wire send them, good and bad, against the events they mean.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { lawBreaks } from '../../../test/contracts/event-law.ts';
import { collect } from '../../core/collect.ts';
import type { ChatEvent } from '../../core/event.ts';
import type { Json, JsonObject } from '../../lib/json.ts';
import { SseFrame, SseParser } from '../../lib/sse.ts';
import { StreamDecoder } from './decode-stream.ts';

const DONE = '[DONE]';

function decode(...frames: (JsonObject | string | SseFrame)[]): ChatEvent[] {
  const decoder = new StreamDecoder();
  const events = frames.flatMap((frame) => [
    ...decoder.push(
      frame instanceof SseFrame
        ? frame
        : new SseFrame(null, typeof frame === 'string' ? frame : JSON.stringify(frame), ''),
    ),
  ]);
  const all = [...events, ...decoder.end()];
  expect(lawBreaks(all)).toEqual([]);
  return all;
}

const chunk = (delta: JsonObject, rest: JsonObject = {}): JsonObject => ({
  id: 'r',
  model: 'm',
  created: 5,
  choices: [{ index: 0, delta: delta as Json, finish_reason: null, ...rest }] as Json,
});
const finish = (reason: string | null, rest: JsonObject = {}): JsonObject => ({
  ...chunk({}, { finish_reason: reason }),
  ...rest,
});
const call = (entry: JsonObject): JsonObject => chunk({ tool_calls: [entry] as Json });
const blocksOf = (...frames: (JsonObject | string)[]) => collect(decode(...frames)).blocks;
const lastOf = (...frames: (JsonObject | string | SseFrame)[]): string | undefined => {
  const last = decode(...frames).at(-1);
  return last?.type === 'error'
    ? last.error.code
    : last?.type === 'finish'
      ? last.reason
      : last?.type;
};

describe('text', () => {
  test('role, pieces, finish, usage after the finish', () => {
    const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
    expect(
      decode(
        chunk({ role: 'assistant', content: '' }),
        chunk({ content: 'He' }),
        chunk({ content: 'y' }),
        finish('stop'),
        { choices: [], usage },
        DONE,
      ),
    ).toEqual([
      { type: 'start', id: 'r', model: 'm', created: 5 },
      { type: 'block-start', index: 0, block: { kind: 'text' } },
      { type: 'block-delta', index: 0, delta: { kind: 'text', text: 'He' } },
      { type: 'block-delta', index: 0, delta: { kind: 'text', text: 'y' } },
      { type: 'usage', usage: expect.objectContaining({ input: 3, output: 2, cacheRead: null }) },
      { type: 'block-end', index: 0 },
      {
        type: 'finish',
        reason: 'stop',
        raw: 'stop',
        stopSequence: null,
        usage: expect.objectContaining({ input: 3, output: 2 }),
      },
    ]);
  });

  test('an empty list of tool calls is none', () => {
    expect(
      blocksOf(
        chunk({ content: 'a', tool_calls: [] }),
        chunk({ content: 'b', tool_calls: [] }),
        finish('stop'),
        DONE,
      ),
    ).toEqual([{ kind: 'text', text: 'ab', citations: [] }]);
  });

  test('only the first of several answers is told', () => {
    const other = {
      ...chunk({}),
      choices: [{ index: 1, delta: { content: 'no' }, finish_reason: 'length' }],
    } as JsonObject;
    expect(collect(decode(chunk({ content: 'yes' }), other, finish('stop'), DONE))).toMatchObject({
      blocks: [{ text: 'yes' }],
      finish: { reason: 'stop' },
    });
  });

  test('a whole message in one chunk, and one with its message beside the delta', () => {
    expect(
      blocksOf({
        id: 'r',
        choices: [
          { index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' },
        ],
      } as JsonObject),
    ).toEqual([{ kind: 'text', text: 'hi', citations: [] }]);
    expect(
      blocksOf(chunk({ content: 'hi' }, { message: { content: 'hi' } as Json }), finish('stop')),
    ).toMatchObject([{ text: 'hi' }]);
  });

  test('a message that repeats the deltas at the end is not told twice', () => {
    const last = {
      ...chunk({}),
      choices: [{ index: null, message: { content: 'hi' }, finish_reason: 'stop' }],
    } as unknown as JsonObject;
    expect(blocksOf(chunk({ content: 'hi' }), last)).toMatchObject([{ text: 'hi' }]);
  });

  test('a refusal', () => {
    const { blocks, finish: end } = collect(
      decode(chunk({ refusal: 'I ' }), chunk({ refusal: 'will not' }), finish('stop'), DONE),
    );
    expect({ blocks, reason: end.reason }).toEqual({
      blocks: [{ kind: 'refusal', text: 'I will not' }],
      reason: 'refusal',
    });
  });

  test('annotations, before their text or after it, and sources at the top level', () => {
    const cited = { type: 'url_citation', url_citation: { url: 'https://a' } };
    const citations = [{ dialect: 'openai-chat', value: cited }];
    expect(
      blocksOf(
        chunk({ content: '', annotations: [cited] }),
        chunk({ content: 'x' }),
        finish('stop'),
        DONE,
      ),
    ).toEqual([{ kind: 'text', text: 'x', citations }] as never);
    expect(
      blocksOf(chunk({ content: 'x' }), chunk({ annotations: [cited] }), finish('stop'), DONE),
    ).toEqual([{ kind: 'text', text: 'x', citations }] as never);
    const sources = {
      citations: ['https://a', 'https://b'],
      search_results: [{ url: 'https://b', title: 'B' }],
    };
    expect(
      blocksOf({ ...chunk({ content: 'x' }), ...sources }, { ...finish('stop'), ...sources }),
    ).toMatchObject([
      {
        citations: [
          { value: { url_citation: { url: 'https://a' } } },
          { value: { url_citation: { url: 'https://b', title: 'B' } } },
        ],
      },
    ]);
  });

  test('what only this wire knows is kept whole', () => {
    expect(
      blocksOf(
        chunk({ audio: { id: 'a', data: 'UklG' } }),
        chunk({ audio: null }),
        finish('stop'),
        DONE,
      ),
    ).toEqual([
      { kind: 'opaque', dialect: 'openai-chat', value: { audio: { id: 'a', data: 'UklG' } } },
    ]);
    expect(
      blocksOf(
        chunk({ content: [{ type: 'reference', reference_ids: [1] }] as Json }),
        finish('stop'),
        DONE,
      ),
    ).toMatchObject([{ kind: 'opaque', value: { content: [{ type: 'reference' }] } }]);
  });
});

describe('reasoning', () => {
  test.each(['reasoning_content', 'reasoning'])('%s', (field) => {
    expect(
      blocksOf(
        chunk({ [field]: 'a', content: null }),
        chunk({ [field]: 'b', content: '' }),
        chunk({ [field]: null, content: 'c' }),
        finish('stop'),
        DONE,
      ),
    ).toEqual([
      { kind: 'reasoning', text: 'ab', signature: null, format: null },
      { kind: 'text', text: 'c', citations: [] },
    ]);
  });

  test('content parts', () => {
    const thinking = (text: string) =>
      chunk({ content: [{ type: 'thinking', thinking: [{ type: 'text', text }] }] as Json });
    expect(
      blocksOf(
        thinking('a'),
        thinking('b'),
        chunk({ content: [{ type: 'text', text: 'c' }] as Json }),
        chunk({ content: 'd' }),
        finish('stop'),
        DONE,
      ),
    ).toMatchObject([{ text: 'ab' }, { text: 'cd' }]);
  });

  test('details with their signature, which repeat the plain text', () => {
    const detail = (fields: JsonObject) => ({
      type: 'reasoning.text',
      format: 'f',
      index: 0,
      ...fields,
    });
    expect(
      blocksOf(
        chunk({
          reasoning: null,
          reasoning_details: [detail({ text: '', signature: '' })] as Json,
        }),
        chunk({ reasoning: 'a', reasoning_details: [detail({ text: 'a' })] as Json }),
        chunk({ reasoning: 'b', reasoning_details: [detail({ text: 'b' })] as Json }),
        chunk({ reasoning: null, reasoning_details: [detail({ signature: 's' })] as Json }),
        chunk({ reasoning: 'c', reasoning_details: [detail({ text: 'c' })] as Json }),
        finish('stop'),
        DONE,
      ),
    ).toEqual([
      { kind: 'reasoning', text: 'ab', signature: 's', format: 'f' },
      { kind: 'reasoning', text: 'c', signature: null, format: 'f' },
    ]);
  });

  test('summaries and encrypted entries', () => {
    expect(
      blocksOf(
        chunk({
          reasoning: 'sum',
          reasoning_details: [
            { type: 'reasoning.summary', summary: 'sum', format: 'o', index: 0 },
          ] as Json,
        }),
        chunk({
          reasoning_details: [
            { type: 'reasoning.encrypted', data: 'xyz', format: 'o', index: 1 },
          ] as Json,
        }),
        chunk({
          reasoning: 'plain',
          reasoning_details: [{ type: 'reasoning.encrypted', data: 'uvw' }] as Json,
        }),
        finish('stop'),
      ),
    ).toEqual([
      { kind: 'reasoning', text: 'sum', signature: null, format: 'o' },
      { kind: 'redacted-reasoning', data: 'xyz', format: 'o' },
      { kind: 'reasoning', text: 'plain', signature: null, format: null },
      { kind: 'redacted-reasoning', data: 'uvw', format: null },
    ]);
  });
});

describe('tool calls', () => {
  const named = (index: number | undefined, id: string, name: string, args = ''): JsonObject => ({
    ...(index === undefined ? {} : { index }),
    id,
    type: 'function',
    function: { name, arguments: args },
  });
  const more = (index: number | undefined, args: string, rest: JsonObject = {}): JsonObject => ({
    ...(index === undefined ? {} : { index }),
    function: { arguments: args },
    ...rest,
  });
  const tool = (id: string, name: string, args: string) =>
    ({ kind: 'tool-use', id, name, arguments: args, custom: false }) as const;

  const SHAPES: readonly (readonly [string, JsonObject[], ReturnType<typeof tool>[]])[] = [
    [
      'name first, then pieces',
      [call(named(0, 'a', 'f')), call(more(0, '{"x"')), call(more(0, ':1}'))],
      [tool('a', 'f', '{"x":1}')],
    ],
    [
      'two in turn',
      [call(named(0, 'a', 'f', '{}')), call(named(1, 'b', 'g', '{"y":2}'))],
      [tool('a', 'f', '{}'), tool('b', 'g', '{"y":2}')],
    ],
    [
      'two in one chunk',
      [chunk({ tool_calls: [named(0, 'a', 'f', '{}'), named(1, 'b', 'g', '{}')] as Json })],
      [tool('a', 'f', '{}'), tool('b', 'g', '{}')],
    ],
    [
      'interleaved',
      [
        call(named(0, 'a', 'f')),
        call(named(1, 'b', 'g')),
        call(more(0, '{"x"')),
        call(more(1, '{"y"')),
        call(more(0, ':1}')),
        call(more(1, ':2}')),
      ],
      [tool('a', 'f', '{"x":1}'), tool('b', 'g', '{"y":2}')],
    ],
    [
      'no index',
      [
        call(named(undefined, 'a', 'f', '{"x"')),
        call(more(undefined, ':1}')),
        call(named(undefined, 'b', 'g', '{}')),
      ],
      [tool('a', 'f', '{"x":1}'), tool('b', 'g', '{}')],
    ],
    [
      'no index and no id',
      [call(named(undefined, '', 'f', '{"x":1}')), call(named(undefined, '', 'g', '{}'))],
      [tool('call_r_0', 'f', '{"x":1}'), tool('call_r_1', 'g', '{}')],
    ],
    [
      'id repeated',
      [
        call(named(0, 'a', 'f')),
        call(more(0, '{"x"', { id: 'a' })),
        call(more(0, ':1}', { id: 'a' })),
      ],
      [tool('a', 'f', '{"x":1}')],
    ],
    [
      'id emptied',
      [call(named(0, 'a', 'f')), call(more(0, '{}', { id: '' }))],
      [tool('a', 'f', '{}')],
    ],
    [
      'all numbered 0',
      [call(named(0, 'a', 'f', '{}')), call(named(0, 'b', 'g', '{}'))],
      [tool('a', 'f', '{}'), tool('b', 'g', '{}')],
    ],
    ['numbered from 1', [call(named(1, 'a', 'f')), call(more(1, '{}'))], [tool('a', 'f', '{}')]],
    [
      'name after its first piece',
      [
        call({ index: 0, id: 'a', function: { arguments: '{' } }),
        call({ index: 0, function: { name: 'f', arguments: '}' } }),
      ],
      [tool('a', 'f', '{}')],
    ],
    [
      'name repeated empty',
      [call(named(0, 'a', 'f')), call({ index: 0, function: { name: '', arguments: '{}' } })],
      [tool('a', 'f', '{}')],
    ],
    [
      'arguments null',
      [call({ index: 0, id: 'a', function: { name: 'f', arguments: null } })],
      [tool('a', 'f', '')],
    ],
    [
      'arguments missing',
      [call({ index: 0, id: 'a', function: { name: 'f' } })],
      [tool('a', 'f', '')],
    ],
    [
      'arguments as an object',
      [call({ index: 0, id: 'a', function: { name: 'f', arguments: { x: 1 } } })],
      [tool('a', 'f', '{"x":1}')],
    ],
    [
      'an unused custom beside the function',
      [
        call({
          id: 'a',
          type: 'function',
          custom: { name: '', input: '' },
          function: { name: 'f', arguments: '{}' },
        }),
      ],
      [tool('a', 'f', '{}')],
    ],
    [
      'never named',
      [call({ index: 0, id: 'a', function: { arguments: '{}' } })],
      [tool('a', '', '{}')],
    ],
    [
      'legacy',
      [
        chunk({ function_call: { name: 'f', arguments: '' } }),
        chunk({ function_call: { arguments: '{"x":1}' } }),
      ],
      [tool('call_r_0', 'f', '{"x":1}')],
    ],
    [
      'text before and after',
      [chunk({ content: 'a' }), call(named(0, 'a', 'f', '{}'))],
      [{ kind: 'text', text: 'a', citations: [] } as never, tool('a', 'f', '{}')],
    ],
  ];

  test.each(SHAPES)('%s', (_, frames, expected) => {
    const { blocks, finish: end } = collect(decode(...frames, finish('tool_calls'), DONE));
    expect(blocks).toEqual(expected);
    expect(end.reason).toBe('tool-calls');
  });

  test('a custom tool takes free text', () => {
    expect(
      blocksOf(
        call({ index: 0, id: 'a', type: 'custom', custom: { name: 'f', input: 'ls' } }),
        call({ index: 0, custom: { input: ' -l' } }),
        finish('tool_calls'),
      ),
    ).toEqual([{ kind: 'tool-use', id: 'a', name: 'f', arguments: 'ls -l', custom: true }]);
  });

  test('the first call is told as it comes, not when it is whole', () => {
    const decoder = new StreamDecoder();
    const push = (body: JsonObject) => decoder.push(new SseFrame(null, JSON.stringify(body), ''));
    push(call(named(0, 'a', 'f')));
    expect(push(call(more(0, '{"x"')))).toEqual([
      { type: 'block-delta', index: 0, delta: { kind: 'arguments', json: '{"x"' } },
    ]);
  });

  test('any cutting of any arguments of parallel calls comes together again', () => {
    const args = fc.array(
      fc.jsonValue().map((value) => JSON.stringify({ value })),
      { minLength: 1, maxLength: 4 },
    );
    fc.assert(
      fc.property(
        args,
        fc.array(fc.nat(12), { minLength: 1 }),
        fc.boolean(),
        (texts, sizes, interleaved) => {
          const pieces = texts.map((text) => cut(text, sizes));
          const frames: JsonObject[] = [];
          if (interleaved) {
            for (const index of texts.keys())
              frames.push(call(named(index, `id${index}`, `f${index}`)));
            for (let at = 0; pieces.some((list) => at < list.length); at++) {
              pieces.forEach((list, index) => {
                const piece = list[at];
                if (piece !== undefined) frames.push(call(more(index, piece)));
              });
            }
          } else {
            pieces.forEach((list, index) => {
              frames.push(call(named(index, `id${index}`, `f${index}`)));
              for (const piece of list) frames.push(call(more(index, piece)));
            });
          }
          expect(blocksOf(...frames, finish('tool_calls'), DONE)).toEqual(
            texts.map((text, index) => tool(`id${index}`, `f${index}`, text)),
          );
        },
      ),
    );
  });

  test('a megabyte of arguments, a character at a time', () => {
    const text = JSON.stringify({ text: '"}]\\'.repeat(50_000) });
    const decoder = new StreamDecoder();
    const events: ChatEvent[] = [];
    const push = (body: JsonObject) =>
      events.push(...decoder.push(new SseFrame(null, JSON.stringify(body), '')));
    push(call(named(0, 'a', 'f')));
    push(call(named(1, 'b', 'g', '{}')));
    for (let at = 0; at < text.length; at += 7) push(call(more(0, text.slice(at, at + 7))));
    push(finish('tool_calls'));
    events.push(...decoder.end());
    expect(collect(events).blocks).toEqual([tool('a', 'f', text), tool('b', 'g', '{}')]);
  });
});

describe('how it ends', () => {
  const text = chunk({ content: 'x' });
  const used = call({ index: 0, id: 'a', function: { name: 'f', arguments: '{}' } });

  test.each([
    ['stop', 'stop'],
    ['length', 'length'],
    ['model_length', 'length'],
    ['content_filter', 'content-filter'],
    ['sensitive', 'content-filter'],
    ['eos', 'stop'],
    ['tool_calls', 'stop'],
    ['something_new', 'other'],
    ['error', 'upstream_error'],
    ['network_error', 'upstream_error'],
    ['insufficient_system_resource', 'upstream_overloaded'],
  ])('%s of a text is %s', (raw, expected) => {
    expect(lastOf(text, finish(raw), DONE)).toBe(expected);
  });

  test.each([
    ['stop', 'tool-calls'],
    ['function_call', 'tool-calls'],
    ['something_new', 'tool-calls'],
    ['length', 'length'],
    ['content_filter', 'content-filter'],
  ])('%s of a tool call is %s', (raw, expected) => {
    expect(lastOf(used, finish(raw), DONE)).toBe(expected);
  });

  test('the provider’s word is kept, and the stop sequence where it is told', () => {
    const last = decode(
      text,
      { ...chunk({}, { finish_reason: 'stop', stop_reason: 'END' }) },
      DONE,
    ).at(-1);
    expect(last).toMatchObject({ type: 'finish', raw: 'stop', stopSequence: 'END' });
    expect(
      decode(text, chunk({}, { finish_reason: 'stop', stop_reason: 154 }), DONE).at(-1),
    ).toMatchObject({ stopSequence: null });
  });

  test('cut before a finish reason', () => {
    expect(lastOf(text)).toBe('upstream_stream_truncated');
    expect(lastOf()).toBe('upstream_stream_truncated');
    expect(lastOf({ choices: [], prompt_filter_results: [] })).toBe('upstream_stream_truncated');
  });

  test('no [DONE] after a finish reason is an end, and [DONE] without a reason is one', () => {
    expect(lastOf(text, finish('stop'))).toBe('stop');
    expect(lastOf(text, DONE)).toBe('stop');
    expect(lastOf(used, DONE)).toBe('tool-calls');
    expect(lastOf(DONE)).toBe('upstream_invalid_response');
  });

  test('nothing comes after the end', () => {
    const decoder = new StreamDecoder();
    const push = (data: string) => decoder.push(new SseFrame(null, data, ''));
    push(JSON.stringify(finish('stop')));
    expect(push(DONE).at(-1)?.type).toBe('finish');
    expect([...push(JSON.stringify(text)), ...push(DONE), ...decoder.end()]).toEqual([]);
  });

  test('a broken line is skipped', () => {
    expect(
      blocksOf(
        text,
        '{"choices":[{"delta":{"conte',
        'oops',
        chunk({ content: 'y' }),
        finish('stop'),
        DONE,
      ),
    ).toMatchObject([{ text: 'xy' }]);
  });
});

describe('errors in the stream', () => {
  const text = chunk({ content: 'x' });
  test.each([
    [
      { error: { message: 'Rate limit reached', type: 'tokens', code: 'rate_limit_exceeded' } },
      'upstream_rate_limited',
    ],
    [
      {
        error: { code: 502, message: 'Provider disconnected' },
        choices: [{ index: 0, delta: { content: '' }, finish_reason: 'error' }],
      },
      'upstream_error',
    ],
    [{ object: 'error', message: 'bad', code: 400 }, 'upstream_invalid_request'],
    [
      { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
      'upstream_overloaded',
    ],
    [{ error: {} }, 'upstream_error'],
    [{ error: 'gone' }, 'upstream_error'],
  ])('%j', (body, code) => {
    expect(lastOf(body as JsonObject)).toBe(code);
    expect(lastOf(text, body as JsonObject, finish('stop'), DONE)).toBe(code);
  });

  test('in the choice', () => {
    expect(
      lastOf(
        text,
        chunk({}, { finish_reason: 'error', error: { code: 429, message: 'slow down' } }),
      ),
    ).toBe('upstream_rate_limited');
  });

  test('named by the event', () => {
    expect(lastOf(text, new SseFrame('error', '{"message":"down","code":503}', ''))).toBe(
      'upstream_unavailable',
    );
    expect(lastOf(text, new SseFrame('error', 'down for maintenance', ''))).toBe('upstream_error');
  });

  test('after the finish reason the answer is whole', () => {
    const late = {
      ...chunk({ content: '' }),
      error: { code: 400, message: 'Token limit reached' },
      usage: { prompt_tokens: 4, completion_tokens: 1 },
    };
    expect(decode(text, finish('length'), late, DONE).at(-1)).toMatchObject({
      type: 'finish',
      reason: 'length',
      usage: { input: 4 },
    });
  });

  test('null is none', () => {
    expect(lastOf({ ...text, error: null }, finish('stop'), DONE)).toBe('stop');
  });
});

describe('usage', () => {
  const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
  const text = chunk({ content: 'x' });
  test.each([
    ['on the finish chunk', [text, finish('stop', { usage })]],
    [
      'on the finish chunk, with a delta',
      [text, { ...chunk({ content: 'y' }, { finish_reason: 'stop' }), usage }],
    ],
    ['on a chunk of its own', [text, finish('stop'), { choices: [], usage }]],
    [
      'on a chunk with a choice after the finish',
      [text, finish('stop'), { ...chunk({ content: '' }), usage }],
    ],
    [
      'in every chunk, growing',
      [{ ...text, usage: { prompt_tokens: 10, completion_tokens: 1 } }, finish('stop', { usage })],
    ],
    ['under x_groq', [text, finish('stop', { x_groq: { usage } })]],
    ['in the choice', [text, chunk({}, { finish_reason: 'stop', usage })]],
    ['before the finish', [{ choices: [], usage }, text, finish('stop')]],
  ] as const)('%s', (_, frames) => {
    expect(decode(...(frames as readonly JsonObject[]), DONE).at(-1)).toMatchObject({
      type: 'finish',
      usage: { input: 10, output: 5 },
    });
  });

  test('null is not told', () => {
    expect(
      decode({ ...text, usage: null }, finish('stop', { usage: null }), DONE).filter(
        (event) => event.type === 'usage',
      ),
    ).toEqual([]);
  });
});

describe('any prefix of a stream', () => {
  const stream = [
    chunk({ role: 'assistant', content: '' }),
    chunk({
      reasoning_content: 'hm',
      reasoning_details: [{ type: 'reasoning.text', text: 'hm', index: 0, signature: 's' }] as Json,
    }),
    chunk({ content: 'Hé' }),
    call({ index: 0, id: 'a', function: { name: 'f', arguments: '{"x"' } }),
    call({ index: 1, id: 'b', function: { name: 'g', arguments: '{}' } }),
    call({ index: 0, function: { arguments: ':1}' } }),
    finish('tool_calls'),
    { choices: [], usage: { prompt_tokens: 1, completion_tokens: 1 } },
  ]
    .map((body) => `data: ${JSON.stringify(body)}\n\n`)
    .join('');

  test('ends once, in a finish or an error', () => {
    const whole = `${stream}data: [DONE]\n\n`;
    for (let length = 0; length <= whole.length; length++) {
      const parser = new SseParser();
      const decoder = new StreamDecoder();
      const frames = [...parser.push(whole.slice(0, length)), ...parser.end()];
      const events = [...frames.flatMap((frame) => [...decoder.push(frame)]), ...decoder.end()];
      expect({ length, breaks: lawBreaks(events) }).toEqual({ length, breaks: [] });
      const reached = whole.slice(0, length).includes('"finish_reason":"tool_calls"');
      const last = events.at(-1)?.type;
      if (!reached) expect({ length, last }).toEqual({ length, last: 'error' });
      if (length === whole.length) expect(last).toBe('finish');
    }
  });

  test('and any nonsense, keeps the law', () => {
    const piece = fc.oneof(
      fc.record({ role: fc.constant('assistant') }),
      fc.record({ content: fc.oneof(fc.string(), fc.constant(null), fc.array(fc.jsonValue())) }),
      fc.record({ reasoning: fc.string() }),
      fc.record({ refusal: fc.string() }),
      fc.record({
        reasoning_details: fc.array(
          fc.record(
            {
              type: fc.constantFrom('reasoning.text', 'reasoning.encrypted', 'x'),
              text: fc.string(),
              data: fc.string(),
              signature: fc.string(),
              index: fc.nat(2),
            },
            { requiredKeys: [] },
          ),
        ),
      }),
      fc.record({
        tool_calls: fc.array(
          fc.record(
            {
              index: fc.nat(2),
              id: fc.constantFrom('', 'a', 'b'),
              function: fc.record(
                {
                  name: fc.constantFrom('', 'f', 'g'),
                  arguments: fc.oneof(fc.string(), fc.constant('{}'), fc.jsonValue()),
                },
                { requiredKeys: [] },
              ),
            },
            { requiredKeys: [] },
          ),
        ),
      }),
      fc.record({ annotations: fc.jsonValue() }),
      fc.dictionary(fc.string(), fc.jsonValue()),
    );
    const frame = fc.oneof(
      piece.map((delta) => JSON.stringify(chunk(delta as JsonObject))),
      fc.constantFrom(
        JSON.stringify(finish('stop')),
        JSON.stringify(finish('')),
        '[DONE]',
        '{',
        '[]',
        '{"error":{}}',
        '{"choices":[],"usage":{"prompt_tokens":1}}',
      ),
      fc.jsonValue().map((value) => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 20 }), (frames) => void decode(...frames)),
      { numRuns: 500 },
    );
  });
});

function cut(text: string, sizes: readonly number[]): string[] {
  const pieces: string[] = [];
  for (let at = 0, turn = 0; at < text.length; turn++) {
    const size = sizes[turn % sizes.length] || 1;
    pieces.push(text.slice(at, at + size));
    at += size;
  }
  return pieces;
}
