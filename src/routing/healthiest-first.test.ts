// Health in plans: behind bare names the ill go last and the plan says so; an order that was asked for stands.
import { describe, expect, test } from 'bun:test';
import type { HealthView, Standing } from '../core/health.ts';
import type { ConfiguredProvider, ProviderKey } from '../core/plan.ts';
import { type PlanRequest, plan } from './plan.ts';
import { sampleRequest, sampleRouting } from './sample-request.ts';

const READY: Standing = {
  state: 'ready',
  forMs: 0,
  admissible: true,
  errorRate: 0,
  degraded: false,
};
const OPEN: Standing = { ...READY, state: 'open', forMs: 4210, admissible: false };
const COOLING: Standing = { ...OPEN, state: 'cooling', forMs: 12_000 };
const PROBED: Standing = { ...OPEN, state: 'probing' };
const PROBE_WANTED: Standing = { ...READY, state: 'probing' };
const DEGRADED: Standing = { ...READY, errorRate: 0.4, degraded: true };

function provider(id: string, labels: readonly string[] = []): [string, ConfiguredProvider] {
  const data = {
    id,
    name: id,
    dialect: 'openai-chat',
    baseUrl: `http://${id}.test/v1`,
    auth: { kind: 'none' },
    env: [],
    quirks: {},
    docs: [],
  } as const;
  const keys: ProviderKey[] = labels.map((label) => ({ label, secret: 's' }));
  return [id, { provider: data, keys, models: ['m', 'n'], region: `${id}-region` }];
}

const FACTS = sampleRouting({
  providers: new Map([provider('a'), provider('b', ['k1', 'k2']), provider('c')]),
});

/** Standings by `provider/key`; others are ready. */
function view(standings: { readonly [target: string]: Standing }): HealthView {
  return {
    standing({ provider: id, model, key, region }) {
      expect(['m', 'n']).toContain(model);
      expect(region).toBe(`${id}-region`);
      return standings[key === null ? id : `${id}/${key}`] ?? READY;
    },
  };
}

function planned(
  standings: Parameters<typeof view>[0],
  options: PlanRequest['options'] = {},
  model = 'm',
) {
  const request = sampleRequest(model, { options });
  const { candidates, why } = plan(request, FACTS, { health: view(standings) });
  return { order: candidates.map(({ id }) => id).join(' '), why };
}

const USUAL = 'a/m b/m c/m';
const servedBy = (order: string) => `"m" is served by ${order}`;

describe('behind a bare name', () => {
  test('all well: the usual order, and no word of health', () => {
    expect(planned({})).toEqual({ order: USUAL, why: [servedBy('a, b, c')] });
    const { candidates } = plan(sampleRequest('m'), FACTS);
    expect(candidates.map(({ id }) => id).join(' ')).toBe(USUAL);
  });

  test.each([
    [OPEN, 'a (failing, tried again in 4.3 s)'],
    [COOLING, 'a (left alone for 12 s)'],
    [PROBED, 'a (failing, another request finds out whether it still does)'],
    [DEGRADED, 'a (40 % of its calls failed)'],
  ])('what is ill goes last, and the plan says so in one sentence', (standing, words) => {
    const { order, why } = planned({ a: standing });
    expect(order).toBe('b/m c/m a/m');
    expect(why).toEqual([`for "m" these go last for now: ${words}`, servedBy('b, c, a')]);
  });

  test('first the ready, then the degraded, then those left alone; among their like in their order', () => {
    expect(planned({ a: OPEN, 'b/k1': DEGRADED, 'b/k2': OPEN }).order).toBe('c/m b/m a/m');
    const all = planned({ a: COOLING, 'b/k1': OPEN, 'b/k2': OPEN, c: OPEN });
    expect(all).toEqual({ order: USUAL, why: [servedBy('a, b, c')] });
  });

  test('one key that is well is enough', () => {
    expect(planned({ 'b/k1': COOLING }).order).toBe(USUAL);
    expect(planned({ 'b/k1': COOLING, 'b/k2': OPEN }).order).toBe('a/m c/m b/m');
  });

  test('one that may be asked whether it is well again keeps its place', () => {
    expect(planned({ a: PROBE_WANTED })).toEqual({ order: USUAL, why: [servedBy('a, b, c')] });
  });

  test('already last: nothing changes and nothing is said', () => {
    expect(planned({ c: OPEN })).toEqual({ order: USUAL, why: [servedBy('a, b, c')] });
  });

  test('a sort is among those that are well', () => {
    const { order, why } = planned({ a: OPEN }, { sort: ['price'] });
    expect(order).toBe('b/m c/m a/m');
    expect(why.join()).toContain('last for now');
  });

  test('nobody is left out, and `ignore` and keys limit it as ever', () => {
    expect(planned({ a: OPEN }, { ignore: ['b'] }).order).toBe('c/m a/m');
  });

  test('with no fallbacks allowed the healthiest is the one', () => {
    expect(planned({ a: OPEN }, { provider: { allow_fallbacks: false } }).order).toBe('b/m');
  });

  test('each name of several by itself: their own order stands', () => {
    expect(planned({ a: OPEN }, { models: ['n', 'c/m'] }).order).toBe('b/m c/m a/m b/n c/n a/n');
  });
});

describe('an order that was asked for stands', () => {
  test.each<[string, PlanRequest['options'], string]>([
    ['provider.order', { provider: { order: ['a', 'c'] } }, 'a/m c/m b/m'],
  ])('%s', (_, options, order) => {
    const { order: found, why } = planned({ a: OPEN }, options);
    expect(found).toBe(order);
    expect(why.join()).not.toContain('last for now');
  });

  test('models', () => {
    expect(planned({ a: OPEN }, { models: ['b/m'] }, 'a/m')).toEqual({
      order: 'a/m b/m',
      why: [],
    });
  });
});
