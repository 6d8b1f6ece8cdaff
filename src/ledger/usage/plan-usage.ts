// A question → where each part of its stretch is read from: sums of weeks, days and hours, and the rows of hours that are open.

import { DAY_MS, HOUR_MS } from '../../lib/utc-day.ts';
import { ceilTo, INTERVAL_MS, type Interval, startOf } from '../../lib/utc-periods.ts';
import type { Grain } from '../../store/tables.ts';
import type { Stretch } from '../log-store.ts';
import type { Cube } from './cubes.ts';
import { briefHoursFrom, isWhole, type UsageState } from './usage-state.ts';

export interface UsagePlan {
  readonly stretch: Stretch;
  /** The beginnings of the periods whose sums are read. */
  readonly sums: { readonly [G in Grain]: readonly number[] };
  /** Hours that are read from their rows. */
  readonly rows: readonly number[];
}

/** The coarsest sums that a series may be made of. */
const COARSEST: { readonly [I in Interval | 'none']: Grain } = {
  none: 'week',
  month: 'day',
  week: 'week',
  day: 'day',
  hour: 'hour',
};

/** Outward to whole hours; to whole days where the cube has no hours any more, unless hours are asked for. */
export function wholeHours(
  asked: Stretch,
  cube: Cube | null,
  interval: Interval | null,
  now: number,
): Stretch {
  const from = startOf('hour', asked.from);
  // Nothing is later, but for another machine's clock: years to come are not walked through.
  const last = Math.max(ceilTo('day', now) + DAY_MS, from + HOUR_MS);
  const byHour = { from, to: Math.min(ceilTo('hour', asked.to), last) };
  if (cube === null || !cube.briefHours || interval === 'hour') return byHour;
  const hours = usableHoursFrom(now);
  return {
    from: byHour.from < hours ? startOf('day', byHour.from) : byHour.from,
    to: byHour.to < hours ? ceilTo('day', byHour.to) : byHour.to,
  };
}

/** A day short of what is kept: what is being deleted now is not relied on. */
function usableHoursFrom(now: number): number {
  return briefHoursFrom(now) + DAY_MS;
}

export function planUsage(
  stretch: Stretch,
  cube: Cube,
  interval: Interval | null,
  state: UsageState,
  now: number,
): UsagePlan {
  const coarsest = COARSEST[interval ?? 'none'];
  const sums: { [G in Grain]: number[] } = { hour: [], day: [], week: [] };
  const rows: number[] = [];
  const hoursFrom = cube.briefHours ? usableHoursFrom(now) : Number.NEGATIVE_INFINITY;
  const fits = (grain: 'day' | 'week', at: number) =>
    startOf(grain, at) === at && at + INTERVAL_MS[grain] <= stretch.to && isWhole(state, grain, at);
  for (let at = stretch.from; at < stretch.to; ) {
    let grain: Grain = 'hour';
    if (coarsest === 'week' && fits('week', at)) grain = 'week';
    else if (coarsest !== 'hour' && fits('day', at)) grain = 'day';
    if (grain !== 'hour') {
      if (state.counts[grain].has(at)) sums[grain].push(at);
    } else if (state.open.has(at)) rows.push(at);
    else if (state.counts.hour.has(at)) {
      if (at >= hoursFrom) sums.hour.push(at);
      else rows.push(at);
    }
    at += INTERVAL_MS[grain];
  }
  return { stretch, sums, rows };
}

/** Every hour of the stretch that may have rows. */
export function planRows(stretch: Stretch, state: UsageState): UsagePlan {
  const rows: number[] = [];
  for (let at = stretch.from; at < stretch.to; at += HOUR_MS)
    if (state.open.has(at) || state.counts.hour.has(at)) rows.push(at);
  return { stretch, sums: { hour: [], day: [], week: [] }, rows };
}
