// Hits and limits: a hit charges no budget and counts as a request, wherever limits are counted; a spent budget does not refuse it.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { Actor } from '../../src/core/actor.ts';
import type { Limits } from '../../src/core/limits.ts';
import type { LogRow } from '../../src/core/log-row.ts';
import { startRedis, type TestRedis } from '../redis.ts';
import { findRedis } from '../redis-programs.ts';
import { type GatewayUnderTest, startGateway, startTwoWires } from './gateway-under-test.ts';
import { onBothEngines } from './log-engines.ts';
import { until } from './until.ts';

const BY: Actor = { via: 'cli', id: 'test' };
const MODEL = 'alpha/echo+tokens=10';
/** Room for some thousand tokens at ten dollars a million. */
const ROOM_NANO = 10_000_000;
const HITS = 1000;
const AT_ONCE = 50;

const redis = await findRedis();
if (typeof redis === 'string') console.log(`redis: NOT RUN: ${redis}`);

await onBothEngines((engine) => {
  const stores =
    engine === 'files' ? (['memory', 'sqlite', 'redis'] as const) : ['sqlite' as const];
  for (const store of stores) {
    const isThere = store !== 'redis' || typeof redis !== 'string';
    (isThere ? describe : describe.skip)(`limits in ${store}`, () => journeys(store));
  }
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
  const nano = (usd: number | null) => Math.round((usd ?? Number.NaN) * 1e9);
  const keyWith = async (budgetNano: number, requestsPerMinute: number) => {
    made += 1;
    const limitsOf = (amountNano: number): Limits => ({
      budgets: [{ amountNano, period: 'total' }],
      rate: { requestsPerMinute, tokensPerMinute: 1_000_000, concurrent: null },
    });
    const { record, secret } = await gateway.gateway.keys.create(
      {
        ...{ name: `key ${made}`, role: 'inference' },
        ...limitsOf(budgetNano),
      },
      BY,
    );
    const ask = async (content: string): Promise<string> => {
      const messages = [{ role: 'user', content }];
      const response = await gateway.post(
        '/v1/chat/completions',
        { model: MODEL, max_tokens: 10, messages },
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
    /** Once what was settled is there, which in a shared store is a moment later. */
    const settled = async () => {
      const cost = (await rows()).reduce((sum, { cost_usd }) => sum + nano(cost_usd), 0);
      await until(async () => (await used()).nano === cost);
      return used();
    };
    const rows = async (): Promise<readonly LogRow[]> =>
      (await gateway.rows()).filter(({ key_id }) => key_id === record.id);
    const narrow = (amountNano: number) =>
      gateway.gateway.keys.update(record.id, limitsOf(amountNano), BY);
    return { ask, used, settled, rows, narrow };
  };

  test(`${HITS} hits leave budget and tokens as they were, and are ${HITS} requests`, async () => {
    const { ask, used, settled } = await keyWith(ROOM_NANO, HITS + 1);
    expect(await ask('Once?')).toBe('false');
    const first = await settled();
    expect(first.nano).toBeGreaterThan(0);
    expect(first.tokens).toBeGreaterThan(0);
    for (let n = 0; n < HITS; n += AT_ONCE) {
      const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => ask('Once?')));
      expect(new Set(answers)).toEqual(new Set(['exact']));
    }
    expect(await ask('Once?')).toBe('rate_limit_exceeded');
    await until(async () => (await used()).requests === HITS + 1);
    expect(await used()).toEqual({ ...first, requests: HITS + 1 });
    expect(gateway.gateway.limits.held).toBe(0);
  }, 60_000);

  test('a spent budget refuses what would cost something, and no hit; overdrawn neither', async () => {
    const { ask, settled, rows, narrow } = await keyWith(ROOM_NANO, 100);
    expect(await ask('First?')).toBe('false');
    const spent = await settled();
    for (const [budget, requests] of [
      [spent.nano ?? 0, 2],
      [(spent.nano ?? 0) - 1, 3],
      [0, 4],
    ] as const) {
      await narrow(budget);
      expect(await ask('Second?')).toBe('budget_exceeded');
      expect(await ask('First?')).toBe('exact');
      expect(await settled()).toEqual({ ...spent, requests });
    }
    const told = (await rows()).map(({ outcome, cache }) => `${outcome} ${cache}`);
    const refusedThenHit = ['error null', 'ok exact'];
    expect(told).toEqual(['ok null', ...[1, 2, 3].flatMap(() => refusedThenHit)]);
  });
}
