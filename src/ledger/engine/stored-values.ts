// Rows → what the database takes, and back: the same on both engines but for the form of ids.
import { asArray, asObject, asString, parseJson } from '../../lib/json.ts';
import { DAY_MS, dayOf, startOf } from '../../lib/utc-day.ts';
import { timeOf } from '../../lib/uuid-v7.ts';
import { indexable, storable } from '../../store/stored-text.ts';
import type { RequestsTable } from '../../store/tables.ts';
import { SEVERAL } from '../log-query.ts';
import { STORED_COLUMNS } from '../stored-row.ts';
import { COLUMN_TYPES } from './migrations/002-savings.ts';

export type StoredValue = string | number | null;

/** As they lie on disk: with what only the log's own queries ask. */
export const WRITTEN_COLUMNS: readonly string[] = [...STORED_COLUMNS, 'tried'];

const INTEGERS: { readonly [type: string]: number } = {
  int2: 2 ** 15 - 1,
  int4: 2 ** 31 - 1,
  int8: Number.MAX_SAFE_INTEGER,
};
/** Texts of any length: nothing is looked up by them. The others stand in indexes, here or of the sums. */
const LONG: ReadonlySet<string> = new Set([
  'attempts',
  'error_message',
  'reasoning',
  'losses',
  'metadata',
  'facts',
  'cache_detail',
] satisfies (keyof RequestsTable)[]);

/**
 * What a column of PostgreSQL's type takes of a value: a figure it cannot hold is not known, and the row is kept. The same on
 * both engines, so that a row reads the same.
 */
function fitting(column: string): (value: unknown) => StoredValue {
  const type = COLUMN_TYPES.get(column) ?? 'text';
  const most = INTEGERS[type];
  if (most !== undefined)
    return (value) =>
      Number.isInteger(value) && Math.abs(value as number) <= most ? (value as number) : null;
  if (type === 'float8') return (value) => (Number.isFinite(value) ? (value as number) : null);
  const told = LONG.has(column) ? storable : indexable;
  return (value) => (typeof value === 'string' ? told(value) : null);
}

const FITTING = STORED_COLUMNS.map(fitting);

/** In the order of `WRITTEN_COLUMNS`; the id as it is. */
export function valuesOf(row: RequestsTable): StoredValue[] {
  const values = row as unknown as { readonly [column: string]: StoredValue | undefined };
  const time = timeOf(row.id);
  const stored = STORED_COLUMNS.map((column, place) => {
    const value = values[column] ?? null;
    return column === 'at' && value === time ? null : (FITTING[place]?.(value) ?? null);
  });
  stored.push(triedOf(row));
  return stored;
}

/** Of a row that nobody answered: the provider that was tried, or `SEVERAL`. An index finds it; of several, the attempts tell. */
function triedOf(row: RequestsTable): string | null {
  if ((row.provider ?? null) !== null) return null;
  const tried = new Set<string>();
  for (const attempt of asArray(parseJson(row.attempts ?? ''))) {
    const provider = asString(asObject(attempt)?.provider);
    if (provider !== undefined) tried.add(indexable(provider));
  }
  if (tried.size > 1) return SEVERAL;
  return tried.values().next().value ?? null;
}

/** In the order in which the days first come. */
export function byDay(rows: readonly RequestsTable[]): Map<string, RequestsTable[]> {
  const days = new Map<string, RequestsTable[]>();
  let last = '';
  let lastStart = Number.NaN;
  for (const row of rows) {
    const time = timeOf(row.id);
    // Neighbours are of one day: a name is made once for them.
    if (!(time - lastStart >= 0 && time - lastStart < DAY_MS)) {
      last = dayOf(time);
      lastStart = startOf(last);
    }
    const known = days.get(last);
    if (known === undefined) days.set(last, [row]);
    else known.push(row);
  }
  return days;
}
