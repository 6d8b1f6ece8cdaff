// The operator's metrics over a real database: a change that was saved is answered so, and what was read stays at hand.
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore, type Store } from '../store/open-store.ts';
import { type OperatorMetrics, openOperatorMetrics } from './operator-metrics.ts';

let dir: string;
let store: Store;
let metrics: OperatorMetrics;
let lines: string[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'switchyard-metrics-'));
  lines = [];
  store = openStore({ dataDir: dir });
  metrics = openOperatorMetrics(store, {
    log: (level, message) => void lines.push(`${level} ${message}`),
    pollMs: 60_000,
  });
});
afterEach(() => {
  metrics.close();
  store.close();
  rmSync(dir, { recursive: true, force: true });
});

const BY = { via: 'api', id: 'key_a' } as const;
const KIND = { name: 'kind', direction: 'lower', values: { 'a/b': 1 } } as const;

test('a metric is put, put anew and removed, and both readings say so', async () => {
  expect(metrics.current()).toEqual([]);
  expect(await metrics.put(KIND, BY)).toBe(false);
  expect(metrics.current()).toEqual([{ ...KIND, origin: 'api' }]);
  expect(await metrics.put({ ...KIND, values: {} }, BY)).toBe(true);
  expect(metrics.current()).toEqual([{ ...KIND, values: {}, origin: 'api' }]);
  expect(metrics.list()).toEqual(metrics.current());
  expect(await metrics.remove('kind', BY)).toBe(true);
  expect(await metrics.remove('kind', BY)).toBe(false);
  expect([metrics.list(), metrics.current()]).toEqual([[], []]);
});

test('a change that was saved is no failure, whatever comes after it', async () => {
  let told = 0;
  metrics.onChange(() => {
    told += 1;
    throw new RangeError('a listener’s own');
  });
  expect(await metrics.put(KIND, BY)).toBe(false);
  expect([told, lines.length]).toEqual([1, 1]);
  expect(lines[0]).toContain('a listener’s own');
  // The triggers go on with the table under its other name: what is written holds, but cannot be read.
  await store.write((sqlite) => sqlite.run('ALTER TABLE revisions RENAME TO gone'));
  expect(await metrics.put({ ...KIND, name: 'later' }, BY)).toBe(false);
  expect(await metrics.remove('kind', BY)).toBe(true);
  expect(() => metrics.list()).toThrow('revisions');
  expect(metrics.current()).toEqual([{ ...KIND, origin: 'api' }]);
  expect(lines.slice(1)).toEqual([expect.stringContaining('error Metrics go on as last read. ')]);
  await store.write((sqlite) => sqlite.run('ALTER TABLE gone RENAME TO revisions'));
  expect(metrics.list().map(({ name }) => name)).toEqual(['later']);
});
