// Hits and limits: a hit charges no budget and counts as a request, wherever limits are counted; a spent budget does not refuse it.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { Actor } from '../../src/core/actor.ts';
import type { LogRow } from '../../src/core/log-row.ts';
import { startRedis, type TestRedis } from '../redis.ts';
import { findRedis } from '../redis-programs.ts';
import { type GatewayUnderTest, startGateway, startTwoWires } from './gateway-under-test.ts';
import { onBothEngines, onFiles } from './log-engines.ts';
import { until } from './until.ts';

const BY: Actor = { via: 'cli', id: 'test' };
const MODEL = 'alpha/echo+tokens=10';
/** Ten tokens at ten dollars a million. */
const COST_NANO = 100_000;
const HITS = 1000;
const AT_ONCE = 50;

const redis = await findRedis();
if (typeof redis === 'string') console.log(`redis: NOT RUN: ${redis}`);

await onBothEngines((engine) => {
  const stores = engine === 'files' ? (['memory', 'sqlite', 'redis'] as const) : ['sqlite' as const];
  for (const store of stores) {
    const isThere = store !== 'redis' || typeof redis !== 'string';
    (isThere ? describe : describe.skip)(`limits in ${store}`, () => journeys(store));
  }
  onFiles(engine).test('the stores are told by name', () => {
    expect(stores).toContain('sqlite');
  });
});

function journeys(store: 'memory' | 'sqlite' | 'redis'): void {
  let wires: ReturnType<typeof startTwoWires>;
  let gateway: GatewayUnderTest;
  let server: TestRedis | null = null;
  beforeAll(async () => {
    wires = startTwoWires();
    if (store === 'redis' && typeof redis !== 'string') server = await startRedis(redis);
    const yaml = `${wires.yaml}
  - { id: "${MODEL}", price: { input: 0, output: 10 } }
  - { id: "alpha/echo+tokens=11", price: { input: 0, output: 10 } }
limits: { store: ${store} }
cache: { mode: exact, ttl: 1h }
`;
    gateway = await startGateway(yaml, server === null ? {} : { REDIS_URL: server.url });
  }, 60_000);
  afterAll(async () => {
    await gateway.stop();
    await wires.stop();
    await server?.end();
  });

  let made = 0;
  const keyWith = async (budgetNano: number, requestsPerMinute: number) => {
    made += 1;
    const { record, secret } = await gateway.gateway.keys.create(
      {
        ...{ name: `key ${made}`, role: 'inference' },
        limits: {
          budgets: [{ amountNano: budgetNano, period: 'total' }],
          rate: { requestsPerMinute, tokensPerMinute: 1_000_000, concurrent: null },
        },
      },
      BY,
    );
    const ask = async (content: string, model = MODEL): Promise<string> => {
      const messages = [{ role: 'user', content }];
      const response = await gateway.post(
        '/v1/chat/completions',
        { model, max_tokens: 11, messages },
        { authorization: `Bearer ${secret}` },
      );
      const reply = (await response.json()) as {
        metadata?: { cache_hit: unknown };
        error?: { code: string };
      };
      return reply.error?.code ?? String(reply.metadata?.cache_hit);
    };
    /** Spent, and requests of the last minute. */
    const used = async () => {
      const [readings = []] = await gateway.gateway.limits.readKeys([record]);
      const of = (kind: string) => readings.find(({ meter }) => meter.kind === kind)?.used;
      return { nano: of('budget'), requests: of('requests'), tokens: of('tokens') };
    };
    const usedIs = async (nano: number, requests: number, tokens: number) => {
      // A shared store has what was settled a moment later.
      await until(async () => (await used()).nano === nano && (await used()).tokens === tokens);
      expect(await used()).toEqual({ nano, requests, tokens });
    };
    const rows = async (): Promise<readonly LogRow[]> =>
      (await gateway.rows()).filter(({ key_id }) => key_id === record.id);
    return { ask, usedIs, used, rows };
  };

  test(`${HITS} hits leave budget and tokens as they were, and are ${HITS} requests`, async () => {
    const { ask, used, usedIs } = await keyWith(5 * COST_NANO, HITS + 1);
    expect(await ask('Once?')).toBe('false');
    await until(async () => (await used()).nano === COST_NANO);
    const { tokens = 0 } = await used();
    expect(tokens).toBeGreaterThan(0);
    for (let n = 0; n < HITS; n += AT_ONCE) {
      const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => ask('Once?')));
      expect(new Set(answers)).toEqual(new Set(['exact']));
    }
    expect(await ask('Once?')).toBe('rate_limit_exceeded');
    await usedIs(COST_NANO, HITS + 1, tokens);
    expect(gateway.gateway.limits.held).toBe(0);
  }, 60_000);

  test('a spent budget refuses what would cost something, and no hit; overdrawn neither', async () => {
    // Room for two as they are estimated; the second comes to more.
    const { ask, used, usedIs, rows } = await keyWith(2 * COST_NANO + 20_000, 100);
    expect(await ask('First?')).toBe('false');
    await until(async () => (await used()).nano === COST_NANO);
    expect(await ask('Second?', 'alpha/echo+tokens=11')).toBe('false');
    await until(async () => (await used()).nano === 2 * COST_NANO + 10_000);
    const { tokens = 0 } = await used();
    expect(await ask('Third?')).toBe('budget_exceeded');
    expect(await ask('First?')).toBe('exact');
    expect(await ask('Second?', 'alpha/echo+tokens=11')).toBe('exact');
    await usedIs(2 * COST_NANO + 10_000, 4, tokens);
    const told = (await rows()).map(({ outcome, cache, cost_usd }) => [outcome, cache, cost_usd]);
    expect(told).toEqual([
      ['ok', null, 0.0001],
      ['ok', null, 0.00011],
      ['error', null, 0],
      ['ok', 'exact', 0],
      ['ok', 'exact', 0],
    ]);
  });
}
