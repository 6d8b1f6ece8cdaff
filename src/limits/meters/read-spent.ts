// readSpent: what was spent of budgets, for who only looks: read from limits.db beside the gateway that counts.
import { Database } from 'bun:sqlite';
import { existsSync } from 'node:fs';
import { databasePath } from '../../store/open-store.ts';
import { storageError } from '../../store/storage-error.ts';
import type { Meter } from './meter.ts';
import { periodAt } from './period.ts';
import { LIMITS_FILE } from './spend-table.ts';

interface Spent {
  readonly nano: number;
  /** When the next period begins; null: never. */
  readonly resetsAt: number | null;
}

/** Of each of these budgets in its period now, as of the gateway's last write. Null: no gateway has counted here. Throws `storage_unavailable`. */
export function readSpent(
  dataDir: string,
  meters: readonly Meter[],
  now: number,
): ReadonlyMap<Meter, Spent> | null {
  const path = databasePath(dataDir, LIMITS_FILE);
  if (!existsSync(path)) return null;
  try {
    using sqlite = new Database(path, { readonly: true });
    const find = sqlite.query<{ spent: number }, [string, number]>(
      'SELECT spent FROM spend WHERE id = ? AND since = ?',
    );
    const found = new Map<Meter, Spent>();
    for (const meter of meters) {
      if (meter.period === null) continue;
      const { from, until } = periodAt(meter.period, now);
      found.set(meter, { nano: find.get(meter.id, from)?.spent ?? 0, resetsAt: until });
    }
    return found;
  } catch (thrown) {
    throw storageError(thrown, path);
  }
}
