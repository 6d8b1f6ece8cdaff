// The locks of the log's hours in PostgreSQL: whoever writes rows shares those of their hours, whoever begins or ends summing one up has it alone.
import { HOUR_MS } from '../../lib/utc-day.ts';

/** So that they are nobody else's in a shared database: "SY" and what the lock is for. */
const HOURS = 0x53590001;
const CLOSERS = 0x53590002;

/** The first day that retention has not dropped: no row, none. */
export const DROPPED_BEFORE = "SELECT value FROM log_state WHERE name = 'dropped_before'";

/** In one order everywhere, so that no two writers wait for each other. */
export function sharedLocks(hours: readonly number[]): string {
  const calls = hours.map((hour) => `pg_advisory_xact_lock_shared(${HOURS}, ${numberOf(hour)})`);
  return `SELECT ${calls.join(', ')}`;
}

export function lockAlone(hours: readonly number[]): string {
  const calls = hours.map((hour) => `pg_advisory_xact_lock(${HOURS}, ${numberOf(hour)})`);
  return `SELECT ${calls.join(', ')}`;
}

/** The answer's `mine` is false where another process is at the hour. */
export function tryToClose(hour: number): string {
  return `SELECT pg_try_advisory_xact_lock(${CLOSERS}, ${numberOf(hour)}) AS mine`;
}

function numberOf(hour: number): number {
  return Math.floor(hour / HOUR_MS);
}
