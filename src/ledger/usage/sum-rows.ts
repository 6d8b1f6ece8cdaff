// Rows of the log → sums. Every cube of an hour comes from one pass over its rows.
import { asNumber, asObject, type JsonObject } from '../../lib/json.ts';
import type { Grain, RequestsTable, UsageTable } from '../../store/tables.ts';
import { storedAttempts } from '../stored-attempts.ts';
import { CUBES, type Cube, MEASURES, PROPERTIES, type Property } from './cubes.ts';
import { PLACE, type Sum, Sums } from './sums.ts';

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
  'ttft_ms',
  'total_ms',
  'attempts',
] as const satisfies readonly (keyof RequestsTable)[];
export type SummedRow = Pick<RequestsTable, (typeof SUMMED_COLUMNS)[number]>;

/** A column of counts and what the attempts of a row call it. */
const COUNTS = [
  ['input_tokens', 'input'],
  ['cache_read_tokens', 'cache_read'],
  ['cache_write_5m_tokens', 'cache_write_5m'],
  ['cache_write_1h_tokens', 'cache_write_1h'],
  ['output_tokens', 'output'],
  ['reasoning_tokens', 'reasoning'],
  ['audio_in_tokens', 'audio_in'],
  ['audio_out_tokens', 'audio_out'],
  ['searches', 'searches'],
  ['images', 'images'],
  ['characters', 'characters'],
  ['audio_seconds', 'seconds'],
] as const;

/** All that cubes of requests ask for but the user, and the user: together they would be as many as the rows. */
const OF_REQUESTS = PROPERTIES.filter((property) => property !== 'user_id');
const OF_ATTEMPTS: readonly Property[] = ['model', 'provider'];

/** Rows, summed as finely as any cube asks for. */
export class RowSums {
  readonly #requests = new Sums(OF_REQUESTS);
  readonly #users = new Sums(['user_id']);
  readonly #attempts = new Sums(OF_ATTEMPTS);

  add(row: SummedRow): void {
    const attempts = storedAttempts(row);
    addRequest(this.#requests.at(combinationOf(row, OF_REQUESTS)), row, attempts);
    addRequest(this.#users.at([row.user_id ?? '']), row, attempts);
    addAttempts(this.#attempts, row, attempts);
  }

  /** The finest of these sums that a cube can be had from. */
  finest(cube: Cube): Sums {
    if (cube.of === 'attempts') return this.#attempts;
    return cube.properties.includes('user_id') ? this.#users : this.#requests;
  }

  /** Every cube's rows of `usage` for this hour. */
  *stored(at: number, cubes: readonly Cube[] = CUBES): Generator<UsageTable> {
    for (const cube of cubes)
      yield* storedSums(cube, 'hour', at, this.finest(cube).by(cube.properties));
  }
}

/** By which properties soever, for what no cube has. */
export function addRow(sums: Sums, row: SummedRow): void {
  addRequest(sums.at(combinationOf(row, sums.properties)), row, storedAttempts(row));
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

function combinationOf(row: SummedRow, properties: readonly Property[]): string[] {
  return properties.map((property) => row[property] ?? '');
}

function addRequest(sum: Sum, row: SummedRow, attempts: readonly JsonObject[]): void {
  const { values } = sum;
  add(values, PLACE.requests, 1);
  if (row.outcome === 'error') add(values, PLACE.errors, 1);
  if (row.outcome === 'aborted') add(values, PLACE.aborted, 1);
  add(values, PLACE.attempts, attempts.length);
  // Something answered, and it was not the first that was asked.
  if (row.model !== null && attempts.length > 1 && attempts[0]?.success !== true)
    add(values, PLACE.rescued, 1);
  if (row.cache !== null) add(values, PLACE.cache_hits, 1);
  if (row.unpriced === 1) add(values, PLACE.unpriced, 1);
  if (row.usage_estimated === 1) add(values, PLACE.estimated, 1);
  if (row.cost_nano !== null) add(values, PLACE.cost_nano, row.cost_nano);
  for (const [column] of COUNTS) {
    const count = row[column];
    if (count !== null) add(values, PLACE[column], count);
  }
  if (row.ttft_ms !== null) sum.ttft.add(row.ttft_ms);
  sum.total.add(row.total_ms);
}

/** Each attempt under the model and provider it asked, with what it used and cost itself. */
function addAttempts(sums: Sums, row: SummedRow, attempts: readonly JsonObject[]): void {
  attempts.forEach((attempt, place) => {
    const combination = sums.properties.map((property) => String(attempt[property] ?? ''));
    const sum = sums.at(combination);
    const { values } = sum;
    const usage = asObject(attempt.usage) ?? {};
    const cost = asNumber(attempt.cost_nano);
    add(values, PLACE.requests, 1);
    add(values, PLACE.attempts, 1);
    if (attempt.success !== true) {
      const isCut = row.outcome === 'aborted' && place === attempts.length - 1;
      add(values, isCut ? PLACE.aborted : PLACE.errors, 1);
    } else if (place > 0 && attempts[0]?.success !== true) add(values, PLACE.rescued, 1);
    if (attempt.estimated === true) add(values, PLACE.estimated, 1);
    let used = false;
    for (const [column, member] of COUNTS) {
      const count = asNumber(usage[member]);
      if (count === undefined) continue;
      used ||= count > 0;
      add(values, PLACE[column], count);
    }
    if (cost !== undefined) add(values, PLACE.cost_nano, cost);
    else if (used || attempt.unpriced === true) add(values, PLACE.unpriced, 1);
    const ttft = asNumber(attempt.time_to_first_token_ms);
    if (ttft !== undefined) sum.ttft.add(ttft);
    sum.total.add(asNumber(attempt.duration_ms) ?? 0);
  });
}

function add(values: Float64Array, place: number, more: number): void {
  values[place] = (values[place] ?? 0) + more;
}
