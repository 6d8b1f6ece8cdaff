// What a call becomes on this wire, and what is named as lost.
import { describe, expect, test } from 'bun:test';
import type { ChatCall, Message, Part } from '../../core/call.ts';
import type { Target } from '../../core/dialect.ts';
import { asArray, asObject, type JsonObject, parseJson } from '../../lib/json.ts';
import { encodeCall } from './encode-call.ts';
import { TOOL_PLAN } from './tool-plan.ts';

const TARGET: Target = {
  provider: 'cohere',
  model: 'command-a',
  quirks: {},
  maxOutput: 100,
  context: null,
  reasoning: null,
};
const CALL: ChatCall = {
  model: 'cohere/command-a',
  messages: [{ role: 'user', parts: [{ type: 'text', text: 'Hi' }], path: 'messages[0]' }],
  tools: [],
  toolChoice: null,
  sampling: {},
  output: { type: 'text' },
  reasoning: null,
  stream: false,
  user: null,
  extra: {},
};
const CITY = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const tool = (name: string, more: object = {}) => ({ type: 'function' as const, name, ...more });

function encoded(
  call: Partial<ChatCall>,
  target: Partial<Target> = {},
): { body: JsonObject; losses: readonly string[]; disguise: unknown } {
  const { body, losses, disguise } = encodeCall({ ...CALL, ...call }, { ...TARGET, ...target });
  return { body: asObject(parseJson(body)) ?? {}, losses, disguise };
}

/** The messages of turns with these parts. */
function turns(...given: readonly (readonly [Message['role'], readonly Part[]])[]) {
  const messages = given.map(([role, parts], at) => ({ role, parts, path: `messages[${at}]` }));
  const { body, losses } = encoded({ messages });
  return { messages: asArray(body.messages), documents: body.documents, losses };
}

describe('turns', () => {
  test('roles and content', () => {
    expect(
      turns(
        ['developer', [{ type: 'text', text: 'Be brief.' }]],
        [
          'user',
          [
            { type: 'text', text: 'What is it?' },
            {
              type: 'image',
              source: { kind: 'base64', mediaType: 'image/png', data: 'AA==' },
              detail: 'low',
            },
            { type: 'image', source: { kind: 'url', url: 'https://x/y', mediaType: null } },
          ],
        ],
      ),
    ).toEqual({
      messages: [
        { role: 'system', content: 'Be brief.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is it?' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==', detail: 'low' } },
            { type: 'image_url', image_url: { url: 'https://x/y' } },
          ],
        },
      ],
      documents: undefined,
      losses: [],
    });
  });

  test('documents of text stand beside the turns; others are named', () => {
    expect(
      turns([
        'user',
        [
          { type: 'text', text: 'Sum up' },
          { type: 'document', source: { kind: 'text', text: 'Long.' }, title: 'T', context: 'C' },
          {
            type: 'document',
            source: { kind: 'base64', mediaType: 'text/plain', data: btoa('plain') },
            filename: 'a.txt',
          },
          {
            type: 'document',
            source: { kind: 'base64', mediaType: 'application/pdf', data: 'JVBE' },
          },
          { type: 'audio', data: 'AA==', format: 'wav' },
        ],
      ]),
    ).toEqual({
      messages: [{ role: 'user', content: 'Sum up' }],
      documents: [
        { data: { title: 'T', context: 'C', text: 'Long.' } },
        { data: { title: 'a.txt', text: 'plain' } },
      ],
      losses: [
        'messages[0].content[3]: a document of type application/pdf dropped; documents are text here',
        'messages[0].content[4]: audio dropped; the wire has no place for it',
      ],
    });
  });

  test('plans, thoughts and calls go back where they came from; results follow, media after them', () => {
    const { messages, losses } = turns(
      [
        'assistant',
        [
          { type: 'reasoning', text: 'Hmm.' },
          { type: 'reasoning', text: 'I will look.', format: TOOL_PLAN },
          { type: 'tool-use', id: 'a', name: 'look', arguments: '{"at": 1}' },
          { type: 'tool-use', id: 'b', name: 'look', arguments: '' },
        ],
      ],
      [
        'user',
        [
          {
            type: 'tool-result',
            toolUseId: 'a',
            content: [
              { type: 'text', text: 'one' },
              { type: 'document', source: { kind: 'text', text: 'two' } },
            ],
          },
          {
            type: 'tool-result',
            toolUseId: 'b',
            isError: true,
            content: [
              { type: 'image', source: { kind: 'url', url: 'https://x/y', mediaType: null } },
            ],
          },
          { type: 'text', text: 'Go on' },
        ],
      ],
    );
    expect(messages).toEqual([
      {
        role: 'assistant',
        content: [{ type: 'thinking', thinking: 'Hmm.' }],
        tool_plan: 'I will look.',
        tool_calls: [
          { id: 'a', type: 'function', function: { name: 'look', arguments: '{"at": 1}' } },
          { id: 'b', type: 'function', function: { name: 'look', arguments: '{}' } },
        ],
      },
      {
        role: 'tool',
        tool_call_id: 'a',
        content: [
          { type: 'text', text: 'one' },
          { type: 'document', document: { data: { text: 'two' } } },
        ],
      },
      {
        role: 'tool',
        tool_call_id: 'b',
        content: '(An image of this result is in the next message.)',
      },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'From the result of tool call b:' },
          { type: 'image_url', image_url: { url: 'https://x/y' } },
          { type: 'text', text: 'Go on' },
        ],
      },
    ]);
    expect(losses).toEqual([
      'messages[1].content[1].is_error: a tool message does not say that it failed, only its text does',
    ]);
  });

  test('a model without thoughts gets none; what came before its calls was a plan', () => {
    const parts: Part[] = [
      { type: 'reasoning', text: 'Hmm.' },
      { type: 'text', text: 'Well.' },
    ];
    const call = { type: 'tool-use', id: 'a', name: 'look', arguments: '{}' } as const;
    const of = (given: readonly Part[]) =>
      encoded(
        { messages: [{ role: 'assistant', parts: given, path: 'messages[0]' }] },
        { reasoning: false },
      );
    expect(of(parts).body.messages).toEqual([{ role: 'assistant', content: 'Well.' }]);
    expect(of(parts).losses[0]).toContain('messages[0].content[0]: reasoning dropped');
    expect(asObject(asArray(of([...parts, call]).body.messages)[0])?.tool_plan).toBe('Hmm.');
  });
});

describe('tools', () => {
  test.each([
    [{ type: 'auto' } as const, undefined],
    [{ type: 'none' } as const, 'NONE'],
    [{ type: 'required' } as const, 'REQUIRED'],
    [null, undefined],
  ])('choice %j', (toolChoice, wire) => {
    const { body, losses } = encoded({ tools: [tool('a'), tool('b')], toolChoice });
    expect(body.tool_choice).toBe(wire);
    expect(asArray(body.tools)).toHaveLength(2);
    expect(losses).toEqual([]);
  });

  test('a named one is offered alone', () => {
    const { body, losses } = encoded({
      tools: [tool('a'), tool('b', { description: 'B', parameters: CITY })],
      toolChoice: { type: 'tool', name: 'b' },
    });
    expect(body.tools).toEqual([
      { type: 'function', function: { name: 'b', description: 'B', parameters: CITY } },
    ]);
    expect(body.tool_choice).toBe('REQUIRED');
    expect(losses).toEqual([]);
  });

  test('strict ones, where all can be', () => {
    const strict = tool('a', { parameters: CITY, strict: true });
    expect(encoded({ tools: [strict] }).body.strict_tools).toBe(true);
    const mixed = encoded({ tools: [strict, tool('b', { parameters: CITY })] });
    expect(mixed.body.strict_tools).toBeUndefined();
    expect(mixed.losses).toEqual([expect.stringContaining('tools[0].strict')]);
    const bare = encoded({ tools: [tool('a', { strict: true })] });
    expect(bare.losses).toEqual([expect.stringContaining('tools[0].strict')]);
  });

  test('free-text ones are functions in disguise; hosted ones and one call at a time are lost', () => {
    const { body, losses, disguise } = encoded({
      tools: [
        { type: 'custom', name: 'shell' },
        {
          type: 'opaque',
          dialect: 'openai-responses',
          name: 'web_search',
          value: { type: 'web_search' },
        },
      ],
      sampling: { parallelToolCalls: false },
    });
    expect(JSON.stringify(body.tools)).toContain('"required":["input"]');
    expect(disguise).toEqual({ customTools: ['shell'] });
    expect(losses).toEqual([
      'tools[1]: web_search dropped; only openai-responses has it',
      'parallel_tool_calls: the wire cannot be held to one call at a time',
    ]);
  });
});

describe('what the wire refuses', () => {
  test('a tool name of other characters goes out as one it takes, and is turned back', () => {
    const { body, disguise, losses } = encoded({
      messages: [
        ...CALL.messages,
        {
          role: 'assistant',
          parts: [{ type: 'tool-use', id: 'a', name: 'files.read-all', arguments: '{}' }],
          path: 'messages[1]',
        },
        {
          role: 'user',
          parts: [{ type: 'tool-result', toolUseId: 'a', content: [{ type: 'text', text: 'x' }] }],
          path: 'messages[2]',
        },
      ],
      tools: [tool('files.read-all'), tool('3d'), tool('plain_1')],
      toolChoice: { type: 'tool', name: '3d' },
    });
    const names = Object.entries(asObject(asObject(disguise)?.toolNames) ?? {});
    expect(names.map(([, callers]) => callers).sort()).toEqual(['3d', 'files.read-all']);
    for (const [taken] of names) expect(taken).toMatch(/^[A-Za-z_][A-Za-z0-9_]*$/);
    const ours = (callers: string) => names.find(([, name]) => name === callers)?.[0];
    expect(asArray(body.tools)).toMatchObject([{ function: { name: ours('3d') } }]);
    expect(asArray(body.messages)[1]).toMatchObject({
      tool_calls: [{ function: { name: ours('files.read-all') } }],
    });
    expect(losses).toEqual([]);
  });

  test('both penalties at once', () => {
    const both = encoded({ sampling: { presencePenalty: 0.2, frequencyPenalty: 0.1 } });
    expect([both.body.presence_penalty, both.body.frequency_penalty]).toEqual([undefined, 0.1]);
    expect(both.losses).toEqual([expect.stringContaining('presence_penalty: dropped')]);
    expect(encoded({ sampling: { presencePenalty: 0.2 } }).losses).toEqual([]);
  });

  test('a conversation without a turn of the user’s', () => {
    const document = { type: 'document', source: { kind: 'text', text: 'Long.' } } as const;
    for (const given of [[], [{ type: 'text', text: '' } as const], [document]]) {
      const { messages, losses } = turns(
        ['system', [{ type: 'text', text: 'Be.' }]],
        ['user', given],
      );
      expect(messages).toEqual([
        { role: 'system', content: 'Be.' },
        { role: 'user', content: 'Begin.' },
      ]);
      expect(losses).toEqual([expect.stringContaining('messages: the API wants a turn')]);
    }
  });
});

test('each result’s images say whose they are', () => {
  const image = (url: string) =>
    ({ type: 'image', source: { kind: 'url', url, mediaType: null } }) as const;
  const { messages } = turns([
    'user',
    [
      {
        type: 'tool-result',
        toolUseId: 'a',
        content: [image('https://x/1'), image('https://x/2')],
      },
      { type: 'tool-result', toolUseId: 'b', content: [image('https://x/3')] },
    ],
  ]);
  expect(asObject(messages[2])?.content).toEqual([
    { type: 'text', text: 'From the result of tool call a:' },
    { type: 'image_url', image_url: { url: 'https://x/1' } },
    { type: 'image_url', image_url: { url: 'https://x/2' } },
    { type: 'text', text: 'From the result of tool call b:' },
    { type: 'image_url', image_url: { url: 'https://x/3' } },
  ]);
});

test('citations, refusals and grammars are named where they end', () => {
  const grammar = { type: 'grammar', syntax: 'regex', definition: '[0-9]+' };
  const { losses } = encoded({
    messages: [
      ...CALL.messages,
      {
        role: 'assistant',
        parts: [
          { type: 'text', text: 'a', citations: { dialect: 'openai-chat', value: [{}] } },
          { type: 'refusal', text: 'no' },
        ],
        path: 'messages[1]',
      },
      ...CALL.messages,
    ],
    tools: [{ type: 'custom', name: 'count', format: grammar }],
  });
  expect(losses.map((loss) => loss.split(':')[0])).toEqual([
    'messages[1].content[0].citations',
    'messages[1].content[1]',
    'tools[0].format',
  ]);
});

describe('controls', () => {
  test('values beyond the ends are moved to them, and said so', () => {
    const { body, losses } = encoded({
      sampling: {
        topP: 1,
        topK: 900,
        presencePenalty: -1,
        frequencyPenalty: 0,
        temperature: 1.5,
        stop: ['1', '2', '3', '4', '5', '6'],
        maxTokens: 5000,
      },
      user: 'u',
    });
    expect(body).toMatchObject({
      p: 0.99,
      k: 500,
      presence_penalty: 0,
      frequency_penalty: 0,
      temperature: 1,
      stop_sequences: ['1', '2', '3', '4', '5'],
      // "capped at that model-specific maximum limit" by the vendor.
      max_tokens: 5000,
    });
    expect(losses.map((loss) => loss.split(':')[0])).toEqual([
      'user',
      'stop',
      'temperature',
      'presence_penalty',
      'top_k',
      'top_p',
    ]);
  });

  test.each([
    [{ budget: 500 }, { type: 'enabled', token_budget: 500 }, 0],
    [{ effort: 'high' as const }, { type: 'enabled' }, 0],
    [{ effort: 'low' as const }, { type: 'enabled' }, 1],
    [{ effort: 'none' as const }, { type: 'disabled' }, 0],
    [{ mode: 'disabled' as const }, { type: 'disabled' }, 0],
    [{ exclude: true }, undefined, 0],
  ])('thinking %j', (reasoning, thinking, lost) => {
    const { body, losses } = encoded({ reasoning });
    expect(body.thinking).toEqual(thinking);
    expect(losses).toHaveLength(lost);
  });

  test('a model that does not think is not told to, and need not be told not to', () => {
    const on = encoded({ reasoning: { budget: 5 } }, { reasoning: false });
    expect([on.body.thinking, on.losses.length]).toEqual([undefined, 1]);
    const off = encoded({ reasoning: { mode: 'disabled' } }, { reasoning: false });
    expect([off.body.thinking, off.losses.length]).toEqual([undefined, 0]);
  });
});

describe('shape of the answer', () => {
  const output = { type: 'json-schema', name: 'city', schema: CITY, strict: true } as const;

  test('a schema, or any object', () => {
    expect(encoded({ output }).body.response_format).toEqual({
      type: 'json_object',
      json_schema: CITY,
    });
    expect(encoded({ output: { type: 'json' } }).body.response_format).toEqual({
      type: 'json_object',
    });
  });

  test('a schema the wire refuses is only told', () => {
    const loose = { type: 'object', properties: { a: { type: 'string' } } };
    const nested = { ...CITY, properties: { city: loose } };
    for (const schema of [loose, nested, { type: 'array', items: CITY }]) {
      const { body, losses } = encoded({ output: { ...output, schema } });
      const any = schema.type === 'object' ? { type: 'json_object' } : undefined;
      expect(body.response_format).toEqual(any as never);
      const told = String(asObject(asArray(body.messages)[0])?.content);
      expect(told).toContain(JSON.stringify(schema));
      expect(told).not.toContain('tool');
      expect(losses).toEqual([expect.stringContaining('response_format: a schema must be')]);
    }
  });

  test('what of a schema nobody enforces is named', () => {
    const schema = {
      ...CITY,
      properties: { city: { type: 'string', maxLength: 9 }, at: { not: {} } },
    };
    const { body, losses } = encoded({ output: { ...output, schema } });
    expect(body.response_format).toMatchObject({ json_schema: schema });
    expect(losses).toEqual(['response_format.schema: maxLength, not not enforced here']);
  });

  test('beside tools the model is only told', () => {
    const { body, losses } = encoded({ output, tools: [tool('a')] });
    expect(body.response_format).toBeUndefined();
    expect(asObject(asArray(body.messages)[0])?.role).toBe('system');
    expect(losses).toEqual([expect.stringContaining('response_format')]);
  });
});

test("the wire's own fields go along, others are lost", () => {
  const { body, losses } = encoded({
    extra: {
      'openai-chat': {
        safety_mode: 'OFF',
        documents: ['one'],
        citation_options: { mode: 'OFF' },
        logit_bias: { 5: 1 },
        store: false,
      },
    },
  });
  expect(body).toMatchObject({
    safety_mode: 'OFF',
    documents: ['one'],
    citation_options: { mode: 'OFF' },
  });
  expect(losses).toEqual(['logit_bias: a field of openai-chat that has no counterpart here']);
});

test('what was said after a tool call moves before it, and is named', () => {
  const { losses } = turns(
    ['user', [{ type: 'text', text: 'Hi' }]],
    [
      'assistant',
      [
        { type: 'tool-use', id: 'c1', name: 'f', arguments: '{}' },
        { type: 'text', text: 'After.' },
      ],
    ],
    ['user', [{ type: 'tool-result', toolUseId: 'c1', content: [{ type: 'text', text: 'x' }] }]],
  );
  expect(losses).toEqual([
    'messages[1].content[1]: what was said after a tool call stands before it',
  ]);
});
