// Virtual keys: who may call. Only a hash of the secret is kept.
import type { Database } from 'bun:sqlite';

export const name = '001-virtual-keys';

export function up(sqlite: Database): void {
  sqlite.run(`CREATE TABLE virtual_keys (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    secret_sha256 TEXT NOT NULL UNIQUE,
    prefix TEXT NOT NULL,
    allowed_models TEXT,
    expires_at INTEGER,
    metadata TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
  )`);
  // Counts the changes to a table, so that a running server sees what another process changed by reading one number.
  sqlite.run('CREATE TABLE revisions (name TEXT NOT NULL PRIMARY KEY, revision INTEGER NOT NULL)');
  sqlite.run("INSERT INTO revisions (name, revision) VALUES ('virtual_keys', 0)");
  for (const change of ['INSERT', 'UPDATE', 'DELETE']) {
    sqlite.run(`CREATE TRIGGER virtual_keys_${change.toLowerCase()} AFTER ${change} ON virtual_keys BEGIN
      UPDATE revisions SET revision = revision + 1 WHERE name = 'virtual_keys';
    END`);
  }
}
