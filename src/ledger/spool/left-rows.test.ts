// What earlier processes left comes into the log while this one's own rows keep coming.
import { Database } from 'bun:sqlite';
import { afterEach, beforeEach, expect, test } from 'bun:test';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Exchange } from '../../core/exchange.ts';
import { MIGRATIONS } from '../../store/migrate.ts';
import { databasePath, openStore } from '../../store/open-store.ts';
import { openLogStore } from '../engine/open-log-store.ts';
import { sampleExchange } from '../sample-exchange.ts';
import { toStoredRow } from '../stored-row.ts';
import { Writer } from '../writer.ts';
import { segmentPath, spoolRoot } from './spool-folder.ts';
import { exchangeLine } from './spool-record.ts';

/** The steps of the last release that kept rows in switchyard.db. */
const RELEASED = MIGRATIONS.slice(0, MIGRATIONS.findIndex(({ name }) => name === '008-facts') + 1);
/** A second's traffic of a busy gateway, in the steps of a timer. */
const STEP_MS = 10;
const WITHIN_MS = 10_000;

let dir: string;
let writer: Writer | null = null;
let said: string[];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'switchyard-left-'));
  said = [];
});
afterEach(async () => {
  await writer?.close(5000);
  writer = null;
  rmSync(dir, { recursive: true, force: true });
});

function opened(): Writer {
  const store = openStore({ dataDir: dir });
  store.close();
  writer = new Writer({
    dataDir: dir,
    path: store.path,
    place: { engine: 'sqlite', dataDir: dir },
    log: (level, message) => void said.push(`${level} ${message}`),
    instance: Bun.randomUUIDv7(),
  });
  return writer;
}

/** The spool of a process that died. */
function orphan(name: string, rows: number): string[] {
  const folder = join(spoolRoot(dir), name);
  mkdirSync(folder, { recursive: true });
  const all = Array.from({ length: rows }, () => sampleExchange());
  writeFileSync(segmentPath(folder, 1), all.map((one) => exchangeLine(one) ?? '').join(''));
  return all.map(({ id }) => id);
}

/** Rows as an earlier release kept them. */
function oldRows(rows: number): string[] {
  const old = openStore({ dataDir: dir, migrations: RELEASED });
  const names = old.sqlite.query("SELECT name FROM pragma_table_info('requests')").values().flat();
  const insert = old.sqlite.prepare(
    `INSERT INTO requests (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
  );
  const ids = old.sqlite.transaction(() =>
    Array.from({ length: rows }, () => {
      const row = toStoredRow(sampleExchange());
      const values = row as unknown as { readonly [column: string]: string | number | null };
      insert.run(...names.map((name) => values[String(name)] ?? null));
      return row.id;
    }),
  )();
  insert.finalize();
  old.close();
  return ids;
}

async function storedIds(): Promise<Set<string>> {
  const store = await openLogStore({ engine: 'sqlite', dataDir: dir }, { write: false });
  const ids = new Set<string>();
  for await (const block of store.scan({ from: 0, to: Date.now() + 60_000 }, ['id']))
    for (const { id } of block) ids.add(id);
  await store.close();
  return ids;
}

/** Appends a row at each step until it holds; answers the rows and how far behind the log was at worst. */
async function underTraffic(to: Writer, perStep: number, holds: () => Promise<boolean>) {
  const own: Exchange[] = [];
  let worstLagMs = 0;
  const traffic = setInterval(() => {
    for (let at = 0; at < perStep; at += 1) {
      const exchange = sampleExchange();
      own.push(exchange);
      to.append(exchange);
    }
    worstLagMs = Math.max(worstLagMs, to.stats.lagMs);
  }, STEP_MS);
  const deadline = Date.now() + WITHIN_MS;
  let held = false;
  while (!held && Date.now() < deadline) {
    await Bun.sleep(100);
    held = await holds();
  }
  clearInterval(traffic);
  return { held, own: own.map(({ id }) => id), worstLagMs };
}

test.each([1, 20])(
  'spools of dead processes and rows of an earlier release do not wait for traffic (%i rows each 10 ms) to end',
  async (perStep) => {
    const left = [...oldRows(2500), ...orphan('dead-one', 2500), ...orphan('dead-two', 1)];
    const to = opened();
    const { held, own, worstLagMs } = await underTraffic(to, perStep, async () => {
      if (existsSync(join(spoolRoot(dir), 'dead-one'))) return false;
      const stored = await storedIds();
      return left.every((id) => stored.has(id));
    });
    expect(held).toBe(true);
    // Nor do its own rows wait for those.
    expect(own.length).toBeGreaterThan(perStep);
    expect(worstLagMs).toBeLessThan(2000);
    await to.flush(5000);
    expect(await storedIds()).toEqual(new Set([...left, ...own]));
    expect(to.stats).toMatchObject({ written: own.length + 2501, dropped: 0, refused: 0 });
    expect(said).toEqual([
      'info Log rows that earlier processes left are taken into the database.',
    ]);
  },
  30_000,
);

test('what cannot be read of an earlier release does not say that the log is down', async () => {
  oldRows(1000);
  const left = orphan('dead', 10);
  openStore({ dataDir: dir }).close();
  // As a failing disk leaves it: a page of the rows is no page any longer.
  const sqlite = new Database(databasePath(dir));
  const root = sqlite.query("SELECT rootpage FROM sqlite_schema WHERE name = 'requests'").values();
  const size = sqlite.query('PRAGMA page_size').values();
  sqlite.close();
  const pageBytes = Number(size[0]?.[0]);
  const file = openSync(databasePath(dir), 'r+');
  writeSync(
    file,
    Buffer.alloc(pageBytes, 255),
    0,
    pageBytes,
    (Number(root[0]?.[0]) - 1) * pageBytes,
  );
  closeSync(file);
  const to = opened();
  let downs = 0;
  const { held, own } = await underTraffic(to, 1, async () => {
    if (to.stats.database === 'down') downs += 1;
    const stored = await storedIds();
    return said.length > 1 && left.every((id) => stored.has(id));
  });
  expect(held).toBe(true);
  await to.flush(5000);
  const stored = await storedIds();
  expect(own.filter((id) => !stored.has(id))).toEqual([]);
  expect(downs).toBe(0);
  expect(said.filter((line) => line.startsWith('error'))).toHaveLength(1);
}, 30_000);
