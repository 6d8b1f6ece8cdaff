// ExportOrders: what operators order of exports, by whichever way: written down with who did it, for the threads that export to see.
import type { Database } from 'bun:sqlite';
import type { Actor } from '../core/actor.ts';
import type { Json, JsonObject } from '../lib/json.ts';
import { appendAudit } from '../store/audit-trail.ts';
import type { Store } from '../store/open-store.ts';
import { type Backfill, type BackfillRow, fromRow } from './export-backfills.ts';
import { type ExportStanding, NOTHING_STANDS, readStandings } from './export-standing.ts';

/** Of those that are over, so many are shown. */
const MAX_SHOWN = 20;

export interface Letter {
  readonly id: string;
  readonly why: string;
  readonly at: number;
  readonly tries: number;
  /** It is being tried again. */
  readonly again: boolean;
}

export class ExportOrders {
  readonly #store: Store;
  readonly #now: () => number;

  constructor(store: Store, now: () => number = Date.now) {
    this.#store = store;
    this.#now = now;
  }

  isPaused(name: string): boolean {
    return isPaused(this.#store.sqlite, name);
  }

  /** Dead letters that were forgotten for newer ones, or whose rows the log no longer had. */
  lettersDropped(name: string): number {
    const sql = 'SELECT letters_dropped AS dropped FROM exports WHERE name = ?';
    const row = this.#store.sqlite.query<{ dropped: number }, [string]>(sql).get(name);
    return row?.dropped ?? 0;
  }

  standing(name: string): ExportStanding {
    return readStandings(this.#store.sqlite).get(name) ?? NOTHING_STANDS;
  }

  /** Newest first. */
  letters(name: string, limit: number): readonly Letter[] {
    const sql = `SELECT row_id AS id, why, at, tries, again FROM export_letters WHERE export = ?
      ORDER BY at DESC, row_id LIMIT ?`;
    return this.#store.sqlite
      .query<Omit<Letter, 'again'> & { readonly again: number }, [string, number]>(sql)
      .all(name, limit)
      .map((row) => ({ ...row, again: row.again === 1 }));
  }

  /** Newest first: those that run, and the last ones that are over. */
  backfills(name: string): readonly Backfill[] {
    const sql = `SELECT * FROM export_backfills WHERE export = ?
      ORDER BY state = 'running' DESC, created_at DESC LIMIT ${MAX_SHOWN}`;
    return this.#store.sqlite.query<BackfillRow, [string]>(sql).all(name).map(fromRow);
  }

  backfill(name: string, id: string): Backfill | null {
    return readBackfill(this.#store.sqlite, name, id);
  }

  /** Rejects with `storage_unavailable`, as all of these do. */
  pause(name: string, paused: boolean, by: Actor): Promise<void> {
    return this.#store.write((sqlite) => {
      const before = isPaused(sqlite, name);
      sqlite.run(
        `INSERT INTO exports (name, paused) VALUES (?, ?)
          ON CONFLICT DO UPDATE SET paused = excluded.paused`,
        [name, paused ? 1 : 0],
      );
      const action = paused ? 'export.pause' : 'export.resume';
      this.#audit(sqlite, { by, action, name }, { paused: before }, { paused });
    });
  }

  /** @param from Unix milliseconds @param to not in it */
  order(name: string, { from, to }: { readonly from: number; readonly to: number }, by: Actor) {
    const id = Bun.randomUUIDv7();
    return this.#store.write((sqlite): Backfill => {
      const at = this.#now();
      sqlite.run(
        `INSERT INTO export_backfills (id, export, kind, ranges, state, created_at, updated_at)
          VALUES (?, ?, 'asked', ?, 'running', ?, ?)`,
        [id, name, JSON.stringify([[from, to]]), at, at],
      );
      const after = { id, from: new Date(from).toISOString(), to: new Date(to).toISOString() };
      this.#audit(sqlite, { by, action: 'export.backfill', name }, null, after);
      return {
        ...{ id, export: name, kind: 'asked', ranges: [[from, to]], state: 'running' },
        ...{ rangeAt: 0, cursor: null, rows: 0, rangeRows: 0, lost: 0, exact: false },
        ...{ createdAt: at, updatedAt: at },
      };
    });
  }

  /** Null: there is none, or it is over. What was sent stays sent. */
  cancel(name: string, id: string, by: Actor): Promise<Backfill | null> {
    return this.#store.write((sqlite) => {
      const before = readBackfill(sqlite, name, id);
      if (before === null || before.state !== 'running') return null;
      sqlite.run("UPDATE export_backfills SET state = 'cancelled', updated_at = ? WHERE id = ?", [
        this.#now(),
        id,
      ]);
      const told = { id, rows: before.rows };
      const action = 'export.cancel_backfill';
      this.#audit(
        sqlite,
        { by, action, name },
        { ...told, state: 'running' },
        { ...told, state: 'cancelled' },
      );
      return { ...before, state: 'cancelled' };
    });
  }

  /** How many will be tried again. */
  retryLetters(name: string, by: Actor): Promise<number> {
    return this.#store.write((sqlite) => {
      const { changes } = sqlite.run('UPDATE export_letters SET again = 1 WHERE export = ?', [
        name,
      ]);
      const action = 'export.retry_dead_letters';
      this.#audit(sqlite, { by, action, name }, null, { dead_letters: changes });
      return changes;
    });
  }

  #audit(
    sqlite: Database,
    { by, action, name }: { readonly by: Actor; readonly action: string; readonly name: string },
    before: JsonObject | null,
    after: JsonObject,
  ): void {
    const entry = { by, action, target: name, before: before as Json | null, after };
    appendAudit(sqlite, entry, this.#now());
  }
}

function isPaused(sqlite: Database, name: string): boolean {
  const sql = 'SELECT paused FROM exports WHERE name = ?';
  return sqlite.query<{ paused: number }, [string]>(sql).get(name)?.paused === 1;
}

function readBackfill(sqlite: Database, name: string, id: string): Backfill | null {
  const sql = 'SELECT * FROM export_backfills WHERE export = ? AND id = ?';
  const row = sqlite.query<BackfillRow, [string, string]>(sql).get(name, id);
  return row === null ? null : fromRow(row);
}
