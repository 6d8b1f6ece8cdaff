// One experiment, and the list of all: from the database to what the API answers. Runs on the experiments' own thread.
import type { Database } from 'bun:sqlite';
import { placeByUser } from './place-outcomes.ts';
import { type Cohort, readCohort } from './read-cohort.ts';
import { NO_TRAFFIC, readAllTraffic, readTraffic } from './read-traffic.ts';
import {
  type ExperimentReport,
  type SampleRatioReport,
  sampleRatioReport,
  variantReports,
} from './report.ts';
import { type RouteWeights, readRouteWeights } from './route-weights.ts';

const DAY_MS = 86_400_000;
/** The last day there is to ask for. */
const END_OF_TIME = 8.64e15;

export interface ExperimentQuery {
  readonly router: string;
  readonly route: string;
  /** The start of a day (UTC), Unix milliseconds; null: from the first user on. */
  readonly from: number | null;
  readonly to: number | null;
  readonly windowDays: number | null;
  /** Null: the route's first variant. */
  readonly control: string | null;
  readonly alpha: number;
}

/** What came of the question; `unknown` names what is not there. */
export type ExperimentAnswer =
  | { readonly report: ExperimentReport }
  | { readonly unknown: 'route' }
  | { readonly unknown: 'control'; readonly variants: readonly string[] };

export function readExperiment(
  sqlite: Database,
  query: ExperimentQuery,
  now: number,
): ExperimentAnswer {
  placeByUser(sqlite, now);
  const { router, route, alpha } = query;
  const weights =
    readRouteWeights(sqlite).find(
      (known) => known.routerId === router && known.routeId === route,
    ) ?? null;
  const from = query.from ?? 0;
  const to = query.to ?? END_OF_TIME;
  const cohort = readCohort(sqlite, {
    router,
    route,
    from,
    to,
    windowMs: query.windowDays === null ? null : query.windowDays * DAY_MS,
    now,
    weightsSince: weights?.since ?? null,
  });
  const traffic = readTraffic(sqlite, router, route, from, to);
  const variantIds = [
    ...new Set([...(weights?.weights.keys() ?? []), ...traffic.keys(), ...cohort.variants.keys()]),
  ];
  const control = query.control ?? variantIds[0];
  if (control === undefined) return { unknown: 'route' };
  if (!variantIds.includes(control)) return { unknown: 'control', variants: variantIds };
  const sampleRatio = sampleRatioReport(weights, cohort);
  const variants = variantReports({
    variantIds,
    weights,
    cohort,
    control,
    alpha,
    traffic: (id) => traffic.get(id) ?? NO_TRAFFIC,
  });
  const report: ExperimentReport = {
    router_id: router,
    route_id: route,
    from: day(query.from),
    to: day(query.to),
    window_days: query.windowDays,
    alpha,
    control,
    weights_since: weights === null ? null : new Date(weights.since).toISOString(),
    moved_users: cohort.movedUsers,
    sample_ratio: sampleRatio,
    variants,
    warnings: warningsOf(sampleRatio, cohort),
  };
  return { report };
}

function day(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString().slice(0, 10);
}

function warningsOf(sampleRatio: SampleRatioReport | null, cohort: Cohort): readonly string[] {
  const warnings: string[] = [];
  if (sampleRatio?.mismatch === true)
    warnings.push(
      'sample_ratio: the variants do not meet as many users as their weights say. Find out why before you believe any difference: a variant whose requests get lost, clients that send another user, requests that skip the router.',
    );
  if (cohort.movedUsers > 0)
    warnings.push(
      `moved_users: ${cohort.movedUsers} users met more than one variant, because weights were changed. Each of their outcomes counts for the variant they had met last.`,
    );
  return warnings;
}

export interface ExperimentSummary {
  readonly router_id: string;
  readonly route_id: string;
  readonly weights_since: string | null;
  readonly variants: readonly {
    readonly variant_id: string;
    readonly weight: number | null;
    readonly users: number;
    readonly requests: number;
    readonly cost_usd: number | null;
  }[];
}

/** Every route that has two variants to choose from, or that users have met. */
export function listExperiments(sqlite: Database): readonly ExperimentSummary[] {
  const routes = new Map<string, RouteParts>();
  for (const weights of readRouteWeights(sqlite)) {
    const drawn = [...weights.weights.values()].filter((weight) => weight > 0);
    const parts = partsOf(routes, weights.routerId, weights.routeId, drawn.length > 1);
    parts.weights = weights;
    for (const id of weights.weights.keys()) parts.variants.set(id, { ...NOTHING });
  }
  for (const { key, traffic } of readAllTraffic(sqlite)) {
    const { variants } = partsOf(routes, key[0], key[1], true);
    variants.set(key[2], { users: 0, requests: traffic.requests, cost_usd: traffic.costUsd });
  }
  const users = sqlite.query<
    { router_id: string; route_id: string; variant_id: string; users: number },
    []
  >(
    `SELECT router_id, route_id, variant_id, count(*) AS users FROM exposures
      GROUP BY router_id, route_id, variant_id`,
  );
  for (const row of users.all()) {
    const { variants } = partsOf(routes, row.router_id, row.route_id, true);
    variants.set(row.variant_id, {
      ...(variants.get(row.variant_id) ?? NOTHING),
      users: row.users,
    });
  }
  return [...routes.values()].filter(({ shown }) => shown).map(summaryOf);
}

interface RouteParts {
  readonly routerId: string;
  readonly routeId: string;
  shown: boolean;
  weights: RouteWeights | null;
  readonly variants: Map<string, typeof NOTHING>;
}

const NOTHING: {
  readonly users: number;
  readonly requests: number;
  readonly cost_usd: number | null;
} = {
  users: 0,
  requests: 0,
  cost_usd: null,
};

function partsOf(
  routes: Map<string, RouteParts>,
  routerId: string,
  routeId: string,
  shown: boolean,
): RouteParts {
  const key = JSON.stringify([routerId, routeId]);
  let parts = routes.get(key);
  if (parts === undefined) {
    parts = { routerId, routeId, shown: false, weights: null, variants: new Map() };
    routes.set(key, parts);
  }
  parts.shown ||= shown;
  return parts;
}

function summaryOf({ routerId, routeId, weights, variants }: RouteParts): ExperimentSummary {
  return {
    router_id: routerId,
    route_id: routeId,
    weights_since: weights === null ? null : new Date(weights.since).toISOString(),
    variants: [...variants].map(([id, figures]) => ({
      variant_id: id,
      weight: weights?.weights.get(id) ?? null,
      ...figures,
    })),
  };
}
