// Order: a total order over models, by the measures of a sort, the doubtful last, ids at the end.
import type { Measure } from './auto-measure.ts';
import type { PoolEntry } from './auto-pool.ts';

/** One model that can take the request, with what it is compared by. */
export interface Ranked {
  readonly entry: PoolEntry;
  /** Nobody knows whether it has all the request needs. */
  readonly doubtful: boolean;
  /** Of each measure, when somebody asked for it: smaller is sooner, what is not known is last. */
  readonly keys: (number | undefined)[];
}

/** Sorts in place. Tie-breakers are only worked out for those that tie. */
export function order(ranked: Ranked[], measures: readonly Measure[]): Ranked[] {
  return ranked.sort((a, b) => compare(a, b, measures));
}

/** Negative: a is sooner. 0 for two of the same id only. */
export function compare(a: Ranked, b: Ranked, measures: readonly Measure[]): number {
  if (a.doubtful !== b.doubtful) return a.doubtful ? 1 : -1;
  const place = decidedBy(a, b, measures);
  if (place !== -1) return keyOf(a, place, measures) < keyOf(b, place, measures) ? -1 : 1;
  const idA = a.entry.candidate.id;
  const idB = b.entry.candidate.id;
  return idA < idB ? -1 : idA > idB ? 1 : 0;
}

/** The place of the first measure that tells them apart; -1: none does. */
export function decidedBy(a: Ranked, b: Ranked, measures: readonly Measure[]): number {
  for (let place = 0; place < measures.length; place++)
    if (keyOf(a, place, measures) !== keyOf(b, place, measures)) return place;
  return -1;
}

function keyOf(ranked: Ranked, place: number, measures: readonly Measure[]): number {
  const known = ranked.keys[place];
  if (known !== undefined) return known;
  const measure = measures[place];
  const value = measure?.value(ranked.entry) ?? Number.NaN;
  let key = Number.POSITIVE_INFINITY;
  if (measure !== undefined && !Number.isNaN(value)) {
    const rank = measure.rank(value);
    key = measure.ascending ? rank : -rank;
  }
  ranked.keys[place] = key;
  return key;
}
