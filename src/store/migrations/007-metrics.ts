// The operator's own metrics of models, as the API was given them.
import type { Database } from 'bun:sqlite';

export const name = '007-metrics';

export function up(sqlite: Database): void {
  sqlite.run(`CREATE TABLE model_metrics (
    name TEXT NOT NULL PRIMARY KEY,
    direction TEXT NOT NULL,
    figures TEXT NOT NULL,
    updated_at INTEGER NOT NULL
  )`);
  sqlite.run("INSERT INTO revisions (name, revision) VALUES ('model_metrics', 0)");
  for (const change of ['INSERT', 'UPDATE', 'DELETE']) {
    sqlite.run(`CREATE TRIGGER model_metrics_${change.toLowerCase()} AFTER ${change} ON model_metrics BEGIN
      UPDATE revisions SET revision = revision + 1 WHERE name = 'model_metrics';
    END`);
  }
}
