// The model behind `complexity`: weights learned from which questions a strong model answers and a weak one does not, and rules beside them.
import { ruledScore } from './complexity-rules.ts';
import { excerptOf, signsOf } from './complexity-signs.ts';
import { termsOf } from './complexity-terms.ts';

export interface ComplexityWeights {
  readonly intercept: number;
  readonly signs: readonly SignWeight[];
  /** Ascending. */
  readonly terms: Uint32Array;
  /** Of each term, times `termUnit`. */
  readonly termWeights: Int8Array;
  readonly termUnit: number;
  /** Raw scores below which 0, 1, … 100 % of the questions it was made from lie; each as it was scored by a model that had not seen it. */
  readonly percentiles: readonly number[];
}

interface SignWeight {
  /** What is below or above was not seen; it counts as this. */
  readonly low: number;
  readonly high: number;
  readonly mean: number;
  readonly deviation: number;
  readonly weight: number;
}

/**
 * How much the rules say beside what was learned. More costs accuracy on questions like those learned from; less, sense on
 * all others. This much makes their spread half of the learned part's.
 */
const RULES = 0.3;
/** So much of a text's terms must be known, and so many of them there must be, for what was learned to say anything … all. */
const LEAST_KNOWN = 0.4;
const ENOUGH_KNOWN = 0.6;
const LEAST_TERMS = 15;
const ENOUGH_TERMS = 60;

/** What a text looks like beside the questions that were learned from. */
export interface Reading {
  /** Any number; higher is harder. */
  readonly raw: number;
  /** By the rules alone, 0..1. */
  readonly ruled: number;
  /** How far what was learned applies to such a text, 0..1: not to a greeting, nor to a language that was not learned from. */
  readonly evidence: number;
}

/** Time is bounded whatever the length of the text. */
export function readComplexity(text: string, weights: ComplexityWeights): Reading {
  const excerpt = excerptOf(text);
  const ruled = ruledScore(excerpt);
  const { gain, evidence } = learned(excerpt, weights);
  return { raw: gain + RULES * ruled, ruled, evidence };
}

/** 0..1. Where what was learned applies: the share of the questions learned from that look easier. */
export function scoreOf(
  { raw, ruled, evidence }: Reading,
  { percentiles }: Pick<ComplexityWeights, 'percentiles'>,
): number {
  // Turns of everyday use have few demands: the curve spreads what is between a greeting and a task.
  const byRules = 1 - (1 - ruled) ** 2.5;
  return evidence * percentileOf(raw, percentiles) + (1 - evidence) * byRules;
}

function percentileOf(raw: number, percentiles: readonly number[]): number {
  const last = percentiles.length - 1;
  const above = percentiles.findIndex((value) => value > raw);
  if (above === -1) return 1;
  if (above === 0) return 0;
  const low = percentiles[above - 1] ?? 0;
  const high = percentiles[above] ?? low;
  return (above - 1 + (raw - low) / (high - low)) / last;
}

function learned(
  text: string,
  weights: ComplexityWeights,
): { readonly gain: number; readonly evidence: number } {
  let gain = weights.intercept;
  signsOf(text).forEach((value, at) => {
    const sign = weights.signs[at];
    if (sign === undefined) return;
    const { low, high, mean, deviation, weight } = sign;
    gain += (weight * (Math.min(high, Math.max(low, value)) - mean)) / deviation;
  });
  const terms = termsOf(text);
  if (terms.size === 0) return { gain, evidence: 0 };
  let known = 0;
  let sum = 0;
  for (const term of terms) {
    const place = placeOf(term, weights.terms);
    if (place === -1) continue;
    known++;
    sum += weights.termWeights[place] ?? 0;
  }
  const evidence =
    ramp(known / terms.size, LEAST_KNOWN, ENOUGH_KNOWN) *
    ramp(terms.size, LEAST_TERMS, ENOUGH_TERMS);
  return { gain: gain + (sum * weights.termUnit) / Math.sqrt(terms.size), evidence };
}

function ramp(value: number, from: number, to: number): number {
  return Math.min(1, Math.max(0, (value - from) / (to - from)));
}

/** Its index; -1 where it is not among them. */
function placeOf(term: number, sorted: Uint32Array): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const value = sorted[middle] ?? 0;
    if (value === term) return middle;
    if (value < term) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}
