// What usage cannot tell it does not tell: rows that are dropped, users beyond the bound, hours that wait to be summed up; on both engines.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import {
  chanceFrom,
  expectPlain,
  type LogStores,
  NOW,
  rowAt,
  startLogStores,
} from '../../../test/usage-rows.ts';
import { DAY_MS, HOUR_MS } from '../../lib/utc-day.ts';
import { startOf } from '../../lib/utc-periods.ts';
import type { RequestsTable } from '../../store/tables.ts';
import type { LogStore } from '../log-store.ts';
import { MEASURES, OTHER } from './cubes.ts';
import { DEFAULT_SETTINGS, runMaintenance } from './maintenance.ts';
import { readUsage } from './read-usage.ts';
import { RowSumsCache } from './row-sums-cache.ts';
import { PLACE, Sums } from './sums.ts';
import { parseUsageQuery } from './usage-query.ts';

const chance = chanceFrom(5);
let stores: LogStores;
beforeAll(async () => {
  stores = await startLogStores();
}, 120_000);
afterAll(() => stores.end());

type Params = { readonly [name: string]: string };
const ask = (params: Params) =>
  parseUsageQuery({ from: String(NOW - 30 * DAY_MS), ...params }, NOW);
const read = (store: LogStore, params: Params, most?: number, maxOpenRows?: number) =>
  readUsage(store, ask(params), NOW, new RowSumsCache(most), maxOpenRows);
const failure = (reading: Promise<unknown>) => reading.then(() => null, Object);

for (const engine of ['sqlite', 'postgres'] as const)
  describe(engine, () => {
    test('of rows that are dropped, refuses what only they tell, and says from when on there are rows', async () => {
      const store = await stores.open(engine);
      if (store === null) return;
      const gone = NOW - 20 * DAY_MS;
      const rows = [gone, gone + 5, NOW - 2 * DAY_MS, NOW - 1].map((at) => ({
        ...rowAt(at, chance),
        user_id: at < NOW - 3 * DAY_MS ? 'ann' : 'bob',
      }));
      await store.insert(rows);
      await runMaintenance(store, NOW, { ...DEFAULT_SETTINGS, retentionMs: 10 * DAY_MS });
      const kept = new Date(startOf('day', gone) + DAY_MS).toISOString().slice(0, 10);
      for (const params of [
        { group_by: 'user,model' },
        { status: 'ok' },
        { cache: 'miss' },
        { group_by: 'user', interval: 'hour' },
        { user: 'ann', interval: 'hour' },
        { user: 'ann', status: 'ok' },
      ] as const) {
        const refused = await failure(read(store, params));
        expect([params, refused?.code, refused?.details.param]).toEqual([
          params,
          'invalid_request',
          'from',
        ]);
        expect(refused.message).toContain(`before ${kept} are no longer kept`);
        expectPlain(await read(store, { ...params, from: kept }), rows);
      }
      for (const params of [
        { group_by: 'user' },
        { group_by: 'model', interval: 'hour' },
        // There was nothing of it in what is dropped.
        { user: 'bob', status: 'ok' },
        { user: 'bob', interval: 'hour' },
      ] as const)
        expectPlain(await read(store, params), rows);
    }, 30_000);

    test('tells so many users apart and sums up the rest; one who is asked for is answered from rows', async () => {
      const store = await stores.open(engine);
      if (store === null) return;
      const rows: RequestsTable[] = [];
      const days = [NOW - 13 * DAY_MS, NOW - 12 * DAY_MS, NOW - DAY_MS, NOW - HOUR_MS / 4];
      for (const day of days)
        for (let nth = 0; nth < 36; nth++) {
          const at = startOf('hour', day) - (nth % 2) * HOUR_MS + nth;
          rows.push({ ...rowAt(at, chance), user_id: `user-${(nth + rows.length) % 9}` });
        }
      await store.insert(rows);
      const mostUsers = { hour: 3, longer: 4 };
      await runMaintenance(store, NOW, { ...DEFAULT_SETTINGS, mostUsers });
      for (const params of [{}, { interval: 'day' }, { interval: 'week' }] as const) {
        const { lines, others, totals } = await read(store, { group_by: 'user', ...params }, 3);
        expect(totals.requests).toBe(rows.length);
        expect(others.length).toBeGreaterThan(0);
        const all = [...lines, ...others].reduce((sum, line) => sum + line.sum.requests, 0);
        expect(all).toBe(rows.length);
        expect(lines.map(({ combination }) => combination[0])).not.toContain(OTHER);
        for (let user = 0; user < 9; user++)
          expectPlain(await read(store, { user: `user-${user}`, ...params }, 3), rows);
      }
      // Rows of the first days go: then nobody knows.
      await runMaintenance(store, NOW, { ...DEFAULT_SETTINGS, mostUsers, retentionMs: 5 * DAY_MS });
      expect((await failure(read(store, { user: 'user-8' }, 3)))?.code).toBe('invalid_request');
      const stored = await store.read(
        store.build
          .selectFrom('usage')
          .select(['grain', 'at', 'user_id'])
          .where('cube', '=', 'users')
          .compile(),
      );
      for (const grain of ['hour', 'day', 'week'] as const) {
        const ofGrain = stored.filter((row) => row.grain === grain);
        const [{ at } = { at: 0 }] = ofGrain;
        const ofOne = ofGrain.filter((row) => row.at === at);
        expect(ofOne.map(({ user_id }) => user_id)).toContain(OTHER);
        expect(ofOne.length).toBeLessThanOrEqual(grain === 'hour' ? 4 : 5);
      }
    }, 30_000);

    test('does not go through open hours without a bound, but for this one and the one before', async () => {
      const store = await stores.open(engine);
      if (store === null) return;
      const late = Array.from({ length: 30 }, (_, nth) => rowAt(NOW - DAY_MS + nth, chance));
      const usual = [NOW - HOUR_MS, NOW - 1].flatMap((at) =>
        Array.from({ length: 30 }, () => rowAt(at, chance)),
      );
      await store.insert([...late, ...usual]);
      const refused = await failure(read(store, { group_by: 'model' }, undefined, 20));
      expect(refused?.code).toBe('storage_unavailable');
      expect(refused.message).toContain('not summed up yet');
      expectPlain(await read(store, { group_by: 'model' }, undefined, 30), [...late, ...usual]);
      const from = String(NOW - 2 * HOUR_MS);
      expectPlain(await read(store, { group_by: 'model', from }, undefined, 20), usual);
    });
  });

test('sums of the first combinations that come, and of all others as one', () => {
  const sums = new Sums(['user_id'], 2);
  const values = new Float64Array(MEASURES.length);
  values[PLACE.requests] = 1;
  for (const user of ['a', 'b', 'c', 'a', 'd', OTHER])
    sums.at([user]).add({ values, ttft: null, total: null });
  expect([...sums.entries()].map(({ combination, sum }) => [combination[0], sum.requests])).toEqual(
    [
      ['a', 2],
      ['b', 1],
      [OTHER, 3],
    ],
  );
});
