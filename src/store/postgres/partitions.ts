// The daily partitions of a table whose key is a UUIDv7: made before their first row comes, given up without standing in a writer's way.
import { GatewayError } from '../../core/errors.ts';
import { DAY_MS, isDay, startOf } from '../../lib/utc-day.ts';
import { firstIdOf } from '../../lib/uuid-v7.ts';
import type { PostgresConnection } from './connection.ts';
import { lockNamed } from './locks.ts';

const LOCK_WAIT_MS = 5000;

/** One day, as it lies on disk. */
export interface PartitionDay {
  /** `2026-11-22`. */
  readonly day: string;
  readonly bytes: number;
}

interface Partition {
  readonly name: string;
  readonly bytes: number;
  readonly pending: boolean;
  readonly attached: boolean;
}

/** With those that were taken out and then not dropped, because something came between. */
const listOf = (table: string) => `SELECT c.relname AS name, pg_total_relation_size(c.oid) AS bytes,
    coalesce(i.inhdetachpending, false) AS pending, i.inhrelid IS NOT NULL AS attached
  FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid AND i.inhparent = to_regclass('${table}')
  WHERE c.relkind = 'r' AND c.relname ~ '^${table}_[0-9]{8}$' AND pg_table_is_visible(c.oid)`;

export class PostgresPartitions {
  readonly #connection: PostgresConnection;
  readonly #table: string;
  readonly #list: string;
  readonly #known = new Set<string>();

  /** @param table a name of ours: it becomes part of statements */
  constructor(connection: PostgresConnection, table: string) {
    this.#connection = connection;
    this.#table = table;
    this.#list = listOf(table);
  }

  /** Makes those that are missing. */
  async ensure(days: readonly string[]): Promise<void> {
    for (const day of days) if (!this.#known.has(day)) await this.#make(day);
  }

  /** They are looked for again: another process may have dropped some. */
  forget(): void {
    this.#known.clear();
  }

  /** Newest first. */
  async days(): Promise<readonly PartitionDay[]> {
    const partitions = await this.#connection.query<Partition>(this.#list);
    return partitions
      .map(({ name, bytes }) => ({ day: this.#dayOf(name), bytes }))
      .filter(({ day }) => isDay(day))
      .sort((one, other) => (one.day < other.day ? 1 : -1));
  }

  /**
   * Takes the partition out first, beside whoever reads or writes, then drops it: to drop it in one step would lock the
   * whole table against everybody while a long reader holds it. Of several processes that drop it one does.
   */
  async drop(day: string): Promise<void> {
    this.#known.delete(day);
    const name = this.#nameOf(day);
    // A partition is not taken out beside others inside a transaction: this one only holds the lock.
    await this.#connection.transaction(lockNamed(`${this.#table}.drops`), async (alone) => {
      const found = (await alone.query<Partition>(this.#list)).rows.find(
        (partition) => partition.name === name,
      );
      // What another process dropped meanwhile is what was wanted.
      if (found !== undefined) await this.#dropFound(found);
    });
  }

  async #dropFound({ name, attached, pending }: Partition): Promise<void> {
    await this.#connection.with(async (client) => {
      await client.query(`SET lock_timeout = ${LOCK_WAIT_MS}`);
      try {
        // One that was interrupted in the middle is only brought to its end.
        const how = pending ? 'FINALIZE' : 'CONCURRENTLY';
        if (attached)
          await client.query(`ALTER TABLE ${this.#table} DETACH PARTITION ${name} ${how}`);
        await client.query(`DROP TABLE IF EXISTS ${name}`);
      } finally {
        await client.query('RESET lock_timeout');
      }
    });
  }

  /** Made apart and then attached: to make it as a partition at once would lock the whole table. */
  async #make(day: string): Promise<void> {
    const [name, table] = [this.#nameOf(day), this.#table];
    await this.#connection.transaction(lockNamed('partitions'), async (client) => {
      await client.query(`SET LOCAL lock_timeout = ${LOCK_WAIT_MS}`);
      const partitions = (await client.query<Partition>(this.#list)).rows;
      if (partitions.some((partition) => partition.name === name && partition.attached)) return;
      const start = startOf(day);
      await client.query(
        `CREATE TABLE IF NOT EXISTS ${name} (LIKE ${table} INCLUDING DEFAULTS INCLUDING STORAGE)`,
      );
      await client.query(`ALTER TABLE ${table} ATTACH PARTITION ${name}
        FOR VALUES FROM ('${firstIdOf(start)}') TO ('${firstIdOf(start + DAY_MS)}')`);
    });
    this.#known.add(day);
  }

  /** The day is checked: it becomes part of a statement. */
  #nameOf(day: string): string {
    if (isDay(day)) return `${this.#table}_${day.replaceAll('-', '')}`;
    throw new GatewayError('internal', `"${day}" is no day of the log.`);
  }

  #dayOf(name: string): string {
    const digits = name.slice(this.#table.length + 1);
    return `${digits.slice(0, 4)}-${digits.slice(4, 6)}-${digits.slice(6)}`;
  }
}
