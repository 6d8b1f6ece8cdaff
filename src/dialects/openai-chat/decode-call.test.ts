// Bodies of this wire in the hub's words.
import { describe, expect, test } from 'bun:test';
import { contextOf, METADATA } from '../../../test/contracts/example-reply.ts';
import type { ChatCall, Message, Part } from '../../core/call.ts';
import type { BlockDelta, BlockStart, ChatEvent } from '../../core/event.ts';
import { UNKNOWN_USAGE } from '../../core/usage.ts';
import { asArray, asObject, asObjects, type Json, type JsonObject } from '../../lib/json.ts';
import { SseParser } from '../../lib/sse.ts';
import { decodeCall, userOf } from './decode-call.ts';
import { encodeReply } from './encode-reply.ts';
import { StreamEncoder } from './encode-stream.ts';

const user = { role: 'user', content: 'hi' };
const call = (fields: JsonObject): ChatCall =>
  decodeCall({ model: 'm', messages: [user], ...fields });
const messages = (...list: JsonObject[]): readonly Message[] =>
  decodeCall({ model: 'm', messages: list as Json }).messages;
const partsOf = (message: JsonObject): readonly Part[] => messages(message)[0]?.parts ?? [];

describe('messages', () => {
  test('system and developer turns stay where they stand', () => {
    expect(
      messages(
        { role: 'developer', content: 'd' },
        { ...user, name: 'Ann' },
        { role: 'system', content: [{ type: 'text', text: 's' }] as Json },
      ),
    ).toEqual([
      { role: 'developer', parts: [{ type: 'text', text: 'd' }], path: 'messages[0]' },
      { role: 'user', name: 'Ann', parts: [{ type: 'text', text: 'hi' }], path: 'messages[1]' },
      { role: 'system', parts: [{ type: 'text', text: 's' }], path: 'messages[2]' },
    ]);
  });

  test('every kind of content part', () => {
    expect(
      partsOf({
        role: 'user',
        content: [
          { type: 'text', text: 'a' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA', detail: 'low' } },
          { type: 'image_url', image_url: 'https://x/y.png' },
          { type: 'input_audio', input_audio: { data: 'BBBB', format: 'mp3' } },
          {
            type: 'file',
            file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,CCCC' },
          },
          { type: 'file', file: { file_data: 'DDDD' } },
          { type: 'file', file: { file_data: 'https://x/y.pdf' } },
          { type: 'file', file: { file_id: 'file-1' } },
          { type: 'document_url', document_url: 'https://x/z.pdf' },
          { type: 'video_url', video_url: { url: 'https://x/v.mp4' } },
        ],
      }),
    ).toEqual([
      { type: 'text', text: 'a' },
      {
        type: 'image',
        source: { kind: 'base64', mediaType: 'image/png', data: 'AAAA' },
        detail: 'low',
      },
      { type: 'image', source: { kind: 'url', url: 'https://x/y.png', mediaType: null } },
      { type: 'audio', data: 'BBBB', format: 'mp3' },
      {
        type: 'document',
        source: { kind: 'base64', mediaType: 'application/pdf', data: 'CCCC' },
        filename: 'a.pdf',
      },
      { type: 'document', source: { kind: 'base64', mediaType: 'application/pdf', data: 'DDDD' } },
      { type: 'document', source: { kind: 'url', url: 'https://x/y.pdf', mediaType: null } },
      { type: 'document', source: { kind: 'file', id: 'file-1', dialect: 'openai-chat' } },
      { type: 'document', source: { kind: 'url', url: 'https://x/z.pdf', mediaType: null } },
      {
        type: 'opaque',
        dialect: 'openai-chat',
        value: { type: 'video_url', video_url: { url: 'https://x/v.mp4' } },
      },
    ]);
  });

  test('an assistant turn: text, refusal, calls of both kinds', () => {
    expect(
      partsOf({
        role: 'assistant',
        content: [
          { type: 'text', text: 'a' },
          { type: 'refusal', refusal: 'no' },
        ],
        tool_calls: [
          { id: 'c1', type: 'function', function: { name: 'f', arguments: '{"x": 1}' } },
          { id: 'c2', type: 'custom', custom: { name: 'g', input: 'ls' } },
        ],
      }),
    ).toEqual([
      { type: 'text', text: 'a' },
      { type: 'refusal', text: 'no' },
      { type: 'tool-use', id: 'c1', name: 'f', arguments: '{"x": 1}' },
      { type: 'tool-use', id: 'c2', name: 'g', arguments: 'ls', custom: true },
    ]);
    expect(partsOf({ role: 'assistant', content: null, refusal: 'no' })).toEqual([
      { type: 'refusal', text: 'no' },
    ]);
    expect(partsOf({ role: 'assistant', content: '' })).toEqual([]);
  });

  test('results of parallel calls share one turn, in order', () => {
    const result = (id: string, content: Json): JsonObject => ({
      role: 'tool',
      tool_call_id: id,
      content,
    });
    expect(
      messages(
        user,
        { role: 'assistant', content: null },
        result('a', 'A'),
        result('b', [{ type: 'text', text: 'B', cache_control: { type: 'ephemeral' } }]),
        user,
        result('c', ''),
      ).slice(2),
    ).toEqual([
      {
        role: 'user',
        path: 'messages[2]',
        parts: [
          { type: 'tool-result', toolUseId: 'a', content: [{ type: 'text', text: 'A' }] },
          {
            type: 'tool-result',
            toolUseId: 'b',
            content: [{ type: 'text', text: 'B', cache: { ttl: null } }],
          },
        ],
      },
      { role: 'user', path: 'messages[4]', parts: [{ type: 'text', text: 'hi' }] },
      {
        role: 'user',
        path: 'messages[5]',
        parts: [{ type: 'tool-result', toolUseId: 'c', content: [] }],
      },
    ]);
  });

  test('legacy function calls and their results find each other', () => {
    const called = (name: string): JsonObject => ({
      role: 'assistant',
      content: null,
      function_call: { name, arguments: '{}' },
    });
    const turns = messages(
      called('f'),
      { role: 'function', name: 'f', content: 'r' },
      called('f'),
      { role: 'function', name: 'f', content: 's' },
    );
    expect(
      turns
        .flatMap((turn) => turn.parts)
        .map((part) =>
          part.type === 'tool-use' ? part.id : part.type === 'tool-result' ? part.toolUseId : '',
        ),
    ).toEqual(['call_0', 'call_0', 'call_2', 'call_2']);
  });

  test('cache marks on parts and messages', () => {
    const mark = { type: 'ephemeral', ttl: '1h' };
    expect(
      partsOf({
        role: 'user',
        content: [{ type: 'text', text: 'a', cache_control: mark }] as Json,
      }),
    ).toEqual([{ type: 'text', text: 'a', cache: { ttl: '1h' } }]);
    expect(partsOf({ role: 'system', content: 'a', cache_control: { type: 'ephemeral' } })).toEqual(
      [{ type: 'text', text: 'a', cache: { ttl: null } }],
    );
  });

  test('annotations of an earlier answer stay with its text', () => {
    const value = [{ type: 'url_citation', url_citation: { url: 'https://a' } }];
    expect(partsOf({ role: 'assistant', content: 'a', annotations: value })).toEqual([
      { type: 'text', text: 'a', citations: { dialect: 'openai-chat', value } },
    ]);
  });
});

describe('reasoning that comes back', () => {
  test.each([
    [{ reasoning_content: 'r' }, [{ type: 'reasoning', text: 'r' }]],
    [{ reasoning: 'r' }, [{ type: 'reasoning', text: 'r' }]],
    [
      {
        reasoning: 'r',
        reasoning_details: [
          { type: 'reasoning.text', text: 'r', signature: 's', format: 'f', index: 0 },
        ],
      },
      [{ type: 'reasoning', text: 'r', signature: 's', format: 'f' }],
    ],
    [
      {
        reasoning: 'r',
        reasoning_details: [{ type: 'reasoning.encrypted', data: 'd', format: 'f' }],
      },
      [
        { type: 'reasoning', text: 'r' },
        { type: 'redacted-reasoning', data: 'd', format: 'f' },
      ],
    ],
    [
      {
        reasoning_details: [
          { type: 'reasoning.summary', summary: 's', format: 'f', index: 0 },
          { type: 'reasoning.encrypted', data: 'd', format: 'f', index: 0 },
        ],
      },
      [
        { type: 'reasoning', text: 's', format: 'f' },
        { type: 'redacted-reasoning', data: 'd', format: 'f' },
      ],
    ],
    [
      {
        reasoning_details: [
          { type: 'reasoning.text', text: 'a', index: 0 },
          { type: 'reasoning.text', text: 'b', index: 0 },
          { type: 'reasoning.text', signature: 's', index: 0 },
          { type: 'reasoning.text', text: 'c', index: 0 },
        ],
      },
      [
        { type: 'reasoning', text: 'ab', signature: 's' },
        { type: 'reasoning', text: 'c' },
      ],
    ],
    [{ reasoning_details: [], reasoning_content: '' }, []],
  ])('%j', (fields, expected) => {
    expect(
      partsOf({ role: 'assistant', content: 'x', ...(fields as unknown as JsonObject) }),
    ).toEqual([...(expected as unknown as Part[]), { type: 'text', text: 'x' }]);
  });

  test('stands before the rest, whatever other writers number their entries', () => {
    const entry = (index: number) => ({ type: 'reasoning.text', text: `r${index}`, index });
    const kinds = (indices: number[]) =>
      partsOf({
        role: 'assistant',
        content: 'x',
        tool_calls: [{ id: 'a', function: { name: 'f', arguments: '' } }] as Json,
        reasoning_details: indices.map(entry) as Json,
      }).map((part) => part.type);
    expect(kinds([0, 1])).toEqual(['reasoning', 'reasoning', 'text', 'tool-use']);
    expect(kinds([1])).toEqual(['reasoning', 'text', 'tool-use']);
    expect(kinds([3, 1])).toEqual(['reasoning', 'reasoning', 'text', 'tool-use']);
    expect(kinds([0, 2])).toEqual(['reasoning', 'text', 'reasoning', 'tool-use']);
    expect(kinds([0, 9])).toEqual(['reasoning', 'text', 'tool-use', 'reasoning']);
  });

  const block = (index: number, start: BlockStart, ...deltas: BlockDelta[]): ChatEvent[] => [
    { type: 'block-start', index, block: start },
    ...deltas.map((delta): ChatEvent => ({ type: 'block-delta', index, delta })),
    { type: 'block-end', index },
  ];
  const answer: ChatEvent[] = [
    { type: 'start', id: null, model: null, created: null },
    ...block(
      0,
      { kind: 'reasoning', format: 'f' },
      { kind: 'reasoning', text: 'first ' },
      { kind: 'reasoning', text: 'thought' },
      { kind: 'signature', signature: 'sig0' },
    ),
    ...block(1, { kind: 'text' }, { kind: 'text', text: 'Let me see.' }),
    ...block(2, { kind: 'redacted-reasoning', data: 'opaque', format: 'f' }),
    ...block(3, { kind: 'tool-use', id: 'a', name: 'f' }, { kind: 'arguments', json: '{"x":1}' }),
    ...block(
      4,
      { kind: 'reasoning', format: 'f' },
      { kind: 'reasoning', text: 'second' },
      { kind: 'signature', signature: 'sig4' },
    ),
    ...block(5, { kind: 'reasoning', format: 'f' }, { kind: 'reasoning', text: 'unsigned' }),
    ...block(6, { kind: 'tool-use', id: 'b', name: 'g' }, { kind: 'arguments', json: '{}' }),
    { type: 'finish', reason: 'tool-calls', raw: null, stopSequence: null, usage: UNKNOWN_USAGE },
  ];
  const expected: Part[] = [
    { type: 'reasoning', text: 'first thought', signature: 'sig0', format: 'f' },
    { type: 'text', text: 'Let me see.' },
    { type: 'redacted-reasoning', data: 'opaque', format: 'f' },
    { type: 'tool-use', id: 'a', name: 'f', arguments: '{"x":1}' },
    { type: 'reasoning', text: 'second', signature: 'sig4', format: 'f' },
    { type: 'reasoning', text: 'unsigned', format: 'f' },
    { type: 'tool-use', id: 'b', name: 'g', arguments: '{}' },
  ];

  test('a whole answer sent back is the answer that was given, signatures and places', () => {
    const reply = JSON.parse(
      JSON.stringify(encodeReply(answer, contextOf(), () => METADATA)),
    ) as JsonObject;
    expect(partsOf(asObject(asObjects(reply.choices)[0]?.message) ?? {})).toEqual(expected);
  });

  test('so is a streamed one, put together piece by piece as clients do', () => {
    const encoder = new StreamEncoder(contextOf(), () => METADATA);
    const text = answer.map((event) => encoder.push(event)).join('');
    const message: {
      content: string;
      reasoning_content: string;
      reasoning_details: Json[];
      calls: { id: string; function: { name: string; arguments: string } }[];
    } = { content: '', reasoning_content: '', reasoning_details: [], calls: [] };
    for (const { json } of new SseParser().push(text)) {
      const delta = asObject(asObjects(json?.choices)[0]?.delta) ?? {};
      message.content += typeof delta.content === 'string' ? delta.content : '';
      message.reasoning_content +=
        typeof delta.reasoning_content === 'string' ? delta.reasoning_content : '';
      message.reasoning_details.push(...asArray(delta.reasoning_details));
      for (const entry of asObjects(delta.tool_calls)) {
        const called = asObject(entry.function);
        if (typeof entry.id === 'string')
          message.calls.push({
            id: entry.id,
            function: { name: String(called?.name), arguments: '' },
          });
        const last = message.calls[Number(entry.index)];
        if (last) last.function.arguments += String(called?.arguments ?? '');
      }
    }
    const { calls, ...rest } = message;
    expect(rest.reasoning_content).toBe('first thoughtsecondunsigned');
    expect(partsOf({ role: 'assistant', ...rest, tool_calls: calls as Json })).toEqual(expected);
  });
});

describe('tools', () => {
  const parameters = { type: 'object', properties: {} };
  test('functions, custom tools, hosted tools, legacy functions', () => {
    const { tools } = call({
      tools: [
        {
          type: 'function',
          function: { name: 'f', description: 'd', parameters, strict: true },
          cache_control: { type: 'ephemeral' },
        },
        { function: { name: 'g' } },
        { type: 'custom', custom: { name: 'h', format: { type: 'text' } } },
        {
          type: 'custom',
          custom: {
            name: 'k',
            description: 'd',
            format: { type: 'grammar', grammar: { syntax: 'lark', definition: 'start: "a"' } },
          },
        },
        { type: 'web_search', filters: {} },
        { type: 'function', function: { name: 'i', examples: [1] }, eager_input_streaming: true },
      ],
      functions: [{ name: 'j', parameters }],
    });
    expect(tools).toEqual([
      {
        type: 'function',
        name: 'f',
        description: 'd',
        parameters,
        strict: true,
        cache: { ttl: null },
      },
      { type: 'function', name: 'g' },
      { type: 'custom', name: 'h', format: { type: 'text' } },
      {
        type: 'custom',
        name: 'k',
        description: 'd',
        format: { type: 'grammar', syntax: 'lark', definition: 'start: "a"' },
      },
      {
        type: 'opaque',
        dialect: 'openai-chat',
        name: 'web_search',
        value: { type: 'web_search', filters: {} },
      },
      {
        type: 'function',
        name: 'i',
        extra: {
          dialect: 'openai-chat',
          value: { eager_input_streaming: true, function: { examples: [1] } },
        },
      },
      { type: 'function', name: 'j', parameters },
    ]);
  });

  test.each([
    ['auto', { type: 'auto' }],
    ['none', { type: 'none' }],
    ['required', { type: 'required' }],
    ['any', { type: 'required' }],
    [
      { type: 'function', function: { name: 'f' } },
      { type: 'tool', name: 'f' },
    ],
    [
      { type: 'custom', custom: { name: 'g' } },
      { type: 'tool', name: 'g' },
    ],
    [null, null],
  ])('tool_choice %j', (choice, expected) => {
    expect(call({ tool_choice: choice as Json }).toolChoice).toEqual(expected as never);
  });

  test('function_call is the legacy word for it', () => {
    expect(call({ function_call: { name: 'f' } }).toolChoice).toEqual({ type: 'tool', name: 'f' });
    expect(call({ function_call: 'none' }).toolChoice).toEqual({ type: 'none' });
  });

  test('allowed tools leave only themselves', () => {
    const tool = (name: string) => ({ type: 'function', function: { name } });
    const { tools, toolChoice } = call({
      tools: [tool('f'), tool('g')],
      tool_choice: {
        type: 'allowed_tools',
        allowed_tools: { mode: 'required', tools: [tool('g')] },
      },
    });
    expect({ names: tools.map(({ name }) => name), toolChoice }).toEqual({
      names: ['g'],
      toolChoice: { type: 'required' },
    });
  });
});

describe('the rest', () => {
  test('sampling', () => {
    expect(
      call({
        max_tokens: 1,
        max_completion_tokens: 2,
        temperature: 0,
        top_p: 1,
        top_k: 4,
        stop: 'x',
        seed: 5,
        presence_penalty: 0.1,
        frequency_penalty: 0.2,
        parallel_tool_calls: false,
      }).sampling,
    ).toEqual({
      maxTokens: 2,
      temperature: 0,
      topP: 1,
      topK: 4,
      stop: ['x'],
      seed: 5,
      presencePenalty: 0.1,
      frequencyPenalty: 0.2,
      parallelToolCalls: false,
    });
    expect(call({ max_tokens: 1, stop: ['a', 'b'] }).sampling).toEqual({
      maxTokens: 1,
      stop: ['a', 'b'],
    });
    expect(call({ max_tokens: null, stop: null, temperature: null }).sampling).toEqual({});
  });

  test('response_format', () => {
    const schema = { type: 'object' };
    expect(call({ response_format: { type: 'text' } }).output).toEqual({ type: 'text' });
    expect(call({ response_format: { type: 'json_object' } }).output).toEqual({ type: 'json' });
    expect(call({ response_format: { type: 'json_object', schema } }).output).toEqual({
      type: 'json-schema',
      name: 'answer',
      schema,
    });
    expect(
      call({
        response_format: {
          type: 'json_schema',
          json_schema: { name: 'n', schema, strict: true, description: 'd' },
        },
      }).output,
    ).toEqual({ type: 'json-schema', name: 'n', schema, strict: true, description: 'd' });
    const grammar = { type: 'grammar', grammar: 'x' };
    expect(call({ response_format: grammar })).toMatchObject({
      output: { type: 'text' },
      extra: { 'openai-chat': { response_format: grammar } },
    });
  });

  test.each([
    [{ reasoning_effort: 'low' }, { effort: 'low' }],
    [
      { reasoning: { effort: 'high', exclude: true }, reasoning_effort: 'low' },
      { effort: 'high', exclude: true },
    ],
    [{ reasoning: { max_tokens: 500 } }, { budget: 500 }],
    [{ reasoning: { enabled: true } }, { mode: 'enabled' }],
    [{ reasoning: { enabled: false } }, { mode: 'disabled' }],
    [{ extra_body: { reasoning: { effort: 'none' } } }, { effort: 'none' }],
    [{ thinking: { type: 'disabled' } }, { mode: 'disabled' }],
    [{ thinking: { type: 'enabled', budget_tokens: 9 } }, { mode: 'enabled', budget: 9 }],
    [
      { enable_thinking: true, thinking_budget: 7 },
      { mode: 'enabled', budget: 7 },
    ],
    [{ reasoning_effort: 'default' }, null],
    [{ reasoning: {} }, null],
    [{}, null],
  ])('reasoning %j', (fields, expected) => {
    expect(call(fields as JsonObject).reasoning).toEqual(expected as never);
  });

  test('our fields vanish, but for those whose effect someone must answer for; what the hub has no word for is kept', () => {
    const fields = {
      models: ['a/b'],
      metadata: { a: 1 },
      sort: ['price'],
      cache: {},
      strict: true,
      web_search: {},
      web_search_options: { a: 1 },
      audio: { voice: 'x' },
      n: 2,
      logprobs: true,
      top_logprobs: 3,
      store: false,
      verbosity: 'low',
      reasoning_effort: 'default',
      future: [1],
      stream_options: { include_usage: true },
    };
    expect(call(fields as unknown as JsonObject).extra).toEqual({
      'openai-chat': {
        web_search: {},
        web_search_options: { a: 1 },
        audio: { voice: 'x' },
        n: 2,
        logprobs: true,
        top_logprobs: 3,
        store: false,
        verbosity: 'low',
        reasoning_effort: 'default',
        future: [1],
      },
    });
  });

  test('what asks for nothing is not kept', () => {
    expect(
      call({
        n: 1,
        logprobs: false,
        web_search: false,
        stop: null,
        stream_options: { include_usage: true },
        thinking: { type: 'enabled' },
      }).extra,
    ).toEqual({});
  });

  test('extra_body means its members at the top level', () => {
    expect(
      call({ extra_body: { temperature: 0.5, top_k: 3, guided_json: {} }, temperature: 1 }),
    ).toMatchObject({
      sampling: { temperature: 0.5, topK: 3 },
      extra: { 'openai-chat': { guided_json: {} } },
    });
  });

  test('stream and user', () => {
    expect(call({ stream: true, user: 'u', safety_identifier: 's' })).toMatchObject({
      stream: true,
      user: 'u',
      extra: { 'openai-chat': { safety_identifier: 's' } },
    });
    expect(call({ safety_identifier: 's' })).toMatchObject({ stream: false, user: 's', extra: {} });
    expect([
      userOf({ user: 'u' }),
      userOf({ safety_identifier: 's' }),
      userOf({ user: '' }),
      userOf({}),
    ]).toEqual(['u', 's', null, null]);
  });
});
