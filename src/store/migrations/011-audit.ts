// Every administrative change: appended, never changed, never removed but by age.
import type { Database } from 'bun:sqlite';

export const name = '011-audit';

export function up(sqlite: Database): void {
  sqlite.run(
    `CREATE TABLE audit (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      at INTEGER NOT NULL,
      via TEXT NOT NULL,
      actor TEXT,
      action TEXT NOT NULL,
      target TEXT NOT NULL,
      before TEXT,
      after TEXT
    )`,
  );
  sqlite.run('CREATE INDEX audit_target ON audit (target, id)');
  sqlite.run(
    `CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
      BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END`,
  );
}
