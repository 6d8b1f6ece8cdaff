// Days out of their hours' sums, weeks out of their days'.
import type { Grain, UsageTable } from '../../store/tables.ts';
import type { LogStore } from '../log-store.ts';
import { CUBES, type Cube } from './cubes.ts';
import { DAY_MS, HOUR_MS } from './periods.ts';
import { type SumRow, sumsAt } from './read-sums.ts';
import { AMONG_ROWS, Spent } from './spent.ts';
import { addRow, SUMMED_COLUMNS, storedSums } from './sum-rows.ts';
import { Sums } from './sums.ts';

/** Sums read at once: of so few requests they cannot be many. */
const REQUESTS_AT_ONCE = 5000;

/** @param requests by hour */
export async function sumUpDay(
  store: LogStore,
  day: number,
  requests: ReadonlyMap<number, number>,
): Promise<void> {
  const hours = Array.from({ length: 24 }, (_, hour) => day + hour * HOUR_MS).filter((hour) =>
    requests.has(hour),
  );
  const made: Made[] = await summedBrief(
    store,
    CUBES.filter((cube) => cube.briefHours),
    hours,
    requests,
  );
  for (const cube of CUBES)
    if (!cube.briefHours)
      made.push({ cube, sums: await summed(store, cube, 'hour', hours, requests) });
  await replace(store, 'day', day, made);
}

/** @param requests by day */
export async function sumUpWeek(
  store: LogStore,
  week: number,
  requests: ReadonlyMap<number, number>,
): Promise<void> {
  const days = Array.from({ length: 7 }, (_, day) => week + day * DAY_MS).filter((day) =>
    requests.has(day),
  );
  const made: Made[] = [];
  for (const cube of CUBES)
    made.push({ cube, sums: await summed(store, cube, 'day', days, requests) });
  await replace(store, 'week', week, made);
}

interface Made {
  readonly cube: Cube;
  readonly sums: Sums;
}

async function summed(
  store: LogStore,
  cube: Cube,
  grain: 'hour' | 'day',
  parts: readonly number[],
  requests: ReadonlyMap<number, number>,
): Promise<Sums> {
  const sums = new Sums(cube.properties);
  const spent = new Spent(AMONG_ROWS);
  for (const at of fewAtOnce(parts, requests))
    for await (const rows of sumsAt(store, cube, grain, at)) {
      for (const row of rows) sums.ofRow(row).addStored(row);
      spent.add(rows.length);
    }
  return sums;
}

/** Most logs have a day's sums in a moment; of a busy one each hour's are read by themselves. */
function fewAtOnce(
  parts: readonly number[],
  requests: ReadonlyMap<number, number>,
): readonly (readonly number[])[] {
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
  requests: ReadonlyMap<number, number>,
): Promise<Made[]> {
  const made = cubes.map((cube) => ({ cube, sums: new Sums(cube.properties) }));
  const spent = new Spent(AMONG_ROWS);
  for (const group of fewAtOnce(hours, requests)) {
    const missing = new Map<number, Sums[]>();
    for (const { cube, sums } of made)
      for (const hour of await addKept(store, cube, sums, group, requests, spent))
        missing.set(hour, [...(missing.get(hour) ?? []), sums]);
    for (const [hour, sums] of missing)
      for await (const rows of store.scan({ from: hour, to: hour + HOUR_MS }, SUMMED_COLUMNS))
        for (const row of rows) addRow(sums, row);
  }
  return made;
}

/** → the hours whose sums are not kept, or not of all their rows. */
async function addKept(
  store: LogStore,
  cube: Cube,
  sums: Sums,
  hours: readonly number[],
  requests: ReadonlyMap<number, number>,
  spent: Spent,
): Promise<readonly number[]> {
  const rows: (readonly SumRow[])[] = [];
  const kept = new Map<number, number>();
  for await (const some of sumsAt(store, cube, 'hour', hours)) {
    rows.push(some);
    for (const row of some)
      kept.set(Number(row.at), (kept.get(Number(row.at)) ?? 0) + Number(row.requests));
  }
  const missing = new Set(hours.filter((hour) => kept.get(hour) !== requests.get(hour)));
  for (const some of rows)
    for (const row of some) if (!missing.has(Number(row.at))) sums.ofRow(row).addStored(row);
  spent.add(rows.reduce((all, some) => all + some.length, 0));
  return [...missing];
}

/** All cubes at once: the totals say of each that it has every row. */
function replace(
  store: LogStore,
  grain: 'day' | 'week',
  at: number,
  made: readonly Made[],
): Promise<void> {
  const cubes = CUBES.map(({ name }) => name);
  return store.replaceUsage(grain, at, cubes, storedOf(made, grain, at));
}

/** Each when it is written: together they would be as large as the sums they are of. */
function* storedOf(made: readonly Made[], grain: Grain, at: number): Generator<UsageTable> {
  for (const { cube, sums } of made) yield* storedSums(cube, grain, at, sums);
}
