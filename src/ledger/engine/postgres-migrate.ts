// Brings the log's tables in PostgreSQL to the newest schema. Servers that start together wait for each other.
import { GatewayError } from '../../core/errors.ts';
import type { PostgresConnection } from '../../store/postgres/connection.ts';
import { lockNamed } from '../../store/postgres/locks.ts';
import { LOG_MIGRATIONS, type LogMigration } from './migrations/index.ts';

/** Making an index on a large table takes its time. */
const LIMIT_MS = 30 * 60_000;
const CHECK_MS = 2000;
const CHECK_EVERY_MS = 50;

interface Applied {
  readonly name: string;
}

/** All that is missing in one transaction. A database of a newer version is refused (`storage_unavailable`). */
export async function migratePostgres(
  connection: PostgresConnection,
  now: number,
  migrations: readonly LogMigration[] = LOG_MIGRATIONS,
): Promise<void> {
  if ((await missing(connection, migrations)).length === 0) return;
  await connection.transaction(
    lockNamed('migrations'),
    async (client) => {
      await client.query(
        'CREATE TABLE IF NOT EXISTS log_migrations (name text NOT NULL PRIMARY KEY, applied_at int8 NOT NULL)',
      );
      const applied = (await client.query<Applied>('SELECT name FROM log_migrations')).rows;
      for (const step of notIn(applied, migrations, connection.place)) {
        for (const statement of step.postgres) await client.query(statement);
        const note = 'INSERT INTO log_migrations (name, applied_at) VALUES ($1, $2)';
        await client.query(note, [step.name, now]);
      }
    },
    LIMIT_MS,
  );
}

/** What is there is of this version: not newer, not older. A server that is just starting on an empty database makes it in a moment. */
export async function checkPostgres(connection: PostgresConnection): Promise<void> {
  for (let waitedMs = 0; waitedMs <= CHECK_MS; waitedMs += CHECK_EVERY_MS) {
    if ((await missing(connection, LOG_MIGRATIONS)).length === 0) return;
    await Bun.sleep(CHECK_EVERY_MS);
  }
  throw new GatewayError(
    'storage_unavailable',
    `PostgreSQL at ${connection.place} does not have Switchyard's tables as this version knows them. Start the server once: it makes them.`,
  );
}

async function missing(
  connection: PostgresConnection,
  migrations: readonly LogMigration[],
): Promise<readonly LogMigration[]> {
  const table = await connection.query<{ there: boolean }>(
    "SELECT to_regclass('log_migrations') IS NOT NULL AS there",
  );
  if (table[0]?.there !== true) return migrations;
  const applied = await connection.query<Applied>('SELECT name FROM log_migrations');
  return notIn(applied, migrations, connection.place);
}

function notIn(
  applied: readonly Applied[],
  migrations: readonly LogMigration[],
  place: string,
): readonly LogMigration[] {
  const unknown = applied.find(({ name }) => !migrations.some((step) => step.name === name));
  if (unknown !== undefined) {
    throw new GatewayError(
      'storage_unavailable',
      `The log in PostgreSQL at ${place} was written by a newer version of Switchyard (its step "${unknown.name}" is not known here). Start that version, or name another database in DATABASE_URL.`,
    );
  }
  return migrations.filter((step) => !applied.some(({ name }) => name === step.name));
}
