// Calls of other dialects, written for this wire: every field of a call, and every rule of the API that bends one.
import { describe, expect, test } from 'bun:test';
import { targetOf } from '../../../test/contracts/example-reply.ts';
import type { ChatCall, Message, Part, Sampling, Tool } from '../../core/call.ts';
import type { Target } from '../../core/dialect.ts';
import { GatewayError } from '../../core/errors.ts';
import type { ModelRule } from '../../core/provider.ts';
import type { JsonObject } from '../../lib/json.ts';
import { encodeCall } from './encode-call.ts';

const MODEL = 'claude-sonnet-4-5';
const SCHEMA = {
  type: 'object',
  properties: { a: { type: 'string' } },
  required: ['a'],
  additionalProperties: false,
};

function call(changes: Partial<ChatCall> = {}): ChatCall {
  return {
    model: 'm',
    messages: [user('Hi')],
    tools: [],
    toolChoice: null,
    sampling: { maxTokens: 5000 },
    output: { type: 'text' },
    reasoning: null,
    stream: false,
    user: null,
    extra: {},
    ...changes,
  };
}

function message(role: Message['role'], parts: readonly (Part | string)[], index = 0): Message {
  return {
    role,
    path: `messages[${index}]`,
    parts: parts.map((part) => (typeof part === 'string' ? { type: 'text', text: part } : part)),
  };
}
const user = (...parts: (Part | string)[]) => message('user', parts);
const assistant = (...parts: (Part | string)[]) => message('assistant', parts, 1);
const system = (...parts: (Part | string)[]) => message('system', parts, 2);
const use = (id: string, args = '{}', name = 'f'): Part => ({
  type: 'tool-use',
  id,
  name,
  arguments: args,
});
const result = (toolUseId: string, text = 'ok'): Part => ({
  type: 'tool-result',
  toolUseId,
  content: [{ type: 'text', text }],
});
const fn = (changes: Partial<Extract<Tool, { type: 'function' }>> = {}): Tool => ({
  type: 'function',
  name: 'f',
  parameters: SCHEMA,
  ...changes,
});

function encode(
  changes: Partial<ChatCall>,
  target: Partial<Target> & { model?: string } = {},
): { body: JsonObject; losses: readonly string[] } {
  const { body, losses } = encodeCall(call(changes), targetOf(MODEL, target));
  return { body: JSON.parse(body) as JsonObject, losses };
}

/** The one field, with nothing lost. */
function field(name: string, changes: Partial<ChatCall>, target: Partial<Target> = {}): unknown {
  const { body, losses } = encode(changes, target);
  expect(losses).toEqual([]);
  return body[name];
}
const messagesOf = (...messages: Message[]) => field('messages', { messages });

function refused(changes: Partial<ChatCall>): GatewayError {
  try {
    encodeCall(call(changes), targetOf(MODEL));
  } catch (thrown) {
    if (thrown instanceof GatewayError) return thrown;
  }
  throw new Error('was not refused');
}

test('the least there is', () => {
  expect(encodeCall(call(), targetOf(MODEL))).toEqual({
    body: '{"model":"claude-sonnet-4-5","max_tokens":5000,"messages":[{"role":"user","content":"Hi"}]}',
    losses: [],
  });
});

test('the same call gives the same bytes', () => {
  const rich = call({
    messages: [system('s'), user('a', 'b'), assistant(use('t')), user(result('t'))],
    tools: [fn(), fn({ name: 'g' })],
    reasoning: { effort: 'low' },
    output: { type: 'json-schema', name: 'n', schema: SCHEMA },
  });
  expect(encodeCall(structuredClone(rich), targetOf(MODEL))).toEqual(
    encodeCall(rich, targetOf(MODEL)),
  );
});

describe('turns', () => {
  test('leading system and developer turns are the system prompt', () => {
    const lead = [message('system', ['one']), message('developer', ['two'])];
    expect(field('system', { messages: [...lead, user('Hi')] })).toEqual([
      { type: 'text', text: 'one' },
      { type: 'text', text: 'two' },
    ]);
    expect(field('system', { messages: [message('system', ['one']), user('Hi')] })).toBe('one');
  });

  test('turns of one side in a row are one', () => {
    expect(
      messagesOf(user('a'), user('b'), assistant('c'), assistant(use('t')), user(result('t'))),
    ).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ],
      },
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'c' },
          { type: 'tool_use', id: 't', name: 'f', input: {} },
        ],
      },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: 'ok' }] },
    ]);
  });

  test('the results of parallel calls share one user turn, first in it, in order', () => {
    expect(
      messagesOf(
        user('go'),
        assistant(use('a'), use('b')),
        user('wait'),
        user(result('a', '1')),
        user(result('b', '2')),
      ),
    ).toEqual([
      { role: 'user', content: 'go' },
      {
        role: 'assistant',
        content: [
          { type: 'tool_use', id: 'a', name: 'f', input: {} },
          { type: 'tool_use', id: 'b', name: 'f', input: {} },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'a', content: '1' },
          { type: 'tool_result', tool_use_id: 'b', content: '2' },
          { type: 'text', text: 'wait' },
        ],
      },
    ]);
  });

  test('empty and blank text is left out, and turns of nothing with it', () => {
    expect(messagesOf(user('a', '', ' \n'), assistant(''), user('b'))).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ],
      },
    ]);
  });

  test('the conversation may begin with the assistant', () => {
    expect(messagesOf(assistant('Hello'), user('Hi'))).toEqual([
      { role: 'assistant', content: 'Hello' },
      { role: 'user', content: 'Hi' },
    ]);
  });

  test('a system prompt alone gets a turn to answer', () => {
    const { body, losses } = encode({ messages: [system('Write a haiku.')] });
    expect(body.messages).toEqual([{ role: 'user', content: 'Begin.' }]);
    expect(losses).toEqual([
      'messages: the API wants a turn after the system prompt; "Begin." was put there',
    ]);
  });

  test('a prefilled answer loses the blanks at its end', () => {
    expect(messagesOf(user('a'), assistant('The answer is \n'))).toEqual([
      { role: 'user', content: 'a' },
      { role: 'assistant', content: 'The answer is' },
    ]);
    expect(messagesOf(user('a'), assistant('said. '), user('b'))).toContainEqual({
      role: 'assistant',
      content: 'said. ',
    });
  });

  test('a prefilled answer the model does not take is followed by a user turn', () => {
    const { body, losses } = encode(
      { messages: [user('a'), assistant('So')] },
      { model: 'claude-opus-4-6' },
    );
    expect(body.messages).toEqual([
      { role: 'user', content: 'a' },
      { role: 'assistant', content: 'So' },
      { role: 'user', content: 'Continue.' },
    ]);
    expect(losses).toEqual([
      'messages[1]: the model takes no beginning of its answer; "Continue." was put after it',
    ]);
  });

  test('a later system turn stays one where the model takes it', () => {
    const messages = [user('a'), system('Be brief.')];
    expect(field('messages', { messages }, { model: 'claude-opus-5' })).toEqual([
      { role: 'user', content: 'a' },
      { role: 'system', content: 'Be brief.' },
    ]);
    expect(
      field(
        'messages',
        { messages: [...messages, assistant('ok'), user('b')] },
        { model: 'claude-opus-5' },
      ),
    ).toHaveLength(4);
  });

  test.each([
    [
      'the model takes none',
      MODEL,
      [user('a'), system('Be brief.')],
      'the model takes no system turn here',
    ],
    [
      'before a user turn',
      'claude-opus-5',
      [user('a'), system('Be brief.'), user('b')],
      'no system turn may stand here',
    ],
    [
      'after the assistant',
      'claude-opus-5',
      [user('a'), assistant('b'), system('Be brief.'), user('c')],
      'no system turn may stand here',
    ],
  ])('a later system turn is told in a user turn: %s', (_, model, messages, why) => {
    const { body, losses } = encode({ messages }, { model });
    expect(JSON.stringify(body.messages)).toContain(
      JSON.stringify('<system-reminder>\nBe brief.\n</system-reminder>'),
    );
    expect(JSON.stringify(body.messages)).not.toContain('"role":"system"');
    expect(losses).toEqual([`messages[2]: ${why}; sent inside a user turn`]);
  });

  test('names of turns are named as lost', () => {
    const named: Message = { ...user('a'), name: 'Bob' };
    expect(encode({ messages: [named] }).losses).toEqual([
      'messages[0].name: dropped; turns have no names',
    ]);
  });
});

describe('parts', () => {
  const content = (part: Part, role: 'user' | 'assistant' = 'user') => {
    const messages = role === 'user' ? [user(part)] : [user('a'), assistant(part), user('b')];
    const { body, losses } = encode({ messages });
    const turn = (body.messages as JsonObject[])[role === 'user' ? 0 : 1];
    return { block: Array.isArray(turn?.content) ? turn.content[0] : turn?.content, losses };
  };

  test.each<[string, Part, unknown]>([
    [
      'image by URL',
      { type: 'image', source: { kind: 'url', url: 'https://x/y.png', mediaType: null } },
      { type: 'image', source: { type: 'url', url: 'https://x/y.png' } },
    ],
    [
      'image as data',
      {
        type: 'image',
        source: { kind: 'base64', mediaType: 'image/png', data: 'AA==' },
        detail: 'auto',
      },
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA==' } },
    ],
    [
      'image uploaded',
      { type: 'image', source: { kind: 'file', id: 'f1', dialect: 'anthropic-messages' } },
      { type: 'image', source: { type: 'file', file_id: 'f1' } },
    ],
    [
      'PDF',
      {
        type: 'document',
        source: { kind: 'base64', mediaType: 'application/pdf', data: 'AA==' },
        title: 'T',
        context: 'C',
        citations: true,
      },
      {
        type: 'document',
        source: { type: 'base64', media_type: 'application/pdf', data: 'AA==' },
        title: 'T',
        context: 'C',
        citations: { enabled: true },
      },
    ],
    [
      'PDF by URL',
      { type: 'document', source: { kind: 'url', url: 'https://x/y.pdf', mediaType: null } },
      { type: 'document', source: { type: 'url', url: 'https://x/y.pdf' } },
    ],
    [
      'text file',
      {
        type: 'document',
        source: {
          kind: 'base64',
          mediaType: 'text/csv',
          data: Buffer.from('é,1').toString('base64'),
        },
      },
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'é,1' } },
    ],
    [
      'text',
      { type: 'document', source: { kind: 'text', text: 'abc' } },
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'abc' } },
    ],
    [
      'its own block',
      {
        type: 'opaque',
        dialect: 'anthropic-messages',
        value: { type: 'container_upload', file_id: 'f' },
      },
      { type: 'container_upload', file_id: 'f' },
    ],
    [
      'marked text',
      { type: 'text', text: 'a', cache: { ttl: '1h' } },
      { type: 'text', text: 'a', cache_control: { type: 'ephemeral', ttl: '1h' } },
    ],
    [
      'marked by default',
      { type: 'text', text: 'a', cache: { ttl: null } },
      { type: 'text', text: 'a', cache_control: { type: 'ephemeral' } },
    ],
    [
      'its own citations',
      {
        type: 'text',
        text: 'a',
        citations: { dialect: 'anthropic-messages', value: [{ type: 'page_location' }] },
      },
      { type: 'text', text: 'a', citations: [{ type: 'page_location' }] },
    ],
    [
      'failed result',
      { type: 'tool-result', toolUseId: 't', content: [], isError: true },
      { type: 'tool_result', tool_use_id: 't', is_error: true },
    ],
    [
      'result with an image',
      {
        type: 'tool-result',
        toolUseId: 't',
        content: [
          { type: 'text', text: 'a' },
          { type: 'image', source: { kind: 'url', url: 'https://x', mediaType: null } },
        ],
      },
      {
        type: 'tool_result',
        tool_use_id: 't',
        content: [
          { type: 'text', text: 'a' },
          { type: 'image', source: { type: 'url', url: 'https://x' } },
        ],
      },
    ],
  ])('%s', (_, part, block) => {
    expect(content(part)).toEqual({ block, losses: [] } as never);
  });

  test.each<[string, Part, unknown]>([
    [
      'signed reasoning',
      { type: 'reasoning', text: 'hm', signature: 'sig', format: 'anthropic-claude-v1' },
      { type: 'thinking', thinking: 'hm', signature: 'sig' },
    ],
    [
      'hidden reasoning',
      { type: 'redacted-reasoning', data: 'd', format: 'anthropic-claude-v1' },
      { type: 'redacted_thinking', data: 'd' },
    ],
    [
      'a call',
      use('t', '{"x": [1, 2]}'),
      { type: 'tool_use', id: 't', name: 'f', input: { x: [1, 2] } },
    ],
    ['a call without arguments', use('t', ''), { type: 'tool_use', id: 't', name: 'f', input: {} }],
    [
      'a call of a name the wire refuses',
      use('call.1', '{}', 'files.read'),
      { type: 'tool_use', id: 'sy__call-2e1', name: 'sy__files-2eread', input: {} },
    ],
  ])('of the assistant: %s', (_, part, block) => {
    expect(content(part, 'assistant')).toEqual({ block, losses: [] } as never);
  });

  test.each<[string, 'user' | 'assistant', Part, string]>([
    [
      'audio',
      'user',
      { type: 'audio', data: 'AA==', format: 'wav' },
      'messages[0].content[0]: audio dropped; the API takes none',
    ],
    [
      'another’s file',
      'user',
      { type: 'image', source: { kind: 'file', id: 'f', dialect: 'openai-chat' } },
      'messages[0].content[0]: image dropped; it is a file of another provider',
    ],
    [
      'an image no model sees',
      'user',
      { type: 'image', source: { kind: 'base64', mediaType: 'image/svg+xml', data: 'AA==' } },
      'messages[0].content[0]: image dropped; the API takes JPEG, PNG, GIF and WebP',
    ],
    [
      'a spreadsheet',
      'user',
      {
        type: 'document',
        source: { kind: 'base64', mediaType: 'application/vnd.ms-excel', data: 'AA==' },
      },
      'messages[0].content[0]: document dropped; the API takes PDF and plain text',
    ],
    [
      'another’s block',
      'user',
      { type: 'opaque', dialect: 'openai-chat', value: { type: 'x' } },
      'messages[0].content[0]: x dropped; only openai-chat has it',
    ],
    [
      'an image of the assistant',
      'assistant',
      { type: 'image', source: { kind: 'url', url: 'u', mediaType: null } },
      'messages[1].content[0]: image dropped; only user turns take one',
    ],
    [
      'another’s reasoning',
      'assistant',
      { type: 'reasoning', text: 'hm', signature: 's', format: 'openai-responses-v1' },
      'messages[1].content[0]: reasoning dropped; it is not signed by this API',
    ],
    [
      'unsigned reasoning',
      'assistant',
      { type: 'reasoning', text: 'hm' },
      'messages[1].content[0]: reasoning dropped; it is not signed by this API',
    ],
    [
      'another’s hidden reasoning',
      'assistant',
      { type: 'redacted-reasoning', data: 'd', format: 'x' },
      'messages[1].content[0]: reasoning dropped; it is not signed by this API',
    ],
  ])('named as lost: %s', (_, role, part, loss) => {
    expect(content(part, role).losses).toContain(loss);
  });

  test('arguments keep numbers this language has none for', () => {
    const json = '{"id":12345678901234567890}';
    const messages = [user('Hi'), assistant(use('a', json)), user(result('a'))];
    expect(encodeCall(call({ messages }), targetOf(MODEL)).body).toContain(`"input":${json}`);
  });

  test('named as bent', () => {
    expect(content({ type: 'refusal', text: 'No.' }, 'assistant')).toEqual({
      block: 'No.',
      losses: ['messages[1].content[0]: a refusal; sent as plain text'],
    } as never);
    expect(
      content(
        { type: 'tool-use', id: 't', name: 'run', arguments: 'print(1)', custom: true },
        'assistant',
      ),
    ).toEqual({
      block: { type: 'tool_use', id: 't', name: 'run', input: { input: 'print(1)' } },
      losses: [],
    } as never);
    expect(
      content({ type: 'document', source: { kind: 'text', text: 'a' }, filename: 'a.txt' }),
    ).toEqual({
      block: {
        type: 'document',
        source: { type: 'text', media_type: 'text/plain', data: 'a' },
        title: 'a.txt',
      },
      losses: [],
    } as never);
    expect(
      content({ type: 'image', source: { kind: 'url', url: 'u', mediaType: null }, detail: 'high' })
        .losses,
    ).toEqual(['messages[0].content[0].detail: high dropped']);
    expect(
      content({ type: 'text', text: 'a', citations: { dialect: 'openai-chat', value: [] } }).losses,
    ).toEqual(['messages[0].content[0].citations: dropped; of another kind']);
  });

  test.each(['{"x": 1', '[12345]', '"text"', '777'])(
    'arguments %s are refused with their place',
    (args) => {
      const error = refused({
        messages: [user('a'), assistant(use('t', args)), user(result('t'))],
      });
      expect(error.code).toBe('invalid_request');
      expect(error.details.param).toBe('messages[1].content[0]');
      expect(error.message).not.toContain(args);
    },
  );
});

describe('cache marks', () => {
  const marked = (text: string): Part => ({ type: 'text', text, cache: { ttl: null } });
  const marksIn = (body: JsonObject) => JSON.stringify(body).split('"cache_control"').length - 1;

  test('up to four are kept as they stand', () => {
    const { body, losses } = encode({
      messages: [
        message('system', [marked('s')]),
        user(marked('a')),
        assistant('b'),
        user(marked('c')),
      ],
      tools: [fn({ cache: { ttl: '1h' } })],
    });
    expect(marksIn(body)).toBe(4);
    expect((body.tools as JsonObject[])[0]?.cache_control).toEqual({
      type: 'ephemeral',
      ttl: '1h',
    });
    expect(losses).toEqual([]);
  });

  test('of more, the last four are kept', () => {
    const { body, losses } = encode({
      messages: [
        message('system', [marked('s')]),
        user(marked('a'), marked('b'), marked('c'), marked('d')),
      ],
    });
    expect(marksIn(body)).toBe(4);
    expect(body.system).toEqual([{ type: 'text', text: 's' }]);
    expect(losses).toEqual(['cache_control: 1 of 5 marks dropped; the API takes 4']);
  });

  test('none are ever added', () => {
    expect(marksIn(encode({ messages: [system('s'), user('a')], tools: [fn()] }).body)).toBe(0);
  });
});

describe('tools', () => {
  test('a function', () => {
    expect(field('tools', { tools: [fn({ description: 'd' })] })).toEqual([
      { name: 'f', description: 'd', input_schema: SCHEMA },
    ]);
  });
  test('without parameters, without a type', () => {
    const { parameters: _, ...bare } = fn() as Extract<Tool, { type: 'function' }>;
    expect(field('tools', { tools: [bare] })).toEqual([
      { name: 'f', input_schema: { type: 'object', properties: {} } },
    ]);
    expect(field('tools', { tools: [fn({ parameters: { properties: {} } })] })).toEqual([
      { name: 'f', input_schema: { properties: {}, type: 'object' } },
    ]);
  });
  test('a strict one has its schema in the subset that can be held to', () => {
    const parameters = {
      type: 'object',
      properties: { n: { type: 'integer', minimum: 1 } },
      required: ['n'],
    };
    const { body, losses } = encode({ tools: [fn({ strict: true, parameters })] });
    expect(body.tools).toEqual([
      {
        name: 'f',
        input_schema: {
          type: 'object',
          properties: { n: { type: 'integer', description: '{minimum: 1}' } },
          required: ['n'],
          additionalProperties: false,
        },
        strict: true,
      },
    ]);
    expect(losses).toEqual([
      'tools[0].parameters.properties.n.minimum: not enforced; told in the description',
    ]);
  });
  test('strict is named as lost where the model has none', () => {
    const { body, losses } = encode(
      { tools: [fn({ strict: true })] },
      { model: 'claude-3-7-sonnet-20250219' },
    );
    expect(body.tools).toEqual([{ name: 'f', input_schema: SCHEMA }]);
    expect(losses).toEqual([
      "tools[0].strict: the model's calls cannot be held to a schema; dropped",
    ]);
  });
  test('its own hosted tools and fields pass, another’s are named', () => {
    const own: Tool = {
      type: 'opaque',
      dialect: 'anthropic-messages',
      name: 'web_search',
      value: { type: 'web_search_20250305', name: 'web_search' },
    };
    const foreign: Tool = {
      type: 'opaque',
      dialect: 'openai-chat',
      name: 'grammar',
      value: { type: 'custom' },
    };
    const { body, losses } = encode({
      tools: [
        own,
        foreign,
        fn({ extra: { dialect: 'anthropic-messages', value: { defer_loading: true } } }),
        fn({ extra: { dialect: 'openai-chat', value: { x: 1 } } }),
      ],
    });
    expect(body.tools).toEqual([
      { type: 'web_search_20250305', name: 'web_search' },
      { name: 'f', input_schema: SCHEMA, defer_loading: true },
      { name: 'f', input_schema: SCHEMA },
    ]);
    expect(losses).toEqual([
      'tools[1]: grammar dropped; only openai-chat has it',
      'tools[3].x: dropped; only openai-chat has it',
    ]);
  });

  test.each<[ChatCall['toolChoice'], boolean | undefined, unknown]>([
    [null, undefined, undefined],
    [null, true, undefined],
    [null, false, { type: 'auto', disable_parallel_tool_use: true }],
    [{ type: 'auto' }, undefined, { type: 'auto' }],
    [{ type: 'none' }, false, { type: 'none' }],
    [{ type: 'required' }, undefined, { type: 'any' }],
    [{ type: 'required' }, false, { type: 'any', disable_parallel_tool_use: true }],
    [{ type: 'tool', name: 'f' }, undefined, { type: 'tool', name: 'f' }],
  ])('choice %p, parallel %p', (toolChoice, parallel, expected) => {
    const sampling: Sampling = parallel === undefined ? {} : { parallelToolCalls: parallel };
    expect(field('tool_choice', { tools: [fn()], toolChoice, sampling })).toEqual(expected);
  });
  test('no choice without tools', () => {
    expect(
      field('tool_choice', {
        toolChoice: { type: 'auto' },
        sampling: { parallelToolCalls: false },
      }),
    ).toBeUndefined();
  });
  test('a call cannot be forced on some models', () => {
    const { body, losses } = encode(
      {
        tools: [fn()],
        toolChoice: { type: 'tool', name: 'f' },
        sampling: { parallelToolCalls: false },
      },
      { model: 'claude-opus-5-5' },
    );
    expect(body.tool_choice).toEqual({ type: 'auto', disable_parallel_tool_use: true });
    expect(losses).toEqual([
      'tool_choice: the model cannot be made to call a tool; sent as auto instead of tool',
    ]);
  });
});

describe('limits and sampling', () => {
  test.each<[number | undefined, number | null, number, string[]]>([
    [undefined, null, 4096, []],
    [undefined, 64_000, 64_000, []],
    [100, 64_000, 100, []],
    [100_000, null, 100_000, []],
    [100_000, 64_000, 64_000, ['max_tokens: 100000 is more than the model gives; sent as 64000']],
  ])('max_tokens %p of %p', (maxTokens, maxOutput, expected, losses) => {
    const got = encode({ sampling: maxTokens === undefined ? {} : { maxTokens } }, { maxOutput });
    expect([got.body.max_tokens, got.losses]).toEqual([expected, losses]);
  });

  test('what the wire has', () => {
    const { body, losses } = encode({
      sampling: { temperature: 0.5, topK: 40, stop: ['END'] },
      stream: true,
      user: 'u1',
    });
    expect(body).toMatchObject({
      temperature: 0.5,
      top_k: 40,
      stop_sequences: ['END'],
      stream: true,
      metadata: { user_id: 'u1' },
    });
    expect(losses).toEqual([]);
  });

  test('what it has not is named', () => {
    const sampling: Sampling = {
      temperature: 1.5,
      topP: 0.5,
      seed: 1,
      presencePenalty: 0.1,
      frequencyPenalty: 0.2,
      stop: [' ', '\n', 'END'],
    };
    const { body, losses } = encode({
      sampling,
      extra: { 'openai-chat': { logit_bias: { '1': 2 }, n: 2, logprobs: true } },
      user: 'u'.repeat(257),
    });
    expect(body.stop_sequences).toEqual(['END']);
    expect(losses).toEqual([
      'temperature: 1.5 is above the highest, 1; sent as 1',
      'top_p: cannot go with temperature; dropped',
      'stop: " " dropped; a stop sequence cannot be blank',
      'stop: "\\n" dropped; a stop sequence cannot be blank',
      'user: longer than 256 characters; dropped',
      'seed: dropped; the API has none',
      'presence_penalty: dropped; the API has none',
      'frequency_penalty: dropped; the API has none',
      'logit_bias: dropped; only openai-chat has it',
      'n: dropped; only openai-chat has it',
      'logprobs: dropped; only openai-chat has it',
    ]);
  });

  test('defaults of another wire lose nothing', () => {
    const extra = {
      'openai-chat': { n: 1, logprobs: false, logit_bias: {}, service_tier: 'auto', store: false },
    };
    expect(encode({ sampling: { presencePenalty: 0, frequencyPenalty: 0 }, extra }).losses).toEqual(
      [],
    );
  });

  test('models that have no sampling settings', () => {
    const { body, losses } = encode(
      { sampling: { temperature: 0.2, topP: 0.9, topK: 5 } },
      { model: 'claude-opus-4-7' },
    );
    expect([body.temperature, body.top_p, body.top_k]).toEqual([undefined, undefined, undefined]);
    expect(losses).toEqual([
      'temperature: the model has no such setting; dropped',
      'top_k: the model has no such setting; dropped',
      'top_p: the model has no such setting; dropped',
    ]);
    expect(
      encode({ sampling: { temperature: 1, topP: 1 } }, { model: 'claude-opus-4-7' }).losses,
    ).toEqual([]);
  });

  test('fields its provider refuses', () => {
    const { body, losses } = encode(
      { sampling: { topK: 5 } },
      { quirks: { refusedFields: ['top_k', 'service_tier'] } },
    );
    expect(body.top_k).toBeUndefined();
    expect(losses).toEqual(['top_k: refused by the provider; dropped']);
  });

  test('fields only this wire has come back', () => {
    const { body, losses } = encode({
      reasoning: { budget: 2000, mode: 'enabled' },
      extra: {
        'anthropic-messages': {
          service_tier: 'standard_only',
          thinking: { display: 'omitted' },
          'messages[0].content[0].caller': { type: 'x' },
        },
      },
    });
    expect(body.service_tier).toBe('standard_only');
    expect(body.thinking).toEqual({ type: 'enabled', budget_tokens: 2000, display: 'omitted' });
    expect(losses).toEqual(['messages[0].content[0].caller: dropped']);
  });
});

describe('answers with a shape', () => {
  const shape = { type: 'json-schema', name: 'n', schema: SCHEMA } as const;

  test('a schema the model can be held to', () => {
    expect(field('output_config', { output: shape })).toEqual({
      format: { type: 'json_schema', schema: SCHEMA },
    });
    expect(field('output_config', { output: { ...shape, description: 'd' } })).toEqual({
      format: { type: 'json_schema', schema: { description: 'd', ...SCHEMA } },
    });
  });
  test('constraints it cannot be held to are told and named', () => {
    const schema = {
      type: 'object',
      properties: { n: { type: 'integer', minimum: 0, maximum: 10, description: 'a number' } },
      required: ['n'],
    };
    const { body, losses } = encode({ output: { ...shape, schema } });
    expect(body.output_config).toEqual({
      format: {
        type: 'json_schema',
        schema: {
          type: 'object',
          properties: {
            n: { type: 'integer', description: 'a number\n\n{minimum: 0, maximum: 10}' },
          },
          required: ['n'],
          additionalProperties: false,
        },
      },
    });
    expect(losses).toEqual([
      'response_format.schema.properties.n.minimum: not enforced; told in the description',
      'response_format.schema.properties.n.maximum: not enforced; told in the description',
    ]);
  });
  test('models that cannot be held to one are made to call a function', () => {
    const { body, losses } = encode({ output: shape }, { model: 'claude-3-7-sonnet-20250219' });
    expect(body.output_config).toBeUndefined();
    expect(body.tool_choice).toMatchObject({ type: 'tool', disable_parallel_tool_use: true });
    expect(body.tools).toHaveLength(1);
    expect(losses).toEqual([]);
  });
  test('beside tools of the caller’s they are asked', () => {
    const { body, losses } = encode(
      {
        output: shape,
        messages: [system('s'), user('a')],
        tools: [{ type: 'function', name: 'f' }],
      },
      { model: 'claude-3-7-sonnet-20250219' },
    );
    expect(body.output_config).toBeUndefined();
    expect(JSON.stringify(body.system)).toContain('It must fit this JSON Schema');
    expect(losses).toEqual([
      'response_format: the model cannot be held to a schema; asked for in the system prompt',
    ]);
  });
  test('JSON of any shape is asked for', () => {
    const { body, losses } = encode({ output: { type: 'json' } });
    expect(body.system).toBe(
      'Answer with one JSON object and nothing else: no code fence, no other text.',
    );
    expect(losses).toEqual([
      'response_format: the API has no schema-less JSON mode; asked for in the system prompt',
    ]);
  });
});

describe('thinking', () => {
  const think = (
    model: string,
    reasoning: ChatCall['reasoning'],
    changes: Partial<ChatCall> = {},
  ) => {
    const { body, losses } = encode({ reasoning, ...changes }, { model });
    return [body.thinking, (body.output_config as JsonObject | undefined)?.effort, losses] as const;
  };
  const adaptive = { type: 'adaptive', display: 'summarized' };
  const budget = (tokens: number) => ({ type: 'enabled', budget_tokens: tokens });

  test.each<[string, ChatCall['reasoning'], unknown, unknown, readonly string[]]>([
    // Efforts, by generation.
    ['claude-opus-4-7', { effort: 'high' }, adaptive, 'high', []],
    ['claude-sonnet-5', { effort: 'minimal' }, adaptive, 'low', []],
    [
      'claude-opus-4-6',
      { effort: 'xhigh' },
      adaptive,
      'high',
      ['output_config.effort: the model has no xhigh; sent as high'],
    ],
    ['claude-opus-4-6', { effort: 'max' }, adaptive, 'max', []],
    ['claude-opus-4-5-20251101', { effort: 'medium' }, budget(2500), 'medium', []],
    ['claude-sonnet-4-5', { effort: 'low' }, budget(1024), undefined, []],
    ['claude-sonnet-4-5', { effort: 'high' }, budget(4000), undefined, []],
    ['anthropic.claude-haiku-4-5-20251001-v1:0', { effort: 'medium' }, budget(2500), undefined, []],
    ['claude-something-6', { effort: 'medium' }, adaptive, 'medium', []],
    ['minimax-m2', { effort: 'medium' }, budget(2500), undefined, []],
    // Budgets.
    ['claude-sonnet-4-5', { budget: 3000 }, budget(3000), undefined, []],
    [
      'claude-sonnet-4-5',
      { budget: 500 },
      budget(1024),
      undefined,
      ['thinking.budget_tokens: 500 is outside what the model takes; sent as 1024'],
    ],
    [
      'claude-sonnet-4-5',
      { budget: 9000 },
      budget(4999),
      undefined,
      ['thinking.budget_tokens: 9000 is outside what the model takes; sent as 4999'],
    ],
    [
      'claude-opus-4-7',
      { budget: 3000 },
      adaptive,
      'high',
      [
        'thinking.budget_tokens: the model decides by itself; sent as adaptive thinking with effort high',
      ],
    ],
    [
      'claude-opus-4-7',
      { budget: 600 },
      adaptive,
      'low',
      [
        'thinking.budget_tokens: the model decides by itself; sent as adaptive thinking with effort low',
      ],
    ],
    // Off.
    ['claude-sonnet-4-5', { effort: 'none' }, { type: 'disabled' }, undefined, []],
    ['claude-opus-5', { mode: 'disabled' }, { type: 'disabled' }, undefined, []],
    ['claude-sonnet-5-5', { effort: 'none' }, { type: 'between_tools' }, undefined, []],
    [
      'claude-fable-5',
      { effort: 'none' },
      undefined,
      'low',
      ['thinking: the model cannot stop thinking; sent with effort low'],
    ],
    ['claude-3-5-haiku-latest', { effort: 'none' }, undefined, undefined, []],
    [
      'claude-3-5-haiku-latest',
      { effort: 'high' },
      undefined,
      undefined,
      ['thinking: the model does not think; dropped'],
    ],
    // Said by nobody.
    ['claude-opus-4-7', { exclude: true }, undefined, undefined, []],
    ['claude-opus-4-7', { mode: 'adaptive' }, adaptive, undefined, []],
    [
      'claude-opus-4-7',
      { effort: 'low', exclude: true },
      { type: 'adaptive', display: 'omitted' },
      'low',
      [],
    ],
  ])('%s %p', (model, reasoning, thinking, effort, losses) => {
    expect(think(model, reasoning) as readonly unknown[]).toEqual([thinking, effort, losses]);
  });

  test('a model the catalogue knows not to think', () => {
    const { body, losses } = encode(
      { reasoning: { effort: 'high' } },
      { model: 'my-model', reasoning: false },
    );
    expect(body.thinking).toBeUndefined();
    expect(losses).toEqual(['thinking: the model does not think; dropped']);
  });

  test('no room for it', () => {
    expect(
      think('claude-sonnet-4-5', { effort: 'high' }, { sampling: { maxTokens: 1000 } }),
    ).toEqual([undefined, undefined, ['thinking: max_tokens 1000 leaves no room for it; dropped']]);
  });

  test('sampling cannot go with it', () => {
    const { body, losses } = encode({
      reasoning: { effort: 'high' },
      sampling: { maxTokens: 5000, temperature: 0.3, topK: 3, topP: 0.97 },
    });
    expect([body.temperature, body.top_k, body.top_p]).toEqual([undefined, undefined, 0.97]);
    expect(losses).toEqual([
      'temperature: cannot go with thinking; dropped',
      'top_k: cannot go with thinking; dropped',
    ]);
  });

  test('a forced call and a budget: the call is kept; adaptive thinking goes with it', () => {
    const forced = { tools: [fn()], toolChoice: { type: 'required' } } as const;
    expect(think('claude-sonnet-4-5', { effort: 'high' }, forced)).toEqual([
      undefined,
      undefined,
      ['thinking: cannot go with a forced tool call; dropped'],
    ]);
    expect(think('claude-opus-4-6', { effort: 'high' }, forced)).toEqual([adaptive, 'high', []]);
  });

  test('a budget while tools are at work needs the thinking block that called them', () => {
    const history = (...parts: Part[]) => ({
      messages: [user('a'), assistant(...parts, use('t')), user(result('t'))],
      tools: [fn()],
    });
    const signed: Part = {
      type: 'reasoning',
      text: 'hm',
      signature: 's',
      format: 'anthropic-claude-v1',
    };
    expect(think('claude-sonnet-4-5', { effort: 'high' }, history(signed))).toEqual([
      budget(4000),
      undefined,
      [],
    ]);
    expect(think('claude-sonnet-4-5', { effort: 'high' }, history())).toEqual([
      undefined,
      undefined,
      ['thinking: the turn that called the tools came without its thinking block; dropped'],
    ]);
    expect(think('claude-opus-4-6', { effort: 'high' }, history())).toEqual([adaptive, 'high', []]);
    const over = {
      messages: [...history().messages, assistant('done'), user('more')],
      tools: [fn()],
    };
    expect(think('claude-sonnet-4-5', { effort: 'high' }, over)).toEqual([
      budget(4000),
      undefined,
      [],
    ]);
  });

  test('rules of the provider’s own come before the maker’s', () => {
    const rule: ModelRule = { match: 'claude-opus-4-7', thinking: ['enabled'], efforts: [] };
    const quirks = { modelRules: [rule] };
    const { body } = encode(
      { reasoning: { effort: 'medium' } },
      { model: 'claude-opus-4-7', quirks },
    );
    expect(body.thinking).toEqual(budget(2500));
  });
});
