// LogStore on PostgreSQL: one table of rows in daily partitions, and tables of sums, open hours and prices.
import type { CompiledQuery } from 'kysely';
import { GatewayError } from '../../core/errors.ts';
import { firstIdOf, isRowId, timeOf } from '../../lib/uuid-v7.ts';
import { PostgresConnection } from '../../store/postgres/connection.ts';
import { PostgresPartitions } from '../../store/postgres/partitions.ts';
import { postgresError } from '../../store/postgres/postgres-error.ts';
import { buildPostgres } from '../../store/query-builder.ts';
import type { PricesTable, RequestsTable, UsageTable } from '../../store/tables.ts';
import type { LogFilter } from '../log-filter.ts';
import { countQuery, type Page, type QueryForm, rowQuery } from '../log-query.ts';
import type { Inserted, LogDay, LogStore, Stretch } from '../log-store.ts';
import { blocks, listed, pageOf } from './pages.ts';
import { checkPostgres, migratePostgres } from './postgres-migrate.ts';
import { PostgresRows } from './postgres-rows.ts';
import { PostgresSums } from './postgres-sums.ts';

const FORM: QueryForm = {
  build: buildPostgres,
  id: (text) => text,
  place: 'strpos',
  looksUpFirst: false,
};
/** A page or a row is found in milliseconds; who asks for it does not wait longer. Sums and scans have the connection's limit. */
const PAGE_LIMIT_MS = 10_000;
/** A closing hour has two and its rows are read by another, while rows come in and a day is dropped. */
const WRITING = 6;
const READING = 4;

/** Rejects with `storage_unavailable` and the remedy. */
export async function openPostgresLogStore(
  url: string,
  { write }: { readonly write: boolean },
): Promise<LogStore> {
  const connection = new PostgresConnection(url, { write, connections: write ? WRITING : READING });
  try {
    if (write) await migratePostgres(connection, Date.now());
    else await checkPostgres(connection);
  } catch (error) {
    await connection.close();
    throw postgresError(error, connection.place);
  }
  return new PostgresLogStore(connection, write);
}

class PostgresLogStore implements LogStore {
  readonly engine = 'postgres';
  readonly build = buildPostgres;
  readonly #connection: PostgresConnection;
  readonly #partitions: PostgresPartitions;
  readonly #rows: PostgresRows;
  readonly #sums: PostgresSums;

  readonly #write: boolean;

  constructor(connection: PostgresConnection, write: boolean) {
    this.#connection = connection;
    this.#write = write;
    this.#partitions = new PostgresPartitions(connection, 'requests');
    this.#rows = new PostgresRows(connection, this.#partitions);
    this.#sums = new PostgresSums(connection);
  }

  insert(rows: readonly RequestsTable[]): Promise<Inserted> {
    return this.#writing(() => this.#rows.insert(rows));
  }

  keepPrices(prices: readonly PricesTable[]): Promise<void> {
    return this.#writing(() => this.#sums.keepPrices(prices));
  }

  /** Every commit is on the disk when it is answered. */
  async settle(): Promise<void> {}

  async list(filter: LogFilter): Promise<readonly RequestsTable[]> {
    return this.#page(listed(filter), PAGE_LIMIT_MS);
  }

  async get(id: string): Promise<RequestsTable | null> {
    if (!isRowId(id)) return null;
    return (await this.#select(rowQuery(FORM, id), PAGE_LIMIT_MS))[0] ?? null;
  }

  scan<Column extends keyof RequestsTable>(
    stretch: Stretch,
    columns: readonly Column[],
    filter?: LogFilter,
  ): AsyncIterable<readonly Pick<RequestsTable, Column>[]> {
    return blocks(stretch, columns, filter, (page) => this.#page(page));
  }

  async count({ from, to }: Stretch): Promise<number> {
    const [counted] = await this.read(countQuery(FORM, [firstIdOf(from), firstIdOf(to)]));
    return Number(counted?.rows ?? 0);
  }

  read<Row>(query: CompiledQuery<Row>): Promise<readonly Row[]> {
    return this.#on(() => this.#connection.query<Row>(query.sql, query.parameters));
  }

  closeHour(hour: number, sum: () => Promise<readonly UsageTable[]>): Promise<boolean> {
    return this.#writing(() => this.#sums.closeHour(hour, sum));
  }

  replaceUsage(
    grain: 'day' | 'week',
    at: number,
    cubes: readonly string[],
    rows: Iterable<UsageTable>,
  ): Promise<void> {
    return this.#writing(() => this.#sums.replace(grain, at, cubes, rows));
  }

  pruneUsage(
    grain: UsageTable['grain'],
    before: number,
    cubes: readonly string[] | null,
  ): Promise<void> {
    return this.#writing(() => this.#sums.prune(grain, before, cubes));
  }

  days(): Promise<readonly LogDay[]> {
    return this.#on(() => this.#partitions.days());
  }

  dropDay(day: string): Promise<void> {
    return this.#writing(async () => {
      await this.#sums.dropThrough(day);
      await this.#partitions.drop(day);
    });
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  #page(page: Page, limitMs?: number): Promise<RequestsTable[]> {
    return pageOf(FORM, page, (query) => this.#select(query, limitMs));
  }

  async #select(query: CompiledQuery<RequestsTable>, limitMs?: number): Promise<RequestsTable[]> {
    const rows = await this.#on(() =>
      this.#connection.query<RequestsTable>(query.sql, query.parameters, limitMs),
    );
    return rows.map((row) => (row.at === null ? { ...row, at: timeOf(row.id) } : row));
  }

  async #writing<T>(work: () => Promise<T>): Promise<T> {
    if (this.#write) return this.#on(work);
    throw new GatewayError('storage_unavailable', 'The log is open for reading only.');
  }

  async #on<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw postgresError(error, this.#connection.place);
    }
  }
}
