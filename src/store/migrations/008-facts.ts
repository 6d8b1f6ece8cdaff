// What a router's conditions found out about a request (its language, how hard it looks …): a draft of the router can be tried on it.
import type { Database } from 'bun:sqlite';

export const name = '008-facts';

export function up(sqlite: Database): void {
  sqlite.run('ALTER TABLE requests ADD COLUMN facts TEXT');
}
