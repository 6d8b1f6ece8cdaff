// Reasoning spliced into callers' own texts: what is missing goes in where it was, and every other byte stays.
import { describe, expect, test } from 'bun:test';
import type { ChatDialect, Target } from '../core/dialect.ts';
import type { Quirks } from '../core/provider.ts';
import type { FilledTurn, Thought, ThoughtPart } from '../core/thoughts.ts';
import { asObject, parseJson } from '../lib/json.ts';
import { DIALECTS } from './index.ts';
import { takesThought } from './takes-thought.ts';

const target = (quirks: Quirks = {}, more: Partial<Target> = {}): Target => ({
  provider: 'p',
  model: 'm',
  quirks,
  maxOutput: null,
  context: null,
  reasoning: null,
  ...more,
});
const thought = (part: ThoughtPart, afterText = false): Thought => ({ part, afterText });
const signed = (text: string): ThoughtPart => ({
  type: 'reasoning',
  text,
  signature: `s-${text}`,
  format: 'anthropic-claude-v1',
});

/** The text with these thoughts before its calls, by call id; null where the target needs none. */
function restored(
  { replay }: ChatDialect,
  text: string,
  to: Target,
  thoughts: { readonly [id: string]: readonly Thought[] },
): string | null {
  const body = asObject(parseJson(text)) ?? {};
  const turns = replay?.bareTurns(body, to) ?? [];
  const filled = turns.map((turn): FilledTurn => {
    const known = turn.calls.flatMap((call) => {
      const found = thoughts[call.id];
      return found === undefined ? [] : [[call, found] as const];
    });
    return { ...turn, parts: new Map(known) };
  });
  return turns.length === 0 ? null : (replay?.restore(text, filled, to) ?? null);
}

describe('chat completions', () => {
  const chat = DIALECTS['openai-chat'];
  const deep = target({ reasoningField: 'reasoning_content', reasoningReplay: 'required' });
  const call = (id: string) =>
    `{ "id":"${id}", "type":"function","function":{"name":"f","arguments":"{\\u0022a\\u0022:1.0}"} }`;
  const text = (assistant: string) =>
    `{ "model" : "x",\n "messages": [ {"role":"user","content":"\\ud83d\\ude00 1.0e2"},\n\t${assistant} , {"role":"tool","tool_call_id":"a","content":"[]"} ], "seed": 1.50 }`;

  test('the field is added at the end of its message', () => {
    const message = `{"role":"assistant", "content" : null , "tool_calls":[ ${call('a')} ]}`;
    const back = restored(chat, text(message), deep, {
      a: [thought({ type: 'reasoning', text: 'So "it" is.' })],
    });
    const with_ = message.replace(/\}$/, ',"reasoning_content":"So \\"it\\" is."}');
    expect(back).toBe(text(with_));
  });

  test('an empty one is filled, a full one and other turns are left alone', () => {
    const empty = `{"role":"assistant","reasoning_content":"","tool_calls":[${call('a')}]}`;
    const known = { a: [thought({ type: 'reasoning', text: 'x' })] };
    expect(restored(chat, text(empty), deep, known)).toBe(
      text(empty.replace('"reasoning_content":""', '"reasoning_content":"x"')),
    );
    for (const message of [
      `{"role":"assistant","reasoning_content":"y","tool_calls":[${call('a')}]}`,
      '{"role":"assistant","content":"No calls."}',
      '{"role":"assistant","content":"None.","tool_calls":[]}',
    ])
      expect(restored(chat, text(message), deep, known)).toBeNull();
    const bare = `{"role":"assistant","tool_calls":[${call('a')}]}`;
    expect(restored(chat, text(bare), target(), known)).toBeNull();
    expect(restored(chat, text(bare), target({ reasoningReplay: 'accepted' }), known)).toBeNull();
  });

  test('the state of a call goes into that call', () => {
    const message = `{"role":"assistant","tool_calls":[${call('a')},${call('b')}]}`;
    const extra: ThoughtPart = {
      type: 'redacted-reasoning',
      data: '{"google":{"thought_signature":"S"}}',
      format: 'openai-chat-extra-content',
    };
    const back = restored(chat, text(message), target({ callExtras: true }), {
      b: [thought(extra)],
    });
    const filled = call('b').replace(
      '} }',
      '},"extra_content":{"google":{"thought_signature":"S"}} }',
    );
    expect(back).toBe(text(message.replace(call('b'), filled)));
    const rules = [{ match: 'm', bareCalls: true }];
    const lenient = target({ callExtras: true, modelRules: rules });
    expect(restored(chat, text(message), lenient, { b: [thought(extra)] })).toBeNull();
  });
});

describe('messages', () => {
  const messages = DIALECTS['anthropic-messages'];
  const use = (id: string) => `{ "type":"tool_use","id":"${id}","name":"f","input":{"a":1.0} }`;
  const result = '{"role":"user","content":[{"type":"tool_result","tool_use_id":"a"}]}';
  const text = (turns: string, thinking = '"thinking":{"type":"enabled","budget_tokens":1024}') =>
    `{"model":"x", ${thinking},"max_tokens":9,"messages":[ ${turns} ]}`;
  const block = (words: string) =>
    `{"type":"thinking","thinking":"${words}","signature":"s-${words}"}`;

  test('thinking stands where it stood: before text, between text and call, between calls', () => {
    const turn = (blocks: string) =>
      `{"role":"user","content":"Q"},{"role":"assistant","content":${blocks}},${result}`;
    const said = '{"type":"text","text":"Hm."}';
    const back = restored(messages, text(turn(`[ ${said} , ${use('a')},${use('b')} ]`)), target(), {
      a: [thought(signed('one')), thought(signed('two'), true)],
      b: [thought(signed('three'))],
    });
    expect(back).toBe(
      text(
        turn(
          `[${[block('one'), said, block('two'), use('a'), block('three'), use('b')].join(',')}]`,
        ),
      ),
    );
  });

  test('only in the open loop, only while thinking is on, only where there is none', () => {
    const bare = `{"role":"assistant","content":[${use('a')}]}`;
    const thoughts = { a: [thought(signed('one'))] };
    const question = '{"role":"user","content":"Q"}';
    const open = `${question},${bare},${result}`;
    expect(restored(messages, text(open), target(), thoughts)).toContain(block('one'));
    const closed = `${open},{"role":"assistant","content":"A."},${question}`;
    expect(restored(messages, text(closed), target(), thoughts)).toBeNull();
    const off = '"thinking":{"type":"disabled"}';
    expect(restored(messages, text(open, off), target(), thoughts)).toBeNull();
    expect(restored(messages, text(open, '"top_k":1'), target(), thoughts)).toBeNull();
    const asked = '"reasoning":{"effort":"high"}';
    expect(restored(messages, text(open, asked), target(), thoughts)).toContain(block('one'));
    const thinking = `{"role":"assistant","content":[${block('own')},${use('a')}]}`;
    const kept = `${question},${thinking},${result}`;
    expect(restored(messages, text(kept), target(), thoughts)).toBeNull();
  });
});

describe('responses', () => {
  const responses = DIALECTS['openai-responses'];
  const call = (id: string) =>
    `{ "type":"function_call","call_id":"${id}","name":"f","arguments":"{}" }`;
  const output = (id: string) => `{"type":"function_call_output","call_id":"${id}","output":"1"}`;
  const own = (id: string): Thought =>
    thought({
      type: 'reasoning',
      text: '',
      signature: `${id}|E`,
      format: 'openai-responses-v1',
    });
  const item = (id: string) =>
    `{"type":"reasoning","id":"${id}","summary":[],"encrypted_content":"E"}`;
  const text = (items: string, store = 'false') =>
    `{"model":"x","store":${store}, "input": [${items}]}`;

  test('items stand before their calls, in every turn', () => {
    const question = '{"role":"user","content":"Q"}';
    const thoughts = { a: [own('rs_1')], b: [own('rs_2')], c: [own('rs_3')] };
    const first = [question, call('a'), call('b'), output('a'), output('b')];
    const back = restored(
      responses,
      text([...first, call('c'), output('c')].join(',')),
      target(),
      thoughts,
    );
    const [, a = '', b = ''] = first;
    expect(back).toBe(
      text(
        [
          question,
          item('rs_1'),
          a,
          item('rs_2'),
          b,
          output('a'),
          output('b'),
          item('rs_3'),
          call('c'),
          output('c'),
        ].join(','),
      ),
    );
    // What is stored there is found there.
    expect(restored(responses, text(first.join(','), 'true'), target(), thoughts)).toBeNull();
    const whole = [question, item('rs_0'), call('a'), output('a')].join(',');
    expect(restored(responses, text(whole), target(), thoughts)).toBeNull();
  });
});

test('responses: an open model gets its plain text back', () => {
  const call = { type: 'function_call', call_id: 'a', name: 'f', arguments: '{}' };
  const input = [call, { type: 'function_call_output', call_id: 'a', output: 'r' }];
  const text = JSON.stringify({ model: 'm', input, store: false });
  const open = target({ reasoningField: 'reasoning_content', reasoningReplay: 'required' });
  const thoughts = { a: [thought({ type: 'reasoning', text: 'Hm.' })] };
  const back = asObject(
    parseJson(restored(DIALECTS['openai-responses'], text, open, thoughts) ?? ''),
  );
  const reasoning = {
    type: 'reasoning',
    summary: [],
    content: [{ type: 'reasoning_text', text: 'Hm.' }],
  };
  expect(back?.input).toEqual([reasoning, ...input]);
});

describe('what a target takes', () => {
  const from = (provider: string, model: string) => ({ provider, model });
  const text: ThoughtPart = { type: 'reasoning', text: 'x' };

  test('Claude’s signatures go to Claude, whoever hosts it, and an imitator’s to itself', () => {
    const claude = target({}, { provider: 'host', model: 'claude-opus-4-5' });
    const other = target({}, { provider: 'host', model: 'glm-5' });
    const wire = 'anthropic-messages';
    expect(takesThought(wire, claude, signed('x'), from('maker', 'claude-opus-4-5'))).toBe(true);
    expect(takesThought(wire, claude, signed('x'), from('maker', 'glm-5'))).toBe(false);
    expect(takesThought(wire, claude, signed('x'), from('host', 'glm-5'))).toBe(false);
    expect(takesThought(wire, other, signed('x'), from('host', 'glm-5'))).toBe(true);
    expect(takesThought(wire, other, signed('x'), from('host', 'claude-opus-4-5'))).toBe(false);
    expect(takesThought(wire, other, signed('x'), from('maker', 'glm-5'))).toBe(false);
    expect(takesThought(wire, claude, text, null)).toBe(false);
  });

  test('encrypted state goes back to the provider that gave it alone', () => {
    const state: ThoughtPart = { ...text, signature: 'rs|E', format: 'openai-responses-v1' };
    expect(takesThought('openai-responses', target(), state, from('p', 'any'))).toBe(true);
    expect(takesThought('openai-responses', target(), state, from('q', 'any'))).toBe(false);
    const sign: ThoughtPart = { ...text, signature: 'G', format: 'google-gemini-v1' };
    expect(takesThought('gemini', target(), sign, from('q', 'any'))).toBe(true);
    expect(takesThought('gemini', target(), text, from('p', 'any'))).toBe(false);
  });

  test('plain text goes where there is a place for it', () => {
    const replay = (quirks: Quirks) =>
      takesThought('openai-chat', target(quirks), text, from('q', 'm'));
    expect(replay({})).toBe(false);
    expect(replay({ reasoningReplay: 'accepted' })).toBe(true);
    expect(replay({ reasoningReplay: 'accepted', reasoningField: 'reasoning_details' })).toBe(true);
    expect(takesThought('bedrock-converse', target(), text, null)).toBe(false);
    expect(takesThought('cohere', target(), text, from('p', 'm'))).toBe(true);
    expect(takesThought('cohere', target(), text, from('q', 'm'))).toBe(false);
  });
});
