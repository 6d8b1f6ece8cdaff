// Fills a day's file as fast as SQLite can: no indexes and no waiting for the disk until the rows are in.
import { Database, type SQLQueryBindings } from 'bun:sqlite';
import { openLogStore } from '../../src/ledger/engine/open-log-store.ts';
import { valuesOf, WRITTEN_COLUMNS } from '../../src/ledger/engine/stored-values.ts';
import { toStoredRow } from '../../src/ledger/stored-row.ts';
import { dayOf } from '../../src/lib/utc-day.ts';
import { bytesOf, hourOf } from '../../src/lib/uuid-v7.ts';
import type { Fill } from './fill.ts';
import { trafficOf } from './traffic.ts';

const ROWS_AT_ONCE = 100_000;
const ID_PLACE = WRITTEN_COLUMNS.indexOf('id');

export async function fillSqliteDay({ place, day, rows }: Fill): Promise<void> {
  if (place.engine !== 'sqlite') throw new Error('Not for this engine.');
  const traffic = trafficOf(day, rows);
  const first = traffic.next().value;
  if (first === undefined) return;
  // The first row makes the file, with all that belongs in it.
  const store = await openLogStore(place, { write: true });
  await store.insert([toStoredRow(first)]);
  await store.close();
  const sqlite = new Database(`${place.dataDir}/log/${dayOf(day)}.db`);
  sqlite.run('PRAGMA synchronous = OFF');
  sqlite.run('PRAGMA cache_size = -400000');
  sqlite.run('PRAGMA temp_store = MEMORY');
  const indexes = sqlite
    .query<{ name: string; sql: string }, []>(
      "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL",
    )
    .all();
  for (const { name } of indexes) sqlite.run(`DROP INDEX ${name}`);
  const insert = sqlite.prepare(
    `INSERT INTO requests (${WRITTEN_COLUMNS.join(', ')}) VALUES (${WRITTEN_COLUMNS.map(() => '?').join(', ')}) ON CONFLICT DO NOTHING`,
  );
  const hours = new Set<number>();
  let written = 0;
  sqlite.run('BEGIN');
  for (const exchange of traffic) {
    const row = toStoredRow(exchange);
    const values: SQLQueryBindings[] = valuesOf(row);
    values[ID_PLACE] = bytesOf(row.id);
    insert.run(...values);
    hours.add(hourOf(row.id));
    written += 1;
    if (written % ROWS_AT_ONCE === 0) sqlite.run('COMMIT; BEGIN');
  }
  sqlite.run('COMMIT');
  insert.finalize();
  for (const { sql } of indexes) sqlite.run(sql);
  sqlite.run('PRAGMA wal_checkpoint(TRUNCATE)');
  sqlite.close();
  markOpen(`${place.dataDir}/log/usage.db`, hours);
}

function markOpen(path: string, hours: ReadonlySet<number>): void {
  const usage = new Database(path);
  usage.run('PRAGMA busy_timeout = 30000');
  for (const hour of hours)
    usage.run('INSERT INTO open_hours (hour) VALUES (?) ON CONFLICT DO NOTHING', [hour]);
  usage.close();
}
