// What keys may spend and reach beyond models, their labels, and several secrets at once while one replaces another.
import type { Database } from 'bun:sqlite';

export const name = '012-key-limits';

export function up(sqlite: Database): void {
  for (const column of [
    'enabled INTEGER NOT NULL DEFAULT 1',
    // JSON, each as core/key.ts and core/limits.ts have it.
    'allowed_routers TEXT',
    'limits TEXT',
    'user_limits TEXT',
    'labels TEXT',
  ])
    sqlite.run(`ALTER TABLE virtual_keys ADD COLUMN ${column}`);
  sqlite.run(
    `CREATE TABLE key_secrets (
      secret_sha256 TEXT PRIMARY KEY,
      key_id TEXT NOT NULL,
      prefix TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      -- From then on it is refused; null: as long as its key is good.
      expires_at INTEGER
    ) WITHOUT ROWID`,
  );
  sqlite.run('CREATE INDEX key_secrets_key ON key_secrets (key_id)');
  sqlite.run(
    `INSERT INTO key_secrets (secret_sha256, key_id, prefix, created_at, expires_at)
      SELECT secret_sha256, id, prefix, created_at, NULL FROM virtual_keys`,
  );
  sqlite.run(
    `CREATE TABLE user_limits (
      user_id TEXT PRIMARY KEY,
      limits TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL
    ) WITHOUT ROWID`,
  );
  sqlite.run("INSERT INTO revisions (name, revision) VALUES ('user_limits', 0)");
}
