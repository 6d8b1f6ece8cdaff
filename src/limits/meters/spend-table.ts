// limits.db: what was spent of each budget in each of its periods.
import type { Database } from 'bun:sqlite';
import { renameSync, rmSync } from 'node:fs';
import { GatewayError } from '../../core/errors.ts';
import type { Log } from '../../lib/log.ts';
import type { Migration } from '../../store/migrate.ts';
import { databasePath, openStore } from '../../store/open-store.ts';

export const LIMITS_FILE = 'limits.db';
/** Where its processes have their journals. */
export const JOURNALS = 'limits-journal';

/** A row is some 80 bytes, and most that are written together have pages of their own: small ones are copied in less time. */
const PAGE_BYTES = 1024;
const CHECKPOINT_PAGES = 1000;

const MIGRATIONS: readonly Migration[] = [
  {
    name: '001-spend',
    up(sqlite) {
      sqlite.run(
        `CREATE TABLE spend (
          row INTEGER PRIMARY KEY,
          id TEXT NOT NULL,
          -- Unix milliseconds: when the period began, and when it is over; null: never.
          since INTEGER NOT NULL,
          until INTEGER,
          -- Billionths of a US dollar.
          spent INTEGER NOT NULL,
          UNIQUE (id, since)
        )`,
      );
      sqlite.run('CREATE INDEX spend_until ON spend (until)');
      // Of each process' journal, how many bytes of it are in the table above.
      sqlite.run(
        'CREATE TABLE journals (id TEXT PRIMARY KEY, applied INTEGER NOT NULL) WITHOUT ROWID',
      );
    },
  },
];

/** One that is damaged is set aside, and a new one made. Throws `storage_unavailable` with the remedy. */
export function openSpendTable(dataDir: string, log: Log): Database {
  try {
    return opened(dataDir);
  } catch (thrown) {
    if (!(thrown instanceof GatewayError) || !isDamage(thrown)) throw thrown;
    const path = databasePath(dataDir, LIMITS_FILE);
    renameSync(path, `${path}.damaged`);
    for (const more of ['-wal', '-shm']) rmSync(path + more, { force: true });
    log('error', 'limits.db was damaged: it is set aside, and budgets begin at nothing spent', {
      kept: `${path}.damaged`,
    });
    return opened(dataDir);
  }
}

function opened(dataDir: string): Database {
  const { sqlite } = openStore({
    dataDir,
    file: LIMITS_FILE,
    migrations: MIGRATIONS,
    pageBytes: PAGE_BYTES,
  });
  // What is committed is in the system's cache, where the end of the process does not reach it: no write waits for the disk.
  // A power cut may take the last of it, and may damage the file.
  sqlite.run('PRAGMA synchronous = OFF');
  sqlite.run(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  return sqlite;
}

function isDamage({ details: { cause } }: GatewayError): boolean {
  const code = (cause as { code?: unknown } | undefined)?.code;
  return code === 'SQLITE_CORRUPT' || code === 'SQLITE_NOTADB';
}
