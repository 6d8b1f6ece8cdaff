// Calls of another dialect in this wire's words, quirk by quirk, with everything lost named.
import { describe, expect, test } from 'bun:test';
import { targetOf } from '../../../test/contracts/example-reply.ts';
import type { ChatCall, Message, Part, Reasoning, Tool } from '../../core/call.ts';
import type { Target } from '../../core/dialect.ts';
import type { Quirks } from '../../core/provider.ts';
import { asArray, type JsonObject } from '../../lib/json.ts';
import { encodeCall } from './encode-call.ts';

const HI: Message = { role: 'user', parts: [{ type: 'text', text: 'hi' }], path: 'messages[0]' };
const CALL: ChatCall = {
  model: 'asked',
  messages: [HI],
  tools: [],
  toolChoice: null,
  sampling: {},
  output: { type: 'text' },
  reasoning: null,
  stream: false,
  user: null,
  extra: {},
};
const TOOL: Tool = { type: 'function', name: 'f', parameters: { type: 'object', properties: {} } };
const SCHEMA = { type: 'object', properties: { a: { type: 'string' } } };

function encode(
  changes: Partial<ChatCall>,
  quirks: Quirks = {},
  target: Partial<Target> = {},
): { body: JsonObject; losses: readonly string[] } {
  const encoded = encodeCall({ ...CALL, ...changes }, targetOf('m', { quirks, ...target }));
  return { body: JSON.parse(encoded.body) as JsonObject, losses: encoded.losses };
}

const turn = (role: Message['role'], ...parts: Part[]): Message => ({
  role,
  parts,
  path: 'messages[1]',
});
const said = (messages: Message[], quirks: Quirks = {}) => {
  const { body, losses } = encode({ messages }, quirks);
  return { messages: body.messages, losses };
};

const texts = (...of: readonly string[]) => of.map((text) => ({ type: 'text', text }));

describe('messages', () => {
  test('calls in turns of their own are answered together, so they are made together', () => {
    const calls = (id: string) =>
      turn('assistant', { type: 'tool-use', id, name: 'f', arguments: '{}' });
    const results = (['a', 'b'] as const).map((toolUseId) => ({
      type: 'tool-result' as const,
      toolUseId,
      content: [],
    }));
    const { messages } = said([HI, calls('a'), calls('b'), turn('user', ...results)]);
    expect(asArray(messages)).toMatchObject([
      { role: 'user' },
      { role: 'assistant', tool_calls: [{ id: 'a' }, { id: 'b' }] },
      { role: 'tool', tool_call_id: 'a' },
      { role: 'tool', tool_call_id: 'b' },
    ]);
    expect(asArray(messages)).toHaveLength(4);
  });

  test('citations of an answer that goes back are named', () => {
    const cited = { dialect: 'anthropic-messages', value: [{ type: 'page_location' }] } as const;
    const { messages, losses } = said([
      turn('assistant', { type: 'text', text: 'a', citations: cited }),
      HI,
    ]);
    expect(asArray(messages)[0]).toEqual({ role: 'assistant', content: 'a' });
    expect(losses).toEqual([expect.stringContaining('messages[1].content[0].citations: ')]);
  });

  test('a target that wants strings gets the texts joined', () => {
    const parts = [
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
    ] as const;
    expect(
      said([turn('system', ...parts), turn('user', ...parts)], { textParts: false }).messages,
    ).toEqual([
      { role: 'system', content: 'a\n\nb' },
      { role: 'user', content: 'a\n\nb' },
    ]);
  });

  test('one text of a turn is a string, several stay apart, an answer is one text', () => {
    expect(
      said([
        turn('system', { type: 'text', text: 'a' }, { type: 'text', text: 'b' }),
        turn('user', { type: 'text', text: 'c' }, { type: 'text', text: 'd' }),
        turn('assistant', { type: 'text', text: 'e' }, { type: 'text', text: 'f' }),
        HI,
      ]),
    ).toEqual({
      messages: [
        { role: 'system', content: texts('a', 'b') },
        { role: 'user', content: texts('c', 'd') },
        { role: 'assistant', content: 'ef' },
        { role: 'user', content: 'hi' },
      ],
      losses: [],
    });
  });

  test('media keep their place among texts', () => {
    const { messages, losses } = said([
      turn(
        'user',
        { type: 'text', text: 'a' },
        {
          type: 'image',
          source: { kind: 'base64', mediaType: 'image/png', data: 'AA' },
          detail: 'high',
        },
        { type: 'image', source: { kind: 'url', url: 'https://x', mediaType: null } },
        { type: 'audio', data: 'BB', format: 'wav' },
        {
          type: 'document',
          source: { kind: 'base64', mediaType: 'application/pdf', data: 'CC' },
          title: 'T',
        },
        { type: 'document', source: { kind: 'base64', mediaType: 'text/csv', data: 'DD' } },
        { type: 'document', source: { kind: 'text', text: 'words' }, title: 'T', context: 'C' },
        { type: 'document', source: { kind: 'file', id: 'file-1', dialect: 'openai-chat' } },
      ),
    ]);
    expect(messages).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'a' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AA', detail: 'high' } },
          { type: 'image_url', image_url: { url: 'https://x' } },
          { type: 'input_audio', input_audio: { data: 'BB', format: 'wav' } },
          {
            type: 'file',
            file: { filename: 'T.pdf', file_data: 'data:application/pdf;base64,CC' },
          },
          {
            type: 'file',
            file: { filename: 'document.csv', file_data: 'data:text/csv;base64,DD' },
          },
          { type: 'text', text: 'Document (T, C):\nwords' },
          { type: 'file', file: { file_id: 'file-1' } },
        ],
      },
    ]);
    expect(losses).toEqual([]);
  });

  test('what cannot be carried is named by its place', () => {
    const foreign = { kind: 'file', id: 'x', dialect: 'anthropic-messages' } as const;
    const { messages, losses } = said([
      turn(
        'user',
        { type: 'text', text: 'a' },
        { type: 'image', source: foreign },
        { type: 'document', source: foreign },
        {
          type: 'document',
          source: { kind: 'url', url: 'https://d', mediaType: null },
          citations: true,
        },
        { type: 'opaque', dialect: 'anthropic-messages', value: { type: 'container_upload' } },
      ),
    ]);
    expect(messages).toEqual([{ role: 'user', content: texts('a', 'Document:\nhttps://d') }]);
    expect(losses.map((loss) => loss.split(':')[0])).toEqual([
      'messages[1].content[1]',
      'messages[1].content[2]',
      'messages[1].content[3].citations',
      'messages[1].content[3]',
      'messages[1].content[4]',
    ]);
    expect(losses.at(-1)).toContain('container_upload');
  });

  test('tool results are messages of their own, before the rest of their turn', () => {
    const { messages, losses } = said([
      turn(
        'assistant',
        { type: 'text', text: 'a' },
        { type: 'tool-use', id: 'c1', name: 'f', arguments: '{"x": 1}' },
        { type: 'tool-use', id: 'c2', name: 'g', arguments: '' },
        { type: 'tool-use', id: 'c3', name: 'h', arguments: 'ls', custom: true },
      ),
      turn(
        'user',
        {
          type: 'tool-result',
          toolUseId: 'c1',
          content: [
            { type: 'text', text: '1' },
            { type: 'text', text: '2' },
          ],
        },
        { type: 'text', text: 'and' },
        { type: 'tool-result', toolUseId: 'c2', content: [], isError: true },
      ),
    ]);
    expect(messages).toEqual([
      {
        role: 'assistant',
        content: 'a',
        tool_calls: [
          { id: 'c1', type: 'function', function: { name: 'f', arguments: '{"x": 1}' } },
          { id: 'c2', type: 'function', function: { name: 'g', arguments: '{}' } },
          { id: 'c3', type: 'function', function: { name: 'h', arguments: '{"input":"ls"}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'c1', content: texts('1', '2') },
      { role: 'tool', tool_call_id: 'c2', content: '' },
      { role: 'user', content: 'and' },
    ]);
    expect(losses).toEqual([expect.stringMatching(/^messages\[1\]\.content\[2\]\.is_error: /)]);
  });

  test('images of a tool result go to the next message, or stay where they may', () => {
    const image: Part = {
      type: 'image',
      source: { kind: 'url', url: 'https://x', mediaType: null },
    };
    const result = turn(
      'user',
      { type: 'tool-result', toolUseId: 'c1', content: [{ type: 'text', text: 'see' }, image] },
      { type: 'text', text: 'and' },
    );
    expect(said([result]).messages).toEqual([
      {
        role: 'tool',
        tool_call_id: 'c1',
        content: texts('see', '(The rest of this result is in the next message.)'),
      },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'From the result of tool call c1:' },
          { type: 'image_url', image_url: { url: 'https://x' } },
          { type: 'text', text: 'and' },
        ],
      },
    ]);
    expect(said([result], { toolResultImages: true }).messages).toEqual([
      {
        role: 'tool',
        tool_call_id: 'c1',
        content: [
          { type: 'text', text: 'see' },
          { type: 'image_url', image_url: { url: 'https://x' } },
        ],
      },
      { role: 'user', content: 'and' },
    ]);
  });

  test('the developer role and names, where they are not taken', () => {
    const messages: Message[] = [
      { role: 'developer', name: 'D', parts: [{ type: 'text', text: 'x' }], path: 'messages[0]' },
      HI,
    ];
    expect(said(messages).messages).toEqual([
      { role: 'developer', name: 'D', content: 'x' },
      { role: 'user', content: 'hi' },
    ]);
    expect(said(messages, { developerRole: false, messageNames: false }).messages).toEqual([
      { role: 'system', content: 'x' },
      { role: 'user', content: 'hi' },
    ]);
  });

  test('a call’s id and its result’s are fitted alike', () => {
    const id = 'toolu_01VmA9jmWpws4HgPqjhtGo6i';
    const { messages } = said(
      [
        turn(
          'assistant',
          { type: 'tool-use', id, name: 'f', arguments: '{}' },
          { type: 'tool-use', id: 'AbCdEf123', name: 'f', arguments: '{}' },
        ),
        turn('user', { type: 'tool-result', toolUseId: id, content: [] }),
      ],
      { toolIdFormat: 'alnum9' },
    );
    const [assistant, tool] = messages as unknown as [
      { tool_calls: { id: string }[] },
      { tool_call_id: string },
    ];
    expect(assistant.tool_calls[0]?.id).toMatch(/^[A-Za-z0-9]{9}$/);
    expect(assistant.tool_calls[1]?.id).toBe('AbCdEf123');
    expect(tool.tool_call_id).toBe(assistant.tool_calls[0]?.id ?? '');
  });

  test('content is null only beside tool calls, and a turn of nothing but thought is gone', () => {
    const thought: Part = { type: 'reasoning', text: 'hm', signature: 's', format: 'f' };
    expect(
      said([turn('assistant', { type: 'tool-use', id: 'a', name: 'f', arguments: '{}' }), HI])
        .messages,
    ).toMatchObject([{ role: 'assistant', content: null }, { role: 'user' }] as never);
    expect(said([turn('assistant', thought), HI]).messages).toEqual([
      { role: 'user', content: 'hi' },
    ]);
  });

  test('a prefilled answer is named', () => {
    expect(said([HI, turn('assistant', { type: 'text', text: '{' })]).losses).toEqual([
      expect.stringMatching(/^messages\[1\]: /),
    ]);
  });

  test('cache marks where they are taken; counted where they are not', () => {
    const cache = { ttl: '1h' } as const;
    const messages = [
      turn('system', { type: 'text', text: 's', cache }),
      turn('user', {
        type: 'tool-result',
        toolUseId: 'a',
        content: [{ type: 'text', text: 'r' }],
        cache: { ttl: null },
      }),
      turn('assistant', { type: 'text', text: 'x', cache }),
      HI,
    ];
    const tools: Tool[] = [{ type: 'function', name: 'f', cache: { ttl: null } }];
    const kept = encode({ messages, tools }, { cacheControl: true });
    expect(kept.body).toMatchObject({
      messages: [
        { content: [{ type: 'text', text: 's', cache_control: { type: 'ephemeral', ttl: '1h' } }] },
        {
          role: 'tool',
          content: [{ type: 'text', text: 'r', cache_control: { type: 'ephemeral' } }],
        },
        {
          role: 'assistant',
          content: [{ type: 'text', text: 'x', cache_control: { type: 'ephemeral', ttl: '1h' } }],
        },
        {},
      ],
      tools: [{ cache_control: { type: 'ephemeral' } }],
    } as never);
    expect(kept.losses).toEqual([]);
    const dropped = encode({ messages, tools });
    expect(JSON.stringify(dropped.body)).not.toContain('cache_control');
    expect(dropped.losses).toEqual([expect.stringMatching(/^cache_control: 4 /)]);
  });
});

describe('reasoning in history', () => {
  const signed: Part = { type: 'reasoning', text: 'a', signature: 's', format: 'f' };
  const nameless: Part = { type: 'reasoning', text: 'b', signature: 'nobody’s' };
  const redacted: Part = { type: 'redacted-reasoning', data: 'd', format: 'f' };
  const use: Part = { type: 'tool-use', id: 'a', name: 'f', arguments: '{}' };
  const answer = (quirks: Quirks, ...parts: Part[]) => {
    const { messages, losses } = said([turn('assistant', ...parts), HI], quirks);
    return { message: (messages as unknown as JsonObject[])[0], losses };
  };

  test('is dropped, and named where it stood between tool calls', () => {
    const ended = answer({}, signed, { type: 'text', text: 'x' });
    expect(ended).toEqual({ message: { role: 'assistant', content: 'x' }, losses: [] });
    const called = answer({}, signed, redacted, use);
    expect(JSON.stringify(called.message)).not.toContain('reasoning');
    expect(called.losses).toEqual([expect.stringMatching(/^messages\[1\]: reasoning/)]);
  });

  test('comes back as text where text is wanted, without anybody’s signature', () => {
    const back = answer(
      { reasoningReplay: 'required', reasoningField: 'reasoning' },
      signed,
      nameless,
      use,
    );
    expect(back.message).toMatchObject({ reasoning: 'ab' });
    expect(JSON.stringify(back.message)).not.toContain('nobody');
    expect(back.losses).toEqual([]);
    expect(answer({ reasoningReplay: 'required' }, redacted, use)).toMatchObject({
      message: { reasoning_content: ' ' },
      losses: [expect.stringContaining('encrypted')],
    } as never);
    expect(answer({ reasoningReplay: 'required' }, use).message).toMatchObject({
      reasoning_content: ' ',
    });
    expect(answer({ reasoningReplay: 'required' }, { type: 'text', text: 'x' }).message).toEqual({
      role: 'assistant',
      content: 'x',
    });
  });

  test('comes back whole where entries are wanted, with signatures that say whose they are', () => {
    const back = answer(
      { reasoningReplay: 'required', reasoningField: 'reasoning_details' },
      signed,
      nameless,
      redacted,
      { type: 'redacted-reasoning', data: 'x' },
      use,
    );
    expect(back.message?.reasoning_details).toEqual([
      { type: 'reasoning.text', text: 'a', signature: 's', format: 'f', index: 0 },
      { type: 'reasoning.text', text: 'b', index: 1 },
      { type: 'reasoning.encrypted', data: 'd', format: 'f', index: 2 },
    ]);
    expect(back.losses.length).toBe(1);
  });
});

describe('tools', () => {
  const search: Tool = {
    type: 'opaque',
    dialect: 'anthropic-messages',
    name: 'web_search_20250305',
    value: { type: 'web_search_20250305' },
  };
  test('are written in order; others’ hosted ones are named', () => {
    const { body, losses } = encode({
      tools: [{ type: 'function', name: 'z', description: 'd', strict: true }, search, TOOL],
      toolChoice: { type: 'tool', name: 'f' },
    });
    expect(body.tools).toEqual([
      {
        type: 'function',
        function: {
          name: 'z',
          description: 'd',
          parameters: { type: 'object', properties: {} },
          strict: true,
        },
      },
      { type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } },
    ]);
    expect(body.tool_choice).toEqual({ type: 'function', function: { name: 'f' } });
    expect(losses).toEqual([expect.stringMatching(/^tools\[1\]: web_search_20250305 /)]);
  });

  const patch: Tool = {
    type: 'custom',
    name: 'apply_patch',
    description: 'Edits files.',
    format: { type: 'grammar', syntax: 'lark', definition: 'start: "a"' },
  };
  const patched: Message = turn('assistant', {
    type: 'tool-use',
    id: 'c1',
    name: 'apply_patch',
    arguments: '*** "x"',
    custom: true,
  });
  const asked = {
    tools: [patch],
    toolChoice: { type: 'tool', name: 'apply_patch' },
    messages: [HI, patched, turn('user', { type: 'tool-result', toolUseId: 'c1', content: [] })],
  } as const;

  test('a free-text tool is a function with one string where there are only functions', () => {
    const { body, losses } = encode(asked);
    expect(body.tools).toEqual([
      {
        type: 'function',
        function: {
          name: 'apply_patch',
          description: 'Edits files.\n\nThe input must follow this lark grammar:\nstart: "a"',
          parameters: {
            type: 'object',
            properties: {
              input: { type: 'string', description: 'The whole input, as plain text.' },
            },
            required: ['input'],
            additionalProperties: false,
          },
        },
      },
    ]);
    expect(body.tool_choice).toEqual({ type: 'function', function: { name: 'apply_patch' } });
    expect(asArray(body.messages)[1]).toMatchObject({
      tool_calls: [
        {
          type: 'function',
          function: { name: 'apply_patch', arguments: '{"input":"*** \\"x\\""}' },
        },
      ],
    });
    expect(losses).toEqual([expect.stringMatching(/^tools\[0\]\.format: /)]);
    expect(encodeCall({ ...CALL, ...asked }, targetOf('m')).disguise).toEqual({
      customTools: ['apply_patch'],
    });
  });

  test('names the wire refuses are written as ones it takes', () => {
    const tools: Tool[] = [
      { ...TOOL, name: 'm'.repeat(100) },
      { type: 'custom', name: 'files.patch' },
    ];
    const { body, disguise } = encodeCall({ ...CALL, tools }, targetOf('m'));
    const names = Object.entries(disguise?.toolNames ?? {});
    expect(names.map(([, callers]) => callers)).toEqual(['m'.repeat(100), 'files.patch']);
    for (const [name] of names) {
      expect(name).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
      expect(body).toContain(`"name":"${name}"`);
    }
    expect(disguise?.customTools).toEqual(['files.patch']);
  });

  test('a free-text tool stays one where there are such', () => {
    const { body, losses } = encode(asked, { customTools: true });
    expect(body.tools).toEqual([
      {
        type: 'custom',
        custom: {
          name: 'apply_patch',
          description: 'Edits files.',
          format: { type: 'grammar', grammar: { syntax: 'lark', definition: 'start: "a"' } },
        },
      },
    ]);
    expect(body.tool_choice).toEqual({ type: 'custom', custom: { name: 'apply_patch' } });
    expect(asArray(body.messages)[1]).toMatchObject({
      tool_calls: [{ type: 'custom', custom: { name: 'apply_patch', input: '*** "x"' } }],
    });
    expect(losses).toEqual([]);
    const { disguise } = encodeCall(
      { ...CALL, ...asked },
      targetOf('m', { quirks: { customTools: true } }),
    );
    expect(disguise).toBeUndefined();
  });

  test('what the maker has on both its wires goes along to whoever declares it', () => {
    const extra = {
      'openai-responses': {
        service_tier: 'flex',
        prompt_cache_key: 'k',
        text: { verbosity: 'low' },
        max_tool_calls: 3,
      },
    };
    const { body, losses } = encode({ extra }, { makersFields: true });
    expect(body).toMatchObject({ service_tier: 'flex', prompt_cache_key: 'k', verbosity: 'low' });
    expect(losses).toEqual([expect.stringMatching(/^max_tool_calls: /)]);
    const other = encode({ extra });
    expect(Object.keys(other.body)).toEqual(['model', 'messages']);
    expect(other.losses.map((loss) => loss.split(':')[0])).toEqual([
      'service_tier',
      'prompt_cache_key',
      'text',
      'max_tool_calls',
    ]);
  });

  test('a choice of a tool that is gone is named', () => {
    for (const toolChoice of [
      { type: 'required' },
      { type: 'tool', name: 'web_search_20250305' },
    ] as const) {
      const { body, losses } = encode({ tools: [search], toolChoice });
      expect(body).not.toHaveProperty('tools');
      expect(body).not.toHaveProperty('tool_choice');
      expect(losses.length).toBe(2);
    }
    expect(encode({ tools: [search], toolChoice: { type: 'auto' } }).losses.length).toBe(1);
  });

  test.each([
    ['all work', {}, { type: 'required' }, 'required', 0],
    ['any is the word', { toolChoiceRequired: 'any' }, { type: 'required' }, 'any', 0],
    ['auto only', { toolChoice: ['auto'] }, { type: 'required' }, undefined, 1],
    ['auto only, auto', { toolChoice: ['auto'] }, { type: 'auto' }, 'auto', 0],
    [
      'one tool for required',
      { toolChoice: ['auto', 'tool'] },
      { type: 'required' },
      { type: 'function', function: { name: 'f' } },
      0,
    ],
    [
      'required for one tool',
      { toolChoice: ['auto', 'required'] },
      { type: 'tool', name: 'f' },
      'required',
      0,
    ],
    ['no named tool', { toolChoice: ['auto'] }, { type: 'tool', name: 'f' }, undefined, 1],
  ] as const)('tool_choice: %s', (_, quirks, toolChoice, expected, losses) => {
    const encoded = encode({ tools: [TOOL], toolChoice }, quirks);
    expect(encoded.body.tool_choice).toEqual(expected as never);
    expect(encoded.losses.length).toBe(losses);
  });

  test('none without a word for it leaves the tools out', () => {
    const { body, losses } = encode(
      { tools: [TOOL], toolChoice: { type: 'none' }, sampling: { parallelToolCalls: true } },
      { toolChoice: ['auto'] },
    );
    expect([body.tools, body.tool_choice, body.parallel_tool_calls, losses]).toEqual([
      undefined,
      undefined,
      undefined,
      [],
    ]);
    expect(encode({ tools: [TOOL], toolChoice: { type: 'none' } }).body.tool_choice).toBe('none');
  });

  test('two tools and no way to name one', () => {
    const { body, losses } = encode(
      { tools: [TOOL, { ...TOOL, name: 'g' }], toolChoice: { type: 'tool', name: 'g' } },
      { toolChoice: ['auto', 'required'] },
    );
    expect([body.tool_choice, losses.length]).toEqual(['required', 1]);
  });

  test('a forced choice and thinking that forbids it', () => {
    const quirks: Quirks = {
      reasoningRequest: 'thinking-type',
      toolChoiceWhileThinking: { works: ['auto', 'none'], byDefault: true },
    };
    const forced = { tools: [TOOL], toolChoice: { type: 'required' } as const };
    expect(encode(forced, quirks)).toMatchObject({
      body: { tool_choice: 'required', thinking: { type: 'disabled' } },
      losses: [expect.stringMatching(/^reasoning: turned off/)],
    } as never);
    const thinking = encode({ ...forced, reasoning: { mode: 'enabled' } }, quirks);
    expect(thinking).toMatchObject({
      body: { thinking: { type: 'enabled' } },
      losses: [expect.stringMatching(/^tool_choice: /)],
    } as never);
    expect(thinking.body).not.toHaveProperty('tool_choice');
    expect(encode({ ...forced, reasoning: { mode: 'disabled' } }, quirks)).toMatchObject({
      body: { tool_choice: 'required' },
      losses: [],
    });
    expect(encode(forced, quirks, { reasoning: false })).toMatchObject({
      body: { tool_choice: 'required' },
      losses: [],
    });
    expect(encode({ ...forced, toolChoice: { type: 'auto' } }, quirks)).toMatchObject({
      body: { tool_choice: 'auto' },
      losses: [],
    });
  });

  test('parallel_tool_calls', () => {
    expect(
      encode({ tools: [TOOL], sampling: { parallelToolCalls: false } }).body.parallel_tool_calls,
    ).toBe(false);
    expect(encode({ sampling: { parallelToolCalls: false } }).body).not.toHaveProperty(
      'parallel_tool_calls',
    );
    const refused = encode(
      { tools: [TOOL], sampling: { parallelToolCalls: false } },
      { parallelToolCalls: false },
    );
    expect([refused.body.parallel_tool_calls, refused.losses.length]).toEqual([undefined, 1]);
    expect(
      encode({ tools: [TOOL], sampling: { parallelToolCalls: true } }, { parallelToolCalls: false })
        .losses,
    ).toEqual([]);
  });
});

describe('fields', () => {
  test('stop sequences are not sent to families that refuse them', () => {
    const rules = { modelRules: [{ match: 'o3', stop: false }] };
    const sampling = { stop: ['x'] };
    const refused = encode({ sampling }, rules, { model: 'o3-mini' });
    expect([refused.body.stop, refused.losses]).toEqual([
      undefined,
      ['stop: not taken by o3-mini'],
    ]);
    expect(encode({ sampling }, rules, { model: 'o30' }).body.stop).toEqual(['x']);
  });

  test('of stop sequences as many as are taken, and none that is empty', () => {
    const sampling = { stop: ['', 'a', 'b', 'c', 'd', 'e'] };
    expect(encode({ sampling }).body.stop).toEqual(['a', 'b', 'c', 'd']);
    expect(encode({ sampling }).losses).toEqual([expect.stringContaining('stop: ')]);
    const more = encode({ sampling }, { maxStops: 16 });
    expect([more.body.stop, more.losses]).toEqual([['a', 'b', 'c', 'd', 'e'], []]);
    expect(encode({ sampling: { stop: [''] } }).body.stop).toBeUndefined();
  });

  test('tool-call ids that are too long are shortened, the call and its result alike', () => {
    const id = `toolu_${'x'.repeat(60)}`;
    const { messages } = said(
      [
        turn('assistant', { type: 'tool-use', id, name: 'f', arguments: '{}' }),
        turn('user', { type: 'tool-result', toolUseId: id, content: [] }),
      ],
      { toolIdFormat: 'max40' },
    );
    const [call, result] = messages as [{ tool_calls: [{ id: string }] }, { tool_call_id: string }];
    expect(call.tool_calls[0].id).toMatch(/^call_[A-Za-z0-9]{24}$/);
    expect(result.tool_call_id).toBe(call.tool_calls[0].id);
  });

  test('an effort the catalogue does not list for the model goes to the nearest', () => {
    const off = encode({ reasoning: { effort: 'none' } }, {}, { efforts: ['minimal', 'low'] });
    expect(off.body.reasoning_effort).toBe('minimal');
    expect(off.losses).toEqual([
      'reasoning.effort: "none" is not taken by this provider, "minimal" was sent',
    ]);
    expect(encode({ reasoning: { effort: 'none' } }).body.reasoning_effort).toBe('none');
  });

  test('what leaves something to chance is not sent to models that take no such thing', () => {
    const sampling = {
      temperature: 1,
      topP: 0.5,
      presencePenalty: 0,
      frequencyPenalty: 0.2,
      seed: 1,
    };
    const { body, losses } = encode({ sampling }, {}, { temperature: false });
    expect(Object.keys(body)).toEqual(['model', 'messages', 'seed']);
    expect(losses).toEqual(['top_p: not taken by m', 'frequency_penalty: not taken by m']);
  });

  test('are written in one order', () => {
    const { body } = encodeCall(
      {
        ...CALL,
        tools: [TOOL],
        toolChoice: { type: 'auto' },
        sampling: {
          maxTokens: 9,
          temperature: 0,
          topP: 0.5,
          stop: ['x'],
          seed: 1,
          presencePenalty: 0.1,
          frequencyPenalty: 0.2,
        },
        output: { type: 'json' },
        reasoning: { effort: 'low' },
        stream: true,
        user: 'u',
      },
      targetOf('m'),
    );
    expect(body).toBe(
      '{"model":"m","messages":[{"role":"user","content":"hi"}],"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{}}}}],"tool_choice":"auto","max_tokens":9,"temperature":0,"top_p":0.5,"presence_penalty":0.1,"frequency_penalty":0.2,"stop":["x"],"seed":1,"response_format":{"type":"json_object"},"user":"u","stream":true,"reasoning_effort":"low","stream_options":{"include_usage":true}}',
    );
  });

  test('limits, renames and refusals', () => {
    expect(
      encode({ sampling: { maxTokens: 9 } }, { maxTokensField: 'max_completion_tokens' }).body,
    ).toMatchObject({ max_completion_tokens: 9 });
    expect(
      encode({ sampling: { maxTokens: 9 } }, { maxTokensField: 'max_completion_tokens' }).body,
    ).not.toHaveProperty('max_tokens');
    expect(
      encode({ sampling: { seed: 4 } }, { renamedFields: { seed: 'random_seed' } }).body,
    ).toMatchObject({ random_seed: 4 });
    const refused = encode(
      { sampling: { seed: 4 }, user: 'u' },
      { refusedFields: ['seed', 'user', 'logit_bias'] },
    );
    expect(refused.body).toEqual({ model: 'm', messages: [{ role: 'user', content: 'hi' }] });
    expect(refused.losses).toEqual([expect.stringMatching(/^seed: /)]);
  });

  test('top_k goes where it is taken', () => {
    expect(encode({ sampling: { topK: 4 } })).toMatchObject({
      losses: [expect.stringMatching(/^top_k: /)],
    } as never);
    expect(encode({ sampling: { topK: 4 } }, { topK: true })).toMatchObject({
      body: { top_k: 4 },
      losses: [],
    });
  });

  test('a limit no model of the target has is lowered', () => {
    expect(encode({ sampling: { maxTokens: 64_000 } }, {}, { maxOutput: 16_384 })).toMatchObject({
      body: { max_tokens: 16_384 },
      losses: [expect.stringMatching(/^max_tokens: lowered/)],
    } as never);
    expect(encode({ sampling: { maxTokens: 10 } }, {}, { maxOutput: 16_384 })).toMatchObject({
      body: { max_tokens: 10 },
      losses: [],
    });
  });

  test('streams ask for usage, where that may be asked', () => {
    expect(encode({ stream: true }).body).toMatchObject({
      stream: true,
      stream_options: { include_usage: true },
    });
    expect(encode({ stream: true }, { streamUsage: false }).body).not.toHaveProperty(
      'stream_options',
    );
    expect(encode({}).body).not.toHaveProperty('stream');
  });

  test('defaults fill in, and only that', () => {
    expect(encode({}, { defaults: { reasoning_split: true, user: 'x' } }).body).toMatchObject({
      reasoning_split: true,
      user: 'x',
    });
    expect(encode({ user: 'u' }, { defaults: { user: 'x' } }).body.user).toBe('u');
  });

  test('own extras go along, others’ are named', () => {
    const { body, losses } = encode({
      extra: {
        'openai-chat': { verbosity: 'low', n: 2 },
        'anthropic-messages': { container: 'c', mcp_servers: [{ type: 'url' }] },
      },
    });
    expect(body).toMatchObject({ verbosity: 'low', n: 2 });
    expect(losses).toEqual([
      expect.stringMatching(/^container: /),
      expect.stringMatching(/^mcp_servers: /),
    ]);
  });

  test('a search and a voice, natively or named', () => {
    const extra = {
      'openai-chat': { web_search: { user_location: { country: 'FR' } }, audio: { voice: 'x' } },
    };
    expect(encode({ extra }, { webSearchOptions: true })).toMatchObject({
      body: { web_search_options: { user_location: { country: 'FR' } } },
      losses: [expect.stringMatching(/^audio: /)],
    } as never);
    const lost = encode({ extra });
    expect(lost.losses).toEqual([
      expect.stringMatching(/^web_search: /),
      expect.stringMatching(/^audio: /),
    ]);
    expect(lost.body).toEqual({ model: 'm', messages: [{ role: 'user', content: 'hi' }] });
    expect(
      encode({
        extra: { 'openai-chat': { audio: { voice: 'x' }, modalities: ['text', 'audio'] } },
      }),
    ).toMatchObject({ body: { audio: { voice: 'x' }, modalities: ['text', 'audio'] }, losses: [] });
  });
});

describe('response_format', () => {
  const output = { type: 'json-schema', name: 'n', schema: SCHEMA, strict: true } as const;
  test('natively', () => {
    expect(encode({ output })).toMatchObject({
      body: {
        response_format: {
          type: 'json_schema',
          json_schema: { name: 'n', schema: SCHEMA, strict: true },
        },
      },
      losses: [],
    });
  });

  test('as an object with the schema told to the model', () => {
    const system = turn('system', { type: 'text', text: 'Be brief.' });
    const { body, losses } = encode(
      { output, messages: [system, HI] },
      { responseFormats: ['json_object'] },
    );
    expect(body.response_format).toEqual({ type: 'json_object' });
    expect(body.messages).toEqual([
      {
        role: 'system',
        content: `Be brief.\n\nAnswer with one JSON object and nothing else, one that matches this JSON Schema: ${JSON.stringify(SCHEMA)}`,
      },
      { role: 'user', content: 'hi' },
    ]);
    expect(losses).toEqual([expect.stringMatching(/^response_format: /)]);
  });

  test('as an object with the schema beside it', () => {
    expect(
      encode({ output }, { responseFormats: ['json_object'], schemaInJsonObject: true }),
    ).toMatchObject({
      body: {
        messages: [{ role: 'user', content: 'hi' }],
        response_format: { type: 'json_object', schema: SCHEMA },
      },
      losses: [],
    });
  });

  test('in words alone', () => {
    const { body, losses } = encode({ output: { type: 'json' } }, { responseFormats: [] });
    expect(body).toEqual({
      model: 'm',
      messages: [
        { role: 'system', content: 'Answer with one JSON object and nothing else.' },
        { role: 'user', content: 'hi' },
      ],
    });
    expect(losses.length).toBe(1);
  });

  test('any object as a schema', () => {
    expect(
      encode({ output: { type: 'json' } }, { responseFormats: ['json_schema'] }),
    ).toMatchObject({
      body: {
        response_format: { type: 'json_schema', json_schema: { schema: { type: 'object' } } },
      },
      losses: [],
    });
  });
});

describe('how to think', () => {
  const asked = (
    reasoning: Reasoning,
    quirks: Quirks = {},
    target: Partial<Target> = {},
    sampling: ChatCall['sampling'] = {},
  ) => {
    const { body, losses } = encode({ reasoning, sampling }, quirks, target);
    const { model: _m, messages: _s, max_tokens: _x, ...rest } = body;
    return [rest, losses.length];
  };

  test.each([
    [{ effort: 'high' }, {}, { reasoning_effort: 'high' }, 0],
    [{ effort: 'xhigh' }, { efforts: ['low', 'medium', 'high'] }, { reasoning_effort: 'high' }, 1],
    [{ effort: 'medium' }, { efforts: ['low', 'high'] }, { reasoning_effort: 'low' }, 1],
    [{ effort: 'minimal' }, { efforts: ['none', 'high'] }, { reasoning_effort: 'high' }, 1],
    [{ effort: 'none' }, { efforts: ['low', 'high'] }, { reasoning_effort: 'low' }, 1],
    [{ effort: 'none' }, {}, { reasoning_effort: 'none' }, 0],
    [{ mode: 'disabled' }, {}, {}, 0],
    [{ mode: 'disabled' }, { efforts: ['none', 'low'] }, { reasoning_effort: 'none' }, 0],
    [{ mode: 'adaptive' }, {}, { reasoning_effort: 'medium' }, 0],
    [{ mode: 'enabled', budget: 31_999 }, {}, { reasoning_effort: 'high' }, 0],
    [{ budget: 4000 }, {}, { reasoning_effort: 'low' }, 0],
    [{ budget: 10_000 }, {}, { reasoning_effort: 'medium' }, 0],
    [{ budget: 0 }, {}, { reasoning_effort: 'none' }, 0],
    [
      { effort: 'low', exclude: true },
      { reasoningRequest: 'reasoning-object' },
      { reasoning: { effort: 'low', exclude: true } },
      0,
    ],
    [
      { budget: 2000 },
      { reasoningRequest: 'reasoning-object' },
      { reasoning: { max_tokens: 2000 } },
      0,
    ],
    [
      { mode: 'enabled' },
      { reasoningRequest: 'reasoning-object' },
      { reasoning: { enabled: true } },
      0,
    ],
    [
      { mode: 'disabled' },
      { reasoningRequest: 'reasoning-object' },
      { reasoning: { effort: 'none' } },
      0,
    ],
    [
      { effort: 'high' },
      { reasoningRequest: 'thinking-type' },
      { thinking: { type: 'enabled' } },
      1,
    ],
    [
      { effort: 'high' },
      { reasoningRequest: 'thinking-type', efforts: ['low', 'high'] },
      { thinking: { type: 'enabled' }, reasoning_effort: 'high' },
      0,
    ],
    [
      { mode: 'enabled' },
      { reasoningRequest: 'thinking-type', efforts: ['low', 'high'] },
      { thinking: { type: 'enabled' } },
      0,
    ],
    [
      { effort: 'none' },
      { reasoningRequest: 'thinking-type', efforts: ['low', 'high'] },
      { thinking: { type: 'disabled' } },
      0,
    ],
    [{ effort: 'high' }, { reasoningRequest: 'enable-thinking' }, { enable_thinking: true }, 1],
    [
      { mode: 'enabled', budget: 500 },
      { reasoningRequest: 'enable-thinking' },
      { enable_thinking: true, thinking_budget: 500 },
      0,
    ],
    [{ mode: 'disabled' }, { reasoningRequest: 'enable-thinking' }, { enable_thinking: false }, 0],
    [{ effort: 'high' }, { reasoningRequest: 'none' }, {}, 1],
    [{ mode: 'disabled' }, { reasoningRequest: 'none' }, {}, 0],
  ] as const)('%j with %j', (reasoning, quirks, expected, losses) => {
    expect(asked(reasoning, quirks)).toEqual([expected, losses]);
  });

  test('a budget counts by its share of the longest answer', () => {
    expect(asked({ budget: 900 }, {}, {}, { maxTokens: 1000 })).toEqual([
      { reasoning_effort: 'high' },
      0,
    ]);
    expect(asked({ budget: 900 }, {}, { maxOutput: 10_000 })).toEqual([
      { reasoning_effort: 'low' },
      0,
    ]);
  });

  test('a family of models may take other efforts than its maker’s rest', () => {
    const quirks: Quirks = {
      efforts: ['low', 'high'],
      modelRules: [{ match: 'm-2-5', efforts: ['none', 'low', 'high'] }],
    };
    const off = (model: string) => encode({ reasoning: { effort: 'none' } }, quirks, { model });
    expect(off('x/m-2.5-flash')).toMatchObject({ body: { reasoning_effort: 'none' }, losses: [] });
    expect(off('m-3').body.reasoning_effort).toBe('low');
    expect(off('m-3').losses).toEqual([expect.stringContaining('"none"')]);
  });

  test('a model that does not think is not asked to', () => {
    expect(asked({ effort: 'high' }, {}, { reasoning: false })).toEqual([{}, 1]);
    expect(asked({ mode: 'disabled' }, {}, { reasoning: false })).toEqual([{}, 0]);
  });
});

test('what was said after a tool call moves before it, and is named', () => {
  const parts = [
    { type: 'text', text: 'Before.' },
    { type: 'tool-use', id: 'c1', name: 'f', arguments: '{}' },
    { type: 'text', text: 'After.' },
  ] as const;
  const { losses } = said([turn('assistant', ...parts), HI]);
  expect(losses).toEqual([
    'messages[1].content[2]: what was said after a tool call stands before it',
  ]);
});
