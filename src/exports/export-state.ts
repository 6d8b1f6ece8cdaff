// ExportState: what exports remember in switchyard.db, by the thread that exports: what the operator ordered, what is to be filled
// in from the log, and what no sink would take.
import type { Database } from 'bun:sqlite';
import { connect } from '../store/connect.ts';
import { isBusy } from '../store/storage-error.ts';
import type { DeadLetter } from './courier.ts';
import {
  type Backfill,
  type BackfillRow,
  type BackfillStep,
  fromRow,
  type Gap,
  isInLog,
  parsedRanges,
  type Waiting,
} from './export-backfills.ts';
import { type ExportStanding, readStandings } from './export-standing.ts';
import { addGapRows, dropGapRows, gapRowsAmong, gapRowsLeft, removeGapRows } from './gap-rows.ts';
import { forgetRemoved, owedRows } from './left-behind.ts';
import { mergedRanges } from './time-ranges.ts';

/** Of one export; the oldest go for newer ones, and are counted. */
const MAX_LETTERS = 10_000;
const MAX_WHY_CHARS = 300;
/** Whoever works on a back-fill says so anew before this is over; so long another waits when it has died. */
const LEASE_MS = 15_000;
const RENEW_MS = 10_000;

export class ExportState {
  readonly #path: string;
  /** This thread's name among those that share the data folder. */
  readonly #owner: string;
  readonly #now: () => number;
  #sqlite: Database | null = null;

  /** @param path switchyard.db, already migrated. */
  constructor(path: string, owner: string, now: () => number) {
    this.#path = path;
    this.#owner = owner;
    this.#now = now;
  }

  paused(): ReadonlySet<string> {
    const sql = 'SELECT name FROM exports WHERE paused = 1';
    return this.#try(
      (sqlite) =>
        new Set(
          sqlite
            .query<{ name: string }, []>(sql)
            .all()
            .map(({ name }) => name),
        ),
    );
  }

  /** What was let pass, to be filled in later: added to what is noted and not begun. */
  noteGap(name: string, { ranges, ids, spool, to }: Gap): void {
    this.#try((sqlite) =>
      sqlite
        .transaction(() => {
          const open = `SELECT id, ranges FROM export_backfills WHERE export = ? AND kind = 'gap'
            AND state = 'running' AND owner IS NULL AND after_spool = ? AND exact = ?`;
          const exact = ids === null ? 0 : 1;
          const before = sqlite
            .query<{ id: string; ranges: string }, [string, string, number]>(open)
            .get(name, spool, exact);
          const id = before?.id ?? Bun.randomUUIDv7();
          const merged = mergedRanges([...parsedRanges(before?.ranges ?? '[]'), ...ranges]);
          const at = this.#now();
          if (before === null) {
            sqlite.run(
              `INSERT INTO export_backfills (id, export, kind, ranges, state, after_spool, after_segment,
                after_offset, exact, created_at, updated_at)
                VALUES (?, ?, 'gap', ?, 'running', ?, ?, ?, ?, ?, ?)`,
              [
                ...[id, name, JSON.stringify(merged), spool],
                ...[to.segment, to.offset, exact, at, at],
              ],
            );
          } else {
            sqlite.run(
              `UPDATE export_backfills SET ranges = ?1, updated_at = ?2,
                after_offset = CASE WHEN ?3 > after_segment THEN ?4 WHEN ?3 = after_segment
                  THEN max(after_offset, ?4) ELSE after_offset END,
                after_segment = max(after_segment, ?3) WHERE id = ?5`,
              [JSON.stringify(merged), at, to.segment, to.offset, id],
            );
          }
          if (ids !== null && !addGapRows(sqlite, id, ids))
            sqlite.run('UPDATE export_backfills SET exact = 0 WHERE id = ?', [id]);
        })
        .immediate(),
    );
  }

  /** The oldest order that can be worked on now, taken for this thread. Null: there is none. @param spools that are still there */
  takeBackfill(name: string, spools: ReadonlySet<string>): Backfill | null {
    const sql = `SELECT export_backfills.*, segment, "offset" FROM export_backfills
      LEFT JOIN spool_positions ON spool = after_spool
      WHERE export = ? AND state = 'running' AND (owner IS NULL OR owner = ? OR leased_until < ?)
      ORDER BY created_at`;
    const take = `UPDATE export_backfills SET owner = ?, leased_until = ? WHERE id = ?
      AND (owner IS NULL OR owner = ? OR leased_until < ?)`;
    return this.#try((sqlite) => {
      const now = this.#now();
      const row = sqlite
        .query<BackfillRow & Waiting, [string, string, number]>(sql)
        .all(name, this.#owner, now)
        .find((one) => isInLog(one, spools));
      if (row === undefined) return null;
      const { changes } = sqlite
        .query(take)
        .run(this.#owner, now + LEASE_MS, row.id, this.#owner, now);
      return changes === 1 ? fromRow(row) : null;
    });
  }

  /** What this thread works on stays its own, while it lives: asked every second or so. */
  renewLeases(): void {
    const sql = `UPDATE export_backfills SET leased_until = ? WHERE owner = ? AND state = 'running'
      AND leased_until < ?`;
    const now = this.#now();
    this.#try((sqlite) => sqlite.query(sql).run(now + LEASE_MS, this.#owner, now + RENEW_MS));
  }

  /** A page is delivered. What was cancelled meanwhile stays so. @param lost of these, what the step adds to it */
  advanceBackfill({ id, export: name }: Pick<Backfill, 'id' | 'export'>, to: BackfillStep): void {
    const sql = `UPDATE export_backfills SET range_at = ?, cursor = ?, rows = rows + ?, range_rows = ?,
      lost = lost + ?, updated_at = ?, leased_until = ?,
      state = CASE WHEN ? AND state = 'running' THEN 'done' ELSE state END WHERE id = ?`;
    const { rangeAt, cursor, rows, rangeRows, done, ids } = to;
    const now = this.#now();
    this.#try((sqlite) =>
      sqlite
        .transaction(() => {
          if (ids !== undefined) removeGapRows(sqlite, id, ids);
          // What is left of it when all was looked through, the log has no longer.
          const lost = to.lost + (done ? gapRowsLeft(sqlite, id) : 0);
          if (done) dropGapRows(sqlite, id);
          const values = [rangeAt, cursor, rows, rangeRows, lost, now, now + LEASE_MS, done, id];
          sqlite.query<unknown, (typeof values)[number][]>(sql).run(...values);
          if (lost > 0)
            sqlite.run(
              `INSERT INTO exports (name, rows_lost) VALUES (?, ?)
                ON CONFLICT DO UPDATE SET rows_lost = rows_lost + excluded.rows_lost`,
              [name, lost],
            );
        })
        .immediate(),
    );
  }

  /** Of these rows of the log, those that the gap is of and that are not delivered. */
  gapRowsAmong(backfill: string, ids: readonly string[]): ReadonlySet<string> {
    return this.#try((sqlite) => gapRowsAmong(sqlite, backfill, ids));
  }

  gapRowsLeft(backfill: string): number {
    return this.#try((sqlite) => gapRowsLeft(sqlite, backfill));
  }

  keepLetters(name: string, letters: readonly DeadLetter[]): void {
    if (letters.length === 0) return;
    const at = this.#now();
    this.#try((sqlite) =>
      sqlite
        .transaction(() => {
          const insert =
            sqlite.query(`INSERT INTO export_letters (export, row_id, why, at, tries, again)
            VALUES (?, ?, ?, ?, 1, 0) ON CONFLICT DO UPDATE SET why = excluded.why, at = excluded.at,
            tries = tries + 1, again = 0`);
          for (const { id, why } of letters) insert.run(name, id, why.slice(0, MAX_WHY_CHARS), at);
          this.#dropLetters(
            sqlite,
            name,
            `row_id IN (SELECT row_id FROM export_letters WHERE export = ?1
              ORDER BY at DESC, row_id LIMIT -1 OFFSET ${MAX_LETTERS})`,
          );
        })
        .immediate(),
    );
  }

  lettersAgain(name: string, limit: number): readonly string[] {
    const sql =
      'SELECT row_id FROM export_letters WHERE export = ? AND again = 1 ORDER BY row_id LIMIT ?';
    return this.#try((sqlite) =>
      sqlite
        .query<{ row_id: string }, [string, number]>(sql)
        .all(name, limit)
        .map((row) => row.row_id),
    );
  }

  /** @param isLost they were not delivered: the log does not have their rows any longer */
  removeLetters(name: string, ids: readonly string[], isLost: boolean): void {
    if (ids.length === 0) return;
    const marks = ids.map((_, at) => `?${at + 2}`).join(', ');
    this.#try((sqlite) =>
      sqlite
        .transaction(() => {
          if (isLost) this.#dropLetters(sqlite, name, `row_id IN (${marks})`, ids);
          else
            sqlite.run(`DELETE FROM export_letters WHERE export = ?1 AND row_id IN (${marks})`, [
              name,
              ...ids,
            ]);
        })
        .immediate(),
    );
  }

  /** Whether rows that were let pass are to be filled in, by whomever. */
  owesGap(name: string): boolean {
    const sql = `SELECT 1 FROM export_backfills WHERE export = ? AND state = 'running' AND kind = 'gap'`;
    return this.#try((sqlite) => sqlite.query<unknown, [string]>(sql).get(name) !== null);
  }

  /** Since when nothing went out, as it was left; null: it did. */
  stuckSince(name: string): number | null {
    const sql = 'SELECT stuck_since AS since FROM exports WHERE name = ?';
    return this.#try(
      (sqlite) => sqlite.query<{ since: number | null }, [string]>(sql).get(name)?.since ?? null,
    );
  }

  keepStuck(name: string, since: number | null): void {
    const sql = `INSERT INTO exports (name, stuck_since) VALUES (?, ?)
      ON CONFLICT DO UPDATE SET stuck_since = excluded.stuck_since`;
    this.#try((sqlite) => sqlite.run(sql, [name, since]));
  }

  /** @return of what was removed before that moment, how many rows waited that nobody will get now */
  forgetRemoved(before: number): ReadonlyMap<string, number> {
    return this.#try((sqlite) => forgetRemoved(sqlite, before));
  }

  /** It is no longer configured, or it is again. @param at null: it is */
  keepRemoved(name: string, at: number | null): void {
    const sql =
      at === null
        ? 'UPDATE exports SET removed_at = ?2 WHERE name = ?1'
        : `INSERT INTO exports (name, removed_at) VALUES (?1, ?2)
            ON CONFLICT DO UPDATE SET removed_at = ?2, stuck_since = NULL`;
    this.#try((sqlite) => sqlite.run(sql, [name, at]));
  }

  /** Rows of its gaps that are not delivered, as far as they are known. */
  owedRows(name: string): number {
    return this.#try((sqlite) => owedRows(sqlite, name));
  }

  standings(): ReadonlyMap<string, ExportStanding> {
    return this.#try(readStandings);
  }

  close(): void {
    try {
      this.#sqlite?.close();
    } catch {
      // it was unusable already
    }
    this.#sqlite = null;
  }

  #dropLetters(sqlite: Database, name: string, where: string, values: readonly string[] = []) {
    const sql = `DELETE FROM export_letters WHERE export = ?1 AND ${where}`;
    const { changes } = sqlite.run(sql, [name, ...values]);
    if (changes === 0) return;
    sqlite.run(
      `INSERT INTO exports (name, letters_dropped) VALUES (?, ?)
        ON CONFLICT DO UPDATE SET letters_dropped = letters_dropped + excluded.letters_dropped`,
      [name, changes],
    );
  }

  /** After an error the next one opens a new connection: the file may have been replaced, or its disk mounted again. */
  #try<T>(work: (sqlite: Database) => T): T {
    try {
      this.#sqlite ??= connect(this.#path);
      return work(this.#sqlite);
    } catch (error) {
      if (!isBusy(error)) this.close();
      throw error;
    }
  }
}
