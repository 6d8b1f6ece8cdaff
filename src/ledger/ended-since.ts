// The rows that ended after a given one did: what somebody who follows the log has missed while he was away.
import { invalid } from '../core/errors.ts';
import type { LogRow } from '../core/log-row.ts';
import { isUuidV7, timeOf } from '../lib/uuid-v7.ts';
import { fromCursor, type LogFilter, type RowFilter } from './log-filter.ts';
import type { LogPage } from './log-reader.ts';

/** Rows are found by when their requests arrived; one that took longer than this is not looked for. */
const LONGEST_MS = 3_600_000;
/** The arrival is told in whole milliseconds and the duration by another clock: rather one row twice than one never. */
const SLACK_MS = 100;
const FIRST_BAND_MS = 4000;
const PAGE_ROWS = 200;
const MAX_ROWS = 2000;

export interface EndedSince {
  /** In the order in which they ended. */
  readonly rows: readonly LogRow[];
  /** There are more. */
  readonly cut: boolean;
}

interface Log {
  flush(): Promise<void>;
  get(id: string): Promise<LogRow | null>;
  list(filter: LogFilter): Promise<LogPage>;
}

/** @param id of the row that was seen last. Rejects with `invalid_request` where it is no row's, and with `storage_unavailable`. */
export async function endedSince(log: Log, filter: RowFilter, id: string): Promise<EndedSince> {
  if (!isUuidV7(id))
    throw invalid('last-event-id', 'must be the id of an event of this stream: a generation id');
  await log.flush();
  const seen = await log.get(id);
  // Where its row is gone, from the moment it arrived.
  const ended = seen === null ? timeOf(id) : endOf(seen);
  const rows: LogRow[] = [];
  for (const band of bands(filter, ended - SLACK_MS)) {
    let cursor: string | null = null;
    do {
      const page: LogPage = await log.list(fromCursor(band, cursor));
      for (const row of page.logs)
        if (row.id !== id && endOf(row) > ended - SLACK_MS) rows.push(row);
      cursor = page.nextCursor;
      if (rows.length > MAX_ROWS) return { rows: inOrder(rows.slice(0, MAX_ROWS)), cut: true };
    } while (cursor !== null);
  }
  return { rows: inOrder(rows), cut: false };
}

/**
 * What arrived since, and before it in bands: what arrived earlier must have taken longer, and few requests take long, so
 * that the database hands over hardly any row that is not wanted.
 */
function* bands(filter: RowFilter, since: number): Generator<LogFilter> {
  yield { ...filter, limit: PAGE_ROWS, from: since - FIRST_BAND_MS };
  for (let ms = FIRST_BAND_MS; ms < LONGEST_MS; ms *= 4) {
    const least = Math.max(ms, filter.min_total_ms ?? 0);
    const band = { from: since - ms * 4, to: since - ms, min_total_ms: least };
    yield { ...filter, ...band, limit: PAGE_ROWS };
  }
}

function inOrder(rows: LogRow[]): LogRow[] {
  return rows.sort((one, other) => endOf(one) - endOf(other));
}

function endOf(row: LogRow): number {
  return Date.parse(row.at) + row.total_ms;
}
