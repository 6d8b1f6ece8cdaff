// The operator's own metrics: those of the configuration, and those of the API, kept in the database and followed across processes.
import type { Database } from 'bun:sqlite';
import type { ConfigFile } from '../config/schema.ts';
import type { Actor } from '../core/actor.ts';
import type { OperatorMetric } from '../core/model-metrics.ts';
import { asObject, type JsonObject, parseJson } from '../lib/json.ts';
import type { Log } from '../lib/log.ts';
import { appendAudit } from '../store/audit-trail.ts';
import { type Followed, followRevision } from '../store/follow-revision.ts';
import type { Store } from '../store/open-store.ts';
import type { ModelMetricsTable } from '../store/tables.ts';

export interface OperatorMetrics {
  /** Those of the API by name, as the database has them now. Throws `storage_unavailable`. */
  list(): readonly OperatorMetric[];
  /** The same as last read: never touches the database, never throws. */
  current(): readonly OperatorMetric[];
  /** In place of what there was. False: there was none of that name. Rejects with `storage_unavailable`. */
  put(metric: Pick<OperatorMetric, 'name' | 'direction' | 'values'>, by: Actor): Promise<boolean>;
  /** False: there is none. Rejects with `storage_unavailable`. */
  remove(name: string, by: Actor): Promise<boolean>;
  /** Told after every change, also of another process. Answers how to stop it. */
  onChange(listener: () => void): () => void;
  close(): void;
}

export interface OperatorMetricsOptions {
  readonly log?: Log;
  /** Unix milliseconds. */
  readonly now?: () => number;
  readonly pollMs?: number;
}

/** Throws `storage_unavailable` where they cannot be read even once. */
export function openOperatorMetrics(
  store: Store,
  options: OperatorMetricsOptions = {},
): OperatorMetrics {
  return new StoredMetrics(store, options);
}

/** All there are, by name: the configuration's stand before those of the API. */
export function operatorMetrics(
  configured: ConfigFile['metrics'],
  stored: readonly OperatorMetric[],
): readonly OperatorMetric[] {
  const all = new Map(stored.map((metric) => [metric.name, metric]));
  for (const [name, { direction, values = {} }] of Object.entries(configured ?? {}))
    all.set(name, { name, direction, values, origin: 'config' });
  return [...all.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

class StoredMetrics implements OperatorMetrics {
  readonly #store: Store;
  readonly #now: () => number;
  readonly #metrics: Followed<readonly OperatorMetric[]>;

  constructor(store: Store, { log, now = Date.now, pollMs }: OperatorMetricsOptions) {
    this.#store = store;
    this.#now = now;
    const options = { what: 'Metrics', log, pollMs };
    this.#metrics = followRevision(store, 'model_metrics', metricsIn, options);
  }

  list(): readonly OperatorMetric[] {
    return this.#metrics.latest();
  }

  current(): readonly OperatorMetric[] {
    return this.#metrics.current();
  }

  async put(metric: Parameters<OperatorMetrics['put']>[0], by: Actor): Promise<boolean> {
    const { name, direction, values } = metric;
    const existed = await this.#store.write((sqlite) => {
      const now = this.#now();
      const before = metricIn(sqlite, name);
      sqlite.run(
        `INSERT INTO model_metrics (name, direction, figures, updated_at) VALUES (?, ?, ?, ?)
          ON CONFLICT (name) DO UPDATE SET
            direction = excluded.direction, figures = excluded.figures, updated_at = excluded.updated_at`,
        [name, direction, JSON.stringify(values), now],
      );
      const after = shownMetric({ name, direction, values, origin: 'api' });
      const action = before === null ? 'metric.create' : 'metric.update';
      const entry = { by, action, target: name, after };
      appendAudit(sqlite, { ...entry, before: before && shownMetric(before) }, now);
      return before !== null;
    });
    this.#metrics.catchUp();
    return existed;
  }

  async remove(name: string, by: Actor): Promise<boolean> {
    const existed = await this.#store.write((sqlite) => {
      const before = metricIn(sqlite, name);
      if (before === null) return false;
      sqlite.run('DELETE FROM model_metrics WHERE name = ?', [name]);
      const entry = { by, action: 'metric.delete', target: name, after: null };
      appendAudit(sqlite, { ...entry, before: shownMetric(before) }, this.#now());
      return true;
    });
    this.#metrics.catchUp();
    return existed;
  }

  onChange(listener: () => void): () => void {
    return this.#metrics.onChange(listener);
  }

  close(): void {
    this.#metrics.close();
  }
}

/** As the API shows it. */
export function shownMetric({ name, direction, values, origin }: OperatorMetric): JsonObject {
  return { name, direction, origin, values };
}

function metricIn(sqlite: Database, name: string): OperatorMetric | null {
  const row = sqlite
    .query<ModelMetricsTable, [string]>('SELECT * FROM model_metrics WHERE name = ?')
    .get(name);
  return row && toMetric(row);
}

function metricsIn(sqlite: Database): readonly OperatorMetric[] {
  return sqlite
    .query<ModelMetricsTable, []>('SELECT * FROM model_metrics ORDER BY name')
    .all()
    .map(toMetric);
}

function toMetric({ name, direction, figures }: ModelMetricsTable): OperatorMetric {
  const values: { [model: string]: number } = {};
  for (const [model, value] of Object.entries(asObject(parseJson(figures)) ?? {}))
    if (typeof value === 'number') values[model] = value;
  return { name, direction, values, origin: 'api' };
}
