// How the requests of a route's variants went, read from their daily sums. Runs on the experiments' own thread.
import type { Database } from 'bun:sqlite';
import { percentile } from '../lib/log-buckets.ts';
import { DAY_MS } from './place-outcomes.ts';

const NANO_PER_USD = 1e9;

export interface Traffic {
  readonly requests: number;
  readonly errors: number;
  /** Requests whose cost is not known. */
  readonly unpriced: number;
  /** Of the others; null where there are none. */
  readonly costUsd: number | null;
  readonly ttftP50: number | null;
  readonly ttftP95: number | null;
}

export const NO_TRAFFIC: Traffic = {
  requests: 0,
  errors: 0,
  unpriced: 0,
  costUsd: null,
  ttftP50: null,
  ttftP95: null,
};

interface Sums {
  readonly router_id: string;
  readonly route_id: string;
  readonly variant_id: string;
  readonly requests: number;
  readonly errors: number;
  readonly unpriced: number;
  readonly cost_nano: number;
}

/** By variant, of the days from `from` until before `to`. */
export function readTraffic(
  sqlite: Database,
  router: string,
  route: string,
  from: number,
  to: number,
): ReadonlyMap<string, Traffic> {
  const days = [Math.floor(from / DAY_MS), Math.ceil(to / DAY_MS)] as const;
  const sums = sqlite
    .query<Sums, [string, string, number, number]>(
      `SELECT router_id, route_id, variant_id, sum(requests) AS requests, sum(errors) AS errors,
          sum(unpriced) AS unpriced, sum(cost_nano) AS cost_nano
        FROM variant_days WHERE router_id = ? AND route_id = ? AND day >= ? AND day < ? GROUP BY variant_id`,
    )
    .all(router, route, ...days);
  const waits = sqlite
    .query<
      { variant_id: string; bucket: number; requests: number },
      [string, string, number, number]
    >(
      `SELECT variant_id, bucket, sum(requests) AS requests FROM variant_ttft
        WHERE router_id = ? AND route_id = ? AND day >= ? AND day < ? GROUP BY variant_id, bucket`,
    )
    .all(router, route, ...days);
  const buckets = Map.groupBy(waits, ({ variant_id }) => variant_id);
  return new Map(
    sums.map((row) => {
      const counts = new Map(
        (buckets.get(row.variant_id) ?? []).map(({ bucket, requests }) => [bucket, requests]),
      );
      return [row.variant_id, trafficOf(row, counts)];
    }),
  );
}

/** Of all routes, ever; waits are left out. */
export function readAllTraffic(
  sqlite: Database,
): readonly { readonly key: readonly [string, string, string]; readonly traffic: Traffic }[] {
  return sqlite
    .query<Sums, []>(
      `SELECT router_id, route_id, variant_id, sum(requests) AS requests, sum(errors) AS errors,
          sum(unpriced) AS unpriced, sum(cost_nano) AS cost_nano
        FROM variant_days GROUP BY router_id, route_id, variant_id`,
    )
    .all()
    .map((row) => ({
      key: [row.router_id, row.route_id, row.variant_id],
      traffic: trafficOf(row, new Map()),
    }));
}

function trafficOf(row: Sums, waits: ReadonlyMap<number, number>): Traffic {
  return {
    requests: row.requests,
    errors: row.errors,
    unpriced: row.unpriced,
    costUsd: row.unpriced < row.requests ? row.cost_nano / NANO_PER_USD : null,
    ttftP50: percentile(waits, 0.5),
    ttftP95: percentile(waits, 0.95),
  };
}
