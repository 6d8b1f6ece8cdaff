// Real folders, files and processes: what is made, what is refused and with which words, and who waits for whom.
import { Database } from 'bun:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GatewayError } from '../core/errors.ts';
import { MIGRATIONS, type Migration } from './migrate.ts';
import { databasePath, openStore, type Store } from './open-store.ts';

let dir: string;
const open: { close(): void }[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'switchyard-store-'));
});
afterEach(() => {
  for (const one of open.splice(0)) one.close();
  rmSync(dir, { recursive: true, force: true });
});

function opened(options: Partial<Parameters<typeof openStore>[0]> = {}): Store {
  const store = openStore({ dataDir: dir, ...options });
  open.push(store);
  return store;
}

function connected(path: string): Database {
  const sqlite = new Database(path);
  open.push(sqlite);
  return sqlite;
}

/** The error that opening throws. */
function refusal(options: Partial<Parameters<typeof openStore>[0]> = {}): GatewayError {
  try {
    openStore({ dataDir: dir, ...options }).close();
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
  throw new Error('it opened');
}

const names = (sqlite: Database): unknown[] =>
  sqlite
    .query<{ name: string }, []>('SELECT name FROM migrations ORDER BY rowid')
    .all()
    .map((row) => row.name);
const mode = (path: string): number => statSync(path).mode & 0o777;
const step = (name: string, sql: string): Migration => ({
  name,
  up: (sqlite) => void sqlite.run(sql),
});

describe('a new data folder', () => {
  test('is made for its owner alone, whatever the umask', async () => {
    const dataDir = join(dir, 'deep', 'data');
    const before = process.umask(0);
    try {
      const store = opened({ dataDir });
      await store.write((sqlite) => sqlite.run('CREATE TABLE t (a)'));
      expect(store.path).toBe(join(dataDir, 'switchyard.db'));
      expect(mode(dataDir)).toBe(0o700);
      for (const suffix of ['', '-wal', '-shm']) expect(mode(store.path + suffix)).toBe(0o600);
    } finally {
      process.umask(before);
    }
  });

  test('holds a database in WAL mode with every step applied', () => {
    const { sqlite } = opened({ now: () => 1234 });
    expect(sqlite.query('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
    expect(sqlite.query('PRAGMA synchronous').get()).toEqual({ synchronous: 1 });
    expect(sqlite.query('PRAGMA page_size').get()).toEqual({ page_size: 8192 });
    expect(names(sqlite)).toEqual(MIGRATIONS.map((migration) => migration.name));
    expect(sqlite.query('SELECT DISTINCT applied_at FROM migrations').values()).toEqual([[1234]]);
  });

  test('is left as one file when the last one closes it', async () => {
    const store = opened();
    await store.write((sqlite) => sqlite.query("INSERT INTO migrations VALUES ('999-x', 1)").run());
    expect(names(store.sqlite)).toContain('999-x');
    store.close();
    expect(readdirSync(dir)).toEqual(['switchyard.db']);
  });

  test('may be opened by several processes at the same moment', async () => {
    const script = `import { openStore } from ${JSON.stringify(join(import.meta.dir, 'open-store.ts'))};
      openStore({ dataDir: ${JSON.stringify(dir)} }).close();`;
    const children = Array.from({ length: 4 }, () =>
      Bun.spawn([process.execPath, '-e', script], { stdout: 'ignore', stderr: 'pipe' }),
    );
    const ends = await Promise.all(
      children.map(async (child) => [await child.exited, await new Response(child.stderr).text()]),
    );
    expect(ends).toEqual(children.map(() => [0, '']));
    expect(names(opened().sqlite)).toEqual(MIGRATIONS.map((migration) => migration.name));
  });
});

describe('steps', () => {
  const first = step('001-a', 'CREATE TABLE a (x)');
  const second = step('002-b', 'CREATE TABLE b AS SELECT * FROM a');

  test('run once each, in order, by name', () => {
    opened({ migrations: [first] }).close();
    const { sqlite } = opened({ migrations: [first, second] });
    opened({ migrations: [first, second] });
    expect(names(sqlite)).toEqual(['001-a', '002-b']);
  });

  test('that fail leave nothing behind, not even those before them', () => {
    const broken = step('002-b', 'CREATE TABLE b AS SELECT * FROM nowhere');
    expect(refusal({ migrations: [first, broken] }).message).toContain('no such table: nowhere');
    const sqlite = connected(databasePath(dir));
    expect(sqlite.query('SELECT name FROM sqlite_schema').all()).toEqual([]);
    sqlite.close();
    expect(names(opened({ migrations: [first, second] }).sqlite)).toEqual(['001-a', '002-b']);
  });

  test('of a newer version are refused, and the database stays as it is', () => {
    opened({ migrations: [first, second] }).close();
    const before = readFileSync(databasePath(dir));
    const error = refusal({ migrations: [first] });
    expect(error.code).toBe('storage_unavailable');
    expect(error.message).toContain('newer version of Switchyard (its step "002-b"');
    expect(error.message).toContain('SWITCHYARD_DATA');
    expect(readFileSync(databasePath(dir))).toEqual(before);
  });
});

describe('a folder that cannot be used', () => {
  test('a file that is no database', () => {
    writeFileSync(
      databasePath(dir),
      'This is a text file and has been one for a long time.\n'.repeat(40),
    );
    expect(refusal().message).toContain(
      `${databasePath(dir)} is damaged or is no SQLite database. Restore it`,
    );
  });

  test('a damaged database', () => {
    opened().close();
    const bytes = readFileSync(databasePath(dir));
    bytes.fill(0x5a, 100, 8192);
    writeFileSync(databasePath(dir), bytes);
    expect(refusal().message).toContain('is damaged or is no SQLite database. Restore it');
  });

  test('a file where the folder should be', () => {
    const file = join(dir, 'file');
    writeFileSync(file, '');
    expect(refusal({ dataDir: file }).message).toContain('a file stands where a folder is needed');
    expect(refusal({ dataDir: join(file, 'data') }).message).toContain(
      'a file stands where a folder is needed',
    );
  });

  test('a folder where the database should be', () => {
    mkdirSync(databasePath(dir));
    expect(refusal().message).toContain(`Cannot open or write ${databasePath(dir)}. Let this user`);
  });

  test('a folder that is not ours to write', () => {
    // Root may write everywhere but in the kernel's own trees.
    if (process.getuid?.() === 0) {
      expect(refusal({ dataDir: '/sys/fs/switchyard' }).message).toContain('Cannot open or write');
      return;
    }
    const dataDir = join(dir, 'locked');
    mkdirSync(dataDir, { mode: 0o500 });
    expect(refusal({ dataDir }).message).toContain('Cannot open or write');
    expect(refusal({ dataDir: join(dataDir, 'data') }).message).toContain('Cannot open or write');
  });

  test('a full disk', async () => {
    const store = opened();
    // As full as SQLite can be made without filling a disk: the same error from the same place.
    store.sqlite.run('PRAGMA max_page_count = 1');
    const error: unknown = await store
      .write((sqlite) => sqlite.run('CREATE TABLE big AS SELECT randomblob(100000) AS x'))
      .catch((e: unknown) => e);
    expect(String(error)).toContain(`No room left for ${store.path}. Free space on that disk`);
  });

  test('a database whose lock another program keeps', () => {
    const steps = [step('001-a', 'CREATE TABLE a (x)')];
    opened({ migrations: steps }).close();
    const other = connected(databasePath(dir));
    other.run('BEGIN IMMEDIATE');
    const more = [...steps, step('002-b', 'CREATE TABLE b (x)')];
    const error = refusal({ migrations: more, lockWaitMs: 50 });
    expect(error.message).toContain('is locked by another program. End what holds it');
    other.run('ROLLBACK');
    expect(names(opened({ migrations: more }).sqlite)).toEqual(['001-a', '002-b']);
  });
});

describe('write', () => {
  test('waits for another connection without stopping the thread', async () => {
    const store = opened();
    await store.write((sqlite) => sqlite.run('CREATE TABLE t (a)'));
    const other = connected(store.path);
    other.run('BEGIN IMMEDIATE');
    other.run('INSERT INTO t VALUES (1)');
    let done = false;
    const writing = store
      .write((sqlite) => sqlite.run('INSERT INTO t VALUES (2)'))
      .then(() => {
        done = true;
      });
    let turns = 0;
    for (; turns < 5; turns += 1) await Bun.sleep(10);
    expect(done).toBe(false);
    other.run('COMMIT');
    await writing;
    expect(store.sqlite.query('SELECT a FROM t ORDER BY a').values()).toEqual([[1], [2]]);
  });

  test('gives up after its time with the remedy, and writes nothing', async () => {
    const store = opened({ lockWaitMs: 60 });
    const other = connected(store.path);
    other.run('BEGIN IMMEDIATE');
    const error: unknown = await store
      .write((sqlite) => sqlite.run('CREATE TABLE t (a)'))
      .catch((e: unknown) => e);
    expect(error).toBeInstanceOf(GatewayError);
    expect(error).toMatchObject({ code: 'storage_unavailable', status: 503 });
    other.run('ROLLBACK');
    expect(store.sqlite.query("SELECT 1 FROM sqlite_schema WHERE name = 't'").all()).toEqual([]);
  });

  test('undoes everything when the work throws, and passes on what it threw', async () => {
    const store = opened();
    await store.write((sqlite) => sqlite.run('CREATE TABLE t (a)'));
    const fault = new RangeError('mine');
    const error: unknown = await store
      .write((sqlite) => {
        sqlite.run('INSERT INTO t VALUES (1)');
        throw fault;
      })
      .catch((e: unknown) => e);
    expect(error).toBe(fault);
    expect(store.sqlite.query('SELECT * FROM t').all()).toEqual([]);
  });
});
