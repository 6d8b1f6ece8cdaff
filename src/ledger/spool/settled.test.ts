// The place of a spool and what its rows add to the experiments: together or not at all, and once.
import { Database } from 'bun:sqlite';
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../store/open-store.ts';
import { sampleExchange } from '../sample-exchange.ts';
import { SettledPositions } from './settled.ts';
import { SPOOL_START } from './spool-folder.ts';

let dir: string;
let path: string;
const open: SettledPositions[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'switchyard-settled-'));
  const store = openStore({ dataDir: dir });
  path = store.path;
  store.close();
});
afterEach(() => {
  for (const one of open.splice(0)) one.close();
  rmSync(dir, { recursive: true, force: true });
});

function opened(): SettledPositions {
  const settled = new SettledPositions(path);
  open.push(settled);
  return settled;
}

function change<T>(work: (sqlite: Database) => T): T {
  const sqlite = new Database(path);
  const result = work(sqlite);
  sqlite.close();
  return result;
}

const counted = () =>
  change((sqlite) => sqlite.query('SELECT sum(requests) FROM variant_days').values()[0]?.[0]);
const rows = [1, 2, 3].map(() => sampleExchange({ routerId: 'r', routeId: 'a', variantId: 'v' }));
const END = { segment: 1, offset: 100 };

test('a batch is added once, whoever comes with it again', () => {
  const [one, other] = [opened(), opened()];
  expect(one.settle('s', SPOOL_START, END, rows)).toBe(true);
  expect(one.settle('s', SPOOL_START, END, rows)).toBe(false);
  expect(other.settle('s', SPOOL_START, { segment: 2, offset: 7 }, rows)).toBe(false);
  expect([counted(), one.of('s'), other.of('s')]).toEqual([3, END, END]);
  expect(other.settle('s', END, { segment: 2, offset: 7 }, rows)).toBe(true);
  expect([counted(), one.of('s')]).toEqual([6, { segment: 2, offset: 7 }]);
});

test('where what it adds cannot be written, its place is not kept either', () => {
  const settled = opened();
  change((sqlite) => sqlite.run('ALTER TABLE variant_days RENAME TO elsewhere'));
  expect(() => settled.settle('s', SPOOL_START, END, rows)).toThrow('variant_days');
  expect(settled.of('s')).toEqual(SPOOL_START);
  change((sqlite) => sqlite.run('ALTER TABLE elsewhere RENAME TO variant_days'));
  expect(settled.settle('s', SPOOL_START, END, rows)).toBe(true);
  expect([counted(), settled.of('s')]).toEqual([3, END]);
});

test('where its place cannot be kept, nothing is added', () => {
  const settled = opened();
  change((sqlite) =>
    sqlite.run(`CREATE TRIGGER refuse BEFORE UPDATE ON spool_positions BEGIN
      SELECT RAISE(ABORT, 'no'); END`),
  );
  expect(() => settled.settle('s', SPOOL_START, END, rows)).toThrow('no');
  expect(counted()).toBeNull();
});

test('a spool that is forgotten begins anew', () => {
  const settled = opened();
  settled.settle('s', SPOOL_START, END, rows);
  settled.forget('s');
  expect(settled.of('s')).toEqual(SPOOL_START);
});
