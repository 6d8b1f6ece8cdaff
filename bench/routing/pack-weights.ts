// packWeights: a fitted model as the gateway carries it: few terms, each weight a byte.
import type { ComplexityWeights } from '../../src/routing/facts/complexity-model.ts';
import type { FittedModel } from './fit-complexity.ts';

/** More make the file larger than they make the score better. */
const MOST_TERMS = 36_000;
const LARGEST = 127;

export function packWeights(model: FittedModel): ComplexityWeights {
  const strongest = [...model.terms]
    .sort(([, a], [, b]) => Math.abs(b) - Math.abs(a))
    .slice(0, MOST_TERMS);
  const termUnit = Math.abs(strongest[0]?.[1] ?? LARGEST) / LARGEST;
  const packed = strongest
    .map(([term, weight]) => [term, Math.round(weight / termUnit)] as const)
    .filter(([, weight]) => weight !== 0)
    .sort(([a], [b]) => a - b);
  return {
    intercept: model.intercept,
    signs: model.signs.map((sign) => ({
      low: short(sign.low),
      high: short(sign.high),
      mean: short(sign.mean),
      deviation: short(sign.deviation),
      weight: short(sign.weight),
    })),
    terms: Uint32Array.from(packed, ([term]) => term),
    termWeights: Int8Array.from(packed, ([, weight]) => weight),
    termUnit,
    percentiles: [],
  };
}

function short(value: number): number {
  return Number(value.toPrecision(6));
}
