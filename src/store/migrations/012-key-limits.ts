// What keys may spend and reach beyond models, their labels, the secrets that were replaced and still open, and limits of users.
import type { Database } from 'bun:sqlite';

export const name = '012-key-limits';

/** So many removals are remembered; who has not looked for longer reads the whole table. */
const REMOVALS = 10_000;

export function up(sqlite: Database): void {
  for (const column of [
    'enabled INTEGER NOT NULL DEFAULT 1',
    // JSON: a list of names; limits as core/limits.ts has them; an object of texts.
    'allowed_routers TEXT',
    'limits TEXT',
    'user_limits TEXT',
    'labels TEXT',
    'changed INTEGER NOT NULL DEFAULT 0',
  ])
    sqlite.run(`ALTER TABLE virtual_keys ADD COLUMN ${column}`);
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
  sqlite.run(
    `CREATE TABLE user_limits (
      user_id TEXT PRIMARY KEY,
      -- JSON, as core/limits.ts has it.
      limits TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL,
      changed INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID`,
  );
  sqlite.run("INSERT INTO revisions (name, revision) VALUES ('user_limits', 0)");
  sqlite.run(
    `CREATE TABLE removals (
      name TEXT NOT NULL,
      revision INTEGER NOT NULL,
      id TEXT NOT NULL,
      PRIMARY KEY (name, revision)
    ) WITHOUT ROWID`,
  );
  for (const change of ['insert', 'update', 'delete'])
    sqlite.run(`DROP TRIGGER virtual_keys_${change}`);
  followRows(sqlite, 'virtual_keys', 'id');
  followRows(sqlite, 'user_limits', 'user_id');
  followSecrets(sqlite);
}

/** Every row has the revision at which it changed last, whoever changes it: what is new is found without reading the rest. */
function followRows(sqlite: Database, table: string, id: string): void {
  sqlite.run(`CREATE INDEX ${table}_changed ON ${table} (changed)`);
  for (const change of ['INSERT', 'UPDATE'])
    sqlite.run(`CREATE TRIGGER ${table}_${change.toLowerCase()} AFTER ${change} ON ${table} BEGIN
      ${bump(table)};
      UPDATE ${table} SET changed = ${revisionOf(table)} WHERE ${id} = NEW.${id};
    END`);
  sqlite.run(`CREATE TRIGGER ${table}_delete AFTER DELETE ON ${table} BEGIN
    ${bump(table)};
    INSERT INTO removals (name, revision, id) VALUES ('${table}', ${revisionOf(table)}, OLD.${id});
    DELETE FROM removals WHERE name = '${table}' AND revision <= ${revisionOf(table)} - ${REMOVALS};
  END`);
}

/** They change with their key, and go with it. */
function followSecrets(sqlite: Database): void {
  sqlite.run(`CREATE TRIGGER replaced_secrets_go AFTER DELETE ON virtual_keys BEGIN
    DELETE FROM replaced_secrets WHERE key_id = OLD.id;
  END`);
  for (const change of ['INSERT', 'UPDATE', 'DELETE'])
    sqlite.run(`CREATE TRIGGER replaced_secrets_${change.toLowerCase()} AFTER ${change} ON replaced_secrets BEGIN
      ${bump('virtual_keys')};
      UPDATE virtual_keys SET changed = ${revisionOf('virtual_keys')}
        WHERE id = ${change === 'DELETE' ? 'OLD' : 'NEW'}.key_id;
    END`);
}

function bump(table: string): string {
  return `UPDATE revisions SET revision = revision + 1 WHERE name = '${table}'`;
}

function revisionOf(table: string): string {
  return `(SELECT revision FROM revisions WHERE name = '${table}')`;
}
