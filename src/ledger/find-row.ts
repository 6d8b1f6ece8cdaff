// One row by its id, also one of a request that ended a moment ago.
import type { LogRow } from '../core/log-row.ts';

interface Log {
  flush(): Promise<void>;
  get(id: string): Promise<LogRow | null>;
}

/** Rejects with `storage_unavailable`. */
export async function findRow(log: Log, id: string): Promise<LogRow | null> {
  // Its row may still be on its way to the database.
  return (await log.get(id)) ?? (await log.flush().then(() => log.get(id)));
}
