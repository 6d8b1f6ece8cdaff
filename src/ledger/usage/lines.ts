// Lines: sums by time and group, as an answer tells them.

import { endOf, type Interval, startOf } from '../../lib/utc-periods.ts';
import type { Stretch } from '../log-store.ts';
import type { Measure, Property } from './cubes.ts';
import type { SumRow, Wanted } from './read-sums.ts';
import { type Combination, Sum, Sums } from './sums.ts';

export interface Line {
  /** The beginning of its hour, day …: Unix milliseconds; 0 where no interval is asked for. */
  readonly at: number;
  readonly combination: Combination;
  readonly sum: Sum;
}

export class Lines {
  readonly interval: Interval | null;
  readonly by: readonly Property[];
  readonly #sums = new Map<number, Sums>();

  constructor(interval: Interval | null, by: readonly Property[]) {
    this.interval = interval;
    this.by = by;
  }

  /** The groups of the interval that this moment lies in. */
  sumsAt(at: number): Sums {
    const start = this.interval === null ? 0 : startOf(this.interval, at);
    const known = this.#sums.get(start);
    if (known !== undefined) return known;
    const sums = new Sums(this.by);
    this.#sums.set(start, sums);
    return sums;
  }

  /** @param measures those that were read */
  addStored(row: SumRow, measures: readonly Measure[]): void {
    this.sumsAt(Number(row.at)).ofRow(row).addStored(row, measures);
  }

  /** Of those sums, the ones that are wanted. They have all the properties that are asked about. */
  addSums(at: number, finer: Sums, wanted: Wanted): void {
    const sums = this.sumsAt(at);
    for (const { combination, sum } of matching(finer, this.by, wanted))
      sums.at(combination).addSum(sum);
  }

  *all(): Generator<Line> {
    for (const [at, sums] of this.#sums)
      for (const { combination, sum } of sums.entries()) yield { at, combination, sum };
  }

  /** Each group over the whole time. */
  overall(): Sums {
    const overall = new Sums(this.by);
    for (const { combination, sum } of this.all()) overall.at(combination).addSum(sum);
    return overall;
  }
}

/** Of finer sums, those that are wanted, under the group they belong to: several to a group. */
export function* matching(
  finer: Sums,
  by: readonly Property[],
  wanted: Wanted,
): Generator<{ readonly combination: Combination; readonly sum: Sum }> {
  const places = by.map((property) => finer.properties.indexOf(property));
  const tests = [...wanted].map(([property, values]) => ({
    place: finer.properties.indexOf(property),
    values: new Set(values),
  }));
  for (const { combination, sum } of finer.entries())
    if (tests.every(({ place, values }) => values.has(combination[place] ?? '')))
      yield { combination: places.map((place) => combination[place] ?? ''), sum };
}

/** The beginnings of the intervals that a stretch touches; one 0 where no interval is asked for. */
export function startsIn(stretch: Stretch, interval: Interval | null): readonly number[] {
  if (interval === null) return [0];
  const starts: number[] = [];
  for (let at = startOf(interval, stretch.from); at < stretch.to; at = endOf(interval, at))
    starts.push(at);
  return starts;
}

/** What is in the one and not in the others. */
export function without(all: Sum, others: Iterable<Sum>): Sum {
  const rest = new Sum();
  rest.addSum(all);
  for (const other of others) rest.subtract(other);
  return rest;
}
