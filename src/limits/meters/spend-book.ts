// SpendBook: what is spent, written down before anybody who was charged has their answer: into this process' journal at once,
// into limits.db a moment later.
import type { Database } from 'bun:sqlite';
import { GatewayError } from '../../core/errors.ts';
import type { Log } from '../../lib/log.ts';
import { isBusy } from '../../store/storage-error.ts';
import type { Account, Accounts } from './count.ts';
import { SpendJournal } from './spend-journal.ts';

export interface SpendBookOptions {
  /** Where the journals of all processes lie. */
  readonly journals: string;
  readonly log: Log;
  /** How long what is in the journal may wait for the database. */
  readonly flushMs?: number | undefined;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Whether callers are refused while it fails. */
  readonly refuses: () => boolean;
}

const FLUSH_MS = 500;
const BUSY_MS = 20;
const FAILED_MS = 1000;
/** Periods that are over are kept for a while. */
const KEPT_MS = 35 * 86_400_000;
const CLEAN_EVERY = 100;
const CLEANED = 5000;
const MAX_SPENT = 5000;

type Row = { readonly row: number; readonly spent: number };

export class SpendBook implements Accounts {
  readonly #sqlite: Database;
  readonly #options: SpendBookOptions;
  readonly #journal: SpendJournal;
  readonly #find;
  readonly #insert;
  readonly #add;
  readonly #addAndRead;
  readonly #changes;
  readonly #clean;
  readonly #begin;
  readonly #commit;
  /** Those of which memory knows more than the database. */
  readonly #dirty = new Set<Account>();
  #closed = false;
  #flushes = 0;
  /** Counts up when another process has written; as of then what it wrote may be of any account. */
  #others = 0;
  #version = 0;
  #due: ReturnType<typeof setTimeout> | undefined;
  #trouble: string | null = null;

  /** Throws SQLite's errors, and the system's. */
  constructor(sqlite: Database, options: SpendBookOptions) {
    this.#sqlite = sqlite;
    this.#options = options;
    this.#journal = new SpendJournal(sqlite, options.journals, (thrown) => this.#fail(thrown));
    this.#find = sqlite.query<Row, [string, number]>(
      'SELECT row, spent FROM spend WHERE id = ? AND since = ?',
    );
    this.#insert = sqlite.query<Row, [string, number, number | null, number]>(
      `INSERT INTO spend (id, since, until, spent) VALUES (?, ?, ?, ?)
        ON CONFLICT (id, since) DO UPDATE SET spent = spent + excluded.spent RETURNING row, spent`,
    );
    this.#add = sqlite.query<never, [number, number]>(
      'UPDATE spend SET spent = spent + ? WHERE row = ?',
    );
    this.#changes = sqlite.query<{ data_version: number }, []>('PRAGMA data_version');
    this.#addAndRead = sqlite.query<Row, [number, number]>(
      'UPDATE spend SET spent = spent + ? WHERE row = ? RETURNING row, spent',
    );
    this.#clean = sqlite.query<never, [number]>(
      `DELETE FROM spend WHERE row IN (SELECT row FROM spend WHERE until <= ? LIMIT ${CLEANED})`,
    );
    // Prepared once: what makes transactions of functions makes them anew each time.
    this.#begin = sqlite.query<never, []>('BEGIN IMMEDIATE');
    this.#commit = sqlite.query<never, []>('COMMIT');
  }

  open(account: Account): void {
    try {
      const found = this.#find.get(account.id, account.period.from);
      account.row = found?.row ?? null;
      account.spent = found?.spent ?? 0;
      account.readAs = this.#others;
    } catch (thrown) {
      this.#fail(thrown);
      // Read as soon as that works again.
      this.#dirty.add(account);
      this.check();
    }
  }

  charged(account: Account, nano: number): void {
    // What settles after the end stands in the log alone.
    if (this.#closed) return;
    account.row ??= this.#rowOf(account);
    if (account.row !== null) this.#journal.note(account.row, nano);
    account.unwritten += nano;
    this.#dirty.add(account);
    this.#due ??= this.#later(this.#options.flushMs ?? FLUSH_MS);
  }

  /** Budgets of periods that are not over, the most spent first. As the database has them; where it cannot be read, none. */
  spent(now: number): readonly string[] {
    try {
      const rows = this.#sqlite.query<{ id: string }, [number]>(
        `SELECT id FROM spend WHERE spent > 0 AND (until IS NULL OR until > ?) ORDER BY spent DESC LIMIT ${MAX_SPENT}`,
      );
      return rows.all(now).map(({ id }) => id);
    } catch (thrown) {
      this.#fail(thrown);
      return [];
    }
  }

  /** Throws `limits_unavailable` where callers are to be refused now. */
  check(): void {
    if (this.#trouble === null || !this.#options.refuses()) return;
    throw new GatewayError(
      'limits_unavailable',
      'What was spent cannot be read or written now, and this gateway lets nobody with limits in without (limits.on_store_failure). Try again in a moment.',
      { retryAfterS: 1 },
    );
  }

  get trouble(): string | null {
    return this.#trouble;
  }

  /** Writes what the database does not have. Never throws. */
  flush(): void {
    clearTimeout(this.#due);
    this.#due = undefined;
    if (this.#closed || this.#dirty.size === 0) return;
    try {
      this.#write();
      this.#flushes += 1;
      if (this.#flushes % CLEAN_EVERY === 0) this.#clean.run(this.#options.now() - KEPT_MS);
      if (this.#trouble !== null) this.#options.log('info', 'limits.db can be written again');
      this.#trouble = null;
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  close(): void {
    if (this.#closed) return;
    this.flush();
    this.#closed = true;
    clearTimeout(this.#due);
    if (this.#dirty.size === 0) this.#journal.remove();
    else this.#journal.leave();
    this.#sqlite.close();
  }

  #write(): void {
    const read: [Account, Row | null][] = [];
    this.#begin.run();
    try {
      const version = this.#changes.get()?.data_version ?? 0;
      if (version !== this.#version) this.#others += 1;
      this.#version = version;
      for (const account of this.#dirty)
        if (!this.#isAdded(account)) read.push([account, this.#added(account)]);
      this.#journal.applied();
      this.#commit.run();
    } catch (thrown) {
      if (this.#sqlite.inTransaction) this.#sqlite.run('ROLLBACK');
      throw thrown;
    }
    for (const account of this.#dirty) account.unwritten = 0;
    this.#dirty.clear();
    for (const [account, found] of read) {
      account.row = found?.row ?? null;
      // What other processes on the same folder have spent is in it.
      account.spent = found?.spent ?? account.spent;
      account.readAs = this.#others;
    }
    this.#journal.settled();
  }

  /** As long as nobody else has written, it need not be read again. */
  #isAdded({ row, readAs, unwritten }: Account): boolean {
    return row !== null && readAs === this.#others && this.#add.run(unwritten, row).changes === 1;
  }

  #added({ id, period, unwritten, row }: Account): Row | null {
    const found = row === null ? null : this.#addAndRead.get(unwritten, row);
    return found ?? this.#insert.get(id, period.from, period.until, unwritten);
  }

  /** A journal names accounts by their row: once for each there has to be one. Null: it cannot be made now. */
  #rowOf({ id, period }: Account): number | null {
    try {
      return this.#insert.get(id, period.from, period.until, 0)?.row ?? null;
    } catch (thrown) {
      this.#fail(thrown);
      return null;
    }
  }

  /** Memory goes on, and has it all: it is tried again. */
  #fail(thrown: unknown): void {
    const busy = isBusy(thrown);
    if (!busy && this.#trouble === null) {
      const why = thrown instanceof Error ? thrown.message : String(thrown);
      this.#trouble = `limits.db cannot be read or written (${why}): what is spent is counted in memory alone`;
      this.#options.log('error', this.#trouble);
    }
    this.#due ??= this.#later(busy ? BUSY_MS : FAILED_MS);
  }

  #later(ms: number): ReturnType<typeof setTimeout> {
    return setTimeout(() => this.flush(), ms);
  }
}
