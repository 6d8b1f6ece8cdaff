// Counting what a semantic cache would have done with pairs: right hits, misses, wrong hits, and how sure that is.
import type { Pair } from './quality-pairs.ts';

export interface Judged extends Pair {
  readonly similarity: number;
  /** No guard objects. */
  readonly passes: boolean;
}

export interface Tally {
  readonly same: number;
  readonly hits: number;
  readonly different: number;
  readonly falseHits: number;
}

export function tallyOf(pairs: readonly Judged[], isHit: (pair: Judged) => boolean): Tally {
  const hits = pairs.filter(isHit);
  const same = pairs.filter((pair) => pair.isSame).length;
  const right = hits.filter((pair) => pair.isSame).length;
  return {
    same,
    hits: right,
    different: pairs.length - same,
    falseHits: hits.length - right,
  };
}

/** Wilson's interval of 95 % for `count` of `total`. */
export function interval(count: number, total: number): readonly [number, number] {
  if (total === 0) return [0, 1];
  const z = 1.96;
  const share = count / total;
  const middle = share + (z * z) / (2 * total);
  const spread = z * Math.sqrt((share * (1 - share)) / total + (z * z) / (4 * total * total));
  const scale = 1 + (z * z) / total;
  return [Math.max(0, (middle - spread) / scale), Math.min(1, (middle + spread) / scale)];
}
