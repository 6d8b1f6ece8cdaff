// Sums, open hours, prices and the days that are dropped, in PostgreSQL.

import { DAY_MS, dayAfter, dayOf, HOUR_MS, startOf } from '../../lib/utc-day.ts';
import type { Client, PostgresConnection } from '../../store/postgres/connection.ts';
import type { PricesTable, UsageTable } from '../../store/tables.ts';
import { DROPPED_BEFORE, lockAlone, tryToClose } from './hour-locks.ts';
import { cubesOf, USAGE_COLUMNS, usageValues } from './usage-columns.ts';

const AT_ONCE = 2000;
const BYTES: ReadonlySet<string> = new Set(['ttft', 'total']);
const SELECTED = USAGE_COLUMNS.map((name) =>
  BYTES.has(name) ? `decode(row.${name}, 'base64')` : `row.${name}`,
);
const RECORD = USAGE_COLUMNS.map((name) => `${name} ${typeOf(name)}`);
const INSERT = `INSERT INTO usage (${USAGE_COLUMNS.join(', ')})
  SELECT ${SELECTED.join(', ')} FROM json_to_recordset($1::json) AS row(${RECORD.join(', ')})`;

export class PostgresSums {
  readonly #connection: PostgresConnection;

  constructor(connection: PostgresConnection) {
    this.#connection = connection;
  }

  /** Rows are summed while others come in: no writer waits for it. Of several processes at an hour one goes on. */
  closeHour(hour: number, sum: () => Promise<readonly UsageTable[]>): Promise<boolean> {
    return this.#connection.transaction(tryToClose(hour), async (_, [answer]) => {
      if ((answer as { mine: boolean } | undefined)?.mine !== true) return false;
      const stamp = await this.#stamped(hour);
      if (stamp === null) return false;
      return this.#closed(hour, stamp, await sum());
    });
  }

  /**
   * All rows that came before are to be seen: the lock is had when their writers are done. Those that come later take the
   * stamp away; another such stamp is never made. Null: its day is dropped.
   */
  #stamped(hour: number): Promise<number | null> {
    return this.#connection.transaction(lockAlone([hour]), async (client) => {
      if (await isDropped(client, hour)) {
        await client.query('DELETE FROM open_hours WHERE hour = $1', [hour]);
        return null;
      }
      const mark = `INSERT INTO open_hours (hour, stamp) VALUES ($1, txid_current())
        ON CONFLICT (hour) DO UPDATE SET stamp = excluded.stamp RETURNING stamp`;
      return (await client.query<{ stamp: number }>(mark, [hour])).rows[0]?.stamp ?? null;
    });
  }

  #closed(hour: number, stamp: number, rows: readonly UsageTable[]): Promise<boolean> {
    return this.#connection.transaction(lockAlone([hour]), async (client) => {
      const mine = 'DELETE FROM open_hours WHERE hour = $1 AND stamp = $2';
      if (await isDropped(client, hour)) {
        await client.query('DELETE FROM open_hours WHERE hour = $1', [hour]);
        return false;
      }
      if ((await client.query(mine, [hour, stamp])).rowCount !== 1) return false;
      // By cube, as the key begins: without it, every sum there is would be looked at.
      const remove = "DELETE FROM usage WHERE grain = 'hour' AND at = $1 AND cube = ANY($2)";
      await client.query(remove, [hour, cubesOf(rows)]);
      await insert(client, rows);
      return true;
    });
  }

  async replace(
    grain: UsageTable['grain'],
    at: number,
    cubes: readonly string[],
    rows: Iterable<UsageTable>,
  ): Promise<void> {
    // Two who replace the same sums go one after the other.
    const first = `SELECT pg_advisory_xact_lock(hashtext('switchyard.usage.${grain}'), ${Math.floor(at / HOUR_MS)})`;
    await this.#connection.transaction(first, async (client) => {
      const remove = 'DELETE FROM usage WHERE grain = $1 AND at = $2 AND cube = ANY($3)';
      await client.query(remove, [grain, at, cubes]);
      await insert(client, rows);
    });
  }

  async prune(
    grain: UsageTable['grain'],
    before: number,
    cubes: readonly string[] | null,
  ): Promise<void> {
    const of = 'DELETE FROM usage WHERE grain = $1 AND at < $2';
    if (cubes === null) await this.#connection.query(of, [grain, before]);
    else await this.#connection.query(`${of} AND cube = ANY($3)`, [grain, before, cubes]);
  }

  async keepPrices(prices: readonly PricesTable[]): Promise<void> {
    await this.#connection.query(
      `INSERT INTO prices (version, model, price, since)
        SELECT version, model, price, since FROM json_to_recordset($1::json)
          AS row(version text, model text, price text, since int8) ON CONFLICT DO NOTHING`,
      [JSON.stringify(prices)],
    );
  }

  /** Whoever writes to the day or sums up an hour of it is done when this is; whoever comes later sees the mark. */
  async dropThrough(day: string): Promise<void> {
    const hours = Array.from(
      { length: DAY_MS / HOUR_MS },
      (_, hour) => startOf(day) + hour * HOUR_MS,
    );
    await this.#connection.transaction(lockAlone(hours), async (client) => {
      await client.query(
        `INSERT INTO log_state (name, value) VALUES ('dropped_before', $1)
          ON CONFLICT (name) DO UPDATE SET value = greatest(log_state.value, excluded.value)`,
        [dayAfter(day)],
      );
    });
  }
}

async function isDropped(client: Client, hour: number): Promise<boolean> {
  const [state] = (await client.query<{ value: string }>(DROPPED_BEFORE)).rows;
  return dayOf(hour) < (state?.value ?? '');
}

async function insert(client: Client, rows: Iterable<UsageTable>): Promise<void> {
  let some: object[] = [];
  const write = async () => {
    if (some.length > 0) await client.query(INSERT, [JSON.stringify(some)]);
    some = [];
  };
  for (const row of rows) {
    const values = usageValues(row);
    some.push({
      ...Object.fromEntries(USAGE_COLUMNS.map((column, place) => [column, values[place]])),
      ttft: row.ttft === null ? null : Buffer.from(row.ttft).toString('base64'),
      total: row.total === null ? null : Buffer.from(row.total).toString('base64'),
    });
    if (some.length >= AT_ONCE) await write();
  }
  await write();
}

/** As they are read out of the JSON. */
function typeOf(name: keyof UsageTable): string {
  const texts = ['cube', 'grain', 'model', 'provider', 'endpoint'];
  if (texts.includes(name) || name.endsWith('_id') || BYTES.has(name)) return 'text';
  return name === 'audio_seconds' ? 'float8' : 'int8';
}
