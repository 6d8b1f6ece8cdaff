// The operator's own metrics: those of the configuration, and those of the API, kept in the database and followed across processes.
import type { ConfigFile } from '../config/schema.ts';
import type { OperatorMetric } from '../core/model-metrics.ts';
import { asObject, parseJson } from '../lib/json.ts';
import { type Log, stderrLog } from '../lib/log.ts';
import type { Store } from '../store/open-store.ts';
import { storageError } from '../store/storage-error.ts';
import type { ModelMetricsTable } from '../store/tables.ts';

/** How soon a metric that another process set is seen here. */
const METRICS_POLL_MS = 500;

export interface OperatorMetrics {
  /** Those of the API by name, as the database has them now. */
  list(): readonly OperatorMetric[];
  /** In place of what there was. False: there was none of that name. Rejects with `storage_unavailable`. */
  put(metric: Pick<OperatorMetric, 'name' | 'direction' | 'values'>): Promise<boolean>;
  /** False: there is none. Rejects with `storage_unavailable`. */
  remove(name: string): Promise<boolean>;
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
  readonly #log: Log;
  readonly #now: () => number;
  readonly #timer: Timer;
  readonly #listeners = new Set<() => void>();
  #metrics: readonly OperatorMetric[] = [];
  #revision = -1;
  #failing = false;

  constructor(store: Store, { log = stderrLog, now = Date.now, pollMs }: OperatorMetricsOptions) {
    this.#store = store;
    this.#log = log;
    this.#now = now;
    this.#refresh();
    this.#timer = setInterval(() => this.#poll(), pollMs ?? METRICS_POLL_MS);
    this.#timer.unref();
  }

  list(): readonly OperatorMetric[] {
    this.#refresh();
    return this.#metrics;
  }

  async put(metric: Parameters<OperatorMetrics['put']>[0]): Promise<boolean> {
    const { name, direction, values } = metric;
    const existed = await this.#store.write((sqlite) => {
      const known = sqlite.query('SELECT 1 FROM model_metrics WHERE name = ?').get(name) !== null;
      sqlite.run(
        `INSERT INTO model_metrics (name, direction, figures, updated_at) VALUES (?, ?, ?, ?)
          ON CONFLICT (name) DO UPDATE SET
            direction = excluded.direction, figures = excluded.figures, updated_at = excluded.updated_at`,
        [name, direction, JSON.stringify(values), this.#now()],
      );
      return known;
    });
    this.#refresh();
    return existed;
  }

  async remove(name: string): Promise<boolean> {
    const { changes } = await this.#store.write((sqlite) =>
      sqlite.run('DELETE FROM model_metrics WHERE name = ?', [name]),
    );
    this.#refresh();
    return changes > 0;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#listeners.clear();
  }

  /** A database that cannot be read leaves the metrics as they were last known. */
  #poll(): void {
    try {
      this.#refresh();
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) {
        const reason = error instanceof Error ? error.message : '';
        this.#log('error', `Metrics go on as last read. ${reason}`);
      }
      this.#failing = true;
    }
  }

  /** Reads them again where the database says that they changed. */
  #refresh(): void {
    const { sqlite, path } = this.#store;
    try {
      const revision = sqlite
        .query<{ revision: number }, []>(
          "SELECT revision FROM revisions WHERE name = 'model_metrics'",
        )
        .get()?.revision;
      if (revision === undefined || revision === this.#revision) return;
      this.#metrics = sqlite
        .query<ModelMetricsTable, []>('SELECT * FROM model_metrics ORDER BY name')
        .all()
        .map(toMetric);
      const isFirst = this.#revision === -1;
      this.#revision = revision;
      if (!isFirst) for (const listener of this.#listeners) listener();
    } catch (error) {
      throw storageError(error, path);
    }
  }
}

function toMetric({ name, direction, figures }: ModelMetricsTable): OperatorMetric {
  const values: { [model: string]: number } = {};
  for (const [model, value] of Object.entries(asObject(parseJson(figures)) ?? {}))
    if (typeof value === 'number') values[model] = value;
  return { name, direction, values, origin: 'api' };
}
