// Ledger: the request log. One exchange is one row; appending never slows or stops a request.
import type { Exchange } from '../core/exchange.ts';
import type { LogRow } from '../core/log-row.ts';
import type { Price } from '../core/price.ts';
import { type Log, stderrLog } from '../lib/log.ts';
import { openStore } from '../store/open-store.ts';
import type { PricesTable } from '../store/tables.ts';
import type { ExportFormat } from './export-text.ts';
import type { LogFilter } from './log-filter.ts';
import { type ExportedPage, type LogPage, LogReader } from './log-reader.ts';
import type { LogPlace } from './log-store.ts';
import type { LogRetention } from './spool/ingest.ts';
import type { UsageFormat } from './usage/usage-answer.ts';
import type { UsageQuery } from './usage/usage-query.ts';
import { type LedgerStats, Writer } from './writer.ts';

/**
 * A row appended longer ago than this is not lost whatever becomes of the process, SIGKILL included, as long as the event loop
 * turns and the disk takes writes: it is in the spool, from where this process or the next takes it into the database. It is the
 * wait for company (20 ms) and ample time to write. Against a power cut it holds as far as the system has written its cache to disk.
 */
export const DURABLE_WITHIN_MS = 50;

const FLUSH_TIMEOUT_MS = 5000;
/** With what the threads may take to end, a process is gone 6 s after it was told to. */
const LAST_FLUSH_TIMEOUT_MS = 4000;

export interface Ledger {
  readonly stats: LedgerStats;
  /** Takes one finished exchange, once. Never throws, never waits. */
  append(exchange: Exchange): void;
  /** Keeps a price that rows appended later name. Once per version. */
  notePrice(price: PricesTable): void;
  /** The folder of this process's spool: for consumers beside the database (spool/spool-tail.ts). */
  readonly spoolFolder: string;
  /** Resolves when all rows appended so far are in the database. Rejects with `storage_unavailable` after 5 s. */
  flush(): Promise<void>;
  /** Newest first. Rejects with `storage_unavailable`. */
  list(filter: LogFilter): Promise<LogPage>;
  /** The same as the log's API answers it, in JSON. Rejects with `storage_unavailable`. */
  page(filter: LogFilter): Promise<string>;
  /** One row by its generation id. Rejects with `storage_unavailable`. */
  get(id: string): Promise<LogRow | null>;
  /** A page of rows as text, newest first. Rejects with `storage_unavailable`. */
  export(filter: LogFilter, format: ExportFormat): Promise<ExportedPage>;
  /** The prices of these versions, of those that are kept. Rejects with `storage_unavailable`. */
  prices(versions: readonly string[]): Promise<ReadonlyMap<string, Price>>;
  /** What requests came to, as text. Rejects with `invalid_request` where too many rows would be read, and `storage_unavailable`. */
  usage(query: UsageQuery, format: UsageFormat, now: number): Promise<string>;
  /** Flushes (at most 4 s) and lets the database go. What it has not taken by then is in the spool: the next start takes it there. */
  close(): Promise<void>;
}

export interface LedgerOptions {
  readonly dataDir: string;
  /** Which database rows go to; by default files in the data folder. */
  readonly place?: LogPlace;
  readonly log?: Log;
  /** Of rows on disk that the database has not taken. */
  readonly spoolMaxBytes?: number;
  readonly retention?: Partial<LogRetention>;
  /** Rows kept in memory while the disk does not take them. */
  readonly maxQueuedRows?: number;
}

/** Opens the log of a data folder, making what is missing. Throws `storage_unavailable` with the remedy. */
export function openLedger(options: LedgerOptions): Ledger {
  const { dataDir, log = stderrLog, spoolMaxBytes, maxQueuedRows, retention } = options;
  const path = migratedPath(dataDir);
  const place: LogPlace = options.place ?? { engine: 'sqlite', dataDir };
  const writer = new Writer({
    dataDir,
    path,
    place,
    log,
    instance: Bun.randomUUIDv7(),
    ...(spoolMaxBytes === undefined ? {} : { spoolMaxBytes }),
    ...(maxQueuedRows === undefined ? {} : { maxQueuedRows }),
    ...(retention === undefined ? {} : { retention }),
  });
  const reader = new LogReader(place);
  return {
    get stats() {
      return writer.stats;
    },
    spoolFolder: writer.folder,
    append: (exchange) => writer.append(exchange),
    notePrice: (price) => writer.notePrice(price),
    flush: () => writer.flush(FLUSH_TIMEOUT_MS),
    list: (filter) => reader.list(filter),
    page: (filter) => reader.page(filter),
    get: (id) => reader.get(id),
    export: (filter, format) => reader.export(filter, format),
    prices: (versions) => reader.prices(versions),
    usage: (query, format, now) => reader.usage(query, format, now),
    close: async () => {
      await Promise.all([writer.close(LAST_FLUSH_TIMEOUT_MS), reader.close()]);
    },
  };
}

/** Only for reading, beside a running server or without one. Throws `storage_unavailable` with the remedy. */
export function openLogReader(options: {
  readonly dataDir: string;
  /** By default files in the data folder. */
  readonly place?: LogPlace;
}): LogReader {
  migratedPath(options.dataDir);
  return new LogReader(options.place ?? { engine: 'sqlite', dataDir: options.dataDir });
}

function migratedPath(dataDir: string): string {
  const store = openStore({ dataDir });
  store.close();
  return store.path;
}
