// What exports remember beside their places in the spool: who is paused, what is filled in from the log, what nobody would take.
import type { Database } from 'bun:sqlite';

export const name = '015-exports';

export function up(sqlite: Database): void {
  sqlite.run(
    `CREATE TABLE exports (
      name TEXT PRIMARY KEY,
      paused INTEGER NOT NULL DEFAULT 0,
      -- Dead letters that were forgotten for newer ones, or whose rows the log no longer has.
      letters_dropped INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID`,
  );
  sqlite.run(
    `CREATE TABLE export_backfills (
      id TEXT PRIMARY KEY,
      export TEXT NOT NULL,
      -- asked: by an operator; gap: by the exporter, for what it let pass.
      kind TEXT NOT NULL,
      -- JSON: [[from, to], …] in Unix milliseconds, oldest first, \`to\` not in it.
      ranges TEXT NOT NULL,
      state TEXT NOT NULL,
      -- Newest first: which range, counted from the newest, and where in it.
      range_at INTEGER NOT NULL DEFAULT 0,
      cursor TEXT,
      rows INTEGER NOT NULL DEFAULT 0,
      -- The log has the rows when it has this place of that spool.
      after_spool TEXT,
      after_segment INTEGER,
      after_offset INTEGER,
      owner TEXT,
      leased_until INTEGER NOT NULL DEFAULT 0,
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL
    ) WITHOUT ROWID`,
  );
  sqlite.run('CREATE INDEX export_backfills_export ON export_backfills (export, state)');
  sqlite.run(
    `CREATE TABLE export_letters (
      export TEXT NOT NULL,
      row_id TEXT NOT NULL,
      why TEXT NOT NULL,
      at INTEGER NOT NULL,
      tries INTEGER NOT NULL,
      -- 1: an operator wants it tried again.
      again INTEGER NOT NULL DEFAULT 0,
      PRIMARY KEY (export, row_id)
    ) WITHOUT ROWID`,
  );
  sqlite.run('CREATE INDEX export_letters_at ON export_letters (export, at)');
}
