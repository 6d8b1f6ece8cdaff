// One connection to the database file, with the settings every connection of ours has.
import { Database } from 'bun:sqlite';

/** The longest a connection waits for another one's lock, where waiting stops nobody else. */
export const LOCK_WAIT_MS = 5000;

// A log row of several attempts is 1 to 2 KB: up to a quarter of a page is kept inline in a WITHOUT ROWID table
// (sqlite.org/fileformat2.html, "B-tree cell format"), the rest spills.
const PAGE_BYTES = 8192;
const JOURNAL_LIMIT_BYTES = 64 * 1024 * 1024;

export interface ConnectOptions {
  /** A connection that cannot write. */
  readonly readOnly?: boolean;
  readonly lockWaitMs?: number;
  /** Of a page of a new database; default that of the log's. */
  readonly pageBytes?: number | undefined;
}

/**
 * Opens the file, which must exist (an empty one is a new database). Write-ahead log with synchronous NORMAL: a commit survives
 * the death of the process at once, and of the machine from the next checkpoint on; the file is never left broken.
 * Throws SQLite's own errors; `storageError` explains them.
 */
export function connect(path: string, options: ConnectOptions = {}): Database {
  const readOnly = options.readOnly === true;
  const sqlite = readOnly
    ? new Database(path, { readonly: true })
    : new Database(path, { readwrite: true });
  try {
    sqlite.run(`PRAGMA busy_timeout = ${options.lockWaitMs ?? LOCK_WAIT_MS}`);
    if (!readOnly) prepareForWriting(sqlite, options.pageBytes ?? PAGE_BYTES);
    return sqlite;
  } catch (error) {
    sqlite.close();
    throw error;
  }
}

function prepareForWriting(sqlite: Database, pageBytes: number): void {
  // Before the first page is written, or not at all.
  sqlite.run(`PRAGMA page_size = ${pageBytes}`);
  sqlite.run('PRAGMA journal_mode = WAL');
  sqlite.run('PRAGMA synchronous = NORMAL');
  sqlite.run('PRAGMA foreign_keys = ON');
  sqlite.run(`PRAGMA journal_size_limit = ${JOURNAL_LIMIT_BYTES}`);
}
