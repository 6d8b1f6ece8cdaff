// Rows of every release that kept the log in switchyard.db: moved whole, on whichever step of its schema, whatever is killed when.
import { Database } from 'bun:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MIGRATIONS } from '../../store/migrate.ts';
import { databasePath, openStore } from '../../store/open-store.ts';
import type { RequestsTable } from '../../store/tables.ts';
import type { LogStore } from '../log-store.ts';
import { sampleExchange } from '../sample-exchange.ts';
import { fromStoredRow, STORED_COLUMNS, toStoredRow } from '../stored-row.ts';
import { moveOldRows } from './old-rows.ts';
import { openLogStore } from './open-log-store.ts';

const T0 = Date.UTC(2026, 10, 21, 23, 59, 50);
/** The steps that some release had as its newest, and rows with it. */
const RELEASED = MIGRATIONS.map((step) => step.name).indexOf('008-facts') + 1;

let dir: string;
let store: LogStore;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'switchyard-old-rows-'));
  store = await openLogStore({ engine: 'sqlite', dataDir: dir }, { write: true });
});
afterEach(async () => {
  await store.close();
  rmSync(dir, { recursive: true, force: true });
});

/** A database as the release with these steps left it, with rows over midnight; answers the rows as it would have read them. */
function written(steps: number, count: number): RequestsTable[] {
  const old = openStore({ dataDir: dir, migrations: MIGRATIONS.slice(0, steps) });
  const columns = old.sqlite
    .query<{ name: string }, []>("SELECT name FROM pragma_table_info('requests')")
    .all()
    .map(({ name }) => name);
  const insert = old.sqlite.prepare(
    `INSERT INTO requests (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
  );
  old.sqlite.transaction(() => {
    for (let at = 0; at < count; at += 1) {
      const exchange = sampleExchange({ at: T0 + at * 200, user: at % 3 === 0 ? null : `u${at}` });
      // A release of those read the clock a second time for the id.
      const row: RequestsTable = { ...toStoredRow(exchange), at: exchange.at - (at % 4) };
      const values = row as unknown as { readonly [column: string]: string | number | null };
      insert.run(...columns.map((column) => values[column] ?? null));
    }
  })();
  insert.finalize();
  const rows = old.sqlite
    .query<{ readonly [column: string]: unknown }, []>('SELECT * FROM requests ORDER BY id DESC')
    .all()
    .map((row) => Object.fromEntries(STORED_COLUMNS.map((name) => [name, row[name] ?? null])));
  old.close();
  return rows as unknown as RequestsTable[];
}

async function moveAll(atOnce = 30): Promise<number> {
  let rows = 0;
  for (;;) {
    const moved = await moveOldRows(databasePath(dir), store, atOnce);
    rows += moved.rows;
    if (!moved.more) return rows;
  }
}

const listed = async () => (await store.list({ limit: 1000 })).map(fromStoredRow);

function hasOldTable(): boolean {
  const sqlite = new Database(databasePath(dir), { readonly: true });
  const found = sqlite.query("SELECT 1 FROM sqlite_schema WHERE name = 'requests'").get();
  sqlite.close();
  return found !== null;
}

describe('a database of a release', () => {
  const steps = Array.from({ length: RELEASED - 1 }, (_, at) => at + 2);
  test.each(steps)('with %i steps reads the same when it is moved', async (count) => {
    const rows = written(count, 100);
    openStore({ dataDir: dir }).close();
    expect(await moveAll()).toBe(100);
    expect(await listed()).toEqual(rows.map(fromStoredRow));
    expect((await store.days()).map(({ day }) => day)).toEqual(['2026-11-22', '2026-11-21']);
    expect(hasOldTable()).toBe(false);
    // And opens as one of this version, then and later.
    openStore({ dataDir: dir }).close();
    expect(await moveAll()).toBe(0);
  });

  test('that nobody has migrated keeps its table for the steps that change it', async () => {
    const rows = written(2, 40);
    expect(await moveAll()).toBe(40);
    expect(hasOldTable()).toBe(true);
    openStore({ dataDir: dir }).close();
    await moveAll();
    expect(await listed()).toEqual(rows.map(fromStoredRow));
    expect(hasOldTable()).toBe(false);
  });

  test('marks the hours of its rows open', async () => {
    written(RELEASED, 100);
    await moveAll();
    const query = store.build.selectFrom('open_hours').select('hour').orderBy('hour').compile();
    const hours = (await store.read(query)).map(({ hour }) => hour);
    expect(hours).toEqual([Date.UTC(2026, 10, 21, 23), Date.UTC(2026, 10, 22)]);
  });
});

test('a move that ended in the middle is gone on with', async () => {
  const rows = written(RELEASED, 100);
  await moveOldRows(databasePath(dir), store, 30);
  // Written, and killed before they were taken out of the old table.
  await store.insert(rows.slice(30, 60));
  await store.close();
  store = await openLogStore({ engine: 'sqlite', dataDir: dir }, { write: true });
  expect(await moveAll()).toBe(70);
  expect(await listed()).toEqual(rows.map(fromStoredRow));
});

test('two processes move each row once', async () => {
  const rows = written(RELEASED, 200);
  const other = await openLogStore({ engine: 'sqlite', dataDir: dir }, { write: true });
  const moving = async (to: LogStore) => {
    while ((await moveOldRows(databasePath(dir), to, 7)).more);
  };
  await Promise.all([moving(store), moving(other)]);
  await other.close();
  expect(await listed()).toEqual(rows.map(fromStoredRow));
  expect(hasOldTable()).toBe(false);
});

test('rows are not lost while the log does not take them', async () => {
  const rows = written(RELEASED, 20);
  // A log that says no.
  const refusing: LogStore = Object.create(store, {
    insert: { value: () => Promise.reject(new Error('away')) },
  });
  const failure = await moveOldRows(databasePath(dir), refusing).then(() => null, Object);
  expect(String(failure)).toContain('away');
  await moveAll();
  expect(await listed()).toEqual(rows.map(fromStoredRow));
});

test('where there is nothing to move, nothing is made', async () => {
  expect(await moveOldRows(join(dir, 'none.db'), store)).toMatchObject({ rows: 0, more: false });
  expect(await moveAll()).toBe(0);
});
