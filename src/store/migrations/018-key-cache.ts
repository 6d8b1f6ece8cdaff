// What the cache does for a key's requests that say nothing of it: JSON, or null where the key does not say either.
import type { Database } from 'bun:sqlite';

export const name = '018-key-cache';

export function up(sqlite: Database): void {
  sqlite.run('ALTER TABLE virtual_keys ADD COLUMN cache TEXT');
}
