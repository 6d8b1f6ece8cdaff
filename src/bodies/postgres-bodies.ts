// Bodies in PostgreSQL: a table partitioned by day, so that retention is dropping a partition.
import { DAY_MS, dayOf, startOf } from '../lib/utc-day.ts';
import { timeOf } from '../lib/uuid-v7.ts';
import { PostgresConnection } from '../store/postgres/connection.ts';
import { lockNamed } from '../store/postgres/locks.ts';
import { PostgresPartitions } from '../store/postgres/partitions.ts';
import { isMissingPartition, postgresError } from '../store/postgres/postgres-error.ts';
import { indexable } from '../store/stored-text.ts';
import type { BodyStore, StoredBodies } from './body-store.ts';
import type { Packed } from './pack-bodies.ts';

/** Of one statement: bodies that take longer are given up for those behind them. */
const STATEMENT_MS = 5000;
/** A day that is dropped has two, beside who writes. */
const CONNECTIONS = 3;
const TABLE = [
  `CREATE TABLE bodies (
    id uuid NOT NULL PRIMARY KEY,
    user_id text,
    sealed boolean NOT NULL,
    data bytea NOT NULL
  ) PARTITION BY RANGE (id)`,
  // They are compressed already.
  'ALTER TABLE bodies ALTER COLUMN data SET STORAGE EXTERNAL',
  'CREATE INDEX bodies_by_user ON bodies (user_id) WHERE user_id IS NOT NULL',
];
const HAS_TABLE = "SELECT to_regclass('bodies') IS NOT NULL AS there";

interface Row {
  readonly sealed: boolean;
  readonly data: Buffer;
}

export class PostgresBodies implements BodyStore {
  readonly #connection: PostgresConnection;
  readonly #partitions: PostgresPartitions;
  #hasTable = false;

  /** Connects with the first question. */
  constructor(url: string) {
    const limits = { connections: CONNECTIONS, limitMs: STATEMENT_MS };
    this.#connection = new PostgresConnection(url, { write: true, ...limits });
    this.#partitions = new PostgresPartitions(this.#connection, 'bodies');
  }

  put(bodies: readonly StoredBodies[]): Promise<void> {
    return this.#on(async () => {
      try {
        await this.#put(bodies);
      } catch (thrown) {
        if (!isMissingPartition(thrown)) throw thrown;
        // Another process dropped the day since we looked.
        this.#partitions.forget();
        await this.#put(bodies);
      }
    });
  }

  get(id: string): Promise<Packed | null> {
    return this.#on(async () => {
      const rows = await this.#connection.query<Row>(
        'SELECT sealed, data FROM bodies WHERE id = $1',
        [id],
      );
      return rows[0] ?? null;
    });
  }

  remove(id: string): Promise<number> {
    return this.#delete('DELETE FROM bodies WHERE id = $1', id);
  }

  removeUser(user: string): Promise<number> {
    return this.#delete('DELETE FROM bodies WHERE user_id = $1', indexable(user));
  }

  prune(before: number): Promise<void> {
    return this.#on(async () => {
      for (const { day } of await this.#partitions.days())
        if (startOf(day) + DAY_MS <= before) await this.#partitions.drop(day);
    });
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  async #put(bodies: readonly StoredBodies[]): Promise<void> {
    await this.#partitions.ensure([...new Set(bodies.map(({ id }) => dayOf(timeOf(id))))]);
    const values = bodies.map(
      (_, index) => `($${index * 4 + 1}, $${index * 4 + 2}, $${index * 4 + 3}, $${index * 4 + 4})`,
    );
    await this.#connection.query(
      `INSERT INTO bodies (id, user_id, sealed, data) VALUES ${values.join(', ')} ON CONFLICT DO NOTHING`,
      bodies.flatMap(({ id, user, sealed, data }) => [
        id,
        user === null ? null : indexable(user),
        sealed,
        Buffer.from(data),
      ]),
    );
  }

  #delete(sql: string, value: string): Promise<number> {
    return this.#on(() =>
      this.#connection.with(async (client) => (await client.query(sql, [value])).rowCount ?? 0),
    );
  }

  async #on<T>(work: () => Promise<T>): Promise<T> {
    try {
      if (!this.#hasTable) await this.#makeTable();
      return await work();
    } catch (thrown) {
      // It may be another database that comes back.
      this.#hasTable = false;
      this.#partitions.forget();
      throw postgresError(thrown, this.#connection.place);
    }
  }

  /** One that is there is left alone: to change it would wait for whoever reads it. */
  async #makeTable(): Promise<void> {
    const [found] = await this.#connection.query<{ there: boolean }>(HAS_TABLE);
    if (found?.there !== true)
      await this.#connection.transaction(
        `${lockNamed('bodies')}; ${HAS_TABLE}`,
        async (client, [now]) => {
          if ((now as { there: boolean }).there) return;
          for (const statement of TABLE) await client.query(statement);
        },
      );
    this.#hasTable = true;
  }
}
