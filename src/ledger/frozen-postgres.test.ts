// A PostgreSQL that hangs with its connections open: noticed, waited for, and nothing is lost or there twice.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres, type TestPostgres } from '../../test/postgres.ts';
import { type Ledger, openLedger } from './open-ledger.ts';
import { sampleExchange } from './sample-exchange.ts';

let postgres: TestPostgres | null = null;
let url: string;
let dir: string;
const open: Ledger[] = [];

beforeAll(async () => {
  postgres = await startPostgres();
}, 240_000);
afterAll(() => postgres?.end());
beforeEach(async () => {
  url = (await postgres?.database()) ?? '';
  dir = mkdtempSync(join(tmpdir(), 'switchyard-frozen-'));
});
afterEach(async () => {
  postgres?.thaw();
  for (const ledger of open.splice(0)) await ledger.close();
  rmSync(dir, { recursive: true, force: true });
});

function opened(): Ledger {
  const ledger = openLedger({ dataDir: dir, place: { engine: 'postgres', url }, log: () => {} });
  open.push(ledger);
  return ledger;
}

const appended = (ledger: Ledger, count: number): string[] =>
  Array.from({ length: count }, () => {
    const exchange = sampleExchange();
    ledger.append(exchange);
    return exchange.id;
  });

const stored = async () => {
  const text = await postgres?.sql(url, 'SELECT id FROM requests ORDER BY id');
  return text === '' ? [] : text?.split('\n');
};

async function until(holds: () => boolean, ms: number): Promise<number> {
  const start = performance.now();
  while (!holds() && performance.now() - start < ms) await Bun.sleep(20);
  expect(holds()).toBe(true);
  return performance.now() - start;
}

test('is said to be down within 20 s, by who asks as well, and has every row once it goes on', async () => {
  if (postgres === null) return;
  const ledger = opened();
  const ids = appended(ledger, 50);
  await ledger.flush();
  expect(await ledger.get(ids[0] ?? '')).not.toBeNull();
  postgres.freeze();
  ids.push(...appended(ledger, 50));
  const start = performance.now();
  const asked: unknown = await ledger.get(ids[0] ?? '').then(() => null, Object);
  expect(asked).toMatchObject({ code: 'storage_unavailable' });
  expect(performance.now() - start).toBeLessThan(15_000);
  await until(() => ledger.stats.database === 'down', 20_000);
  expect(performance.now() - start).toBeLessThan(20_000);
  expect(ledger.stats).toMatchObject({ spooledRows: 50, dropped: 0 });
  postgres.thaw();
  await until(() => ledger.stats.spooledRows === 0, 20_000);
  expect(await stored()).toEqual(ids.sort());
}, 90_000);

test('does not keep a process from ending: 6 s at most, and the next has every row once', async () => {
  if (postgres === null) return;
  const ledger = opened();
  const ids = appended(ledger, 20);
  await ledger.flush();
  postgres.freeze();
  ids.push(...appended(ledger, 30));
  // It is in the middle of writing them.
  await Bun.sleep(300);
  const start = performance.now();
  await ledger.close();
  expect(performance.now() - start).toBeLessThan(6000);
  postgres.thaw();
  const next = opened();
  await until(() => next.stats.written >= 30 && next.stats.spooledBytes === 0, 20_000);
  expect(await stored()).toEqual(ids.sort());
}, 60_000);
