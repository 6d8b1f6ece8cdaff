// Ledger: the request log. One exchange is one row; appending never slows or stops a request.
import type { Exchange } from '../core/exchange.ts';
import { type Log, stderrLog } from '../lib/log.ts';
import { openStore } from '../store/open-store.ts';
import type { LogFilter } from './log-filter.ts';
import { type LogPage, LogReader } from './log-reader.ts';
import type { LogRow } from './log-row.ts';
import { type LedgerStats, Writer } from './writer.ts';

/**
 * A row appended longer ago than this is in the database whatever becomes of the process, SIGKILL included, as long as
 * the event loop turns and the database takes rows (nobody else holds its write lock, the disk keeps up). It is the
 * wait for a batch (10 ms) and ample time to commit it. Against a power cut it holds from the next checkpoint on.
 */
export const DURABLE_WITHIN_MS = 50;

const FLUSH_TIMEOUT_MS = 5000;

export interface Ledger {
  readonly stats: LedgerStats;
  /** Takes one finished exchange. Never throws, never waits. Once per id: a second row of the same id is ignored. */
  append(exchange: Exchange): void;
  /** Resolves when all rows appended so far are in the database. Rejects with `storage_unavailable` after 5 s. */
  flush(): Promise<void>;
  /** Newest first. Rejects with `storage_unavailable`. */
  list(filter: LogFilter): Promise<LogPage>;
  /** One row by its generation id. Rejects with `storage_unavailable`. */
  get(id: string): Promise<LogRow | null>;
  /** Flushes (at most 5 s; what cannot be written by then is logged as lost) and lets the database go. */
  close(): Promise<void>;
}

export interface LedgerOptions {
  readonly dataDir: string;
  readonly log?: Log;
  /** Rows kept while the database does not take them. */
  readonly maxQueuedRows?: number;
}

/** Opens the log of a data folder, making what is missing. Throws `storage_unavailable` with the remedy. */
export function openLedger(options: LedgerOptions): Ledger {
  const { log = stderrLog, maxQueuedRows } = options;
  const path = migratedPath(options.dataDir);
  const writer = new Writer({
    path,
    log,
    ...(maxQueuedRows === undefined ? {} : { maxQueuedRows }),
  });
  const reader = new LogReader(path);
  return {
    get stats() {
      return writer.stats;
    },
    append: (exchange) => writer.append(exchange),
    flush: () => writer.flush(FLUSH_TIMEOUT_MS),
    list: (filter) => reader.list(filter),
    get: (id) => reader.get(id),
    close: async () => {
      await Promise.all([writer.close(FLUSH_TIMEOUT_MS), reader.close()]);
    },
  };
}

/** Only for reading, beside a running server or without one. Throws `storage_unavailable` with the remedy. */
export function openLogReader(options: { readonly dataDir: string }): LogReader {
  return new LogReader(migratedPath(options.dataDir));
}

function migratedPath(dataDir: string): string {
  const store = openStore({ dataDir });
  store.close();
  return store.path;
}
