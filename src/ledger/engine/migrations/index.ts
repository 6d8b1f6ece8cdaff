// The steps that bring the log's tables to the newest schema, on both engines: an ordered list, each applied once.
import { log } from './001-log.ts';
import { savings } from './002-savings.ts';

/** A step is never changed once released: a change is a new step. Each list may be empty. */
export interface LogMigration {
  readonly name: string;
  /** For a file of one day's rows. */
  readonly day: readonly string[];
  /** For the file of sums and what else is not by day. */
  readonly usage: readonly string[];
  readonly postgres: readonly string[];
}

/** In the order in which they run. A file's `user_version` is how many of them it has. */
export const LOG_MIGRATIONS: readonly LogMigration[] = [log, savings];
