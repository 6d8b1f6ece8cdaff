// The partition of a prompt: the same for other words in the last turn, another for anything else.
import { describe, expect, test } from 'bun:test';
import type { CacheOwner } from '../../core/cached-answer.ts';
import type { CallerDialectId } from '../../core/dialect.ts';
import { DIALECTS } from '../../dialects/index.ts';
import { readInbound } from '../inbound.ts';
import { partitionBase } from './partition-key.ts';

const OWNER: CacheOwner = { tenant: 'k1', user: null, namespace: null };
const says = (content: unknown, role = 'user') => ({ role, content });
const tools = (name: string) => [{ type: 'function', function: { name, parameters: {} } }];

function partition(
  dialect: CallerDialectId,
  body: object,
  headers: { readonly [name: string]: string } = {},
  owner = OWNER,
): string | null {
  const text = JSON.stringify({ model: 'alpha/echo', ...body });
  return partitionBase(readInbound(DIALECTS[dialect], text, new Headers(headers)), owner);
}

/** A body of each wire with these words last, and this before them. */
const bodies: { readonly [D in CallerDialectId]: (words: string, before?: string) => object } = {
  'openai-chat': (words, before = 'Yes?') => ({
    messages: [says('Hello.'), says(before, 'assistant'), says(words)],
  }),
  'anthropic-messages': (words, before = 'Yes?') => ({
    max_tokens: 9,
    messages: [says('Hello.'), says(before, 'assistant'), says([{ type: 'text', text: words }])],
  }),
  'openai-responses': (words, before = 'Yes?') => ({
    input: [says('Hello.'), says(before, 'assistant'), says(words)],
  }),
};

const OTHERS: { readonly [D in CallerDialectId]: readonly object[] } = {
  'openai-chat': [
    { temperature: 0.1 },
    { top_p: 0.1 },
    { max_tokens: 5 },
    { n: 2 },
    { stop: 'x' },
    { seed: 1 },
    { tools: tools('a') },
    { tools: tools('b') },
    { tools: tools('a'), tool_choice: 'none' },
    { response_format: { type: 'json_object' } },
    { reasoning_effort: 'low' },
    { logit_bias: { 5: 1 } },
    { extra_body: { seed: 1, top_k: 5 } },
    { unheard_of: true },
  ],
  'anthropic-messages': [
    { system: 'Be brief.' },
    { system: [{ type: 'text', text: 'Be brief.' }] },
    { temperature: 0.1 },
    { max_tokens: 10 },
    { stop_sequences: ['x'] },
    { tools: [{ name: 'a', input_schema: { type: 'object' } }] },
    { thinking: { type: 'enabled', budget_tokens: 1024 }, max_tokens: 2000 },
  ],
  'openai-responses': [
    { instructions: 'Be brief.' },
    { temperature: 0.1 },
    { max_output_tokens: 99 },
    { tools: [{ type: 'function', name: 'a', parameters: {} }] },
    { text: { format: { type: 'json_object' } } },
    { reasoning: { effort: 'low' } },
  ],
};

describe.each(['openai-chat', 'anthropic-messages', 'openai-responses'] as const)(
  '%s',
  (dialect) => {
    const body = bodies[dialect];
    const one = partition(dialect, body('How do I reset my password?'));

    test('other words last are in the same', () => {
      expect(one).not.toBeNull();
      expect(partition(dialect, body('Why "so"?\n\\ '))).toBe(one);
      expect(partition(dialect, { ...body('Other words.'), stream: true })).toBe(one);
    });

    test('anything else is in another', () => {
      const words = body('How do I reset my password?');
      const all = [
        one,
        partition(dialect, body('How do I reset my password?', 'Yes!')),
        ...OTHERS[dialect].map((more) => partition(dialect, { ...words, ...more })),
        partition(dialect, words, {}, { ...OWNER, tenant: 'k2' }),
        partition(dialect, words, {}, { ...OWNER, user: 'ann' }),
        partition(dialect, words, {}, { ...OWNER, namespace: 'ann' }),
      ];
      expect(all).not.toContain(null);
      expect(new Set(all).size).toBe(all.length);
    });

    test('words that stand in two places are in none', () => {
      const list = dialect === 'openai-responses' ? 'input' : 'messages';
      const text = JSON.stringify({ model: 'alpha/echo', ...body('One.') });
      const twice = text.replace(
        `"${list}":`,
        `"${list}":[{"role":"user","content":"Two."}],"${list}":`,
      );
      const inbound = readInbound(DIALECTS[dialect], twice, new Headers());
      expect(partitionBase(inbound, OWNER)).toBeNull();
    });
  },
);
