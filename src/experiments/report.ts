// An experiment as the outside sees it: every variant's figures, each with its interval and its difference to the control.
import {
  differenceInterval,
  excludesZero,
  type Interval,
  meanInterval,
  shareInterval,
} from './confidence-sequence.ts';
import { Moments, type Sample } from './moments.ts';
import { type Cohort, type MetricSums, RETENTION_DAYS, type VariantCohort } from './read-cohort.ts';
import type { Traffic } from './read-traffic.ts';
import type { RouteWeights } from './route-weights.ts';
import { MISMATCH_BELOW, sampleRatioP } from './sample-ratio.ts';

const NANO_PER_USD = 1e9;

export interface Estimate {
  readonly value: number;
  /** Null: too few users to say. */
  readonly low: number | null;
  readonly high: number | null;
}

export interface Difference extends Estimate {
  /** The interval leaves out 0. */
  readonly significant: boolean;
}

export interface MetricReport {
  /** Outcomes posted, or users who came back. */
  readonly count: number;
  /** Users who have one. */
  readonly users: number;
  /** Users of whom they could be. */
  readonly of_users: number;
  /** Of those who have one: the mean of each user's mean. */
  readonly mean: Estimate | null;
  /** Of all: the mean of each user's sum, 0 for those who have none. */
  readonly per_user: Estimate | null;
  /** This variant minus the control; null for the control itself. */
  readonly difference: {
    readonly mean: Difference | null;
    readonly per_user: Difference | null;
  } | null;
}

export interface VariantReport {
  readonly variant_id: string;
  /** Null: the route no longer has it. */
  readonly weight: number | null;
  readonly users: number;
  readonly requests: number;
  readonly cost_usd: number | null;
  readonly unpriced_requests: number;
  readonly cost_per_user_usd: number | null;
  readonly ttft_ms: { readonly p50: number | null; readonly p95: number | null };
  readonly error_rate: number | null;
  readonly metrics: { readonly [metric: string]: MetricReport };
}

export interface SampleRatioReport {
  /** Users first met under the weights of now. */
  readonly users: number;
  readonly p_value: number | null;
  readonly mismatch: boolean;
}

export interface ExperimentReport {
  readonly router_id: string;
  readonly route_id: string;
  /** Users first met from this day until before that one (UTC); null: all. */
  readonly from: string | null;
  readonly to: string | null;
  readonly window_days: number | null;
  readonly alpha: number;
  readonly control: string | null;
  /** Since when the weights are what they are. */
  readonly weights_since: string | null;
  readonly moved_users: number;
  readonly sample_ratio: SampleRatioReport | null;
  readonly variants: readonly VariantReport[];
  readonly warnings: readonly string[];
}

export interface ReportParts {
  readonly variantIds: readonly string[];
  readonly weights: RouteWeights | null;
  readonly cohort: Cohort;
  readonly traffic: (variantId: string) => Traffic;
  readonly control: string;
  readonly alpha: number;
}

/** A metric as it is compared: with the samples behind its figures. */
interface Measure {
  readonly count: number;
  readonly means: Sample | null;
  readonly sums: Sample;
  readonly isShare: boolean;
}

const NOBODY: VariantCohort = {
  users: 0,
  costNano: 0,
  firstMet: 0,
  metrics: new Map(),
  retention: [],
};

export function variantReports(parts: ReportParts): readonly VariantReport[] {
  const { variantIds, cohort, control, alpha } = parts;
  const measures = new Map(
    variantIds.map((id) => [id, measuresOf(cohort.variants.get(id) ?? NOBODY)]),
  );
  const names = namesOf([...measures.values()]);
  const controls = measures.get(control);
  return variantIds.map((id) => {
    const own = measures.get(id);
    const variant = cohort.variants.get(id) ?? NOBODY;
    const metrics: { [metric: string]: MetricReport } = {};
    for (const name of names) {
      const measure = own?.get(name) ?? nothingOf(variant);
      const compared = id === control ? null : (controls?.get(name) ?? nothingOf(NOBODY));
      metrics[name] = metricReport(measure, compared, alpha);
    }
    return { ...figuresOf(id, parts), metrics };
  });
}

function figuresOf(id: string, parts: ReportParts): Omit<VariantReport, 'metrics'> {
  const { users, costNano } = parts.cohort.variants.get(id) ?? NOBODY;
  const { requests, errors, unpriced, costUsd, ttftP50, ttftP95 } = parts.traffic(id);
  const known = costUsd !== null && users > 0;
  return {
    variant_id: id,
    weight: parts.weights?.weights.get(id) ?? null,
    users,
    requests,
    cost_usd: rounded(costUsd),
    unpriced_requests: unpriced,
    cost_per_user_usd: known ? rounded(costNano / NANO_PER_USD / users) : null,
    ttft_ms: { p50: rounded(ttftP50, 3), p95: rounded(ttftP95, 3) },
    error_rate: requests === 0 ? null : rounded(errors / requests),
  };
}

/** Those that were posted, by name, then retention, the shortest first, where anybody came so long ago. */
function namesOf(measures: readonly ReadonlyMap<string, Measure>[]): readonly string[] {
  const retention = RETENTION_DAYS.map((days) => `retention_${days}d`);
  const posted = new Set(measures.flatMap((known) => [...known.keys()]));
  const isKnown = (name: string) => measures.some((known) => (known.get(name)?.sums.n ?? 0) > 0);
  return [
    ...[...posted].filter((name) => !retention.includes(name)).sort(),
    ...retention.filter(isKnown),
  ];
}

/** Null: no weights are known, or nobody has been met under them. */
export function sampleRatioReport(
  weights: RouteWeights | null,
  cohort: Cohort,
): SampleRatioReport | null {
  if (weights === null) return null;
  const shares = [...weights.weights].map(([id, weight]) => ({
    users: cohort.variants.get(id)?.firstMet ?? 0,
    weight,
  }));
  const users = shares.reduce((sum, share) => sum + share.users, 0);
  const p = sampleRatioP(shares);
  return { users, p_value: rounded(p), mismatch: p !== null && p < MISMATCH_BELOW };
}

function measuresOf(variant: VariantCohort): ReadonlyMap<string, Measure> {
  const measures = new Map<string, Measure>();
  for (const [name, sums] of variant.metrics) measures.set(name, postedMeasure(sums));
  for (const [at, { of, returned }] of variant.retention.entries()) {
    measures.set(`retention_${RETENTION_DAYS[at]}d`, {
      count: returned,
      means: null,
      sums: shareSample(returned, of),
      isShare: true,
    });
  }
  return measures;
}

function postedMeasure({ count, means, sums }: MetricSums): Measure {
  return { count, means, sums, isShare: false };
}

function nothingOf({ users }: VariantCohort): Measure {
  return { count: 0, means: new Moments(), sums: shareSample(0, users), isShare: false };
}

function shareSample(ones: number, n: number): Sample {
  const mean = n === 0 ? 0 : ones / n;
  const variance = n < 2 ? 0 : (mean * (1 - mean) * n) / (n - 1);
  return { n, mean, variance, binary: true, nonZero: ones };
}

function metricReport(measure: Measure, control: Measure | null, alpha: number): MetricReport {
  const { count, means, sums, isShare } = measure;
  return {
    count,
    users: means?.n ?? count,
    of_users: sums.n,
    mean: means === null ? null : estimate(means, meanInterval(means, alpha)),
    per_user: estimate(
      sums,
      isShare && sums.n > 0
        ? shareInterval(sums.nonZero, sums.n, alpha)
        : meanInterval(sums, alpha),
    ),
    difference:
      control === null
        ? null
        : {
            mean:
              means === null || control.means === null
                ? null
                : difference(means, control.means, alpha),
            per_user: difference(sums, control.sums, alpha),
          },
  };
}

function estimate(sample: Sample, interval: Interval | null): Estimate | null {
  return sample.n === 0 ? null : withInterval(sample.mean, interval);
}

function difference(treated: Sample, control: Sample, alpha: number): Difference | null {
  if (treated.n === 0 || control.n === 0) return null;
  const interval = differenceInterval(treated, control, alpha);
  const significant = interval !== null && excludesZero(interval);
  return { ...withInterval(treated.mean - control.mean, interval), significant };
}

function withInterval(value: number, interval: Interval | null): Estimate {
  return {
    value: rounded(value),
    low: rounded(interval?.low ?? null),
    high: rounded(interval?.high ?? null),
  };
}

function rounded(value: number, digits?: number): number;
function rounded(value: number | null, digits?: number): number | null;
function rounded(value: number | null, digits = 6): number | null {
  return value === null ? null : Number(value.toPrecision(digits));
}
