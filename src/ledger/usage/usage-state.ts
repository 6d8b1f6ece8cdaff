// Which sums can be relied on. Rows come and never change, so a day whose sums count as many requests as those of its hours
// has them all, whatever was stopped when; and an hour that is open has to be read from its rows.

import { DAY_MS, HOUR_MS } from '../../lib/utc-day.ts';
import { INTERVAL_MS, startOf } from '../../lib/utc-periods.ts';
import type { Grain } from '../../store/tables.ts';
import type { LogStore, Stretch } from '../log-store.ts';
import { TOTALS } from './cubes.ts';

export interface UsageState {
  readonly open: ReadonlySet<number>;
  /** Rows before are dropped. */
  readonly keptFrom: number;
  /** How many requests the sums of each hour, day and week are of. */
  readonly counts: { readonly [G in Grain]: ReadonlyMap<number, number> };
}

/** @param stretch of whole weeks, or a day or week would look as if it had rows too few */
export async function readState(store: LogStore, stretch: Stretch): Promise<UsageState> {
  const { build } = store;
  // First what is open: an hour that is closed between the two is read from its rows, which are still there.
  const open = await store.read(
    build
      .selectFrom('open_hours')
      .select('hour')
      .where('hour', '>=', stretch.from)
      .where('hour', '<', stretch.to)
      .compile(),
  );
  const rows = await store.read(
    build
      .selectFrom('usage')
      .select(['grain', 'at', 'requests'])
      .where('cube', '=', TOTALS.name)
      .where('grain', 'in', ['hour', 'day', 'week'])
      .where('at', '>=', stretch.from)
      .where('at', '<', stretch.to)
      .compile(),
  );
  const dropped = await store.read(
    build.selectFrom('log_state').select('value').where('name', '=', 'dropped_before').compile(),
  );
  const keptFrom = Date.parse(dropped[0]?.value ?? '');
  const counts = { hour: new Map(), day: new Map(), week: new Map() } satisfies {
    [G in Grain]: Map<number, number>;
  };
  for (const row of rows) counts[row.grain].set(Number(row.at), Number(row.requests));
  return {
    open: new Set(open.map(({ hour }) => Number(hour))),
    keptFrom: Number.isNaN(keptFrom) ? Number.NEGATIVE_INFINITY : keptFrom,
    counts,
  };
}

/** The requests in a period by its hours' sums; null while one of them is open. */
export function requestsIn(state: UsageState, grain: Grain, at: number): number | null {
  let requests = 0;
  for (let hour = at; hour < at + INTERVAL_MS[grain]; hour += HOUR_MS) {
    if (state.open.has(hour)) return null;
    requests += state.counts.hour.get(hour) ?? 0;
  }
  return requests;
}

/** The sums of this day or week are those of all its rows. */
export function isWhole(state: UsageState, grain: 'day' | 'week', at: number): boolean {
  const requests = requestsIn(state, grain, at);
  return requests !== null && requests === (state.counts[grain].get(at) ?? 0);
}

const BRIEF_DAYS = 3;

/** The sums of hours of a cube with brief hours that lie before are not kept. */
export function briefHoursFrom(now: number): number {
  return startOf('day', now) - BRIEF_DAYS * DAY_MS;
}
