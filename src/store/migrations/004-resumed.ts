// Whether another model went on with an answer that broke off.
import type { Database } from 'bun:sqlite';

export const name = '004-resumed';

export function up(sqlite: Database): void {
  sqlite.run('ALTER TABLE requests ADD COLUMN resumed INTEGER');
}
