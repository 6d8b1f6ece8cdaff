// What is done to the log each minute: past hours are summed up, days out of hours, weeks out of days; what is too old goes.
// It keeps nothing of its own: what there is to do is seen from the sums, so it may be stopped anywhere and begin again.
import type { LogStore } from '../log-store.ts';
import { closeHour } from './close-hour.ts';
import { CUBES } from './cubes.ts';
import { DAY_MS, HOUR_MS, startOf, WEEK_MS } from './periods.ts';
import { Spent } from './spent.ts';
import { sumUpDay, sumUpWeek } from './sum-up.ts';
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

/** Rejects with `storage_unavailable`; what was done by then stays done. */
export async function runMaintenance(
  store: LogStore,
  now: number,
  settings: MaintenanceSettings = DEFAULT_SETTINGS,
): Promise<Maintained> {
  const closed = await closeHours(store, now, settings);
  const oldest = startOf('week', now - settings.usageRetentionMs);
  const state = await readState(store, { from: oldest, to: startOf('week', now) + WEEK_MS });
  const made = await sumUpDays(store, state, now);
  const weeks = await sumUpWeeks(store, await refreshed(store, state, made, oldest, now), now);
  const dropped = await dropDays(store, now - settings.retentionMs);
  await prune(store, now, oldest);
  return { hours: closed.hours, days: closed.days + made, weeks, dropped };
}

async function closeHours(
  store: LogStore,
  now: number,
  { settleMs = SETTLE_MS, maxHours = Number.POSITIVE_INFINITY }: MaintenanceSettings,
): Promise<{ readonly hours: number; readonly days: number }> {
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
    // A busy cube's hours are not kept long: its day is summed up while they are there.
    const next = startOf('day', Number(hour));
    if (day !== null && day !== next) days += await finishDay(store, day, now);
    day = next;
    if (await closeHour(store, Number(hour), spent)) closed += 1;
    await othersTurn();
  }
  return { hours: closed, days };
}

/** One of a time long past, as when the log is new and its rows are not. The others' hours stay and may wait. */
async function finishDay(store: LogStore, day: number, now: number): Promise<number> {
  if (day >= briefHoursFrom(now)) return 0;
  const state = await readState(store, { from: day, to: day + DAY_MS });
  if ((requestsIn(state, 'day', day) ?? 0) < BUSY_DAY) return 0;
  const made = await sumUpDays(store, state, now);
  await pruneBriefHours(store, now);
  return made;
}

async function sumUpDays(store: LogStore, state: UsageState, now: number): Promise<number> {
  let made = 0;
  for (const day of periodsWithHours(state, 'day')) {
    if (day + DAY_MS > now || requestsIn(state, 'day', day) === null) continue;
    if (isWhole(state, 'day', day)) continue;
    await sumUpDay(store, day, state.counts.hour);
    made += 1;
    if ((requestsIn(state, 'day', day) ?? 0) < BUSY_DAY) await othersTurn();
    else await letGo();
  }
  return made;
}

async function sumUpWeeks(store: LogStore, state: UsageState, now: number): Promise<number> {
  let made = 0;
  for (const week of periodsWithHours(state, 'week')) {
    if (week + WEEK_MS > now || isWhole(state, 'week', week)) continue;
    const days = Array.from({ length: 7 }, (_, day) => week + day * DAY_MS);
    if (!days.every((day) => isWhole(state, 'day', day))) continue;
    await sumUpWeek(store, week, state.counts.day);
    made += 1;
    await letGo();
  }
  return made;
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

/** A day's rows go when its sums have them all. */
async function dropDays(store: LogStore, before: number): Promise<readonly string[]> {
  const dropped: string[] = [];
  for (const { day } of (await store.days()).toReversed()) {
    const start = Date.parse(day);
    if (start + DAY_MS > before) break;
    const state = await readState(store, { from: start, to: start + DAY_MS });
    if (!isWhole(state, 'day', start)) continue;
    await store.dropDay(day);
    dropped.push(day);
  }
  return dropped;
}

async function prune(store: LogStore, now: number, oldest: number): Promise<void> {
  await pruneBriefHours(store, now);
  const all = CUBES.map(({ name }) => name);
  // Weeks first: days and hours without their week are summed up again, a week without them is still right.
  for (const grain of ['hour', 'day', 'week'] as const)
    if (await hasOlder(store, ['totals'], grain, oldest))
      await store.pruneUsage(grain, oldest, all);
}

/** Those of a day that has an open hour are still needed. */
async function pruneBriefHours(store: LogStore, now: number): Promise<void> {
  const brief = CUBES.filter((cube) => cube.briefHours).map(({ name }) => name);
  const [open] = await store.read(
    store.build.selectFrom('open_hours').select('hour').orderBy('hour').limit(1).compile(),
  );
  const before = Math.min(briefHoursFrom(now), startOf('day', Number(open?.hour ?? now)));
  if (await hasOlder(store, brief, 'hour', before)) await store.pruneUsage('hour', before, brief);
}

async function hasOlder(
  store: LogStore,
  cubes: readonly string[],
  grain: 'hour' | 'day' | 'week',
  before: number,
): Promise<boolean> {
  const found = await store.read(
    store.build
      .selectFrom('usage')
      .select('at')
      .where('cube', 'in', cubes)
      .where('grain', '=', grain)
      .where('at', '<', before)
      .limit(1)
      .compile(),
  );
  return found.length > 0;
}

/** A day's sums take some hundred megabytes while they are made: they go back now, not when the next ones need them. */
function letGo(): Promise<void> {
  Bun.gc(true);
  return othersTurn();
}

/** Rows are written and questions answered on the same thread. */
function othersTurn(): Promise<void> {
  return Bun.sleep(0);
}
