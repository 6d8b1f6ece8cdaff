// Which rows a gap is made of, by their ids: of the minutes it is filled in from, others may be there already.
import type { Database } from 'bun:sqlite';

/** Of one gap; a larger one is known by its minutes alone. */
const MAX_ROWS = 500_000;

/** @return whether the gap is still known by its rows */
export function addGapRows(sqlite: Database, backfill: string, ids: readonly string[]): boolean {
  const insert = sqlite.query(
    'INSERT INTO export_gap_rows (backfill, row_id) VALUES (?, ?) ON CONFLICT DO NOTHING',
  );
  for (const id of ids) insert.run(backfill, id);
  if (gapRowsLeft(sqlite, backfill) <= MAX_ROWS) return true;
  dropGapRows(sqlite, backfill);
  return false;
}

/** Of these, those that are its own and not delivered. */
export function gapRowsAmong(
  sqlite: Database,
  backfill: string,
  ids: readonly string[],
): ReadonlySet<string> {
  const sql = `SELECT row_id FROM export_gap_rows WHERE backfill = ?
    AND row_id IN (SELECT value FROM json_each(?))`;
  const found = sqlite.query<{ row_id: string }, [string, string]>(sql);
  return new Set(found.all(backfill, JSON.stringify(ids)).map(({ row_id }) => row_id));
}

export function removeGapRows(sqlite: Database, backfill: string, ids: readonly string[]): void {
  sqlite.run(
    'DELETE FROM export_gap_rows WHERE backfill = ? AND row_id IN (SELECT value FROM json_each(?))',
    [backfill, JSON.stringify(ids)],
  );
}

export function dropGapRows(sqlite: Database, backfill: string): void {
  sqlite.run('DELETE FROM export_gap_rows WHERE backfill = ?', [backfill]);
}

export function gapRowsLeft(sqlite: Database, backfill: string): number {
  const sql = 'SELECT count(*) AS rows FROM export_gap_rows WHERE backfill = ?';
  return sqlite.query<{ rows: number }, [string]>(sql).get(backfill)?.rows ?? 0;
}
