// Order: a total order over models, by the measures of a sort, the doubtful last, ids at the end.
import type { Measure } from './auto-measure.ts';
import type { PoolEntry } from './auto-pool.ts';

/** One model that can take the request, with what it is compared by. */
export interface Ranked {
  readonly entry: PoolEntry;
  /** Nobody knows whether it has all the request needs. */
  readonly doubtful: boolean;
  /** By the first measure: smaller is sooner. */
  key: number | undefined;
  /** By those after it, once they were needed: most models tie with nobody. */
  others: (number | undefined)[] | null;
}

export function unranked(entry: PoolEntry, doubtful: boolean): Ranked {
  return { entry, doubtful, key: undefined, others: null };
}

/** Sorts in place. Tie-breakers are only worked out for those that tie. */
export function order(ranked: Ranked[], measures: readonly Measure[]): Ranked[] {
  return ranked.sort((a, b) => compare(a, b, measures));
}

/** Negative: a is sooner. 0 for two of the same id only. */
export function compare(a: Ranked, b: Ranked, measures: readonly Measure[]): number {
  const decided = byMeasures(a, b, measures);
  if (decided !== 0) return decided;
  const idA = a.entry.candidate.id;
  const idB = b.entry.candidate.id;
  return idA < idB ? -1 : idA > idB ? 1 : 0;
}

/** Negative: a is sooner. 0: no measure tells them apart. */
export function byMeasures(a: Ranked, b: Ranked, measures: readonly Measure[]): number {
  if (a.doubtful !== b.doubtful) return a.doubtful ? 1 : -1;
  for (let place = 0; place < measures.length; place++) {
    const measure = measures[place];
    if (measure === undefined) continue;
    const keyA = keyOf(a, place, measure);
    const keyB = keyOf(b, place, measure);
    if (keyA !== keyB) return keyA < keyB ? -1 : 1;
  }
  return 0;
}

/** The place of the first measure that tells them apart; -1: none does. */
export function decidedBy(a: PoolEntry, b: PoolEntry, measures: readonly Measure[]): number {
  return measures.findIndex((measure) => keyFor(measure, a) !== keyFor(measure, b));
}

/** What is not known is last, whichever end is first. */
function keyFor(measure: Measure, entry: PoolEntry): number {
  const value = measure.value(entry);
  if (Number.isNaN(value)) return Number.POSITIVE_INFINITY;
  const rank = measure.rank(value);
  return measure.ascending ? rank : -rank;
}

function keyOf(ranked: Ranked, place: number, measure: Measure): number {
  if (place === 0) {
    ranked.key ??= keyFor(measure, ranked.entry);
    return ranked.key;
  }
  ranked.others ??= [];
  const key = ranked.others[place] ?? keyFor(measure, ranked.entry);
  ranked.others[place] = key;
  return key;
}
