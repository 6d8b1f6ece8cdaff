// logTrouble: what /readyz says of the log while it does not keep up.
import type { Ledger } from '../ledger/open-ledger.ts';

/** A database that hangs is known to be down only when its answer is overdue; that rows wait is known at once. */
const LAGGING_MS = 2000;

/** Null: nothing is wrong with it. */
export function logTrouble(stats: Ledger['stats']) {
  const { database, isDropping, dropped, queued, spooledRows, spooledBytes, lagMs } = stats;
  const isWell = database === 'ok' && !isDropping && stats.lastError === null;
  if (isWell && lagMs < LAGGING_MS) return null;
  return {
    database,
    /** Those in memory as well: the disk may be what is wrong. */
    spooled_rows: spooledRows + queued,
    spooled_bytes: spooledBytes,
    lag_ms: lagMs,
    dropping: isDropping,
    dropped_rows: dropped,
  };
}
