// Writing rows to PostgreSQL: a batch is one statement, in a transaction that marks the hours of its rows.

import { dayOf } from '../../lib/utc-day.ts';
import { hourOf, isRowId, timeOf } from '../../lib/uuid-v7.ts';
import type { PostgresConnection } from '../../store/postgres/connection.ts';
import type { PostgresPartitions } from '../../store/postgres/partitions.ts';
import { isMissingPartition, isRefusal } from '../../store/postgres/postgres-error.ts';
import type { RequestsTable } from '../../store/tables.ts';
import type { Inserted } from '../log-store.ts';
import { DROPPED_BEFORE, sharedLocks } from './hour-locks.ts';
import { COLUMN_TYPES } from './migrations/002-savings.ts';
import { valuesOf, WRITTEN_COLUMNS } from './stored-values.ts';

/** A thousand rows take some 50 ms: a server that has not taken them by then hangs, and the spool keeps them. */
const LIMIT_MS = 13_000;
const RECORD = WRITTEN_COLUMNS.map((name) => `${name} ${COLUMN_TYPES.get(name) ?? 'text'}`);
const INSERT = `INSERT INTO requests (${WRITTEN_COLUMNS.join(', ')})
  SELECT ${WRITTEN_COLUMNS.join(', ')} FROM json_to_recordset($1::json) AS row(${RECORD.join(', ')})
  ON CONFLICT DO NOTHING`;

export class PostgresRows {
  readonly #connection: PostgresConnection;
  readonly #partitions: PostgresPartitions;

  constructor(connection: PostgresConnection, partitions: PostgresPartitions) {
    this.#connection = connection;
    this.#partitions = partitions;
  }

  async insert(rows: readonly RequestsTable[]): Promise<Inserted> {
    const known = rows.filter((row) => isRowId(row.id));
    const strange = rows.length - known.length;
    const reason = strange === 0 ? null : 'The id of a row is no UUIDv7.';
    if (known.length === 0) return { refused: strange, reason, late: 0 };
    const written = await this.#written(known);
    return {
      refused: strange + written.refused,
      reason: written.reason ?? reason,
      late: written.late,
    };
  }

  async #written(rows: readonly RequestsTable[]): Promise<Inserted> {
    try {
      return await this.#patiently(rows);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      if (rows.length === 1) {
        const reason = error instanceof Error ? error.message : String(error);
        return { refused: 1, reason, late: 0 };
      }
    }
    // One row is at fault: it must not take the others with it.
    const middle = rows.length >> 1;
    const first = await this.#written(rows.slice(0, middle));
    const second = await this.#written(rows.slice(middle));
    return {
      refused: first.refused + second.refused,
      reason: second.reason ?? first.reason,
      late: first.late + second.late,
    };
  }

  async #patiently(rows: readonly RequestsTable[]): Promise<Inserted> {
    try {
      return await this.#together(rows);
    } catch (error) {
      if (!isMissingPartition(error)) throw error;
      // Another process dropped the day since we looked; it is late now, which the second look sees.
      this.#partitions.forget();
      return this.#together(rows);
    }
  }

  async #together(all: readonly RequestsTable[]): Promise<Inserted> {
    const first = await this.#droppedBefore();
    const kept = all.filter((row) => dayOf(timeOf(row.id)) >= first);
    await this.#partitions.ensure([...new Set(kept.map((row) => dayOf(timeOf(row.id))))]);
    const hours = [...new Set(kept.map((row) => hourOf(row.id)))].sort((one, other) => one - other);
    if (kept.length === 0) return { refused: 0, reason: null, late: all.length };
    const begin = `${sharedLocks(hours)}; ${DROPPED_BEFORE}`;
    return this.#connection.transaction(
      begin,
      async (client, state) => {
        // Read again under the locks: a day may have been dropped meanwhile.
        const dropped = (state[0] as { value: string } | undefined)?.value ?? '';
        const rows = kept.filter((row) => dayOf(timeOf(row.id)) >= dropped);
        if (rows.length > 0) {
          await client.query(INSERT, [JSON.stringify(rows.map(recordOf))]);
          await client.query(marked(hours));
        }
        return { refused: 0, reason: null, late: all.length - rows.length };
      },
      LIMIT_MS,
    );
  }

  async #droppedBefore(): Promise<string> {
    const [row] = await this.#connection.query<{ value: string }>(DROPPED_BEFORE, [], LIMIT_MS);
    return row?.value ?? '';
  }
}

/**
 * The hours are open, and whoever is summing one up learns that it has not all of them. Nothing is locked where nobody is:
 * those who write to the same hour do not wait for each other.
 */
function marked(hours: readonly number[]): string {
  const open = hours.map((hour) => `(${hour})`).join(', ');
  return `INSERT INTO open_hours (hour) VALUES ${open} ON CONFLICT DO NOTHING;
    UPDATE open_hours SET stamp = 0 WHERE hour IN (${hours.join(', ')}) AND stamp <> 0`;
}

function recordOf(row: RequestsTable): { readonly [column: string]: unknown } {
  const values = valuesOf(row);
  return Object.fromEntries(
    WRITTEN_COLUMNS.flatMap((column, place) => {
      const value = values[place] ?? null;
      return value === null ? [] : [[column, value]];
    }),
  );
}
