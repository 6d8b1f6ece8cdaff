// Every wire, asked to go on with an answer that was cut anywhere: what it says then, joined to what was said before, is what
// it says when nothing happens.
import { afterAll, describe, expect, test } from 'bun:test';
import { startSim } from '../../sim/start-sim.ts';
import type { ChatCall } from '../../src/core/call.ts';
import { Delivered } from '../../src/core/delivered.ts';
import type { DialectId, Target } from '../../src/core/dialect.ts';
import type { Quirks } from '../../src/core/provider.ts';
import { UPSTREAM_DIALECTS } from '../../src/dialects/index.ts';
import { continueCall } from '../../src/gateway/continue-call.ts';
import { Overlap } from '../../src/gateway/overlap.ts';
import { asObject, parseJson } from '../../src/lib/json.ts';

const sim = startSim({ seed: 1 });
afterAll(() => sim.stop());

const CALL: ChatCall = {
  model: 'm',
  messages: [
    { role: 'system', parts: [{ type: 'text', text: 'Be brief.' }], path: 'system' },
    { role: 'user', parts: [{ type: 'text', text: 'Tell me about foxes.' }], path: 'messages[0]' },
  ],
  tools: [],
  toolChoice: null,
  sampling: { maxTokens: 500 },
  output: { type: 'text' },
  reasoning: null,
  stream: false,
  user: null,
  extra: {},
};

const HEADERS = {
  'content-type': 'application/json',
  authorization: 'Bearer sim-key',
};

/** The simulated provider tells this wire by its header. */
const VERSION = { 'anthropic-version': '2023-06-01' };

/** All the text the simulated provider answers. */
async function answer(dialect: DialectId, call: ChatCall, target: Target): Promise<string> {
  const wire = UPSTREAM_DIALECTS[dialect];
  const url = sim.url + wire.path(target, false);
  const { body } = wire.encodeCall(call, target);
  const headers = { ...HEADERS, ...(dialect === 'anthropic-messages' ? VERSION : {}) };
  const response = await fetch(url, { method: 'POST', headers, body });
  const reply = await response.text();
  expect(`${response.status}${response.ok ? '' : reply}`).toBe('200');
  let text = '';
  for (const event of wire.decodeReply(asObject(parseJson(reply)) ?? {}))
    if (event.type === 'block-delta' && event.delta.kind === 'text') text += event.delta.text;
  return text;
}

function cutAt(text: string): Delivered {
  const delivered = new Delivered();
  delivered.observe({ type: 'block-start', index: 0, block: { kind: 'text' } });
  delivered.observe({ type: 'block-delta', index: 0, delta: { kind: 'text', text } });
  return delivered;
}

const WORDS = 'tokens=30';
const wires: readonly [string, DialectId, string, Quirks, 'prefill' | 'prompt'][] = [
  ['in words', 'openai-chat', 'echo', {}, 'prompt'],
  ['in words', 'openai-responses', 'echo', {}, 'prompt'],
  ['in words', 'anthropic-messages', 'claude-opus-5', {}, 'prompt'],
  ['in words', 'gemini', 'gemini-2.5-flash', {}, 'prompt'],
  ['in words', 'bedrock-converse', 'meta.llama3-3-70b-instruct-v1:0', {}, 'prompt'],
  ['in words', 'cohere', 'command-a-03-2025', {}, 'prompt'],
  ['natively', 'anthropic-messages', 'claude-sonnet-4-5', {}, 'prefill'],
  [
    'natively',
    'bedrock-converse',
    'anthropic.claude-sonnet-4-5-20250929-v1:0',
    { modelRules: [{ match: 'claude', ownFields: 'anthropic' }] },
    'prefill',
  ],
  [
    'by continue_final_message',
    'openai-chat',
    'echo',
    { prefill: 'continue-final-message' },
    'prefill',
  ],
  ['by partial', 'openai-chat', 'echo', { prefill: 'partial-flag' }, 'prefill'],
  ['as it is', 'openai-chat', 'echo+prefill=native', { prefill: 'plain' }, 'prefill'],
  [
    'by prefix, which is repeated',
    'openai-chat',
    'echo+prefill=prefix',
    { prefill: 'prefix-flag' },
    'prefill',
  ],
];

describe('a cut answer goes on', () => {
  for (const [how, dialect, model, quirks, style] of wires)
    test(`${dialect}, ${how}`, async () => {
      const target: Target = {
        provider: 'sim',
        model: `${model}+${WORDS}`,
        quirks,
        maxOutput: null,
        context: null,
        reasoning: null,
      };
      const whole = await answer(dialect, CALL, target);
      expect(whole.length).toBeGreaterThan(100);
      const half = Math.floor(whole.length / 2);
      // Between words, inside one, and where nothing is missing.
      for (const at of [half, half + 1, half + 2, half + 3, 15, whole.length - 2, whole.length]) {
        const delivered = cutAt(whole.slice(0, at));
        const continued = continueCall(CALL, delivered, target, UPSTREAM_DIALECTS[dialect]);
        expect(continued?.style).toBe(style);
        if (continued === null) continue;
        const overlap = new Overlap(delivered.text, continued.style, continued.sent);
        const said = await answer(dialect, continued.call, target);
        expect(delivered.text + overlap.push(said) + overlap.end()).toBe(whole);
      }
    });

  const habits = ['exact', 'quote', 'repeat:1', 'repeat:3', 'repeat:12', 'restart'];
  test.each(habits)('in words, whatever the habit of the model: %s', async (habit) => {
    const target: Target = {
      provider: 'sim',
      model: `echo+${WORDS}`,
      quirks: {},
      maxOutput: null,
      context: null,
      reasoning: null,
    };
    const whole = await answer('openai-chat', CALL, target);
    const of = { ...target, model: `${target.model}+resume=${habit}` };
    for (const place of [12, 40, 63, 100, whole.length - 1]) {
      // Whether "si" is a word or the half of one said again, nobody knows.
      const at = habit === 'repeat:1' ? whole.lastIndexOf(' ', place) : place;
      const delivered = cutAt(whole.slice(0, at));
      const continued = continueCall(CALL, delivered, of, UPSTREAM_DIALECTS['openai-chat']);
      expect(continued?.style).toBe('prompt');
      if (continued === null) continue;
      const said = await answer('openai-chat', continued.call, of);
      expect(said.length).toBeGreaterThan(0);
      const overlap = new Overlap(delivered.text, continued.style, continued.sent);
      expect(delivered.text + overlap.push(said) + overlap.end()).toBe(whole);
    }
  });
});
