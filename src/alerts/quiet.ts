// Quiet periods: whether messages of some severity wait now, by the clock of a place.
import type { Severity } from '../core/alert.ts';
import type { QuietPeriod } from './alert-settings.ts';

const DAYS: readonly string[] = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const clocks = new Map<string, Intl.DateTimeFormat>();

export function isQuiet(periods: readonly QuietPeriod[], severity: Severity, now: number): boolean {
  return periods.some(
    (period) => !(period.except ?? []).includes(severity) && isWithin(period, now),
  );
}

/** The severities that are told at this moment. */
export function toldNow(
  periods: readonly QuietPeriod[],
  all: readonly Severity[],
  now: number,
): readonly Severity[] {
  return all.filter((severity) => !isQuiet(periods, severity, now));
}

function isWithin(period: QuietPeriod, now: number): boolean {
  const { from, to, timezone = 'UTC' } = period;
  const days: readonly string[] = period.days ?? DAYS;
  const { day, time } = localTime(timezone, now);
  const isDay = (at: number) => days.includes(DAYS[(at + 7) % 7] ?? '');
  if (from < to) return isDay(day) && time >= from && time < to;
  // It goes on past midnight: its first part is today's, its second belongs to yesterday.
  return (isDay(day) && time >= from) || (isDay(day - 1) && time < to);
}

/** What the clock on the wall says there; daylight saving is the system's knowledge. */
function localTime(timezone: string, now: number): { readonly day: number; readonly time: string } {
  let clock = clocks.get(timezone);
  if (clock === undefined) {
    clock = new Intl.DateTimeFormat('en-GB', {
      ...{ timeZone: timezone, weekday: 'short', hour: '2-digit', minute: '2-digit' },
      hourCycle: 'h23',
    });
    clocks.set(timezone, clock);
  }
  const parts = new Map(clock.formatToParts(now).map(({ type, value }) => [type, value]));
  const weekday = (parts.get('weekday') ?? '').toLowerCase();
  return {
    day: DAYS.indexOf(weekday),
    time: `${parts.get('hour')}:${parts.get('minute')}`,
  };
}
