// Which users were told to have got which variant, and when: what has to be told again has the same time.
import type { Database } from 'bun:sqlite';

export const name = '017-export-exposures';

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
}
