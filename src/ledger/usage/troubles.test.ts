// What cannot be summed up stops nothing else, and sums that are made anew by another process meanwhile stay right; on both engines.
import { Database } from 'bun:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  chanceFrom,
  expectPlain,
  type LogStores,
  NOW,
  rowAt,
  startLogStores,
} from '../../../test/usage-rows.ts';
import { GatewayError } from '../../core/errors.ts';
import { DAY_MS } from '../../lib/utc-day.ts';
import { startOf, WEEK_MS } from '../../lib/utc-periods.ts';
import type { RequestsTable } from '../../store/tables.ts';
import { openLogStore } from '../engine/open-log-store.ts';
import type { LogStore } from '../log-store.ts';
import { closeHour } from './close-hour.ts';
import { DEFAULT_SETTINGS, runMaintenance } from './maintenance.ts';
import { readUsage } from './read-usage.ts';
import { RowSumsCache } from './row-sums-cache.ts';
import { parseUsageQuery } from './usage-query.ts';

const TODAY = startOf('day', NOW);
const SETTINGS = { ...DEFAULT_SETTINGS, retentionMs: 10 * DAY_MS };
const chance = chanceFrom(11);
const rowsAt = (...times: readonly number[]) => times.map((at) => rowAt(at, chance));
const dayOf = (at: number) => new Date(at).toISOString().slice(0, 10);

let stores: LogStores;
beforeAll(async () => {
  stores = await startLogStores();
}, 120_000);
afterAll(() => stores.end());

type Change = (store: LogStore) => Partial<LogStore>;

/** A store of which some calls are others. */
function changed(store: LogStore, change: Change): LogStore {
  const changes = change(store);
  return new Proxy(store, {
    get(_, name) {
      const own = changes[name as keyof LogStore] ?? store[name as keyof LogStore];
      return typeof own === 'function' ? (own as () => unknown).bind(store) : own;
    },
  });
}

const unavailable = () => Promise.reject(new GatewayError('storage_unavailable', 'Out of range.'));

async function openHours(store: LogStore): Promise<readonly number[]> {
  const open = store.build.selectFrom('open_hours').select('hour').orderBy('hour');
  return (await store.read(open.compile())).map(({ hour }) => Number(hour));
}

async function hoursOf(store: LogStore, cube: string): Promise<readonly number[]> {
  const query = store.build.selectFrom('usage').select('at').distinct().orderBy('at');
  const ofCube = query.where('cube', '=', cube).where('grain', '=', 'hour');
  return (await store.read(ofCube.compile())).map(({ at }) => Number(at));
}

for (const engine of ['sqlite', 'postgres'] as const)
  describe(engine, () => {
    test('an hour, a day, a dropping or a deletion that fails stops none of the rest', async () => {
      const store = await stores.open(engine);
      if (store === null) return;
      const bad = TODAY - 8 * DAY_MS;
      const unsummed = TODAY - 7 * DAY_MS;
      const undropped = TODAY - 14 * DAY_MS;
      const dropped = TODAY - 15 * DAY_MS;
      const ancient = TODAY - 30 * DAY_MS;
      await store.insert(rowsAt(ancient, undropped, dropped, bad, unsummed, TODAY - 6 * DAY_MS));
      const troubled = changed(store, (whole) => ({
        closeHour: (hour, sum) => (hour === bad ? unavailable() : whole.closeHour(hour, sum)),
        replaceUsage: (grain, at, cubes, rows) =>
          at === unsummed ? unavailable() : whole.replaceUsage(grain, at, cubes, rows),
        dropDay: (day) => (day === dayOf(undropped) ? unavailable() : whole.dropDay(day)),
        pruneUsage: (grain, before, cubes) =>
          cubes?.includes('totals') && grain === 'hour'
            ? unavailable()
            : whole.pruneUsage(grain, before, cubes),
      }));
      const usageRetentionMs = 16 * DAY_MS;
      const settings = { ...SETTINGS, usageRetentionMs };
      const failed = await runMaintenance(troubled, NOW, settings).then(() => null, Object);
      expect(failed).toBeInstanceOf(GatewayError);
      expect(failed.code).toBe('storage_unavailable');
      expect(failed.message).toContain(
        `summing up the hour ${dayOf(bad)}T00:00: Out of range; summing up the day ${dayOf(unsummed)}: Out of range; dropping the day ${dayOf(undropped)}: Out of range; and 1 more. The rest was done`,
      );
      expect(await openHours(store)).toEqual([bad]);
      expect((await store.days()).map(({ day }) => day)).not.toContain(dayOf(dropped));
      expect(await hoursOf(store, 'users')).toEqual([]);
      expect(await hoursOf(store, 'totals')).toContain(ancient);
      // Whatever it was is over: all is made.
      await runMaintenance(store, NOW, settings);
      expect(await openHours(store)).toEqual([]);
      expect((await store.days()).map(({ day }) => day)).not.toContain(dayOf(undropped));
      expect(await hoursOf(store, 'totals')).not.toContain(ancient);
    }, 30_000);

    test('where the log is not there, nothing more is tried', async () => {
      const store = await stores.open(engine);
      if (store === null) return;
      await store.insert(rowsAt(TODAY - DAY_MS, TODAY - 2 * DAY_MS));
      let tried = 0;
      let isThere = true;
      const gone = changed(store, (whole) => ({
        closeHour: () => {
          tried += 1;
          isThere = false;
          return unavailable();
        },
        read: (query) => (isThere ? whole.read(query) : unavailable()),
      }));
      const failed = await runMaintenance(gone, NOW).then(() => null, Object);
      expect([tried, failed?.code]).toEqual([1, 'storage_unavailable']);
    });

    test('an hour that another process sums up again at any step leaves no sum short', async () => {
      const store = await stores.open(engine);
      if (store === null) return;
      const rows: RequestsTable[] = [];
      const add = async (some: readonly RequestsTable[]) => {
        await store.insert(some);
        rows.push(...some);
      };
      let isReached = true;
      // Every second read where each costs a round trip.
      for (let step = 1; isReached; step += engine === 'postgres' ? 2 : 1) {
        expect(step).toBeLessThan(80);
        const day = startOf('week', NOW) - WEEK_MS * 2 + ((step * 3) % 14) * DAY_MS;
        await add(rowsAt(day + 5, day + 7, day + 9));
        let left = step;
        isReached = false;
        const raced = changed(store, (whole) => ({
          read: async (query) => {
            const answer = await whole.read(query);
            left -= 1;
            if (left !== 0) return answer;
            isReached = true;
            await add(rowsAt(day + 11, day + 13));
            await closeHour(whole, day);
            return answer;
          },
        }));
        await runMaintenance(raced, NOW);
        await expectUsers(store, rows);
        await runMaintenance(store, NOW);
        await expectUsers(store, rows);
      }
    }, 60_000);
  });

async function expectUsers(store: LogStore, rows: readonly RequestsTable[]): Promise<void> {
  for (const params of [{ group_by: 'user' }, { group_by: 'model', interval: 'day' }]) {
    const query = parseUsageQuery({ from: String(NOW - 40 * DAY_MS), ...params }, NOW);
    expectPlain(await readUsage(store, query, NOW, new RowSumsCache()), rows);
  }
}

test('a damaged file of a day: other days are summed up, it goes itself two days late, and then those after it', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'switchyard-damaged-'));
  const bad = TODAY - 13 * DAY_MS;
  const old = TODAY - 12 * DAY_MS;
  let store = await openLogStore({ engine: 'sqlite', dataDir }, { write: true });
  try {
    await store.insert(rowsAt(bad, old, TODAY - DAY_MS));
    await store.close();
    const path = join(dataDir, 'log', `${dayOf(bad)}.db`);
    new Database(path).run('PRAGMA wal_checkpoint(TRUNCATE)');
    for (const ending of ['-wal', '-shm']) rmSync(path + ending, { force: true });
    writeFileSync(path, 'no database at all, and not a short text either: '.repeat(200));
    store = await openLogStore({ engine: 'sqlite', dataDir }, { write: true });
    const days = async () => (await store.days()).map(({ day }) => day);
    const kept = { ...SETTINGS, retentionMs: 12 * DAY_MS };
    const failed = await runMaintenance(store, NOW, kept).then(() => null, Object);
    expect(failed?.message).toContain(`summing up the hour ${dayOf(bad)}T00:00`);
    expect(await openHours(store)).toEqual([bad]);
    expect(await days()).toEqual([dayOf(TODAY - DAY_MS), dayOf(old), dayOf(bad)]);
    await runMaintenance(store, NOW + 2 * DAY_MS, kept).then(() => null, Object);
    expect(await days()).toEqual([dayOf(TODAY - DAY_MS)]);
    await runMaintenance(store, NOW + 2 * DAY_MS, kept);
    expect(await openHours(store)).toEqual([]);
  } finally {
    await store.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
});
