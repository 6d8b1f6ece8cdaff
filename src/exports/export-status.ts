// How an export is doing, as the thread that exports tells it.

export type ExportCondition = 'starting' | 'ok' | 'retrying' | 'refused' | 'paused';

export interface ExportStatus {
  readonly name: string;
  readonly type: string;
  readonly state: ExportCondition;
  /**
   * When the oldest request ended that is waiting, in the spool or as a gap that is owed; of a back-fill, when it went on last.
   * Null: nothing is. Unix milliseconds.
   */
  readonly oldestAt: number | null;
  /** Since the start: rows the other side took, those it never will, and calls that failed. */
  readonly delivered: number;
  readonly rejected: number;
  /** Rows that were let pass and were gone from the log when it came to them, ever: at least so many. */
  readonly lost: number;
  readonly failures: number;
  readonly deliveredAt: number | null;
  /** Since when nothing goes out, or nothing can be read here; null: it does. */
  readonly troubleSince: number | null;
  /** What went wrong last; it stays when it is over. */
  readonly lastError: string | null;
  readonly lastErrorAt: number | null;
  /** Rows nobody would take, kept by their ids. */
  readonly deadLetters: number;
}

/** What alerts go by. */
export interface ExportHealth {
  readonly name: string;
  /** How long the oldest request has been waiting; 0: none is. */
  readonly lagMs: number;
  /** Unix milliseconds; null: it is not stuck. */
  readonly stuckSince: number | null;
  readonly why: string | null;
}

export function healthOf(status: ExportStatus, now: number): ExportHealth {
  const { name, oldestAt, troubleSince, lastError } = status;
  return {
    name,
    lagMs: oldestAt === null ? 0 : Math.max(0, now - oldestAt),
    stuckSince: troubleSince,
    why: troubleSince === null ? null : lastError,
  };
}
