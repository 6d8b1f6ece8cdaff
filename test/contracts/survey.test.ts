// The same conversation surveyed on every wire callers speak gives the same answer, and no body is too odd.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { CallerDialectId } from '../../src/core/dialect.ts';
import type { Survey, Turn } from '../../src/core/survey.ts';
import { DIALECTS } from '../../src/dialects/index.ts';
import type { Json, JsonObject } from '../../src/lib/json.ts';

type PerWire<T> = { readonly [D in CallerDialectId]: T };

const PIXEL = 'iVBORw0KGgo=';
const REMINDER = '<system-reminder>Be careful.</system-reminder>';

/** Instructions, a request with a reminder beside it, a call, its result with a picture, and a last question. */
const CONVERSATION: PerWire<JsonObject> = {
  'openai-chat': {
    messages: [
      { role: 'developer', content: 'Be brief.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: REMINDER },
          { type: 'text', text: '/review this' },
        ],
      },
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } }],
      },
      {
        role: 'tool',
        tool_call_id: 'c1',
        content: [
          { type: 'text', text: 'found' },
          { type: 'image_url', image_url: { url: `data:image/png;base64,${PIXEL}` } },
        ],
      },
      { role: 'user', content: 'why?' },
    ],
    tools: [{ type: 'function', function: { name: 'f' } }],
    max_tokens: 100,
  },
  'anthropic-messages': {
    system: 'Be brief.',
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: REMINDER },
          { type: 'text', text: '/review this' },
        ],
      },
      { role: 'assistant', content: [{ type: 'tool_use', id: 'c1', name: 'f', input: {} }] },
      {
        role: 'user',
        content: [
          {
            type: 'tool_result',
            tool_use_id: 'c1',
            content: [
              { type: 'text', text: 'found' },
              { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PIXEL } },
            ],
          },
          { type: 'text', text: 'why?' },
        ],
      },
    ],
    tools: [{ name: 'f', input_schema: { type: 'object' } }],
    max_tokens: 100,
  },
  'openai-responses': {
    instructions: 'Be brief.',
    input: [
      {
        role: 'user',
        content: [
          { type: 'input_text', text: REMINDER },
          { type: 'input_text', text: '/review this' },
        ],
      },
      { type: 'reasoning', id: 'r', summary: [{ type: 'summary_text', text: 'hm' }] },
      { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}' },
      {
        type: 'function_call_output',
        call_id: 'c1',
        output: [
          { type: 'input_text', text: 'found' },
          { type: 'input_image', image_url: `data:image/png;base64,${PIXEL}` },
        ],
      },
      { type: 'message', role: 'user', content: 'why?' },
    ],
    tools: [{ type: 'function', name: 'f' }],
    max_output_tokens: 100,
  },
};

const SURVEYED: Survey = {
  turns: [
    { role: 'system', text: 'Be brief.', typed: null },
    { role: 'user', text: `${REMINDER}\n/review this`, typed: '/review this' },
    { role: 'assistant', text: '', typed: null },
    { role: 'tool', text: 'found', typed: null },
    { role: 'user', text: 'why?', typed: 'why?' },
  ],
  tools: true,
  images: true,
  audio: false,
  documents: false,
  structured: false,
  reasoning: false,
  maxOutput: 100,
};

const NOTHING: Omit<Survey, 'turns'> = {
  tools: false,
  images: false,
  audio: false,
  documents: false,
  structured: false,
  reasoning: false,
  maxOutput: null,
};

const user = (...content: JsonObject[]): JsonObject => ({ role: 'user', content });
const text = (said: string): Turn => ({ role: 'user', text: said, typed: said });
const SCHEMA = { type: 'object' };

/** What each wire's words for one thing make of a survey that has nothing else. */
const FLAGS: PerWire<readonly (readonly [string, JsonObject, Partial<Survey>])[]> = {
  'openai-chat': [
    [
      'audio',
      { messages: [user({ type: 'input_audio', input_audio: { data: '' } })] },
      { audio: true },
    ],
    ['speech', { messages: [], modalities: ['text', 'audio'] }, { audio: true, turns: [] }],
    ['a file', { messages: [user({ type: 'file', file: {} })] }, { documents: true }],
    ['functions', { messages: [], functions: [{ name: 'f' }] }, { tools: true, turns: [] }],
    [
      'tools that may not be called',
      { messages: [], tools: [{}], tool_choice: 'none' },
      { turns: [] },
    ],
    [
      'a schema',
      {
        messages: [],
        response_format: { type: 'json_schema', json_schema: { name: 'x', schema: SCHEMA } },
      },
      { structured: true, turns: [] },
    ],
    [
      'JSON',
      { messages: [], response_format: { type: 'json_object' } },
      { structured: true, turns: [] },
    ],
    ['an effort', { messages: [], reasoning_effort: 'low' }, { reasoning: true, turns: [] }],
    ['no effort', { messages: [], reasoning_effort: 'none' }, { turns: [] }],
    [
      'our option over the wire’s word',
      { messages: [], reasoning_effort: 'high', extra_body: { reasoning: { effort: 'none' } } },
      { turns: [] },
    ],
    ['hidden reasoning is no wish', { messages: [], reasoning: { exclude: true } }, { turns: [] }],
    ['a makers’ switch', { messages: [], enable_thinking: true }, { reasoning: true, turns: [] }],
    [
      'the newer limit, where it is larger',
      { messages: [], max_tokens: 5, max_completion_tokens: 7 },
      { maxOutput: 7, turns: [] },
    ],
    [
      'the larger of two limits',
      { messages: [], max_tokens: 20, max_completion_tokens: 1 },
      { maxOutput: 20, turns: [] },
    ],
    [
      'two limits of which one is none',
      { messages: [], max_tokens: 20, max_completion_tokens: 0.5 },
      { maxOutput: null, turns: [] },
    ],
    [
      'inside extra_body',
      { messages: [], extra_body: { max_tokens: 5, tools: [{}] } },
      { maxOutput: 5, tools: true, turns: [] },
    ],
    [
      'roles',
      {
        messages: [
          { role: 'system', content: 'a' },
          { role: 'function', name: 'f', content: 'b' },
        ],
      },
      {
        turns: [
          { role: 'system', text: 'a', typed: null },
          { role: 'tool', text: 'b', typed: null },
        ],
      },
    ],
  ],
  'anthropic-messages': [
    ['a document', { messages: [user({ type: 'document' })] }, { documents: true }],
    [
      'an image in a result',
      { messages: [user({ type: 'tool_result', content: [{ type: 'image' }] })] },
      { images: true, turns: [{ role: 'tool', text: '', typed: null }] },
    ],
    [
      'tools that may not be called',
      { messages: [], tools: [{}], tool_choice: { type: 'none' } },
      { turns: [] },
    ],
    [
      'a schema',
      { messages: [], output_config: { format: { type: 'json_schema', schema: SCHEMA } } },
      { structured: true, turns: [] },
    ],
    [
      'a budget',
      { messages: [], thinking: { type: 'enabled', budget_tokens: 1024 } },
      { reasoning: true, turns: [] },
    ],
    [
      'adaptive thinking',
      { messages: [], thinking: { type: 'adaptive' } },
      { reasoning: true, turns: [] },
    ],
    ['thinking off', { messages: [], thinking: { type: 'disabled' } }, { turns: [] }],
    [
      'our option',
      { messages: [], extra_body: { reasoning: { max_tokens: 2000 } } },
      { reasoning: true, turns: [] },
    ],
    [
      'system blocks',
      {
        messages: [],
        system: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ],
      },
      { turns: [{ role: 'system', text: 'a\nb', typed: null }] },
    ],
    [
      'results only',
      {
        messages: [
          user({ type: 'tool_result', content: 'a' }, { type: 'tool_result', content: 'b' }),
        ],
      },
      {
        turns: [
          { role: 'tool', text: 'a', typed: null },
          { role: 'tool', text: 'b', typed: null },
        ],
      },
    ],
  ],
  'openai-responses': [
    ['one text', { input: 'Hi' }, { turns: [text('Hi')] }],
    ['a file', { input: [user({ type: 'input_file' })] }, { documents: true }],
    ['audio', { input: [user({ type: 'input_audio' })] }, { audio: true }],
    [
      'tools that may not be called',
      { input: [], tools: [{}], tool_choice: 'none' },
      { turns: [] },
    ],
    [
      'a schema',
      { input: [], text: { format: { type: 'json_schema', name: 'x', schema: SCHEMA } } },
      { structured: true, turns: [] },
    ],
    ['an effort', { input: [], reasoning: { effort: 'low' } }, { reasoning: true, turns: [] }],
    ['only a summary', { input: [], reasoning: { summary: 'auto' } }, { turns: [] }],
    [
      'one turn of the model’s',
      {
        input: [
          { role: 'assistant', content: [{ type: 'output_text', text: 'a' }] },
          { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
          { type: 'custom_tool_call_output', call_id: 'c', output: 'b' },
        ],
      },
      {
        turns: [
          { role: 'assistant', text: 'a', typed: null },
          { role: 'tool', text: 'b', typed: null },
        ],
      },
    ],
    [
      'a shell',
      {
        input: [
          { type: 'shell_call_output', call_id: 'c', output: [{ stdout: 'a', stderr: 'b' }] },
        ],
      },
      { turns: [{ role: 'tool', text: 'a\nb', typed: null }] },
    ],
    [
      'an object as a result',
      { input: [{ type: 'function_call_output', call_id: 'c', output: { a: 1 } }] },
      { turns: [{ role: 'tool', text: '{"a":1}', typed: null }] },
    ],
    [
      'a screenshot',
      {
        input: [
          {
            type: 'computer_call_output',
            call_id: 'c',
            output: { type: 'computer_screenshot', image_url: 'x' },
          },
        ],
      },
      { images: true, turns: [{ role: 'tool', text: '', typed: null }] },
    ],
    ['held elsewhere', { previous_response_id: 'resp_1' }, { turns: [] }],
  ],
};

/** Names and values that are near to what a wire has, in any place. */
const NAMES = [
  'messages',
  'input',
  'system',
  'instructions',
  'content',
  'role',
  'type',
  'text',
  'tools',
  'tool_choice',
  'extra_body',
  'reasoning',
  'thinking',
  'output',
  'response_format',
  'output_config',
  'max_tokens',
  'tool_calls',
  'call_id',
  'id',
  'effort',
];
const WORDS = [
  'user',
  'assistant',
  'tool',
  'message',
  'text',
  'input_text',
  'tool_result',
  'image',
  'function_call_output',
  'none',
  '/x',
];
const odd = fc.letrec<{ value: Json; object: JsonObject }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<Json[]>(null, true, 1, '', ...WORDS),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('object'),
  ),
  object: fc.dictionary(fc.constantFrom(...NAMES), tie('value'), { maxKeys: 4 }),
}));

for (const dialect of Object.values(DIALECTS))
  describe(`a survey of ${dialect.id}`, () => {
    test('says what the same conversation says on every wire', () => {
      const body = { model: 'm', ...CONVERSATION[dialect.id] };
      dialect.checkCall(body);
      const before = JSON.stringify(body);
      expect(dialect.survey(body)).toEqual(SURVEYED);
      expect(JSON.stringify(body)).toBe(before);
    });

    test.each(FLAGS[dialect.id])('%s', (_, body, expected) => {
      const { turns, ...flags } = dialect.survey(body);
      const { turns: expectedTurns, ...rest } = expected;
      expect(flags).toEqual({ ...NOTHING, ...rest });
      expect(turns).toEqual(expectedTurns ?? [{ role: 'user', text: '', typed: null }]);
    });

    test('throws for no body at all', () => {
      fc.assert(
        fc.property(odd.object, (body) => {
          const { turns } = dialect.survey(body);
          for (const turn of turns) expect(turn.role === 'user' || turn.typed === null).toBe(true);
        }),
        { numRuns: 1500 },
      );
    });
  });
