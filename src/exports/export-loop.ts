// ExportLoop: one export: live requests out of the spools, rows out of the log between them, until the other side has each, or says
// that it never will. It waits for nobody else, and nobody waits for it.
import type { ExportSettings } from '../config/exports-schema.ts';
import { toGatewayError } from '../core/errors.ts';
import type { Log } from '../lib/log.ts';
import { type Carried, Courier, type DeadLetter } from './courier.ts';
import { ExportFigures } from './export-figures.ts';
import { ExportJobs, type Job } from './export-jobs.ts';
import type { ExportLanes, LoggedRows } from './export-lane.ts';
import { ExportPatience } from './export-patience.ts';
import type { Delivery, ExportSink } from './export-sink.ts';
import type { ExportStanding } from './export-standing.ts';
import type { ExportState } from './export-state.ts';
import type { ExportStatus } from './export-status.ts';
import { LagWatch } from './lag-watch.ts';
import { LocalTrouble } from './local-trouble.ts';
import { LoggedWork } from './logged-work.ts';
import { rowDressing } from './row-dressing.ts';

/** How soon it is seen that rows came. */
const POLL_MS = 500;
const DEFAULT_AGE_MS = 1000;
/** Of a sink that could not be opened yet. */
const UNKNOWN_LIMITS = { maxRows: 500, maxBytes: 1024 * 1024 };
const DISK_WAIT_MS = 5000;
const STUCK_MS = 3000;
/** Whoever took rows so lately takes rows. */
const TAKING_MS = 120_000;

export interface ExportLoopOptions {
  readonly name: string;
  readonly settings: ExportSettings;
  readonly openSink: () => Promise<ExportSink>;
  readonly lanes: ExportLanes;
  readonly state: ExportState;
  readonly rows: LoggedRows;
  readonly log: Log;
  readonly now: () => number;
  readonly chance: () => number;
  readonly isPaused: () => boolean;
  /** As it was left. */
  readonly stuckSince: number | null;
  /** Of one spool, that may wait for it. */
  readonly maxLagBytes: number;
}

export class ExportLoop {
  readonly #options: ExportLoopOptions;
  readonly #patience: ExportPatience;
  readonly #jobs: ExportJobs;
  readonly #lag: LagWatch;
  readonly #figures = new ExportFigures();
  /** Of the disk, or the database. */
  readonly #disk: LocalTrouble;
  #courier: Courier | null = null;
  #sink: ExportSink | null = null;
  #job: Job | null = null;
  /** As it is written down. */
  #stuckSince: number | null;
  #closing = false;
  #stopped = false;
  #wake: (() => void) | null = null;

  constructor(options: ExportLoopOptions) {
    const { name, settings, state, rows, lanes, log, now } = options;
    this.#options = options;
    this.#patience = new ExportPatience({ ...options, since: options.stuckSince });
    this.#stuckSince = options.stuckSince;
    const dress = rowDressing(settings);
    this.#lag = new LagWatch({ ...options, dress });
    const spools = () => new Set(lanes.all().map(({ spool }) => spool));
    const limits = () => this.#courier?.limits ?? UNKNOWN_LIMITS;
    const maxAgeMs = () => settings.batch?.age ?? this.#sink?.maxAgeMs ?? DEFAULT_AGE_MS;
    this.#jobs = new ExportJobs({
      ...{ lanes, now, batch: { limits, maxAgeMs, dress, now } },
      work: new LoggedWork({ name, state, source: rows, dress, spools, log }),
      say: (why) => log('warn', `Export "${name}" cannot read the log here: ${why}`),
    });
    const disk = (why: string) => log('warn', `Export "${name}" cannot read or write here: ${why}`);
    this.#disk = new LocalTrouble(disk, now);
  }

  /** Resolves after `close`. */
  async run(): Promise<void> {
    while (!this.#stopped) {
      let waitMs = DISK_WAIT_MS;
      try {
        waitMs = await this.#turn();
        this.#keepStuck();
        this.#disk.over();
      } catch (thrown) {
        this.#disk.failed(thrown);
        if (this.#closing) break;
      }
      if (waitMs > 0) await this.#sleep(waitMs);
    }
    this.stop();
    await this.#sink?.close?.().catch(() => undefined);
  }

  /** Sends what is there, for so long; the rest stays where it is, for whoever comes next. */
  close(withinMs: number): void {
    this.#closing = true;
    this.#wake?.();
    setTimeout(() => this.stop(), withinMs);
  }

  /** From here on nothing is sent, and no place moves any more. */
  stop(): void {
    this.#stopped = true;
    this.#courier?.stop();
    this.#options.lanes.close();
    this.#wake?.();
  }

  /** What an operator ordered is looked at now. */
  wake(): void {
    this.#wake?.();
  }

  /** By a sink of its own: what is under way is not disturbed. */
  async test(): Promise<Delivery> {
    let sink: ExportSink | null = null;
    try {
      sink = await this.#options.openSink();
      const answer = await new Courier(sink).test();
      if (answer.kind === 'taken') this.#patience.hurry();
      this.#wake?.();
      return answer;
    } catch (thrown) {
      return { kind: 'refused', why: toGatewayError(thrown).message };
    } finally {
      await sink?.close?.().catch(() => undefined);
    }
  }

  status(standing: ExportStanding): ExportStatus {
    const { name, settings, isPaused } = this.#options;
    return this.#figures.told({
      ...{ name, type: settings.type, isPaused: isPaused(), isOpen: this.#courier !== null },
      ...{ patience: this.#patience, batches: this.#jobs.batches, standing },
      trouble: this.#disk.current ?? this.#jobs.trouble,
    });
  }

  /** @return how long nothing is to be done */
  async #turn(): Promise<number> {
    const paused = this.#options.isPaused();
    const waitMs = paused ? POLL_MS : this.#patience.waitMs();
    this.#jobs.look(this.#job?.batch ?? null);
    const passed = await this.#lag.mind(this.#jobs.batches, waitMs > 0);
    if (this.#job?.batch != null && passed.includes(this.#job.batch)) this.#job = null;
    if (waitMs > 0) {
      for (const batch of this.#jobs.batches) batch.fill();
      if (this.#closing) this.#stopped = true;
      return Math.min(waitMs, POLL_MS);
    }
    const courier = this.#courier ?? (await this.#open());
    if (courier === null || this.#stopped) return 0;
    this.#job ??= await this.#jobs.next(this.#closing);
    if (this.#stopped) return 0;
    if (this.#job === null) {
      if (this.#closing) this.#stopped = true;
      if (this.#patience.kind !== null) this.#note(await courier.carry([]));
      else if (this.#patience.since !== null && !this.#isOwed()) this.#patience.worked();
      return POLL_MS;
    }
    await this.#carry(courier, this.#job);
    return 0;
  }

  async #open(): Promise<Courier | null> {
    const { openSink, settings } = this.#options;
    try {
      this.#sink ??= await openSink();
      if (this.#stopped) return null;
      const { rows, bytes } = settings.batch ?? {};
      const courier = new Courier(this.#sink, {
        ...(rows === undefined ? {} : { maxRows: rows }),
        ...(bytes === undefined ? {} : { maxBytes: bytes }),
      });
      this.#courier = courier;
      // What is wrong is told at once, not with the first request.
      const carried = await courier.carry([]);
      if (carried.kind === 'done') this.#patience.opened();
      else this.#patience.failed(carried);
      return carried.kind === 'done' ? courier : null;
    } catch (thrown) {
      const why = toGatewayError(thrown).message;
      const none = { delivered: 0, dead: [], rest: [] };
      this.#patience.failed({ kind: 'refused', why, splits: false, ...none });
    }
    return null;
  }

  /** No row went: that one may be tried is all it says, while any waits. */
  #note(carried: Carried): void {
    if (carried.kind !== 'done') this.#patience.failed(carried);
    else if (this.#isOwed()) this.#patience.opened();
    else this.#patience.worked();
  }

  #isOwed(): boolean {
    const { name, state } = this.#options;
    return [...this.#jobs.batches].some((batch) => !batch.isEmpty) || state.owesGap(name);
  }

  /** So that it is known after a restart too; what is over in a moment is not worth it. */
  #keepStuck(): void {
    const { name, state, now } = this.#options;
    const { since } = this.#patience;
    if (since === this.#stuckSince || (since !== null && now() - since < STUCK_MS)) return;
    state.keepStuck(name, since);
    this.#stuckSince = since;
  }

  async #carry(courier: Courier, job: Job): Promise<void> {
    const carried = await courier.carry(job.rows);
    // Another may have begun with the same place: what came of this is not this one's to note any longer.
    if (this.#stopped) return;
    this.#figures.count(carried, this.#options.now());
    this.#bury(job, carried.dead);
    job.rows = carried.rest;
    if (carried.kind === 'done') {
      this.#job = null;
      job.finish(job.dead);
      this.#patience.worked();
      return;
    }
    if (carried.kind === 'refused' && carried.splits && this.#isAlone(job)) {
      // They do not hold up the others.
      this.#bury(
        job,
        carried.rest.map(({ id }) => ({ id, why: carried.why })),
      );
      this.#job = null;
      job.finish(job.dead);
      return;
    }
    this.#patience.failed(carried);
    if (carried.kind !== 'refused') return;
    // Others may join what is live; what is out of the log is read again, after what is live.
    job.batch?.reopen(carried.rest);
    this.#job = null;
  }

  /** What was refused has nothing to be compared with: it was dead before, or is one row out of the log while others are taken. */
  #isAlone({ isLetters, batch, rows }: Job): boolean {
    const isTaking = this.#options.now() - this.#figures.deliveredAt < TAKING_MS;
    return isLetters || (batch === null && rows.length === 1 && isTaking);
  }

  #bury(job: Job, dead: readonly DeadLetter[]): void {
    if (dead.length === 0) return;
    const { name, state, log } = this.#options;
    state.keepLetters(name, dead);
    job.dead.push(...dead);
    const [first] = dead;
    log(
      'warn',
      `Export "${name}": ${dead.length} rows will never be taken and are dead letters now. The first, ${first?.id}: ${first?.why}.`,
    );
  }

  async #sleep(ms: number): Promise<void> {
    if (this.#stopped) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#wake = resolve;
    await promise;
    clearTimeout(timer);
  }
}
