// Drops: which answers were dropped since when, as those who share them know it. Every drop has a higher number than the one
// before it, and every answer the number of the last drop that was known when it was kept.
import { type AnswerFilter, matchesFilter, type Owned } from './answer-store.ts';

export interface Drop {
  readonly gen: number;
  readonly filter: AnswerFilter;
  /** One answer alone. */
  readonly key?: string;
}

/** An answer that was kept after a drop by somebody who had not heard of it counts as dropped: that costs one call more. */
export function isDropped(
  answer: Owned,
  key: string,
  gen: number,
  drops: readonly Drop[],
): boolean {
  return drops.some(
    (drop) =>
      drop.gen > gen &&
      (drop.key === undefined ? matchesFilter(answer, drop.filter) : drop.key === key),
  );
}
