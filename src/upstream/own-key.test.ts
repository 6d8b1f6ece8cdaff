// Callers' own keys beside the operator's: what is remembered of one says nothing of another, whatever they are called.
import { describe, expect, test } from 'bun:test';
import { GatewayError } from '../core/errors.ts';
import { healthTarget } from '../core/health.ts';
import type { Candidate, ProviderKey } from '../core/plan.ts';
import type { Provider } from '../core/provider.ts';
import { Abort } from '../lib/abort.ts';
import { Health } from './health/health.ts';
import { healthSettings } from './health/settings.ts';
import { keysFor } from './keys.ts';
import { Load } from './load.ts';
import { FailureScope } from './scope.ts';

const PROVIDER: Provider = {
  id: 'p',
  name: 'P',
  dialect: 'openai-chat',
  baseUrl: 'http://p.example/v1',
  auth: { kind: 'bearer' },
  env: [],
  quirks: {},
  docs: [],
};
const OPERATORS: ProviderKey = { label: 'key-1', secret: 'operator' };
const own = (id: string): ProviderKey => ({ label: 'own', own: id, secret: `sk-${id}` });
const candidateWith = (...keys: readonly ProviderKey[]): Candidate => ({
  id: 'p/m',
  configured: { provider: PROVIDER, keys, models: [], region: null },
  model: 'm',
  facts: null,
});

describe('health', () => {
  const open = (maxTargets?: number) =>
    new Health({ now: () => 1000, chance: () => 0, settings: () => healthSettings() }, maxTargets);
  const targetOf = (key: ProviderKey) => healthTarget(candidateWith(key), key);
  const fail = (health: Health, key: ProviderKey, code: 'upstream_auth' | 'upstream_error') =>
    health.began(targetOf(key)).ended({
      ...{ error: new GatewayError(code, 'no'), counts: true },
      ...{ promptTokens: null, outputTokens: null, streamMs: null },
    });

  test('of one caller’s key is nobody else’s, nor the provider’s', () => {
    const health = open();
    for (let round = 0; round < 20; round++) {
      fail(health, own('a'), 'upstream_error');
      fail(health, own('b'), 'upstream_auth');
    }
    expect(
      [own('a'), own('b'), own('c'), OPERATORS].map((key) => health.admits(targetOf(key))),
    ).toEqual([false, false, true, true]);
    expect(health.standing(targetOf(OPERATORS))).toMatchObject({ state: 'ready', errorRate: null });
    expect(health.report()).toEqual([]);
  });

  test('of the operator’s is not the callers’', () => {
    const health = open();
    for (let round = 0; round < 20; round++) fail(health, OPERATORS, 'upstream_error');
    expect([OPERATORS, own('a')].map((key) => health.admits(targetOf(key)))).toEqual([false, true]);
  });

  test('of any number of brought keys pushes nothing of the operator’s out', () => {
    const health = open(10);
    for (let round = 0; round < 20; round++) fail(health, OPERATORS, 'upstream_error');
    for (let at = 0; at < 500; at++) fail(health, own(`k${at}`), 'upstream_auth');
    expect(health.admits(targetOf(OPERATORS))).toBe(false);
    expect(health.report()).toHaveLength(1);
  });
});

test('a refusal of one own key rules out no other of the same label', () => {
  const scope = new FailureScope();
  const candidate = candidateWith(own('a'), own('b'), OPERATORS);
  scope.add(new GatewayError('upstream_auth', 'no'), candidate, own('a'));
  const allowed = [own('a'), own('b'), OPERATORS].map((key) => scope.allows(candidate, key));
  expect(allowed).toEqual([false, true, true]);
});

test('each has a load of its own, and all have the provider’s', () => {
  const lane = new Load().of('p');
  const abort = new Abort<GatewayError>();
  for (const key of [own('a'), own('a'), own('b')])
    expect(lane.enter(PROVIDER, key, null, abort)).toBeNull();
  const loads = [own('a'), own('b'), own('c'), OPERATORS].map((key) => lane.requests(key));
  expect([loads, lane.running]).toEqual([[2, 1, 0, 0], 3]);
  for (const key of [own('a'), own('b'), own('a')]) lane.leave(key);
  expect([lane.requests(own('a')), lane.running]).toEqual([0, 0]);
});

test('own keys are asked before the operator’s, a spare one too', () => {
  const pool: readonly ProviderKey[] = [
    { ...own('a'), weight: 1 },
    { ...own('spare'), weight: 0 },
    OPERATORS,
    { label: 'key-2', secret: 'operator-2', weight: 9 },
  ];
  for (let user = 0; user < 50; user++) {
    const order = keysFor(pool, `user-${user}`, () => '', new Load().of('p'));
    expect(order.slice(0, 2)).toEqual(pool.slice(0, 2));
    expect(new Set(order.slice(2))).toEqual(new Set(pool.slice(2)));
  }
});

test('the operator’s only key is that also behind a caller’s', () => {
  const only = (...keys: readonly ProviderKey[]) =>
    healthTarget(candidateWith(...keys), OPERATORS).onlyKey;
  const second = { ...OPERATORS, label: 'key-2' };
  expect([only(OPERATORS), only(own('a'), OPERATORS)]).toEqual([true, true]);
  expect([only(OPERATORS, second), only(own('a'), OPERATORS, second)]).toEqual([false, false]);
});
