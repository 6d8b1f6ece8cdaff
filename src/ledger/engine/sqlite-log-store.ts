// LogStore on SQLite: a file for each day's rows, which retention unlinks, and one for sums, open hours and prices.
import type { SQLQueryBindings } from 'bun:sqlite';
import { join, resolve } from 'node:path';
import type { CompiledQuery } from 'kysely';
import { dayAfter, dayOf, HOUR_MS } from '../../lib/utc-day.ts';
import { bytesOf, firstIdOf, hourOf, idOf, isRowId, timeOf } from '../../lib/uuid-v7.ts';
import { buildSqlite } from '../../store/query-builder.ts';
import { settleFile } from '../../store/settle-file.ts';
import { isBusy, isRefusal, isSqliteError, storageError } from '../../store/storage-error.ts';
import type { PricesTable, RequestsTable, UsageTable } from '../../store/tables.ts';
import type { LogFilter } from '../log-filter.ts';
import { countQuery, type Page, type QueryForm, rowQuery } from '../log-query.ts';
import type { Inserted, LogDay, LogStore, Stretch } from '../log-store.ts';
import { blocks, listed, pageOf } from './pages.ts';
import { type OpenFile, prepared, SqliteFiles, transaction } from './sqlite-files.ts';
import { SqliteSums } from './sqlite-sums.ts';
import { byDay, valuesOf, WRITTEN_COLUMNS } from './stored-values.ts';

const INSERT = `INSERT INTO requests (${WRITTEN_COLUMNS.join(', ')})
  VALUES (${WRITTEN_COLUMNS.map(() => '?').join(', ')}) ON CONFLICT DO NOTHING`;
const ID_PLACE = WRITTEN_COLUMNS.indexOf('id');

const FORM: QueryForm = { build: buildSqlite, id: bytesOf, place: 'instr', looksUpFirst: true };

export class SqliteLogStore implements LogStore {
  readonly engine = 'sqlite';
  readonly build = buildSqlite;
  readonly #files: SqliteFiles;
  readonly #sums: SqliteSums;
  /** Files written to whose rows may be in the system's cache only. */
  readonly #unsettled = new Set<string>(['usage']);

  /** Throws `storage_unavailable` with the remedy. */
  constructor(dataDir: string, { write }: { readonly write: boolean }) {
    try {
      this.#files = new SqliteFiles(dataDir, write);
      this.#sums = new SqliteSums(this.#files);
      if (write) this.#files.file('usage', true);
    } catch (error) {
      throw storageError(error, join(resolve(dataDir), 'log'));
    }
  }

  async insert(rows: readonly RequestsTable[]): Promise<Inserted> {
    const result = { refused: 0, reason: null as string | null, late: 0 };
    const known = rows.filter((row) => isRowId(row.id));
    if (known.length < rows.length) {
      result.refused = rows.length - known.length;
      result.reason = 'The id of a row is no UUIDv7.';
    }
    for (const [day, ofDay] of byDay(known)) {
      this.#unsettled.add(day);
      const { refused, reason, late } = this.#on(day, () => this.#insertDay(day, ofDay));
      result.refused += refused;
      result.reason = reason ?? result.reason;
      result.late += late;
    }
    return result;
  }

  async keepPrices(prices: readonly PricesTable[]): Promise<void> {
    this.#unsettled.add('usage');
    this.#on('usage', () => this.#sums.keepPrices(prices));
  }

  async settle(): Promise<void> {
    const names = [...this.#unsettled];
    for (const name of names) {
      try {
        await settleFile(this.#files.path(name));
      } catch (error) {
        throw storageError(error, this.#files.path(name));
      }
      this.#unsettled.delete(name);
    }
  }

  async list(filter: LogFilter): Promise<readonly RequestsTable[]> {
    const page = listed(filter);
    const rows: RequestsTable[] = [];
    for (const day of this.#daysIn(page.from, page.before)) {
      rows.push(...(await this.#page(day, { ...page, rows: page.rows - rows.length })));
      if (rows.length >= page.rows) break;
    }
    return rows;
  }

  async get(id: string): Promise<RequestsTable | null> {
    if (!isRowId(id)) return null;
    const day = dayOf(timeOf(id));
    if (this.#isDropped(day)) return null;
    return this.#on(day, () => this.#select(day, rowQuery(FORM, id)))[0] ?? null;
  }

  async *scan<Column extends keyof RequestsTable>(
    stretch: Stretch,
    columns: readonly Column[],
    filter?: LogFilter,
  ): AsyncIterable<readonly Pick<RequestsTable, Column>[]> {
    const days = this.#daysIn(...idsOf(stretch)).reverse();
    for (const day of days)
      yield* blocks(stretch, columns, filter, (page) => this.#page(day, page));
  }

  async count(stretch: Stretch): Promise<number> {
    const ids = idsOf(stretch);
    const query = countQuery(FORM, ids);
    let rows = 0;
    for (const day of this.#daysIn(...ids))
      rows += Number(this.#on(day, () => this.#raw(day, query))[0]?.rows ?? 0);
    return rows;
  }

  async read<Row>(query: CompiledQuery<Row>): Promise<readonly Row[]> {
    return this.#on('usage', () => this.#select('usage', query)) as Row[];
  }

  async closeHour(hour: number, sum: () => Promise<readonly UsageTable[]>): Promise<boolean> {
    const day = dayOf(hour);
    const stamp = this.#on(day, () => this.#settle(day, hour));
    if (stamp === 'dropped') return false;
    const rows = await sum();
    return this.#on('usage', () => this.#sums.close(hour, stamp, rows));
  }

  async replaceUsage(
    grain: 'day' | 'week',
    at: number,
    cubes: readonly string[],
    rows: Iterable<UsageTable>,
  ): Promise<void> {
    this.#on('usage', () => this.#sums.replace(grain, at, cubes, rows));
  }

  async pruneUsage(
    grain: UsageTable['grain'],
    before: number,
    cubes: readonly string[] | null,
  ): Promise<void> {
    this.#on('usage', () => this.#sums.prune(grain, before, cubes));
  }

  async days(): Promise<readonly LogDay[]> {
    return this.#daysIn(null, null).map((day) => ({ day, bytes: this.#files.bytes(day) }));
  }

  async dropDay(day: string): Promise<void> {
    this.#on(day, () => {
      this.#sums.dropBefore(dayAfter(day));
      // A writer that came before the mark is done when the lock is ours; one that comes after it sees the mark.
      this.#waitForWriters(day);
      this.#files.remove(day);
    });
  }

  async close(): Promise<void> {
    this.#files.close();
  }

  #waitForWriters(day: string): void {
    try {
      const file = this.#files.file(day);
      if (file !== null) transaction(file, () => undefined);
    } catch (error) {
      // Nobody writes to a file that is damaged.
      if (!isSqliteError(error) || isBusy(error)) throw error;
    }
  }

  #insertDay(day: string, rows: readonly RequestsTable[]): Inserted {
    if (this.#isDropped(day)) return { refused: 0, reason: null, late: rows.length };
    const file = this.#files.file(day, true);
    if (file === null) return { refused: 0, reason: null, late: 0 };
    try {
      return this.#insertTogether(day, file, rows);
    } catch (error) {
      if (isSqliteError(error) && !isRefusal(error)) throw error;
    }
    // One row is at fault: it must not take the others with it.
    const result = { refused: 0, reason: null as string | null, late: 0 };
    for (const row of rows) {
      try {
        result.late += this.#insertTogether(day, file, [row]).late;
      } catch (error) {
        if (isSqliteError(error) && !isRefusal(error)) throw error;
        result.refused += 1;
        result.reason = error instanceof Error ? error.message : String(error);
      }
    }
    return result;
  }

  #insertTogether(day: string, file: OpenFile, rows: readonly RequestsTable[]): Inserted {
    const late = transaction(file, () => {
      // Read again under the lock: the day may have been dropped meanwhile.
      if (this.#isDropped(day)) return rows.length;
      const insert = prepared(file, INSERT);
      const hours = new Set<number>();
      for (const row of rows) {
        const values: SQLQueryBindings[] = valuesOf(row);
        values[ID_PLACE] = bytesOf(row.id);
        if (insert.run(...values).changes > 0) hours.add(hourOf(row.id));
      }
      // In the other file before here: a mark without rows does no harm, rows without a mark are never summed.
      if (hours.size > 0) this.#sums.mark([...hours]);
      return 0;
    });
    if (late > 0) this.#files.remove(day);
    return { refused: 0, reason: null, late };
  }

  /** All rows that came before are to be seen; those that come later change the stamp that is answered. */
  #settle(day: string, hour: number): number | 'dropped' {
    if (this.#isDropped(day)) {
      this.#sums.clear(hour);
      return 'dropped';
    }
    const file = this.#files.file(day);
    if (file === null) return this.#sums.opened(hour);
    const stamp = transaction(file, () => this.#sums.opened(hour));
    // The rows are on the disk before their sums are: a power cut leaves no sums of rows that are lost.
    if (hour + HOUR_MS <= Date.now()) file.sqlite.run('PRAGMA wal_checkpoint(PASSIVE)');
    return stamp;
  }

  #isDropped(day: string): boolean {
    const before = this.#sums.droppedBefore();
    return before !== null && day < before;
  }

  /** Newest first, those of which some id is in the range. */
  #daysIn(from: string | null, before: string | null): string[] {
    const dropped = this.#on('usage', () => this.#sums.droppedBefore());
    const first = from === null ? '' : dayOf(timeOf(from));
    const last = before === null ? '9999-12-31' : dayOf(timeOf(before));
    return this.#files
      .days()
      .filter((day) => day >= first && day <= last && day >= (dropped ?? ''));
  }

  #page(day: string, page: Page): Promise<RequestsTable[]> {
    return pageOf(FORM, page, (query) => this.#on(day, () => this.#select(day, query)));
  }

  #select<Row>(name: string, query: CompiledQuery<Row>): Row[] {
    const rows = this.#raw(name, query);
    return name === 'usage' ? rows : rows.map((row) => fromStored(row) as Row);
  }

  #raw<Row>(name: string, query: CompiledQuery<Row>): Row[] {
    const file = this.#files.file(name);
    if (file === null) return [];
    const statement = file.sqlite.prepare(query.sql);
    try {
      return statement.all(...(query.parameters as SQLQueryBindings[])) as Row[];
    } finally {
      statement.finalize();
    }
  }

  /** The database's own failures in words that say which file. Whoever comes next opens it anew: it may have been replaced. */
  #on<T>(name: string, work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (!isSqliteError(error) && !(error instanceof Error && 'code' in error)) throw error;
      this.#files.forget(name);
      throw storageError(error, this.#files.path(name));
    }
  }
}

function fromStored(row: unknown): unknown {
  const stored = row as { id: Uint8Array | string; at?: number | null };
  stored.id = idOf(stored.id as Uint8Array);
  if (stored.at === null) stored.at = timeOf(stored.id);
  return stored;
}

function idsOf({ from, to }: Stretch): [string, string] {
  return [firstIdOf(from), firstIdOf(to)];
}
