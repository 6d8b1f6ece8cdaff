// Streams of the openai-responses wire as events: every way servers tell an item, each told once.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { lawBreaks } from '../../../test/contracts/event-law.ts';
import { type Collected, collect } from '../../core/collect.ts';
import type { ChatEvent } from '../../core/event.ts';
import type { JsonObject } from '../../lib/json.ts';
import { SseFrame } from '../../lib/sse.ts';
import { StreamDecoder } from './decode-stream.ts';

type Sent = { readonly type: string; readonly [member: string]: unknown };

function decode(sent: readonly Sent[]): ChatEvent[] {
  const decoder = new StreamDecoder();
  const events = sent.flatMap((event) =>
    decoder.push(new SseFrame(event.type, JSON.stringify(event), '')),
  );
  events.push(...decoder.end());
  expect(lawBreaks(events)).toEqual([]);
  return events;
}

const created: Sent = {
  type: 'response.created',
  response: { id: 'resp_1', model: 'm', created_at: 12.7, status: 'in_progress' },
};

function completed(response: JsonObject = {}): Sent {
  return { type: 'response.completed', response: { status: 'completed', ...response } };
}

function answer(...sent: Sent[]): Collected {
  return collect(decode([created, ...sent, completed()]));
}

function failure(...sent: Sent[]): string {
  const last = decode(sent).at(-1);
  return last?.type === 'error' ? last.error.code : String(last?.type);
}

const added = (output_index: number, item: JsonObject): Sent => ({
  type: 'response.output_item.added',
  output_index,
  item,
});
const done = (output_index: number, item: JsonObject): Sent => ({
  type: 'response.output_item.done',
  output_index,
  item,
});
const text = (output_index: number, delta: string, content_index = 0): Sent => ({
  type: 'response.output_text.delta',
  output_index,
  content_index,
  delta,
});
const message = (value: string, annotations: JsonObject[] = []): JsonObject => ({
  type: 'message',
  id: 'msg_1',
  content: [{ type: 'output_text', text: value, annotations }],
});
const call = (value: string, name = 'f'): JsonObject => ({
  type: 'function_call',
  id: 'fc_1',
  call_id: 'call_1',
  name,
  arguments: value,
});

describe('the beginning', () => {
  test('is told once, whoever begins', () => {
    const [start] = decode([created, { ...created, type: 'response.in_progress' }, completed()]);
    expect(start).toEqual({ type: 'start', id: 'resp_1', model: 'm', created: 12 });
    expect(decode([text(0, 'x'), completed()]).map(({ type }) => type)).toEqual([
      'start',
      'block-start',
      'block-delta',
      'block-end',
      'finish',
    ]);
  });
});

describe('function calls', () => {
  const delta = (output_index: number, value: string): Sent => ({
    type: 'response.function_call_arguments.delta',
    output_index,
    delta: value,
  });
  const whole: Sent = {
    type: 'response.function_call_arguments.done',
    output_index: 0,
    arguments: '{"a":1}',
  };
  const expected = [
    { kind: 'tool-use', id: 'call_1', name: 'f', arguments: '{"a":1}', custom: false },
  ];
  const ways: { readonly [way: string]: readonly Sent[] } = {
    'deltas alone': [added(0, call('')), delta(0, '{"a"'), delta(0, ':1}')],
    'the arguments at their end alone': [added(0, call('')), whole],
    'the item at its end alone': [done(0, call('{"a":1}'))],
    'all of it': [
      added(0, call('')),
      delta(0, '{"a"'),
      delta(0, ':1}'),
      whole,
      done(0, call('{"a":1}')),
    ],
    'the beginning in deltas, the rest at the end': [added(0, call('')), delta(0, '{"a"'), whole],
    'no word of the item before its deltas': [
      delta(0, '{"a"'),
      delta(0, ':1}'),
      done(0, call('{"a":1}')),
    ],
    'arguments that are there from the start, and repeated': [
      added(0, call('{"a":1}')),
      delta(0, '{"a":1}'),
      done(0, call('{"a":1}')),
    ],
  };
  for (const [way, sent] of Object.entries(ways))
    test(`are whole and told once: ${way}`, () => {
      const { blocks, finish } = answer(...sent);
      expect(blocks).toEqual(expected as typeof blocks);
      expect(finish.reason).toBe('tool-calls');
    });

  test('found only in the last event are told too', () => {
    const { blocks } = collect(decode([created, completed({ output: [call('{"a":1}')] })]));
    expect(blocks).toEqual(expected as typeof blocks);
  });

  test('of a custom tool bring free text', () => {
    const item = { type: 'custom_tool_call', id: 'c', call_id: 'c1', name: 'patch', input: '' };
    const { blocks } = answer(
      added(0, item),
      { type: 'response.custom_tool_call_input.delta', output_index: 0, delta: '*** ' },
      { type: 'response.custom_tool_call_input.done', output_index: 0, input: '*** Begin' },
      done(0, { ...item, input: '*** Begin' }),
    );
    expect(blocks).toEqual([
      { kind: 'tool-use', id: 'c1', name: 'patch', arguments: '*** Begin', custom: true },
    ]);
  });

  test('of a custom tool nobody offered are the provider’s own affair', () => {
    const item = {
      type: 'custom_tool_call',
      id: 'c',
      call_id: 'c1',
      name: 'x_search',
      input: '{}',
    };
    const offering = {
      ...created,
      response: { ...(created.response as JsonObject), tools: [{ type: 'x_search' }] },
    };
    const events = decode([
      offering,
      added(0, item),
      { type: 'response.custom_tool_call_input.delta', output_index: 0, delta: '{}' },
      done(0, item),
      completed(),
    ]);
    const { blocks, finish } = collect(events);
    expect(blocks).toEqual([{ kind: 'opaque', dialect: 'openai-responses', value: item }]);
    expect(finish.reason).toBe('stop');
  });
});

describe('items without a place', () => {
  test('are told apart by their ids, or by where they end', () => {
    const bare = ({ output_index: _, ...event }: { readonly [member: string]: unknown }) =>
      event as Sent;
    const id = { id: 'fc_2', call_id: 'call_2' };
    for (const second of [id, { ...id, id: 'fc_1' }]) {
      const { blocks } = answer(
        bare(added(0, call(''))),
        bare(done(0, call('{"a":1}'))),
        bare(added(0, { ...call(''), ...second })),
        bare(done(0, { ...call('{"a":2}'), ...second })),
      );
      expect(blocks.map((block) => block.kind === 'tool-use' && block.arguments)).toEqual([
        '{"a":1}',
        '{"a":2}',
      ]);
    }
  });
});

describe('text', () => {
  test('parts are blocks of their own; a refusal is one too, and the reason', () => {
    const { blocks, finish } = answer(
      text(0, 'a'),
      text(0, 'b', 1),
      { type: 'response.refusal.delta', output_index: 0, content_index: 2, delta: 'No' },
      { type: 'response.refusal.done', output_index: 0, content_index: 2, refusal: 'No.' },
    );
    expect(blocks).toEqual([
      { kind: 'text', text: 'a', citations: [] },
      { kind: 'text', text: 'b', citations: [] },
      { kind: 'refusal', text: 'No.' },
    ]);
    expect(finish.reason).toBe('refusal');
  });

  test('annotations are citations, once each, URLs in the shape every dialect knows', () => {
    const url = {
      type: 'url_citation',
      url: 'https://a',
      title: 'A',
      start_index: 0,
      end_index: 1,
    };
    const file = { type: 'file_citation', file_id: 'f', index: 1 };
    const told = (annotation: JsonObject, annotation_index: number): Sent => ({
      type: 'response.output_text.annotation.added',
      output_index: 0,
      content_index: 0,
      annotation_index,
      annotation,
    });
    const { blocks } = answer(
      added(0, { type: 'message', content: [] }),
      told(url, 0),
      text(0, 'x'),
      done(0, message('x', [url, file])),
    );
    const { type, ...rest } = url;
    expect(blocks).toEqual([
      {
        kind: 'text',
        text: 'x',
        citations: [
          { dialect: 'openai-chat', value: { type, url_citation: rest } },
          { dialect: 'openai-responses', value: file },
        ],
      },
    ]);
  });

  test('what was told stays told where the end says otherwise', () => {
    expect(answer(text(0, 'abc'), done(0, message('xyz'))).blocks).toEqual([
      { kind: 'text', text: 'abc', citations: [] },
    ]);
  });
});

describe('reasoning', () => {
  const summary = (summary_index: number, delta: string): Sent => ({
    type: 'response.reasoning_summary_text.delta',
    output_index: 0,
    summary_index,
    delta,
  });
  const item = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAA' };

  test('parts of a summary stand apart, the state comes last', () => {
    const { blocks } = answer(
      added(0, item),
      summary(0, 'one'),
      summary(1, 'two'),
      done(0, {
        ...item,
        summary: [
          { type: 'summary_text', text: 'one' },
          { type: 'summary_text', text: 'two' },
          { type: 'summary_text', text: 'three' },
        ],
      }),
    );
    expect(blocks).toEqual([
      {
        kind: 'reasoning',
        text: 'one\n\ntwo\n\nthree',
        signature: 'rs_1|gAAA',
        format: 'openai-responses-v1',
      },
    ]);
  });

  test('with nothing to show is its state alone, and without a state nothing', () => {
    expect(answer(added(0, item), done(0, item)).blocks).toEqual([
      { kind: 'reasoning', text: '', signature: 'rs_1|gAAA', format: 'openai-responses-v1' },
    ]);
    const { encrypted_content: _, ...bare } = item;
    expect(answer(added(0, bare), done(0, bare)).blocks).toEqual([]);
  });

  test('of open models is theirs as it is, and does not hold up the answer that follows', () => {
    const thought = (delta: string): Sent => ({
      type: 'response.reasoning_text.delta',
      output_index: 0,
      content_index: 0,
      delta,
    });
    const decoder = new StreamDecoder();
    const push = (sent: Sent) =>
      decoder.push(new SseFrame(sent.type, JSON.stringify(sent), '')).map(({ type }) => type);
    push(created);
    push(added(0, { type: 'reasoning', id: 'r' }));
    push(thought('hm'));
    push(added(1, { type: 'message', id: 'm' }));
    expect(push(text(1, '4'))).toEqual(['block-end', 'block-start', 'block-delta']);
    expect(push(done(1, message('4')))).toEqual(['block-end']);
    const late = { type: 'reasoning', id: 'r', content: [{ type: 'reasoning_text', text: 'hm' }] };
    expect(push(done(0, late))).toEqual([]);
    expect(push(completed())).toEqual(['finish']);
  });
});

describe('what only this wire carries', () => {
  const search = {
    type: 'web_search_call',
    id: 'ws',
    status: 'completed',
    action: { type: 'search' },
  };

  test('is told whole when it is whole, and holds nothing up', () => {
    const events = decode([
      created,
      added(0, { ...search, status: 'in_progress' }),
      text(1, 'a'),
      done(0, search),
      text(1, 'b'),
      completed({ output: [search, message('ab')], usage: { input_tokens: 3, output_tokens: 2 } }),
    ]);
    const { blocks, finish } = collect(events);
    expect(blocks).toEqual([
      { kind: 'text', text: 'ab', citations: [] },
      { kind: 'opaque', dialect: 'openai-responses', value: search },
    ]);
    expect(finish.usage).toMatchObject({ input: 3, output: 2, searches: 1 });
  });

  test('is told as it is in the last event where it was never finished before', () => {
    const begun = { ...search, status: 'in_progress' };
    const { blocks } = collect(decode([created, added(0, begun), completed({ output: [search] })]));
    expect(blocks).toEqual([{ kind: 'opaque', dialect: 'openai-responses', value: search }]);
  });
});

describe('the end', () => {
  test('incomplete says why', () => {
    const ending = (reason: string | null) =>
      collect(
        decode([
          created,
          text(0, 'x'),
          {
            type: 'response.incomplete',
            response: { status: 'incomplete', incomplete_details: reason && { reason } },
          },
        ]),
      ).finish;
    expect(ending('max_output_tokens')).toMatchObject({ reason: 'length' });
    expect(ending('content_filter')).toMatchObject({ reason: 'content-filter' });
    expect(ending('new_reason')).toMatchObject({ reason: 'other', raw: 'new_reason' });
    expect(ending(null)).toMatchObject({ reason: 'other', raw: 'incomplete' });
  });

  test('a stream that just stops is an error', () => {
    expect(failure(created, text(0, 'x'))).toBe('upstream_stream_truncated');
    expect(failure()).toBe('upstream_stream_truncated');
  });

  test('a failure is the error it stands for, in every shape', () => {
    const failed = (code: string): Sent => ({
      type: 'response.failed',
      response: { status: 'failed', error: { code, message: 'm' } },
    });
    expect(failure(created, failed('server_error'))).toBe('upstream_error');
    expect(failure(created, failed('rate_limit_exceeded'))).toBe('upstream_rate_limited');
    expect(failure(created, failed('context_length_exceeded'))).toBe('upstream_context_length');
    expect(failure(created, failed('invalid_prompt'))).toBe('upstream_invalid_request');
    expect(failure(created, failed('server_is_overloaded'))).toBe('upstream_overloaded');
    const event = { type: 'error', code: 'rate_limit_exceeded', message: 'm', param: null };
    expect(failure(created, event)).toBe('upstream_rate_limited');
    const nested = { type: 'error', error: { type: 'insufficient_quota', message: 'm' } };
    expect(failure(nested, failed('insufficient_quota'))).toBe('upstream_payment_required');
    expect(failure({ type: '', error: { message: 'm', code: 401 } })).toBe('upstream_auth');
  });

  test('nothing that comes after it counts', () => {
    const events = decode([created, completed(), text(0, 'x'), completed()]);
    expect(events.map(({ type }) => type)).toEqual(['start', 'finish']);
  });

  test('unknown events and broken lines are skipped', () => {
    const decoder = new StreamDecoder();
    expect(decoder.push(new SseFrame('response.new', '{"type":"response.new"}', ''))).toEqual([]);
    expect(decoder.push(new SseFrame(null, '{"type":', ''))).toEqual([]);
    expect(decoder.push(new SseFrame(null, '[DONE]', ''))).toEqual([]);
  });
});

describe('any order', () => {
  interface Piece {
    readonly kind: 'message' | 'call' | 'summary';
    readonly pieces: readonly string[];
    readonly way: 'deltas' | 'done' | 'both';
    readonly announced: boolean;
  }
  const pieces = fc.record<Piece>({
    kind: fc.constantFrom('message', 'call', 'summary'),
    pieces: fc.array(fc.string({ minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 }),
    way: fc.constantFrom('deltas', 'done', 'both'),
    announced: fc.boolean(),
  });

  function itemOf({ kind, pieces }: Piece, at: number): JsonObject {
    const whole = pieces.join('');
    if (kind === 'message') return { ...message(whole), id: `m${at}` };
    if (kind === 'call') return { ...call(whole), id: `f${at}`, call_id: `c${at}` };
    const summary = [{ type: 'summary_text', text: whole }];
    return { type: 'reasoning', id: `r${at}`, summary };
  }

  function eventsOf(piece: Piece, at: number): Sent[] {
    const type = {
      message: 'response.output_text.delta',
      call: 'response.function_call_arguments.delta',
      summary: 'response.reasoning_summary_text.delta',
    }[piece.kind];
    const deltas = piece.pieces.map((delta) => ({ type, output_index: at, delta }));
    const item = itemOf(piece, at);
    const bare = { ...item, content: [], summary: [], arguments: '' };
    return [
      ...(piece.announced ? [added(at, bare)] : []),
      ...(piece.way === 'done' ? [] : deltas),
      // A call that was never announced has its name from its end alone.
      ...(piece.way === 'deltas' && piece.announced ? [] : [done(at, item)]),
    ];
  }

  test('of interleaved items gives lawful blocks with all that was said, each once', () => {
    fc.assert(
      fc.property(
        fc.array(pieces, { minLength: 1, maxLength: 5 }),
        fc.array(fc.nat(), { minLength: 60, maxLength: 60 }),
        (items, picks) => {
          const queues = items.map(eventsOf);
          const sent: Sent[] = [created];
          for (let turn = 0; queues.some((queue) => queue.length > 0); turn += 1) {
            const left = queues.filter((queue) => queue.length > 0);
            const next = left[(picks[turn % picks.length] ?? 0) % left.length]?.shift();
            if (next) sent.push(next);
          }
          const { blocks } = collect(decode([...sent, completed()]));
          const said = blocks.map((block) =>
            'text' in block ? block.text : block.kind === 'tool-use' ? block.arguments : '',
          );
          expect(said.sort()).toEqual(items.map((item) => item.pieces.join('')).sort());
        },
      ),
      { numRuns: 300 },
    );
  });
});
