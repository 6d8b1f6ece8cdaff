// What goes out for each family of models, and what is named where it cannot.
import { describe, expect, test } from 'bun:test';
import type { ChatCall, Message, Part, Tool } from '../../core/call.ts';
import type { Target } from '../../core/dialect.ts';
import type { ModelRule } from '../../core/provider.ts';
import { asArray, asObject, type JsonObject, parseJson } from '../../lib/json.ts';
import { encodeCall } from './encode-call.ts';

/** Families as a provider's data declares them. */
const RULES: readonly ModelRule[] = [
  { match: 'claude', ownFields: 'anthropic' },
  { match: 'claude-3-haiku', ownFields: 'anthropic', cachePoints: [] },
  { match: 'claude-opus-4-1', ownFields: 'anthropic', cacheTtl: false, outputSchema: false },
  {
    match: 'amazon-nova',
    ownFields: 'nova',
    topKField: 'inferenceConfig.topK',
    cachePoints: ['system', 'messages'],
    cacheTtl: false,
    outputSchema: false,
    efforts: ['low', 'medium', 'high'],
  },
  {
    match: 'mistral',
    toolChoice: ['required'],
    topKField: 'top_k',
    cachePoints: [],
    mediaInResults: false,
  },
  {
    match: 'gpt-oss',
    toolChoice: [],
    efforts: ['low', 'medium', 'high'],
    effortField: 'reasoning_effort',
  },
  { match: 'titan', tools: 'none', systemPrompt: false, outputSchema: false, toolChoice: [] },
];
const CLAUDE = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';
const NOVA = 'us.amazon.nova-lite-v1:0';
const MISTRAL = 'mistral.mistral-large-3';

function target(model: string, changes: Partial<Target> = {}): Target {
  return {
    provider: 'p',
    model,
    quirks: { modelRules: RULES },
    maxOutput: null,
    context: null,
    reasoning: null,
    ...changes,
  };
}

function turn(role: Message['role'], ...parts: readonly (Part | string)[]): Omit<Message, 'path'> {
  return {
    role,
    parts: parts.map((part) => (typeof part === 'string' ? { type: 'text', text: part } : part)),
  };
}

function call(turns: readonly Omit<Message, 'path'>[], changes: Partial<ChatCall> = {}): ChatCall {
  return {
    model: 'm',
    messages: turns.map((message, index) => ({ ...message, path: `messages[${index}]` })),
    tools: [],
    toolChoice: null,
    sampling: {},
    output: { type: 'text' },
    reasoning: null,
    stream: false,
    user: null,
    extra: {},
    ...changes,
  };
}

function sent(
  model: string,
  asked: ChatCall,
): { readonly body: JsonObject; readonly losses: readonly string[]; readonly text: string } {
  const { body, losses } = encodeCall(asked, target(model));
  return { body: asObject(parseJson(body)) ?? {}, losses, text: body };
}

const HI = [turn('user', 'Hi')];
const TOOL: Tool = { type: 'function', name: 'look', parameters: { type: 'object' } };
const SPEC = { toolSpec: { name: 'look', inputSchema: { json: { type: 'object' } } } };
const CALLED = [
  turn('user', 'Hi'),
  turn('assistant', { type: 'tool-use', id: 'call_1', name: 'look', arguments: '{"a":1}' }),
  turn('user', {
    type: 'tool-result',
    toolUseId: 'call_1',
    content: [{ type: 'text', text: 'ok' }],
  }),
];

describe('turns', () => {
  test('the user begins, each side has one turn in a row, nothing is blank', () => {
    const { body, losses } = sent(
      CLAUDE,
      call([
        turn('system', 'One.', ' '),
        turn('developer', 'Two.'),
        turn('assistant', 'Hello'),
        turn('user', 'Hi', ''),
        turn('user', 'there'),
        turn('assistant', '  '),
      ]),
    );
    expect(body).toEqual({
      system: [{ text: 'One.' }, { text: 'Two.' }],
      messages: [
        { role: 'user', content: [{ text: 'Begin.' }] },
        { role: 'assistant', content: [{ text: 'Hello' }] },
        { role: 'user', content: [{ text: 'Hi' }, { text: 'there' }] },
      ],
    });
    expect(losses).toEqual([
      'messages: the API wants a conversation to begin with the user; "Begin." was put there',
    ]);
  });

  test('system text in the middle is told inside a user turn', () => {
    const { body, losses } = sent(CLAUDE, call([...HI, turn('system', 'Hush.')]));
    expect(body.messages).toEqual([
      {
        role: 'user',
        content: [{ text: 'Hi' }, { text: '<system-reminder>\nHush.\n</system-reminder>' }],
      },
    ]);
    expect(losses).toHaveLength(1);
  });

  test('a model without system prompts gets it there too', () => {
    const { body, losses } = sent(
      'amazon.titan-text-express-v1',
      call([turn('system', 'S'), ...HI]),
    );
    expect(body.system).toBeUndefined();
    expect(JSON.stringify(body.messages)).toContain('system-reminder');
    expect(losses[0]).toContain('takes no system prompt');
  });

  test('results stand first, each with its cache point behind it', () => {
    const [ask, use] = CALLED;
    const { body } = sent(
      CLAUDE,
      call(
        [
          ask ?? turn('user'),
          use ?? turn('assistant'),
          turn('user', 'Note.', {
            type: 'tool-result',
            toolUseId: 'call_1',
            content: [{ type: 'text', text: 'ok' }],
            isError: true,
            cache: { ttl: null },
          }),
        ],
        { tools: [TOOL] },
      ),
    );
    expect(asObject(asArray(body.messages)[2])?.content).toEqual([
      { toolResult: { toolUseId: 'call_1', content: [{ text: 'ok' }], status: 'error' } },
      { cachePoint: { type: 'default' } },
      { text: 'Note.' },
    ]);
  });

  test('the beginning of an answer, where the model takes one', () => {
    const begun = call([...HI, turn('assistant', 'It is ')]);
    expect(asArray(sent(CLAUDE, begun).body.messages).at(-1)).toEqual({
      role: 'assistant',
      content: [{ text: 'It is' }],
    });
    const newer = sent('anthropic.claude-opus-4-8', begun);
    expect(asArray(newer.body.messages).at(-1)).toEqual({
      role: 'user',
      content: [{ text: 'Continue.' }],
    });
    expect(newer.losses).toHaveLength(1);
  });

  test('the same call gives the same bytes', () => {
    const asked = call(CALLED, { tools: [TOOL], sampling: { topK: 3, stop: ['x'] } });
    expect(sent(CLAUDE, asked).text).toBe(sent(CLAUDE, structuredClone(asked)).text);
  });
});

describe('reasoning', () => {
  const thought: Part[] = [
    { type: 'reasoning', text: 'Hm', signature: 'c2ln', format: 'anthropic-claude-v1' },
    { type: 'redacted-reasoning', data: 'ZGF0YQ==', format: 'anthropic-claude-v1' },
  ];
  const foreign: Part = {
    type: 'reasoning',
    text: 'Hm',
    signature: 's',
    format: 'google-gemini-v1',
  };
  const turns = [...HI, turn('assistant', ...thought, foreign, 'Yes'), turn('user', 'And?')];

  test('goes back to its own maker, as it came, and to nobody else', () => {
    const { body, losses } = sent(CLAUDE, call(turns));
    expect(asObject(asArray(body.messages)[1])?.content).toEqual([
      { reasoningContent: { reasoningText: { text: 'Hm', signature: 'c2ln' } } },
      { reasoningContent: { redactedContent: btoa('ZGF0YQ==') } },
      { text: 'Yes' },
    ]);
    expect(losses).toHaveLength(1);
    const other = sent(NOVA, call(turns));
    expect(asObject(asArray(other.body.messages)[1])?.content).toEqual([{ text: 'Yes' }]);
    expect(other.losses).toHaveLength(3);
  });

  test('is asked for in each family’s own words', () => {
    const asked = (model: string, reasoning: ChatCall['reasoning'], sampling = {}) => {
      const { body, losses } = sent(model, call(HI, { reasoning, sampling }));
      return [body.additionalModelRequestFields, losses] as const;
    };
    expect(asked('openai.gpt-oss-120b-1:0', { effort: 'max' })).toEqual([
      { reasoning_effort: 'high' },
      ['reasoning.effort: the model has no max; sent as high'],
    ]);
    expect(asked(NOVA, { effort: 'medium' })).toEqual([
      { reasoningConfig: { type: 'enabled', maxReasoningEffort: 'medium' } },
      [],
    ]);
    expect(asked(NOVA, { mode: 'disabled' })).toEqual([
      { reasoningConfig: { type: 'disabled' } },
      [],
    ]);
    const { body, losses } = sent(
      NOVA,
      call(HI, { reasoning: { effort: 'high' }, sampling: { maxTokens: 9, temperature: 0.5 } }),
    );
    expect(body.inferenceConfig).toBeUndefined();
    expect(losses).toHaveLength(2);
    expect(
      asked('arn:aws:bedrock:us-east-1:1:application-inference-profile/x', { effort: 'low' }),
    ).toEqual([undefined, ['reasoning: the model cannot be told how much to think; dropped']]);
    expect(asked(CLAUDE, { budget: 2000 }, { maxTokens: 3000 })).toEqual([
      { thinking: { type: 'enabled', budget_tokens: 2000 } },
      [],
    ]);
    expect(asked('us.anthropic.claude-opus-4-8', { budget: 2000 }, { maxTokens: 3000 })[0]).toEqual(
      {
        thinking: { type: 'adaptive', display: 'summarized' },
        output_config: { effort: 'high' },
      },
    );
  });
});

describe('tools', () => {
  const choice = (
    model: string,
    toolChoice: ChatCall['toolChoice'],
    more: Partial<ChatCall> = {},
  ) => {
    const { body, losses } = sent(model, call(HI, { tools: [TOOL], toolChoice, ...more }));
    return [asObject(body.toolConfig), body.additionalModelRequestFields, losses] as const;
  };

  test('choices, where the model has them', () => {
    expect(choice(CLAUDE, { type: 'required' })).toEqual([
      { tools: [SPEC], toolChoice: { any: {} } },
      undefined,
      [],
    ]);
    expect(choice(NOVA, { type: 'tool', name: 'look' })[0]?.toolChoice).toEqual({
      tool: { name: 'look' },
    });
    const other: Tool = { type: 'function', name: 'other' };
    expect(choice(MISTRAL, { type: 'tool', name: 'look' }, { tools: [TOOL, other] })).toEqual([
      { tools: [SPEC], toolChoice: { any: {} } },
      undefined,
      [],
    ]);
    expect(choice('openai.gpt-oss-120b-1:0', { type: 'required' })).toEqual([
      { tools: [SPEC] },
      undefined,
      ['tool_choice: the model cannot be made to call a tool; sent as auto instead of required'],
    ]);
  });

  test('one call at a time is the maker’s own word', () => {
    const sampling = { parallelToolCalls: false };
    expect(choice(CLAUDE, null, { sampling })).toEqual([
      { tools: [SPEC] },
      { tool_choice: { type: 'auto', disable_parallel_tool_use: true } },
      [],
    ]);
    expect(choice(NOVA, null, { sampling })[2]).toEqual([
      'parallel_tool_calls: dropped; the model cannot be held to one call at a time',
    ]);
  });

  test('none: no tools, unless the conversation has called some', () => {
    const none = { type: 'none' } as const;
    expect(choice(CLAUDE, none)).toEqual([undefined, undefined, []]);
    const after = (model: string, tools: readonly Tool[]) =>
      sent(model, call(CALLED, { tools, toolChoice: none }));
    expect(after(CLAUDE, [TOOL]).body).toMatchObject({
      toolConfig: { tools: [SPEC] },
      additionalModelRequestFields: { tool_choice: { type: 'none' } },
    });
    expect(after(CLAUDE, [TOOL]).losses).toEqual([]);
    expect(after(NOVA, [TOOL]).body.system).toEqual([
      { text: 'Do not call any tool. Answer in words.' },
    ]);
    const undeclared = after(NOVA, []);
    expect(asArray(asObject(undeclared.body.toolConfig)?.tools)).toEqual([
      { toolSpec: { name: 'look', inputSchema: { json: { type: 'object', properties: {} } } } },
    ]);
    expect(undeclared.losses[0]).toContain('by name only');
  });

  test('names and ids within the wire’s pattern and length', () => {
    const id = 'x'.repeat(100);
    const { body } = sent(
      CLAUDE,
      call(
        [
          ...HI,
          turn('assistant', { type: 'tool-use', id, name: 'files.read', arguments: '' }),
          turn('user', { type: 'tool-result', toolUseId: id, content: [] }),
        ],
        { tools: [{ type: 'function', name: 'files.read' }] },
      ),
    );
    const [, use, result] = asArray(body.messages).map((message) =>
      asObject(asArray(asObject(message)?.content)[0]),
    );
    const used = asObject(use?.toolUse);
    expect(used?.name).toMatch(/^files_read_[0-9a-f]{8}$/);
    expect(String(used?.toolUseId)).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
    expect(asObject(result?.toolResult)?.toolUseId).toBe(used?.toolUseId ?? '');
  });

  test('results are text for models that take nothing else in them', () => {
    const image: Part = {
      type: 'image',
      source: { kind: 'base64', mediaType: 'image/png', data: 'AA==' },
    };
    const failed = {
      type: 'tool-result',
      toolUseId: 'a',
      content: [image],
      isError: true,
    } as const;
    const turns = [
      ...HI,
      turn(
        'assistant',
        { type: 'tool-use', id: 'a', name: 'look', arguments: '{}' },
        { type: 'tool-use', id: 'b', name: 'look', arguments: '{}' },
      ),
      turn('user', failed, {
        type: 'tool-result',
        toolUseId: 'b',
        content: [{ type: 'text', text: 'ok' }],
        isError: false,
      }),
    ];
    const tools: Tool[] = [{ type: 'function', name: 'look' }];
    const picture = { image: { format: 'png', source: { bytes: 'AA==' } } };
    const plain = sent(MISTRAL, call(turns, { tools }));
    expect(asObject(asArray(plain.body.messages)[2])?.content).toEqual([
      { toolResult: { toolUseId: 'a', content: [{ text: 'The rest of this result follows.' }] } },
      { toolResult: { toolUseId: 'b', content: [{ text: 'ok' }] } },
      { text: 'From the result of tool call a:' },
      picture,
    ]);
    expect(plain.losses).toEqual([expect.stringContaining('messages[2].content[0].is_error: ')]);
    const nova = sent(NOVA, call(turns, { tools }));
    expect(asObject(asArray(nova.body.messages)[2])?.content).toEqual([
      { toolResult: { toolUseId: 'a', content: [picture], status: 'error' } },
      { toolResult: { toolUseId: 'b', content: [{ text: 'ok' }], status: 'success' } },
    ]);
    expect(nova.losses).toEqual([]);
  });

  test('a tool name the wire refuses goes out as one it takes, and is turned back', () => {
    const name = 'n'.repeat(65);
    const { body, disguise } = encodeCall(
      call(HI, { tools: [{ type: 'function', name }], toolChoice: { type: 'tool', name } }),
      target(CLAUDE),
    );
    const [taken = ''] = Object.keys(disguise?.toolNames ?? {});
    expect(disguise).toEqual({ toolNames: { [taken]: name } });
    expect(taken).toMatch(/^n{55}_[0-9a-f]{8}$/);
    expect(body.split(JSON.stringify(taken)).length - 1).toBe(2);
    expect(body).not.toContain(name);
  });

  test('strict where calls can be held to a schema, in the subset that takes', () => {
    const parameters = { type: 'object', properties: { n: { type: 'integer', minimum: 1 } } };
    const strict: Tool = { type: 'function', name: 'look', parameters, strict: true };
    const held = sent(CLAUDE, call(HI, { tools: [strict] }));
    expect(held.text).toContain('"strict":true');
    expect(held.losses).toEqual([
      'tools[0].parameters.properties.n.minimum: not enforced; told in the description',
    ]);
    const loose = sent(NOVA, call(HI, { tools: [strict] }));
    expect(loose.text).not.toContain('strict');
    expect(loose.losses).toHaveLength(1);
  });

  test('none at all, or not in streams', () => {
    const refused = () => sent('amazon.titan-text-express-v1', call(HI, { tools: [TOOL] }));
    expect(refused).toThrow('takes no tools');
  });
});

describe('the shape of an answer', () => {
  const schema = {
    type: 'object',
    properties: { a: { type: 'string' } },
    additionalProperties: false,
  };
  const output = { type: 'json-schema', name: 'it', schema } as const;

  test('held to, asked for by a call, or asked for in words', () => {
    const held = sent(CLAUDE, call(HI, { output }));
    expect(held.body.outputConfig).toEqual({
      textFormat: {
        type: 'json_schema',
        structure: { jsonSchema: { name: 'it', schema: JSON.stringify(schema) } },
      },
    });
    const forced = encodeCall(call(HI, { output }), target(NOVA));
    expect(forced.disguise).toEqual({ answerTool: 'it' });
    expect(forced.losses).toEqual([]);
    const thinking = encodeCall(
      call(HI, { output, reasoning: { effort: 'high' } }),
      target('anthropic.claude-opus-4-1-20250805-v1:0'),
    );
    expect(thinking.disguise).toBeUndefined();
    expect(thinking.losses).toEqual([
      'response_format: the model cannot be held to a schema; asked for in the system prompt',
    ]);
    const json = sent(CLAUDE, call(HI, { output: { type: 'json' } }));
    expect(json.losses).toHaveLength(1);
    expect(asArray(json.body.system)).toHaveLength(1);
  });
});

describe('prompt caching', () => {
  const cache = { ttl: '1h' } as const;
  const marked = [turn('user', { type: 'text', text: 'Hi', cache })];

  test('points where the model has them, at most four, the last ones', () => {
    const asked = call(marked, { tools: [{ ...TOOL, cache: { ttl: null } }] });
    expect(sent(CLAUDE, asked).body).toMatchObject({
      toolConfig: { tools: [SPEC, { cachePoint: { type: 'default' } }] },
      messages: [{ content: [{ text: 'Hi' }, { cachePoint: { type: 'default', ttl: '1h' } }] }],
    });
    const nova = sent(NOVA, asked);
    expect(nova.body).toMatchObject({
      toolConfig: { tools: [SPEC] },
      messages: [{ content: [{ text: 'Hi' }, { cachePoint: { type: 'default' } }] }],
    });
    expect(nova.losses).toHaveLength(2);
    expect(sent('anthropic.claude-3-haiku-20240307-v1:0', asked).text).not.toContain('cachePoint');
    const parts = Array.from(
      { length: 6 },
      (_, n): Part => ({
        type: 'text',
        text: `t${n}`,
        cache: { ttl: null },
      }),
    );
    const many = sent(CLAUDE, call([turn('user', ...parts)]));
    expect(many.text.split('cachePoint')).toHaveLength(5);
    expect(many.losses).toEqual(['cache_control: 2 of 6 marks dropped; the API takes 4']);
    expect(asArray(asObject(asArray(many.body.messages)[0])?.content).slice(0, 4)).toEqual([
      { text: 't0' },
      { text: 't1' },
      { text: 't2' },
      { cachePoint: { type: 'default' } },
    ]);
  });
});

test('a mark on the whole request stands at its end', () => {
  const extra = { 'anthropic-messages': { cache_control: { type: 'ephemeral', ttl: '1h' } } };
  expect(
    asArray(asObject(asArray(sent(CLAUDE, call(HI, { extra })).body.messages)[0])?.content),
  ).toEqual([{ text: 'Hi' }, { cachePoint: { type: 'default', ttl: '1h' } }]);
  expect(sent(MISTRAL, call(HI, { extra })).losses).toEqual([
    'messages.cache_control: dropped; the model caches nothing in its messages',
  ]);
});

test('a conversation that called tools of another wire keeps its calls', () => {
  const hosted: Tool = {
    type: 'opaque',
    dialect: 'anthropic-messages',
    name: 'memory',
    value: { type: 'memory_20250818', name: 'memory' },
  };
  const { body, losses } = sent(CLAUDE, call(CALLED, { tools: [hosted] }));
  expect(asArray(asObject(body.toolConfig)?.tools)).toHaveLength(1);
  expect(losses).toHaveLength(2);
  expect(sent(CLAUDE, call(HI, { tools: [hosted] })).losses).toEqual([
    'tools[0]: memory dropped; only anthropic-messages has it',
  ]);
});

test('sampling: what the wire has, what the model has, and the rest by name', () => {
  const sampling = {
    maxTokens: 10,
    temperature: 1.5,
    topP: 0.5,
    topK: 7,
    stop: ['END', ' '],
    seed: 1,
    presencePenalty: 0.5,
    frequencyPenalty: 0,
  };
  const nova = sent(NOVA, call(HI, { sampling }));
  expect(nova.body).toMatchObject({
    inferenceConfig: { maxTokens: 10, temperature: 1, topP: 0.5, stopSequences: ['END'] },
    additionalModelRequestFields: { inferenceConfig: { topK: 7 } },
  });
  expect(nova.losses.map((loss) => loss.split(':')[0])).toEqual([
    'temperature',
    'stop',
    'seed',
    'presence_penalty',
  ]);
  const claude = sent(CLAUDE, call(HI, { sampling: { topK: 7, stop: ['END'] }, stream: true }));
  expect(claude.body).toMatchObject({
    additionalModelRequestFields: { top_k: 7 },
    additionalModelResponseFieldPaths: ['/delta/stop_sequence'],
  });
  expect(sent('unknown', call(HI, { sampling: { topK: 7 } })).losses).toHaveLength(1);
});

test('fields of this wire go out as they were written, the other wires’ are named', () => {
  const guardrailConfig = { guardrailIdentifier: 'g', guardrailVersion: '1' };
  const { body, losses } = sent(
    NOVA,
    call(HI, {
      extra: {
        'openai-chat': {
          guardrailConfig,
          requestMetadata: { team: 'a' },
          performanceConfig: { latency: 'optimized' },
          additionalModelRequestFields: { x: 1 },
          service_tier: 'flex',
          logprobs: true,
        },
      },
    }),
  );
  expect(body).toMatchObject({
    guardrailConfig,
    requestMetadata: { team: 'a' },
    performanceConfig: { latency: 'optimized' },
    additionalModelRequestFields: { x: 1 },
    serviceTier: { type: 'flex' },
  });
  expect(losses).toEqual(['logprobs: dropped; only openai-chat has it']);
});

describe('media', () => {
  const document = (more: object): Part => ({
    type: 'document',
    source: { kind: 'base64', mediaType: 'application/pdf', data: 'QQ==' },
    ...more,
  });

  test('documents get names the API takes, each another, and a text beside them', () => {
    const { body, losses } = sent(
      NOVA,
      call([
        turn(
          'user',
          document({ filename: 'Q3: report.final.pdf' }),
          document({ filename: 'Q3: report.final.pdf', citations: true }),
          document({}),
          { type: 'document', source: { kind: 'text', text: 'é' }, title: 'Notes' },
        ),
      ]),
    );
    const content = asArray(asObject(asArray(body.messages)[0])?.content).map(asObject);
    expect(content.map((block) => asObject(block?.document)?.name)).toEqual([
      'Q3- report-final',
      'Q3- report-final (2)',
      'document',
      'Notes',
      undefined,
    ]);
    expect(asObject(content[3]?.document)).toMatchObject({
      format: 'txt',
      source: { bytes: Buffer.from('é').toString('base64') },
    });
    expect(content.at(-1)).toEqual({ text: 'A document is attached.' });
    expect(losses).toHaveLength(4);
  });

  test('S3 is the one address that is read', () => {
    const image = (url: string): Part => ({
      type: 'image',
      source: { kind: 'url', url, mediaType: null },
    });
    const { body, losses } = sent(
      NOVA,
      call([turn('user', 'Hi', image('s3://bucket/a.jpg'), image('https://example.test/a.png'))]),
    );
    expect(asArray(asObject(asArray(body.messages)[0])?.content).slice(1)).toEqual([
      { image: { format: 'jpeg', source: { s3Location: { uri: 's3://bucket/a.jpg' } } } },
    ]);
    expect(losses).toHaveLength(1);
  });
});
