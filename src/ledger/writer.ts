// Writer: the main thread's side of writing the log. A row goes into a queue in memory, from there to the spool on disk, and the
// ingest worker takes it into the database. Nothing here waits: a slow or absent database only makes the spool longer.
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { GatewayError } from '../core/errors.ts';
import type { Exchange } from '../core/exchange.ts';
import type { Log } from '../lib/log.ts';
import { FileLock } from '../store/file-lock.ts';
import { storageError } from '../store/storage-error.ts';
import type { PricesTable } from '../store/tables.ts';
import type { LogPlace } from './log-store.ts';
import type { LogRetention } from './spool/ingest.ts';
import { IngestFigures } from './spool/ingest-figures.ts';
import { IngestThread } from './spool/ingest-thread.ts';
import { lockPath, spoolRoot } from './spool/spool-folder.ts';
import { exchangeLine, priceLine } from './spool/spool-record.ts';
import { SpoolWriter } from './spool/spool-writer.ts';

const DEFAULT_SPOOL_BYTES = 1024 ** 3;
const DAY_MS = 24 * 60 * 60 * 1000;
const DEFAULT_RETENTION: LogRetention = {
  retentionMs: 90 * DAY_MS,
  usageRetentionMs: 800 * DAY_MS,
};
/** How long the worker may take to close the database. */
const CLOSE_WAIT_MS = 1500;
/** Without a dropped row for so long it is said that there is room again. */
const CALM_MS = 2000;

export interface LedgerStats {
  /** Rows in memory, not in the spool yet. */
  readonly queued: number;
  /** Rows on disk that the database does not have yet, of this process. */
  readonly spooledRows: number;
  /** Bytes on disk that the database does not have yet, those of dead processes included. */
  readonly spooledBytes: number;
  /** How long the oldest row has been waiting; 0: none is. */
  readonly lagMs: number;
  /** Rows given up: there was no room for them, or they came after the end. */
  readonly dropped: number;
  /** Rows are being given up now. */
  readonly isDropping: boolean;
  /** Rows the database will never take: `<data>/spool/refused.ndjson`. */
  readonly refused: number;
  /** Rows of days that retention has given up already. */
  readonly late: number;
  readonly written: number;
  /** Files of dead processes' spools that were given up before who reads them beside the database had. */
  readonly skippedSegments: number;
  readonly database: 'ok' | 'down';
  /** Why rows do not get to disk or into the database; null: they do. */
  readonly lastError: string | null;
}

export interface WriterOptions {
  readonly dataDir: string;
  /** switchyard.db, already migrated. */
  readonly path: string;
  readonly place: LogPlace;
  readonly log: Log;
  /** Of the spool's folder: never used before. */
  readonly instance: string;
  readonly retention?: Partial<LogRetention>;
  readonly spoolMaxBytes?: number;
  readonly maxQueuedRows?: number;
  readonly segmentBytes?: number;
  /** The worker's program. */
  readonly worker?: URL;
}

export class Writer {
  /** What consumers read: see spool/spool-tail.ts. */
  readonly folder: string;
  readonly #options: WriterOptions;
  readonly #figures = new IngestFigures();
  readonly #spool: SpoolWriter;
  readonly #ingest: IngestThread;
  readonly #maxBytes: number;
  #lock: FileLock | null = null;
  #closing: Promise<void> | null = null;
  #closed = false;
  #dropped = 0;
  #miscounted = 0;
  #dropping = false;
  #droppedAt = 0;

  /** Throws `storage_unavailable` with the remedy. */
  constructor(options: WriterOptions) {
    this.#options = options;
    this.#maxBytes = options.spoolMaxBytes ?? DEFAULT_SPOOL_BYTES;
    this.folder = join(spoolRoot(options.dataDir), options.instance);
    try {
      this.#makeFolder();
    } catch (error) {
      throw storageError(error, this.folder);
    }
    this.#spool = new SpoolWriter({
      folder: this.folder,
      log: options.log,
      now: Date.now,
      makeFolder: () => this.#makeFolder(),
      onWritten: () => this.#figures.wake(),
      ingest: this.#figures.shared,
      ...(options.maxQueuedRows === undefined ? {} : { maxQueuedRows: options.maxQueuedRows }),
      ...(options.segmentBytes === undefined ? {} : { segmentBytes: options.segmentBytes }),
    });
    this.#ingest = new IngestThread({
      settings: {
        dataDir: options.dataDir,
        path: options.path,
        own: this.folder,
        place: options.place,
        figures: this.#figures.shared,
        maxLagBytes: this.#maxBytes / 2,
        retention: { ...DEFAULT_RETENTION, ...options.retention },
      },
      log: options.log,
      onUnlinked: () => this.#spool.turnOver(),
      ...(options.worker === undefined ? {} : { worker: options.worker }),
    });
  }

  get stats(): LedgerStats {
    const spooledBytes = this.#spooledBytes() + this.#figures.get('adoptedBytes');
    return {
      queued: this.#spool.queued,
      spooledRows: this.#spooledRows(),
      spooledBytes,
      lagMs: this.#lagMs(),
      dropped: this.#dropped,
      isDropping: this.#dropping,
      refused: this.#figures.get('refused'),
      late: this.#figures.get('late'),
      written: this.#figures.get('written'),
      skippedSegments: this.#figures.get('skippedSegments'),
      database: this.#ingest.lastError === null ? 'ok' : 'down',
      lastError: this.#spool.lastError ?? this.#ingest.lastError,
    };
  }

  /** Never throws and never waits. The row is made at once: it is the exchange as it is now. */
  append(exchange: Exchange): void {
    if (!this.#hasRoom()) {
      this.#drop();
      return;
    }
    const line = exchangeLine(exchange);
    if (line !== null) {
      this.#spool.push(line);
      return;
    }
    this.#dropped += 1;
    this.#options.log('error', 'A log row is dropped: it cannot be written as JSON.');
  }

  /** A price that rows may name: it goes ahead of them. */
  notePrice(price: PricesTable): void {
    if (!this.#closed) this.#spool.push(priceLine(price));
  }

  /**
   * Resolves when every row appended so far is in the database or given up. Rejects with `storage_unavailable` when that
   * takes longer than `timeoutMs`; the rows are kept and tried again all the same.
   */
  async flush(timeoutMs: number): Promise<void> {
    if (this.#closed) return;
    const late = Promise.withResolvers<never>();
    let forget = (): void => {};
    const timer = setTimeout(() => {
      const { queued, spooledRows } = this.stats;
      const problem = `${queued + spooledRows} log rows are not in the database after ${timeoutMs} ms.`;
      const why = this.stats.lastError ?? 'The database has not answered.';
      late.reject(new GatewayError('storage_unavailable', `${problem} ${why}`));
    }, timeoutMs);
    try {
      await Promise.race([this.#spool.drained(), late.promise]);
      const flushing = this.#ingest.flush(this.#spool.position);
      forget = flushing.forget;
      await Promise.race([flushing.done, late.promise]);
    } finally {
      clearTimeout(timer);
      forget();
    }
  }

  /** Flushes, then ends the worker. What is in the spool by then stays there, and the next process takes it into the database. */
  close(timeoutMs: number): Promise<void> {
    this.#closing ??= this.#close(timeoutMs);
    return this.#closing;
  }

  async #close(timeoutMs: number): Promise<void> {
    const { log } = this.#options;
    try {
      do await this.flush(timeoutMs);
      while (this.#spool.queued > 0);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const what = 'The log is closed before the database has all of it; what is in the spool';
      log('warn', `${what} goes there with the next start. ${why}`);
    }
    this.#closed = true;
    const lost = this.#spool.stop();
    this.#dropped += lost;
    if (lost > 0) log('error', 'Log rows are lost: the spool could not be written.', { lost });
    await this.#ingest.close(CLOSE_WAIT_MS);
    const isGone = statSync(this.folder, { throwIfNoEntry: false }) === undefined;
    this.#lock?.release(isGone);
    this.#lock = null;
  }

  #hasRoom(): boolean {
    if (this.#closed || !this.#spool.hasRoom()) return false;
    const bytes = this.#spooledBytes() + this.#figures.get('adoptedBytes');
    const hasRoom = bytes + this.#spool.queuedChars < this.#maxBytes;
    // At the bound there is room for a row now and then: that is not yet an end of it.
    if (hasRoom && this.#dropping && performance.now() - this.#droppedAt > CALM_MS) {
      this.#dropping = false;
      this.#options.log('info', 'The log has room again.', { dropped: this.#dropped });
    }
    return hasRoom;
  }

  /** Said once, until there is room again. */
  #drop(): void {
    this.#dropped += 1;
    this.#droppedAt = performance.now();
    if (this.#dropping || this.#closed) return;
    this.#dropping = true;
    const problem = 'The log has no room left; new rows are dropped and counted until it has.';
    const { queued, spooledBytes, lastError } = this.stats;
    this.#options.log('error', `${problem} ${lastError ?? ''}`.trim(), { queued, spooledBytes });
  }

  #spooledBytes(): number {
    const { segment, offset } = this.#figures.position;
    const settled = this.#spool.bytesBefore(segment) + offset;
    return segment === 0 ? this.#spool.bytes : Math.max(0, this.#spool.bytes - settled);
  }

  /** The worker counts rows anew when it dies between a batch and its count: set right whenever there are none. */
  #spooledRows(): number {
    const rows = this.#spool.written - this.#figures.get('settledRows');
    if (this.#spooledBytes() === 0) this.#miscounted = rows;
    return Math.max(0, rows - this.#miscounted);
  }

  #lagMs(): number {
    const ended = this.#figures.get('oldestAt');
    const oldest = ended === 0 ? this.#spool.oldestAt : ended;
    return oldest === null ? 0 : Math.max(0, Math.round(Date.now() - oldest));
  }

  /** The lock first: a folder without one is an orphan. */
  #makeFolder(): void {
    mkdirSync(spoolRoot(this.#options.dataDir), { recursive: true, mode: 0o700 });
    const lock = lockPath(this.folder);
    if (this.#lock === null || statSync(lock, { throwIfNoEntry: false }) === undefined) {
      this.#lock?.release(false);
      this.#lock = FileLock.take(lock);
    }
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
  }
}
