// What is too old is deleted, and nothing else.
import { expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../store/open-store.ts';
import { prune } from './prune.ts';

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 10, 22);

test('after 400 days, in every table, also many at once', () => {
  const dir = mkdtempSync(join(tmpdir(), 'switchyard-prune-'));
  const store = openStore({ dataDir: dir });
  const { sqlite } = store;
  const today = NOW / DAY_MS;
  sqlite.transaction(() => {
    for (let age = 395; age < 405; age += 1) {
      const at = NOW - age * DAY_MS;
      const day = today - age;
      for (let n = 0; n < 250; n += 1)
        sqlite.run('INSERT INTO outcomes VALUES (?, ?, ?, ?, 1, NULL, NULL, NULL, NULL)', [
          `u${n}`,
          at,
          `${age}-${n}`,
          'stars',
        ]);
      sqlite.run("INSERT INTO exposures VALUES ('r', 'd', ?, 'a', 0, ?, 1, 0, 'g', NULL)", [
        `u${age}`,
        at,
      ]);
      sqlite.run("INSERT INTO variant_days VALUES ('r', 'd', 'a', ?, 1, 0, 0, 0)", [day]);
      sqlite.run("INSERT INTO variant_ttft VALUES ('r', 'd', 'a', ?, 5, 1)", [day]);
      sqlite.run("INSERT INTO model_outcomes VALUES ('stars', 'm', ?, 1, 1)", [day]);
      sqlite.run("INSERT INTO outcomes_to_place VALUES (?, 'u', ?, ?)", [`${age}`, at, at]);
    }
  })();
  // Ages 395 to 400 stay: six of ten.
  expect(prune(sqlite, NOW)).toBe(4 * (250 + 5));
  const count = (table: string) =>
    sqlite.query<{ n: number }, []>(`SELECT count(*) AS n FROM ${table}`).get()?.n;
  expect(count('outcomes')).toBe(6 * 250);
  for (const table of ['exposures', 'variant_days', 'variant_ttft', 'model_outcomes'])
    expect([table, count(table)]).toEqual([table, 6]);
  expect(count('outcomes_to_place')).toBe(6);
  expect(prune(sqlite, NOW)).toBe(0);
  store.close();
  rmSync(dir, { recursive: true, force: true });
});
