// What is held for a request: by its prompt, its own limits and the dearest model it may be sent to.
import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { exampleCandidate } from '../../test/contracts/example-candidate.ts';
import type { ModelFacts } from '../core/model.ts';
import type { Candidate } from '../core/plan.ts';
import { costNano, type Price } from '../core/price.ts';
import type { Provider } from '../core/provider.ts';
import { UNKNOWN_USAGE } from '../core/usage.ts';
import type { JsonObject } from '../lib/json.ts';
import { OPERATIONS } from '../operations/index.ts';
import { sampleFacts } from '../routing/sample-request.ts';
import { demandOf } from './demand.ts';
import { expectedOfChat, expectedOfOperation } from './expected-usage.ts';

const BOTH = { money: true, tokens: true };
const SETTINGS = { assumedOutputTokens: 4096, unpriced: 'refuse' } as const;
const CHEAP: Price = { input: 1, output: 2 };
const DEAR: Price = { input: 3, output: 15 };

function candidateOf(id: string, price: Price | null, maxOutput: number | null = null): Candidate {
  const facts: ModelFacts = {
    provider: 'p',
    model: id,
    name: id,
    context: null,
    maxOutput,
    input: ['text'],
    output: ['text'],
    abilities: { tools: null, reasoning: null, structuredOutput: null, temperature: null },
    price,
    released: null,
    knowledge: null,
  };
  return { ...exampleCandidate(), id: `p/${id}`, model: id, facts };
}

function chatDemand(
  candidates: readonly Candidate[],
  { maxOutput, body = {} }: { maxOutput?: number; body?: JsonObject } = {},
  settings: Parameters<typeof demandOf>[3] = SETTINGS,
) {
  const { survey, ...facts } = sampleFacts();
  const asked = () => ({ ...survey(), maxOutput: maxOutput ?? null });
  const from = { body, dialect: { id: 'openai-chat' as const } };
  const expects = expectedOfChat(from, { ...facts, survey: asked, promptTokens: () => 1000 });
  return demandOf(candidates, expects, BOTH, settings);
}

test('the dearest of the candidates counts, with the limit the request sets', () => {
  const both = [candidateOf('cheap', CHEAP), candidateOf('dear', DEAR)];
  const { demand, candidates } = chatDemand(both, { maxOutput: 100 });
  expect(demand).toEqual({ nano: 1000 * 3000 + 100 * 15_000, tokens: 1100 });
  expect(candidates).toBe(both);
});

test('without one, what is assumed, or the most its model can give where that is less', () => {
  const of = (maxOutput: number | null) =>
    chatDemand([candidateOf('m', CHEAP, maxOutput)]).demand.tokens;
  expect([of(null), of(100_000), of(500)]).toEqual([1000 + 4096, 1000 + 4096, 1500]);
});

test('a limit of the request holds no more than its model can give, and one that is not above 0 says nothing', () => {
  const of = (stated: number, maxOutput: number | null) =>
    chatDemand([candidateOf('m', CHEAP, maxOutput)], { maxOutput: stated }).demand.tokens - 1000;
  expect([of(1_000_000, 8192), of(8192, 8192), of(5000, 8192), of(1_000_000, null)]).toEqual([
    8192, 8192, 5000, 1_000_000,
  ]);
  expect([of(-100_000, null), of(-1, 500), of(0, 8192)]).toEqual([4096, 500, 4096]);
});

test('what can be no limit, and no count of answers, says nothing', () => {
  const of = (stated: number, body: JsonObject = {}) =>
    chatDemand([candidateOf('m', CHEAP)], { maxOutput: stated, body }).demand.tokens - 1000;
  expect(
    [0.0001, 0.5, 10.5, -0.5, Number.NaN, Number.POSITIVE_INFINITY].map((one) => of(one)),
  ).toEqual(Array.from({ length: 6 }, () => 4096));
  expect([0.5, -3, 0, 1, 2.5].map((n) => of(10, { n }))).toEqual([10, 10, 10, 10, 30]);
  expect(of(10, { extra_body: { n: 3 } })).toBe(30);
});

test('the limit that is held is the one the provider is sent', () => {
  const plain = candidateOf('m', CHEAP);
  const wired = (provider: Partial<Provider>) => ({
    ...plain,
    configured: exampleCandidate(provider).configured,
  });
  const of = (candidate: Candidate, stated: number) =>
    chatDemand([candidate], { maxOutput: stated }).demand.tokens - 1000;
  const raises = wired({ dialect: 'openai-responses' });
  expect([of(plain, 1), of(raises, 1), of(raises, 20)]).toEqual([1, 16, 20]);
  const takesNone = wired({ quirks: { refusedFields: ['max_tokens'] } });
  expect([of(takesNone, 1), of(takesNone, 9000)]).toEqual([4096, 9000]);
});

test('several answers are several times the output', () => {
  const { demand } = chatDemand([candidateOf('m', CHEAP)], { maxOutput: 10, body: { n: 4 } });
  expect(demand.tokens).toBe(1040);
});

test('what has no known price is left out, or asked uncounted where that is allowed', () => {
  const known = candidateOf('known', CHEAP);
  const half = candidateOf('half', { input: 1, output: null });
  const mixed = [candidateOf('none', null), known, half];
  expect(chatDemand(mixed).candidates).toEqual([known]);
  expect(chatDemand([half]).candidates).toEqual([]);
  const allowed = chatDemand(mixed, { maxOutput: 1 }, { ...SETTINGS, unpriced: 'allow' });
  expect(allowed.candidates).toBe(mixed);
  expect(allowed.demand.nano).toBe(1000 * 1000 + 2000);
});

test('where nobody counts, nothing is estimated', () => {
  const never = () => {
    throw new Error('estimated');
  };
  const { demand } = demandOf(
    [candidateOf('m', null)],
    never,
    { money: false, tokens: false },
    SETTINGS,
  );
  expect(demand).toEqual({ nano: 0, tokens: 0 });
});

test('what is held for plain prices is what the bill’s own arithmetic makes of it', () => {
  const rate = fc.integer({ min: 0, max: 1_000_000 }).map((steps) => steps / 10_000);
  const tokens = fc.integer({ min: 0, max: 2_000_000 });
  fc.assert(
    fc.property(rate, rate, tokens, tokens, (input, output, prompt, answer) => {
      const price = { input, output };
      const usage = { ...UNKNOWN_USAGE, input: prompt, output: answer };
      const { demand } = demandOf([candidateOf('m', price)], () => usage, BOTH, SETTINGS);
      expect(Math.abs(demand.nano - (costNano(price, usage) ?? Number.NaN))).toBeLessThanOrEqual(1);
    }),
  );
});

test('tiers and fees count', () => {
  const tiered: Price = { ...CHEAP, request: 5, tiers: [{ above: 500, input: 10, output: 20 }] };
  const { demand } = chatDemand([candidateOf('m', tiered)], { maxOutput: 100 });
  expect(demand.nano).toBe(1000 * 10_000 + 100 * 20_000);
  const fee = chatDemand([candidateOf('m', { ...CHEAP, request: 5 })], { maxOutput: 1 });
  expect(fee.demand.nano).toBe(1000 * 1000 + 2000 + 5_000_000);
});

const PER_IMAGE: Price = { input: null, output: null, image: 0.04 };
const PER_CHARACTER: Price = { input: null, output: null, characters: 15 };
const PER_MINUTE: Price = { input: null, output: null, audioMinute: 0.006 };
const PER_SEARCH: Price = { input: null, output: null, search: 2 };
const PER_INPUT: Price = { input: 0.02, output: null };

test.each([
  ['images.generations', { prompt: 'a cat', n: 3 }, PER_IMAGE, 120_000_000],
  ['audio.speech', { input: 'Hello' }, PER_CHARACTER, 5 * 15_000],
  ['rerank', { query: 'q', documents: ['a', 'b'] }, PER_SEARCH, 2_000_000],
  [
    'rerank',
    { query: 'q', documents: Array.from({ length: 101 }, () => 'd') },
    PER_SEARCH,
    4_000_000,
  ],
  ['embeddings', { input: 'words' }, PER_INPUT, 1000 * 20],
  ['moderations', { input: 'words' }, PER_INPUT, 1000 * 20],
  ['completions', { prompt: 'p', max_tokens: 10, n: 2 }, CHEAP, 1000 * 1000 + 20 * 2000],
  ['completions', { prompt: 'p', max_tokens: -100_000 }, CHEAP, 1000 * 1000 + 4096 * 2000],
  ['completions', { prompt: 'p', max_tokens: 0.5, n: 0.5 }, CHEAP, 1000 * 1000 + 4096 * 2000],
] as const)('%s %j', (id, fields, price, nano) => {
  const operation = OPERATIONS[id];
  const body = fields as unknown as JsonObject;
  const source = { kind: 'json' as const, text: '' };
  const call = { operation: operation.id, body, fields: body, source, stream: false };
  const expects = expectedOfOperation({ operation, call }, { promptTokens: () => 1000 });
  const { demand, candidates } = demandOf([candidateOf('m', price)], expects, BOTH, SETTINGS);
  expect(demand.nano).toBe(nano);
  expect(candidates).toHaveLength(1);
});

test('operations: what nobody counts is not looked at', () => {
  const fields = {
    get documents(): never {
      throw new Error('looked at');
    },
  };
  const source = { kind: 'json' as const, text: '' };
  const call = { operation: 'rerank' as const, body: {}, fields, source, stream: false };
  const facts = { promptTokens: () => 1 };
  const expects = expectedOfOperation({ operation: OPERATIONS.rerank, call }, facts);
  const uncounted = { money: false, tokens: false };
  expect(demandOf([candidateOf('m', null)], expects, uncounted, SETTINGS).demand.nano).toBe(0);
  expect(() => demandOf([candidateOf('m', CHEAP)], expects, BOTH, SETTINGS)).toThrow('looked at');
});

test('sound counts by the size of its file', () => {
  const operation = OPERATIONS['audio.transcriptions'];
  const form = { bytes: new Uint8Array(240_000), contentType: '', parts: [] };
  const call = {
    operation: operation.id,
    body: {},
    fields: {},
    source: { kind: 'form' as const, form },
    stream: false,
  };
  const expects = expectedOfOperation({ operation, call }, { promptTokens: () => 1 });
  const { demand } = demandOf([candidateOf('m', PER_MINUTE)], expects, BOTH, SETTINGS);
  expect(demand.nano).toBe(6_000_000);
});
