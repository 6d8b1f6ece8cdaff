// What is too old in the log goes: days of rows, sums of hours that are not kept long, and at last all sums.

import { DAY_MS } from '../../lib/utc-day.ts';
import { startOf } from '../../lib/utc-periods.ts';
import type { LogStore } from '../log-store.ts';
import { CUBES } from './cubes.ts';
import type { Troubles } from './troubles.ts';
import { briefHoursFrom, isWhole, readState, requestsIn } from './usage-state.ts';

/** So long a day that could not be summed up, as when its file is damaged, stays for somebody to mend it. */
const MEND_MS = 2 * DAY_MS;

/** A day's rows go when its sums have them all. */
export async function dropDays(
  store: LogStore,
  before: number,
  troubles: Troubles,
): Promise<readonly string[]> {
  const dropped: string[] = [];
  for (const { day } of (await store.days()).toReversed()) {
    const start = Date.parse(day);
    if (start + DAY_MS > before) break;
    const isOver = start + DAY_MS <= before - MEND_MS;
    const drop = () => dropDay(store, day, isOver, troubles.days.has(start));
    // With a day all that came before it is given up: none goes before an older one.
    if ((await troubles.attempt(`dropping the day ${day}`, drop)) !== true) break;
    dropped.push(day);
  }
  return dropped;
}

/** False: it is to be summed up before. */
async function dropDay(
  store: LogStore,
  day: string,
  isOver: boolean,
  failed: boolean,
): Promise<boolean> {
  const start = Date.parse(day);
  const state = await readState(store, { from: start, to: start + DAY_MS });
  const isLost = isOver && (failed || requestsIn(state, 'day', start) !== null);
  if (!isLost && !isWhole(state, 'day', start)) return false;
  await store.dropDay(day);
  return true;
}

/** @param oldest of all sums that are kept */
export async function pruneSums(
  store: LogStore,
  now: number,
  oldest: number,
  troubles: Troubles,
): Promise<void> {
  await troubles.attempt('deleting the sums of single hours', () =>
    pruneBriefHours(store, now, troubles),
  );
  const all = CUBES.map(({ name }) => name);
  // Weeks last: days and hours without their week are summed up again, a week without them is still right.
  for (const grain of ['hour', 'day', 'week'] as const)
    await troubles.attempt(`deleting old sums by ${grain}`, async () => {
      if (await hasOlder(store, ['totals'], grain, oldest))
        await store.pruneUsage(grain, oldest, all);
    });
}

/** Those of a day that has an open hour are still needed, unless that hour cannot be summed up: its day is made from rows then. */
export async function pruneBriefHours(
  store: LogStore,
  now: number,
  troubles: Troubles,
): Promise<void> {
  const brief = CUBES.filter((cube) => cube.briefHours).map(({ name }) => name);
  const open = await store.read(
    store.build.selectFrom('open_hours').select('hour').orderBy('hour').compile(),
  );
  const first = open.find(({ hour }) => !troubles.days.has(startOf('day', Number(hour))));
  const before = Math.min(briefHoursFrom(now), startOf('day', Number(first?.hour ?? now)));
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
