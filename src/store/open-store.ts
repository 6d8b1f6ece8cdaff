// Opens the data folder and its database: made where missing, brought to the newest schema, or refused with the remedy.
import type { Database } from 'bun:sqlite';
import { chmodSync, closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { connect, LOCK_WAIT_MS } from './connect.ts';
import { MIGRATIONS, type Migration, migrate } from './migrate.ts';
import { isBusy, isSqliteError, storageError } from './storage-error.ts';

/** How long a statement on the server's own thread may stand still for a lock. Writers try again between turns. */
const MAIN_THREAD_LOCK_WAIT_MS = 20;
const BUSY_PAUSE_MS = 20;

export interface Store {
  /** Absolute. */
  readonly dataDir: string;
  /** The database file, absolute. */
  readonly path: string;
  readonly sqlite: Database;
  /**
   * Runs `work` in one write transaction, waiting (without blocking the thread) while another process holds the lock.
   * What `work` throws comes through; the database's own failures come as `storage_unavailable`.
   */
  write<T>(work: (sqlite: Database) => T): Promise<T>;
  close(): void;
}

export interface StoreOptions {
  readonly dataDir: string;
  readonly now?: () => number;
  /** Longest wait for another process's lock. */
  readonly lockWaitMs?: number;
  readonly migrations?: readonly Migration[];
  /** Another database in the folder than the one of keys and log, with migrations of its own. */
  readonly file?: string;
  /** Of a page of a new database. */
  readonly pageBytes?: number;
}

/** Where the database of a data folder is. */
export function databasePath(dataDir: string, file = 'switchyard.db'): string {
  return join(resolve(dataDir), file);
}

/** Makes the folder (0700) where it is missing. Throws `storage_unavailable`. */
export function makeDataDir(dataDir: string): void {
  const folder = resolve(dataDir);
  if (existsSync(folder)) return;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw storageError(error, folder);
  }
}

/** Opens `<dataDir>/switchyard.db`, or the file named. Several processes may have it open. Throws `storage_unavailable` with the remedy. */
export function openStore(options: StoreOptions): Store {
  const { now = Date.now, lockWaitMs = LOCK_WAIT_MS, migrations = MIGRATIONS } = options;
  const dataDir = resolve(options.dataDir);
  const path = databasePath(dataDir, options.file);
  makeDataDir(dataDir);
  try {
    makePrivateFile(path);
    const sqlite = connectPatiently(path, lockWaitMs, false, options.pageBytes);
    try {
      migrate(sqlite, path, now(), migrations);
      sqlite.run(`PRAGMA busy_timeout = ${MAIN_THREAD_LOCK_WAIT_MS}`);
      // A checkpoint waits for the disk: the log's writer does it, on its own thread.
      sqlite.run('PRAGMA wal_autocheckpoint = 0');
    } catch (error) {
      sqlite.close();
      throw error;
    }
    return {
      dataDir,
      path,
      sqlite,
      write: (work) => write(sqlite, path, lockWaitMs, work),
      close: () => sqlite.close(),
    };
  } catch (error) {
    throw storageError(error, path);
  }
}

/** SQLite gives its -wal and -shm files the mode of the database, so it is set before SQLite sees the file. */
export function makePrivateFile(path: string): void {
  if (existsSync(path)) return;
  closeSync(openSync(path, 'a', 0o600));
  chmodSync(path, 0o600);
}

/** Turning a new file to WAL fails at once when two processes do it together, whatever the busy timeout. */
export function connectPatiently(
  path: string,
  lockWaitMs: number,
  readOnly = false,
  pageBytes?: number,
): Database {
  const deadline = performance.now() + lockWaitMs;
  for (;;) {
    try {
      return connect(path, { lockWaitMs, readOnly, pageBytes });
    } catch (error) {
      if (!isBusy(error) || performance.now() > deadline) throw error;
      Bun.sleepSync(BUSY_PAUSE_MS);
    }
  }
}

async function write<T>(
  sqlite: Database,
  path: string,
  lockWaitMs: number,
  work: (sqlite: Database) => T,
): Promise<T> {
  const deadline = performance.now() + lockWaitMs;
  for (;;) {
    try {
      return sqlite.transaction(() => work(sqlite)).immediate();
    } catch (error) {
      if (!isBusy(error) || performance.now() > deadline) {
        throw isSqliteError(error) ? storageError(error, path) : error;
      }
      await Bun.sleep(BUSY_PAUSE_MS);
    }
  }
}
