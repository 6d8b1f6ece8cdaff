// What exports tell exactly, after restarts too: which users were told to have got which variant, and when; which rows were let pass;
// since when nothing goes out, and since when an export is no longer configured.
import type { Database } from 'bun:sqlite';

export const name = '017-export-memory';

export function up(sqlite: Database): void {
  sqlite.run(
    `CREATE TABLE export_exposures (
      export TEXT NOT NULL,
      -- Of a user, a route and a variant.
      id TEXT NOT NULL,
      -- When the request arrived that it was told of.
      at INTEGER NOT NULL,
      -- 1: the other side has it; 0: it may have.
      told INTEGER NOT NULL,
      PRIMARY KEY (export, id)
    ) WITHOUT ROWID`,
  );
  sqlite.run(
    `CREATE TABLE export_gap_rows (
      backfill TEXT NOT NULL,
      row_id TEXT NOT NULL,
      PRIMARY KEY (backfill, row_id)
    ) WITHOUT ROWID`,
  );
  // 1: of the ranges only the rows in export_gap_rows.
  sqlite.run('ALTER TABLE export_backfills ADD COLUMN exact INTEGER NOT NULL DEFAULT 0');
  sqlite.run('ALTER TABLE exports ADD COLUMN stuck_since INTEGER');
  sqlite.run('ALTER TABLE exports ADD COLUMN removed_at INTEGER');
}
