// What is too old is deleted, a few rows at a time so that the log's writer never waits long. Runs on the experiments' own thread.
import type { Database } from 'bun:sqlite';
import { KEPT_DAYS } from './outcome.ts';
import { DAY_MS } from './place-outcomes.ts';

/** In one transaction. */
const AT_ONCE = 1000;

/** Outcomes by when they happened, meetings by the last one, days by themselves: each after 400 days. */
export function prune(sqlite: Database, now: number): number {
  const oldest = now - KEPT_DAYS * DAY_MS;
  const day = Math.floor(oldest / DAY_MS);
  return (
    deleteSome(sqlite, 'outcomes', 'user_id, at, id', 'at < ?', oldest) +
    deleteSome(
      sqlite,
      'exposures',
      'router_id, route_id, user_id, variant_id',
      'last_at < ?',
      oldest,
    ) +
    deleteSome(sqlite, 'variant_days', 'router_id, route_id, variant_id, day', 'day < ?', day) +
    deleteSome(
      sqlite,
      'variant_ttft',
      'router_id, route_id, variant_id, day, bucket',
      'day < ?',
      day,
    ) +
    deleteSome(sqlite, 'model_outcomes', 'metric, model, day', 'day < ?', day) +
    deleteSome(sqlite, 'outcomes_to_place', 'id', 'at < ?', oldest)
  );
}

/** The names are ours, never a caller's. */
function deleteSome(
  sqlite: Database,
  table: string,
  key: string,
  isOld: string,
  limit: number,
): number {
  // Found before the lock is taken: finding them reads the whole table.
  const rows = sqlite
    .query<{ [column: string]: string | number }, [number]>(
      `SELECT ${key} FROM ${table} WHERE ${isOld}`,
    )
    .all(limit);
  const columns = key.split(', ');
  const remove = sqlite.query(
    `DELETE FROM ${table} WHERE ${columns.map((column) => `${column} = ?`).join(' AND ')} AND ${isOld}`,
  );
  for (let at = 0; at < rows.length; at += AT_ONCE) {
    const some = rows.slice(at, at + AT_ONCE);
    const work = sqlite.transaction(() => {
      for (const row of some) remove.run(...columns.map((column) => row[column] ?? ''), limit);
    });
    work.immediate();
  }
  return rows.length;
}
