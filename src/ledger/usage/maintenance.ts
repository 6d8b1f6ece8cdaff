// What is done to the log each minute: past hours are summed up, days out of hours, weeks out of days; what is too old goes.
// It keeps nothing of its own: what there is to do is seen from the sums, so it may be stopped anywhere and begin again.

import { DAY_MS, HOUR_MS } from '../../lib/utc-day.ts';
import { startOf, WEEK_MS } from '../../lib/utc-periods.ts';
import type { Grain } from '../../store/tables.ts';
import type { LogStore } from '../log-store.ts';
import { closeHour } from './close-hour.ts';
import { MOST_USERS, type Most } from './cubes.ts';
import { dropDays, pruneBriefHours, pruneSums } from './drop-old.ts';
import { Spent } from './spent.ts';
import { sumUpDay, sumUpWeek } from './sum-up.ts';
import { Troubles } from './troubles.ts';
import { briefHoursFrom, isWhole, readState, requestsIn, type UsageState } from './usage-state.ts';

/** Long answers are logged under the hour in which they began: one that is hardly over is mostly opened again. */
const SETTLE_MS = 5 * 60_000;

/** So many requests make sums worth getting rid of soon. */
const BUSY_DAY = 20_000;

export interface MaintenanceSettings {
  /** How long rows are kept, and their sums. */
  readonly retentionMs: number;
  readonly usageRetentionMs: number;
  /** How long after its end an hour is summed up. */
  readonly settleMs?: number;
  /** Hours summed up at most, the oldest first; the rest is for the next time. */
  readonly maxHours?: number;
  /** How many users are told apart. */
  readonly mostUsers?: Most;
}

export const DEFAULT_SETTINGS: MaintenanceSettings = {
  retentionMs: 90 * DAY_MS,
  usageRetentionMs: 800 * DAY_MS,
};

export interface Maintained {
  readonly hours: number;
  readonly days: number;
  readonly weeks: number;
  /** Days whose rows are gone now. */
  readonly dropped: readonly string[];
}

/**
 * Rejects with `storage_unavailable`: at once where the log is not there, else at its end, when what failed (a damaged day)
 * is told of and all the rest was done.
 */
export async function runMaintenance(
  store: LogStore,
  now: number,
  settings: MaintenanceSettings = DEFAULT_SETTINGS,
): Promise<Maintained> {
  const troubles = new Troubles(store);
  const run: Run = { store, now, settings, most: settings.mostUsers ?? MOST_USERS, troubles };
  const closed = await closeHours(run);
  const oldest = startOf('week', now - settings.usageRetentionMs);
  const state = await readState(store, { from: oldest, to: startOf('week', now) + WEEK_MS });
  const made = await sumUpDays(run, state);
  const weeks = await sumUpWeeks(run, await refreshed(store, state, made, oldest, now));
  const dropped = await dropDays(store, now - settings.retentionMs, troubles);
  await pruneSums(store, now, oldest, troubles);
  troubles.end();
  return { hours: closed.hours, days: closed.days + made, weeks, dropped };
}

interface Run {
  readonly store: LogStore;
  readonly now: number;
  readonly settings: MaintenanceSettings;
  readonly most: Most;
  readonly troubles: Troubles;
}

async function closeHours(run: Run): Promise<{ readonly hours: number; readonly days: number }> {
  const { store, now, settings, most, troubles } = run;
  const { settleMs = SETTLE_MS, maxHours = Number.POSITIVE_INFINITY } = settings;
  const open = await store.read(
    store.build
      .selectFrom('open_hours')
      .select('hour')
      .where('hour', '<=', now - HOUR_MS - settleMs)
      .orderBy('hour')
      .compile(),
  );
  const spent = new Spent();
  let closed = 0;
  let days = 0;
  let day: number | null = null;
  for (const { hour } of open) {
    if (closed >= maxHours) break;
    const at = Number(hour);
    // A busy cube's hours are not kept long: its day is summed up while they are there.
    const next = startOf('day', at);
    if (day !== null && day !== next) days += await finishDay(run, day);
    day = next;
    const close = () => closeHour(store, at, spent, most.hour);
    if (await troubles.attempt(nameOf('hour', at), close, next)) closed += 1;
    await othersTurn();
  }
  return { hours: closed, days };
}

/** One of a time long past, as when the log is new and its rows are not. The others' hours stay and may wait. */
async function finishDay(run: Run, day: number): Promise<number> {
  const { store, now, troubles } = run;
  if (day >= briefHoursFrom(now)) return 0;
  const made = await troubles.attempt(
    nameOf('day', day),
    async () => {
      const state = await readState(store, { from: day, to: day + DAY_MS });
      if ((requestsIn(state, 'day', day) ?? 0) < BUSY_DAY) return 0;
      const made = await sumUpDays(run, state);
      await pruneBriefHours(store, now, troubles);
      return made;
    },
    day,
  );
  return made ?? 0;
}

async function sumUpDays({ store, now, most, troubles }: Run, state: UsageState): Promise<number> {
  let made = 0;
  for (const day of periodsWithHours(state, 'day')) {
    if (day + DAY_MS > now || requestsIn(state, 'day', day) === null) continue;
    if (isWhole(state, 'day', day)) continue;
    const sumUp = () => sumUpDay(store, day, state.counts.hour, most.longer);
    if (await troubles.attempt(nameOf('day', day), sumUp, day)) made += 1;
    if ((requestsIn(state, 'day', day) ?? 0) < BUSY_DAY) await othersTurn();
    else await letGo();
  }
  return made;
}

async function sumUpWeeks({ store, now, most, troubles }: Run, state: UsageState): Promise<number> {
  let made = 0;
  for (const week of periodsWithHours(state, 'week')) {
    if (week + WEEK_MS > now || isWhole(state, 'week', week)) continue;
    const days = Array.from({ length: 7 }, (_, day) => week + day * DAY_MS);
    if (!days.every((day) => isWhole(state, 'day', day))) continue;
    const sumUp = () => sumUpWeek(store, week, state.counts.day, most.longer);
    if (await troubles.attempt(nameOf('week', week), sumUp)) made += 1;
    await letGo();
  }
  return made;
}

function nameOf(grain: Grain, at: number): string {
  return `summing up the ${grain} ${new Date(at).toISOString().slice(0, grain === 'hour' ? 16 : 10)}`;
}

/** Those that begin a day or week, in order. */
function periodsWithHours(state: UsageState, grain: 'day' | 'week'): readonly number[] {
  const starts = new Set<number>();
  for (const hour of state.counts.hour.keys()) starts.add(startOf(grain, hour));
  return [...starts].sort((a, b) => a - b);
}

async function refreshed(
  store: LogStore,
  state: UsageState,
  changes: number,
  oldest: number,
  now: number,
): Promise<UsageState> {
  if (changes === 0) return state;
  return readState(store, { from: oldest, to: startOf('week', now) + WEEK_MS });
}

/** A day's sums take many megabytes while they are made: they go back now, not when the next ones need them. */
function letGo(): Promise<void> {
  Bun.gc(true);
  return othersTurn();
}

/** Rows are written and questions answered on the same thread. */
function othersTurn(): Promise<void> {
  return Bun.sleep(0);
}
