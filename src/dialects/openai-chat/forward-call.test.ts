// A caller's own text: what we own is cut, what the target wants is fitted, and every other byte stays.
import { describe, expect, test } from 'bun:test';
import { targetOf } from '../../../test/contracts/example-reply.ts';
import type { Target } from '../../core/dialect.ts';
import type { Quirks } from '../../core/provider.ts';
import type { JsonObject } from '../../lib/json.ts';
import { forwardCall } from './forward-call.ts';

function forward(
  text: string,
  quirks: Quirks = {},
  target: Partial<Target> = {},
): { body: string; losses: readonly string[] } {
  return forwardCall(text, JSON.parse(text) as JsonObject, targetOf('m', { quirks, ...target }));
}

/** Fields beside model and messages after forwarding, and how many losses. */
function fields(
  extra: JsonObject,
  quirks: Quirks = {},
  target: Partial<Target> = {},
): [JsonObject, number] {
  const { body, losses } = forward(
    JSON.stringify({ model: 'a/b', messages: [{ role: 'user', content: 'hi' }], ...extra }),
    quirks,
    target,
  );
  const { model, messages: _, ...rest } = JSON.parse(body) as JsonObject;
  expect(model).toBe('m');
  return [rest, losses.length];
}

describe('forwardCall', () => {
  test('replaces the model and nothing else', () => {
    const text =
      '{ "temperature" : 1.0,\n "model":"a/b", "messages":[{"content":"\\u00e9 \\"x\\"","role":"user"}],"logit_bias":{"50256":-100}, "zzz":[1,  2] }';
    expect(forward(text)).toEqual({ body: text.replace('"a/b"', '"m"'), losses: [] });
  });

  test('cuts every field that is ours', () => {
    const text =
      '{"model":"a/b","models":["c/d"],"ignore":[],"sort":["price"],"messages":[],"provider":{"order":["x"]},"fallback":{},"metadata":{"a":1},"prompt_variables":{},"cache":{},"strict":false,"seed":1}';
    expect(forward(text)).toEqual({ body: '{"model":"m","messages":[],"seed":1}', losses: [] });
  });

  test('unpacks extra_body: our fields vanish, the others are the provider’s', () => {
    const text =
      '{"model":"a/b","messages":[],"temperature":1,"extra_body":{"models":["c/d"],"top_k":5,"temperature":0.2,"guided":{"a":[1]}}}';
    expect(forward(text)).toEqual({
      body: '{"model":"m","messages":[],"temperature":0.2,"top_k":5,"guided":{"a":[1]}}',
      losses: [],
    });
  });

  test('leaves in extra_body what the target reads there', () => {
    const text =
      '{"model":"a/b","messages":[],"extra_body":{"own":{"a":1},"top_k":5,"models":["c/d"]}}';
    expect(forward(text, { ownExtraBody: ['own'] })).toEqual({
      body: '{"model":"m","messages":[],"extra_body":{"own":{"a":1}},"top_k":5}',
      losses: [],
    });
  });

  test('asks streams for usage, keeping the caller’s other stream options', () => {
    expect(fields({ stream: true })).toEqual([
      { stream: true, stream_options: { include_usage: true } },
      0,
    ]);
    expect(
      fields({
        stream: true,
        stream_options: { include_usage: false, include_obfuscation: false },
      })[0].stream_options,
    ).toEqual({ include_usage: true, include_obfuscation: false });
    expect(
      fields({ stream: true, stream_options: { include_usage: true } }, { streamUsage: false }),
    ).toEqual([{ stream: true }, 0]);
    expect(fields({ stream: false })).toEqual([{ stream: false }, 0]);
    const asked = '{"model":"m","stream":true,"stream_options":{ "include_usage" : true }}';
    expect(forward(asked).body).toBe(asked);
  });

  test('cuts compression out of its message, whose other bytes stay', () => {
    const text =
      '{"messages":[{"role":"user", "content":"a"},{"role":"user","compression":{"aggressiveness":0.5}, "content":"b\\u00e9"}],"model":"a/b"}';
    expect(forward(text).body).toBe(
      '{"messages":[{"role":"user", "content":"a"},{"role":"user", "content":"b\\u00e9"}],"model":"m"}',
    );
  });

  test('patches roles, names and ids message by message', () => {
    const messages = [
      { role: 'developer', content: 'd' },
      { role: 'user', name: 'Ann', content: 'u' },
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          { id: 'call_0123456789', type: 'function', function: { name: 'f', arguments: '{}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'call_0123456789', content: 'r' },
    ];
    const { body, losses } = forward(JSON.stringify({ model: 'a', messages }), {
      developerRole: false,
      messageNames: false,
      toolIdFormat: 'alnum9',
    });
    const sent = (
      JSON.parse(body) as {
        messages: [JsonObject, JsonObject, { tool_calls: [{ id: string }] }, JsonObject];
      }
    ).messages;
    expect(sent[0]).toEqual({ role: 'system', content: 'd' });
    expect(sent[1]).toEqual({ role: 'user', content: 'u' });
    expect(sent[2].tool_calls[0].id).toMatch(/^[A-Za-z0-9]{9}$/);
    expect(sent[3]).toEqual({ role: 'tool', tool_call_id: sent[2].tool_calls[0].id, content: 'r' });
    expect(losses).toEqual([expect.stringMatching(/^messages\[1\]\.name: /)]);
  });

  test('texts are joined for a target that wants strings; other parts are the caller’s affair', () => {
    const messages = [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ],
      },
      { role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://x' } }] },
      { role: 'user', content: 'c' },
    ];
    const { body, losses } = forward(JSON.stringify({ model: 'a', messages }), {
      textParts: false,
    });
    expect(JSON.parse(body).messages).toEqual([
      { role: 'user', content: 'a\n\nb' },
      messages[1],
      messages[2],
    ]);
    expect(losses).toEqual([]);
  });

  test('what another maker signed stays away from providers that think in plain text', () => {
    const signed = [
      { type: 'reasoning.text', text: 't', signature: 's', format: 'anthropic-claude-v1' },
    ];
    const call = { id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } };
    const message = {
      role: 'assistant',
      content: null,
      reasoning_content: 't',
      reasoning_details: signed,
      tool_calls: [call],
    };
    const text = JSON.stringify({ model: 'a', messages: [message] });
    const plain = forward(text, { reasoningField: 'reasoning_content' });
    const { reasoning_details: _signed, ...rest } = message;
    expect(JSON.parse(plain.body)).toMatchObject({ messages: [rest] });
    expect(plain.body).not.toContain('reasoning_details');
    expect(plain.losses).toHaveLength(1);
    expect(plain.losses[0]).toStartWith('messages[0].reasoning_details: signed by another maker');
    // A router hands it to whoever signed it; of a server nothing is known about it may be its own.
    for (const quirks of [{ reasoningField: 'reasoning_details' } as const, {}]) {
      const kept = forward(text, quirks);
      expect(kept.body).toContain('"signature":"s"');
      expect(kept.losses).toEqual([]);
    }
  });

  test('cuts the message fields a target refuses; thoughts between tool calls are named', () => {
    const quirks: Quirks = {
      refusedMessageFields: ['reasoning_content', 'reasoning_details', 'annotations'],
    };
    const calls = [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }];
    const messages = [
      { role: 'assistant', content: 'x', reasoning_content: 'r', annotations: [] },
      { role: 'assistant', content: null, reasoning_details: [], tool_calls: calls },
    ];
    const { body, losses } = forward(JSON.stringify({ model: 'a', messages }), quirks);
    expect(JSON.parse(body)).toMatchObject({
      messages: [
        { role: 'assistant', content: 'x' },
        { role: 'assistant', content: null, tool_calls: calls },
      ],
    });
    expect(body).not.toContain('reasoning');
    expect(body).not.toContain('annotations');
    expect(losses).toEqual([expect.stringMatching(/^messages\[1\]\.reasoning_details: /)]);
  });

  test('applies the quirks of fields', () => {
    expect(fields({ max_tokens: 5 }, { maxTokensField: 'max_completion_tokens' })).toEqual([
      { max_completion_tokens: 5 },
      0,
    ]);
    expect(fields({ max_completion_tokens: 5 }, { maxTokensField: 'max_tokens' })).toEqual([
      { max_tokens: 5 },
      0,
    ]);
    expect(fields({ max_completion_tokens: 5 })).toEqual([{ max_completion_tokens: 5 }, 0]);
    expect(
      fields(
        { seed: 5, logprobs: true },
        { renamedFields: { seed: 'random_seed' }, refusedFields: ['logprobs', 'store'] },
      ),
    ).toEqual([{ random_seed: 5 }, 1]);
    expect(
      fields(
        { tools: [{}], tool_choice: 'required', parallel_tool_calls: false },
        { toolChoiceRequired: 'any', parallelToolCalls: false },
      ),
    ).toEqual([{ tools: [{}], tool_choice: 'any' }, 1]);
    expect(
      fields(
        { tools: [{}], tool_choice: { type: 'function', function: { name: 'f' } } },
        { toolChoice: ['auto'] },
      ),
    ).toEqual([{ tools: [{}] }, 1]);
    expect(fields({ top_k: 5 }, { defaults: { reasoning_split: true } })).toEqual([
      { top_k: 5 },
      0,
    ]);
  });

  test('cuts prompt-cache marks where they are refused, byte for byte, and counts them', () => {
    const text =
      '{"model":"a","cache_control":{"type":"ephemeral"}, "messages":[{"role":"system", "content":[ {"type":"text","text":"\\u00e9", "cache_control":{"type":"ephemeral","ttl":"1h"}},{"text":"b","type":"text"} ]},{"role":"tool","cache_control":null,"tool_call_id":"x", "content":"cache_control"}],"tools":[ {"type":"function","function":{"name":"f", "parameters":{"properties":{"cache_control":{}}}},"cache_control":{"type":"ephemeral"}}, {"type":"function", "function":{"cache_control":{"type":"ephemeral"},"name":"g"}} ]}';
    for (const quirks of [{}, { cacheControl: true }])
      expect(forward(text, quirks)).toEqual({
        body: text.replace('"model":"a"', '"model":"m"'),
        losses: [],
      });
    expect(forward(text, { cacheControl: false })).toEqual({
      body: '{"model":"m", "messages":[{"role":"system", "content":[ {"type":"text","text":"\\u00e9"},{"text":"b","type":"text"} ]},{"role":"tool","tool_call_id":"x", "content":"cache_control"}],"tools":[ {"type":"function","function":{"name":"f", "parameters":{"properties":{"cache_control":{}}}}}, {"type":"function", "function":{"name":"g"}} ]}',
      losses: [expect.stringMatching(/^cache_control: 4 prompt-cache marks not taken by /)],
    });
    const plain =
      '{"model":"m", "messages":[{"role":"user","content":[{"type":"text","text":"a"}]}]}';
    expect(forward(plain, { cacheControl: false })).toEqual({ body: plain, losses: [] });
    const joined = forward(text, { cacheControl: false, textParts: false });
    expect(joined.body).not.toContain('"cache_control":{"type"');
    expect(JSON.parse(joined.body)).toMatchObject({ messages: [{ content: 'é\n\nb' }, {}] });
  });

  test('tools that are not allowed are left out where the list is not known', () => {
    const allow = (mode: string, ...names: string[]) =>
      `{"type":"allowed_tools","allowed_tools":{"mode":"${mode}","tools":[${names.map((name) => `{"type":"function","function":{"name":"${name}"}}`).join()}]}}`;
    const f = '{"type":"function", "function":{"name":"f","parameters":{"minimum":1.0}}}';
    const c = '{"custom":{"name":"c"}, "type":"custom"}';
    const ask = (choice: string) =>
      `{"model":"m","messages":[],"tools":[ ${f}, ${c} ],"tool_choice":${choice},"parallel_tool_calls":false}`;
    const sent = (choice: string, quirks: Quirks = {}) => forward(ask(choice), quirks);
    const known = ask(allow('auto', 'f'));
    expect(forward(known, { allowedTools: true })).toEqual({ body: known, losses: [] });
    expect(sent(allow('auto', 'f'))).toEqual({
      body: `{"model":"m","messages":[],"tools":[${f}],"tool_choice":"auto","parallel_tool_calls":false}`,
      losses: [],
    });
    expect(sent(allow('required', 'f', 'c'), { toolChoiceRequired: 'any' })).toEqual({
      body: ask('"any"'),
      losses: [],
    });
    // Held to any of the allowed: where that is refused too, to the one that is left.
    expect(JSON.parse(sent(allow('required', 'f'), { toolChoice: ['auto', 'tool'] }).body)).toEqual(
      {
        model: 'm',
        messages: [],
        tools: [JSON.parse(f)],
        tool_choice: { type: 'function', function: { name: 'f' } },
        parallel_tool_calls: false,
      },
    );
    const none = '{"model":"m","messages":[]}';
    expect(sent(allow('auto', 'other'))).toEqual({ body: none, losses: [] });
    expect(sent(allow('required', 'other'))).toEqual({
      body: none,
      losses: ['tool_choice: none of the tools it could choose from is offered'],
    });
  });

  test('a refused field that asks for nothing is no loss', () => {
    const refusedFields = ['n', 'store', 'logit_bias', 'service_tier'];
    const nothing = { n: 1, store: false, logit_bias: {}, service_tier: 'auto' };
    expect(fields(nothing, { refusedFields })).toEqual([{}, 0]);
    expect(fields({ ...nothing, n: 2, store: true }, { refusedFields })).toEqual([{}, 2]);
  });

  test('says in words what the format cannot', () => {
    const format = { type: 'json_schema', json_schema: { name: 'n', schema: { type: 'object' } } };
    const text = JSON.stringify({
      model: 'a',
      messages: [
        { role: 'system', content: [{ type: 'text', text: 's' }] },
        { role: 'user', content: 'u' },
      ],
      response_format: format,
    });
    const { body, losses } = forward(text, { responseFormats: ['json_object'] });
    expect(JSON.parse(body)).toMatchObject({
      response_format: { type: 'json_object' },
      messages: [
        {
          role: 'system',
          content: [
            { type: 'text', text: 's' },
            { type: 'text', text: expect.stringContaining('{"type":"object"}') },
          ],
        },
        { role: 'user', content: 'u' },
      ],
    });
    expect(losses.length).toBe(1);
    const bare = forward(
      JSON.stringify({
        model: 'a',
        messages: [{ role: 'user', content: 'u' }],
        response_format: format,
      }),
      { responseFormats: [] },
    );
    expect(JSON.parse(bare.body)).toMatchObject({
      messages: [{ role: 'system' }, { role: 'user', content: 'u' }],
    });
  });

  test('a search and a voice, natively or named', () => {
    expect(fields({ web_search_options: { a: 1 } }, { webSearchOptions: true })).toEqual([
      { web_search_options: { a: 1 } },
      0,
    ]);
    expect(fields({ web_search: true }, { webSearchOptions: true })).toEqual([
      { web_search_options: {} },
      0,
    ]);
    expect(fields({ web_search: {}, web_search_options: {} })).toEqual([{}, 2]);
    expect(fields({ web_search: false })).toEqual([{}, 0]);
    expect(fields({ audio: { voice: 'x', format: 'wav' }, modalities: ['text', 'audio'] })).toEqual(
      [{ audio: { voice: 'x', format: 'wav' }, modalities: ['text', 'audio'] }, 0],
    );
    expect(fields({ audio: { voice: 'x' } })).toEqual([{}, 1]);
  });
});

describe('reasoning of the same wire', () => {
  test.each([
    [
      'our option in the plain words',
      { reasoning: { effort: 'high' } },
      {},
      { reasoning_effort: 'high' },
      0,
    ],
    [
      'our option over the caller’s effort',
      { reasoning: { effort: 'high' }, reasoning_effort: 'low' },
      {},
      { reasoning_effort: 'high' },
      0,
    ],
    [
      'only hidden',
      { reasoning: { exclude: true }, reasoning_effort: 'low' },
      {},
      { reasoning_effort: 'low' },
      0,
    ],
    ['a budget', { reasoning: { max_tokens: 31_000 } }, {}, { reasoning_effort: 'high' }, 0],
    [
      'a router’s own object stays as it was',
      { reasoning: { max_tokens: 5, future: 1 } },
      { reasoningRequest: 'reasoning-object' },
      { reasoning: { max_tokens: 5, future: 1 } },
      0,
    ],
    [
      'with an effort it knows',
      { reasoning: { effort: 'max', exclude: true } },
      { reasoningRequest: 'reasoning-object', efforts: ['low', 'high'] },
      { reasoning: { effort: 'high', exclude: true } },
      1,
    ],
    [
      'as a switch',
      { reasoning: { enabled: true } },
      { reasoningRequest: 'thinking-type' },
      { thinking: { type: 'enabled' } },
      0,
    ],
    [
      'a switch and how much',
      { reasoning: { effort: 'low' } },
      { reasoningRequest: 'thinking-type', efforts: ['low', 'high'] },
      { thinking: { type: 'enabled' }, reasoning_effort: 'low' },
      0,
    ],
    [
      'beside a maker’s own members',
      { reasoning: { effort: 'none' }, thinking: { clear: false } },
      { reasoningRequest: 'thinking-type' },
      { thinking: { clear: false, type: 'disabled' } },
      0,
    ],
    [
      'a caller’s own effort, untouched',
      { reasoning_effort: 'odd' },
      {},
      { reasoning_effort: 'odd' },
      0,
    ],
    [
      'a caller’s own effort, moved',
      { reasoning_effort: 'xhigh' },
      { efforts: ['low', 'high'] },
      { reasoning_effort: 'high' },
      1,
    ],
    [
      'a caller’s own effort, said otherwise',
      { reasoning_effort: 'none' },
      { reasoningRequest: 'enable-thinking' },
      { enable_thinking: false },
      0,
    ],
    [
      'a caller’s own effort, beside the maker’s words',
      { reasoning_effort: 'low', thinking: { type: 'enabled' } },
      { reasoningRequest: 'thinking-type' },
      { reasoning_effort: 'low', thinking: { type: 'enabled' } },
      0,
    ],
    [
      'a caller’s own effort, not taken',
      { reasoning_effort: 'low' },
      { reasoningRequest: 'none' },
      {},
      1,
    ],
    [
      'in the envelope',
      { extra_body: { reasoning: { effort: 'low' } } },
      {},
      { reasoning_effort: 'low' },
      0,
    ],
    [
      'in the envelope, for a router',
      { extra_body: { reasoning: { effort: 'low' } } },
      { reasoningRequest: 'reasoning-object' },
      { reasoning: { effort: 'low' } },
      0,
    ],
    ['null', { reasoning: null }, {}, {}, 0],
  ] as const)('%s', (_, extra, quirks, expected, losses) => {
    expect(fields(extra as unknown as JsonObject, quirks)).toEqual([
      expected as unknown as JsonObject,
      losses,
    ]);
  });

  test('a model that does not think', () => {
    expect(fields({ reasoning: { effort: 'low' } }, {}, { reasoning: false })).toEqual([{}, 1]);
  });
});
