// What an export leaves behind: its rows are noted before its places go, those of one taken out while nothing ran too; and forgotten.
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LogRow } from '../core/log-row.ts';
import { openStore, type Store } from '../store/open-store.ts';
import type { ExportLane } from './export-lane.ts';
import { ExportOrders } from './export-orders.ts';
import { ExportState } from './export-state.ts';
import { Exporter } from './exporter.ts';

const DAY = 86_400_000;
let dir: string;
let store: Store;
let state: ExportState;
let now: number;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'switchyard-left-'));
  store = openStore({ dataDir: dir });
  now = 10 * DAY;
  state = new ExportState(store.path, 'a', () => now);
});
afterEach(() => {
  store.close();
  rmSync(dir, { recursive: true, force: true });
});

/** A spool with two rows, of an export nobody configures. */
function exporterOf(logged: string[]) {
  const places = new Set(['old']);
  const rows = ['a', 'b'].map((id) => ({ id, at: new Date(now).toISOString() }) as LogRow);
  const openLanes = (name: string) => {
    let left = places.has(name) ? rows : [];
    const lane: ExportLane = {
      ...{ spool: 'one', sentTo: null, acknowledgedAt: 0, isGone: false, isClosed: false },
      next() {
        const some = left;
        left = [];
        return some.length === 0 ? null : { rows: some, to: { segment: 1, offset: 9 } };
      },
      acknowledge: () => undefined,
      willSend: () => undefined,
      waitingBytes: () => 0,
      takeSkipped: () => 0,
    };
    return { all: () => [lane], close: () => undefined, remove: () => places.delete(name) };
  };
  const exporter = new Exporter({
    ...{ state, openLanes, registered: () => new Set(places), maxLagBytes: 1e9 },
    rows: { page: async () => ({ rows: [], nextCursor: null }), rows: async () => [] },
    openSink: () => Promise.reject(new Error('no sink')),
    log: (level, message) => logged.push(`${level} ${message}`),
    ...{ now: () => now, chance: () => 0, onStatus: () => undefined },
  });
  return { exporter, places };
}

test('what was taken out while nothing ran is noted and said; it comes back within a day, or never', async () => {
  const logged: string[] = [];
  const { exporter, places } = exporterOf(logged);
  await exporter.configure({});
  now += 6000;
  exporter.refresh();
  await exporter.configure({});
  expect([...places]).toEqual([]);
  expect(logged).toEqual([
    expect.stringContaining('warn Export "old" is no longer configured. 2 requests waited for it'),
  ]);
  expect(state.owedRows('old')).toBe(2);
  now += DAY - 1000;
  await exporter.configure({});
  expect(state.owedRows('old')).toBe(2);
  now += 2000;
  await exporter.configure({});
  expect(logged[1]).toContain('2 requests that waited for it are not sent');
  expect([state.owedRows('old'), state.owesGap('old')]).toEqual([0, false]);
  expect(new ExportOrders(store).backfills('old')[0]?.state).toBe('cancelled');
  await exporter.close(0);
});
