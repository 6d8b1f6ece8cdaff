// What the log's maintenance makes, keeps and gives up, on both engines; stopped anywhere, it begins again.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import {
  chanceFrom,
  expectPlain,
  type LogStores,
  NOW,
  rowAt,
  startLogStores,
  timeFrom,
} from '../../../test/usage-rows.ts';
import { DAY_MS, HOUR_MS } from '../../lib/utc-day.ts';
import { startOf, WEEK_MS } from '../../lib/utc-periods.ts';
import type { Grain, RequestsTable } from '../../store/tables.ts';
import type { LogStore } from '../log-store.ts';
import { DEFAULT_SETTINGS, runMaintenance } from './maintenance.ts';
import { readUsage } from './read-usage.ts';
import { RowSumsCache } from './row-sums-cache.ts';
import { parseUsageQuery } from './usage-query.ts';

const MONDAY = startOf('week', NOW);
const chance = chanceFrom(7);

let stores: LogStores;
beforeAll(async () => {
  stores = await startLogStores();
}, 120_000);
afterAll(() => stores.end());

async function summed(store: LogStore, cube: string, grain: Grain): Promise<readonly number[]> {
  const { build } = store;
  const query = build.selectFrom('usage').select('at').where('cube', '=', cube);
  const rows = await store.read(query.where('grain', '=', grain).orderBy('at').compile());
  return [...new Set(rows.map(({ at }) => Number(at)))];
}

async function expectRight(store: LogStore, rows: readonly RequestsTable[]): Promise<void> {
  for (const params of [
    { group_by: 'user' },
    { group_by: 'model', interval: 'day' },
    { group_by: 'key,model', limit: '2' },
    { interval: 'week' },
    { group_by: 'router', interval: 'month', sort: 'requests', limit: '1' },
  ]) {
    const query = parseUsageQuery({ from: String(NOW - 40 * DAY_MS), ...params }, NOW);
    expectPlain(await readUsage(store, query, NOW, new RowSumsCache()), rows);
  }
}

const rowsAt = (...times: readonly number[]) => times.map((at) => rowAt(at, chance));

for (const engine of ['sqlite', 'postgres'] as const)
  describe(engine, () => {
    test('sums up past hours, whole days and whole weeks, each once', async () => {
      const store = await stores.open(engine);
      if (store === null) return;
      const rows = rowsAt(MONDAY - WEEK_MS + 5, MONDAY - DAY_MS + 5, MONDAY + 5, NOW - 1);
      await store.insert(rows);
      const made = await runMaintenance(store, NOW);
      expect(made).toEqual({ hours: 3, days: 3, weeks: 1, dropped: [] });
      expect(await summed(store, 'totals', 'hour')).toEqual([
        MONDAY - WEEK_MS,
        MONDAY - DAY_MS,
        MONDAY,
      ]);
      expect(await summed(store, 'users', 'day')).toEqual([
        MONDAY - WEEK_MS,
        MONDAY - DAY_MS,
        MONDAY,
      ]);
      expect(await summed(store, 'attempts', 'week')).toEqual([MONDAY - WEEK_MS]);
      expect(await runMaintenance(store, NOW)).toEqual({
        hours: 0,
        days: 0,
        weeks: 0,
        dropped: [],
      });
      await expectRight(store, rows);
    });

    test('leaves an hour alone until it is over, and a little longer', async () => {
      const store = await stores.open(engine);
      if (store === null) return;
      const hour = startOf('hour', NOW);
      await store.insert(rowsAt(hour + 5));
      expect((await runMaintenance(store, hour + HOUR_MS + 60_000)).hours).toBe(0);
      expect((await runMaintenance(store, hour + HOUR_MS + 10 * 60_000)).hours).toBe(1);
    });

    test('makes a day and its week again when a row comes late, users too, whose hours are gone', async () => {
      const store = await stores.open(engine);
      if (store === null) return;
      const rows = rowsAt(MONDAY - WEEK_MS + 5, MONDAY - WEEK_MS + HOUR_MS, MONDAY - 5);
      await store.insert(rows);
      await runMaintenance(store, NOW);
      expect(await summed(store, 'users', 'hour')).toEqual([]);
      const late = rowsAt(MONDAY - WEEK_MS + 7);
      await store.insert(late);
      await expectRight(store, [...rows, ...late]);
      expect(await runMaintenance(store, NOW)).toEqual({
        hours: 1,
        days: 1,
        weeks: 1,
        dropped: [],
      });
      await expectRight(store, [...rows, ...late]);
    });

    test('drops the rows of old days when their sums are made, and the sums long after', async () => {
      const store = await stores.open(engine);
      if (store === null) return;
      const rows = rowsAt(NOW - 21 * DAY_MS, NOW - 20 * DAY_MS, NOW - 2 * DAY_MS);
      await store.insert(rows);
      const settings = { ...DEFAULT_SETTINGS, retentionMs: 10 * DAY_MS };
      // One hour a time: a day with an open hour stays.
      const first = await runMaintenance(store, NOW, { ...settings, maxHours: 1 });
      expect([first.hours, first.dropped.length]).toEqual([1, 1]);
      expect((await runMaintenance(store, NOW, settings)).dropped).toHaveLength(1);
      expect((await store.days()).map(({ day }) => day)).toEqual([
        new Date(NOW - 2 * DAY_MS).toISOString().slice(0, 10),
      ]);
      await expectRight(store, rows);
      // What comes for a day that is gone is not taken, and opens nothing.
      expect((await store.insert(rowsAt(NOW - 20 * DAY_MS))).late).toBe(1);
      await runMaintenance(store, NOW, settings);
      await expectRight(store, rows);
      await runMaintenance(store, NOW, { ...settings, usageRetentionMs: 11 * DAY_MS });
      await expectRight(store, rows.slice(2));
    });

    test('stopped at any step, tells what the rows say, and goes on', async () => {
      const store = await stores.open(engine);
      if (store === null) return;
      const rows: RequestsTable[] = [];
      for (let round = 0; round < 12; round++) {
        const some = rowsAt(...Array.from({ length: 15 }, () => timeFrom(chance)));
        await store.insert(some);
        rows.push(...some);
        const stopped = await runMaintenance(stoppingAfter(store, chance(25)), NOW).catch(String);
        if (typeof stopped !== 'string') expect(stopped.dropped).toEqual([]);
        if (round % 3 === 0) await expectRight(store, rows);
      }
      await runMaintenance(store, NOW);
      await expectRight(store, rows);
    }, 30_000);
  });

/** A process that dies at its next write, after so many. */
function stoppingAfter(store: LogStore, writes: number): LogStore {
  let left = writes;
  const once = <Args extends unknown[], T>(write: (...args: Args) => Promise<T>) => {
    return (...args: Args) => {
      left -= 1;
      return left < 0 ? Promise.reject(new RangeError('killed')) : write(...args);
    };
  };
  return {
    engine: store.engine,
    build: store.build,
    insert: (rows) => store.insert(rows),
    keepPrices: (prices) => store.keepPrices(prices),
    settle: () => store.settle(),
    list: (filter) => store.list(filter),
    get: (id) => store.get(id),
    scan: (stretch, columns, filter) => store.scan(stretch, columns, filter),
    count: (stretch) => store.count(stretch),
    read: (query) => store.read(query),
    closeHour: once((hour, sum) => store.closeHour(hour, sum)),
    replaceUsage: once((grain, at, cubes, rows) => store.replaceUsage(grain, at, cubes, rows)),
    pruneUsage: once((grain, before, cubes) => store.pruneUsage(grain, before, cubes)),
    days: () => store.days(),
    dropDay: once((day) => store.dropDay(day)),
    close: () => store.close(),
  };
}
