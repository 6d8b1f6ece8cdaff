// However much of one thing a request has, the time it takes grows with its size: one caller never holds up the others.
import { describe, expect, test } from 'bun:test';
import { DIALECTS, UPSTREAM_DIALECTS } from '../../src/dialects/index.ts';
import type { Json, JsonObject } from '../../src/lib/json.ts';
import { targetOf } from './example-reply.ts';

const COUNT = 5000;
/** Many times what it takes; with the square of the count it would be more. */
const LIMIT_MS = 600;

const user = (content: Json): JsonObject => ({ role: 'user', content });
const many = (make: (n: number) => JsonObject): JsonObject[] =>
  Array.from({ length: COUNT }, (_, n) => make(n));
const results = many((n) => ({ role: 'tool', tool_call_id: `c${n}`, content: 'y' }));
const calls = many((n) => ({
  id: `c${n}`,
  type: 'function',
  function: { name: 'f', arguments: '{}' },
}));

/** Chat bodies with much of one thing each. */
const BODIES: { readonly [what: string]: JsonObject } = {
  tools: {
    messages: [user('x')],
    tools: many((n) => ({ type: 'function', function: { name: `t.${'x'.repeat(70)}${n}` } })),
  },
  'free-text tools': {
    messages: [user('x')],
    tools: many((n) => ({ type: 'custom', custom: { name: `t${n}` } })),
  },
  'calls and their results': {
    messages: [user('x'), { role: 'assistant', tool_calls: calls }, ...results, user('z')],
  },
  'results of nothing': { messages: [user('x'), ...results] },
  turns: { messages: many((n) => ({ role: n % 2 === 0 ? 'user' : 'assistant', content: 'x' })) },
  'turns of one side': { messages: many(() => user('x')) },
  'system turns': { messages: [...many(() => ({ role: 'system', content: 'x' })), user('x')] },
  parts: { messages: [user(many(() => ({ type: 'text', text: 'x' })))] },
};

for (const [id, dialect] of Object.entries(UPSTREAM_DIALECTS))
  describe(`a request on ${id}`, () => {
    test.each(Object.keys(BODIES))('with many %s', (what) => {
      const call = DIALECTS['openai-chat'].decodeCall({ model: 'm', ...BODIES[what] });
      const startedAt = performance.now();
      // What the wire refuses it may refuse, as long as it does so soon.
      try {
        dialect.encodeCall(call, targetOf('m'));
      } catch {
        // Refused is as good as written: only the time counts here.
      }
      expect(performance.now() - startedAt).toBeLessThan(LIMIT_MS);
    });
  });
