// Since when each route has the weights it has: users first met under other weights say nothing about these.
import type { Database } from 'bun:sqlite';
import type { Route, Router } from '../core/router.ts';
import { asNumber, parseJson } from '../lib/json.ts';
import type { Store } from '../store/open-store.ts';

export interface RouteWeights {
  readonly routerId: string;
  readonly routeId: string;
  /** By variant, in the route's order. */
  readonly weights: ReadonlyMap<string, number>;
  /** Unix milliseconds. */
  readonly since: number;
}

interface Row {
  readonly router_id: string;
  readonly route_id: string;
  readonly weights: string;
  readonly since: number;
}

export function readRouteWeights(sqlite: Database): readonly RouteWeights[] {
  return rowsOf(sqlite).map((row) => ({
    routerId: row.router_id,
    routeId: row.route_id,
    weights: weightsIn(row.weights),
    since: row.since,
  }));
}

/** Writes down what changed, and nothing where nothing did. Whoever a route no longer has is forgotten. */
export async function noteRouteWeights(
  store: Store,
  routers: readonly Router[],
  now: number,
): Promise<void> {
  const wanted = new Map(
    routers.flatMap((router) =>
      routesOf(router).map((route) => {
        const weights = JSON.stringify(
          route.variants.map(({ variant, weight }) => [variant.id, weight]),
        );
        return [JSON.stringify([router.id, route.id]), weights] as const;
      }),
    ),
  );
  const known = new Map(
    rowsOf(store.sqlite).map((row) => [JSON.stringify([row.router_id, row.route_id]), row.weights]),
  );
  const changed = [...wanted].filter(([key, weights]) => !isSame(known.get(key), weights));
  const gone = [...known.keys()].filter((key) => !wanted.has(key));
  if (changed.length === 0 && gone.length === 0) return;
  await store.write((sqlite) => {
    const forget = sqlite.query('DELETE FROM route_weights WHERE router_id = ? AND route_id = ?');
    const note = sqlite.query(
      `INSERT INTO route_weights (router_id, route_id, weights, since) VALUES (?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET weights = excluded.weights, since = excluded.since`,
    );
    for (const key of gone) forget.run(...(JSON.parse(key) as [string, string]));
    for (const [key, weights] of changed)
      note.run(...(JSON.parse(key) as [string, string]), weights, now);
  });
}

function routesOf({ routes, defaultRoute }: Router): readonly Route[] {
  const conditional = routes.map(({ route }) => route);
  return defaultRoute === null ? conditional : [...conditional, defaultRoute];
}

/** In whatever order the variants stand: the order moves nobody. */
function isSame(known: string | undefined, wanted: string): boolean {
  if (known === undefined) return false;
  if (known === wanted) return true;
  const sorted = (text: string) =>
    JSON.stringify([...weightsIn(text)].sort(([a], [b]) => (a < b ? -1 : 1)));
  return sorted(known) === sorted(wanted);
}

function rowsOf(sqlite: Database): readonly Row[] {
  return sqlite
    .query<Row, []>('SELECT router_id, route_id, weights, since FROM route_weights')
    .all();
}

function weightsIn(text: string): Map<string, number> {
  const pairs = parseJson(text);
  const weights = new Map<string, number>();
  if (!Array.isArray(pairs)) return weights;
  for (const pair of pairs)
    if (Array.isArray(pair)) weights.set(String(pair[0]), asNumber(pair[1]) ?? 0);
  return weights;
}
