// What thousands of keys took, read from Redis: a few at a time, so that nothing else waits for all of it.
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { startRedis, type TestRedis } from '../../../../test/redis.ts';
import { findRedis } from '../../../../test/redis-programs.ts';
import { NO_LIMITS } from '../../../core/limits.ts';
import { Limiter } from '../../limiter.ts';
import type { Meter } from '../meter.ts';
import { openRedisMeters } from './redis-meters.ts';

setDefaultTimeout(60_000);

const program = await findRedis();
if (typeof program === 'string') console.log(`redis: NOT RUN: ${program}`);

const KEYS = 2000;
/** Of each. */
const LIMITS = {
  budgets: [{ amountNano: 100, period: 'day' as const }],
  rate: { requestsPerMinute: 9, tokensPerMinute: 9, concurrent: 9 },
};
const METERS = 4;
const IN_A_SCRIPT = 100;
const passing: Meter = {
  id: 'key:passes/requests',
  kind: 'requests',
  limit: 1e6,
  period: null,
  of: { what: 'key', name: 'passes' },
};

describe.skipIf(typeof program === 'string')('many keys', () => {
  let server: TestRedis;
  beforeAll(async () => {
    if (typeof program === 'string') throw new Error(program);
    server = await startRedis(program, ['--appendonly', 'no']);
  });
  afterAll(() => server.end());

  async function scriptsRun(): Promise<number> {
    const stats = String(await server.run('INFO', 'commandstats'));
    return Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1]);
  }

  test('are read a few at a time, and requests pass in between', async () => {
    const shared = { onStoreFailure: 'refuse', answerMs: 5000, log: () => {} } as const;
    const store = openRedisMeters({ url: server.url, ...shared });
    const limiter = new Limiter({ store, everyUser: () => null, userLimits: () => null });
    const keys = Array.from({ length: KEYS }, (_, nth) => ({
      ...{ id: `many-${nth}`, name: 'k', limits: LIMITS, userLimits: NO_LIMITS },
    }));
    await store.read([passing], Date.now());
    const before = await scriptsRun();
    let isRead = false;
    const reading = limiter.readKeys(keys).then((all) => {
      isRead = true;
      return all;
    });
    let passed = 0;
    while (!isRead) {
      const room = await store.hold([passing], { nano: 0, tokens: 0 }, Date.now());
      if ('settle' in room) passed += 1;
    }
    expect(passed).toBeGreaterThan(20);
    const all = await reading;
    expect(all.map((readings) => readings.length)).toEqual(keys.map(() => METERS));
    expect(all.at(-1)?.[0]?.meter.id).toBe(`key:many-${KEYS - 1}/budget/day`);
    // Nothing else runs beside a script: none reads more than so many.
    expect((await scriptsRun()) - before - passed).toBe((KEYS * METERS) / IN_A_SCRIPT);
    await store.close();
  });
});
