// Rows → what the database takes, and back: the same on both engines but for the form of ids.
import type { RequestsTable } from '../../store/tables.ts';
import { STORED_COLUMNS } from '../stored-row.ts';
import { DAY_MS, dayOf, startOf, timeOf } from './row-id.ts';

export type StoredValue = string | number | null;

/** In the order of `STORED_COLUMNS`; the id as it is. */
export function valuesOf(row: RequestsTable): StoredValue[] {
  const values = row as unknown as { readonly [column: string]: StoredValue | undefined };
  const time = timeOf(row.id);
  return STORED_COLUMNS.map((column) => {
    const value = values[column] ?? null;
    if (typeof value === 'string') return storable(value);
    return column === 'at' && value === time ? null : value;
  });
}

/**
 * PostgreSQL takes no NUL in a text, and no encoding takes half a surrogate pair: a caller's odd byte must not cost the row.
 * The same on both engines, so that a row reads the same.
 */
export function storable(text: string): string {
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
