// ExportLane: one spool as an export reads it: what follows, and how far all of it is delivered.
import type { LogRow } from '../core/log-row.ts';

/** As the spool has places: the number of a file and a byte in it. */
export interface LanePlace {
  readonly segment: number;
  readonly offset: number;
}

export interface LaneRead {
  readonly rows: readonly LogRow[];
  /** Where the next one begins. */
  readonly to: LanePlace;
}

export interface ExportLane {
  /** The name of the spool. */
  readonly spool: string;
  /** What follows what was read last; null: nothing yet. Throws the system's errors. */
  next(maxRows: number): LaneRead | null;
  /** All up to here is delivered. Survives the process. */
  acknowledge(to: LanePlace): void;
  /** What was read and is not acknowledged goes out as one batch, in this life or the next. Survives the process. */
  willSend(to: LanePlace): void;
  /** Where the batch ends that an earlier life may have sent already; null: none. */
  readonly sentTo: LanePlace | null;
  /** On disk, from what is acknowledged to the end. */
  waitingBytes(): number;
  /** When what went on from here was acknowledged last: Unix milliseconds. */
  readonly acknowledgedAt: number;
  /** Files that were gone before they were read, since this was asked last. */
  takeSkipped(): number;
  /** It is no longer there. */
  readonly isGone: boolean;
  /** Nothing that is done to it holds any longer. */
  readonly isClosed: boolean;
}

export interface ExportLanes {
  /** Those there are now; the same objects each time. Looks for others every few seconds. */
  all(): readonly ExportLane[];
  /** From here on nothing is read, and no place moves. */
  close(): void;
  /** There is no such export any longer: nothing is kept for it. */
  remove(): void;
}

/** Rows that the log has: asked of the thread that has it. */
export interface LoggedRows {
  /** Newest first. Rejects where the log cannot be read now. @param cursor of the page before */
  page(asked: LogPageQuestion): Promise<LoggedPage>;
  /** In their order, null where the log has one no longer. */
  rows(ids: readonly string[]): Promise<readonly (LogRow | null)[]>;
}

export interface LogPageQuestion {
  /** Unix milliseconds, `to` not in it. */
  readonly from: number;
  readonly to: number;
  readonly cursor: string | null;
  readonly limit: number;
}

export interface LoggedPage {
  readonly rows: readonly LogRow[];
  readonly nextCursor: string | null;
}
