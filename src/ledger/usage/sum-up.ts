// Days out of their hours' sums, weeks out of their days'.

import { DAY_MS, HOUR_MS } from '../../lib/utc-day.ts';
import type { Grain, UsageTable } from '../../store/tables.ts';
import type { LogStore } from '../log-store.ts';
import { CUBES, type Cube, MOST_USERS, TOTALS } from './cubes.ts';
import { requestsAt, sumsAt } from './read-sums.ts';
import { AMONG_ROWS, Spent } from './spent.ts';
import { addRow, SUMMED_COLUMNS, storedSums, sumsOf } from './sum-rows.ts';
import { PLACE, type Sums } from './sums.ts';

/** Sums read at once: of so few requests they cannot be many. */
const REQUESTS_AT_ONCE = 5000;

/**
 * False: an hour of it was summed up again meanwhile, perhaps by another process, and the sums are made anew next time.
 * @param requests by hour
 */
export async function sumUpDay(
  store: LogStore,
  day: number,
  requests: Requests,
  mostUsers: number = MOST_USERS.longer,
): Promise<boolean> {
  const hours = partsOf(day, HOUR_MS, 24, requests);
  const isBrief = (cube: Cube) => cube.briefHours;
  const made = await summedBrief(store, CUBES.filter(isBrief), hours, requests, mostUsers);
  for (const cube of CUBES)
    if (!isBrief(cube))
      made.push({ cube, sums: await summed(store, cube, 'hour', hours, requests, mostUsers) });
  return replace(store, 'day', day, made, requestsOf(hours, requests));
}

/** False as for a day. @param requests by day */
export async function sumUpWeek(
  store: LogStore,
  week: number,
  requests: Requests,
  mostUsers: number = MOST_USERS.longer,
): Promise<boolean> {
  const days = partsOf(week, DAY_MS, 7, requests);
  const made: Made[] = [];
  for (const cube of CUBES)
    made.push({ cube, sums: await summed(store, cube, 'day', days, requests, mostUsers) });
  return replace(store, 'week', week, made, requestsOf(days, requests));
}

/** How many there are in each part. */
type Requests = ReadonlyMap<number, number>;

interface Made {
  readonly cube: Cube;
  readonly sums: Sums;
}

function partsOf(start: number, ms: number, count: number, requests: Requests): readonly number[] {
  const parts = Array.from({ length: count }, (_, part) => start + part * ms);
  return parts.filter((part) => requests.has(part));
}

function requestsOf(parts: readonly number[], requests: Requests): number {
  return parts.reduce((all, part) => all + (requests.get(part) ?? 0), 0);
}

async function summed(
  store: LogStore,
  cube: Cube,
  grain: 'hour' | 'day',
  parts: readonly number[],
  requests: Requests,
  mostUsers: number,
): Promise<Sums> {
  const sums = sumsOf(cube, mostUsers);
  const spent = new Spent(AMONG_ROWS);
  for (const at of fewAtOnce(parts, requests)) await addStored(store, cube, grain, at, sums, spent);
  return sums;
}

async function addStored(
  store: LogStore,
  cube: Cube,
  grain: 'hour' | 'day',
  at: readonly number[],
  sums: Sums,
  spent: Spent,
): Promise<void> {
  for await (const rows of sumsAt(store, cube, grain, at)) {
    for (const row of rows) sums.ofRow(row).addStored(row);
    spent.add(rows.length);
  }
}

/** Most logs have a day's sums in a moment; of a busy one each hour's are read by themselves. */
function fewAtOnce(parts: readonly number[], requests: Requests): readonly (readonly number[])[] {
  const groups: number[][] = [];
  let held = Number.POSITIVE_INFINITY;
  for (const at of parts) {
    held += requests.get(at) ?? 0;
    if (held > REQUESTS_AT_ONCE) {
      groups.push([]);
      held = requests.get(at) ?? 0;
    }
    groups.at(-1)?.push(at);
  }
  return groups;
}

/** From their hours' sums where they are still kept, else from the hours' rows. */
async function summedBrief(
  store: LogStore,
  cubes: readonly Cube[],
  hours: readonly number[],
  requests: Requests,
  mostUsers: number,
): Promise<Made[]> {
  const made = cubes.map((cube) => ({ cube, sums: sumsOf(cube, mostUsers) }));
  const spent = new Spent(AMONG_ROWS);
  for (const group of fewAtOnce(hours, requests)) {
    const missing = new Map<number, Sums[]>();
    for (const { cube, sums } of made) {
      const counts = await requestsAt(store, cube, 'hour', group);
      const isKept = (hour: number) => counts.get(hour) === requests.get(hour);
      await addStored(store, cube, 'hour', group.filter(isKept), sums, spent);
      for (const hour of group)
        if (!isKept(hour)) missing.set(hour, [...(missing.get(hour) ?? []), sums]);
    }
    for (const [hour, sums] of missing)
      for await (const rows of store.scan({ from: hour, to: hour + HOUR_MS }, SUMMED_COLUMNS)) {
        for (const row of rows) addRow(sums, row);
        spent.add(rows.length);
      }
  }
  return made;
}

/** All cubes at once: the totals say of each that it has every row. */
async function replace(
  store: LogStore,
  grain: 'day' | 'week',
  at: number,
  made: readonly Made[],
  requests: number,
): Promise<boolean> {
  if (!areOfSameRows(made, requests)) return false;
  const cubes = CUBES.map(({ name }) => name);
  await store.replaceUsage(grain, at, cubes, storedOf(made, grain, at));
  return true;
}

/** Rows only come: cubes that count as many requests, and as many attempts, are of the same ones. */
function areOfSameRows(made: readonly Made[], requests: number): boolean {
  const totals = made.find(({ cube }) => cube === TOTALS);
  const attempts = totals === undefined ? 0 : counted(totals.sums, 'attempts');
  return made.every(
    ({ cube, sums }) =>
      counted(sums, 'requests') === (cube.of === 'requests' ? requests : attempts),
  );
}

function counted(sums: Sums, measure: 'requests' | 'attempts'): number {
  let count = 0;
  for (const { sum } of sums.entries()) count += sum.values[PLACE[measure]] ?? 0;
  return count;
}

/** Each when it is written: together they would be as large as the sums they are of. */
function* storedOf(made: readonly Made[], grain: Grain, at: number): Generator<UsageTable> {
  for (const { cube, sums } of made) yield* storedSums(cube, grain, at, sums);
}
