// A key changes with whatever shapes the answer, and with whoever may have it, and with nothing else.
import { describe, expect, test } from 'bun:test';
import { exampleCandidate } from '../../../test/contracts/example-candidate.ts';
import type { CallerDialectId } from '../../core/dialect.ts';
import type { Candidate, ConfiguredProvider } from '../../core/plan.ts';
import { DIALECTS } from '../../dialects/index.ts';
import type { JsonObject } from '../../lib/json.ts';
import { readInbound } from '../inbound.ts';
import type { RoutedSettings } from '../routed-settings.ts';
import { answerKey, promptKey } from './answer-key.ts';

const OWNER = { tenant: 'k1', user: null, namespace: null };
const BODIES: { readonly [D in CallerDialectId]: JsonObject } = {
  'openai-chat': { model: 'a/m', messages: [{ role: 'user', content: 'Hi' }] },
  'anthropic-messages': {
    model: 'a/m',
    max_tokens: 9,
    messages: [{ role: 'user', content: 'Hi' }],
  },
  'openai-responses': { model: 'a/m', input: 'Hi' },
};
const WIRES = Object.keys(BODIES) as CallerDialectId[];

type Headers_ = { readonly [name: string]: string };
const read = (wire: CallerDialectId, more: JsonObject = {}, headers: Headers_ = {}) =>
  readInbound(DIALECTS[wire], JSON.stringify({ ...BODIES[wire], ...more }), new Headers(headers));
const keyOf = (wire: CallerDialectId, more: JsonObject = {}, headers: Headers_ = {}) =>
  promptKey(read(wire, more, headers), OWNER);

/** What says nothing of what the answer is, on every wire. */
const NOTHING: readonly JsonObject[] = [
  { model: 'b/other' },
  { models: ['b/m'] },
  { ignore: ['c'] },
  { sort: ['price'] },
  { provider: { order: ['a'] } },
  { fallback: { mode: 'race' } },
  { cache: { mode: 'exact', ttl: 5, namespace: 'n' } },
  { prompt_caching: { mode: 'auto' } },
  { stream: true },
  { extra_body: { cache: { ttl: 1 } } },
];
/** What says who asks: replies of one wire repeat it. */
const ASKERS: readonly JsonObject[] = [
  { user: 'ann' },
  { safety_identifier: 'ann' },
  { metadata: { user_id: 'ann', plan: 'pro' } },
  { prompt_cache_key: 'x' },
];
const SHAPING: readonly JsonObject[] = [
  ...['temperature', 'top_p', 'top_k', 'seed', 'max_tokens', 'max_completion_tokens', 'n'].map(
    (name) => ({ [name]: 1 }),
  ),
  { stop: ['x'] },
  { stop_sequences: ['x'] },
  { tools: [{ type: 'function', name: 'f', function: { name: 'f' } }] },
  { tool_choice: { type: 'none' } },
  { response_format: { type: 'json_object' } },
  { text: { format: { type: 'json_object' } } },
  { output_config: { effort: 'low' } },
  { system: 'Be brief.' },
  { instructions: 'Be brief.' },
  { reasoning: { exclude: true } },
  { reasoning_effort: 'low' },
  { thinking: { type: 'disabled' } },
  { service_tier: 'flex' },
  { store: true },
  { strict: true },
  { logprobs: true },
  { logit_bias: { 1: 1 } },
  { stream_options: { include_obfuscation: false } },
  { verbosity: 'low' },
  { web_search: true },
  { prompt_variables: { a: 1 } },
  { modalities: ['text'] },
  { nobody_knows_this: 0 },
  { extra_body: { temperature: 1 } },
  { extra_body: { model: 'b/other' } },
];

describe('promptKey', () => {
  for (const wire of WIRES) {
    test.each(NOTHING)(`${wire}: %j says nothing of the answer`, (more) => {
      expect(keyOf(wire, more)).toBe(keyOf(wire, 'extra_body' in more ? { extra_body: {} } : {}));
    });
    test.each(SHAPING)(`${wire}: %j shapes the answer`, (more) => {
      expect(keyOf(wire, more)).not.toBe(keyOf(wire));
    });
    test.each(ASKERS)(`${wire}: %j is told in the reply, or says nothing of it`, (more) => {
      const same = keyOf(wire, more) === keyOf(wire);
      expect(same).toBe(wire !== 'openai-responses');
    });
  }

  test('members named like those of every object are members as any other', () => {
    const text = JSON.stringify(BODIES['openai-chat']);
    const proto = (value: number) =>
      promptKey(
        readInbound(
          DIALECTS['openai-chat'],
          `${text.slice(0, -1)},"__proto__":{"top_p":${value}}}`,
          new Headers(),
        ),
        OWNER,
      );
    expect(new Set([proto(0), proto(1), keyOf('openai-chat')]).size).toBe(3);
  });

  test('a body that says a thing twice has none: providers do not agree on which of them counts', () => {
    const text = JSON.stringify(BODIES['openai-chat']);
    const twice = `${text.slice(0, -1)},"temperature":0,"temperature":1}`;
    const inbound = readInbound(DIALECTS['openai-chat'], twice, new Headers());
    expect(promptKey(inbound, OWNER)).toBeNull();
  });

  test('each wire has its own, but for what says nothing but words', () => {
    const more = { max_tokens: 9, stop: ['x'] };
    expect(keyOf('openai-chat', more)).not.toBe(keyOf('anthropic-messages', more));
    const plain = { max_tokens: 9, temperature: 0.5 };
    expect(keyOf('openai-chat', plain)).toBe(keyOf('anthropic-messages', plain));
  });

  test('several choices in a stream are no whole answer', () => {
    const several = (stream: boolean) => keyOf('openai-chat', { n: 2, stream });
    expect(several(true)).not.toBe(several(false));
  });

  test('headers that go on shape the answer; one that names the request does not', () => {
    const beta = (value: string) => keyOf('anthropic-messages', {}, { 'anthropic-beta': value });
    expect(new Set([beta('a'), beta('b'), keyOf('anthropic-messages')]).size).toBe(3);
    const named = (value: string) =>
      keyOf('openai-chat', {}, { 'x-client-request-id': value, 'openai-beta': 'b' });
    expect(named('1')).toBe(named('2'));
    expect(named('1')).not.toBe(keyOf('openai-chat'));
    expect(keyOf('openai-chat', {}, { 'x-client-request-id': '1' })).toBe(keyOf('openai-chat'));
    // What does not go on says nothing.
    expect(keyOf('openai-chat', {}, { 'user-agent': 'x', 'anthropic-beta': 'b' })).toBe(
      keyOf('openai-chat'),
    );
  });

  test('what the router said without words of the wire is part of it, and which fields are its own', () => {
    const inbound = read('openai-chat', { temperature: 1 });
    const routed: RoutedSettings = { unsaid: {}, put: new Set(), texts: [] };
    const keys = [
      inbound,
      { ...inbound, routed: { ...routed, put: new Set(['temperature']) } },
      { ...inbound, routed: { ...routed, unsaid: { seed: 1 } } },
      { ...inbound, routed: { ...routed, unsaid: { seed: 2 } } },
    ].map((one) => promptKey(one, OWNER));
    expect(new Set(keys).size).toBe(4);
  });

  test('nobody shares with anybody else, whatever the names are made of', () => {
    const owners = [
      OWNER,
      { ...OWNER, tenant: 'k2' },
      { ...OWNER, user: 'k1' },
      { ...OWNER, namespace: 'k1' },
      { ...OWNER, user: '' },
      { ...OWNER, user: 'null' },
      { ...OWNER, tenant: 'k1",null' },
      { ...OWNER, user: 'a', namespace: 'b' },
      { ...OWNER, user: 'a","b', namespace: null },
      { ...OWNER, user: 'b', namespace: 'a' },
    ];
    const inbound = read('openai-chat');
    expect(new Set(owners.map((owner) => promptKey(inbound, owner))).size).toBe(owners.length);
  });
});

describe('answerKey', () => {
  const plain = exampleCandidate({ id: 'alpha' });
  const configured = (changes: Partial<ConfiguredProvider>): Candidate => ({
    ...plain,
    configured: { ...plain.configured, ...changes },
  });
  const { provider } = plain.configured;

  test('another model, address, region, configuration or account of one’s own is another key', () => {
    const key = { label: 'key-1', secret: 's' };
    const candidates = [
      plain,
      { ...plain, id: 'alpha/other', model: 'other' },
      configured({ provider: { ...provider, baseUrl: 'http://elsewhere/v1' } }),
      configured({ provider: { ...provider, headers: { 'x-version': '2' } } }),
      configured({ provider: { ...provider, quirks: { ...provider.quirks, topK: true } } }),
      configured({ region: 'eu' }),
      configured({ keys: [{ ...key, own: 'ann' }] }),
      configured({ keys: [{ ...key, own: 'bob' }] }),
    ];
    const keys = candidates.map((candidate) => answerKey('p', candidate));
    expect(new Set(keys).size).toBe(candidates.length);
    // The operator’s keys open the same account, or one that is as good.
    expect(answerKey('p', configured({ keys: [{ ...key, label: 'key-2' }] }))).toBe(keys[0] ?? '');
    expect(answerKey('q', plain)).not.toBe(keys[0]);
  });

  test('the same candidate of a new plan has the same', () => {
    expect(answerKey('p', { ...plain })).toBe(answerKey('p', plain));
    expect(answerKey('p', configured({}))).toBe(answerKey('p', plain));
  });
});
