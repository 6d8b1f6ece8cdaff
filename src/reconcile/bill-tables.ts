// The tables bills are kept in, in a database file of their own: they outlive the log's rows and are written by hand a few times a month.
import type { Database } from 'bun:sqlite';
import type { Migration } from '../store/migrate.ts';

export const BILLS_FILE = 'bills.db';

export const BILL_MIGRATIONS: readonly Migration[] = [{ name: '001-bills', up: makeTables }];

function makeTables(sqlite: Database): void {
  sqlite.run(`CREATE TABLE imports (
    id TEXT NOT NULL PRIMARY KEY,
    provider TEXT NOT NULL,
    format TEXT NOT NULL,
    name TEXT,
    statements TEXT NOT NULL,
    first_day TEXT NOT NULL,
    last_day TEXT NOT NULL,
    figures INTEGER NOT NULL,
    cost_nano INTEGER,
    imported_at INTEGER NOT NULL
  )`);
  sqlite.run(`CREATE TABLE billed_usage (
    provider TEXT NOT NULL,
    day TEXT NOT NULL,
    model TEXT NOT NULL,
    statement TEXT NOT NULL,
    import_id TEXT NOT NULL,
    counts TEXT NOT NULL,
    cost_nano INTEGER,
    parts TEXT NOT NULL,
    place TEXT NOT NULL,
    PRIMARY KEY (provider, day, model, statement)
  ) WITHOUT ROWID`);
  sqlite.run('CREATE INDEX billed_usage_import ON billed_usage (import_id)');
  // Which days a statement tells of: a day on which nothing was billed has no figures, and yet a bill.
  sqlite.run(`CREATE TABLE billed_days (
    provider TEXT NOT NULL,
    day TEXT NOT NULL,
    statement TEXT NOT NULL,
    import_id TEXT NOT NULL,
    as_of INTEGER NOT NULL,
    PRIMARY KEY (provider, day, statement)
  ) WITHOUT ROWID`);
}
