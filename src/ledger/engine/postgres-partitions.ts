// The daily partitions of `requests`: made before their first row comes, given up without standing in a writer's way.
import { GatewayError } from '../../core/errors.ts';
import type { LogDay } from '../log-store.ts';
import type { PostgresConnection } from './postgres-connection.ts';
import { DAY_MS, firstIdOf, isDay, startOf } from './row-id.ts';

const LOCK_WAIT_MS = 5000;
const PREFIX = 'requests_';

interface Partition {
  readonly name: string;
  readonly bytes: number;
  readonly pending: boolean;
  readonly attached: boolean;
}

/** With those that were taken out and then not dropped, because something came between. */
const LIST = `SELECT c.relname AS name, pg_total_relation_size(c.oid) AS bytes,
    coalesce(i.inhdetachpending, false) AS pending, i.inhrelid IS NOT NULL AS attached
  FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid AND i.inhparent = to_regclass('requests')
  WHERE c.relkind = 'r' AND c.relname ~ '^requests_[0-9]{8}$' AND pg_table_is_visible(c.oid)`;

export class PostgresPartitions {
  readonly #connection: PostgresConnection;
  readonly #known = new Set<string>();

  constructor(connection: PostgresConnection) {
    this.#connection = connection;
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
  async days(): Promise<readonly LogDay[]> {
    const partitions = await this.#connection.query<Partition>(LIST);
    return partitions
      .map(({ name, bytes }) => ({ day: dayOfName(name), bytes }))
      .filter(({ day }) => isDay(day))
      .sort((one, other) => (one.day < other.day ? 1 : -1));
  }

  /**
   * Takes the partition out first, beside whoever reads or writes, then drops it: to drop it in one step would lock the
   * whole table against everybody while a long reader holds it.
   */
  async drop(day: string): Promise<void> {
    this.#known.delete(day);
    const name = nameOf(day);
    const found = (await this.#connection.query<Partition>(LIST)).find(
      (partition) => partition.name === name,
    );
    await this.#connection.with(async (client) => {
      await client.query(`SET lock_timeout = ${LOCK_WAIT_MS}`);
      try {
        if (found?.attached === true) {
          // One that was interrupted in the middle is only brought to its end.
          const how = found.pending ? 'FINALIZE' : 'CONCURRENTLY';
          await client.query(`ALTER TABLE requests DETACH PARTITION ${name} ${how}`);
        }
        await client.query(`DROP TABLE IF EXISTS ${name}`);
      } finally {
        await client.query('RESET lock_timeout');
      }
    });
  }

  /** Made apart and then attached: to make it as a partition at once would lock the whole table. */
  async #make(day: string): Promise<void> {
    const name = nameOf(day);
    const first = `SELECT pg_advisory_xact_lock(hashtext('switchyard.partitions'))`;
    await this.#connection.transaction(first, async (client) => {
      await client.query(`SET LOCAL lock_timeout = ${LOCK_WAIT_MS}`);
      const partitions = (await client.query<Partition>(LIST)).rows;
      if (partitions.some((partition) => partition.name === name && partition.attached)) return;
      const start = startOf(day);
      await client.query(`CREATE TABLE IF NOT EXISTS ${name} (LIKE requests INCLUDING DEFAULTS)`);
      await client.query(`ALTER TABLE requests ATTACH PARTITION ${name}
        FOR VALUES FROM ('${firstIdOf(start)}') TO ('${firstIdOf(start + DAY_MS)}')`);
    });
    this.#known.add(day);
  }
}

/** The day is checked: it becomes part of a statement. */
function nameOf(day: string): string {
  if (isDay(day)) return `${PREFIX}${day.replaceAll('-', '')}`;
  throw new GatewayError('internal', `"${day}" is no day of the log.`);
}

function dayOfName(name: string): string {
  const digits = name.slice(PREFIX.length);
  return `${digits.slice(0, 4)}-${digits.slice(4, 6)}-${digits.slice(6)}`;
}
