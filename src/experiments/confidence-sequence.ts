// Intervals that hold however often one looks: with probability 1 − alpha they cover the truth at every moment at once,
// so an experiment may be watched daily and stopped when it shows something.
//
// Means and differences: the asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas,
// "Time-uniform central limit theory and asymptotic confidence sequences", Annals of Statistics 52 (2024),
// arXiv:2103.06476v9, Theorem 2.2:
//     mean ± sd · √( 2(tρ² + 1) / (t²ρ²) · ln( √(tρ² + 1) / α ) ),
// after t observations, where ρ says for which t it is tightest (their equation for ρ(t*)):
//     ρ² = ( −2 ln α + ln(−2 ln α + 1) ) / t*.
// Shares (every user 0 or 1): Robbins's mixture of likelihood ratios under a uniform prior, which is exact for every
// number of users (H. Robbins, "Statistical methods related to the law of the iterated logarithm", 1970; Ville's inequality).
import { logGamma } from '../lib/log-gamma.ts';
import type { Sample } from './moments.ts';

/** Users (of both sides together, for a difference) for whom intervals are tightest; elsewhere they are a little wider. */
export const TIGHTEST_AT = 5000;
/** A side with fewer users has no interval of a mean: the theory is one of large numbers. */
export const MIN_USERS = 50;
/** … nor with fewer users who have a value other than 0: of rare things there is no large number before that. */
const MIN_NON_ZERO = 30;
/** Of shares, which are less skewed than sums, on either side. */
const MIN_OF_EACH = 10;

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Half the width of the interval of a mean of numbers whose variance is 1. */
export function unitMargin(t: number, alpha: number, tightestAt = TIGHTEST_AT): number {
  const level = -2 * Math.log(alpha);
  const rho2 = (level + Math.log(level + 1)) / tightestAt;
  const grown = t * rho2 + 1;
  return Math.sqrt(((2 * grown) / (t * t * rho2)) * Math.log(Math.sqrt(grown) / alpha));
}

/** Null: too few to say. */
export function meanInterval(sample: Sample, alpha: number): Interval | null {
  // Nothing but zeros may be a share, or sums of which nobody has spent anything yet.
  if (sample.binary && sample.n >= MIN_USERS && sample.nonZero > 0)
    return shareInterval(sample.nonZero, sample.n, alpha);
  if (!isEnough(sample)) return null;
  const margin = Math.sqrt(sample.variance) * unitMargin(sample.n, alpha);
  return { low: sample.mean - margin, high: sample.mean + margin };
}

/**
 * `treated` minus `control`. The difference of means is the paper's estimator of an average effect with the arms' means
 * as its nuisances (section 3): an average over all n users of terms with variance n(s₁²/n₁ + s₀²/n₀).
 */
export function differenceInterval(
  treated: Sample,
  control: Sample,
  alpha: number,
): Interval | null {
  if (!isEnough(treated) || !isEnough(control)) return differenceOfShares(treated, control, alpha);
  const n = treated.n + control.n;
  const squaredError = treated.variance / treated.n + control.variance / control.n;
  const margin = Math.sqrt(n * squaredError) * unitMargin(n, alpha);
  const difference = treated.mean - control.mean;
  return { low: difference - margin, high: difference + margin };
}

/** Where one side is too rare for the theory of large numbers: both shares' exact intervals, each at half the alpha. */
function differenceOfShares(treated: Sample, control: Sample, alpha: number): Interval | null {
  const areShares = treated.binary && control.binary && treated.nonZero + control.nonZero > 0;
  if (!areShares || Math.min(treated.n, control.n) < MIN_USERS) return null;
  const own = shareInterval(treated.nonZero, treated.n, alpha / 2);
  const other = shareInterval(control.nonZero, control.n, alpha / 2);
  return { low: own.low - other.high, high: own.high - other.low };
}

/** True when the interval leaves out 0. */
export function excludesZero(interval: Interval): boolean {
  return interval.low > 0 || interval.high < 0;
}

function isEnough({ n, nonZero, binary }: Sample): boolean {
  if (n < MIN_USERS) return false;
  return binary ? Math.min(nonZero, n - nonZero) >= MIN_OF_EACH : nonZero >= MIN_NON_ZERO;
}

/** The shares that the mixture has not yet refuted: those p with M(p) < 1/alpha. */
export function shareInterval(successes: number, n: number, alpha: number): Interval {
  const failures = n - successes;
  const mixture = logGamma(1 + successes) + logGamma(1 + failures) - logGamma(2 + n);
  const limit = -Math.log(alpha);
  const refuted = (p: number) => mixture - xLogY(successes, p) - xLogY(failures, 1 - p) >= limit;
  const share = n === 0 ? 0.5 : successes / n;
  return { low: edge(0, share, refuted), high: edge(1, share, refuted) };
}

/** Between a refuted end and the observed share, the last that is refuted; the end itself where it is not. */
function edge(end: number, share: number, refuted: (p: number) => boolean): number {
  if (!refuted(end)) return end;
  let outside = end;
  let inside = share;
  for (let step = 0; step < 40; step += 1) {
    const middle = (outside + inside) / 2;
    if (refuted(middle)) outside = middle;
    else inside = middle;
  }
  return outside;
}

/** x · ln y, and 0 where x is 0. */
function xLogY(x: number, y: number): number {
  return x === 0 ? 0 : x * Math.log(y);
}
