// A spool on its way into the database: it gives up a segment only when its rows are on the disk.
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../store/open-store.ts';
import { openLogStore } from '../engine/open-log-store.ts';
import type { LogStore } from '../log-store.ts';
import { sampleExchange } from '../sample-exchange.ts';
import { IngestFigures } from './ingest-figures.ts';
import { IngestSpool } from './ingest-spool.ts';
import { RefusedRows } from './refused-rows.ts';
import { SettledPositions } from './settled.ts';
import { segmentPath, segmentsIn } from './spool-folder.ts';
import { exchangeLine } from './spool-record.ts';

let dir: string;
let folder: string;
let settled: SettledPositions;
let store: LogStore;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'switchyard-ingest-spool-'));
  folder = join(dir, 'spool', 'one');
  mkdirSync(folder, { recursive: true });
  const opened = openStore({ dataDir: dir });
  settled = new SettledPositions(opened.path);
  opened.close();
  store = await openLogStore({ engine: 'sqlite', dataDir: dir }, { write: true });
});
afterEach(async () => {
  settled.close();
  await store.close();
  rmSync(dir, { recursive: true, force: true });
});

const segment = (number: number) =>
  writeFileSync(segmentPath(folder, number), exchangeLine(sampleExchange()) ?? '');

test('a segment goes when its rows are on the disk, and stays while they cannot be brought there', async () => {
  const spool = new IngestSpool(folder, {
    settled,
    refused: new RefusedRows(dir),
    figures: new IngestFigures(),
    onRefused: () => {},
    maxLagBytes: 1e9,
  });
  let fails = true;
  const there: number[][] = [];
  const rows: Pick<LogStore, 'insert' | 'keepPrices' | 'settle'> = {
    insert: (all) => store.insert(all),
    keepPrices: (prices) => store.keepPrices(prices),
    settle: async () => {
      there.push(segmentsIn(folder));
      if (fails) throw Object.assign(new Error('EIO: i/o error, fsync'), { code: 'EIO' });
      await store.settle();
    },
  };
  segment(1);
  expect(spool.read()).toBe(true);
  expect(await spool.write(rows)).toBe(1);
  // Nothing is given up yet: nothing needs to be on the disk.
  expect(there).toEqual([]);
  segment(2);
  expect(spool.read()).toBe(true);
  const error: unknown = await spool.write(rows).then(() => null, Object);
  expect(error).toMatchObject({ code: 'EIO' });
  expect(segmentsIn(folder)).toEqual([1, 2]);
  fails = false;
  expect(spool.read()).toBe(false);
  await spool.removePassedSegments(rows);
  expect(there).toEqual([
    [1, 2],
    [1, 2],
  ]);
  expect(segmentsIn(folder)).toEqual([2]);
  // Once they are there, it is not asked again.
  await spool.removePassedSegments(rows);
  expect(there).toHaveLength(2);
  spool.close();
});
