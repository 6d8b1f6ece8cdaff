// Usage against plain sums of the rows, on both engines: whatever came when, whatever was summed up by then.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import {
  type Chance,
  chanceFrom,
  expectPlain,
  FIRST,
  type LogStores,
  NOW,
  rowAt,
  startLogStores,
  timeFrom,
} from '../../../test/usage-rows.ts';
import { DAY_MS, HOUR_MS } from '../../lib/utc-day.ts';
import { INTERVALS, startOf } from '../../lib/utc-periods.ts';
import type { RequestsTable } from '../../store/tables.ts';
import { DEFAULT_SETTINGS, runMaintenance } from './maintenance.ts';
import { readUsage } from './read-usage.ts';
import { RowSumsCache } from './row-sums-cache.ts';
import { parseUsageQuery, type UsageQuery } from './usage-query.ts';

let stores: LogStores;
beforeAll(async () => {
  stores = await startLogStores();
}, 120_000);
afterAll(() => stores.end());

function someQuery(chance: Chance): UsageQuery {
  const of = <T>(...values: readonly T[]): T => values[chance(values.length)] as T;
  const from = FIRST - DAY_MS + chance(25 * DAY_MS);
  const params: { [name: string]: string | undefined } = {
    from: String(from),
    to: String(of(NOW, from + 1 + chance(9 * DAY_MS), startOf('week', NOW))),
    interval: of(undefined, undefined, ...INTERVALS),
    group_by: of(
      ...['', 'model', 'provider', 'user', 'key', 'router', 'endpoint', 'variant,router'],
      ...['model,key', 'user,model', 'router,provider', 'key,endpoint'],
    ),
    sort: of('cost', 'requests', 'errors', 'tokens', 'ttft', 'total'),
    limit: of(undefined, '1', '2', '3'),
    fields: of(undefined, undefined, 'cost_usd', 'requests,ttft_ms', 'tokens, total_ms'),
    user: of(undefined, undefined, 'ann', "o'hara"),
    key: of(undefined, undefined, undefined, 'key_1'),
    model: of(undefined, undefined, undefined, 'openai/gpt-5.4'),
    status: of(undefined, undefined, undefined, 'error'),
    cache: of(undefined, undefined, undefined, undefined, 'hit'),
  };
  if (Number(params.from) >= Number(params.to)) params.from = String(Number(params.to) - 1);
  return parseUsageQuery(params, NOW);
}

for (const engine of ['sqlite', 'postgres'] as const)
  describe(engine, () => {
    for (const seed of engine === 'sqlite' ? [1, 2] : [3])
      test(`is what the rows say, in whatever order they came (${seed})`, async () => {
        const store = await stores.open(engine);
        if (store === null) return;
        const chance = chanceFrom(seed);
        const rows: RequestsTable[] = [];
        const cache = new RowSumsCache();
        for (let round = 0; round < 8; round++) {
          const some = Array.from({ length: 1 + chance(60) }, () =>
            rowAt(timeFrom(chance), chance),
          );
          await store.insert(some);
          // What comes twice counts once.
          await store.insert(some.slice(0, chance(some.length)));
          rows.push(...some);
          if (chance(3) > 0) {
            const now = Math.max(...rows.map(({ at }) => at)) + chance(3) * HOUR_MS;
            await runMaintenance(store, Math.min(now, NOW), {
              ...DEFAULT_SETTINGS,
              maxHours: 1 + chance(60),
            });
          }
          for (let asked = 0; asked < 9; asked++)
            expectPlain(await readUsage(store, someQuery(chance), NOW, cache), rows);
        }
        await runMaintenance(store, NOW);
        for (const grain of ['hour', 'day', 'week'] as const) {
          const made = store.build.selectFrom('usage').select('at').where('grain', '=', grain);
          expect((await store.read(made.compile())).length).toBeGreaterThan(0);
        }
        for (let asked = 0; asked < 9; asked++)
          expectPlain(await readUsage(store, someQuery(chance), NOW, cache), rows);
      }, 60_000);
  });
