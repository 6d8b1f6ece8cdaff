// Routers of the API, and every version each of them had.
import type { Database } from 'bun:sqlite';

export const name = '005-routers';

export function up(sqlite: Database): void {
  sqlite.run(`CREATE TABLE routers (
    id TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    resource TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
  )`);
  // Versions outlive their router: one that is made anew under the same name counts on, so that no etag is ever two things.
  sqlite.run(`CREATE TABLE router_versions (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    what TEXT NOT NULL,
    resource TEXT,
    created_at INTEGER NOT NULL,
    by_key TEXT,
    at INTEGER NOT NULL,
    PRIMARY KEY (id, version)
  )`);
  sqlite.run("INSERT INTO revisions (name, revision) VALUES ('routers', 0)");
  for (const change of ['INSERT', 'UPDATE', 'DELETE']) {
    sqlite.run(`CREATE TRIGGER routers_${change.toLowerCase()} AFTER ${change} ON routers BEGIN
      UPDATE revisions SET revision = revision + 1 WHERE name = 'routers';
    END`);
  }
}
