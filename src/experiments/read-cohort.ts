// The users of a route's variants and what came of them, read from the database into counts, means and spreads.
// Runs on the experiments' own thread.
import type { Database } from 'bun:sqlite';
import { Moments } from './moments.ts';
import { DAY_MS, latestBefore } from './place-outcomes.ts';

/** Users who come back so many days after they first met a variant. */
export const RETENTION_DAYS = [1, 7, 30] as const;

export interface CohortQuery {
  readonly router: string;
  readonly route: string;
  /** Users who first met a variant at or after, and before. Unix milliseconds. */
  readonly from: number;
  readonly to: number;
  /** Outcomes so long after that moment count, of users for whom it is over; null: all until now. */
  readonly windowMs: number | null;
  readonly now: number;
  /** Since when the route has its weights; null: not known. */
  readonly weightsSince: number | null;
}

/** What one metric comes to among a variant's users. */
export interface MetricSums {
  count: number;
  /** Of each user who has it, the mean. */
  readonly means: Moments;
  /** Of each user, the sum; 0 for those who have none. */
  readonly sums: Moments;
}

export interface VariantCohort {
  users: number;
  costNano: number;
  /** Users who met this variant first, under the weights of now. */
  firstMet: number;
  readonly metrics: Map<string, MetricSums>;
  /** In the order of `RETENTION_DAYS`: those first met so long ago, and how many of them came back. */
  readonly retention: readonly { of: number; returned: number }[];
}

export interface Cohort {
  readonly variants: ReadonlyMap<string, VariantCohort>;
  /** Users who met more than one variant: their weights were changed. */
  readonly movedUsers: number;
}

interface Met {
  readonly user_id: string;
  readonly variant_id: string;
  readonly first_at: number;
  readonly last_at: number;
  readonly cost_nano: number;
}

interface OutcomeRow {
  readonly user_id: string;
  readonly at: number;
  readonly metric: string;
  readonly value: number;
  /** Of the request it names; null where it names none. */
  readonly variant_id: string | null;
}

export function readCohort(sqlite: Database, query: CohortQuery): Cohort {
  const variants = new Map<string, VariantCohort>();
  const byUser = readUsers(sqlite, query);
  let movedUsers = 0;
  for (const all of byUser.values()) {
    if (all.length > 1) movedUsers += 1;
    countUser(all, query, variants);
  }
  readOutcomes(sqlite, query, byUser, variants);
  countUnowned(sqlite, query, variants);
  for (const variant of variants.values())
    for (const { sums } of variant.metrics.values()) sums.addZeros(variant.users - sums.n);
  return { variants, movedUsers };
}

function readUsers(sqlite: Database, { router, route }: CohortQuery): Map<string, Met[]> {
  const rows = sqlite
    .query<Met, [string, string]>(
      `SELECT user_id, variant_id, first_at, last_at, cost_nano FROM exposures
        WHERE router_id = ? AND route_id = ?`,
    )
    .all(router, route);
  const byUser = new Map<string, Met[]>();
  for (const met of rows) {
    const all = byUser.get(met.user_id);
    if (all === undefined) byUser.set(met.user_id, [met]);
    else all.push(met);
  }
  return byUser;
}

function countUser(
  all: readonly Met[],
  query: CohortQuery,
  variants: Map<string, VariantCohort>,
): void {
  let first = all[0];
  let lastAt = 0;
  for (const met of all) {
    if (first === undefined || met.first_at < first.first_at) first = met;
    lastAt = Math.max(lastAt, met.last_at);
    if (!isIn(met, query)) continue;
    const variant = variantOf(variants, met.variant_id);
    variant.users += 1;
    variant.costNano += met.cost_nano;
  }
  if (first === undefined || !isIn(first, query)) return;
  const variant = variantOf(variants, first.variant_id);
  if (query.weightsSince !== null && first.first_at >= query.weightsSince) variant.firstMet += 1;
  for (const [at, days] of RETENTION_DAYS.entries()) {
    const share = variant.retention[at];
    if (share === undefined || query.now - first.first_at < days * DAY_MS) continue;
    share.of += 1;
    if (lastAt - first.first_at >= days * DAY_MS) share.returned += 1;
  }
}

function isIn({ first_at }: Met, { from, to, windowMs, now }: CohortQuery): boolean {
  return first_at >= from && first_at < to && (windowMs === null || first_at + windowMs <= now);
}

/** Row by row in the order of users, so that only one user's numbers are held at a time. */
function readOutcomes(
  sqlite: Database,
  query: CohortQuery,
  byUser: ReadonlyMap<string, readonly Met[]>,
  variants: Map<string, VariantCohort>,
): void {
  const rows = sqlite
    .query<OutcomeRow, [string, string, string, string]>(
      `SELECT o.user_id, o.at, o.metric, o.value, o.variant_id
        FROM (SELECT DISTINCT user_id FROM exposures WHERE router_id = ? AND route_id = ?) AS u
        CROSS JOIN outcomes AS o ON o.user_id = u.user_id
        WHERE o.router_id IS NULL OR (o.router_id = ? AND o.route_id = ?)`,
    )
    .iterate(query.router, query.route, query.router, query.route);
  let user = '';
  let own: UserSums = new Map();
  const settle = () => {
    for (const [variantId, metrics] of own)
      for (const [metric, { sum, count }] of metrics) {
        const into = metricOf(variantOf(variants, variantId), metric);
        into.count += count;
        into.means.add(sum / count);
        into.sums.add(sum);
      }
    if (own.size > 0) own = new Map();
  };
  for (const row of rows) {
    if (row.user_id !== user) {
      settle();
      user = row.user_id;
    }
    const met = metBy(row, byUser.get(user) ?? [], query);
    if (met === null) continue;
    addTo(own, met.variant_id, row);
  }
  settle();
}

/** One user's numbers, by variant and metric. */
type UserSums = Map<string, Map<string, { sum: number; count: number }>>;

function addTo(own: UserSums, variantId: string, { metric, value }: OutcomeRow): void {
  const metrics = own.get(variantId) ?? new Map<string, { sum: number; count: number }>();
  own.set(variantId, metrics);
  const sums = metrics.get(metric) ?? { sum: 0, count: 0 };
  metrics.set(metric, sums);
  sums.sum += value;
  sums.count += 1;
}

/** The meeting an outcome is counted with: of the request's variant, else the last one before it. */
function metBy(row: OutcomeRow, all: readonly Met[], query: CohortQuery): Met | null {
  const met =
    row.variant_id === null
      ? latestBefore(all, row.at)
      : (all.find(({ variant_id }) => variant_id === row.variant_id) ?? null);
  if (met === null || !isIn(met, query)) return null;
  return query.windowMs === null || row.at < met.first_at + query.windowMs ? met : null;
}

/** Outcomes of requests that had no user: counted, and part of no mean, for means are of users. */
function countUnowned(
  sqlite: Database,
  query: CohortQuery,
  variants: Map<string, VariantCohort>,
): void {
  const rows = sqlite
    .query<{ variant_id: string; metric: string; count: number }, [string, string, number, number]>(
      `SELECT variant_id, metric, count(*) AS count FROM outcomes
        WHERE user_id = '' AND router_id = ? AND route_id = ? AND at >= ? AND at < ?
        GROUP BY variant_id, metric`,
    )
    .all(query.router, query.route, query.from, query.to);
  for (const { variant_id, metric, count } of rows)
    metricOf(variantOf(variants, variant_id), metric).count += count;
}

function variantOf(variants: Map<string, VariantCohort>, id: string): VariantCohort {
  let variant = variants.get(id);
  if (variant === undefined) {
    const retention = RETENTION_DAYS.map(() => ({ of: 0, returned: 0 }));
    variant = { users: 0, costNano: 0, firstMet: 0, metrics: new Map(), retention };
    variants.set(id, variant);
  }
  return variant;
}

function metricOf({ metrics }: VariantCohort, name: string): MetricSums {
  let sums = metrics.get(name);
  if (sums === undefined) {
    sums = { count: 0, means: new Moments(), sums: new Moments() };
    metrics.set(name, sums);
  }
  return sums;
}
