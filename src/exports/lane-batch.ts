// LaneBatch: the rows of one spool on their way into one batch: read until it is full or old enough, then the same until it is there.
import type { LogRow } from '../core/log-row.ts';
import { type BatchLimits, bytesOf } from './courier.ts';
import type { ExportLane, LanePlace } from './export-lane.ts';

const READ_ROWS = 250;
/** Then others on this thread have their turn. */
const MAX_READS = 1000;
/** Of one row each. */
const MAX_SINGLE_READS = 20_000;

export interface LaneBatchOptions {
  readonly lane: ExportLane;
  readonly limits: () => BatchLimits;
  /** How long the first row waits for others. */
  readonly maxAgeMs: () => number;
  /** The row as the export may have it; null: it is none of its. */
  readonly dress: (row: LogRow) => LogRow | null;
  readonly now: () => number;
}

export class LaneBatch {
  readonly lane: ExportLane;
  readonly #options: LaneBatchOptions;
  #rows: LogRow[] = [];
  #bytes = 0;
  #to: LanePlace | null = null;
  #begunAt = 0;
  /** It has been sent, or is being: it stays as it is. */
  #isClosed = false;
  #oldestAt: number | null = null;
  /** Where the batch ended that an earlier life was sending. */
  #mustEndAt: LanePlace | null;

  constructor(options: LaneBatchOptions) {
    this.#options = options;
    this.lane = options.lane;
    this.#mustEndAt = options.lane.sentTo;
  }

  get rows(): readonly LogRow[] {
    return this.#rows;
  }

  /** When the oldest row in it ended; null: there is none. */
  get oldestAt(): number | null {
    return this.#rows.length === 0 ? null : this.#oldestAt;
  }

  /** Where the spool goes on behind it; null: nothing was read. */
  get readTo(): LanePlace | null {
    return this.#to;
  }

  get isEmpty(): boolean {
    return this.#rows.length === 0;
  }

  /** Reads on, as far as it has room. Throws the system's errors. */
  fill(): void {
    const { dress } = this.#options;
    const maxReads = this.#mustEndAt === null ? MAX_READS : MAX_SINGLE_READS;
    for (let reads = 0; reads < maxReads && this.#hasRoom(); reads++) {
      const read = this.lane.next(this.#mustEndAt === null ? READ_ROWS : 1);
      if (read === null) {
        // What ended there is gone, or was never whole.
        this.#mustEndAt = null;
        break;
      }
      for (const row of read.rows) {
        const dressed = dress(row);
        if (dressed !== null) this.#add(dressed);
      }
      this.#to = read.to;
      // The same batch as before the restart: whoever names what he keeps by it has it once.
      if (this.#mustEndAt !== null && !isBefore(read.to, this.#mustEndAt)) {
        this.#mustEndAt = null;
        if (!this.isEmpty) this.#isClosed = true;
      }
    }
    // None of it is to be sent: the place goes on all the same.
    if (this.isEmpty && this.#to !== null) this.delivered();
  }

  /** It is to be sent now. */
  isDue(hurried: boolean): boolean {
    if (this.isEmpty || this.#mustEndAt !== null) return false;
    const { maxAgeMs, now } = this.#options;
    return hurried || this.#isClosed || this.#isFull() || now() - this.#begunAt >= maxAgeMs();
  }

  /** From here on it is what it is, after a restart as well. */
  close(): void {
    if (this.#isClosed || this.#to === null) return;
    this.lane.willSend(this.#to);
    this.#isClosed = true;
  }

  /** None of these will ever be taken as they were sent: others may join them. */
  reopen(rest: readonly LogRow[]): void {
    this.#rows = [...rest];
    this.#bytes = rest.reduce((sum, row) => sum + bytesOf(row), 0);
    this.#isClosed = false;
  }

  /** All that was read is there. */
  delivered(): void {
    if (this.#to !== null) this.lane.acknowledge(this.#to);
    this.#rows = [];
    this.#bytes = 0;
    this.#to = null;
    this.#isClosed = false;
    this.#mustEndAt = null;
  }

  #add(row: LogRow): void {
    const endedAt = Date.parse(row.at) + row.total_ms;
    if (this.isEmpty) {
      this.#begunAt = this.#options.now();
      this.#oldestAt = endedAt;
    }
    this.#oldestAt = Math.min(this.#oldestAt ?? endedAt, endedAt);
    this.#rows.push(row);
    this.#bytes += bytesOf(row);
  }

  /** What an earlier life was sending may be more than a batch's limits, by what one read gives: it is sent in the same pieces. */
  #hasRoom(): boolean {
    return !this.#isClosed && (this.#mustEndAt !== null || !this.#isFull());
  }

  #isFull(): boolean {
    const { maxRows, maxBytes } = this.#options.limits();
    return this.#rows.length >= maxRows || this.#bytes >= maxBytes;
  }
}

function isBefore(one: LanePlace, other: LanePlace): boolean {
  return (
    one.segment < other.segment || (one.segment === other.segment && one.offset < other.offset)
  );
}
