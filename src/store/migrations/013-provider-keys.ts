// Provider keys of callers, and those the operator adds by the API: sealed, never in clear.
import type { Database } from 'bun:sqlite';

export const name = '013-provider-keys';

export function up(sqlite: Database): void {
  sqlite.run(`CREATE TABLE provider_keys (
    id TEXT NOT NULL PRIMARY KEY,
    -- The virtual key it serves; null: every caller.
    key_id TEXT,
    provider TEXT NOT NULL,
    label TEXT NOT NULL,
    weight REAL,
    kind TEXT NOT NULL,
    sealed BLOB NOT NULL,
    -- Goes up with each new secret.
    version INTEGER NOT NULL,
    fingerprint TEXT NOT NULL,
    allow_fallback INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    tested_at INTEGER,
    -- JSON.
    test_result TEXT
  )`);
  sqlite.run(
    "CREATE UNIQUE INDEX provider_keys_label ON provider_keys (COALESCE(key_id, ''), provider, label)",
  );
  // Whom they served is gone for good: ids are never given twice.
  sqlite.run(`CREATE TRIGGER provider_keys_of_nobody AFTER DELETE ON virtual_keys BEGIN
    DELETE FROM provider_keys WHERE key_id = OLD.id;
  END`);
  sqlite.run("INSERT INTO revisions (name, revision) VALUES ('provider_keys', 0)");
  for (const change of ['INSERT', 'UPDATE', 'DELETE']) {
    sqlite.run(`CREATE TRIGGER provider_keys_${change.toLowerCase()} AFTER ${change} ON provider_keys BEGIN
      UPDATE revisions SET revision = revision + 1 WHERE name = 'provider_keys';
    END`);
  }
}
