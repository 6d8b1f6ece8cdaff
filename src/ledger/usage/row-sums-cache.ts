// The sums of open hours' rows, kept by slices of some minutes: rows only come, so a slice that has as many as before is the same.
import { timeOf } from '../../lib/uuid-v7.ts';
import type { LogStore } from '../log-store.ts';
import { HOUR_MS } from './periods.ts';
import { RowSums, SUMMED_COLUMNS } from './sum-rows.ts';

const SLICE_MS = 120_000;
/** Of this many hours at most: each may hold as many sums as it has users. */
const MAX_SLICES = (4 * HOUR_MS) / SLICE_MS;

interface Slice {
  readonly rows: number;
  readonly sums: RowSums;
}

export class RowSumsCache {
  readonly #slices = new Map<number, Slice>();

  /** What the rows of an hour come to, in parts. */
  async of(store: LogStore, hour: number): Promise<readonly RowSums[]> {
    const counts = await countBySlice(store, hour);
    const sums: RowSums[] = [];
    for (const [start, rows] of counts) {
      const known = this.#slices.get(start);
      const slice = known?.rows === rows ? known : await readSlice(store, start);
      // The one used last stays longest.
      this.#slices.delete(start);
      this.#slices.set(start, slice);
      sums.push(slice.sums);
    }
    for (const start of this.#slices.keys()) {
      if (this.#slices.size <= MAX_SLICES) break;
      this.#slices.delete(start);
    }
    return sums;
  }
}

async function countBySlice(store: LogStore, hour: number): Promise<Map<number, number>> {
  const counts = new Map<number, number>();
  for await (const rows of store.scan({ from: hour, to: hour + HOUR_MS }, ['id'])) {
    for (const { id } of rows) {
      const start = sliceOf(id);
      counts.set(start, (counts.get(start) ?? 0) + 1);
    }
  }
  return counts;
}

async function readSlice(store: LogStore, start: number): Promise<Slice> {
  const sums = new RowSums();
  let count = 0;
  for await (const rows of store.scan({ from: start, to: start + SLICE_MS }, SUMMED_COLUMNS)) {
    count += rows.length;
    for (const row of rows) sums.add(row);
  }
  return { rows: count, sums };
}

function sliceOf(id: string): number {
  const ms = timeOf(id);
  return ms - (ms % SLICE_MS);
}
