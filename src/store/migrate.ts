// Brings a database to the newest schema: an ordered list of named steps, each applied once, all or none.
import type { Database } from 'bun:sqlite';
import { GatewayError } from '../core/errors.ts';
import * as virtualKeys from './migrations/001-virtual-keys.ts';
import * as requests from './migrations/002-requests.ts';
import * as units from './migrations/003-units.ts';
import * as resumed from './migrations/004-resumed.ts';
import * as routers from './migrations/005-routers.ts';
import * as outcomes from './migrations/006-outcomes.ts';
import * as metrics from './migrations/007-metrics.ts';
import * as facts from './migrations/008-facts.ts';
import * as spool from './migrations/009-spool.ts';
import * as keyLogBodies from './migrations/010-key-log-bodies.ts';
import * as audit from './migrations/011-audit.ts';
import * as keyLimits from './migrations/012-key-limits.ts';
import * as providerKeys from './migrations/013-provider-keys.ts';
import * as alerts from './migrations/014-alerts.ts';
import * as exports from './migrations/015-exports.ts';
import * as exportLosses from './migrations/016-export-losses.ts';
import * as exportMemory from './migrations/017-export-memory.ts';
import * as keyCache from './migrations/018-key-cache.ts';

/** A step is never changed once released: a change is a new step. */
export interface Migration {
  readonly name: string;
  up(sqlite: Database): void;
}

/** In the order in which they run. */
export const MIGRATIONS: readonly Migration[] = [
  virtualKeys,
  requests,
  units,
  resumed,
  routers,
  outcomes,
  metrics,
  facts,
  spool,
  keyLogBodies,
  audit,
  keyLimits,
  providerKeys,
  alerts,
  exports,
  exportLosses,
  exportMemory,
  keyCache,
];

/**
 * Applies what is missing in one transaction. A database that knows a step we do not was written by a newer version
 * and is refused (`storage_unavailable`): an old program would not keep the new one's promises.
 * @param now Unix milliseconds, kept with each step.
 */
export function migrate(
  sqlite: Database,
  path: string,
  now: number,
  migrations: readonly Migration[] = MIGRATIONS,
): void {
  if (missing(sqlite, path, migrations).length === 0) return;
  sqlite
    .transaction(() => {
      sqlite.run(
        'CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, applied_at INTEGER)',
      );
      // Read again under the lock: another process may have done it meanwhile.
      for (const migration of missing(sqlite, path, migrations)) {
        migration.up(sqlite);
        sqlite.run('INSERT INTO migrations (name, applied_at) VALUES (?, ?)', [
          migration.name,
          now,
        ]);
      }
    })
    .immediate();
}

function missing(sqlite: Database, path: string, migrations: readonly Migration[]): Migration[] {
  const applied = appliedNames(sqlite);
  const known = new Set(migrations.map((migration) => migration.name));
  const unknown = applied.find((name) => !known.has(name));
  if (unknown !== undefined) {
    throw new GatewayError(
      'storage_unavailable',
      `The database ${path} was written by a newer version of Switchyard (its step "${unknown}" is not known here). Start that version, or name another folder with --data or SWITCHYARD_DATA.`,
    );
  }
  return migrations.filter((migration) => !applied.includes(migration.name));
}

function appliedNames(sqlite: Database): string[] {
  const table = sqlite.query("SELECT 1 FROM sqlite_schema WHERE name = 'migrations'").get();
  if (table === null) return [];
  return sqlite
    .query<{ name: string }, []>('SELECT name FROM migrations')
    .all()
    .map((row) => row.name);
}
