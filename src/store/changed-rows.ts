// What changed in a table since it was read last: for tables whose rows carry the revision at which they changed (migration 012).
import type { Database } from 'bun:sqlite';

/** So many removals the database remembers. */
const REMOVALS = 10_000;

export interface ChangedRows<Row> {
  /** The table as it is now. */
  readonly revision: number;
  /** All there are: what was known before counts no more. */
  readonly whole: boolean;
  readonly rows: readonly Row[];
  /** To be forgotten before the rows are taken: one may have come again. */
  readonly removed: readonly string[];
}

/**
 * To be called in a transaction, so that all of it is of one moment.
 * @param since the revision of the last reading; null: there was none
 */
export function changedRows<Row>(
  sqlite: Database,
  table: 'virtual_keys' | 'user_limits',
  since: number | null,
): ChangedRows<Row> {
  const revision =
    sqlite
      .query<{ revision: number }, [string]>('SELECT revision FROM revisions WHERE name = ?')
      .get(table)?.revision ?? 0;
  // A database that was put back is behind what was read.
  const whole = since === null || since > revision || since <= revision - REMOVALS;
  const from = whole ? -1 : since;
  const rows = sqlite.query<Row, [number]>(`SELECT * FROM ${table} WHERE changed > ?`).all(from);
  const removed = whole
    ? []
    : sqlite
        .query<{ id: string }, [string, number]>(
          'SELECT id FROM removals WHERE name = ? AND revision > ?',
        )
        .all(table, from)
        .map(({ id }) => id);
  return { revision, whole, rows, removed };
}
