// Bodies in PostgreSQL: a table partitioned by day, so that retention is dropping a partition.
import { Client } from 'pg';
import { GatewayError } from '../core/errors.ts';
import type { BodyStore, StoredBodies } from './body-store.ts';
import { DAY_MS, dayOf, startOf, timeOf } from './kept-bodies.ts';
import type { Packed } from './pack-bodies.ts';

/** Of one statement: bodies that take longer are given up for those behind them. */
const STATEMENT_MS = 5000;
const CONNECT_MS = 2000;
/** Processes that make tables at the same moment do so one after the other. */
const LOCK = 7_316_482;

interface Row {
  readonly sealed: boolean;
  readonly data: Buffer;
}

export class PostgresBodies implements BodyStore {
  readonly #url: string;
  #client: Client | null = null;
  /** The days whose partitions are there. */
  readonly #days = new Set<string>();

  constructor(url: string) {
    this.#url = url;
  }

  put(bodies: readonly StoredBodies[]): Promise<void> {
    return this.#with(async (client) => {
      for (const day of new Set(bodies.map(({ id }) => dayOf(timeOf(id) ?? 0))))
        if (!this.#days.has(day)) await this.#partition(client, day);
      const values = bodies.map(
        (_, index) =>
          `($${index * 4 + 1}, $${index * 4 + 2}, $${index * 4 + 3}, $${index * 4 + 4})`,
      );
      await client.query(
        `INSERT INTO bodies (id, user_id, sealed, data) VALUES ${values.join(', ')} ON CONFLICT DO NOTHING`,
        bodies.flatMap(({ id, user, sealed, data }) => [id, user, sealed, Buffer.from(data)]),
      );
    });
  }

  get(id: string): Promise<Packed | null> {
    return this.#with(async (client) => {
      const { rows } = await client.query<Row>('SELECT sealed, data FROM bodies WHERE id = $1', [
        id,
      ]);
      return rows[0] ?? null;
    });
  }

  remove(id: string): Promise<number> {
    return this.#delete('DELETE FROM bodies WHERE id = $1', id);
  }

  removeUser(user: string): Promise<number> {
    return this.#delete('DELETE FROM bodies WHERE user_id = $1', user);
  }

  prune(before: number): Promise<void> {
    return this.#with(async (client) => {
      const { rows } = await client.query<{ name: string }>(
        `SELECT child.relname AS name FROM pg_inherits
          JOIN pg_class child ON child.oid = inhrelid
          WHERE inhparent = 'bodies'::regclass`,
      );
      for (const { name } of rows) {
        const day = name.replace(/^bodies_(\d{4})(\d{2})(\d{2})$/, '$1-$2-$3');
        const start = startOf(day);
        if (start === null || start + DAY_MS > before) continue;
        await client.query(`DROP TABLE IF EXISTS ${name}`);
        this.#days.delete(day);
      }
    });
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = null;
    await client?.end().catch(() => undefined);
  }

  #delete(sql: string, value: string): Promise<number> {
    return this.#with(async (client) => (await client.query(sql, [value])).rowCount ?? 0);
  }

  async #partition(client: Client, day: string): Promise<void> {
    const start = startOf(day) ?? 0;
    await alone(client, () =>
      client.query(
        `CREATE TABLE IF NOT EXISTS bodies_${day.replaceAll('-', '')} PARTITION OF bodies
          FOR VALUES FROM ('${firstIdOf(start)}') TO ('${firstIdOf(start + DAY_MS)}')`,
      ),
    );
    this.#days.add(day);
  }

  /** After a failure the next piece of work connects anew. */
  async #with<T>(work: (client: Client) => Promise<T>): Promise<T> {
    try {
      this.#client ??= await this.#connected();
      return await work(this.#client);
    } catch (thrown) {
      this.#days.clear();
      await this.close();
      const why = thrown instanceof Error ? thrown.message : 'it cannot be reached';
      throw new GatewayError(
        'storage_unavailable',
        `PostgreSQL does not take or give bodies: ${why}. Check DATABASE_URL and the server.`,
        { cause: thrown },
      );
    }
  }

  async #connected(): Promise<Client> {
    const client = new Client({
      connectionString: this.#url,
      connectionTimeoutMillis: CONNECT_MS,
      statement_timeout: STATEMENT_MS,
      query_timeout: 2 * STATEMENT_MS,
      application_name: 'switchyard bodies',
    });
    client.on('error', () => {
      if (this.#client === client) this.#client = null;
    });
    try {
      await client.connect();
      await alone(client, async () => {
        await client.query(`CREATE TABLE IF NOT EXISTS bodies (
          id uuid NOT NULL PRIMARY KEY,
          user_id text,
          sealed boolean NOT NULL,
          data bytea NOT NULL
        ) PARTITION BY RANGE (id)`);
        // They are compressed already.
        await client.query('ALTER TABLE bodies ALTER COLUMN data SET STORAGE EXTERNAL');
        await client.query(
          'CREATE INDEX IF NOT EXISTS bodies_by_user ON bodies (user_id) WHERE user_id IS NOT NULL',
        );
      });
      return client;
    } catch (thrown) {
      await client.end().catch(() => undefined);
      throw thrown;
    }
  }
}

/** Under the lock, in a transaction of its own. */
async function alone(client: Client, work: () => Promise<unknown>): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query(`SELECT pg_advisory_xact_lock(${LOCK})`);
    await work();
    await client.query('COMMIT');
  } catch (thrown) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw thrown;
  }
}

/** The least id of a moment: UUIDv7 begins with its milliseconds. */
function firstIdOf(at: number): string {
  const hex = at.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}
