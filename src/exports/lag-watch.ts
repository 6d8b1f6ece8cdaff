// LagWatch: what happens to an export that lags too far behind: what waits for it in the spool is let pass, and noted as a gap that
// is filled in from the log. So the spool stays small, and no row is lost.
import type { LogRow } from '../core/log-row.ts';
import type { Log } from '../lib/log.ts';
import type { ExportLane, LanePlace } from './export-lane.ts';
import type { ExportState } from './export-state.ts';
import type { LaneBatch } from './lane-batch.ts';
import { minutesOf, type TimeRange } from './time-ranges.ts';

const LOOK_MS = 5000;
/** While nothing goes out, rows wait in the spool so long. A spool whose process is dead is kept an hour. */
const MAX_LAG_MS = 15 * 60_000;
const READ_ROWS = 500;
/** So many rows are noted at once: what was read and not noted is read again after a crash. */
const ROWS_AT_ONCE = 20_000;
/** Requests that took longer are not looked for where nobody knows when they arrived. */
const LONGEST_REQUEST_MS = 3_600_000;
/** Files that are gone went after the log had them. */
const NO_PLACE: LanePlace = { segment: 0, offset: 0 };

export interface LagWatchOptions {
  readonly name: string;
  readonly state: Pick<ExportState, 'noteGap'>;
  readonly dress: (row: LogRow) => LogRow | null;
  readonly log: Log;
  readonly now: () => number;
  /** Of one spool, that may wait. */
  readonly maxLagBytes: number;
  readonly maxLagMs?: number;
}

export class LagWatch {
  readonly #options: LagWatchOptions;
  #lookedAt = 0;

  constructor(options: LagWatchOptions) {
    this.#options = options;
  }

  /**
   * @param isStuck nothing goes out at all
   * @return the batches that were let pass, with all that followed them
   */
  async mind(batches: Iterable<LaneBatch>, isStuck: boolean): Promise<readonly LaneBatch[]> {
    const { name, now, log, maxLagBytes, maxLagMs = MAX_LAG_MS } = this.#options;
    if (now() - this.#lookedAt < LOOK_MS) return [];
    this.#lookedAt = now();
    const passed: LaneBatch[] = [];
    for (const batch of batches) {
      const { lane, oldestAt } = batch;
      if (lane.takeSkipped() > 0) this.#noteLost(lane);
      const isLate = isStuck && oldestAt !== null && now() - oldestAt > maxLagMs;
      if (!isLate && lane.waitingBytes() <= maxLagBytes) continue;
      const rows = await this.#letPass(batch);
      passed.push(batch);
      log(
        'warn',
        `Export "${name}" lags too far behind: ${rows} rows are left to the log, and filled in from there once it goes on.`,
      );
    }
    return passed;
  }

  /** When the rows in files that are gone arrived is known only by what is left on both sides. */
  #noteLost(lane: ExportLane): void {
    const { name, state, now, log } = this.#options;
    const range: TimeRange = [lane.acknowledgedAt - LONGEST_REQUEST_MS, now()];
    state.noteGap(name, { ranges: [range], ids: null, spool: lane.spool, to: NO_PLACE });
    log(
      'warn',
      `Export "${name}": files of the spool were gone before they were sent; what was in them is filled in from the log.`,
    );
  }

  /** Up to the end of the spool, beginning with what the batch holds. @return how many rows */
  async #letPass(batch: LaneBatch): Promise<number> {
    const { name, state } = this.#options;
    const { lane } = batch;
    const { spool } = lane;
    let passed = 0;
    let rows: readonly LogRow[] = batch.rows;
    let to = batch.readTo;
    for (;;) {
      const further = await this.#readOn(lane, rows.length);
      rows = [...rows, ...further.rows];
      to = further.to ?? to;
      if (to === null || lane.isClosed) return passed;
      // The note first: twice is no harm, never is.
      if (rows.length > 0) state.noteGap(name, { ...gapOf(rows), spool, to });
      batch.delivered();
      lane.acknowledge(to);
      passed += rows.length;
      rows = [];
      to = null;
    }
  }

  /** @return what follows, and where it came to; null: nothing does */
  async #readOn(lane: ExportLane, already: number) {
    const rows: LogRow[] = [];
    let to: LanePlace | null = null;
    while (already + rows.length < ROWS_AT_ONCE) {
      const read = lane.next(READ_ROWS);
      if (read === null) break;
      for (const row of read.rows) if (this.#options.dress(row) !== null) rows.push(row);
      to = read.to;
      // Others on this thread go on.
      await Bun.sleep(0);
    }
    return { rows, to };
  }
}

export function gapOf(rows: readonly LogRow[]) {
  const moments = rows.map(({ at }) => Date.parse(at));
  const first = moments.reduce((one, other) => Math.min(one, other), Number.POSITIVE_INFINITY);
  const last = moments.reduce((one, other) => Math.max(one, other), 0);
  const ranges = minutesOf(moments).map(
    ([from, to, count = 0]): TimeRange => [Math.max(from, first), Math.min(to, last + 1), count],
  );
  return { ranges, ids: rows.map(({ id }) => id) };
}
