// Hours, days, weeks (from Monday) and months, all in UTC: where the one begins that a moment lies in.
import { DAY_MS, HOUR_MS } from './utc-day.ts';

export const WEEK_MS = 7 * DAY_MS;
/** The first Monday after 1970 began, which was a Thursday. */
const MONDAY_MS = 4 * DAY_MS;

export const INTERVALS = ['hour', 'day', 'week', 'month'] as const;
export type Interval = (typeof INTERVALS)[number];

/** Of those that are all as long as each other. */
export const INTERVAL_MS: { readonly [One in Exclude<Interval, 'month'>]: number } = {
  hour: HOUR_MS,
  day: DAY_MS,
  week: WEEK_MS,
};

export function startOf(interval: Interval, at: number): number {
  switch (interval) {
    case 'hour':
      return at - modulo(at, HOUR_MS);
    case 'day':
      return at - modulo(at, DAY_MS);
    case 'week':
      return at - modulo(at - MONDAY_MS, WEEK_MS);
    case 'month': {
      const date = new Date(at);
      return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
    }
    default:
      return interval satisfies never;
  }
}

/** Where the next one begins. @param start where one begins */
export function endOf(interval: Interval, start: number): number {
  if (interval !== 'month') return start + INTERVAL_MS[interval];
  const date = new Date(start);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
}

/** The beginning that is at or after this moment. */
export function ceilTo(interval: Interval, at: number): number {
  const start = startOf(interval, at);
  return start === at ? at : endOf(interval, start);
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}
