// LogStore: the log's tables on one engine, SQLite files by day or PostgreSQL. Whoever has one runs on a thread of its own:
// SQLite's calls block it.
import type { CompiledQuery, Kysely } from 'kysely';
import type { LogTables, PricesTable, RequestsTable, UsageTable } from '../store/tables.ts';
import type { LogFilter } from './log-filter.ts';

/** Which database the log is in. */
export type LogPlace =
  /** @member dataDir the data folder; the log's files lie in its folder `log`. */
  | { readonly engine: 'sqlite'; readonly dataDir: string }
  /** @member url postgres://… */
  | { readonly engine: 'postgres'; readonly url: string };

/** A stretch of time: Unix milliseconds, `to` not in it. A row's time (`at`) is that of its id, to the millisecond. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

export interface Inserted {
  /** Rows the database will never take, and why the last of them was not. */
  readonly refused: number;
  readonly reason: string | null;
  /** Rows of days that retention has dropped already: they are gone with their day. */
  readonly late: number;
}

/** One day of rows (UTC), as it lies on disk. */
export interface LogDay {
  /** `2026-11-22`. */
  readonly day: string;
  readonly bytes: number;
}

export interface LogStore {
  readonly engine: LogPlace['engine'];
  /** Typed queries that compile to this engine's SQL; `read` runs them. Those on `requests` go through `list`, `get` and `scan`. */
  readonly build: Kysely<LogTables>;
  /**
   * Writes rows, each once however often it comes (by its id), and marks their hours open, all or nothing per day.
   * Rejects with `storage_unavailable` where the database does not take them now; they may come again then.
   */
  insert(rows: readonly RequestsTable[]): Promise<Inserted>;
  /** Resolves when all that was written so far survives a power cut: what it was made of may be deleted then. */
  settle(): Promise<void>;
  /** Once per version. */
  keepPrices(prices: readonly PricesTable[]): Promise<void>;
  /** Newest first; one more than the filter's limit where there are more. */
  list(filter: LogFilter): Promise<readonly RequestsTable[]>;
  get(id: string): Promise<RequestsTable | null>;
  /** These columns (and the id) of the rows of a stretch, oldest first, in blocks of some thousand. Rows that come meanwhile may be in it. @param filter as for `list`; its limit and cursor do not count */
  scan<Column extends keyof RequestsTable>(
    stretch: Stretch,
    columns: readonly Column[],
    filter?: LogFilter,
  ): AsyncIterable<readonly Pick<RequestsTable, Column>[]>;
  /** How many rows there are in a stretch: by their ids alone. */
  count(stretch: Stretch): Promise<number>;
  /** Runs a query on `usage`, `open_hours`, `prices` or `log_state`. */
  read<Row>(query: CompiledQuery<Row>): Promise<readonly Row[]>;
  /**
   * Sums up an hour: what `sum` makes of its rows replaces the hour's rows in `usage`, and the hour is open no longer. Rows
   * go on coming in while it runs, and then it stays open. False: it stays open for that reason, or another process is or
   * was at it; or its day is dropped (its sums stay, it is not open).
   */
  closeHour(hour: number, sum: () => Promise<readonly UsageTable[]>): Promise<boolean>;
  /** Replaces the sums of one grain at one time, in every cube that is named: those of all `rows`, which are taken as they are written. */
  replaceUsage(
    grain: 'day' | 'week',
    at: number,
    cubes: readonly string[],
    rows: Iterable<UsageTable>,
  ): Promise<void>;
  /** Deletes sums: those of this grain older than `before`, of these cubes (all: null). */
  pruneUsage(
    grain: UsageTable['grain'],
    before: number,
    cubes: readonly string[] | null,
  ): Promise<void>;
  /** Newest first. */
  days(): Promise<readonly LogDay[]>;
  /** Gives up a day's rows at once, by dropping the file or partition. Their sums stay. Rows that come for it or a day before it are late from now on. */
  dropDay(day: string): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens the log's tables, made and brought to the newest schema where `write`. Rows of the releases that kept the log in
 * `switchyard.db` come over by engine/old-rows.ts. Rejects with `storage_unavailable` and the remedy.
 */
export type OpenLogStore = (
  place: LogPlace,
  options: { readonly write: boolean },
) => Promise<LogStore>;
