// A caller's own text, forwarded: byte for byte but for what has to change.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { targetOf } from '../../../test/contracts/example-reply.ts';
import type { Target } from '../../core/dialect.ts';
import { OUR_FIELDS } from '../../core/options.ts';
import type { JsonObject } from '../../lib/json.ts';
import { forwardCall } from './forward-call.ts';

const MODEL = 'claude-sonnet-4-5';

function forward(text: string, target: Partial<Target> = {}) {
  return forwardCall(text, JSON.parse(text) as JsonObject, targetOf(MODEL, target));
}

/** The body's own fields after forwarding, and the losses. */
function forwarded(body: object, target: Partial<Target> = {}) {
  const { body: out, losses } = forward(
    JSON.stringify({ model: MODEL, max_tokens: 5000, messages: [], ...body }),
    target,
  );
  const { model: _, messages: __, max_tokens: ___, ...rest } = JSON.parse(out) as JsonObject;
  return { rest, losses };
}

/** Odd spacing, odd order, unknown fields, a signed thinking block, cache marks, escapes. */
const TEXT = `{ "max_tokens":5000,
  "system" : [{"type":"text","text":"s\\u00e9","cache_control":{"type":"ephemeral","ttl":"1h"}}],
  "model":"claude-sonnet-4-5" ,
  "messages": [ {"role":"user","content":"Hi"},
    {"role":"assistant","content":[ {"signature":"EqQB==","type":"thinking","thinking":"hm "}, {"type":"redacted_thinking","data":"xx"},
      {"type":"tool_use","id":"toolu_1","name":"f","input":{ "b":1.0,"a" :2e3 }} ]},
    {"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":"ok"}]} ],
  "thinking":{"type":"enabled","budget_tokens":2000}, "not_known_yet":{"x" : [ 1 ]},
  "metadata": {"user_id" : "u1"} }`;

describe('nothing to change', () => {
  test('the same text', () => {
    expect(forward(TEXT)).toEqual({ body: TEXT, losses: [] });
  });
  test('a body of any spacing without our fields', () => {
    const fields = fc.dictionary(
      fc
        .string()
        .filter(
          (key) =>
            !OUR_FIELDS.has(key) &&
            ![
              'model',
              'messages',
              'thinking',
              'output_config',
              'tool_choice',
              'temperature',
              'top_p',
              'top_k',
              'max_tokens',
              '__proto__',
            ].includes(key),
        ),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(fields, fc.constantFrom(undefined, 1, '\t'), (rest, space) => {
        const text = JSON.stringify(
          { ...rest, model: MODEL, messages: [{ role: 'user', content: 'Hi' }] },
          null,
          space,
        );
        expect(forward(text)).toEqual({ body: text, losses: [] });
      }),
    );
  });
});

test('only the model differs', () => {
  expect(forward(TEXT, { model: 'claude-opus-4-5' }).body).toBe(
    TEXT.replace('"claude-sonnet-4-5"', '"claude-opus-4-5"'),
  );
});

test('our fields are cut, whatever they are', () => {
  const ours = {
    models: ['a/b'],
    ignore: [],
    sort: ['price'],
    provider: {},
    fallback: { ttft_timeout: '800ms' },
    prompt_variables: {},
    cache: { mode: 'off' },
    strict: true,
    web_search: false,
    metadata: { plan: 'pro' },
  };
  const text = `${TEXT.slice(0, -1).replace('"metadata": {"user_id" : "u1"}', '"x":1')}, ${JSON.stringify(ours).slice(1)}`;
  const out = forward(text);
  expect(JSON.parse(out.body)).toEqual({
    ...(JSON.parse(TEXT) as JsonObject),
    metadata: undefined,
    x: 1,
  } as never);
  expect(out.losses).toEqual([]);
  for (const field of OUR_FIELDS)
    expect(Object.hasOwn(JSON.parse(out.body) as object, field)).toBe(false);
});

describe('metadata', () => {
  test.each([
    [{ user_id: 'u', plan: 'pro' }, { user_id: 'u' }],
    [{ plan: 'pro' }, undefined],
    [{ user_id: 7, plan: 'pro' }, undefined],
    [{ user_id: null }, { user_id: null }],
  ])('%p becomes %p', (metadata, expected) => {
    expect(forwarded({ metadata }).rest.metadata).toEqual(expected as never);
  });
});

describe('extra_body', () => {
  test('what is not ours in it goes to the top level, as it was written', () => {
    const text =
      '{"model":"claude-sonnet-4-5","messages":[],"extra_body":{"metadata":{"plan":"pro"},"service_tier" : "auto","context_management":{"edits":[ ]}, "max_tokens":9}}';
    expect(forward(text).body).toBe(
      '{"model":"claude-sonnet-4-5","messages":[],"service_tier":"auto","context_management":{"edits":[ ]},"max_tokens":9}',
    );
  });
  test('it wins over the top level, and is fitted like it', () => {
    const { rest } = forwarded({
      temperature: 0,
      extra_body: { temperature: 0.5, thinking: { type: 'enabled', budget_tokens: 500 } },
    });
    expect(rest).toEqual({ thinking: { type: 'enabled', budget_tokens: 1024 } });
  });
});

test('message-level compression is cut, and nothing else of the messages', () => {
  const messages =
    '[ {"role":"user" , "compression":{"aggressiveness":0.5},"content":"Hi"}, {"role":"assistant","content":"a\\u00e9" } ]';
  const out = forward(`{"model":"claude-sonnet-4-5","messages":${messages},"max_tokens":1}`).body;
  expect(out).toBe(
    `{"model":"claude-sonnet-4-5","messages":${messages.replace(' , "compression":{"aggressiveness":0.5}', '')},"max_tokens":1}`,
  );
});

test('what nobody answers yet is named', () => {
  const { rest, losses } = forwarded({
    web_search: true,
    audio: { voice: 'x' },
    extra_body: { web_search: { max: 1 } },
  });
  expect(rest).toEqual({});
  expect(losses).toEqual([
    'web_search: dropped; this provider is not asked for it',
    'audio: dropped; this provider is not asked for it',
  ]);
  expect(forwarded({ web_search_options: {} })).toMatchObject({
    rest: {},
    losses: ['web_search_options: dropped; this provider is not asked for it'],
  });
});

describe('reasoning', () => {
  test.each<[string, object, object, string[]]>([
    [
      'claude-opus-4-7',
      { effort: 'high' },
      { thinking: { type: 'adaptive', display: 'summarized' }, output_config: { effort: 'high' } },
      [],
    ],
    [
      'claude-sonnet-4-5',
      { effort: 'medium' },
      { thinking: { type: 'enabled', budget_tokens: 2500 } },
      [],
    ],
    [
      'claude-sonnet-4-5',
      { max_tokens: 2000 },
      { thinking: { type: 'enabled', budget_tokens: 2000 } },
      [],
    ],
    [
      'claude-sonnet-4-5',
      { max_tokens: 9000 },
      { thinking: { type: 'enabled', budget_tokens: 4999 } },
      ['thinking.budget_tokens: 9000 is outside what the model takes; sent as 4999'],
    ],
    ['claude-sonnet-4-5', { enabled: false }, { thinking: { type: 'disabled' } }, []],
    ['claude-sonnet-4-5', { exclude: true }, {}, []],
    [
      'some-other-model',
      { effort: 'high' },
      { thinking: { type: 'enabled', budget_tokens: 4000 } },
      [],
    ],
  ])('%s %p', (model, reasoning, rest, losses) => {
    expect(forwarded({ reasoning }, { model })).toEqual({ rest, losses } as never);
    expect(forwarded({ extra_body: { reasoning } }, { model })).toEqual({ rest, losses } as never);
  });
  test('it keeps the rest of output_config', () => {
    const { rest } = forwarded(
      {
        reasoning: { effort: 'low' },
        output_config: { effort: 'high', task_budget: { total: 1 } },
      },
      { model: 'claude-opus-4-7' },
    );
    expect(rest.output_config).toEqual({ effort: 'low', task_budget: { total: 1 } });
  });
});

describe('what the model is known to refuse', () => {
  test.each<[string, object, object, string]>([
    [
      'claude-opus-4-7',
      { thinking: { type: 'enabled', budget_tokens: 2000, display: 'omitted' } },
      { thinking: { type: 'adaptive', display: 'omitted' }, output_config: { effort: 'medium' } },
      'thinking.budget_tokens: the model decides by itself; sent as adaptive thinking with effort medium',
    ],
    [
      'claude-haiku-4-5',
      { thinking: { type: 'adaptive' }, output_config: { effort: 'high' } },
      { thinking: { type: 'enabled', budget_tokens: 4000 } },
      'thinking: the model takes no adaptive thinking; sent as a budget of 4000 tokens',
    ],
    [
      'claude-sonnet-4-5',
      { thinking: { type: 'enabled', budget_tokens: 500 } },
      { thinking: { type: 'enabled', budget_tokens: 1024 } },
      'thinking.budget_tokens: 500 is outside what the model takes; sent as 1024',
    ],
    [
      'claude-opus-5-5',
      { thinking: { type: 'disabled' } },
      { output_config: { effort: 'low' } },
      'thinking: the model cannot stop thinking; sent with effort low',
    ],
    [
      'claude-opus-4-7',
      { temperature: 0.5 },
      {},
      'temperature: the model has no such setting; dropped',
    ],
    [
      'claude-opus-5-5',
      { tool_choice: { type: 'any' } },
      { tool_choice: { type: 'auto' } },
      'tool_choice: the model cannot be made to call a tool; sent as auto instead of any',
    ],
    [
      'claude-sonnet-4-6',
      { output_config: { effort: 'xhigh' } },
      { output_config: { effort: 'high' } },
      'output_config.effort: the model has no xhigh; sent as high',
    ],
  ])('%s %p', (model, body, rest, loss) => {
    expect(forwarded(body, { model })).toEqual({ rest, losses: [loss] } as never);
  });

  test('what it takes stays, though it is unusual', () => {
    const unusual = [
      ['claude-opus-4-7', { temperature: 1, top_p: 1 }],
      // Interleaved thinking lets the budget exceed max_tokens.
      ['claude-sonnet-4-5', { thinking: { type: 'enabled', budget_tokens: 20_000 } }],
      ['claude-opus-4-6', { thinking: { type: 'adaptive' }, tool_choice: { type: 'any' } }],
      ['claude-opus-4-7', { thinking: { type: 'not_known_yet' } }],
      // Of a model nobody listed nothing is known to be refused.
      ['claude-future-9', { thinking: { type: 'enabled', budget_tokens: 3 }, temperature: 0.2 }],
      ['minimax-m2', { thinking: { type: 'adaptive' }, temperature: 0.2, top_p: 0.1 }],
    ] as const;
    for (const [model, body] of unusual)
      expect(forwarded(body, { model })).toEqual({ rest: body, losses: [] } as never);
  });

  test('a count of tokens has no max_tokens, and gets none', () => {
    const text =
      '{"model":"claude-opus-4-7","messages":[],"thinking":{"type":"enabled","budget_tokens":2000}}';
    const { body } = forward(text, { model: 'claude-opus-4-7' });
    expect(JSON.parse(body)).toEqual({
      model: 'claude-opus-4-7',
      messages: [],
      thinking: { type: 'adaptive', display: 'summarized' },
      output_config: { effort: 'high' },
    });
  });
});

describe('thinking blocks nobody here signed', () => {
  const content = (...blocks: object[]) => [
    { role: 'user', content: 'a' },
    { role: 'assistant', content: blocks },
    { role: 'user', content: 'b' },
  ];
  const foreign = { type: 'thinking', thinking: 'x', signature: 'switchyard:other-v1:abc' };
  const unsigned = { type: 'thinking', thinking: 'x', signature: '' };
  const signed = { type: 'thinking', thinking: 'x', signature: 'EqQB' };
  const text = { type: 'text', text: 't' };
  const send = (messages: object[], target: Partial<Target> = {}, more: object = {}) => {
    const { body, losses } = forward(
      JSON.stringify({ model: MODEL, max_tokens: 5000, messages, ...more }),
      target,
    );
    return { body: JSON.parse(body) as JsonObject, losses };
  };

  test('are taken out, the signed ones and the rest stay', () => {
    const { body, losses } = send(
      content(
        foreign,
        signed,
        unsigned,
        { type: 'redacted_thinking', data: 'switchyard:x:y' },
        { type: 'redacted_thinking', data: 'own' },
        text,
      ),
    );
    expect(body.messages as unknown).toEqual(
      content(signed, { type: 'redacted_thinking', data: 'own' }, text),
    );
    expect(losses).toEqual(
      [0, 2, 3].map(
        (block) => `messages[1].content[${block}]: reasoning dropped; it is not signed by this API`,
      ),
    );
  });
  test('a turn of nothing else goes with them', () => {
    expect(send(content(foreign)).body.messages).toEqual([
      { role: 'user', content: 'a' },
      { role: 'user', content: 'b' },
    ]);
  });
  test('unsigned ones stay where no signature is asked for', () => {
    const { body } = send(content(unsigned, foreign, text), { model: 'minimax-m2' });
    expect(body.messages as unknown).toEqual(content(unsigned, text));
  });
  test('a budget cannot go on without the block that called the tools', () => {
    const calls = [
      ...content(foreign, { type: 'tool_use', id: 't', name: 'f', input: {} }).slice(0, 2),
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't' }] },
    ];
    const { body, losses } = send(
      calls,
      {},
      { thinking: { type: 'enabled', budget_tokens: 2000 } },
    );
    expect(body.thinking).toBeUndefined();
    expect(losses.at(-1)).toBe(
      'thinking: the turn that called the tools came without its thinking block; dropped',
    );
    expect(
      send(calls, { model: 'claude-opus-4-7' }, { thinking: { type: 'adaptive' } }).body.thinking,
    ).toEqual({ type: 'adaptive' });
  });
});

describe('quirks of the provider', () => {
  test('refused and renamed fields', () => {
    const quirks = {
      refusedFields: ['service_tier', 'top_k'],
      renamedFields: { container: 'box' },
    };
    expect(forwarded({ service_tier: 'auto', container: 'c', top_k: 3 }, { quirks })).toEqual({
      rest: { box: 'c' },
      losses: [
        'service_tier: refused by the provider; dropped',
        'top_k: refused by the provider; dropped',
      ],
    });
  });
});

test('the envelope names no other model, and no other form of the answer: the plan went by the request', () => {
  const body = { stream: false, extra_body: { model: 'claude-opus-4-1', stream: true, top_k: 5 } };
  const { body: sent } = forward(
    JSON.stringify({ model: MODEL, max_tokens: 9, messages: [], ...body }),
  );
  expect(JSON.parse(sent)).toEqual({
    model: MODEL,
    max_tokens: 9,
    messages: [],
    stream: false,
    top_k: 5,
  });
});
