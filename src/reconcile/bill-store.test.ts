// Keeping bills: the same again changes nothing, what overlaps replaces figure by figure, what is removed is gone.
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BillStore, type NewBill } from './bill-store.ts';
import type { BilledDay } from './billed.ts';
import { NO_COUNTS } from './counts.ts';

let dataDir: string;
let store: BillStore;
let made: number;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'switchyard-bills-'));
  made = 0;
  store = new BillStore({ dataDir, now: () => 1000 + made, newId: () => `import-${++made}` });
});
afterEach(() => {
  store.close();
  rmSync(dataDir, { recursive: true, force: true });
});

function figure(day: string, model: string, input: number): BilledDay {
  const of = { provider: 'anthropic', statement: 'usage.messages', place: 'line 2' } as const;
  return { ...of, day, model, counts: { ...NO_COUNTS, input }, costNano: null, parts: [] };
}

function bill(figures: readonly BilledDay[], more: Partial<NewBill> = {}): NewBill {
  const days = [...new Set(figures.map(({ day }) => day))];
  const of = { provider: 'anthropic', format: 'a format', name: 'file.csv' } as const;
  return { ...of, statements: ['usage.messages'], days, figures, whole: false, ...more };
}

const inputs = () =>
  store
    .figures('anthropic', '2026-01-01', '2026-12-31')
    .map(({ day, model, counts }) => `${day} ${model} ${counts.input}`);

test('nothing is opened before the first question', () => {
  expect(readdirSync(dataDir)).toEqual([]);
  expect(store.imports()).toEqual([]);
  expect(readdirSync(dataDir)).toContain('bills.db');
});

test('the same file again: the same figures, one import', async () => {
  const same = bill([figure('2026-11-01', 'a', 10), figure('2026-11-02', 'a', 20)]);
  await store.keep(same);
  await store.keep(same);
  expect(inputs()).toEqual(['2026-11-01 a 10', '2026-11-02 a 20']);
  expect(store.imports().map(({ id, figures }) => [id, figures])).toEqual([['import-2', 2]]);
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
  expect(inputs()).toEqual([
    '2026-11-01 a 10',
    '2026-11-02 a 21',
    '2026-11-02 b 1',
    '2026-11-03 a 30',
  ]);
  expect(store.imports().map(({ id }) => id)).toEqual(['import-2', 'import-1']);
});

test('a whole bill takes with it what is no longer in it, on its days and of its statements only', async () => {
  await store.keep(bill([figure('2026-11-01', 'a', 10), figure('2026-11-02', 'gone', 20)]));
  await store.keep(bill([figure('2026-11-02', 'a', 5)], { whole: true }));
  expect(inputs()).toEqual(['2026-11-01 a 10', '2026-11-02 a 5']);
});

test('removing takes the figures that are still its own', async () => {
  await store.keep(bill([figure('2026-11-01', 'a', 10), figure('2026-11-02', 'a', 20)]));
  await store.keep(bill([figure('2026-11-02', 'a', 21)]));
  expect(await store.remove('import-1')).toBe(true);
  expect(await store.remove('import-1')).toBe(false);
  expect(inputs()).toEqual(['2026-11-02 a 21']);
  expect(store.coverage('anthropic', '2026-11-01', '2026-11-30')).toEqual([
    { day: '2026-11-02', statement: 'usage.messages', asOf: 1002 },
  ]);
});

test('another process sees it, and a day without figures is told of', async () => {
  await store.keep(bill([], { days: ['2026-11-05'], whole: true }));
  const other = new BillStore({ dataDir, now: () => 0, newId: () => 'none' });
  expect(other.coverage('anthropic', '2026-11-05', '2026-11-05')).toHaveLength(1);
  expect(other.imports()).toEqual(store.imports());
  other.close();
});
