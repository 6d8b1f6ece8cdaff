// How an export stands by what is written down, for as long as there is no process to ask as well: what waits in the log, what nobody
// took, what is lost.
import type { Database } from 'bun:sqlite';
import { type BackfillRow, fromRow, owedSince } from './export-backfills.ts';

export interface ExportStanding {
  readonly deadLetters: number;
  /** Rows it let pass, and that the log had no longer when it came to them: at least so many. */
  readonly lost: number;
  /** Since when something out of the log waits for it; null: nothing does. Unix milliseconds. */
  readonly owedSince: number | null;
}

export const NOTHING_STANDS: ExportStanding = { deadLetters: 0, lost: 0, owedSince: null };

/** By the names of exports; those without anything are not in it. */
export function readStandings(sqlite: Database): ReadonlyMap<string, ExportStanding> {
  const standings = new Map<string, ExportStanding>();
  const change = (name: string, more: Partial<ExportStanding>) =>
    standings.set(name, { ...(standings.get(name) ?? NOTHING_STANDS), ...more });
  const letters = 'SELECT export, count(*) AS letters FROM export_letters GROUP BY export';
  for (const row of sqlite.query<{ export: string; letters: number }, []>(letters).all())
    change(row.export, { deadLetters: row.letters });
  const lost = 'SELECT name, rows_lost AS lost FROM exports WHERE rows_lost > 0';
  for (const row of sqlite.query<{ name: string; lost: number }, []>(lost).all())
    change(row.name, { lost: row.lost });
  const running = "SELECT * FROM export_backfills WHERE state = 'running'";
  for (const row of sqlite.query<BackfillRow, []>(running).all()) {
    const since = owedSince(fromRow(row));
    const before = standings.get(row.export)?.owedSince ?? since;
    change(row.export, { owedSince: Math.min(before, since) });
  }
  return standings;
}
