// A question about usage → what it comes to: sums where there are any, rows for the rest, and both as the rows say.
import { GatewayError, invalid } from '../../core/errors.ts';
import { HOUR_MS } from '../../lib/utc-day.ts';
import { ceilTo, type Interval, startOf } from '../../lib/utc-periods.ts';
import type { LogStore, Stretch } from '../log-store.ts';
import { BOUNDED, type Cube, cubeWith, OTHER, type Property } from './cubes.ts';
import { type Figures, figuresOf } from './fields.ts';
import { knownRows, refuseDropped } from './known-rows.ts';
import { type Line, Lines, matching, startsIn, without } from './lines.ts';
import { planRows, planUsage, type UsagePlan, wholeHours } from './plan-usage.ts';
import { Ranking, rankingOf, rankOf, SORTED_BY } from './rank-groups.ts';
import { rankSums, readSums, type Wanted } from './read-sums.ts';
import { RowSumsCache } from './row-sums-cache.ts';
import { filtered, MAX_SCANNED_ROWS, RowBudget, scanRows, tooManyRows } from './scan-rows.ts';
import type { RowSums } from './sum-rows.ts';
import { type Combination, Sum } from './sums.ts';
import { NAMES, propertiesOf, type UsageQuery } from './usage-query.ts';
import { readState, type UsageState } from './usage-state.ts';

/** What a question came to, before it is told. */
export interface UsageResult {
  readonly query: UsageQuery;
  /** What is answered for: whole hours. */
  readonly stretch: Stretch;
  /** By time, in each the first group first. */
  readonly lines: readonly Line[];
  /** What the groups beyond the limit come to, at each time; none where all groups are there. */
  readonly others: readonly Line[];
  readonly totals: Sum;
  /** How many there are, those summed up as others among them. */
  readonly groups: number;
}

interface Reading {
  readonly store: LogStore;
  readonly query: UsageQuery;
  readonly by: readonly Property[];
  readonly wanted: Wanted;
  readonly stretch: Stretch;
  readonly starts: readonly number[];
  readonly limit: number;
  readonly figures: Figures;
  readonly state: UsageState;
  readonly now: number;
  /** What the rows of an hour come to, read once for this question. */
  rowsOf(hour: number): Promise<readonly RowSums[]>;
}

const TRIES = 3;
/** Of a series: groups times intervals. */
const MAX_POINTS = 25_000;

/** Rejects with `invalid_request` where it would read too many rows, with `storage_unavailable` where the log cannot be read. */
export async function readUsage(
  store: LogStore,
  query: UsageQuery,
  now: number,
  cache: RowSumsCache,
  maxOpenRows: number = MAX_SCANNED_ROWS,
): Promise<UsageResult> {
  const cube = cubeFor(query);
  const stretch = wholeHours(query, cube, query.interval, now);
  const starts = startsIn(stretch, query.interval);
  if (starts.length > MAX_POINTS)
    throw invalid(
      'interval',
      `makes ${starts.length} points of this stretch, more than ${MAX_POINTS}: take a longer one, or narrow from and to`,
    );
  const limit = Math.min(query.limit, Math.floor(MAX_POINTS / starts.length));
  const weeks = { from: startOf('week', stretch.from), to: ceilTo('week', stretch.to) };
  const wanted = new Map(filtered(query).map(([property, value]) => [property, [value]]));
  const by = query.groupBy.map((name) => NAMES[name]);
  const figures = figuresOf(query);
  for (let tried = 1; ; tried++) {
    const state = await readState(store, weeks);
    const budget = new RowBudget(maxOpenRows);
    const rowsOf = rowsReader({ store, state, now }, cache, budget);
    const asked = { store, query, by, wanted, stretch, starts, limit, figures, now };
    const reading = { ...asked, state, rowsOf };
    const result =
      cube === null || lacksHours(reading, cube)
        ? await readByRows(reading)
        : await readByCube(reading, cube);
    // Sums that were made anew meanwhile are of other rows than those that were read before them.
    if (tried === TRIES || sameCounts(state, await readState(store, weeks))) return result;
  }
}

/** Only open hours are worth keeping for the next question: the others are summed up soon. */
function rowsReader(
  { store, state, now }: Pick<Reading, 'store' | 'state' | 'now'>,
  cache: RowSumsCache,
  budget: RowBudget,
): Reading['rowsOf'] {
  const known = new Map<number, Promise<readonly RowSums[]>>();
  // This hour and the one before are open as a rule. Others are when the log has much to sum up.
  const usual = startOf('hour', now) - HOUR_MS;
  return (hour) => {
    const isOpen = state.open.has(hour);
    const kept = isOpen ? cache : new RowSumsCache();
    const reading =
      known.get(hour) ?? kept.of(store, hour, isOpen && hour < usual ? budget : undefined);
    known.set(hour, reading);
    return reading;
  };
}

/** Null: rows alone tell. */
function cubeFor(query: UsageQuery): Cube | null {
  if (query.status !== undefined || query.cache !== undefined) return null;
  return cubeWith(query.of, propertiesOf(query));
}

/** By hour, of hours whose sums are gone and that have many rows: a filter may leave few of them. */
function lacksHours({ query, stretch, state, now }: Reading, cube: Cube): boolean {
  if (query.interval !== 'hour' || !cube.briefHours || query.of === 'attempts') return false;
  return closedRows(planUsage(stretch, cube, 'hour', state, now), state) > MAX_SCANNED_ROWS;
}

function sameCounts(before: UsageState, after: UsageState): boolean {
  if (before.keptFrom !== after.keptFrom) return false;
  for (const grain of ['hour', 'day', 'week'] as const)
    for (const [at, requests] of before.counts[grain])
      if (after.counts[grain].get(at) !== requests) return false;
  return true;
}

async function readByRows(reading: Reading): Promise<UsageResult> {
  const { store, query, stretch, state } = reading;
  const plan = planRows(stretch, state);
  await refuseDropped(reading, plan);
  if ((await knownRows(reading)) > MAX_SCANNED_ROWS) throw tooManyRows();
  const lines = new Lines(query.interval, reading.by);
  await scanRows(store, query, plan, lines);
  return allTold(reading, lines);
}

async function readByCube(reading: Reading, cube: Cube): Promise<UsageResult> {
  const { query, by, wanted, limit } = reading;
  await refuseDropped(reading, planned(reading, cube, query.interval));
  if (wanted.has(BOUNDED) && (await hasOther(reading, cube))) return readByRows(reading);
  const ranking = await rankedByCube(reading, cube);
  if (ranking === null || ranking.size <= limit)
    return allTold(reading, await linesOf(reading, cube, by, wanted));
  const groups = ranking.first(limit);
  const lines = await linesOf(reading, cube, by, withGroups(wanted, by, groups));
  // The rest is everything but those, and everything stands in a smaller cube.
  const everything = cubeWith(query.of, [...wanted.keys()]) ?? cube;
  const all = await linesOf(reading, everything, [], wanted);
  return firstTold(reading, lines, groups, ranking.size, all);
}

/** In some part of it not all users were told apart: the one that is asked for may be among the rest. */
async function hasOther(reading: Reading, cube: Cube): Promise<boolean> {
  const plan = planned(reading, cube, reading.query.interval);
  const other: Wanted = new Map([[BOUNDED, [OTHER]]]);
  for (const hour of plan.rows)
    for (const rows of await reading.rowsOf(hour))
      for (const _ of matching(rows.finest(cube), [], other)) return true;
  for await (const { value } of rankSums(reading.store, cube, plan, other, [], ['requests']))
    if (value > 0) return true;
  return false;
}

/** Null: there is but one group, or only whole lines tell which comes first. */
async function rankedByCube(reading: Reading, cube: Cube): Promise<Ranking | null> {
  const { store, query, by, wanted } = reading;
  const measures = SORTED_BY[query.sort];
  if (by.length === 0 || measures === null) return null;
  const ranking = new Ranking();
  // Over the whole time, whatever the interval: mostly weeks.
  const plan = planned(reading, cube, null);
  for (const hour of plan.rows)
    for (const rows of await reading.rowsOf(hour))
      for (const { combination, sum } of matching(rows.finest(cube), by, wanted))
        ranking.add(combination, rankOf(sum, query.sort));
  for await (const { combination, value } of rankSums(store, cube, plan, wanted, by, measures))
    ranking.add(combination, value);
  return ranking;
}

async function linesOf(
  reading: Reading,
  cube: Cube,
  by: readonly Property[],
  wanted: Wanted,
): Promise<Lines> {
  const { store, query, figures } = reading;
  const lines = new Lines(query.interval, by);
  const plan = planned(reading, cube, query.interval);
  for (const hour of plan.rows)
    for (const rows of await reading.rowsOf(hour)) lines.addSums(hour, rows.finest(cube), wanted);
  for await (const rows of readSums(store, cube, plan, wanted, figures))
    for (const row of rows) lines.addStored(row, figures.measures);
  return lines;
}

/** Throws where it would go through too many rows. */
function planned(reading: Reading, cube: Cube, interval: Interval | null): UsagePlan {
  const { stretch, state, now } = reading;
  const plan = planUsage(stretch, cube, interval, state, now);
  if (closedRows(plan, state) <= MAX_SCANNED_ROWS) return plan;
  throw new GatewayError(
    'storage_unavailable',
    'The sums of a day in this stretch are being made anew, because requests of it came late. Ask again in a minute.',
  );
}

function closedRows({ rows }: UsagePlan, { open, counts }: UsageState): number {
  const closed = rows.filter((hour) => !open.has(hour));
  return closed.reduce((all, hour) => all + (counts.hour.get(hour) ?? 0), 0);
}

/** Where groups are by several properties, more come than are asked for: those are left out later. */
function withGroups(
  wanted: Wanted,
  by: readonly Property[],
  groups: readonly Combination[],
): Wanted {
  const narrowed = new Map(wanted);
  by.forEach((property, place) => {
    if (!wanted.has(property))
      narrowed.set(property, [...new Set(groups.map((group) => group[place] ?? ''))]);
  });
  return narrowed;
}

/** From lines of every group. */
function allTold(reading: Reading, lines: Lines): UsageResult {
  const { query, limit } = reading;
  const overall = lines.overall();
  const ranking = rankingOf(overall, query.sort);
  const all = new Lines(query.interval, []);
  for (const { at, sum } of lines.all()) all.sumsAt(at).at([]).addSum(sum);
  const groups = reading.by.length === 0 ? [[]] : ranking.first(limit);
  return firstTold(reading, lines, groups, ranking.size, all);
}

/** @param lines of these groups at least */
function firstTold(
  reading: Reading,
  lines: Lines,
  groups: readonly Combination[],
  of: number,
  all: Lines,
): UsageResult {
  const { query, stretch, starts } = reading;
  const told: Line[] = [];
  const others: Line[] = [];
  const totals = new Sum();
  for (const at of starts) {
    const sums = lines.sumsAt(at);
    const ofTime = groups.map((combination) => ({ at, combination, sum: sums.at(combination) }));
    told.push(...ofTime);
    const sum = all.sumsAt(at).at([]);
    totals.addSum(sum);
    if (of > groups.length)
      others.push({
        at,
        combination: [],
        sum: without(
          sum,
          ofTime.map((line) => line.sum),
        ),
      });
  }
  return { query, stretch, lines: told, others, totals, groups: of };
}
