// What the log's engines promise each in its own way: what a newer version wrote is refused, processes meet, a server goes away.
import { Database } from 'bun:sqlite';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { log } from '../../src/ledger/engine/migrations/001-log.ts';
import { openLogStore } from '../../src/ledger/engine/open-log-store.ts';
import { migratePostgres } from '../../src/ledger/engine/postgres-migrate.ts';
import type { LogPlace, LogStore } from '../../src/ledger/log-store.ts';
import { PostgresConnection } from '../../src/store/postgres/connection.ts';
import { startPostgres } from '../postgres.ts';
import { DAY_MS, MIDNIGHT, sumOf, variedRow } from './log-rows.ts';

const WRITER = join(import.meta.dir, 'log-store-writer.ts');
const server = await startPostgres();
afterAll(() => server?.end());

let dir: string;
let stores: LogStore[];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'switchyard-log-'));
  stores = [];
});
afterEach(async () => {
  for (const store of stores) await store.close();
  rmSync(dir, { recursive: true, force: true });
});

async function open(place: LogPlace, write = true): Promise<LogStore> {
  const store = await openLogStore(place, { write });
  stores.push(store);
  return store;
}

const sqlite = (): LogPlace => ({ engine: 'sqlite', dataDir: dir });
const failureOf = (promise: Promise<unknown>) => promise.then(() => null, Object);

/** Processes of their own write to an hour while this one closes it; all that is told must be true at any moment. */
async function race(place: LogPlace): Promise<void> {
  const store = await open(place);
  const [batches, rows] = [40, 5];
  const writers = [1, 2].map((seed) =>
    Bun.spawn(
      [process.execPath, WRITER, JSON.stringify({ place, seed, batches, rows, at: MIDNIGHT })],
      {
        stdout: 'inherit',
        stderr: 'inherit',
      },
    ),
  );
  let writing = true;
  const done = Promise.all(writers.map((writer) => writer.exited)).then((codes) => {
    writing = false;
    return codes;
  });
  let closed = 0;
  while (writing) {
    if (await store.closeHour(MIDNIGHT, () => sumOf(store, MIDNIGHT))) closed += 1;
    await Bun.sleep(1);
  }
  expect(await done).toEqual([0, 0]);
  const open1 = await store.read(store.build.selectFrom('open_hours').selectAll().compile());
  const [before] = await store.read(store.build.selectFrom('usage').selectAll().compile());
  // Closed, it had them all; open, the last rows came after it was closed.
  if (open1.length === 0) expect(before?.requests).toBe(2 * batches * rows);
  expect(await store.closeHour(MIDNIGHT, () => sumOf(store, MIDNIGHT))).toBe(true);
  const [after] = await store.read(store.build.selectFrom('usage').selectAll().compile());
  expect(after?.requests).toBe(2 * batches * rows);
  expect(await store.list({ limit: 1000 })).toHaveLength(2 * batches * rows);
  expect(closed).toBeGreaterThan(0);
}

describe('SQLite', () => {
  test('processes that write and close one hour meet without harm', () => race(sqlite()), 30_000);

  test('files are private, and a day is one file that goes with it', async () => {
    const store = await open(sqlite());
    await store.insert([variedRow(0, MIDNIGHT), variedRow(1, MIDNIGHT + DAY_MS)]);
    const folder = join(dir, 'log');
    const files = () =>
      readdirSync(folder)
        .filter((file) => file.endsWith('.db'))
        .sort();
    expect(files()).toEqual(['2026-11-21.db', '2026-11-22.db', 'usage.db']);
    for (const file of readdirSync(folder))
      expect(statSync(join(folder, file)).mode & 0o077).toBe(0);
    await store.dropDay('2026-11-21');
    expect(readdirSync(folder).filter((file) => file.startsWith('2026-11-21'))).toEqual([]);
    expect(files()).toEqual(['2026-11-22.db', 'usage.db']);
  });

  test.each(['usage', '2026-11-21'])('the file %s of a newer version is refused', async (name) => {
    const store = await open(sqlite());
    await store.insert([variedRow(0, MIDNIGHT)]);
    await store.close();
    const newer = new Database(join(dir, 'log', `${name}.db`));
    newer.run('PRAGMA user_version = 99');
    newer.close();
    const use = async () => {
      const again = await open(sqlite());
      await again.insert([variedRow(1, MIDNIGHT)]);
    };
    const failure = await failureOf(use());
    expect(failure).toMatchObject({ code: 'storage_unavailable' });
    expect(String(failure)).toContain('newer version');
  });

  test('where nothing was written yet there is nothing to read, and nothing is made', async () => {
    const reader = await open(sqlite(), false);
    expect(await reader.list({ limit: 9 })).toEqual([]);
    expect(await reader.days()).toEqual([]);
    expect(await reader.read(reader.build.selectFrom('usage').selectAll().compile())).toEqual([]);
    expect(existsSync(join(dir, 'log'))).toBe(false);
  });

  test('a damaged day does not stand in the way of the others, and is named', async () => {
    const store = await open(sqlite());
    await store.insert([variedRow(0, MIDNIGHT), variedRow(1, MIDNIGHT + DAY_MS)]);
    await store.close();
    await Bun.write(
      join(dir, 'log', '2026-11-21.db'),
      'no database at all, but a text of some length',
    );
    const again = await open(sqlite());
    const failure = await failureOf(again.list({ limit: 9 }));
    expect(String(failure)).toContain('2026-11-21.db is damaged');
    expect(await again.list({ limit: 9, from: MIDNIGHT + DAY_MS })).toHaveLength(1);
    await again.dropDay('2026-11-21');
    expect(await again.list({ limit: 9 })).toHaveLength(1);
  });
});

if (server !== null) {
  const postgres = async (): Promise<LogPlace> => ({
    engine: 'postgres',
    url: await server.database(),
  });

  describe('PostgreSQL', () => {
    test(
      'processes that write and close one hour meet without harm',
      async () => race(await postgres()),
      30_000,
    );

    test('servers that start together make the tables once', async () => {
      const place = await postgres();
      await Promise.all(Array.from({ length: 5 }, () => open(place)));
      const rows = Array.from({ length: 10 }, (_, at) => variedRow(at, MIDNIGHT + at * DAY_MS));
      // And the same partitions.
      await Promise.all(stores.map((store) => store.insert(rows)));
      expect(await stores[0]?.list({ limit: 99 })).toHaveLength(10);
    });

    test('a newer database is refused, and one without the tables is not read', async () => {
      const place = await postgres();
      const url = place.engine === 'postgres' ? place.url : '';
      expect(String(await failureOf(open(place, false)))).toContain('Start the server once');
      await open(place);
      await server.sql(url, "INSERT INTO log_migrations VALUES ('900-later', 1)");
      for (const write of [true, false]) {
        const failure = await failureOf(open(place, write));
        expect(String(failure)).toContain('newer version of Switchyard (its step "900-later"');
      }
    });

    test('a step of the migrations has its own limit, longer than that of other questions', async () => {
      const place = await postgres();
      const url = place.engine === 'postgres' ? place.url : '';
      const connection = new PostgresConnection(url, { write: true, connections: 1, limitMs: 100 });
      const slow = { ...log, postgres: ['SELECT pg_sleep(3)'] };
      try {
        await migratePostgres(connection, MIDNIGHT, [slow]);
        expect(await connection.query('SELECT name FROM log_migrations')).toEqual([
          { name: log.name },
        ]);
      } finally {
        await connection.close();
      }
    }, 20_000);

    test('a server that is gone is said to be gone, without the password; back again, all goes on', async () => {
      const place = await postgres();
      const store = await open({ engine: 'postgres', url: withPassword(place) });
      await store.insert([variedRow(0, MIDNIGHT)]);
      await server.stop();
      const started = performance.now();
      for (const attempt of [
        store.insert([variedRow(1, MIDNIGHT)]),
        store.list({ limit: 1 }),
        open(place),
      ]) {
        const failure = await failureOf(attempt);
        expect(failure).toMatchObject({ code: 'storage_unavailable' });
        expect(String(failure)).toContain('PostgreSQL at 127.0.0.1:');
        expect(String(failure)).not.toContain('hunter2');
      }
      expect(performance.now() - started).toBeLessThan(5000);
      await server.start();
      await store.insert([variedRow(2, MIDNIGHT + 1)]);
      expect(await store.list({ limit: 9 })).toHaveLength(2);
    }, 30_000);

    test('a server that hangs is given up after five seconds by who connects', async () => {
      const place = await postgres();
      await open(place);
      server.freeze();
      const started = performance.now();
      const failure = await failureOf(open(place, false));
      server.thaw();
      expect(String(failure)).toContain('does not answer');
      expect(performance.now() - started).toBeLessThan(9000);
    }, 30_000);

    test('who is not let in is told what to look at', async () => {
      const place = await postgres();
      const url = place.engine === 'postgres' ? place.url.replace(/test_\d+$/, 'nowhere') : '';
      const failure = await failureOf(open({ engine: 'postgres', url }));
      expect(String(failure)).toContain('Check the user, the password and the database');
    });

    test('a day that was taken out and not dropped is still there to be dropped', async () => {
      const place = await postgres();
      const url = place.engine === 'postgres' ? place.url : '';
      const store = await open(place);
      await store.insert([variedRow(0, MIDNIGHT - 1), variedRow(1, MIDNIGHT)]);
      await server.sql(url, 'ALTER TABLE requests DETACH PARTITION requests_20261120');
      expect((await store.days()).map(({ day }) => day)).toEqual(['2026-11-21', '2026-11-20']);
      await store.dropDay('2026-11-20');
      expect((await store.days()).map(({ day }) => day)).toEqual(['2026-11-21']);
    });

    test('servers that drop the same day do so once, and both are done', async () => {
      const place = await postgres();
      await Promise.all([open(place), open(place), open(place)]);
      const days = Array.from({ length: 4 }, (_, at) => MIDNIGHT + at * DAY_MS);
      await stores[0]?.insert(days.map((at, n) => variedRow(n, at)));
      for (const at of days) {
        const day = new Date(at).toISOString().slice(0, 10);
        await Promise.all(stores.map((store) => store.dropDay(day)));
      }
      expect(await stores[0]?.days()).toEqual([]);
    });

    test('a day is dropped beside who reads and writes', async () => {
      const place = await postgres();
      const url = place.engine === 'postgres' ? place.url : '';
      const store = await open(place);
      await store.insert([variedRow(0, MIDNIGHT - 1), variedRow(1, MIDNIGHT)]);
      const dropping = store.dropDay('2026-11-20');
      await store.insert([variedRow(2, MIDNIGHT + 1)]);
      await dropping;
      expect(
        await server.sql(url, "SELECT count(*) FROM pg_class WHERE relname = 'requests_20261120'"),
      ).toBe('0');
      expect(await store.list({ limit: 9 })).toHaveLength(2);
    });
  });
}

function withPassword(place: LogPlace): string {
  return place.engine === 'postgres' ? place.url.replace('postgres@', 'postgres:hunter2@') : '';
}
