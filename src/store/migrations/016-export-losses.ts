// What exports let pass and the log had no longer when they came to it: counted by the range, and in all.
import type { Database } from 'bun:sqlite';

export const name = '016-export-losses';

export function up(sqlite: Database): void {
  sqlite.run('ALTER TABLE exports ADD COLUMN rows_lost INTEGER NOT NULL DEFAULT 0');
  // What the log had of the range that is worked on, so far.
  sqlite.run('ALTER TABLE export_backfills ADD COLUMN range_rows INTEGER NOT NULL DEFAULT 0');
  sqlite.run('ALTER TABLE export_backfills ADD COLUMN lost INTEGER NOT NULL DEFAULT 0');
}
