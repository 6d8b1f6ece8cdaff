// Every administrative change: appended, never changed, never removed but by age, each entry sealed to the one before it.
import type { Database } from 'bun:sqlite';

export const name = '011-audit';

export function up(sqlite: Database): void {
  sqlite.run(
    `CREATE TABLE audit (
      -- Counts without a gap.
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      at INTEGER NOT NULL,
      via TEXT NOT NULL,
      actor TEXT,
      actor_name TEXT,
      address TEXT,
      action TEXT NOT NULL,
      target TEXT NOT NULL,
      before TEXT,
      after TEXT,
      -- SHA-256 in lower-case hex: store/audit-chain.ts.
      previous_hash TEXT NOT NULL,
      hash TEXT NOT NULL
    )`,
  );
  for (const column of ['target', 'action', 'actor', 'actor_name'])
    sqlite.run(`CREATE INDEX audit_${column} ON audit (${column}, id)`);
  sqlite.run('CREATE INDEX audit_at ON audit (at)');
  // Open only inside the one transaction that prunes.
  sqlite.run('CREATE TABLE audit_prunable (through INTEGER)');
  sqlite.run('INSERT INTO audit_prunable (through) VALUES (NULL)');
  refuse(sqlite, 'audit_is_not_changed', 'BEFORE UPDATE ON audit');
  refuse(
    sqlite,
    'audit_is_not_removed',
    'BEFORE DELETE ON audit WHEN OLD.id > COALESCE((SELECT through FROM audit_prunable), 0)',
  );
  // INSERT OR REPLACE removes what stands there without asking the trigger above.
  refuse(
    sqlite,
    'audit_is_not_replaced',
    'BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE id >= NEW.id)',
  );
}

function refuse(sqlite: Database, trigger: string, when: string): void {
  sqlite.run(
    `CREATE TRIGGER ${trigger} ${when}
      BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END`,
  );
}
