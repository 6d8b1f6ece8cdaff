// What another model is asked when an answer broke off, rule by rule, and what of it stands on each wire.
import { describe, expect, test } from 'bun:test';
import type { ChatCall, Message } from '../core/call.ts';
import { Delivered } from '../core/delivered.ts';
import type { DialectId, Target } from '../core/dialect.ts';
import type { BlockDelta, BlockStart } from '../core/event.ts';
import { UPSTREAM_DIALECTS } from '../dialects/index.ts';
import { asObject, asObjects, asString, type JsonObject, parseJson } from '../lib/json.ts';
import { PROVIDERS } from '../providers/index.ts';
import { type Continued, continueCall } from './continue-call.ts';

const QUESTION: Message = {
  role: 'user',
  parts: [{ type: 'text', text: 'Tell me about foxes.' }],
  path: 'messages[0]',
};
const SYSTEM: Message = {
  role: 'system',
  parts: [{ type: 'text', text: 'Be brief.' }],
  path: 'system',
};
const CALL: ChatCall = {
  model: 'm',
  messages: [SYSTEM, QUESTION],
  tools: [],
  toolChoice: null,
  sampling: {},
  output: { type: 'text' },
  reasoning: null,
  stream: true,
  user: null,
  extra: {},
};

const TARGET: Target = {
  provider: 'p',
  model: 'm',
  quirks: {},
  maxOutput: null,
  context: null,
  reasoning: null,
};

/** A provider's model as the registry has it. */
function targetOf(id: string, model: string, more: Partial<Target> = {}): Target {
  const provider = PROVIDERS.find((one) => one.id === id);
  if (!provider) throw new Error(`no provider ${id}`);
  return { ...TARGET, provider: id, model, quirks: provider.quirks, ...more };
}

type Block = readonly [BlockStart, ...BlockDelta[]];

function deliver(...blocks: readonly Block[]): Delivered {
  const delivered = new Delivered();
  delivered.observe({ type: 'start', id: null, model: null, created: null });
  blocks.forEach(([block, ...deltas], index) => {
    delivered.observe({ type: 'block-start', index, block });
    for (const delta of deltas) delivered.observe({ type: 'block-delta', index, delta });
    if (index < blocks.length - 1) delivered.observe({ type: 'block-end', index });
  });
  return delivered;
}

function text(...pieces: readonly string[]): Block {
  return [{ kind: 'text' }, ...pieces.map((piece) => ({ kind: 'text', text: piece }) as const)];
}

const THOUGHT: Block = [{ kind: 'reasoning' }, { kind: 'reasoning', text: 'Foxes…' }];
const SAID = 'The quick brown fox jumps over the lazy dog, and then it ';

function goOn(
  call: Partial<ChatCall>,
  delivered: Delivered = deliver(text(SAID)),
  target: Target = TARGET,
  dialect: DialectId = 'openai-chat',
): Continued | null {
  return continueCall({ ...CALL, ...call }, delivered, target, UPSTREAM_DIALECTS[dialect]);
}

function must(continued: Continued | null): Continued {
  if (continued === null) throw new Error('nothing to go on with');
  return continued;
}

const CLAUDE = targetOf('anthropic', 'claude-sonnet-4-5-20250929', { reasoning: true });

function natively(call: Partial<ChatCall>, delivered?: Delivered): Continued {
  return must(goOn(call, delivered, CLAUDE, 'anthropic-messages'));
}

function requestOf({ call }: Continued): string {
  const [part] = call.messages.at(-1)?.parts ?? [];
  return part?.type === 'text' ? part.text : '';
}

describe('where nothing was said yet', () => {
  const cases: readonly [string, Delivered][] = [
    ['nothing', deliver()],
    ['thought', deliver(THOUGHT)],
    ['thought nobody can read', deliver([{ kind: 'redacted-reasoning', data: 'x' }])],
    ['an empty block', deliver(THOUGHT, text())],
    ['blanks', deliver(text('\n\n'))],
  ];
  for (const [name, delivered] of cases)
    test(`${name}: the call as it was`, () => {
      const call: ChatCall = {
        ...CALL,
        toolChoice: { type: 'required' },
        reasoning: { effort: 'high' },
      };
      const continued = continueCall(
        call,
        delivered,
        CLAUDE,
        UPSTREAM_DIALECTS['anthropic-messages'],
      );
      expect(continued).toEqual({ call, style: 'fresh', sent: '' });
      expect(continued?.call).toBe(call);
    });
});

describe('where nobody could go on', () => {
  const cited: BlockDelta = { kind: 'citation', dialect: 'openai-chat', value: {} };
  const cases: readonly [string, Delivered][] = [
    ['a refusal', deliver([{ kind: 'refusal' }, { kind: 'refusal', text: 'I will not' }])],
    ['a tool call', deliver(text(SAID), [{ kind: 'tool-use', id: 'a', name: 'f' }])],
    ['a hosted tool', deliver([{ kind: 'opaque', dialect: 'gemini', value: {} }], text(SAID))],
    ['a citation', deliver([{ kind: 'text' }, { kind: 'text', text: SAID }, cited])],
  ];
  for (const [name, delivered] of cases)
    test(name, () => {
      expect(goOn({}, delivered)).toBeNull();
      expect(goOn({}, delivered, CLAUDE, 'anthropic-messages')).toBeNull();
    });
});

describe('in words', () => {
  test('the conversation, the answer to the letter, and what to begin with', () => {
    const continued = must(
      goOn({}, deliver(THOUGHT, text('The quick ', 'brown fox'), text(' jumps\n'))),
    );
    const { call, style, sent } = continued;
    expect(style).toBe('prompt');
    expect(sent).toBe('The quick brown fox jumps\n');
    expect(call.messages.slice(0, 2)).toEqual([SYSTEM, QUESTION]);
    expect(call.messages[2]).toEqual({
      role: 'assistant',
      parts: [{ type: 'text', text: sent }],
      path: 'continuation',
    });
    expect(call.messages).toHaveLength(4);
    expect(call.messages[3]?.role).toBe('user');
    expect(requestOf(continued)).toContain('<last-words>The quick brown fox jumps\n</last-words>');
    expect(requestOf(continued)).not.toContain('JSON');
    expect(requestOf(continued)).not.toContain('tool');
  });

  test('the last words are some, from where one begins', () => {
    const quoted = /<last-words>([\s\S]*)<\/last-words>/;
    const quoteOf = (said: string) =>
      quoted.exec(requestOf(must(goOn({}, deliver(text(said))))))?.[1] ?? '';
    const long = `${'one two three four five six seven '.repeat(9)}eig`;
    expect(quoteOf(long)).toBe('four five six seven one two three four five six seven eig');
    expect(long.endsWith(` ${quoteOf(long)}`)).toBe(true);
    expect(quoteOf('今天天气很好'.repeat(20))).toHaveLength(60);
    expect(quoteOf('😀'.repeat(50))).toBe('😀'.repeat(30));
    expect(quoteOf(`x${'😀'.repeat(50)}${'😀'.slice(0, 1)}`)).toBe('😀'.repeat(30));
    expect(quoteOf('{"a":1,"bc":[{"def":"ghi"}],"jkl":{"mno":"pqr","stu":"vwx","y')).toStartWith(
      '"',
    );
    expect(quoteOf(`One.${' '.repeat(500)}`)).toBe('One.');
  });

  test('the same call gives the same request', () => {
    expect(goOn({})).toEqual(goOn({}));
  });

  test('after the results of tools', () => {
    const use: Message = {
      role: 'assistant',
      parts: [{ type: 'tool-use', id: 'a', name: 'f', arguments: '{}' }],
      path: 'messages[1]',
    };
    const result: Message = {
      role: 'user',
      parts: [{ type: 'tool-result', toolUseId: 'a', content: [{ type: 'text', text: '5' }] }],
      path: 'messages[2]',
    };
    const messages = [QUESTION, use, result];
    const { call } = must(goOn({ messages }));
    expect(call.messages.slice(0, 3)).toEqual(messages);
    expect(call.messages.map(({ role }) => role)).toEqual([
      'user',
      'assistant',
      'user',
      'assistant',
      'user',
    ]);
  });

  test('where there are nothing but instructions, the user speaks first', () => {
    const { call } = must(goOn({ messages: [SYSTEM] }));
    expect(call.messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user']);
  });

  test('half a character at the cut is not sent', () => {
    const { sent } = must(goOn({}, deliver(text(`Hi there ${'😀'.slice(0, 1)}`))));
    expect(sent).toBe('Hi there ');
  });
});

describe('natively', () => {
  test('the answer is the last turn, without blanks at its end', () => {
    const { call, style, sent } = natively({});
    expect(style).toBe('prefill');
    expect(sent).toBe(SAID.trimEnd());
    expect(call.messages).toEqual([
      SYSTEM,
      QUESTION,
      { role: 'assistant', parts: [{ type: 'text', text: sent }], path: 'continuation' },
    ]);
  });

  test('the caller’s own beginning stands before it, without its thoughts', () => {
    const begun: Message = {
      role: 'assistant',
      parts: [
        { type: 'reasoning', text: 'Hm.', signature: 's', format: 'anthropic-claude-v1' },
        { type: 'text', text: 'Once upon' },
      ],
      path: 'messages[1]',
    };
    const messages = [QUESTION, begun];
    const { call, sent } = natively({ messages }, deliver(text(' a time ')));
    expect(sent).toBe('Once upon a time');
    expect(call.messages).toEqual([
      QUESTION,
      { ...begun, parts: [{ type: 'text', text: 'Once upon a time' }] },
    ]);
    const asked = must(goOn({ messages }, deliver(text(' a time '))));
    expect(asked.sent).toBe('Once upon a time ');
    expect(asked.call.messages[1]?.parts).toHaveLength(2);
  });

  const output = { type: 'json-schema', name: 'a', schema: { type: 'object' } } as const;
  test('not in a format, nor where a tool has to be called: that takes words', () => {
    expect(natively({ output }).style).toBe('prompt');
    expect(natively({ output: { type: 'json' } }).style).toBe('prompt');
    expect(natively({ toolChoice: { type: 'required' } }).style).toBe('prompt');
    expect(natively({ toolChoice: { type: 'tool', name: 'f' } }).style).toBe('prompt');
    expect(natively({ toolChoice: { type: 'auto' } }).style).toBe('prefill');
    expect(natively({ toolChoice: { type: 'none' } }).style).toBe('prefill');
  });

  const thinks = { reasoning: true } as const;
  const unthinking = { reasoning: false } as const;
  const cases: readonly [Target, DialectId, 'prefill' | 'prompt'][] = [
    [CLAUDE, 'anthropic-messages', 'prefill'],
    [
      targetOf('anthropic', 'claude-3-5-haiku-20241022', unthinking),
      'anthropic-messages',
      'prefill',
    ],
    [targetOf('anthropic', 'claude-opus-4-5', thinks), 'anthropic-messages', 'prefill'],
    [targetOf('anthropic', 'claude-sonnet-4-6', thinks), 'anthropic-messages', 'prompt'],
    [targetOf('anthropic', 'claude-opus-5', thinks), 'anthropic-messages', 'prompt'],
    [targetOf('anthropic', 'claude-of-tomorrow-9'), 'anthropic-messages', 'prompt'],
    [targetOf('anthropic', 'somebody-elses'), 'anthropic-messages', 'prompt'],
    [targetOf('vertex-anthropic', 'claude-sonnet-4-5@20250929'), 'anthropic-messages', 'prefill'],
    [
      targetOf('bedrock', 'us.anthropic.claude-haiku-4-5-20251001-v1:0'),
      'bedrock-converse',
      'prefill',
    ],
    [targetOf('bedrock', 'anthropic.claude-opus-4-6-v1'), 'bedrock-converse', 'prompt'],
    [targetOf('bedrock', 'us.amazon.nova-lite-v1:0'), 'bedrock-converse', 'prefill'],
    [targetOf('bedrock', 'us.amazon.nova-2-lite-v1:0'), 'bedrock-converse', 'prompt'],
    [targetOf('bedrock', 'meta.llama3-3-70b-instruct-v1:0'), 'bedrock-converse', 'prompt'],
    [
      targetOf('bedrock', 'arn:aws:bedrock:us-east-1:1:application-inference-profile/x'),
      'bedrock-converse',
      'prompt',
    ],
    [targetOf('mistral', 'mistral-large-latest'), 'openai-chat', 'prefill'],
    [targetOf('mistral', 'magistral-medium', thinks), 'openai-chat', 'prefill'],
    [targetOf('vllm', 'Qwen/Qwen2.5-7B-Instruct'), 'openai-chat', 'prefill'],
    [targetOf('vllm', 'deepseek-ai/DeepSeek-R1', thinks), 'openai-chat', 'prompt'],
    [targetOf('groq', 'llama-3.3-70b-versatile', unthinking), 'openai-chat', 'prefill'],
    [targetOf('groq', 'qwen/qwen3-32b', thinks), 'openai-chat', 'prefill'],
    [targetOf('groq', 'openai/gpt-oss-120b'), 'openai-chat', 'prompt'],
    [targetOf('groq', 'groq/compound'), 'openai-chat', 'prompt'],
    [targetOf('moonshot', 'kimi-k2.6', thinks), 'openai-chat', 'prefill'],
    [targetOf('moonshot', 'kimi-k2-thinking', thinks), 'openai-chat', 'prompt'],
    [targetOf('qwen', 'qwen-plus', thinks), 'openai-chat', 'prefill'],
    [targetOf('qwen', 'deepseek-v3.2', thinks), 'openai-chat', 'prompt'],
    [targetOf('deepseek', 'deepseek-chat'), 'openai-chat', 'prompt'],
    [targetOf('openai', 'gpt-4o', unthinking), 'openai-chat', 'prompt'],
    [targetOf('openrouter', 'anthropic/claude-sonnet-4.5'), 'openai-chat', 'prompt'],
    [targetOf('openai', 'gpt-5', thinks), 'openai-responses', 'prompt'],
    [targetOf('google', 'gemini-2.5-flash', thinks), 'gemini', 'prompt'],
    [targetOf('cohere', 'command-a-03-2025'), 'cohere', 'prompt'],
  ];
  for (const [target, dialect, style] of cases)
    test(`${target.provider}/${target.model} on ${dialect}: ${style}`, () => {
      expect(must(goOn({}, undefined, target, dialect)).style).toBe(style);
    });
});

describe('the rest of the call', () => {
  const asking = (call: Partial<ChatCall>, target: Partial<Target> = {}) =>
    must(goOn(call, deliver(text(SAID)), { ...TARGET, ...target }));

  test('thinking is turned off where there may be any', () => {
    const of = (call: Partial<ChatCall>, target: Partial<Target>) =>
      asking(call, target).call.reasoning;
    const high = { reasoning: { effort: 'high', exclude: true } } as const;
    expect(of({}, { reasoning: null })).toBeNull();
    expect(of({}, { reasoning: false })).toBeNull();
    expect(of({}, { reasoning: true })).toEqual({ mode: 'disabled' });
    expect(of(high, { reasoning: null })).toEqual({ mode: 'disabled', exclude: true });
    expect(of(high, { reasoning: false })).toBeNull();
    expect(natively(high).call.reasoning).toEqual({ mode: 'disabled', exclude: true });
  });

  test('tools stay; a call that had to be made is asked for in words', () => {
    const tools = [{ type: 'function', name: 'f' }] as const;
    const auto = asking({ tools, toolChoice: { type: 'auto' } });
    expect(auto.call.tools).toBe(tools);
    expect(auto.call.toolChoice).toEqual({ type: 'auto' });
    expect(asking({ tools }).call.toolChoice).toBeNull();
    expect(asking({ tools, toolChoice: { type: 'none' } }).call.toolChoice).toEqual({
      type: 'none',
    });
    const required = asking({ tools, toolChoice: { type: 'required' } });
    expect(required.call.toolChoice).toEqual({ type: 'auto' });
    expect(requestOf(required)).toContain('has to end with a tool call');
    const named = asking({ tools, toolChoice: { type: 'tool', name: 'f' } });
    expect(named.call.toolChoice).toEqual({ type: 'auto' });
    expect(requestOf(named)).toContain('the tool "f"');
  });

  test('a format is asked for in words', () => {
    const schema = { type: 'object', properties: { fox: { type: 'string' } } };
    const held = asking({ output: { type: 'json-schema', name: 'a', schema, strict: true } });
    expect(held.call.output).toEqual({ type: 'text' });
    expect(requestOf(held)).toContain(JSON.stringify(schema));
    const json = asking({ output: { type: 'json' } });
    expect(json.call.output).toEqual({ type: 'text' });
    expect(requestOf(json)).toContain('one valid JSON object');
  });

  test('what was said counts towards the limit, at the least', () => {
    const limit = (maxTokens: number, delivered: Delivered, target = CLAUDE) =>
      must(
        goOn({ sampling: { maxTokens, stop: ['END'] } }, delivered, target, 'anthropic-messages'),
      ).call.sampling;
    const words = 'word '.repeat(40);
    expect(limit(100, deliver(text(words)))).toEqual({ maxTokens: 99, stop: ['END'] });
    const pieces = words.split(/(?<= )/);
    expect(limit(100, deliver(text(...pieces))).maxTokens).toBe(60);
    expect(limit(100, deliver(text(...words))).maxTokens).toBe(50);
    expect(limit(10, deliver(text(...words))).maxTokens).toBe(1);
    // What has to be said again is no part of it.
    const asked = limit(100, deliver(text(...words)), TARGET).maxTokens ?? 0;
    expect(asked).toBeGreaterThan(60);
    expect(asked).toBeLessThanOrEqual(65);
    expect(limit(100, deliver(text('Hi')), TARGET).maxTokens).toBe(100);
    expect(asking({}).call.sampling).toEqual({});
  });

  test('everything else stays', () => {
    const { call } = asking({ user: 'u', extra: { 'openai-chat': { verbosity: 'low' } } });
    const { messages: _, ...rest } = call;
    const { messages: _m, ...was } = CALL;
    expect(rest).toEqual({ ...was, user: 'u', extra: { 'openai-chat': { verbosity: 'low' } } });
  });
});

describe('on the wire', () => {
  const encode = (target: Target, dialect: DialectId, call: Partial<ChatCall> = {}): JsonObject => {
    const { call: asked } = must(goOn(call, undefined, target, dialect));
    return asObject(parseJson(UPSTREAM_DIALECTS[dialect].encodeCall(asked, target).body)) ?? {};
  };
  const turnsOf = (body: JsonObject): readonly [unknown, string][] =>
    asObjects(body.messages ?? body.input ?? body.contents).map((turn) => [
      turn.role,
      asString(turn.content) ??
        [...asObjects(turn.content), ...asObjects(turn.parts)].map((part) => part.text).join(''),
    ]);

  const natives: readonly [Target, DialectId, JsonObject, JsonObject][] = [
    [CLAUDE, 'anthropic-messages', {}, { thinking: { type: 'disabled' } }],
    [
      targetOf('bedrock', 'us.anthropic.claude-haiku-4-5-20251001-v1:0'),
      'bedrock-converse',
      {},
      {},
    ],
    [targetOf('bedrock', 'us.amazon.nova-lite-v1:0'), 'bedrock-converse', {}, {}],
    [targetOf('mistral', 'mistral-large-latest'), 'openai-chat', { prefix: true }, {}],
    [
      targetOf('moonshot', 'kimi-k2.6', { reasoning: true }),
      'openai-chat',
      { partial: true },
      { thinking: { type: 'disabled' } },
    ],
    [
      targetOf('qwen', 'qwen-plus', { reasoning: true }),
      'openai-chat',
      { partial: true },
      { enable_thinking: false },
    ],
    [targetOf('groq', 'llama-3.3-70b-versatile', { reasoning: false }), 'openai-chat', {}, {}],
    [
      targetOf('vllm', 'Qwen/Qwen2.5-7B-Instruct'),
      'openai-chat',
      {},
      { continue_final_message: true, add_generation_prompt: false },
    ],
  ];
  for (const [target, dialect, mark, fields] of natives)
    test(`${target.provider}/${target.model} on ${dialect}: the answer is last`, () => {
      const body = encode(target, dialect);
      expect(turnsOf(body).at(-1)).toEqual(['assistant', SAID.trimEnd()]);
      const { role: _, content: _c, ...marks } = asObjects(body.messages).at(-1) ?? {};
      expect(marks).toEqual(mark);
      expect(body).toMatchObject(fields);
      // Nothing of it where the user speaks last.
      const plain = UPSTREAM_DIALECTS[dialect].encodeCall(CALL, target).body;
      for (const name of ['prefix', 'partial', 'continue_final_message'])
        expect(plain).not.toContain(`"${name}"`);
    });

  const asked: readonly [Target, DialectId][] = [
    [targetOf('openai', 'gpt-4o', { reasoning: false }), 'openai-chat'],
    [targetOf('openai', 'gpt-4o', { reasoning: false }), 'openai-responses'],
    [targetOf('anthropic', 'claude-opus-5', { reasoning: true }), 'anthropic-messages'],
    [targetOf('google', 'gemini-2.5-flash', { reasoning: true }), 'gemini'],
    [targetOf('bedrock', 'meta.llama3-3-70b-instruct-v1:0'), 'bedrock-converse'],
    [targetOf('cohere', 'command-a-03-2025'), 'cohere'],
  ];
  for (const [target, dialect] of asked) {
    const name = `${target.provider}/${target.model} on ${dialect}`;
    test(`${name}: the answer to the letter, and the request after it`, () => {
      for (const messages of [CALL.messages, [SYSTEM]]) {
        const turns = turnsOf(encode(target, dialect, { messages }));
        const roles = turns.map(([role]) => role).filter((role) => role !== 'system');
        expect(roles).toEqual(['user', dialect === 'gemini' ? 'model' : 'assistant', 'user']);
        expect(turns.at(-2)?.[1]).toBe(SAID);
        expect(turns.at(-1)?.[1]).toContain(`${SAID}</last-words>`);
      }
    });

    test(`${name}: no format holds the rest`, () => {
      const schema = { type: 'object', properties: { fox: { type: 'string' } }, required: ['fox'] };
      const body = encode(target, dialect, {
        output: { type: 'json-schema', name: 'a', schema, strict: true },
      });
      for (const field of ['response_format', 'text', 'output_config', 'outputConfig'])
        expect(body[field]).toBeUndefined();
      expect(body.tools ?? body.toolConfig).toBeUndefined();
      expect(asObject(body.generationConfig)?.responseMimeType).toBeUndefined();
    });
  }
});
