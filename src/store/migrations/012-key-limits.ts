// What keys may spend and reach beyond models, their labels, the secrets that were replaced and still open, and limits of users.
import type { Database } from 'bun:sqlite';

export const name = '012-key-limits';

const BUMP = "UPDATE revisions SET revision = revision + 1 WHERE name = 'virtual_keys'";
const REVISION = "(SELECT revision FROM revisions WHERE name = 'virtual_keys')";

export function up(sqlite: Database): void {
  for (const column of [
    'enabled INTEGER NOT NULL DEFAULT 1',
    // JSON: a list of names; limits as core/limits.ts has them; an object of texts.
    'allowed_routers TEXT',
    'limits TEXT',
    'user_limits TEXT',
    'labels TEXT',
    // The revision of the table at which the row changed last: what changed since is found without reading all others.
    'changed INTEGER NOT NULL DEFAULT 0',
  ])
    sqlite.run(`ALTER TABLE virtual_keys ADD COLUMN ${column}`);
  sqlite.run('CREATE INDEX virtual_keys_changed ON virtual_keys (changed)');
  // The newest secret of a key stands with the key.
  sqlite.run(
    `CREATE TABLE replaced_secrets (
      secret_sha256 TEXT PRIMARY KEY,
      key_id TEXT NOT NULL,
      prefix TEXT NOT NULL,
      replaced_at INTEGER NOT NULL,
      -- From this moment on it is refused.
      valid_until INTEGER NOT NULL
    ) WITHOUT ROWID`,
  );
  sqlite.run('CREATE INDEX replaced_secrets_key ON replaced_secrets (key_id)');
  followKeys(sqlite);
  followUsers(sqlite);
}

/** Every change counts, whoever makes it; that a row is gone is counted apart. */
function followKeys(sqlite: Database): void {
  for (const change of ['insert', 'update', 'delete'])
    sqlite.run(`DROP TRIGGER virtual_keys_${change}`);
  sqlite.run("INSERT INTO revisions (name, revision) VALUES ('virtual_keys_removed', 0)");
  for (const change of ['INSERT', 'UPDATE'])
    sqlite.run(`CREATE TRIGGER virtual_keys_${change.toLowerCase()} AFTER ${change} ON virtual_keys BEGIN
      ${BUMP};
      UPDATE virtual_keys SET changed = ${REVISION} WHERE id = NEW.id;
    END`);
  sqlite.run(`CREATE TRIGGER virtual_keys_delete AFTER DELETE ON virtual_keys BEGIN
    ${BUMP};
    UPDATE revisions SET revision = revision + 1 WHERE name = 'virtual_keys_removed';
    DELETE FROM replaced_secrets WHERE key_id = OLD.id;
  END`);
  for (const [change, row] of [
    ['INSERT', 'NEW'],
    ['UPDATE', 'NEW'],
    ['DELETE', 'OLD'],
  ])
    sqlite.run(`CREATE TRIGGER replaced_secrets_${change?.toLowerCase()} AFTER ${change} ON replaced_secrets BEGIN
      ${BUMP};
      UPDATE virtual_keys SET changed = ${REVISION} WHERE id = ${row}.key_id;
    END`);
}

function followUsers(sqlite: Database): void {
  sqlite.run(
    `CREATE TABLE user_limits (
      user_id TEXT PRIMARY KEY,
      -- JSON, as core/limits.ts has it.
      limits TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL
    ) WITHOUT ROWID`,
  );
  sqlite.run("INSERT INTO revisions (name, revision) VALUES ('user_limits', 0)");
  for (const change of ['INSERT', 'UPDATE', 'DELETE'])
    sqlite.run(`CREATE TRIGGER user_limits_${change.toLowerCase()} AFTER ${change} ON user_limits BEGIN
      UPDATE revisions SET revision = revision + 1 WHERE name = 'user_limits';
    END`);
}
