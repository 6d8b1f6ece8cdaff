// auto: who can take a request, in which order, with which reason; and what it says when nobody can.
import { describe, expect, test } from 'bun:test';
import { GatewayError } from '../core/errors.ts';
import type { HealthView, Standing } from '../core/health.ts';
import type { Live } from '../core/measured.ts';
import type { OperatorMetric } from '../core/model-metrics.ts';
import { costNano } from '../core/price.ts';
import type { SortBy } from '../core/router.ts';
import { UNKNOWN_USAGE } from '../core/usage.ts';
import { type AutoAsked, chooseAuto, MAX_CANDIDATES, sortCandidates } from './auto.ts';
import type { Needs } from './auto-needs.ts';
import { autoFactsOf, NO_NEEDS, outcomesOf, type Sample, speedOf } from './auto-samples.ts';

type Options = Parameters<typeof autoFactsOf>[1];

function chosen(
  samples: { readonly [id: string]: Sample },
  asked: Partial<Omit<AutoAsked, 'needs'>> & { readonly needs?: Partial<Needs> } = {},
  live: Live = {},
  options: Options = {},
) {
  const why: string[] = [];
  const facts = autoFactsOf(samples, options);
  const needs = { ...NO_NEEDS, ...asked.needs };
  const found = chooseAuto({ allows: () => true, ...asked, needs }, facts, live, why);
  return { ids: found.map(({ id }) => id).join(' '), why };
}

function refusalOf(...args: Parameters<typeof chosen>): GatewayError {
  try {
    chosen(...args);
  } catch (thrown) {
    if (thrown instanceof GatewayError) return thrown;
    throw thrown;
  }
  throw new Error('somebody was found');
}

const by = (...metrics: readonly string[]): SortBy[] =>
  metrics.map((metric) => ({ metric, direction: null }));

describe('what a request needs', () => {
  test.each<[string, Partial<Needs>, Sample, string]>([
    ['tools', { tools: true }, { tools: false }, 'tools'],
    ['images', { images: true }, { input: ['text'] }, 'images'],
    ['audio', { audio: true }, { input: ['text', 'image'] }, 'audio'],
    ['documents', { documents: true }, { input: ['text', 'image'] }, 'documents'],
    ['structured output', { structured: true }, { structured: false }, 'structured output'],
    ['reasoning', { reasoning: true }, { reasoning: false }, 'reasoning'],
    ['context', { promptTokens: 250_000 }, { context: 200_000 }, '250k context'],
    ['room for the answer', { maxOutput: 64_000 }, { context: 64_500 }, '65k context'],
    ['a long answer', { maxOutput: 64_000 }, { maxOutput: 32_000 }, '64k output'],
  ])('%s: who is known to be without is left out', (_, needs, sample, words) => {
    const models = { 'a/cheap': { ...sample, price: 0.1 }, 'a/able': { price: 9 } };
    const { ids, why } = chosen(models, { needs, sort: by('price') });
    expect(ids).toBe('a/able');
    expect(why).toEqual([
      `auto: 'a/able' is the only model that can take this request; 1 cannot take this request (${words})`,
    ]);
    // Who does not need it gets the cheap one.
    expect(chosen(models, { sort: by('price') }).ids).toBe('a/cheap a/able');
  });

  test.each<[string, Partial<Needs>, Sample]>([
    ['tools', { tools: true }, { tools: null }],
    ['structured output', { structured: true }, { structured: null }],
    ['reasoning', { reasoning: true }, { reasoning: null }],
    ['context', { promptTokens: 5000 }, { context: null }],
  ])('%s: of whom it is not known comes after all who can', (_, needs, sample) => {
    const models = { 'a/cheap': { ...sample, price: 0.1 }, 'a/able': { price: 9 } };
    const { ids, why } = chosen(models, { needs, sort: by('price') });
    expect(ids).toBe('a/able a/cheap');
    expect(why[0]).toContain('of which it is not known whether it can take this request');
  });

  test('a short prompt fits whatever the context is', () => {
    const models = { 'a/cheap': { context: null, price: 0.1 }, 'a/able': { price: 9 } };
    expect(chosen(models, { sort: by('price') }).ids).toBe('a/cheap a/able');
  });

  test('of a model that is listed nowhere nothing is known', () => {
    const options = { unlisted: ['lab/tuned'] };
    const models = { 'a/able': { price: 9 } };
    const tools = chosen(models, { needs: { tools: true }, sort: by('price') }, {}, options);
    expect(tools.ids).toBe('a/able lab/tuned');
  });
});

describe('the pool', () => {
  const models = {
    'a/one': { price: 3 },
    'a/one-20260101': { price: 1 },
    'b/two': { price: 2 },
    'b/draws': { price: 0, output: ['image'] as const },
  };

  test('is the chat models of all providers, one id each', () => {
    expect(chosen(models, { sort: by('price') }).ids).toBe('b/two a/one');
  });

  test('models and whole providers limit it; a dated id that is named counts', () => {
    const sort = by('price');
    expect(chosen(models, { models: ['a'], sort }).ids).toBe('a/one');
    expect(chosen(models, { models: ['a/*'], sort }).ids).toBe('a/one');
    expect(chosen(models, { models: ['a/one-20260101', 'b'], sort }).ids).toBe(
      'a/one-20260101 b/two',
    );
  });

  test('the simulated provider counts only where there is no other, or where it is named', () => {
    const all = { ...models, 'sim/echo': { price: 0 } };
    const options = { simulated: ['sim'] };
    expect(chosen(all, { sort: by('price') }, {}, options).ids).toBe('b/two a/one');
    expect(chosen({ 'sim/echo': {} }, {}, {}, options).ids).toBe('sim/echo');
    expect(chosen(all, { models: ['sim'] }, {}, options).ids).toBe('sim/echo');
  });

  test.each([['b'], ['b/two'], ['two']])('ignore %s', (name) => {
    expect(chosen(models, { ignore: [name] }).ids).toBe('a/one');
  });

  test('only what the key allows', () => {
    const allows = (id: string) => id.startsWith('a/');
    expect(chosen(models, { allows }).ids).toBe('a/one');
  });

  test('so many come out and no more', () => {
    const many = Object.fromEntries(
      Array.from({ length: 9 }, (_, place) => [`a/m${place}`, { price: 9 - place }]),
    );
    const { ids } = chosen(many, { sort: by('price') });
    expect(ids.split(' ')).toEqual(['a/m8', 'a/m7', 'a/m6', 'a/m5', 'a/m4']);
    expect(MAX_CANDIDATES).toBe(5);
  });
});

const HELPFUL: OperatorMetric = {
  name: 'helpful',
  direction: 'higher',
  values: { 'a/x': 0.5, y: 0.9 },
  origin: 'config',
};
const RUDE: OperatorMetric = { ...HELPFUL, name: 'rude', direction: 'lower' };

describe('sort', () => {
  test.each<[string, Sample, Sample, string, string]>([
    ['price', { price: 2 }, { price: 1 }, 'lowest', '$0.003 a request'],
    ['cost', { price: 2 }, { price: 1 }, 'lowest', '$0.003 a request'],
    ['latency', { ttftMs: 900 }, { ttftMs: 300 }, 'lowest', '300 ms'],
    ['throughput', { tokensPerS: 50 }, { tokensPerS: 80 }, 'highest', '80 tokens/s'],
    ['intelligence', { intelligence: 40 }, { intelligence: 51.2 }, 'highest', '51.2'],
    ['math', { math: 70 }, { math: 95 }, 'highest', '95.0'],
    ['mathematics', { math: 70 }, { math: 95 }, 'highest', '95.0'],
    ['coding', { coding: 20 }, { coding: 33 }, 'highest', '33.0'],
    ['helpful', {}, {}, 'highest', '0.9'],
  ])('by %s, the better end first', (metric, x, y, superlative, words) => {
    const models = { 'a/x': x, 'a/y': y };
    const options = { operator: [HELPFUL] };
    const { ids, why } = chosen(models, { sort: by(metric) }, {}, options);
    expect(ids).toBe('a/y a/x');
    expect(why).toHaveLength(1);
    expect(why[0]).toStartWith(`auto: 'a/y' has the ${superlative} `);
    expect(why[0]).toContain(`of 2 models (${words}; next 'a/x' `);
    const turned = superlative === 'lowest' ? 'descending' : 'ascending';
    const sort = [{ metric, direction: turned } as const];
    expect(chosen(models, { sort }, {}, options).ids).toBe('a/x a/y');
  });

  test('an operator’s metric whose lower end is better', () => {
    const found = chosen({ 'a/x': {}, 'a/y': {} }, { sort: by('rude') }, {}, { operator: [RUDE] });
    expect(found.ids).toBe('a/x a/y');
  });

  test('what is not known comes last, in both directions', () => {
    const models = { 'a/a': {}, 'a/b': { math: 10 }, 'a/c': { math: 90 } };
    expect(chosen(models, { sort: by('math') }).ids).toBe('a/c a/b a/a');
    const ascending = [{ metric: 'math', direction: 'ascending' } as const];
    expect(chosen(models, { sort: ascending }).ids).toBe('a/b a/c a/a');
  });

  test('a metric nobody knows is named and skipped', () => {
    const models = { 'a/x': { price: 2 }, 'a/y': { price: 1 } };
    const { ids, why } = chosen(models, { sort: by('charm', 'price') });
    expect(ids).toBe('a/y a/x');
    expect(why[0]).toBe('sort by "charm": nothing is known of it');
    expect(why).toHaveLength(2);
    // With none left it is as if nothing had been asked.
    expect(chosen(models, { sort: by('charm') }).ids).toBe(chosen(models).ids);
  });

  test('measured speeds that differ by less than a tenth tie, and the next metric decides', () => {
    const models = {
      'a/x': { ttftMs: 301, price: 2 },
      'a/y': { ttftMs: 305, price: 1 },
      'a/z': { ttftMs: 500, price: 0 },
    };
    const { ids, why } = chosen(models, { sort: by('latency', 'price') });
    expect(ids).toBe('a/y a/x a/z');
    expect(why).toEqual([
      "auto: 'a/y' has the lowest latency of 3 models (305 ms; next 'a/x' is equal in that, price decides: $0.003 a request against $0.006 a request, 100 % more)",
    ]);
  });

  test('scores tie to one decimal, ids decide at the end', () => {
    const models = { 'a/b': { math: 50.04 }, 'a/a': { math: 50.01 } };
    const { ids, why } = chosen(models, { sort: by('math') });
    expect(ids).toBe('a/a a/b');
    expect(why[0]).toContain("next 'a/b' is equal, its id decides");
  });

  test('latency is the live median, and the prior as far as little was measured', () => {
    const models = { 'a/x': { ttftMs: 1000 }, 'a/y': { ttftMs: 600 } };
    const sort = by('latency');
    const once = { speed: speedOf({ ttft: { 'a/x': [200, 1] } }) };
    expect(chosen(models, { sort }, once).ids).toBe('a/y a/x');
    const often = { speed: speedOf({ ttft: { 'a/x': [200, 50] } }) };
    const { ids, why } = chosen(models, { sort }, often);
    expect(ids).toBe('a/x a/y');
    // (50 · 200 + 5 · 1000) / 55
    expect(why[0]).toContain('273 ms');
    const alone = { speed: speedOf({ ttft: { 'a/x': [200, 1] }, rate: { 'a/x': [90, 1] } }) };
    expect(chosen({ 'a/x': {}, 'a/y': {} }, { sort }, alone).why[0]).toContain('(200 ms; ');
    expect(chosen({ 'a/x': {}, 'a/y': {} }, { sort: by('throughput') }, alone).ids).toBe('a/x a/y');
  });

  test('outcomes: measured ones, more is better unless the operator says otherwise', () => {
    const models = { 'a/x': {}, 'a/y': {} };
    const live = { outcomes: outcomesOf({ rude: { 'a/x': [3, 9], 'a/y': [2, 9] } }) };
    expect(chosen(models, { sort: by('rude') }, live).ids).toBe('a/x a/y');
    const operator = [{ ...RUDE, values: { 'a/y': 99 } }];
    expect(chosen(models, { sort: by('rude') }, live, { operator }).ids).toBe('a/y a/x');
  });
});

describe('price', () => {
  test('is that of this request: tiers, and the limit of the answer', () => {
    const tiers = [{ above: 200_000, input: 10, output: 10 }];
    const models = { 'a/tiered': { price: 1, tiers }, 'a/flat': { price: 2 } };
    const at = (needs: Partial<Needs>) => chosen(models, { needs, sort: by('price') });
    expect(at({}).ids).toBe('a/tiered a/flat');
    expect(at({ promptTokens: 200_001 }).ids).toBe('a/flat a/tiered');
    // 1000 in at 1, 10 out at 4 dollars a million
    expect(at({ maxOutput: 10 }).why[0]).toContain('($0.00104 a request;');
  });

  test('is what the gateway will charge for such a request', () => {
    const facts = autoFactsOf({ 'a/x': { price: 1.25 }, 'a/y': { price: 9 } });
    const price = facts.pool.byId.get('a/x')?.candidate.facts?.price ?? null;
    const usage = { ...UNKNOWN_USAGE, input: 1000, output: 500 };
    const why: string[] = [];
    const asked = { allows: () => true, needs: NO_NEEDS, sort: by('price') };
    chooseAuto(asked, facts, {}, why);
    expect(why[0]).toContain(`($${(costNano(price, usage) ?? 0) / 1e9} a request;`);
  });
});

describe('without a sort', () => {
  const models = {
    'a/best': { intelligence: 50, price: 10 },
    'a/near': { intelligence: 45, price: 3 },
    'a/nearer': { intelligence: 47, price: 4 },
    'a/far': { intelligence: 20, price: 0.1 },
    'a/mid': { intelligence: 30, price: 0.2 },
    'a/unknown': { price: 0.01 },
  };

  test('the cheapest of those near the best, then the rest by intelligence', () => {
    const { ids, why } = chosen(models);
    expect(ids).toBe('a/near a/nearer a/best a/mid a/far');
    expect(why).toEqual([
      "auto: 'a/near' is the cheapest of 3 models within 15 % of the best intelligence (its own: 45.0; $0.009 a request; next 'a/nearer' $0.012 a request, 33 % more)",
    ]);
  });

  test('the best is the best of those that can take the request', () => {
    const { ids } = chosen(
      { ...models, 'a/best': { ...models['a/best'], tools: false } },
      {
        needs: { tools: true },
      },
    );
    expect(ids).toBe('a/near a/nearer a/mid a/far a/unknown');
  });

  test('where no intelligence is known, the cheapest', () => {
    expect(chosen({ 'a/x': { price: 2 }, 'a/y': { price: 1 } }).ids).toBe('a/y a/x');
  });
});

describe('health', () => {
  const READY: Standing = {
    state: 'ready',
    forMs: 0,
    admissible: true,
    errorRate: 0,
    degraded: false,
  };
  const OPEN: Standing = { ...READY, state: 'open', forMs: 4000, admissible: false };
  const DEGRADED: Standing = { ...READY, errorRate: 0.4, degraded: true };
  const healthOf = (ill: { readonly [id: string]: Standing }): HealthView => ({
    standing: ({ provider, model }) => ill[`${provider}/${model}`] ?? READY,
  });
  const models = { 'a/x': { price: 1 }, 'a/y': { price: 2 }, 'a/z': { price: 3 } };

  test('who is ill goes last, and it is said', () => {
    const live = { health: healthOf({ 'a/x': OPEN, 'a/y': DEGRADED }) };
    const { ids, why } = chosen(models, { sort: by('price') }, live);
    expect(ids).toBe('a/z a/y a/x');
    expect(why[0]).toBe(
      'for "auto" these go last for now: a/x (failing, tried again in 4 s), a/y (40 % of its calls failed)',
    );
    expect(why[1]).toStartWith("auto: 'a/z' has the lowest price of 1 model (");
  });

  test('without a sort, where the near ones are all ill, the next best is not called near', () => {
    const scored = {
      'a/x': { intelligence: 50 },
      'a/y': { intelligence: 30 },
      'a/z': { intelligence: 20 },
    };
    const { ids, why } = chosen(scored, {}, { health: healthOf({ 'a/x': OPEN }) });
    expect(ids).toBe('a/y a/z a/x');
    expect(why[1]).toStartWith("auto: 'a/y' has the highest intelligence of 2 models (30.0; next ");
  });

  test('who is ill and late in the order is not even named', () => {
    const many = Object.fromEntries(
      Array.from({ length: 7 }, (_, place) => [`a/m${place}`, { price: place }]),
    );
    const live = { health: healthOf({ 'a/m6': OPEN }) };
    const { ids, why } = chosen(many, { sort: by('price') }, live);
    expect(ids).toBe('a/m0 a/m1 a/m2 a/m3 a/m4');
    expect(why).toHaveLength(1);
  });
});

describe('nobody', () => {
  const models = { 'a/x': { tools: false }, 'b/y': { context: 1000 } };

  test.each<[string, Parameters<typeof chosen>, string]>([
    [
      'can take it',
      [models, { needs: { tools: true } }],
      'none of 2 models can take it (what they lack: tools, 1k context). Ask for less, or',
    ],
    ['is left by ignore', [models, { ignore: ['a', 'b'] }], '"ignore" leaves nobody'],
    [
      'is allowed to the key',
      [models, { allows: () => false }],
      'this key may use none of the 2 models it chooses among: name one the key may use in "models", or ask the operator',
    ],
    [
      'is in the pool',
      [models, { models: ['c/z'] }],
      'none of those named in "models" can be used here',
    ],
    ['is configured', [{}], 'no provider with chat models is configured'],
  ])('%s', (_, args, words) => {
    const error = refusalOf(...args);
    expect(error.code).toBe('no_candidate');
    expect(error.details.param).toBe('model');
    expect(error.message).toStartWith('"auto" has no model for this request: ');
    expect(error.message).toContain(words);
  });
});

describe('sortCandidates', () => {
  const facts = autoFactsOf({ 'a/m': { price: 2 }, 'b/m': { price: 1 }, 'c/m': { price: null } });
  const served = facts.pool.entries.map(({ candidate }) => candidate);
  const sorted = (sort: readonly SortBy[]) => {
    const why: string[] = [];
    const found = sortCandidates(served, sort, NO_NEEDS, facts, {}, why);
    return { ids: found.map(({ id }) => id).join(' '), why };
  };

  test('orders those it is given, all of them', () => {
    expect(sorted(by('price'))).toEqual({
      ids: 'b/m a/m c/m',
      why: ["sorted by price: 'b/m' ($0.003 a request; next 'a/m' $0.006 a request, 100 % more)"],
    });
  });

  test('leaves them as they are where nothing is known of what is asked', () => {
    expect(sorted(by('charm'))).toEqual({
      ids: 'a/m b/m c/m',
      why: ['sort by "charm": nothing is known of it'],
    });
  });
});
