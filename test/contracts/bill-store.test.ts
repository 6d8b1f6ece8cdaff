// Keeping bills, on both engines: the same again changes nothing, what overlaps replaces figure by figure, what is removed is gone.
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PostgresBills } from '../../src/gateway/postgres-bills.ts';
import { BillStore, type NewBill } from '../../src/reconcile/bill-store.ts';
import type { BillDatabase } from '../../src/reconcile/bill-tables.ts';
import type { BilledDay } from '../../src/reconcile/billed.ts';
import { NO_COUNTS } from '../../src/reconcile/counts.ts';
import { SqliteBills } from '../../src/reconcile/sqlite-bills.ts';
import { startPostgres } from '../postgres.ts';

const server = await startPostgres();
afterAll(() => server?.end());

const ENGINES: readonly (readonly [string, (dataDir: string) => Promise<() => BillDatabase>])[] = [
  ['SQLite', async (dataDir) => () => new SqliteBills(dataDir)],
];
const AND_POSTGRES: typeof ENGINES = [
  [
    'PostgreSQL',
    async () => {
      const url = (await server?.database()) ?? '';
      return () => new PostgresBills(url);
    },
  ],
];

function figure(day: string, model: string, input: number): BilledDay {
  const of = { provider: 'anthropic', statement: 'usage.messages', place: 'line 2' } as const;
  return { ...of, day, model, counts: { ...NO_COUNTS, input }, costNano: null, parts: [] };
}

function bill(figures: readonly BilledDay[], more: Partial<NewBill> = {}): NewBill {
  const days = [...new Set(figures.map(({ day }) => day))];
  const of = { provider: 'anthropic', format: 'a format', name: 'file.csv' } as const;
  return { ...of, statements: ['usage.messages'], days, figures, whole: false, ...more };
}

describe.each([...ENGINES, ...(server === null ? [] : AND_POSTGRES)])('%s', (_, place) => {
  let dataDir: string;
  let open: () => BillDatabase;
  let store: BillStore;
  let made: number;

  beforeEach(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'switchyard-bills-'));
    open = await place(dataDir);
    made = 0;
    store = new BillStore({
      database: open(),
      now: () => 1000 + made,
      newId: () => `import-${++made}`,
    });
  });
  afterEach(async () => {
    await store.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const inputs = async () =>
    (await store.figures('anthropic', '2026-01-01', '2026-12-31')).map(
      ({ day, model, counts }) => `${day} ${model} ${counts.input}`,
    );

  test('the same file again: the same figures, one import', async () => {
    const same = bill([figure('2026-11-01', 'a', 10), figure('2026-11-02', 'a', 20)]);
    await store.keep(same);
    await store.keep(same);
    expect(await inputs()).toEqual(['2026-11-01 a 10', '2026-11-02 a 20']);
    expect((await store.imports()).map(({ id, figures }) => [id, figures])).toEqual([
      ['import-2', 2],
    ]);
  });

  test('what overlaps replaces; the rest stays, and so does the import it is from', async () => {
    await store.keep(
      bill([
        figure('2026-11-01', 'a', 10),
        figure('2026-11-02', 'a', 20),
        figure('2026-11-02', 'b', 1),
      ]),
    );
    await store.keep(bill([figure('2026-11-02', 'a', 21), figure('2026-11-03', 'a', 30)]));
    expect(await inputs()).toEqual([
      '2026-11-01 a 10',
      '2026-11-02 a 21',
      '2026-11-02 b 1',
      '2026-11-03 a 30',
    ]);
    expect((await store.imports()).map(({ id }) => id)).toEqual(['import-2', 'import-1']);
  });

  test('a whole bill takes with it what is no longer in it, on its days and of its statements only', async () => {
    await store.keep(bill([figure('2026-11-01', 'a', 10), figure('2026-11-02', 'gone', 20)]));
    await store.keep(bill([figure('2026-11-02', 'a', 5)], { whole: true }));
    expect(await inputs()).toEqual(['2026-11-01 a 10', '2026-11-02 a 5']);
  });

  test('removing takes the figures that are still its own', async () => {
    await store.keep(bill([figure('2026-11-01', 'a', 10), figure('2026-11-02', 'a', 20)]));
    await store.keep(bill([figure('2026-11-02', 'a', 21)]));
    expect(await store.remove('import-1')).toBe(true);
    expect(await store.remove('import-1')).toBe(false);
    expect(await inputs()).toEqual(['2026-11-02 a 21']);
    expect(await store.coverage('anthropic', '2026-11-01', '2026-11-30')).toEqual([
      { day: '2026-11-02', statement: 'usage.messages', asOf: 1002 },
    ]);
  });

  test('another process sees it, and a day without figures is told of', async () => {
    await store.keep(bill([], { days: ['2026-11-05'], whole: true }));
    const other = new BillStore({ database: open(), now: () => 0, newId: () => 'none' });
    expect(await other.coverage('anthropic', '2026-11-05', '2026-11-05')).toHaveLength(1);
    expect(await other.imports()).toEqual(await store.imports());
    await other.close();
  });

  test('sums beyond 32 bits, and what was not told, come back as they were', async () => {
    const large = { ...figure('2026-11-01', 'a', 5_000_000_000), costNano: 9_000_000_000_000 };
    await store.keep(bill([large]));
    expect(await store.figures('anthropic', '2026-11-01', '2026-11-01')).toEqual([large]);
    expect((await store.imports())[0]).toMatchObject({
      costNano: 9_000_000_000_000,
      name: 'file.csv',
    });
    expect((await store.imports())[0]?.importedAt).toBe(1001);
  });
});

test('no file is made before the first question', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'switchyard-bills-'));
  const database = new SqliteBills(dataDir);
  expect(readdirSync(dataDir)).toEqual([]);
  expect(await database.all({ sql: 'SELECT * FROM bill_imports', parameters: [] })).toEqual([]);
  expect(readdirSync(dataDir)).toContain('bills.db');
  database.close();
  rmSync(dataDir, { recursive: true, force: true });
});
