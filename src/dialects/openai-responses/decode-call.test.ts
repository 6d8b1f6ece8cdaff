// Callers' bodies of this wire in the hub's words; what has no word is kept or refused by name.
import { describe, expect, test } from 'bun:test';
import type { Message } from '../../core/call.ts';
import { GatewayError } from '../../core/errors.ts';
import type { Json, JsonObject } from '../../lib/json.ts';
import { checkCall } from './check-call.ts';
import { decodeCall, outputOf, userOf } from './decode-call.ts';
import { openingOf } from './opening.ts';

const call = (body: JsonObject) => {
  checkCall({ model: 'm', input: 'Hi', ...body });
  return decodeCall({ model: 'm', input: 'Hi', ...body });
};
const turns = (...input: Json[]) =>
  call({ input }).messages.map(({ role, path, parts }: Message) => ({ role, path, parts }));
const extra = (body: JsonObject) => call(body).extra['openai-responses'] ?? {};

function refused(run: () => unknown): { code: string; param: string | undefined } {
  try {
    run();
  } catch (thrown) {
    if (thrown instanceof GatewayError) return { code: thrown.code, param: thrown.details.param };
  }
  throw new Error('was not refused');
}

describe('input', () => {
  test('a string is one user turn', () => {
    expect(call({ instructions: 'Be brief.' }).messages).toEqual([
      { role: 'system', path: 'instructions', parts: [{ type: 'text', text: 'Be brief.' }] },
      { role: 'user', path: 'input', parts: [{ type: 'text', text: 'Hi' }] },
    ]);
  });

  test('every kind of content, short and in full', () => {
    expect(
      turns(
        { role: 'developer', content: 'd' },
        {
          type: 'message',
          role: 'user',
          content: [
            { type: 'input_text', text: 'a' },
            { type: 'input_image', image_url: 'https://x/a.png', detail: 'high' },
            { type: 'input_image', image_url: 'data:image/png;base64,AAAA' },
            { type: 'input_image', file_id: 'file_1' },
            { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,BB' },
            { type: 'input_file', file_url: 'https://x/a.pdf' },
            { type: 'input_file', file_id: 'file_2' },
            { type: 'input_audio', input_audio: { data: 'CC', format: 'mp3' } },
            { type: 'not_known_yet', x: 1 },
          ],
        },
        {
          type: 'message',
          id: 'msg_1',
          role: 'assistant',
          status: 'completed',
          content: [
            { type: 'output_text', text: 'b', annotations: [] },
            { type: 'refusal', refusal: 'c' },
          ],
        },
      ),
    ).toEqual([
      { role: 'developer', path: 'input[0]', parts: [{ type: 'text', text: 'd' }] },
      {
        role: 'user',
        path: 'input[1]',
        parts: [
          { type: 'text', text: 'a' },
          {
            type: 'image',
            source: { kind: 'url', url: 'https://x/a.png', mediaType: null },
            detail: 'high',
          },
          { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'AAAA' } },
          { type: 'image', source: { kind: 'file', id: 'file_1', dialect: 'openai-responses' } },
          {
            type: 'document',
            source: { kind: 'base64', mediaType: 'application/pdf', data: 'BB' },
            filename: 'a.pdf',
          },
          { type: 'document', source: { kind: 'url', url: 'https://x/a.pdf', mediaType: null } },
          { type: 'document', source: { kind: 'file', id: 'file_2', dialect: 'openai-responses' } },
          { type: 'audio', data: 'CC', format: 'mp3' },
          {
            type: 'opaque',
            dialect: 'openai-responses',
            value: { type: 'not_known_yet', x: 1 },
          },
        ],
      },
      {
        role: 'assistant',
        path: 'input[2]',
        parts: [
          { type: 'text', text: 'b' },
          { type: 'refusal', text: 'c' },
        ],
      },
    ]);
  });

  test('one turn of the model’s is one message, and so are the answers to its calls', () => {
    const out = turns(
      { role: 'user', content: 'q' },
      { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gA' },
      { role: 'assistant', content: 'Let me see.', phase: 'commentary' },
      { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{"a": 1}' },
      { type: 'custom_tool_call', call_id: 'c2', name: 'g', input: 'ls' },
      { type: 'web_search_call', id: 'ws_1', status: 'completed' },
      { type: 'function_call_output', call_id: 'c1', output: '1' },
      {
        type: 'custom_tool_call_output',
        call_id: 'c2',
        output: [
          { type: 'input_text', text: '2' },
          { type: 'input_image', image_url: 'https://x/a.png' },
          { type: 'input_audio', input_audio: { data: 'AA', format: 'wav' } },
        ],
      },
      { role: 'user', content: 'and?' },
      { type: 'shell_call_output', call_id: 'c3', output: [] },
    );
    expect(out.map(({ role, path, parts }) => [role, path, parts.map(({ type }) => type)])).toEqual(
      [
        ['user', 'input[0]', ['text']],
        ['assistant', 'input[1]', ['reasoning', 'text', 'tool-use', 'tool-use', 'opaque']],
        ['user', 'input[6]', ['tool-result', 'tool-result']],
        ['user', 'input[8]', ['text']],
        ['user', 'input[9]', ['opaque']],
      ],
    );
    expect(out[1]?.parts.slice(0, 4)).toEqual([
      { type: 'reasoning', text: '', signature: 'rs_1|gA', format: 'openai-responses-v1' },
      { type: 'text', text: 'Let me see.' },
      { type: 'tool-use', id: 'c1', name: 'f', arguments: '{"a": 1}' },
      { type: 'tool-use', id: 'c2', name: 'g', arguments: 'ls', custom: true },
    ]);
    expect(out[2]?.parts).toEqual([
      { type: 'tool-result', toolUseId: 'c1', content: [{ type: 'text', text: '1' }] },
      {
        type: 'tool-result',
        toolUseId: 'c2',
        content: [
          { type: 'text', text: '2' },
          { type: 'image', source: { kind: 'url', url: 'https://x/a.png', mediaType: null } },
          {
            type: 'opaque',
            dialect: 'openai-responses',
            value: { type: 'input_audio', input_audio: { data: 'AA', format: 'wav' } },
          },
        ],
      },
    ]);
  });

  test('members nobody knows are kept by their path', () => {
    const input = [
      { role: 'assistant', content: 'a', phase: 'commentary' },
      { role: 'user', content: [{ type: 'input_text', text: 'b', new_mark: 1 }] },
      { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}', namespace: 'n' },
    ];
    expect(extra({ input })).toEqual({
      'input[0].phase': 'commentary',
      'input[1].content[0].new_mark': 1,
      'input[2].namespace': 'n',
    });
  });

  test('reasoning of open models is text, and nothing where there is none', () => {
    expect(
      turns(
        { type: 'reasoning', summary: [], content: [{ type: 'reasoning_text', text: 'hm' }] },
        { type: 'reasoning', id: 'rs_2', summary: [] },
        { role: 'user', content: 'q' },
      ),
    ).toEqual([
      { role: 'assistant', path: 'input[0]', parts: [{ type: 'reasoning', text: 'hm' }] },
      { role: 'user', path: 'input[2]', parts: [{ type: 'text', text: 'q' }] },
    ]);
  });
});

test('the answer to a call that only this wire has belongs to it, however it is written', () => {
  const search = { type: 'tool_search_call', call_id: 's', arguments: {} };
  const answer = { type: 'function_call_output', call_id: 's', output: 'found' };
  const { messages } = call({ input: [{ role: 'user', content: 'Hi' }, search, answer] });
  expect(messages.slice(1)).toEqual([
    {
      role: 'assistant',
      path: 'input[1]',
      parts: [{ type: 'opaque', dialect: 'openai-responses', value: search }],
    },
    {
      role: 'user',
      path: 'input[2]',
      parts: [{ type: 'opaque', dialect: 'openai-responses', value: answer }],
    },
  ]);
});

describe('tools', () => {
  test('functions and free-text tools are everybody’s, the rest are this wire’s', () => {
    const parameters = { type: 'object', properties: {} };
    const search = { type: 'web_search', filters: {} };
    const space = { type: 'namespace', name: 'files', tools: [] };
    expect(
      call({
        tools: [
          { type: 'function', name: 'f', description: 'd', parameters, strict: true },
          { type: 'function', name: 'g', defer_loading: true },
          { type: 'custom', name: 'h', format: { type: 'text' } },
          search,
          space,
        ],
      }).tools,
    ).toEqual([
      { type: 'function', name: 'f', description: 'd', parameters, strict: true },
      {
        type: 'function',
        name: 'g',
        extra: { dialect: 'openai-responses', value: { defer_loading: true } },
      },
      { type: 'custom', name: 'h', format: { type: 'text' } },
      { type: 'opaque', dialect: 'openai-responses', name: 'web_search', value: search },
      { type: 'opaque', dialect: 'openai-responses', name: 'files', value: space },
    ]);
  });

  test.each([
    ['auto', { type: 'auto' }],
    ['none', { type: 'none' }],
    ['required', { type: 'required' }],
    [
      { type: 'function', name: 'f' },
      { type: 'tool', name: 'f' },
    ],
    [
      { type: 'custom', name: 'h' },
      { type: 'tool', name: 'h' },
    ],
    [{ type: 'web_search' }, { type: 'tool', name: 'web_search' }],
    [
      { type: 'mcp', server_label: 's' },
      { type: 'tool', name: 's' },
    ],
    [null, null],
  ])('tool_choice %j', (choice, expected) => {
    expect(call({ tool_choice: choice as Json }).toolChoice).toEqual(expected as never);
  });

  test('allowed tools leave only themselves', () => {
    const { tools, toolChoice } = call({
      tools: [
        { type: 'function', name: 'f' },
        { type: 'function', name: 'g' },
      ],
      tool_choice: {
        type: 'allowed_tools',
        mode: 'required',
        tools: [{ type: 'function', name: 'g' }],
      },
    });
    expect([tools.map(({ name }) => name), toolChoice]).toEqual([['g'], { type: 'required' }]);
  });
});

describe('fields', () => {
  test('sampling, reasoning and the end user', () => {
    const got = call({
      max_output_tokens: 9,
      temperature: 0.1,
      top_p: 0.2,
      parallel_tool_calls: false,
      reasoning: { effort: 'low', summary: 'auto', exclude: true },
      safety_identifier: 's',
      stream: true,
    });
    expect(got.sampling).toEqual({
      maxTokens: 9,
      temperature: 0.1,
      topP: 0.2,
      parallelToolCalls: false,
    });
    expect(got.reasoning).toEqual({ effort: 'low', exclude: true });
    expect([got.user, got.stream, got.extra]).toEqual(['s', true, {}]);
    expect(userOf({ user: 'u', safety_identifier: 's' })).toBe('u');
  });

  test('text.format', () => {
    const schema = { type: 'object' };
    const format = { type: 'json_schema', name: 'n', schema, strict: true, description: 'd' };
    expect(outputOf({ text: { format } })).toEqual({
      type: 'json-schema',
      name: 'n',
      schema,
      strict: true,
      description: 'd',
    });
    expect(outputOf({ text: { format: { type: 'json_object' } } })).toEqual({ type: 'json' });
    expect(outputOf({ text: { format: { type: 'text' }, verbosity: 'low' } })).toEqual({
      type: 'text',
    });
  });

  test('what has no word is kept, what asks for nothing is not', () => {
    expect(
      extra({
        include: ['reasoning.encrypted_content'],
        store: true,
        truncation: 'disabled',
        background: false,
        metadata: { a: 'b' },
        reasoning: { summary: 'auto' },
        text: { verbosity: 'medium' },
        top_logprobs: 0,
      }),
    ).toEqual({});
    const kept = {
      include: ['message.output_text.logprobs'],
      store: false,
      truncation: 'auto',
      service_tier: 'flex',
      prompt_cache_key: 'k',
      prompt_cache_retention: '24h',
      max_tool_calls: 2,
      previous_response_id: 'resp_1',
      top_logprobs: 3,
      text: { verbosity: 'low' },
      reasoning: { summary: 'detailed' },
    };
    expect(extra(kept)).toEqual(kept);
  });

  test('extra_body means the top level', () => {
    expect(call({ extra_body: { temperature: 0.5 } }).sampling).toEqual({ temperature: 0.5 });
  });

  test('what the API holds is refused: without it the model would answer something else', () => {
    for (const param of ['conversation', 'prompt'])
      expect(refused(() => call({ [param]: { id: 'x' } }))).toEqual({
        code: 'unsupported_feature',
        param,
      });
  });

  test('the opening stays the same while a conversation grows', () => {
    const begun: Json[] = [
      { role: 'developer', content: 'd' },
      { role: 'user', content: 'q' },
    ];
    const grown = [...begun, { role: 'assistant', content: 'a' }];
    expect(openingOf({ instructions: 'i', input: grown })).toBe(
      openingOf({ instructions: 'i', input: begun }),
    );
    expect(openingOf({ input: 'a' })).not.toBe(openingOf({ input: 'b' }));
  });
});

describe('checks', () => {
  test.each([
    [{ input: undefined }, 'input'],
    [{ input: 3 }, 'input'],
    [{ input: [] }, 'input'],
    [{ input: ['x'] }, 'input[0]'],
    [{ input: [{}] }, 'input[0].type'],
    [{ input: [{ role: 'else', content: 'x' }] }, 'input[0].role'],
    [{ input: [{ role: 'user' }] }, 'input[0].content'],
    [{ input: [{ role: 'user', content: [{ text: 'x' }] }] }, 'input[0].content[0].type'],
    [{ input: [{ role: 'user', content: [{ type: 'input_text' }] }] }, 'input[0].content[0].text'],
    [{ input: [{ type: 'function_call', name: 'f' }] }, 'input[0].call_id'],
    [{ input: [{ type: 'custom_tool_call', call_id: 'c' }] }, 'input[0].name'],
    [{ input: [{ type: 'function_call_output', output: '' }] }, 'input[0].call_id'],
    [{ input: [{ type: 'function_call_output', call_id: 'c' }] }, 'input[0].output'],
    [{ tools: {} }, 'tools'],
    [{ tools: [{ name: 'f' }] }, 'tools[0].type'],
    [{ tools: [{ type: 'function' }] }, 'tools[0].name'],
    [{ tools: [{ type: 'function', name: 'f', parameters: 1 }] }, 'tools[0].parameters'],
    [{ temperature: 'hot' }, 'temperature'],
    [{ stream: 'yes' }, 'stream'],
    [{ metadata: [] }, 'metadata'],
    [{ text: { format: 'json' } }, 'text.format'],
    [{ text: { format: {} } }, 'text.format.type'],
    [{ include: 'all' }, 'include'],
  ] as const)('%j is refused at %s', (body, param) => {
    expect(refused(() => call(body as unknown as JsonObject))).toEqual({
      code: 'invalid_request',
      param,
    });
  });

  test('background is refused by its name, streamed or not', () => {
    for (const stream of [true, false])
      expect(refused(() => call({ background: true, stream }))).toEqual({
        code: 'unsupported_feature',
        param: 'background',
      });
  });

  test('unknown items, parts, tools and fields pass', () => {
    call({
      input: [
        { type: 'brand_new_call', id: 'x' },
        { role: 'user', content: [{ type: 'brand_new' }] },
        { role: 'assistant', content: 'x', phase: null },
      ],
      tools: [{ type: 'brand_new' }],
      brand_new: {},
      background: null,
    });
    checkCall({ model: 'm', previous_response_id: 'resp_1' });
  });

  test('a reference nobody could resolve is refused, not dropped: the model would answer something else', () => {
    for (const item of [{ type: 'item_reference', id: 'msg_1' }, { id: 'msg_1' }])
      expect(refused(() => call({ input: [{ role: 'user', content: 'q' }, item] }))).toEqual({
        code: 'unsupported_feature',
        param: 'input[1]',
      });
  });
});
