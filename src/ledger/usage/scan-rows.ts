// What no sums are kept of, from the rows themselves: bounded, because a row takes a hundred times as long as its share of a sum.
import { GatewayError, invalid } from '../../core/errors.ts';
import { HOUR_MS } from '../../lib/utc-day.ts';
import { type Interval, startOf } from '../../lib/utc-periods.ts';
import type { LogFilter } from '../log-filter.ts';
import type { LogStore, Stretch } from '../log-store.ts';
import type { Property } from './cubes.ts';
import type { Lines } from './lines.ts';
import type { UsagePlan } from './plan-usage.ts';
import { addRow, SUMMED_COLUMNS } from './sum-rows.ts';
import { NAMES, type Name, summedTogether, type UsageQuery } from './usage-query.ts';

/** Some seconds. */
export const MAX_SCANNED_ROWS = 500_000;

/** Rows that one question may go through in open hours that should have been summed up by now. */
export class RowBudget {
  #left: number;

  constructor(rows: number) {
    this.#left = rows;
  }

  /** Throws `storage_unavailable` where there are more. */
  take(rows: number): void {
    this.#left -= rows;
    if (this.#left >= 0) return;
    throw new GatewayError(
      'storage_unavailable',
      'Hours of this stretch with many requests are not summed up yet: the log is at it. Ask again in a minute, or of a shorter stretch (from, to).',
    );
  }
}

/** Rejects with `invalid_request` where there are too many. */
export async function scanRows(
  store: LogStore,
  query: UsageQuery,
  { rows: hours }: UsagePlan,
  lines: Lines,
): Promise<void> {
  const filter = rowFilter(query);
  const { model, provider } = query.filter;
  let scanned = 0;
  for (const stretch of together(hours, query.interval)) {
    const sums = lines.sumsAt(stretch.from);
    for await (const rows of store.scan(stretch, SUMMED_COLUMNS, filter)) {
      scanned += rows.length;
      if (scanned > MAX_SCANNED_ROWS) throw tooManyRows();
      // The log's own filters of these also find what was asked for and tried; here a request is under what answered it.
      for (const row of rows)
        if (
          (model === undefined || row.model === model) &&
          (provider === undefined || row.provider === provider)
        )
          addRow([sums], row);
    }
    // Other questions have their turn.
    await Bun.sleep(0);
  }
}

export function tooManyRows(): GatewayError {
  return invalid(
    'from',
    `is too far back for this question: these properties are not summed together, and its stretch has more than ${MAX_SCANNED_ROWS} rows to go through. Narrow it (from, to, user, key), or ask for properties that are summed together, without status and cache: ${summedTogether()}`,
  );
}

/** @param keptFrom the first moment of which there are rows */
export function rowsAreGone(keptFrom: number): GatewayError {
  const day = new Date(keptFrom).toISOString().slice(0, 10);
  return invalid(
    'from',
    `is too far back for this question, which needs the rows of its requests: those before ${day} are no longer kept (log.retention). Ask from ${day} on, or for what is summed up, without status and cache: ${summedTogether()}; by user, or key with model, not by hour`,
  );
}

/** Hours one after the other, cut where an interval ends. */
function* together(hours: readonly number[], interval: Interval | null): Generator<Stretch> {
  let open: { from: number; to: number } | null = null;
  for (const hour of hours) {
    const isCut = interval !== null && open !== null && startsAt(interval, hour);
    if (open !== null && open.to === hour && !isCut) open.to = hour + HOUR_MS;
    else {
      if (open !== null) yield open;
      open = { from: hour, to: hour + HOUR_MS };
    }
  }
  if (open !== null) yield open;
}

function startsAt(interval: Interval, hour: number): boolean {
  return startOf(interval, hour) === hour;
}

function rowFilter({ filter, status, cache }: UsageQuery): LogFilter {
  const { model: _model, provider: _provider, ...exact } = filter;
  return {
    limit: 1,
    ...exact,
    ...(status === undefined ? {} : { status }),
    ...(cache === undefined ? {} : { cache }),
  };
}

/** Each property that is filtered by, with its value. */
export function filtered({ filter }: UsageQuery): [Property, string][] {
  return (Object.entries(filter) as [Name, string][]).map(([name, value]) => [NAMES[name], value]);
}
