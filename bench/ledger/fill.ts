// Fills days of the log, as a process of its own: `fill.ts '{"place": …, "days": […], "rows": …}'`. Says each day it has done.
import type { LogPlace } from '../../src/ledger/log-store.ts';
import { fillPostgresDay } from './fill-postgres.ts';
import { fillSqliteDay } from './fill-sqlite.ts';

export interface Fill {
  readonly place: LogPlace;
  /** Its first millisecond. */
  readonly day: number;
  readonly rows: number;
}

export interface FillTask {
  readonly place: LogPlace;
  readonly days: readonly number[];
  /** Of each day. */
  readonly rows: number;
}

if (import.meta.main) {
  const { place, days, rows } = JSON.parse(process.argv[2] ?? '') as FillTask;
  for (const day of days) {
    if (place.engine === 'sqlite') await fillSqliteDay({ place, day, rows });
    else await fillPostgresDay({ place, day, rows });
    process.stdout.write(`${day}\n`);
  }
}
