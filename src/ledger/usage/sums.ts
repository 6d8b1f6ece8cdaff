// Sum: what some requests came to; Sums: one such for each combination of some properties.
import type { UsageTable } from '../../store/tables.ts';
import { MEASURES, type Measure, OTHER, type Property } from './cubes.ts';
import { Histogram } from './latency.ts';

/** A measure's place among a sum's values. */
export const PLACE = Object.fromEntries(MEASURES.map((measure, place) => [measure, place])) as {
  readonly [M in (typeof MEASURES)[number]]: number;
};

/** The properties of one combination, in the order of the `Sums` it is of. '': has none. */
export type Combination = readonly string[];

/** A row of `usage`, or as much of it as was read. */
export type StoredSum = { readonly [M in Measure]?: number | null } & Partial<
  Pick<UsageTable, 'ttft' | 'total'>
>;

/** What one request or attempt adds: its amounts in the places of the measures, and the buckets of its times (null: not measured). */
export interface Amounts {
  readonly values: Float64Array;
  ttft: number | null;
  total: number | null;
}

export class Sum {
  readonly values = new Float64Array(MEASURES.length);
  readonly ttft = new Histogram();
  readonly total = new Histogram();

  add({ values, ttft, total }: Amounts): void {
    this.#addValues(values);
    if (ttft !== null) this.ttft.addBucket(ttft);
    if (total !== null) this.total.addBucket(total);
  }

  /** @param measures those that were read */
  addStored(row: StoredSum, measures: readonly Measure[] = MEASURES): void {
    for (const measure of measures) {
      const place = PLACE[measure];
      this.values[place] = (this.values[place] ?? 0) + Number(row[measure] ?? 0);
    }
    if (row.ttft !== null && row.ttft !== undefined) this.ttft.merge(row.ttft);
    if (row.total !== null && row.total !== undefined) this.total.merge(row.total);
  }

  addSum(other: Sum): void {
    this.#addValues(other.values);
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

  #addValues(more: Float64Array): void {
    for (let place = 0; place < MEASURES.length; place++)
      this.values[place] = (this.values[place] ?? 0) + (more[place] ?? 0);
  }
}

export interface Entry {
  readonly combination: Combination;
  readonly sum: Sum;
}

/** A way down by the values of the properties: cheaper than one text made of them all, at each row. */
class Branch {
  entry: Entry | null = null;
  #branches: Map<string, Branch> | null = null;

  at(value: string): Branch {
    this.#branches ??= new Map();
    const known = this.#branches.get(value);
    if (known !== undefined) return known;
    const branch = new Branch();
    this.#branches.set(value, branch);
    return branch;
  }

  known(value: string): Branch | null {
    return this.#branches?.get(value) ?? null;
  }
}

export class Sums {
  readonly properties: readonly Property[];
  readonly #most: number;
  readonly #root = new Branch();
  readonly #entries: Entry[] = [];

  /** @param most so many combinations are told apart, the first that come; the rest is one more: `OTHER` */
  constructor(properties: readonly Property[], most = Number.POSITIVE_INFINITY) {
    this.properties = properties;
    this.#most = most;
  }

  /** The sum of a combination, made where it is missing. @param combination kept as it is */
  at(combination: Combination): Sum {
    if (this.#isFull) return this.#knownOrOther(combination);
    let branch = this.#root;
    for (const value of combination) branch = branch.at(value);
    return (branch.entry ?? this.#make(branch, combination)).sum;
  }

  /** The sum that a row is of; its properties are its columns. */
  ofRow(row: { readonly [P in Property]: string | null }): Sum {
    if (this.#isFull)
      return this.#knownOrOther(this.properties.map((property) => row[property] ?? ''));
    let branch = this.#root;
    for (const property of this.properties) branch = branch.at(row[property] ?? '');
    if (branch.entry !== null) return branch.entry.sum;
    return this.#make(
      branch,
      this.properties.map((property) => row[property] ?? ''),
    ).sum;
  }

  entries(): Iterable<Entry> {
    return this.#entries;
  }

  get size(): number {
    return this.#entries.length;
  }

  /** Summed up further: by some of the properties. */
  by(properties: readonly Property[]): Sums {
    const places = properties.map((property) => this.properties.indexOf(property));
    const coarser = new Sums(properties);
    for (const { combination, sum } of this.#entries)
      coarser.at(places.map((place) => combination[place] ?? '')).addSum(sum);
    return coarser;
  }

  get #isFull(): boolean {
    return this.#entries.length >= this.#most;
  }

  #knownOrOther(combination: Combination): Sum {
    let known: Branch | null = this.#root;
    for (const value of combination) known = known?.known(value) ?? null;
    if (known?.entry) return known.entry.sum;
    const other = combination.map(() => OTHER);
    let branch = this.#root;
    for (const value of other) branch = branch.at(value);
    return (branch.entry ?? this.#make(branch, other)).sum;
  }

  #make(branch: Branch, combination: Combination): Entry {
    const entry = { combination, sum: new Sum() };
    branch.entry = entry;
    this.#entries.push(entry);
    return entry;
  }
}
