// What an export leaves behind that is no longer configured: what waited for it is noted as a gap, and filled in from the log if it
// comes back soon; the spool keeps nothing for it.
import type { Database } from 'bun:sqlite';
import type { LogRow } from '../core/log-row.ts';
import type { ExportLanes, LanePlace } from './export-lane.ts';
import type { ExportState } from './export-state.ts';
import { gapOf } from './lag-watch.ts';

const READ_ROWS = 500;
/** Noted at once. */
const ROWS_AT_ONCE = 20_000;

export interface Leaving {
  readonly name: string;
  readonly lanes: ExportLanes;
  readonly state: Pick<ExportState, 'noteGap'>;
  /** Null: none of its. */
  readonly dress: (row: LogRow) => LogRow | null;
}

/** Notes all that waits in its spools. Rejects with the system's errors: then its places are as they were. */
export async function leaveBehind({ name, lanes, state, dress }: Leaving): Promise<void> {
  for (const lane of lanes.all()) {
    let rows: LogRow[] = [];
    let lastPlace: LanePlace = { segment: 0, offset: 0 };
    for (;;) {
      const read = lane.next(READ_ROWS);
      if (read !== null) rows.push(...read.rows.filter((row) => dress(row) !== null));
      if (rows.length > 0 && (read === null || rows.length >= ROWS_AT_ONCE)) {
        state.noteGap(name, { ...gapOf(rows), spool: lane.spool, to: read?.to ?? lastPlace });
        rows = [];
      }
      if (read === null) break;
      lastPlace = read.to;
      // Others on this thread go on.
      await Bun.sleep(0);
    }
  }
}

export function owedRows(sqlite: Database, name: string): number {
  const sql = `SELECT count(*) AS rows FROM export_gap_rows
    JOIN export_backfills ON id = backfill WHERE export = ? AND state = 'running'`;
  return sqlite.query<{ rows: number }, [string]>(sql).get(name)?.rows ?? 0;
}

/** What is still owed to exports that were removed before that moment is not sent any more. @return how many rows, of which */
export function forgetRemoved(sqlite: Database, before: number): ReadonlyMap<string, number> {
  const sql = 'SELECT name FROM exports WHERE removed_at < ?';
  const names = sqlite.query<{ name: string }, [number]>(sql).all(before);
  const forgotten = new Map<string, number>();
  for (const { name } of names)
    sqlite
      .transaction(() => {
        forgotten.set(name, owedRows(sqlite, name));
        sqlite.run(
          `DELETE FROM export_gap_rows WHERE backfill IN
            (SELECT id FROM export_backfills WHERE export = ?)`,
          [name],
        );
        sqlite.run(
          "UPDATE export_backfills SET state = 'cancelled' WHERE export = ? AND state = 'running'",
          [name],
        );
        sqlite.run('UPDATE exports SET removed_at = NULL WHERE name = ?', [name]);
      })
      .immediate();
  return forgotten;
}
