// Redis hangs, dies, is not there yet, or will not have us: limits go on, and what was taken is counted once.
import {
  afterAll,
  afterEach,
  beforeAll,
  describe,
  expect,
  setDefaultTimeout,
  test,
} from 'bun:test';
import { until } from '../../../../test/journeys/until.ts';
import { freePort, startRedis, type TestRedis } from '../../../../test/redis.ts';
import { findRedis } from '../../../../test/redis-programs.ts';
import { GatewayError } from '../../../core/errors.ts';
import type { Meter, Refusal, Reservation } from '../meter.ts';
import { openRedisMeters, type RedisMeters, type RedisMetersOptions } from './redis-meters.ts';

setDefaultTimeout(60_000);

const program = await findRedis();
if (typeof program === 'string') console.log(`redis: NOT RUN: ${program}`);

const of = { what: 'key', name: 'k' } as const;
const budget = (limit: number, id: string): Meter => ({
  id: `key:${id}/budget/total`,
  kind: 'budget',
  limit,
  period: 'total',
  of,
});
const rate = (limit: number, id: string): Meter => ({
  id: `key:${id}/requests`,
  kind: 'requests',
  limit,
  period: null,
  of,
});
const isIn = (answer: Reservation | Refusal): answer is Reservation => 'settle' in answer;
const DEMAND = { nano: 10, tokens: 0 };
/** Longer than it waits between two attempts to connect. */
const BACK_MS = 10_000;
const ROUNDS = 3;

describe.skipIf(typeof program === 'string')('while Redis is away', () => {
  let server: TestRedis;
  let opened: RedisMeters[] = [];
  let said: string[] = [];
  const start = (settings: readonly string[] = []) => {
    if (typeof program === 'string') throw new Error(program);
    return startRedis(program, settings);
  };
  beforeAll(async () => {
    server = await start();
  });
  afterEach(async () => {
    await Promise.all(opened.map((store) => store.close()));
    opened = [];
    said = [];
  });
  afterAll(() => server.end());

  function open(options: Partial<RedisMetersOptions> = {}): RedisMeters {
    const log = (level: string, message: string) => said.push(`${level} ${message}`);
    const store = openRedisMeters({ url: server.url, log, onStoreFailure: 'local', ...options });
    opened.push(store);
    return store;
  }
  const spentOf = (meter: Meter) => server.run('GET', `switchyard:{limits}:spent:${meter.id}@0`);

  test('it hangs: one request waits for the time limit, then limits go by what was last known', async () => {
    const store = open({ answerMs: 250 });
    const money = budget(100, 'hangs');
    const before = await store.hold([money], DEMAND, Date.now());
    if (isIn(before)) before.settle({ nano: 50, tokens: null });
    await until(async () => (await store.read([money], Date.now()))[0]?.used === 50);
    server.freeze();
    try {
      const began = performance.now();
      const waited = await store.hold([money], DEMAND, Date.now());
      expect(performance.now() - began).toBeLessThan(2000);
      expect(isIn(waited)).toBe(true);
      // From here on nothing waits: the answer is there at once.
      const four = [1, 2, 3, 4].map(() => store.hold([money], DEMAND, Date.now()));
      expect(four.some((answer) => answer instanceof Promise)).toBe(false);
      const fifth = await store.hold([money], DEMAND, Date.now());
      expect(isIn(fifth) ? null : fifth.refused).toMatchObject({ used: 50, held: 50 });
      expect(store.trouble).toBe('Redis: it did not answer within 250 ms');
      for (const room of [waited, ...(await Promise.all(four))])
        if (isIn(room)) room.settle({ nano: 9, tokens: null });
      expect((await store.read([money], Date.now()))[0]).toMatchObject({ used: 95, held: 0 });
    } finally {
      server.thaw();
    }
    await until(() => store.trouble === null, BACK_MS);
    await until(async () => (await spentOf(money)) === '95', BACK_MS);
    expect((await store.read([money], Date.now()))[0]).toMatchObject({ used: 95, held: 0 });
    expect(said).toEqual([
      'warn limits are not shared: Redis: it did not answer within 250 ms; each replica goes by what it last knew until it is back',
      'info Redis is back: limits are shared by all replicas again',
    ]);
    expect(store.figures).toEqual({ losses: 1, alone: 6, unwritten: 0, dropped: 0, isAway: false });
  });

  test('requests let in meanwhile count towards everybody when it is back', async () => {
    const [store, other] = [open(), open()];
    const perMinute = rate(5, 'meanwhile');
    for (let nth = 0; nth < 2; nth += 1) await store.hold([perMinute], DEMAND, Date.now());
    await server.kill();
    const answers = [];
    for (let nth = 0; nth < 5; nth += 1)
      answers.push(isIn(await store.hold([perMinute], DEMAND, Date.now())));
    expect(answers).toEqual([true, true, true, false, false]);
    await server.start();
    await until(() => store.trouble === null && other.trouble === null, BACK_MS);
    await until(async () => (await other.read([perMinute], Date.now()))[0]?.used === 5, BACK_MS);
    expect(isIn(await other.hold([perMinute], DEMAND, Date.now()))).toBe(false);
  });

  test('set to refuse, it says so, and says when to come again', async () => {
    const store = open({ onStoreFailure: 'refuse' });
    const money = budget(100, 'refuse');
    const room = await store.hold([money], DEMAND, Date.now());
    await server.kill();
    await until(() => store.trouble !== null, BACK_MS);
    const error = await (async () => store.hold([money], DEMAND, Date.now()))().then(
      () => null,
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof GatewayError)) throw new Error('It was to be refused.');
    expect([error.code, error.status, error.details.retryAfterS]).toEqual([
      'limits_unavailable',
      503,
      1,
    ]);
    if (isIn(room)) room.settle({ nano: 7, tokens: null });
    await server.start();
    await until(() => store.trouble === null, BACK_MS);
    await until(async () => (await spentOf(money)) === '7', BACK_MS);
    expect(isIn(await store.hold([money], DEMAND, Date.now()))).toBe(true);
    expect(said.map((line) => line.split(' ')[0])).toEqual(['warn', 'info']);
  });

  test('it is not there yet: the gateway starts, and connects when it comes', async () => {
    await server.kill();
    const store = open();
    const money = budget(15, 'starts');
    const room = await store.hold([money], DEMAND, Date.now());
    expect(isIn(room)).toBe(true);
    await until(() => store.trouble === 'Redis: nothing listens at that address', BACK_MS);
    expect(isIn(await store.hold([money], DEMAND, Date.now()))).toBe(false);
    await server.start();
    await until(() => store.trouble === null, BACK_MS);
    // What is under way since before is held there too.
    const other = open();
    expect((await other.read([money], Date.now()))[0]).toMatchObject({ used: 0, held: 10 });
    if (isIn(room)) room.settle({ nano: 10, tokens: null });
    await until(async () => (await spentOf(money)) === '10', BACK_MS);
  });

  test('the operator is told why it will not have us', async () => {
    const locked = await start(['--requirepass', 'right']);
    try {
      const at = `127.0.0.1:${locked.port}`;
      const troubles: [string, RegExp | null][] = [
        [`redis://${at}`, /^Redis: it answered "NOAUTH /],
        [`redis://:wr%3Fong@${at}`, /^Redis: it answered "WRONGPASS /],
        [
          `rediss://:right@${at}`,
          /^Redis: (the connection failed|it closed the connection|it did not answer)/,
        ],
        // Whatever the client makes of it, it is no code of a character.
        [`redis://:100%@${at}`, /^Redis: .*write it as %25$/],
        [`redis://:right@${at}/wr.ong`, /^Redis: it cannot be reached by the address .* database$/],
        [`redis://:right@${at}`, null],
        [`redis://default:right@${at}/3`, null],
      ];
      for (const [url, expected] of troubles) {
        const store = open({ url });
        const answer = await store.hold([budget(10, 'told')], DEMAND, Date.now());
        // Never an error of the caller's.
        expect([url, isIn(answer)]).toEqual([url, true]);
        if (expected === null) expect(store.trouble).toBeNull();
        else {
          await until(() => store.trouble !== null, BACK_MS);
          expect(store.trouble).toMatch(expected);
        }
        if (isIn(answer)) answer.settle({ nano: 0, tokens: null });
        await store.close();
      }
      expect(said.join('\n')).not.toMatch(/right|wr.{1,3}ong/);
    } finally {
      await locked.end();
    }
    for (const url of ['http://127.0.0.1:6379', 'localhost:6379', ''])
      expect(() => open({ url })).toThrow('REDIS_URL names no server');
  });

  test('a read-only replica of Redis is no place to count', async () => {
    const readOnly = await start(['--replicaof', `127.0.0.1 ${await freePort()}`]);
    try {
      const store = open({ url: readOnly.url });
      expect(isIn(await store.hold([budget(10, 'only')], DEMAND, Date.now()))).toBe(true);
      expect(store.trouble).toMatch(/READONLY|MASTERDOWN/);
      await readOnly.run('REPLICAOF', 'NO', 'ONE');
      await until(() => store.trouble === null, BACK_MS);
    } finally {
      await readOnly.end();
    }
  });

  test('in a cluster the node that has our slot is found', async () => {
    const cluster = ['--cluster-enabled', 'yes', '--appendonly', 'no'];
    const [has, hasNot] = [await start(cluster), await start(cluster)];
    try {
      await has.run('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
      await has.run('CLUSTER', 'MEET', '127.0.0.1', String(hasNot.port));
      const isUp = async () =>
        String(await hasNot.run('CLUSTER', 'INFO')).includes('cluster_state:ok');
      await until(isUp, 30_000);
      const store = open({ url: hasNot.url });
      const money = budget(20, 'cluster');
      const answers = [1, 2, 3].map(() => store.hold([money], DEMAND, Date.now()));
      expect((await Promise.all(answers)).map(isIn)).toEqual([true, true, false]);
      expect(await has.run('EXISTS', `switchyard:{limits}:held:${money.id}@0`)).toBe(1);
      expect(said).toEqual([]);
    } finally {
      await has.end();
      await hasNot.end();
    }
  });

  test('killed, hung and emptied of scripts under load: what was taken is there once, and nothing is held', async () => {
    const quick = { answerMs: 250 };
    const stores = [open(quick), open(quick), open(quick)];
    const meters = [1, 2, 3].map((nth) => budget(Number.MAX_SAFE_INTEGER, `load${nth}`));
    const taken = [0, 0, 0];
    let isOn = true;
    // Each with one request at a time, some of them long.
    const callers = Array.from({ length: 30 }, async (_, nth) => {
      const store = stores[nth % 3];
      const money = meters[nth % meters.length];
      if (store === undefined || money === undefined) return;
      for (let turn = 0; isOn; turn += 1) {
        const room = await store.hold([money], DEMAND, Date.now());
        if (!isIn(room)) throw new Error('There is room.');
        await Bun.sleep(turn % 10 === 0 ? 40 : 1);
        const nano = 1 + ((turn * 7 + nth) % 13);
        taken[nth % 3] = (taken[nth % 3] ?? 0) + nano;
        room.settle({ nano, tokens: null });
      }
    });
    for (let round = 0; round < ROUNDS; round += 1) {
      await Bun.sleep(150);
      server.freeze();
      await Bun.sleep(450);
      server.thaw();
      await Bun.sleep(150);
      await server.run('SCRIPT', 'FLUSH').catch(() => null);
      await server.kill();
      await Bun.sleep(100);
      await server.start();
      await until(() => stores.every((store) => store.trouble === null), BACK_MS);
    }
    isOn = false;
    await Promise.all(callers);
    await until(() => stores.every(({ trouble }) => trouble === null), BACK_MS);
    await until(() => stores.every(({ figures }) => figures.unwritten === 0), BACK_MS);
    const [store] = stores;
    expect(await Promise.all(meters.map(spentOf))).toEqual(taken.map(String));
    // A name that was given up in the middle lapses with its lease.
    const heldNow = async () => (await store?.read(meters, Date.now()))?.map(({ held }) => held);
    await until(async () => (await heldNow())?.every((held) => held === 0) === true, 20_000);
    expect(stores.map(({ held }) => held)).toEqual([0, 0, 0]);
    for (const { figures } of stores) expect(figures.losses).toBeGreaterThanOrEqual(ROUNDS);
  });
});
