// Reading beside reading: what takes long keeps nobody waiting who asks for a row, and no thread starts before somebody asks.
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MIDNIGHT, variedRow } from '../../test/contracts/log-rows.ts';
import { openLogStore } from './engine/open-log-store.ts';
import { LogReader } from './log-reader.ts';
import type { LogPlace } from './log-store.ts';
import { parseUsageQuery } from './usage/usage-query.ts';

const ROWS = 6000;

let place: LogPlace;
let dataDir: string;
let started: number;
let reader: LogReader;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'switchyard-reader-'));
  place = { engine: 'sqlite', dataDir };
  started = 0;
  reader = new LogReader(place, () => {
    started += 1;
    return new Worker(new URL('./read-worker.ts', import.meta.url), { smol: true });
  });
});
afterEach(async () => {
  await reader.close();
  rmSync(dataDir, { recursive: true, force: true });
});

async function write(count: number): Promise<string> {
  const store = await openLogStore(place, { write: true });
  const rows = Array.from({ length: count }, (_, n) => variedRow(n, MIDNIGHT + n));
  await store.insert(rows);
  await store.close();
  return rows[0]?.id ?? '';
}

test('a thread for what an index answers, one for what may take long, each from its first question on', async () => {
  const id = await write(3);
  expect(started).toBe(0);
  expect((await reader.get(id))?.id).toBe(id);
  expect((await reader.list({ limit: 2, user: 'nobody' })).logs).toEqual([]);
  await reader.page({ limit: 2 });
  expect(started).toBe(1);
  await reader.list({ limit: 2, min_total_ms: 1 });
  expect(started).toBe(2);
  await reader.page({ limit: 2, unpriced: true });
  await reader.usage(parseUsageQuery({}, MIDNIGHT), 'json', MIDNIGHT);
  await reader.export({ limit: 2 }, 'ndjson');
  expect(started).toBe(2);
});

test('a row is there before the export that was asked for earlier', async () => {
  const id = await write(ROWS);
  // Both have started and opened their files.
  await Promise.all([reader.get(id), reader.export({ limit: 1 }, 'ndjson')]);
  const answered: string[] = [];
  const long = reader.export({ limit: ROWS }, 'csv').then(({ text }) => {
    answered.push('export');
    return text;
  });
  for (let count = 0; count < 3; count += 1) {
    await reader.get(id);
    answered.push('row');
  }
  expect((await long).split('\r\n')).toHaveLength(ROWS + 1);
  expect(answered).toEqual(['row', 'row', 'row', 'export']);
});
