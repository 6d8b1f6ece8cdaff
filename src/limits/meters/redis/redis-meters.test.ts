// Limits that replicas share, on every server of the kind that is to be had here.
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { until } from '../../../../test/journeys/until.ts';
import { startRedis, type TestRedis } from '../../../../test/redis.ts';
import { findAllRedis } from '../../../../test/redis-programs.ts';
import type { BudgetPeriod } from '../../../core/limits.ts';
import type { Meter, MeterKind, Refusal, Reservation } from '../meter.ts';
import { openRedisMeters, type RedisMeters, type RedisMetersOptions } from './redis-meters.ts';

setDefaultTimeout(60_000);

const programs = await findAllRedis();
if (programs.length === 0) console.log('redis: NOT RUN: no server here, and none could be fetched');

/** Of a lease of a second and a half, however busy the machine is; far less than it lives without its end being looked at. */
const LEASE_OVER_MS = 20_000;
const NOON = Date.UTC(2031, 4, 14, 12);
const DAY_MS = 86_400_000;

function meter(kind: MeterKind, limit: number, id = 'key:k', period?: BudgetPeriod): Meter {
  const one = period ?? (kind === 'budget' ? 'day' : null);
  return { id: `${id}/${kind}/${one}`, kind, limit, period: one, of: { what: 'key', name: 'k' } };
}

const isIn = (answer: Reservation | Refusal): answer is Reservation => 'settle' in answer;

for (const program of programs)
  describe(program.name, () => {
    let server: TestRedis;
    const opened: RedisMeters[] = [];
    const said: string[] = [];
    let now = NOON;

    beforeAll(async () => {
      server = await startRedis(program, ['--appendonly', 'no']);
    });
    afterAll(async () => {
      await Promise.all(opened.map((store) => store.close()));
      await server.end();
    });

    /** A replica. */
    function open(options: Partial<RedisMetersOptions> = {}): RedisMeters {
      const log = (level: string, message: string) => said.push(`${level} ${message}`);
      // However busy the machine is: what happens when it is not in time is another file's.
      const patient = { answerMs: 5000, onStoreFailure: 'local' } as const;
      const store = openRedisMeters({ url: server.url, log, ...patient, ...options });
      opened.push(store);
      return store;
    }

    const usedOf = async (store: RedisMeters, one: Meter) => {
      const [reading] = await store.read([one], now);
      return reading === undefined ? null : { used: reading.used, held: reading.held };
    };

    test('of 1,000 at once over three replicas, a budget for 100 lets 100 in', async () => {
      const replicas = [open(), open(), open()];
      const budget = meter('budget', 1000, 'key:thousand');
      const demand = { nano: 10, tokens: 0 };
      const at = Date.now();
      const answers = await Promise.all(
        Array.from({ length: 1000 }, (_, nth) => replicas[nth % 3]?.hold([budget], demand, at)),
      );
      const rooms = answers.filter((one) => one !== undefined && isIn(one));
      expect(rooms).toHaveLength(100);
      for (const room of rooms)
        if (room !== undefined && isIn(room)) room.settle({ nano: 10, tokens: null });
      const [first] = replicas;
      if (first === undefined) throw new Error('There is no replica.');
      await until(async () => {
        const [reading] = await first.read([budget], at);
        return reading?.used === 1000 && reading.held === 0;
      });
      expect(replicas.map(({ held, trouble }) => ({ held, trouble }))).toEqual(
        replicas.map(() => ({ held: 0, trouble: null })),
      );
    });

    test('all meters or none', async () => {
      const store = open();
      const wide = meter('budget', 1000, 'key:none');
      const narrow = meter('concurrent', 1, 'key:none');
      const one = await store.hold([wide, narrow], { nano: 10, tokens: 0 }, Date.now());
      const other = await store.hold([wide, narrow], { nano: 10, tokens: 0 }, Date.now());
      if (isIn(other) || !isIn(one)) throw new Error('The second was to be refused.');
      expect({ refused: other.refused.meter.kind, opensAt: other.opensAt }).toEqual({
        refused: 'concurrent',
        opensAt: null,
      });
      expect((await store.read([wide], Date.now()))[0]).toMatchObject({ used: 0, held: 10 });
      one.settle({ nano: 3, tokens: null });
      one.settle({ nano: 3, tokens: null });
      await until(async () => (await store.read([wide], Date.now()))[0]?.used === 3);
      expect((await store.read([wide, narrow], Date.now())).map(({ held }) => held)).toEqual([
        0, 0,
      ]);
    });

    test('what fits to the last billionth fits, and no more', async () => {
      now = NOON;
      const store = open({ now: () => now });
      for (const [nano, fits] of [
        [99, true],
        [100, true],
        [101, false],
      ] as const) {
        const answer = await store.hold(
          [meter('budget', 100, `key:edge${nano}`)],
          { nano, tokens: 0 },
          now,
        );
        expect([nano, isIn(answer)]).toEqual([nano, fits]);
        // More than the whole budget: no waiting helps.
        if (!isIn(answer)) expect(answer.opensAt).toBeNull();
      }
    });

    test('requests slide: room again sixty seconds after the second they came in', async () => {
      now = NOON;
      const store = open({ now: () => now });
      const rate = meter('requests', 2, 'key:slide');
      const ask = () => store.hold([rate], { nano: 0, tokens: 0 }, now);
      expect(isIn(await ask())).toBe(true);
      now = NOON + 10_900;
      const second = await ask();
      if (!isIn(second)) throw new Error('The second fits.');
      expect(second.readings[0]).toMatchObject({ used: 2, held: 0, resetsAt: NOON + 71_000 });
      const third = await ask();
      expect(isIn(third) ? null : third.opensAt).toBe(NOON + 61_000);
      now = NOON + 60_999;
      expect(isIn(await ask())).toBe(false);
      now = NOON + 61_000;
      expect(isIn(await ask())).toBe(true);
      expect(isIn(await ask())).toBe(false);
    });

    test('tokens are held as expected and counted as they were', async () => {
      now = NOON;
      const store = open({ now: () => now });
      const rate = meter('tokens', 100, 'key:tokens');
      const room = await store.hold([rate], { nano: 0, tokens: 80 }, now);
      const over = await store.hold([rate], { nano: 0, tokens: 30 }, now);
      // Nobody knows when the first will be over.
      expect(isIn(over) ? 'in' : over.opensAt).toBeNull();
      if (isIn(room)) room.settle({ nano: null, tokens: 60 });
      await until(async () => (await usedOf(store, rate))?.used === 60);
      expect(isIn(await store.hold([rate], { nano: 0, tokens: 41 }, now))).toBe(false);
      const fits = await store.hold([rate], { nano: 0, tokens: 40 }, now);
      // Not known what it took: what was expected.
      if (isIn(fits)) fits.settle({ nano: null, tokens: null });
      await until(async () => (await usedOf(store, rate))?.used === 100);
      expect(await usedOf(store, rate)).toEqual({ used: 100, held: 0 });
    });

    test('a period begins with nothing spent; what began before counts before', async () => {
      now = Date.UTC(2031, 4, 31, 23, 59, 59);
      const store = open({ now: () => now });
      const periods = (['day', 'week', 'month', 'total'] as const).map((period) =>
        meter('budget', 100, 'key:periods', period),
      );
      const room = await store.hold(periods, { nano: 90, tokens: 0 }, now);
      const full = await store.hold(periods, { nano: 20, tokens: 0 }, now);
      expect(isIn(full) ? null : full.opensAt).toBe(Date.UTC(2031, 5, 1));
      now += 1000;
      // 2031-06-01 is a Sunday: the week is the same.
      if (isIn(room)) room.settle({ nano: 50, tokens: null });
      await until(async () => (await store.read(periods, now))[3]?.used === 50);
      const used = (await store.read(periods, now)).map((reading) => reading.used);
      expect(used).toEqual([0, 50, 0, 50]);
      now += DAY_MS;
      expect((await store.read(periods, now)).map((reading) => reading.used)).toEqual([
        0, 0, 0, 50,
      ]);
    });

    test('everything it writes goes by itself, but what is spent for good', async () => {
      await server.run('FLUSHALL');
      const store = open();
      const all = [
        meter('budget', 1e9, 'key:ttl', 'month'),
        meter('budget', 1e9, 'key:ttl', 'total'),
        meter('requests', 10, 'key:ttl'),
        meter('tokens', 1e6, 'key:ttl'),
        meter('concurrent', 10, 'key:ttl'),
      ];
      const rooms = [];
      for (let nth = 0; nth < 2; nth += 1)
        rooms.push(await store.hold(all, { nano: 7, tokens: 5 }, Date.now()));
      const [room] = rooms;
      if (room !== undefined && isIn(room)) room.settle({ nano: 7, tokens: 5 });
      await until(async () => (await store.read(all, Date.now()))[0]?.used === 7);
      const keys = (await server.run('KEYS', '*')) as string[];
      const forGood = [];
      for (const key of keys) if ((await server.run('PTTL', key)) === -1) forGood.push(key);
      expect(keys.length).toBeGreaterThan(7);
      expect(forGood).toEqual(['switchyard:{limits}:spent:key:ttl/budget/total@0']);
      expect(keys.every((key) => key.startsWith('switchyard:{limits}:'))).toBe(true);
    });

    test('more than nine million dollars is counted to the billionth', async () => {
      const store = open();
      const huge = meter('budget', Number.MAX_SAFE_INTEGER, 'key:huge', 'total');
      for (const nano of [Number.MAX_SAFE_INTEGER - 1, 1]) {
        const room = await store.hold([huge], { nano: 1, tokens: 0 }, Date.now());
        if (isIn(room)) room.settle({ nano, tokens: null });
        await until(() => store.figures.unwritten === 0);
      }
      const more = await store.hold([huge], { nano: 1, tokens: 0 }, Date.now());
      expect(isIn(more)).toBe(false);
      expect(await server.run('GET', 'switchyard:{limits}:spent:key:huge/budget/total@0')).toBe(
        String(Number.MAX_SAFE_INTEGER),
      );
    });

    test('what a killed replica held is room again when its lease is over, and not before', async () => {
      const leaseMs = 1500;
      const store = open({ leaseMs });
      const few = meter('concurrent', 2, 'key:killed');
      const child = Bun.spawn(
        [
          process.execPath,
          `${import.meta.dir}/../../../../test/redis-kill-child.ts`,
          server.url,
          JSON.stringify(few),
        ],
        { stdout: 'pipe', stderr: 'inherit', env: { ...process.env, LEASE_MS: String(leaseMs) } },
      );
      const { value } = await child.stdout.getReader().read();
      expect(new TextDecoder().decode(value)).toBe('held\n');
      const full = await store.hold([few], { nano: 0, tokens: 0 }, Date.now());
      expect(isIn(full)).toBe(false);
      // It renews: longer than a lease, nothing changes.
      await Bun.sleep(leaseMs * 1.3);
      expect((await store.read([few], Date.now()))[0]?.held).toBe(2);
      child.kill('SIGKILL');
      await child.exited;
      const isFree = async () => (await store.read([few], Date.now()))[0]?.held === 0;
      await until(isFree, LEASE_OVER_MS);
      expect(isIn(await store.hold([few], { nano: 0, tokens: 0 }, Date.now()))).toBe(true);
    });

    test('a replica that was given up for dead takes back what its requests hold', async () => {
      const [one, other] = [open(), open()];
      const few = meter('concurrent', 3, 'key:back');
      const held = await one.hold([few], { nano: 0, tokens: 0 }, Date.now());
      await server.run('DEL', 'switchyard:{limits}:owners');
      // Whoever meets what it held drops it.
      expect((await other.read([few], Date.now()))[0]?.held).toBe(0);
      const more = await one.hold([few], { nano: 0, tokens: 0 }, Date.now());
      expect(isIn(more)).toBe(true);
      expect((await other.read([few], Date.now()))[0]?.held).toBe(2);
      if (isIn(held)) held.settle({ nano: null, tokens: null });
      if (isIn(more)) more.settle({ nano: null, tokens: null });
      await until(async () => (await other.read([few], Date.now()))[0]?.held === 0);
    });

    test('a replica that stops lets go at once', async () => {
      const [one, other] = [open(), open()];
      const few = meter('concurrent', 1, 'key:stops');
      await one.hold([few], { nano: 0, tokens: 0 }, Date.now());
      expect(isIn(await other.hold([few], { nano: 0, tokens: 0 }, Date.now()))).toBe(false);
      await one.close();
      expect(isIn(await other.hold([few], { nano: 0, tokens: 0 }, Date.now()))).toBe(true);
    });

    test('scripts that Redis forgot are told again, and an emptied Redis is gone on with', async () => {
      const store = open();
      const budget = meter('budget', 100, 'key:flushed', 'total');
      const ask = () => store.hold([budget], { nano: 10, tokens: 0 }, Date.now());
      const first = await ask();
      await server.run('SCRIPT', 'FLUSH');
      const second = await ask();
      if (isIn(second)) second.settle({ nano: 10, tokens: null });
      await until(async () => (await store.read([budget], Date.now()))[0]?.used === 10);
      await server.run('FLUSHALL');
      // What was spent before is lost; what is under way is told anew with the next request.
      expect(isIn(await ask())).toBe(true);
      expect((await store.read([budget], Date.now()))[0]).toMatchObject({ used: 0, held: 20 });
      if (isIn(first)) first.settle({ nano: 4, tokens: null });
      await until(async () => (await store.read([budget], Date.now()))[0]?.used === 4);
      expect(store.trouble).toBeNull();
    });

    test('Redis had nothing to complain of', () => {
      expect(said).toEqual([]);
    });
  });
