// Requests of this wire, read into the hub's words, and the checks before that.
import { describe, expect, test } from 'bun:test';
import { GatewayError } from '../../core/errors.ts';
import type { Json, JsonObject } from '../../lib/json.ts';
import { checkCall } from './check-call.ts';
import { decodeCall, userOf } from './decode-call.ts';

const LEAST: JsonObject = {
  model: 'm',
  max_tokens: 10,
  messages: [{ role: 'user', content: 'Hi' }],
};
const OWN = 'anthropic-messages';

function decode(changes: JsonObject) {
  const body = { ...LEAST, ...changes };
  checkCall(body);
  return decodeCall(body);
}
const partsOf = (content: Json, role = 'user') =>
  decode({ messages: [{ role, content }] }).messages[0]?.parts;

function refusal(run: () => unknown): { code: string; param: string | undefined; message: string } {
  try {
    run();
  } catch (thrown) {
    if (thrown instanceof GatewayError)
      return { code: thrown.code, param: thrown.details.param, message: thrown.message };
  }
  throw new Error('was not refused');
}

test('the least there is', () => {
  expect(decode({})).toEqual({
    model: 'm',
    messages: [{ role: 'user', parts: [{ type: 'text', text: 'Hi' }], path: 'messages[0]' }],
    tools: [],
    toolChoice: null,
    sampling: { maxTokens: 10 },
    output: { type: 'text' },
    reasoning: null,
    stream: false,
    user: null,
    extra: {},
  });
});

describe('checks', () => {
  test.each<[string, JsonObject, string]>([
    ['no model', { model: undefined }, 'model'],
    ['no max_tokens', { max_tokens: undefined }, 'max_tokens'],
    ['half a token', { max_tokens: 1.5 }, 'max_tokens'],
    ['fewer than none', { max_tokens: -1 }, 'max_tokens'],
    ['no messages', { messages: undefined }, 'messages'],
    ['an empty conversation', { messages: [] }, 'messages'],
    ['a message that is none', { messages: ['Hi'] }, 'messages[0]'],
    ['an unknown role', { messages: [{ role: 'tool', content: 'x' }] }, 'messages[0].role'],
    ['no content', { messages: [{ role: 'user' }] }, 'messages[0].content'],
    [
      'a block that is none',
      { messages: [{ role: 'user', content: ['x'] }] },
      'messages[0].content[0]',
    ],
    [
      'a block without a type',
      { messages: [{ role: 'user', content: [{ text: 'x' }] }] },
      'messages[0].content[0].type',
    ],
    ['a system prompt that is none', { system: 7 }, 'system'],
    ['a temperature in words', { temperature: 'hot' }, 'temperature'],
    ['tools that are none', { tools: {} }, 'tools'],
    ['a tool that is none', { tools: ['f'] }, 'tools[0]'],
    ['a choice in a word', { tool_choice: 'auto' }, 'tool_choice'],
    ['a choice without a type', { tool_choice: {} }, 'tool_choice.type'],
    ['a stop that is none', { stop_sequences: 'END' }, 'stop_sequences'],
    ['a stop of numbers', { stop_sequences: ['a', 1] }, 'stop_sequences[1]'],
    ['a stream in words', { stream: 'yes' }, 'stream'],
    ['thinking in a word', { thinking: 'hard' }, 'thinking'],
    ['metadata in a word', { metadata: 'x' }, 'metadata'],
  ])('%s', (_, changes, param) => {
    expect(refusal(() => checkCall({ ...LEAST, ...changes }))).toMatchObject({
      code: 'invalid_request',
      param,
    });
  });

  test('what the maker takes passes, known or not', () => {
    const odd: JsonObject = {
      max_tokens: 0,
      system: [{ type: 'text', text: 's' }],
      messages: [
        { role: 'assistant', content: 'first' },
        { role: 'system', content: [] },
        { role: 'user', content: [{ type: 'not_known_yet', x: 1 }] },
      ],
      tools: [{ type: 'not_known_20990101' }],
      tool_choice: { type: 'not_known' },
      thinking: null,
      temperature: null,
      stop_sequences: null,
      not_known: 1,
    };
    expect(() => checkCall({ ...LEAST, ...odd })).not.toThrow();
  });

  test.each<[JsonObject, string]>([
    [{ messages: [{ role: 'user', content: [{ type: 'text' }] }] }, 'messages[0].content[0].text'],
    [
      { messages: [{ role: 'assistant', content: [{ type: 'tool_use', id: 'x' }] }] },
      'messages[0].content[0].name',
    ],
    [
      { messages: [{ role: 'user', content: [{ type: 'tool_result' }] }] },
      'messages[0].content[0].tool_use_id',
    ],
    [
      { messages: [{ role: 'user', content: [{ type: 'image' }] }] },
      'messages[0].content[0].source',
    ],
    [
      { messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'url' } }] }] },
      'messages[0].content[0].source.url',
    ],
    [{ tools: [{ input_schema: {} }] }, 'tools[0].name'],
    [{ tool_choice: { type: 'whatever' } }, 'tool_choice.type'],
    [{ tool_choice: { type: 'tool' } }, 'tool_choice.name'],
  ])('what cannot be read names its place: %p', (changes, param) => {
    expect(refusal(() => decode(changes))).toMatchObject({ code: 'invalid_request', param });
  });

  test('no message quotes what the caller wrote', () => {
    const { message } = refusal(() =>
      checkCall({ ...LEAST, messages: [{ role: 'SECRET', content: 'PROMPT' }] }),
    );
    expect(message).not.toMatch(/SECRET|PROMPT/);
  });
});

describe('turns', () => {
  test('the system prompt comes first, as text or as blocks', () => {
    expect(decode({ system: 's' }).messages[0]).toEqual({
      role: 'system',
      parts: [{ type: 'text', text: 's' }],
      path: 'system',
    });
    const blocks = [
      { type: 'text', text: 'a', cache_control: { type: 'ephemeral' } },
      { type: 'text', text: 'b', cache_control: { type: 'ephemeral', ttl: '1h' } },
    ];
    expect(decode({ system: blocks }).messages[0]?.parts).toEqual([
      { type: 'text', text: 'a', cache: { ttl: null } },
      { type: 'text', text: 'b', cache: { ttl: '1h' } },
    ]);
    expect(decode({ system: '' }).messages).toHaveLength(1);
  });

  test('adjacent turns that call tools are one, other turns stay as they are', () => {
    const call = (id: string) => ({
      role: 'assistant',
      content: [{ type: 'tool_use', id, name: 'f', input: {} }],
    });
    const result = (id: string) => ({
      role: 'user',
      content: [{ type: 'tool_result', tool_use_id: id, content: 'ok' }],
    });
    const said = { role: 'assistant', content: 'so' };
    const { messages } = decode({
      messages: [call('a'), call('b'), result('a'), result('b'), said, said, call('c'), said],
    });
    expect(messages.map(({ path, role, parts }) => [path, role, parts.length])).toEqual([
      ['messages[0]', 'assistant', 2],
      ['messages[2]', 'user', 1],
      ['messages[3]', 'user', 1],
      ['messages[4]', 'assistant', 1],
      ['messages[5]', 'assistant', 1],
      ['messages[6]', 'assistant', 2],
    ]);
  });

  test('a system turn in the conversation stays where it is', () => {
    const { messages, extra } = decode({
      messages: [
        { role: 'user', content: 'a' },
        { role: 'system', content: [{ type: 'text', text: 's' }], clear_at: 'turn' },
        { role: 'assistant', content: 'b' },
      ],
    });
    expect(messages.map(({ role }) => role)).toEqual(['user', 'system', 'assistant']);
    expect(extra).toEqual({ [OWN]: { 'messages[1].clear_at': 'turn' } });
  });
});

describe('parts', () => {
  test.each<[string, Json, unknown]>([
    ['text', { type: 'text', text: 'a', citations: null }, { type: 'text', text: 'a' }],
    [
      'cited text',
      { type: 'text', text: 'a', citations: [{ type: 'page_location' }] },
      { type: 'text', text: 'a', citations: { dialect: OWN, value: [{ type: 'page_location' }] } },
    ],
    [
      'image',
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA' } },
      { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'AA' } },
    ],
    [
      'image by URL',
      { type: 'image', source: { type: 'url', url: 'u' } },
      { type: 'image', source: { kind: 'url', url: 'u', mediaType: null } },
    ],
    [
      'image uploaded',
      { type: 'image', source: { type: 'file', file_id: 'f' } },
      { type: 'image', source: { kind: 'file', id: 'f', dialect: OWN } },
    ],
    [
      'PDF',
      {
        type: 'document',
        source: { type: 'base64', media_type: 'application/pdf', data: 'AA' },
        title: 'T',
        context: 'C',
        citations: { enabled: true },
        cache_control: { type: 'ephemeral', ttl: '5m' },
      },
      {
        type: 'document',
        source: { kind: 'base64', mediaType: 'application/pdf', data: 'AA' },
        title: 'T',
        context: 'C',
        citations: true,
        cache: { ttl: '5m' },
      },
    ],
    [
      'text document',
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'abc' } },
      { type: 'document', source: { kind: 'text', text: 'abc' } },
    ],
    [
      'document of blocks',
      { type: 'document', source: { type: 'content', content: [] } },
      {
        type: 'opaque',
        dialect: OWN,
        value: { type: 'document', source: { type: 'content', content: [] } },
      },
    ],
    [
      'call',
      { type: 'tool_use', id: 't', name: 'f', input: { a: [1] }, caller: { type: 'direct' } },
      { type: 'tool-use', id: 't', name: 'f', arguments: '{"a":[1]}' },
    ],
    [
      'call of another wire’s name',
      { type: 'tool_use', id: 'sy__a-2e1', name: 'sy__files-2eread', input: {} },
      { type: 'tool-use', id: 'a.1', name: 'files.read', arguments: '{}' },
    ],
    [
      'result',
      { type: 'tool_result', tool_use_id: 't', content: 'ok', is_error: true },
      {
        type: 'tool-result',
        toolUseId: 't',
        content: [{ type: 'text', text: 'ok' }],
        isError: true,
      },
    ],
    [
      'result of nothing',
      { type: 'tool_result', tool_use_id: 't' },
      { type: 'tool-result', toolUseId: 't', content: [] },
    ],
    [
      'result of blocks',
      {
        type: 'tool_result',
        tool_use_id: 't',
        content: [
          { type: 'text', text: 'a' },
          { type: 'image', source: { type: 'url', url: 'u' } },
          { type: 'search_result', x: 1 },
        ],
      },
      {
        type: 'tool-result',
        toolUseId: 't',
        content: [
          { type: 'text', text: 'a' },
          { type: 'image', source: { kind: 'url', url: 'u', mediaType: null } },
          { type: 'opaque', dialect: OWN, value: { type: 'search_result', x: 1 } },
        ],
      },
    ],
    [
      'thinking',
      { type: 'thinking', thinking: 'hm', signature: 'EqQ' },
      { type: 'reasoning', text: 'hm', signature: 'EqQ', format: 'anthropic-claude-v1' },
    ],
    [
      'unsigned thinking',
      { type: 'thinking', thinking: 'hm', signature: '' },
      { type: 'reasoning', text: 'hm' },
    ],
    [
      'another’s thinking',
      { type: 'thinking', thinking: 'hm', signature: 'switchyard:x-v1:abc' },
      { type: 'reasoning', text: 'hm', signature: 'abc', format: 'x-v1' },
    ],
    [
      'hidden thinking',
      { type: 'redacted_thinking', data: 'd' },
      { type: 'redacted-reasoning', data: 'd', format: 'anthropic-claude-v1' },
    ],
    [
      'another’s hidden thinking',
      { type: 'redacted_thinking', data: 'switchyard:x-v1:abc' },
      { type: 'redacted-reasoning', data: 'abc', format: 'x-v1' },
    ],
    [
      'hosted call',
      { type: 'server_tool_use', id: 's', name: 'web_search', input: {} },
      {
        type: 'opaque',
        dialect: OWN,
        value: { type: 'server_tool_use', id: 's', name: 'web_search', input: {} },
      },
    ],
    [
      'anything else',
      { type: 'not_known_yet', cache_control: { type: 'ephemeral' } },
      {
        type: 'opaque',
        dialect: OWN,
        value: { type: 'not_known_yet', cache_control: { type: 'ephemeral' } },
        cache: { ttl: null },
      },
    ],
  ])('%s', (_, block, part) => {
    expect(partsOf([block]) as unknown).toEqual([part]);
  });

  test('a call the model made itself leaves nothing over', () => {
    const content = [
      { type: 'tool_use', id: 't', name: 'f', input: {}, caller: { type: 'direct' } },
    ];
    expect(decode({ messages: [{ role: 'assistant', content }] }).extra).toEqual({});
  });

  test('fields of a block without a word of ours are kept by their place', () => {
    const content = [
      {
        type: 'tool_use',
        id: 't',
        name: 'f',
        input: {},
        caller: { type: 'code_execution_20250825', tool_id: 's' },
        toolset_name: 'x',
      },
      { type: 'text', text: 'a', new_field: 1 },
    ];
    expect(decode({ messages: [{ role: 'assistant', content }] }).extra).toEqual({
      [OWN]: {
        'messages[0].content[0].toolset_name': 'x',
        'messages[0].content[0].caller': { type: 'code_execution_20250825', tool_id: 's' },
        'messages[0].content[1].new_field': 1,
      },
    });
  });
});

describe('the rest', () => {
  test('tools', () => {
    const schema = { type: 'object' };
    const { tools } = decode({
      tools: [
        {
          name: 'f',
          description: 'd',
          input_schema: schema,
          strict: true,
          cache_control: { type: 'ephemeral' },
        },
        {
          type: 'custom',
          name: 'g',
          input_schema: schema,
          defer_loading: true,
          eager_input_streaming: null,
        },
        { type: 'web_search_20250305', name: 'web_search', max_uses: 3 },
        { type: 'mcp_toolset', mcp_server_name: 'srv' },
      ],
    });
    expect(tools).toEqual([
      {
        type: 'function',
        name: 'f',
        description: 'd',
        parameters: schema,
        strict: true,
        cache: { ttl: null },
      },
      {
        type: 'function',
        name: 'g',
        parameters: schema,
        extra: { dialect: OWN, value: { defer_loading: true } },
      },
      {
        type: 'opaque',
        dialect: OWN,
        name: 'web_search',
        value: { type: 'web_search_20250305', name: 'web_search', max_uses: 3 },
      },
      {
        type: 'opaque',
        dialect: OWN,
        name: 'srv',
        value: { type: 'mcp_toolset', mcp_server_name: 'srv' },
      },
    ]);
  });

  test.each<[JsonObject, unknown, unknown]>([
    [{ type: 'auto' }, { type: 'auto' }, undefined],
    [{ type: 'auto', disable_parallel_tool_use: true }, { type: 'auto' }, false],
    [{ type: 'any', disable_parallel_tool_use: false }, { type: 'required' }, undefined],
    [{ type: 'none' }, { type: 'none' }, undefined],
    [{ type: 'tool', name: 'f' }, { type: 'tool', name: 'f' }, undefined],
  ])('choice %p', (choice, toolChoice, parallel) => {
    const call = decode({ tool_choice: choice });
    expect([call.toolChoice, call.sampling.parallelToolCalls] as unknown[]).toEqual([
      toolChoice,
      parallel,
    ]);
  });

  test.each<[JsonObject, unknown]>([
    [{ thinking: { type: 'enabled', budget_tokens: 2000 } }, { mode: 'enabled', budget: 2000 }],
    [
      { thinking: { type: 'adaptive' }, output_config: { effort: 'xhigh' } },
      { mode: 'adaptive', effort: 'xhigh' },
    ],
    [{ thinking: { type: 'disabled' } }, { mode: 'disabled' }],
    [{ thinking: { type: 'between_tools' } }, { mode: 'disabled' }],
    [{ output_config: { effort: 'low' } }, { effort: 'low' }],
    [{ reasoning: { effort: 'high', exclude: true } }, { effort: 'high', exclude: true }],
    [
      { thinking: { type: 'enabled', budget_tokens: 2000 }, reasoning: { max_tokens: 3000 } },
      { mode: 'enabled', budget: 3000 },
    ],
    [
      {
        thinking: { type: 'enabled', budget_tokens: 2000 },
        extra_body: { reasoning: { enabled: false } },
      },
      { mode: 'disabled', budget: 2000 },
    ],
    [{}, null],
  ])('reasoning %p', (changes, reasoning) => {
    expect(decode(changes).reasoning as unknown).toEqual(reasoning);
  });

  test('sampling', () => {
    expect(
      decode({ temperature: 0.5, top_p: 0.9, top_k: 3, stop_sequences: ['a'] }).sampling,
    ).toEqual({ maxTokens: 10, temperature: 0.5, topP: 0.9, topK: 3, stop: ['a'] });
  });

  test('the shape of the answer, by either name', () => {
    const format = { type: 'json_schema', schema: { type: 'object' } };
    const output = { type: 'json-schema', name: 'response', schema: { type: 'object' } };
    expect(decode({ output_config: { format } }).output).toEqual(output as never);
    expect(decode({ output_format: format }).output).toEqual(output as never);
  });

  test('what has no place is kept for this wire; ours and null are not', () => {
    const { extra } = decode({
      service_tier: 'auto',
      container: null,
      mcp_servers: [{ name: 'x' }],
      cache_control: { type: 'ephemeral' },
      output_config: { effort: 'low', task_budget: { total: 9 } },
      thinking: { type: 'adaptive', display: 'omitted' },
      models: ['a/b'],
      metadata: { user_id: 'u', plan: 'pro' },
      web_search: true,
      audio: null,
      extra_body: { context_management: { edits: [] }, sort: ['price'] },
    });
    expect(extra).toEqual({
      [OWN]: {
        service_tier: 'auto',
        mcp_servers: [{ name: 'x' }],
        cache_control: { type: 'ephemeral' },
        web_search: true,
        context_management: { edits: [] },
        output_config: { task_budget: { total: 9 } },
        thinking: { display: 'omitted' },
      },
    });
  });

  test('the user', () => {
    expect(userOf({ metadata: { user_id: 'u' } })).toBe('u');
    for (const metadata of [undefined, {}, { user_id: '' }, { user_id: 3 }])
      expect(userOf({ metadata })).toBeNull();
    expect(decode({ metadata: { user_id: 'u' } }).user).toBe('u');
  });
});
