// An hour's rows → its sums.
import type { LogStore } from '../log-store.ts';
import { CUBES } from './cubes.ts';
import { HOUR_MS } from './periods.ts';
import { RowSums, SUMMED_COLUMNS } from './sum-rows.ts';
import { briefHoursFrom } from './usage-state.ts';

/** False: it stays open, because rows came meanwhile or another process is at it; or its day is dropped. */
export function closeHour(store: LogStore, hour: number, now: number): Promise<boolean> {
  return store.closeHour(hour, async () => {
    const sums = new RowSums();
    for await (const rows of store.scan({ from: hour, to: hour + HOUR_MS }, SUMMED_COLUMNS))
      for (const row of rows) sums.add(row);
    const keepsBrief = hour >= briefHoursFrom(now);
    return [
      ...sums.stored(
        hour,
        CUBES.filter((cube) => keepsBrief || !cube.briefHours),
      ),
    ];
  });
}
