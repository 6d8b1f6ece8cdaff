// Whether the bodies of a key's requests are kept in the log: null where the key does not say.
import type { Database } from 'bun:sqlite';

export const name = '010-key-log-bodies';

export function up(sqlite: Database): void {
  sqlite.run('ALTER TABLE virtual_keys ADD COLUMN log_bodies INTEGER');
}
