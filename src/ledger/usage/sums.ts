// Sum: what some requests came to; Sums: one such for each combination of some properties.
import type { UsageTable } from '../../store/tables.ts';
import { MEASURES, type Property } from './cubes.ts';
import { Histogram } from './latency.ts';

/** A measure's place among a sum's values. */
export const PLACE = Object.fromEntries(MEASURES.map((measure, place) => [measure, place])) as {
  readonly [M in (typeof MEASURES)[number]]: number;
};

/** The properties of one combination, in the order of the `Sums` it is of. '': has none. */
export type Combination = readonly string[];

export type StoredSum = Pick<UsageTable, (typeof MEASURES)[number] | 'ttft' | 'total'>;

export class Sum {
  readonly values = new Float64Array(MEASURES.length);
  readonly ttft = new Histogram();
  readonly total = new Histogram();

  addStored(row: StoredSum): void {
    for (let place = 0; place < MEASURES.length; place++) {
      const measure = MEASURES[place] ?? 'requests';
      this.values[place] = (this.values[place] ?? 0) + Number(row[measure]);
    }
    if (row.ttft !== null) this.ttft.merge(row.ttft);
    if (row.total !== null) this.total.merge(row.total);
  }

  addSum(other: Sum): void {
    for (let place = 0; place < MEASURES.length; place++)
      this.values[place] = (this.values[place] ?? 0) + (other.values[place] ?? 0);
    this.ttft.mergeHistogram(other.ttft);
    this.total.mergeHistogram(other.total);
  }

  /** Takes out what was put in. */
  subtract(other: Sum): void {
    for (let place = 0; place < MEASURES.length; place++)
      this.values[place] = (this.values[place] ?? 0) - (other.values[place] ?? 0);
    this.ttft.subtract(other.ttft);
    this.total.subtract(other.total);
  }

  get requests(): number {
    return this.values[PLACE.requests] ?? 0;
  }
}

/** Between the properties of a key: no name has it. */
const BETWEEN = '\u0000';

export class Sums {
  readonly properties: readonly Property[];
  readonly #sums = new Map<string, { readonly combination: Combination; readonly sum: Sum }>();

  constructor(properties: readonly Property[]) {
    this.properties = properties;
  }

  /** The sum of a combination, made where it is missing. @param combination kept as it is */
  at(combination: Combination): Sum {
    const key = combination.length === 1 ? (combination[0] ?? '') : combination.join(BETWEEN);
    const known = this.#sums.get(key);
    if (known !== undefined) return known.sum;
    const sum = new Sum();
    this.#sums.set(key, { combination, sum });
    return sum;
  }

  entries(): Iterable<{ readonly combination: Combination; readonly sum: Sum }> {
    return this.#sums.values();
  }

  get size(): number {
    return this.#sums.size;
  }

  /** Summed up further: by some of the properties. */
  by(properties: readonly Property[]): Sums {
    const places = properties.map((property) => this.properties.indexOf(property));
    const coarser = new Sums(properties);
    for (const { combination, sum } of this.#sums.values())
      coarser.at(places.map((place) => combination[place] ?? '')).addSum(sum);
    return coarser;
  }
}
