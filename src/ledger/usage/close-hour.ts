// An hour's rows → its sums.

import { HOUR_MS } from '../../lib/utc-day.ts';
import type { LogStore } from '../log-store.ts';
import { MOST_USERS } from './cubes.ts';
import { Spent } from './spent.ts';
import { RowSums, SUMMED_COLUMNS } from './sum-rows.ts';

/** False: it stays open, because rows came meanwhile or another process is at it; or its day is dropped. */
export async function closeHour(
  store: LogStore,
  hour: number,
  spent = new Spent(),
  mostUsers = MOST_USERS.hour,
): Promise<boolean> {
  let seen = 0;
  const isClosed = await store.closeHour(hour, async () => {
    const sums = new RowSums(mostUsers);
    for await (const rows of store.scan({ from: hour, to: hour + HOUR_MS }, SUMMED_COLUMNS)) {
      for (const row of rows) sums.add(row);
      seen += rows.length;
    }
    return [...sums.stored(hour)];
  });
  spent.add(seen);
  return isClosed;
}
