// ExportJobs: what an export sends next: live requests out of the spools and rows out of the log, in turn. What goes wrong with the
// log holds up nothing that is live.
import type { LogRow } from '../core/log-row.ts';
import type { DeadLetter } from './courier.ts';
import type { ExportLane, ExportLanes } from './export-lane.ts';
import { LaneBatch, type LaneBatchOptions } from './lane-batch.ts';
import { LocalTrouble, type Trouble } from './local-trouble.ts';
import type { LoggedPageWork, LoggedWork } from './logged-work.ts';

/** How soon the log is asked again, after it could not be read. */
const LOG_WAIT_MS = 5000;
/** The log's rows may take longer; then they go with a later turn. */
const TURN_MS = 1000;

/** What is on its way, until it is there. */
export interface Job {
  rows: readonly LogRow[];
  readonly dead: DeadLetter[];
  /** Null: its rows are out of the log. */
  readonly batch: LaneBatch | null;
  readonly isLetters: boolean;
  finish(dead: readonly DeadLetter[]): void;
}

export interface ExportJobsOptions {
  readonly lanes: ExportLanes;
  readonly work: Pick<LoggedWork, 'next'>;
  /** All of a batch's but its lane. */
  readonly batch: Omit<LaneBatchOptions, 'lane'>;
  readonly say: (trouble: string) => void;
  readonly now: () => number;
}

export class ExportJobs {
  readonly #options: ExportJobsOptions;
  readonly #batches = new Map<ExportLane, LaneBatch>();
  readonly #trouble: LocalTrouble;
  #askAgainAt = 0;
  #asked: Promise<LoggedPageWork | null> | null = null;
  #wasLive = false;

  constructor(options: ExportJobsOptions) {
    this.#options = options;
    this.#trouble = new LocalTrouble(options.say, options.now);
  }

  get batches(): Iterable<LaneBatch> {
    return this.#batches.values();
  }

  /** Why nothing comes out of the log; null: it can be read. */
  get trouble(): Trouble | null {
    return this.#trouble.current;
  }

  /** Which spools there are. @param busy the batch that is under way */
  look(busy: LaneBatch | null): void {
    const { lanes, batch: options } = this.#options;
    for (const lane of lanes.all())
      if (!this.#batches.has(lane)) this.#batches.set(lane, new LaneBatch({ ...options, lane }));
    for (const [lane, batch] of this.#batches)
      if (lane.isGone && batch.isEmpty && batch !== busy) this.#batches.delete(lane);
  }

  /** Null: there is nothing to send now. Throws the system's errors. @param closing only what is live, and that at once */
  async next(closing: boolean): Promise<Job | null> {
    // In turn: a long back-fill holds up no live request, and live requests no back-fill.
    const live = this.#wasLive ? null : this.#liveJob(closing);
    this.#wasLive = live !== null;
    if (live !== null) return live;
    const logged = closing ? null : await this.#loggedJob();
    if (logged !== null) return logged;
    return this.#liveJob(closing);
  }

  #liveJob(closing: boolean): Job | null {
    for (const batch of this.#batches.values()) {
      batch.fill();
      if (!batch.isDue(closing)) continue;
      batch.close();
      return {
        ...{ rows: batch.rows, dead: [], batch, isLetters: false },
        finish: () => batch.delivered(),
      };
    }
    return null;
  }

  async #loggedJob(): Promise<Job | null> {
    this.#asked ??= this.#fromLog();
    const late = Promise.withResolvers<'late'>();
    const timer = setTimeout(() => late.resolve('late'), TURN_MS);
    const work = await Promise.race([this.#asked, late.promise]);
    clearTimeout(timer);
    if (work === 'late') return null;
    this.#asked = null;
    if (work === null) return null;
    return {
      ...{ rows: work.rows, dead: [], batch: null, isLetters: work.kind === 'letters' },
      finish: (dead) => work.finish(dead),
    };
  }

  /** Never rejects. */
  async #fromLog(): Promise<LoggedPageWork | null> {
    const { work, now } = this.#options;
    if (now() < this.#askAgainAt) return null;
    try {
      const next = await work.next();
      this.#trouble.over();
      return next;
    } catch (thrown) {
      this.#askAgainAt = now() + LOG_WAIT_MS;
      this.#trouble.failed(thrown);
      return null;
    }
  }
}
