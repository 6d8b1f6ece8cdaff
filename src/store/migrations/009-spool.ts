// How far the ingest worker is in each spool: stored with what a batch adds to the experiments, so that it is added once.
import type { Database } from 'bun:sqlite';

export const name = '009-spool';

export function up(sqlite: Database): void {
  sqlite.run(`CREATE TABLE spool_positions (
    spool TEXT NOT NULL PRIMARY KEY,
    segment INTEGER NOT NULL,
    "offset" INTEGER NOT NULL
  ) WITHOUT ROWID`);
}
