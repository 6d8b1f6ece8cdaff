// Days out of their hours' sums, weeks out of their days'.
import type { UsageTable } from '../../store/tables.ts';
import type { LogStore } from '../log-store.ts';
import { CUBES, type Cube, TOTALS } from './cubes.ts';
import { HOUR_MS } from './periods.ts';
import { type SumRow, sumsAt } from './read-sums.ts';
import { addRow, SUMMED_COLUMNS, storedSums } from './sum-rows.ts';
import { Sums } from './sums.ts';

export async function sumUpDay(store: LogStore, day: number): Promise<void> {
  const hours = Array.from({ length: 24 }, (_, hour) => day + hour * HOUR_MS);
  const rows: UsageTable[] = [];
  for (const cube of CUBES) {
    const sums = cube.briefHours
      ? await summedBrief(store, cube, hours)
      : await summed(store, cube, 'hour', hours);
    for (const row of storedSums(cube, 'day', day, sums)) rows.push(row);
  }
  await replace(store, 'day', day, rows);
}

export async function sumUpWeek(
  store: LogStore,
  days: readonly number[],
  week: number,
): Promise<void> {
  const rows: UsageTable[] = [];
  for (const cube of CUBES) {
    const sums = await summed(store, cube, 'day', days);
    for (const row of storedSums(cube, 'week', week, sums)) rows.push(row);
  }
  await replace(store, 'week', week, rows);
}

async function summed(
  store: LogStore,
  cube: Cube,
  grain: 'hour' | 'day',
  parts: readonly number[],
): Promise<Sums> {
  const sums = new Sums(cube.properties);
  for (const at of parts)
    for (const row of await sumsAt(store, cube, grain, at)) addStored(sums, row);
  return sums;
}

/** From its hours' sums where they are still kept, else from their rows. */
async function summedBrief(store: LogStore, cube: Cube, hours: readonly number[]): Promise<Sums> {
  const sums = new Sums(cube.properties);
  for (const hour of hours) {
    const [total] = await sumsAt(store, TOTALS, 'hour', hour);
    if (total === undefined) continue;
    const kept = await sumsAt(store, cube, 'hour', hour);
    const requests = kept.reduce((all, row) => all + Number(row.requests), 0);
    if (requests === Number(total.requests)) {
      for (const row of kept) addStored(sums, row);
      continue;
    }
    for await (const rows of store.scan({ from: hour, to: hour + HOUR_MS }, SUMMED_COLUMNS))
      for (const row of rows) addRow(sums, row);
  }
  return sums;
}

function addStored(sums: Sums, row: SumRow): void {
  sums.at(sums.properties.map((property) => row[property])).addStored(row);
}

/** All cubes at once: the totals say of each that it has every row. */
function replace(
  store: LogStore,
  grain: 'day' | 'week',
  at: number,
  rows: readonly UsageTable[],
): Promise<void> {
  return store.replaceUsage(
    grain,
    at,
    CUBES.map(({ name }) => name),
    rows,
  );
}
