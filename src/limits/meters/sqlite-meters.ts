// SqliteMeters: memory decides, and what is spent stands in limits.db, so that a restart finds it. Rates and what is held are
// of this process alone: none of it survives it.
import { join, resolve } from 'node:path';
import { type Log, stderrLog } from '../../lib/log.ts';
import { storageError } from '../../store/storage-error.ts';
import { MemoryMeters } from './memory-meters.ts';
import type { Demand, Meter, MeterReading, MeterStore, Refusal, Reservation } from './meter.ts';
import { SpendBook } from './spend-book.ts';
import { JOURNALS, openSpendTable } from './spend-table.ts';

export interface SqliteMetersOptions {
  readonly dataDir: string;
  /** What becomes of callers while it fails: let in by what memory knows, or refused. As it is now. */
  readonly onFailure?: () => 'local' | 'refuse';
  readonly log?: Log;
  /** How long what is spent may wait for the database: until then it stands in a journal. */
  readonly flushMs?: number;
  /** Unix milliseconds. */
  readonly now?: () => number;
}

/** Throws `storage_unavailable` with the remedy. */
export function openSqliteMeters(options: SqliteMetersOptions): MeterStore {
  return new SqliteMeters(options);
}

class SqliteMeters implements MeterStore {
  readonly kind = 'sqlite';
  readonly #memory: MemoryMeters;
  readonly #book: SpendBook;

  constructor({
    dataDir,
    onFailure,
    log = stderrLog,
    flushMs,
    now = Date.now,
  }: SqliteMetersOptions) {
    const refuses = () => onFailure?.() === 'refuse';
    const journals = join(resolve(dataDir), JOURNALS);
    const table = openSpendTable(dataDir, log);
    try {
      this.#book = new SpendBook(table, { journals, log, flushMs, now, refuses });
    } catch (thrown) {
      table.close();
      throw storageError(thrown, journals);
    }
    this.#memory = new MemoryMeters({ now, accounts: this.#book });
  }

  hold(meters: readonly Meter[], demand: Demand, now: number): Reservation | Refusal {
    this.#book.check();
    return this.#memory.hold(meters, demand, now);
  }

  read(meters: readonly Meter[], now: number): readonly MeterReading[] {
    return this.#memory.read(meters, now);
  }

  spent(now: number): readonly string[] {
    return this.#book.spent(now);
  }

  get held(): number {
    return this.#memory.held;
  }

  get trouble(): string | null {
    return this.#book.trouble;
  }

  async close(): Promise<void> {
    this.#book.close();
  }
}
