// What is to be sent out of the log, as it stands in switchyard.db: back-fills that were asked for, and gaps.
import type { LanePlace } from './export-lane.ts';
import type { TimeRange } from './time-ranges.ts';

export interface Backfill {
  readonly id: string;
  readonly export: string;
  readonly kind: 'asked' | 'gap';
  readonly ranges: readonly TimeRange[];
  readonly state: 'running' | 'done' | 'cancelled';
  /** Counted from the newest. */
  readonly rangeAt: number;
  readonly cursor: string | null;
  /** Delivered. */
  readonly rows: number;
  /** The log had of the range so far. */
  readonly rangeRows: number;
  /** Rows that were let pass, and that the log has no longer: at least so many. */
  readonly lost: number;
  /** Of the ranges it is only the rows that are noted (gap-rows.ts). */
  readonly exact: boolean;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface BackfillRow {
  readonly id: string;
  readonly export: string;
  readonly kind: Backfill['kind'];
  readonly ranges: string;
  readonly state: Backfill['state'];
  readonly range_at: number;
  readonly cursor: string | null;
  readonly rows: number;
  readonly range_rows: number;
  readonly lost: number;
  readonly exact: number;
  readonly created_at: number;
  readonly updated_at: number;
}

/** How far one has come with a page that is delivered. */
export type BackfillStep = Pick<Backfill, 'rangeAt' | 'cursor' | 'rows' | 'rangeRows' | 'lost'> & {
  readonly done: boolean;
  /** Of an exact one: those of the page. */
  readonly ids?: readonly string[];
};

export interface Gap {
  readonly ranges: readonly TimeRange[];
  /** The rows it is; null: nobody knows which. */
  readonly ids: readonly string[] | null;
  /** The log has these rows when it has this place of the spool. */
  readonly spool: string;
  readonly to: LanePlace;
}

/** What it waits for, and how far that is; null: the log has none of that spool yet, or all of it. */
export interface Waiting {
  readonly after_spool: string | null;
  readonly after_segment: number | null;
  readonly after_offset: number | null;
  readonly segment: number | null;
  readonly offset: number | null;
}

/** The log has the rows by now. @param spools that are still there */
export function isInLog(row: Waiting, spools: ReadonlySet<string>): boolean {
  const { after_spool: spool, after_segment: segment, after_offset: offset } = row;
  if (spool === null || segment === null || offset === null) return true;
  if (row.segment === null || row.offset === null) return !spools.has(spool);
  return row.segment > segment || (row.segment === segment && row.offset >= offset);
}

export function fromRow(row: BackfillRow): Backfill {
  const { id, kind, state, cursor, rows, lost } = row;
  return {
    ...{ id, kind, state, cursor, rows, lost, export: row.export },
    ranges: parsedRanges(row.ranges),
    rangeAt: row.range_at,
    exact: row.exact === 1,
    rangeRows: row.range_rows,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

export function parsedRanges(text: string): TimeRange[] {
  return JSON.parse(text) as TimeRange[];
}

/**
 * Since when something of it waits, Unix milliseconds: of a gap, the oldest request that was let pass; of what was asked for, the
 * last page that got there: a long one that goes on is not late.
 */
export function owedSince({ kind, ranges, updatedAt }: Backfill): number {
  return kind === 'gap' ? (ranges[0]?.[0] ?? updatedAt) : updatedAt;
}
