// The sums of open hours' rows, kept by slices of some minutes: rows only come, so a slice that has as many as before is the same.

import { HOUR_MS } from '../../lib/utc-day.ts';
import type { LogStore } from '../log-store.ts';
import { MOST_USERS } from './cubes.ts';
import type { RowBudget } from './scan-rows.ts';
import { RowSums, SUMMED_COLUMNS } from './sum-rows.ts';

const SLICE_MS = 120_000;
const SLICES = HOUR_MS / SLICE_MS;
/** Of this many hours at most: each may hold as many sums as it has users. */
const MAX_SLICES = 4 * SLICES;

interface Slice {
  readonly rows: number;
  readonly sums: RowSums;
}

/** Sums kept in all: each takes about a kilobyte. */
const MAX_SUMS = 300_000;

export class RowSumsCache {
  readonly #slices = new Map<number, Slice>();
  readonly #mostUsers: number;

  constructor(mostUsers: number = MOST_USERS.hour) {
    this.#mostUsers = mostUsers;
  }

  /** What the rows of an hour come to, in parts. @param budget rows that may be gone through; throws where there are more */
  async of(store: LogStore, hour: number, budget?: RowBudget): Promise<readonly RowSums[]> {
    const counts = await countBySlice(store, hour, budget);
    const sums: RowSums[] = [];
    let held = 0;
    for (const [start, rows] of counts) {
      const known = this.#slices.get(start);
      // A part of the hour has its share of the bound, and what the others left of it.
      const share = Math.max(this.#mostUsers - held, Math.ceil(this.#mostUsers / SLICES));
      const slice = known?.rows === rows ? known : await readSlice(store, start, share);
      held += slice.sums.size;
      // The one used last stays longest.
      this.#slices.delete(start);
      this.#slices.set(start, slice);
      sums.push(slice.sums);
    }
    let all = [...this.#slices.values()].reduce((size, slice) => size + slice.sums.size, 0);
    for (const [start, slice] of this.#slices) {
      if (this.#slices.size <= MAX_SLICES && all <= MAX_SUMS) break;
      this.#slices.delete(start);
      all -= slice.sums.size;
    }
    return sums;
  }
}

async function countBySlice(
  store: LogStore,
  hour: number,
  budget: RowBudget | undefined,
): Promise<Map<number, number>> {
  const counts = new Map<number, number>();
  for (let start = hour; start < hour + HOUR_MS; start += SLICE_MS) {
    const rows = await store.count({ from: start, to: start + SLICE_MS });
    if (rows === 0) continue;
    budget?.take(rows);
    counts.set(start, rows);
  }
  return counts;
}

async function readSlice(store: LogStore, start: number, mostUsers: number): Promise<Slice> {
  const sums = new RowSums(mostUsers);
  let count = 0;
  for await (const rows of store.scan({ from: start, to: start + SLICE_MS }, SUMMED_COLUMNS)) {
    count += rows.length;
    for (const row of rows) sums.add(row);
  }
  return { rows: count, sums };
}
