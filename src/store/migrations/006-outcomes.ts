// Experiments: who was shown which variant of a route, how its requests went, and what came of it in the product.
import type { Database } from 'bun:sqlite';

export const name = '006-outcomes';

export function up(sqlite: Database): void {
  // By user within a route: whoever met several variants has neighbouring rows, in the order in which outcomes are read.
  sqlite.run(`CREATE TABLE exposures (
    router_id TEXT NOT NULL,
    route_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    variant_id TEXT NOT NULL,
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    requests INTEGER NOT NULL,
    cost_nano INTEGER NOT NULL,
    first_generation TEXT NOT NULL,
    last_model TEXT,
    PRIMARY KEY (router_id, route_id, user_id, variant_id)
  ) WITHOUT ROWID`);
  // The requests of each variant by day, so that an experiment is read without the log's rows.
  sqlite.run(`CREATE TABLE variant_days (
    router_id TEXT NOT NULL,
    route_id TEXT NOT NULL,
    variant_id TEXT NOT NULL,
    day INTEGER NOT NULL,
    requests INTEGER NOT NULL,
    errors INTEGER NOT NULL,
    unpriced INTEGER NOT NULL,
    cost_nano INTEGER NOT NULL,
    PRIMARY KEY (router_id, route_id, variant_id, day)
  ) WITHOUT ROWID`);
  // How long they waited for their first token: how many in each bucket (lib/log-buckets.ts).
  sqlite.run(`CREATE TABLE variant_ttft (
    router_id TEXT NOT NULL,
    route_id TEXT NOT NULL,
    variant_id TEXT NOT NULL,
    day INTEGER NOT NULL,
    bucket INTEGER NOT NULL,
    requests INTEGER NOT NULL,
    PRIMARY KEY (router_id, route_id, variant_id, day, bucket)
  ) WITHOUT ROWID`);
  // Since when a route has the weights it has.
  sqlite.run(`CREATE TABLE route_weights (
    router_id TEXT NOT NULL,
    route_id TEXT NOT NULL,
    weights TEXT NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (router_id, route_id)
  ) WITHOUT ROWID`);
  // user_id '': only the request is known. router_id … model: of the request it names, once that is in the log.
  sqlite.run(`CREATE TABLE outcomes (
    user_id TEXT NOT NULL,
    at INTEGER NOT NULL,
    id TEXT NOT NULL,
    metric TEXT NOT NULL,
    value REAL NOT NULL,
    generation_id TEXT,
    router_id TEXT,
    route_id TEXT,
    variant_id TEXT,
    PRIMARY KEY (user_id, at, id)
  ) WITHOUT ROWID`);
  // What makes a retried post count once.
  sqlite.run('CREATE UNIQUE INDEX outcomes_by_id ON outcomes (id)');
  // Those whose request or model is still to be looked up: a row leaves with its answer, or when its time is over.
  sqlite.run(`CREATE TABLE outcomes_to_place (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL,
    at INTEGER NOT NULL,
    received_at INTEGER NOT NULL
  ) WITHOUT ROWID`);
  // What came of each model's answers, by day.
  sqlite.run(`CREATE TABLE model_outcomes (
    metric TEXT NOT NULL,
    model TEXT NOT NULL,
    day INTEGER NOT NULL,
    outcomes INTEGER NOT NULL,
    sum REAL NOT NULL,
    PRIMARY KEY (metric, model, day)
  ) WITHOUT ROWID`);
  sqlite.run("INSERT INTO revisions (name, revision) VALUES ('outcomes', 0)");
}
