// What SQLite keeps of meters: spend that outlives its process however it ends, seen by others, and what becomes of a broken file.
import { Database } from 'bun:sqlite';
import { afterEach, beforeEach, expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../../../test/journeys/until.ts';
import type { Log } from '../../lib/log.ts';
import { anywhereMeters } from './caller-meters.ts';
import type { Meter, MeterStore, Reservation } from './meter.ts';
import { openSqliteMeters, type SqliteMetersOptions } from './sqlite-meters.ts';

const NOON = Date.UTC(2026, 10, 25, 12);
const DAY = 86_400_000;

let dir: string;
let now: number;
let lines: string[];
const open: MeterStore[] = [];
const log: Log = (level, message) => void lines.push(`${level} ${message}`);
// Longer than anything here is waited for.
setDefaultTimeout(60_000);

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'switchyard-spend-'));
  now = NOON;
  lines = [];
});
afterEach(async () => {
  for (const store of open.splice(0)) await store.close();
  rmSync(dir, { recursive: true, force: true });
});

function opened(options: Partial<SqliteMetersOptions> = {}): MeterStore {
  const store = openSqliteMeters({ dataDir: dir, now: () => now, log, flushMs: 5, ...options });
  open.push(store);
  return store;
}

function metersOf(user: string, amountNano = 100): readonly Meter[] {
  const budgets = [
    { amountNano, period: 'day' as const },
    { amountNano: 10 * amountNano, period: 'total' as const },
  ];
  return anywhereMeters(user, { budgets, rate: null });
}

async function spend(store: MeterStore, user: string, nano: number): Promise<void> {
  const held = await store.hold(metersOf(user), { nano, tokens: 0 }, now);
  expect('settle' in held).toBe(true);
  (held as Reservation).settle({ nano, tokens: 0 });
}

async function spentBy(store: MeterStore, user: string): Promise<readonly number[]> {
  return (await store.read(metersOf(user), now)).map(({ used }) => used);
}

/** However busy the machine is, and however often it is tried again. */
const WITHIN_MS = 20_000;
const written = (spent: number, id = 'user:ann/budget/day') =>
  until(() => {
    const rows = table(`SELECT spent FROM spend WHERE id = '${id}'`);
    return (rows[0] as { spent: number } | undefined)?.spent === spent;
  }, WITHIN_MS);

const journals = () => readdirSync(join(dir, 'limits-journal'));
const table = (sql: string): readonly unknown[] => {
  const sqlite = new Database(join(dir, 'limits.db'));
  const rows = sqlite.query(sql).all();
  sqlite.close();
  return rows;
};

test('what was spent is there after a restart, and nothing of a journal', async () => {
  const store = opened();
  await spend(store, 'ann', 60);
  await spend(store, 'ann', 30);
  await store.close();
  expect(journals()).toEqual([]);
  const next = opened();
  expect(await spentBy(next, 'ann')).toEqual([90, 90]);
  expect('refused' in (await next.hold(metersOf('ann'), { nano: 11, tokens: 0 }, now))).toBe(true);
});

test('what a killed process had noted is added by the next, once', async () => {
  const script = `
    import { openSqliteMeters } from ${JSON.stringify(join(import.meta.dir, 'sqlite-meters.ts'))};
    const store = openSqliteMeters({ dataDir: ${JSON.stringify(dir)}, now: () => ${NOON}, flushMs: 60_000 });
    const meters = ${JSON.stringify(metersOf('ann'))};
    for (let n = 0; n < 3; n += 1) {
      store.hold(meters, { nano: 10, tokens: 0 }, ${NOON}).settle({ nano: 10, tokens: 0 });
      await null;
    }
    store.hold(meters, { nano: 50, tokens: 0 }, ${NOON});
    process.kill(process.pid, 'SIGKILL');`;
  const child = Bun.spawn([process.execPath, '-e', script], { stderr: 'inherit' });
  await child.exited;
  expect(child.signalCode).toBe('SIGKILL');
  expect(table('SELECT DISTINCT spent FROM spend')).toEqual([{ spent: 0 }]);
  expect(journals()).toHaveLength(2);
  const store = opened();
  // What it held went with it.
  expect(await store.read(metersOf('ann'), now)).toMatchObject([
    { used: 30, held: 0 },
    { used: 30, held: 0 },
  ]);
  await store.close();
  expect(journals()).toEqual([]);
  expect(await spentBy(opened(), 'ann')).toEqual([30, 30]);
  expect(table('SELECT * FROM journals')).toHaveLength(1);
});

test('the journal of a process that lives is left to it', async () => {
  const first = opened({ flushMs: 60_000 });
  await spend(first, 'ann', 10);
  const second = opened();
  expect(await spentBy(second, 'ann')).toEqual([0, 0]);
  await first.close();
  await spend(second, 'ann', 5);
  await written(15);
  expect(await spentBy(second, 'ann')).toEqual([15, 15]);
});

test('several on one folder see what the others spend as they write their own', async () => {
  const stores = [opened(), opened()];
  for (const store of stores) await spend(store, 'ann', 40);
  await written(80);
  const [first, second] = stores as [MeterStore, MeterStore];
  await spend(first, 'ann', 1);
  await written(81);
  await spend(second, 'ann', 1);
  await written(82);
  expect(await spentBy(second, 'ann')).toEqual([82, 82]);
});

test('a long journal begins anew and loses nothing', async () => {
  const store = opened({ flushMs: 0 });
  const meters = anywhereMeters('ann', {
    budgets: [{ amountNano: 1e15, period: 'total' }],
    rate: null,
  });
  const rounds = 300;
  for (let round = 0; round < rounds; round += 1) {
    for (let n = 0; n < 1000; n += 1)
      (store.hold(meters, { nano: 1, tokens: 0 }, now) as Reservation).settle({
        nano: 1,
        tokens: 0,
      });
    await Bun.sleep(0);
  }
  const [name] = journals().filter((one) => !one.endsWith('.lock'));
  // 300,000 records of 16 bytes would be 4.8 MB.
  expect(readFileSync(join(dir, 'limits-journal', name ?? '')).length).toBeLessThan(4_300_000);
  await store.close();
  const [{ used } = { used: 0 }] = await opened().read(meters, now);
  expect(used).toBe(rounds * 1000);
});

test('periods that are long over go', async () => {
  const store = opened({ flushMs: 0 });
  await spend(store, 'ann', 1);
  now += 40 * DAY;
  const ids = () =>
    (table('SELECT id FROM spend ORDER BY id') as { id: string }[]).map(({ id }) => id);
  await until(async () => {
    await spend(store, 'bob', 0.0000001);
    return !ids().includes('user:ann/budget/day');
  }, WITHIN_MS);
  expect(ids()).toContain('user:ann/budget/total');
});

test('a damaged file is set aside, and said so', async () => {
  writeFileSync(join(dir, 'limits.db'), 'this is no database, whatever its name says '.repeat(100));
  const store = opened();
  await spend(store, 'ann', 5);
  expect(existsSync(join(dir, 'limits.db.damaged'))).toBe(true);
  expect(lines[0]).toStartWith('error limits.db was damaged');
});

test('a database that fails: memory goes on, it is told, and all is written when it is back', async () => {
  const store = opened();
  await spend(store, 'ann', 10);
  await written(10);
  table('ALTER TABLE spend RENAME TO gone');
  await spend(store, 'ann', 20);
  await until(() => store.trouble !== null, WITHIN_MS);
  expect(store.trouble).toContain('limits.db cannot be read or written');
  expect(await spentBy(store, 'ann')).toEqual([30, 30]);
  table('ALTER TABLE gone RENAME TO spend');
  await until(() => store.trouble === null, WITHIN_MS);
  expect(lines.at(-1)).toBe('info limits.db can be written again');
  expect(table("SELECT spent FROM spend WHERE id LIKE '%/day'")).toEqual([{ spent: 30 }]);
});

test('where the configuration says so, nobody with limits is let in meanwhile', async () => {
  const store = opened({ onFailure: () => 'refuse' });
  await spend(store, 'ann', 10);
  table('ALTER TABLE spend RENAME TO gone');
  await spend(store, 'ann', 10);
  await until(() => store.trouble !== null, WITHIN_MS);
  expect(() => store.hold(metersOf('ann'), { nano: 1, tokens: 0 }, now)).toThrow(
    expect.objectContaining({ code: 'limits_unavailable' }),
  );
  table('ALTER TABLE gone RENAME TO spend');
  await until(() => store.trouble === null, WITHIN_MS);
  await spend(store, 'ann', 10);
});
