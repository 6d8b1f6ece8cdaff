// Rows of the log → sums. Every cube of an hour comes from one pass over its rows.
import { asNumber, asObject, type JsonObject } from '../../lib/json.ts';
import { indexable } from '../../store/stored-text.ts';
import type { Grain, RequestsTable, UsageTable } from '../../store/tables.ts';
import { COUNTS, storedAttempts } from '../stored-attempts.ts';
import {
  BOUNDED,
  type Counted,
  CUBES,
  type Cube,
  MEASURES,
  MOST_USERS,
  PROPERTIES,
} from './cubes.ts';
import { latencyBucket } from './latency.ts';
import { type Amounts, PLACE, Sums } from './sums.ts';

/** What of a row is summed. */
export const SUMMED_COLUMNS = [
  'outcome',
  ...PROPERTIES,
  'cache',
  'input_tokens',
  'cache_read_tokens',
  'cache_write_5m_tokens',
  'cache_write_1h_tokens',
  'output_tokens',
  'reasoning_tokens',
  'audio_in_tokens',
  'audio_out_tokens',
  'searches',
  'images',
  'characters',
  'audio_seconds',
  'usage_estimated',
  'unpriced',
  'cost_nano',
  'saved_nano',
  'saved_input_tokens',
  'saved_output_tokens',
  'prompt_cache_nano',
  'ttft_ms',
  'total_ms',
  'attempts',
] as const satisfies readonly (keyof RequestsTable)[];
export type SummedRow = Pick<RequestsTable, (typeof SUMMED_COLUMNS)[number]>;

/** Cubes that no other has all properties of: the others are summed up from them. */
const BASES = CUBES.filter(
  (cube) => !CUBES.some((other) => other !== cube && other.of === cube.of && hasAll(other, cube)),
);

function hasAll(cube: Cube, { properties }: Cube): boolean {
  return properties.every((property) => cube.properties.includes(property));
}

/** Empty; those by user have a bound. */
export function sumsOf(cube: Cube, mostUsers: number): Sums {
  return new Sums(cube.properties, cube.properties.includes(BOUNDED) ? mostUsers : undefined);
}

/** Rows, summed by every cube. */
export class RowSums {
  readonly #bases: readonly { readonly cube: Cube; readonly sums: Sums }[];
  readonly #ofRequests: readonly Sums[];
  readonly #ofAttempts: readonly Sums[];

  constructor(mostUsers: number = MOST_USERS.hour) {
    this.#bases = BASES.map((cube) => ({ cube, sums: sumsOf(cube, mostUsers) }));
    const of = (counted: Counted) =>
      this.#bases.flatMap(({ cube, sums }) => (cube.of === counted ? [sums] : []));
    this.#ofRequests = of('requests');
    this.#ofAttempts = of('attempts');
  }

  /** How many combinations the largest cube has. */
  get size(): number {
    return Math.max(...this.#bases.map(({ sums }) => sums.size));
  }

  add(row: SummedRow): void {
    const attempts = storedAttempts(row);
    const amounts = amountsOfRequest(row, attempts);
    for (const sums of this.#ofRequests) sums.ofRow(row).add(amounts);
    for (const sums of this.#ofAttempts) addAttempts(sums, row, attempts);
  }

  /** Sums that a cube can be had from: its own, or finer ones. */
  finest(cube: Cube): Sums {
    const base = this.#bases.find((one) => one.cube.of === cube.of && hasAll(one.cube, cube));
    return base?.sums ?? new Sums(cube.properties);
  }

  /** Every cube's rows of `usage` for this hour. */
  *stored(at: number, cubes: readonly Cube[] = CUBES): Generator<UsageTable> {
    for (const cube of cubes) {
      const sums = this.finest(cube);
      const isOwn = sums.properties.length === cube.properties.length;
      yield* storedSums(cube, 'hour', at, isOwn ? sums : sums.by(cube.properties));
    }
  }
}

/** By which properties soever, for what no cube has. */
export function addRow(all: readonly Sums[], row: SummedRow): void {
  const amounts = amountsOfRequest(row, storedAttempts(row));
  for (const sums of all) sums.ofRow(row).add(amounts);
}

export function* storedSums(
  cube: Cube,
  grain: Grain,
  at: number,
  sums: Sums,
): Generator<UsageTable> {
  for (const { combination, sum } of sums.entries()) {
    const row: { [column: string]: unknown } = { cube: cube.name, grain, at };
    for (const property of PROPERTIES) row[property] = '';
    sums.properties.forEach((property, place) => {
      row[property] = combination[place] ?? '';
    });
    MEASURES.forEach((measure, place) => {
      row[measure] = sum.values[place] ?? 0;
    });
    row.ttft = sum.ttft.encode();
    row.total = sum.total.encode();
    yield row as unknown as UsageTable;
  }
}

/** Filled anew for each row and attempt: what is in it is added before the next. */
const AMOUNTS: Amounts = { values: new Float64Array(MEASURES.length), ttft: null, total: null };

function amountsOfRequest(row: SummedRow, attempts: readonly JsonObject[]): Amounts {
  const values = AMOUNTS.values.fill(0);
  values[PLACE.requests] = 1;
  if (row.outcome === 'error') values[PLACE.errors] = 1;
  if (row.outcome === 'aborted') values[PLACE.aborted] = 1;
  values[PLACE.attempts] = attempts.length;
  // It was answered, and not by the first that was asked.
  if (row.outcome === 'ok' && attempts.length > 1 && attempts[0]?.success !== true)
    values[PLACE.rescued] = 1;
  if (row.cache !== null) addHit(values, row.cache, row);
  values[PLACE.prompt_cache_nano] = row.prompt_cache_nano ?? 0;
  if (row.unpriced === 1) values[PLACE.unpriced] = 1;
  if (row.usage_estimated === 1) values[PLACE.estimated] = 1;
  if (row.cost_nano !== null) values[PLACE.cost_nano] = row.cost_nano;
  for (const [column] of COUNTS) {
    const count = row[column];
    if (count !== null) values[PLACE[column]] = count;
  }
  AMOUNTS.ttft = row.ttft_ms === null ? null : latencyBucket(row.ttft_ms);
  AMOUNTS.total = latencyBucket(row.total_ms);
  return AMOUNTS;
}

/** What it saved, under all hits and under those of its kind; the exact ones are what the others leave. */
function addHit(values: Float64Array, kind: string, row: SummedRow): void {
  const { saved_nano: nano, saved_input_tokens: input, saved_output_tokens: output } = row;
  values[PLACE.cache_hits] = 1;
  if (nano === null) values[PLACE.saved_unpriced] = 1;
  values[PLACE.saved_nano] = nano ?? 0;
  values[PLACE.saved_input_tokens] = input ?? 0;
  values[PLACE.saved_output_tokens] = output ?? 0;
  if (kind === 'semantic') {
    values[PLACE.semantic_hits] = 1;
    values[PLACE.saved_semantic_nano] = nano ?? 0;
    values[PLACE.saved_semantic_input] = input ?? 0;
    values[PLACE.saved_semantic_output] = output ?? 0;
  } else if (kind === 'shared') {
    values[PLACE.shared_hits] = 1;
    values[PLACE.saved_shared_nano] = nano ?? 0;
    values[PLACE.saved_shared_input] = input ?? 0;
    values[PLACE.saved_shared_output] = output ?? 0;
  }
}

/** Each attempt under the model and provider it asked, with what it used and cost itself. */
function addAttempts(sums: Sums, row: SummedRow, attempts: readonly JsonObject[]): void {
  attempts.forEach((attempt, place) => {
    const combination = sums.properties.map((property) =>
      indexable(String(attempt[property] ?? '')),
    );
    const values = AMOUNTS.values.fill(0);
    const usage = asObject(attempt.usage) ?? {};
    const cost = asNumber(attempt.cost_nano);
    values[PLACE.requests] = 1;
    values[PLACE.attempts] = 1;
    if (attempt.success !== true) {
      const isCut = row.outcome === 'aborted' && place === attempts.length - 1;
      values[isCut ? PLACE.aborted : PLACE.errors] = 1;
    } else if (place > 0 && attempts[0]?.success !== true) values[PLACE.rescued] = 1;
    if (attempt.estimated === true) values[PLACE.estimated] = 1;
    let used = false;
    for (const [column, member] of COUNTS) {
      const count = asNumber(usage[member]);
      if (count === undefined) continue;
      used ||= count > 0;
      values[PLACE[column]] = count;
    }
    if (cost !== undefined) values[PLACE.cost_nano] = cost;
    else if (used || attempt.unpriced === true) values[PLACE.unpriced] = 1;
    values[PLACE.prompt_cache_nano] = asNumber(attempt.prompt_cache_nano) ?? 0;
    const ttft = asNumber(attempt.time_to_first_token_ms);
    AMOUNTS.ttft = ttft === undefined ? null : latencyBucket(ttft);
    AMOUNTS.total = latencyBucket(asNumber(attempt.duration_ms) ?? 0);
    sums.at(combination).add(AMOUNTS);
  });
}
