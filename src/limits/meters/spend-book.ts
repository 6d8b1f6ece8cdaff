// SpendBook: what is spent, written to limits.db before anybody who was charged has their answer.
import type { Database } from 'bun:sqlite';
import { GatewayError } from '../../core/errors.ts';
import type { Log } from '../../lib/log.ts';
import { isBusy } from '../../store/storage-error.ts';
import type { Account, Accounts } from './count.ts';

export interface SpendBookOptions {
  readonly log: Log;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Whether callers are refused while it fails. */
  readonly refuses: () => boolean;
}

const BUSY_MS = 20;
const FAILED_MS = 1000;
/** How old what other processes on the same folder have spent may be. */
const OTHERS_MS = 1000;
/** Periods that are over are shown for a while. */
const KEPT_MS = 35 * 86_400_000;
const CLEAN_EVERY = 100;

type Row = { readonly row: number; readonly spent: number };

export class SpendBook implements Accounts {
  readonly #sqlite: Database;
  readonly #options: SpendBookOptions;
  readonly #find;
  readonly #insert;
  readonly #add;
  readonly #addAndRead;
  readonly #clean;
  readonly #dirty = new Set<Account>();
  #isDue = false;
  #closed = false;
  #writes = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #trouble: string | null = null;

  constructor(sqlite: Database, options: SpendBookOptions) {
    this.#sqlite = sqlite;
    this.#options = options;
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
    this.#addAndRead = sqlite.query<Row, [number, number]>(
      'UPDATE spend SET spent = spent + ? WHERE row = ? RETURNING row, spent',
    );
    this.#clean = sqlite.query<never, [number]>(
      `DELETE FROM spend WHERE row IN (SELECT row FROM spend WHERE until <= ? LIMIT ${CLEAN_EVERY})`,
    );
  }

  open(account: Account): void {
    try {
      const found = this.#find.get(account.id, account.period.from);
      account.row = found?.row ?? null;
      account.spent = found?.spent ?? 0;
    } catch (thrown) {
      this.#fail(thrown);
      // Written and read as soon as that works again.
      this.#dirty.add(account);
      this.check();
    }
  }

  charged(account: Account, nano: number): void {
    account.unwritten += nano;
    // What settles after the end is in the log alone.
    if (this.#closed) return;
    this.#dirty.add(account);
    if (this.#isDue || this.#retry !== undefined) return;
    this.#isDue = true;
    // Before the reply that this belongs to can leave, and once for all that ended together.
    queueMicrotask(() => this.flush());
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

  flush(): void {
    this.#isDue = false;
    if (this.#closed) return;
    clearTimeout(this.#retry);
    this.#retry = undefined;
    if (this.#dirty.size === 0) return;
    try {
      if (this.#dirty.size === 1) for (const account of this.#dirty) this.#write(account)();
      else this.#writeAll();
      this.#dirty.clear();
      this.#writes += 1;
      if (this.#writes % CLEAN_EVERY === 0) this.#clean.run(this.#options.now() - KEPT_MS);
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
    clearTimeout(this.#retry);
    this.#sqlite.close();
  }

  #writeAll(): void {
    const written: (() => void)[] = [];
    this.#sqlite
      .transaction(() => {
        for (const account of this.#dirty) written.push(this.#write(account));
      })
      .immediate();
    for (const done of written) done();
  }

  /** What memory is told of it when it is committed. */
  #write(account: Account): () => void {
    const { unwritten, row } = account;
    const now = this.#options.now();
    if (row !== null && now - account.readAt < OTHERS_MS) {
      const { changes } = this.#add.run(unwritten, row);
      if (changes === 1)
        return () => {
          account.unwritten -= unwritten;
        };
    }
    const { id, period } = account;
    const found =
      (row === null ? null : this.#addAndRead.get(unwritten, row)) ??
      this.#insert.get(id, period.from, period.until, unwritten);
    return () => {
      account.unwritten -= unwritten;
      account.row = found?.row ?? null;
      account.readAt = now;
      if (found) account.spent = found.spent + account.unwritten;
    };
  }

  /** Memory goes on, and has it all: it is tried again. */
  #fail(thrown: unknown): void {
    const busy = isBusy(thrown);
    if (!busy && this.#trouble === null) {
      const why = thrown instanceof Error ? thrown.message : String(thrown);
      this.#trouble = `limits.db cannot be read or written (${why}): what is spent is counted in memory alone`;
      this.#options.log('error', this.#trouble);
    }
    this.#retry ??= setTimeout(() => this.flush(), busy ? BUSY_MS : FAILED_MS);
    this.#retry.unref();
  }
}
