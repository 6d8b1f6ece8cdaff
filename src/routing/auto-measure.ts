// Measures: one metric of a sort, as numbers that compare and as words that a person reads.
import type { Live } from '../core/measured.ts';
import type { Price } from '../core/price.ts';
import { priceOf } from '../core/price-of.ts';
import type { SortBy } from '../core/router.ts';
import type { Needs } from './auto-needs.ts';
import type { PoolEntry } from './auto-pool.ts';
import type { MetricTable } from './metrics.ts';

export interface Measure {
  readonly metric: string;
  /** True where the smaller value is asked for. */
  readonly ascending: boolean;
  /** NaN: not known. */
  value(entry: PoolEntry): number;
  /** Values of one rank are equal: what is measured is not exact. In the order of the values. */
  rank(value: number): number;
  /** The value with its unit. */
  words(value: number): string;
  /** What the value is: `price`, `intelligence`. */
  readonly noun: string;
}

/** What a live median has to outweigh: a prior counts as so many measurements. */
const PRIOR_SAMPLES = 5;
/** Of an answer without a (smaller) limit, for its price. */
const USUAL_OUTPUT_TOKENS = 500;
const SPEED_STEP = Math.log(1.1);
const OUTCOME_STEP = Math.log(1.01);

/** The measures of a sort; what nobody knows is named in `why` and left out. */
export function measuresOf(
  sort: readonly SortBy[],
  metrics: MetricTable,
  needs: Needs,
  live: Live,
  why: string[],
): readonly Measure[] {
  const found: Measure[] = [];
  for (const { metric, direction } of sort) {
    const name = metrics.nameOf(metric);
    if (found.some((measure) => measure.metric === name)) continue;
    const better = metrics.direction(name);
    const posted = isPosted(name, live);
    if (better === null && !posted) {
      why.push(`sort by "${metric}": nothing is known of it`);
      continue;
    }
    const ascending = direction === null ? better === 'lower' : direction === 'ascending';
    found.push(measureOf(name, ascending, posted, needs, live));
  }
  return found;
}

/** By its cost, by its intelligence: what `auto` goes by when nobody says. */
export function measureOf(
  metric: string,
  ascending: boolean,
  posted: boolean,
  needs: Needs,
  live: Live,
): Measure {
  const measure = { metric, ascending, noun: metric };
  switch (metric) {
    case 'price':
      return { ...measure, value: costOf(needs), rank: exact, words: dollars };
    case 'latency':
      return { ...measure, value: latencyOf(needs, live), rank: speedRank, words: milliseconds };
    case 'throughput':
      return { ...measure, value: throughputOf(needs, live), rank: speedRank, words: perSecond };
    case 'intelligence':
    case 'math':
    case 'coding':
      return {
        ...measure,
        value: ({ figures }) => figures[metric] ?? Number.NaN,
        rank: toTenths,
        words: (value) => value.toFixed(1),
      };
    default:
      return posted
        ? { ...measure, value: outcomeOf(metric, live), rank: outcomeRank, words: plain }
        : { ...measure, value: ownOf(metric), rank: exact, words: plain };
  }
}

function isPosted(metric: string, { outcomes }: Live): boolean {
  if (outcomes === undefined) return false;
  for (const name of outcomes.metrics()) if (name === metric) return true;
  return false;
}

/** Dollars for this request: its own tokens, and an answer of the usual length or the limit where that is shorter. */
function costOf({ promptTokens, maxOutput }: Needs): Measure['value'] {
  const output = Math.min(maxOutput ?? USUAL_OUTPUT_TOKENS, USUAL_OUTPUT_TOKENS);
  return ({ candidate }) => {
    const price = priceOf(candidate);
    return price === null ? Number.NaN : dollarsFor(price, promptTokens, output);
  };
}

function dollarsFor(price: Price, input: number, output: number): number {
  let rates: Omit<Price, 'tiers'> = price;
  if (price.tiers !== undefined)
    for (const tier of price.tiers) if (input > tier.above) rates = tier;
  if (rates.input === null || rates.output === null || rates.request === null) return Number.NaN;
  return (input * rates.input + output * rates.output) / 1e6 + (rates.request ?? 0) / 1e3;
}

function latencyOf({ promptTokens }: Needs, { speed }: Live): Measure['value'] {
  return ({ candidate, figures }) => {
    const measured = speed?.ttftMs(candidate, promptTokens) ?? null;
    return blended(measured?.value ?? 0, measured?.samples ?? 0, figures.ttftMs);
  };
}

function throughputOf({ promptTokens }: Needs, { speed }: Live): Measure['value'] {
  return ({ candidate, figures }) => {
    const measured = speed?.tokensPerS(candidate, promptTokens) ?? null;
    return blended(measured?.value ?? 0, measured?.samples ?? 0, figures.tokensPerS);
  };
}

/** The more was measured, the less what is usual elsewhere counts. */
function blended(value: number, samples: number, prior: number | null): number {
  if (samples === 0) return prior ?? Number.NaN;
  if (prior === null) return value;
  return (samples * value + PRIOR_SAMPLES * prior) / (samples + PRIOR_SAMPLES);
}

/** What the product made of it; where nothing was posted of a model, what the operator says. */
function outcomeOf(metric: string, { outcomes }: Live): Measure['value'] {
  return ({ candidate, figures }) =>
    outcomes?.mean(metric, candidate.id)?.value ?? figures.own?.get(metric) ?? Number.NaN;
}

function ownOf(metric: string): Measure['value'] {
  return ({ figures }) => figures.own?.get(metric) ?? Number.NaN;
}

function exact(value: number): number {
  return value;
}

function toTenths(value: number): number {
  return Math.round(value * 10);
}

/** Steps of a tenth: fixed ones, so that being equal is the same for any two of three. */
function speedRank(value: number): number {
  return value <= 0 ? Number.NEGATIVE_INFINITY : Math.round(Math.log(value) / SPEED_STEP);
}

/** Steps of a hundredth, on both sides of nought: outcomes may be losses. */
function outcomeRank(value: number): number {
  if (value === 0) return 0;
  // Beyond a millionth of nought the steps begin; none is nought itself.
  const steps = Math.max(1, Math.round(Math.log(Math.abs(value) * 1e6) / OUTCOME_STEP) + 1);
  return value > 0 ? steps : -steps;
}

function dollars(value: number): string {
  return value === 0 ? '$0' : `$${Number(value.toPrecision(3))}`;
}

function milliseconds(value: number): string {
  return value < 10_000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(1)} s`;
}

function perSecond(value: number): string {
  return `${Number(value.toPrecision(3))} tokens/s`;
}

function plain(value: number): string {
  return `${Number(value.toPrecision(4))}`;
}
