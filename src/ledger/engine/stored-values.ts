// Rows → what the database takes, and back: the same on both engines but for the form of ids.
import { asArray, asObject, asString, parseJson } from '../../lib/json.ts';
import type { RequestsTable } from '../../store/tables.ts';
import { SEVERAL } from '../log-query.ts';
import { STORED_COLUMNS } from '../stored-row.ts';
import { DAY_MS, dayOf, startOf, timeOf } from './row-id.ts';

export type StoredValue = string | number | null;

/** As they lie on disk: with what only the log's own queries ask. */
export const WRITTEN_COLUMNS: readonly string[] = [...STORED_COLUMNS, 'tried'];

/** In the order of `WRITTEN_COLUMNS`; the id as it is. */
export function valuesOf(row: RequestsTable): StoredValue[] {
  const values = row as unknown as { readonly [column: string]: StoredValue | undefined };
  const time = timeOf(row.id);
  const stored = STORED_COLUMNS.map((column) => {
    const value = values[column] ?? null;
    if (typeof value === 'string') return storable(value);
    return column === 'at' && value === time ? null : value;
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
    if (provider !== undefined) tried.add(storable(provider));
  }
  if (tried.size > 1) return SEVERAL;
  return tried.values().next().value ?? null;
}

/**
 * PostgreSQL takes no NUL in a text, and no encoding takes half a surrogate pair: a caller's odd byte must not cost the row.
 * The same on both engines, so that a row reads the same.
 */
function storable(text: string): string {
  const whole = text.isWellFormed() ? text : text.toWellFormed();
  return whole.includes('\0') ? whole.replaceAll('\0', '\ufffd') : whole;
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
