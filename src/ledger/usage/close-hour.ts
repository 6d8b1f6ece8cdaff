// An hour's rows → its sums.
import type { LogStore } from '../log-store.ts';
import { HOUR_MS } from './periods.ts';
import { Spent } from './spent.ts';
import { RowSums, SUMMED_COLUMNS } from './sum-rows.ts';

/** False: it stays open, because rows came meanwhile or another process is at it; or its day is dropped. */
export function closeHour(store: LogStore, hour: number): Promise<boolean> {
  const spent = new Spent();
  return store.closeHour(hour, async () => {
    const sums = new RowSums();
    for await (const rows of store.scan({ from: hour, to: hour + HOUR_MS }, SUMMED_COLUMNS)) {
      for (const row of rows) sums.add(row);
      spent.add(rows.length);
    }
    return [...sums.stored(hour)];
  });
}
