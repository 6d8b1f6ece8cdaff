// What the log's writer notes of requests that a router sent on, for its experiments: who met which variant, and how the
// variant's requests went. A batch is summed up first, so that what is written grows with the users in it, not the requests.
import type { Database, Statement } from 'bun:sqlite';
import type { Exchange } from '../core/exchange.ts';
import { bucketOf } from '../lib/log-buckets.ts';

const DAY_MS = 86_400_000;

interface Met {
  readonly key: readonly [router: string, route: string, user: string, variant: string];
  firstAt: number;
  lastAt: number;
  requests: number;
  costNano: number;
  firstGeneration: string;
  /** What answered last; null: nothing has. */
  lastModel: string | null;
}

interface Day {
  readonly key: readonly [router: string, route: string, variant: string, day: number];
  requests: number;
  errors: number;
  unpriced: number;
  costNano: number;
  readonly buckets: Map<number, number>;
}

export class ExposureBatch {
  readonly #met = new Map<string, Met>();
  readonly #days = new Map<string, Day>();

  /** A request that failed is an exposure too: leaving failures out would favour the variant that fails. */
  add(exchange: Exchange): void {
    const { routerId, routeId, variantId, user } = exchange;
    if (routerId === null || routeId === null || variantId === null) return;
    const day = Math.floor(exchange.at / DAY_MS);
    this.#addDay([routerId, routeId, variantId, day], exchange);
    if (user !== null && user !== '') this.#addUser([routerId, routeId, user, variantId], exchange);
  }

  #addDay(key: Day['key'], exchange: Exchange): void {
    const name = key.join('\n');
    let day = this.#days.get(name);
    if (day === undefined) {
      day = { key, requests: 0, errors: 0, unpriced: 0, costNano: 0, buckets: new Map() };
      this.#days.set(name, day);
    }
    day.requests += 1;
    if (exchange.outcome === 'error') day.errors += 1;
    if (exchange.costNano === null) day.unpriced += 1;
    else day.costNano += exchange.costNano;
    if (exchange.ttftMs === null) return;
    const bucket = bucketOf(exchange.ttftMs);
    day.buckets.set(bucket, (day.buckets.get(bucket) ?? 0) + 1);
  }

  #addUser(key: Met['key'], { at, id, costNano, model }: Exchange): void {
    // A route's and a variant's name hold no line break; a user's may, and no length of it makes two keys one.
    const name = `${key[0]}\n${key[1]}\n${key[3]}\n${key[2]}`;
    const met = this.#met.get(name);
    if (met === undefined) {
      const cost = costNano ?? 0;
      this.#met.set(name, {
        key,
        firstAt: at,
        lastAt: at,
        requests: 1,
        costNano: cost,
        firstGeneration: id,
        lastModel: model,
      });
      return;
    }
    if (at < met.firstAt) {
      met.firstAt = at;
      met.firstGeneration = id;
    }
    if (at >= met.lastAt) met.lastModel = model ?? met.lastModel;
    met.lastAt = Math.max(met.lastAt, at);
    met.requests += 1;
    met.costNano += costNano ?? 0;
  }

  /** Into the transaction that is open. */
  write(statements: ExposureStatements): void {
    for (const { key, firstAt, lastAt, requests, costNano, ...met } of this.#met.values()) {
      const { firstGeneration, lastModel } = met;
      const row = [firstAt, lastAt, requests, costNano, firstGeneration, lastModel];
      statements.user.run(...key, ...row);
    }
    for (const { key, requests, errors, unpriced, costNano, buckets } of this.#days.values()) {
      statements.day.run(...key, requests, errors, unpriced, costNano);
      for (const [bucket, count] of buckets) statements.ttft.run(...key, bucket, count);
    }
  }

  get isEmpty(): boolean {
    return this.#days.size === 0;
  }
}

export class ExposureStatements {
  readonly user: Statement;
  readonly day: Statement;
  readonly ttft: Statement;

  constructor(sqlite: Database) {
    this.user = sqlite.prepare(`INSERT INTO exposures
      (router_id, route_id, user_id, variant_id, first_at, last_at, requests, cost_nano, first_generation,
       last_model)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
      first_generation = CASE WHEN excluded.first_at < first_at THEN excluded.first_generation ELSE first_generation END,
      last_model = CASE WHEN excluded.last_at >= last_at THEN coalesce(excluded.last_model, last_model)
        ELSE last_model END,
      first_at = min(first_at, excluded.first_at), last_at = max(last_at, excluded.last_at),
      requests = requests + excluded.requests, cost_nano = cost_nano + excluded.cost_nano`);
    this.day = sqlite.prepare(`INSERT INTO variant_days
      (router_id, route_id, variant_id, day, requests, errors, unpriced, cost_nano)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
      requests = requests + excluded.requests, errors = errors + excluded.errors,
      unpriced = unpriced + excluded.unpriced, cost_nano = cost_nano + excluded.cost_nano`);
    this.ttft = sqlite.prepare(`INSERT INTO variant_ttft
      (router_id, route_id, variant_id, day, bucket, requests) VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET requests = requests + excluded.requests`);
  }

  finalize(): void {
    this.user.finalize();
    this.day.finalize();
    this.ttft.finalize();
  }
}
