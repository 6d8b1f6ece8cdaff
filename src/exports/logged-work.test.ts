// Rows out of the log: what was let pass and is gone when its turn comes is counted, and said.
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LogRow } from '../core/log-row.ts';
import { openStore, type Store } from '../store/open-store.ts';
import type { LoggedRows } from './export-lane.ts';
import { ExportOrders } from './export-orders.ts';
import { ExportState } from './export-state.ts';
import { LoggedWork } from './logged-work.ts';
import { minutesOf } from './time-ranges.ts';

const MINUTE = 60_000;
let dir: string;
let store: Store;
let state: ExportState;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'switchyard-logged-'));
  store = openStore({ dataDir: dir });
  state = new ExportState(store.path, 'a', () => 0);
});
afterEach(() => {
  state.close();
  store.close();
  rmSync(dir, { recursive: true, force: true });
});

/** A log of moments, newest first, two a page. */
function logOf(moments: readonly number[]): LoggedRows {
  const rows = moments.map((at) => ({ id: `row-${at}`, at: new Date(at).toISOString() }) as LogRow);
  return {
    async page({ from, to, cursor }) {
      const found = rows
        .filter(({ at }) => Date.parse(at) >= from && Date.parse(at) < to)
        .reverse();
      const begin = Number(cursor ?? 0);
      const end = begin + 2;
      return { rows: found.slice(begin, end), nextCursor: end < found.length ? `${end}` : null };
    },
    rows: async () => [],
  };
}

async function filled(kept: readonly number[], dress = (row: LogRow): LogRow | null => row) {
  const said: string[] = [];
  const work = new LoggedWork({
    ...{ name: 'hook', state, source: logOf(kept), dress, spools: () => new Set<string>() },
    log: (level, message) => said.push(`${level} ${message}`),
  });
  const got: string[] = [];
  for (;;) {
    const page = await work.next();
    if (page === null) break;
    got.push(...page.rows.map(({ id }) => id));
    page.finish([]);
  }
  return { got, said };
}

const PASSED = [0, 1, 2, 3, 4, 10 * MINUTE, 10 * MINUTE + 1, 20 * MINUTE];
const note = () =>
  state.noteGap('hook', {
    ...{ ranges: minutesOf(PASSED), spool: 'gone', to: { segment: 1, offset: 0 } },
    ids: null,
  });

test('all of it is there: nothing is lost, whatever else is there too', async () => {
  note();
  const { got, said } = await filled([...PASSED, 5, 6]);
  expect(got).toHaveLength(10);
  expect(said).toEqual(['info Export "hook" has what it let pass: 10 rows out of the log.']);
  expect(new ExportOrders(store).standing('hook').lost).toBe(0);
});

test('what is gone is counted by its minutes, over pages, and said', async () => {
  note();
  const { got, said } = await filled([3, 4, 20 * MINUTE, 20 * MINUTE + 1]);
  expect(got).toHaveLength(4);
  // Three of five of the first, both of the second; what the third has more makes up for none.
  expect(said[1]).toStartWith('warn Export "hook" has lost at least 5 rows:');
  const orders = new ExportOrders(store);
  expect([orders.standing('hook').lost, orders.backfills('hook')[0]?.lost]).toEqual([5, 5]);
});

test('rows that a filter leaves out are not lost', async () => {
  note();
  await filled(PASSED, () => null);
  expect(new ExportOrders(store).standing('hook').lost).toBe(0);
});

test('of a gap whose rows are known only those are sent, each once, and the others are neither sent nor lost', async () => {
  const gapOf = (moments: readonly number[]) =>
    state.noteGap('hook', {
      ...{ ranges: minutesOf(moments), spool: 'gone', to: { segment: 1, offset: 0 } },
      ids: moments.map((at) => `row-${at}`),
    });
  gapOf([1, 3, 5]);
  // Again, after a crash before the spool's place was written.
  gapOf([1, 3, 5]);
  gapOf([7, 9]);
  const first = await filled([0, 1, 2, 3, 4, 5, 6, 7, 8, MINUTE]);
  expect(first.got.sort()).toEqual(['row-1', 'row-3', 'row-5', 'row-7']);
  expect(first.said[1]).toStartWith('warn Export "hook" has lost at least 1 rows:');
  expect(new ExportOrders(store).standing('hook').lost).toBe(1);
  gapOf([2, 4]);
  expect((await filled([0, 1, 2, 3, 4])).got.sort()).toEqual(['row-2', 'row-4']);
  expect(store.sqlite.query('SELECT * FROM export_gap_rows').all()).toEqual([]);
});
