// Ingest: takes the rows of spools into the database for as long as the process lives: its own spool's, and in between what earlier
// processes left. Runs on a thread of its own (ingest-worker.ts). What the database does not take now waits in the spool.
import { openLogStore } from '../engine/open-log-store.ts';
import type { LogPlace, LogStore } from '../log-store.ts';
import { IngestFigures } from './ingest-figures.ts';
import { IngestSpool, type IngestTools } from './ingest-spool.ts';
import { LeftRows } from './left-rows.ts';
import { RefusedRows } from './refused-rows.ts';
import { SettledPositions } from './settled.ts';
import { isBefore, type SpoolPosition } from './spool-folder.ts';
import { Wakeup } from './wakeup.ts';

/** Batches begin so far apart: rows that come together are cheaper, and a row is seen soon all the same. */
const BATCH_GAP_MS = 100;
const ADOPT_EVERY_MS = 30_000;
const MAINTAIN_EVERY_MS = 60_000;
/** A batch goes before maintenance, but not for ever. */
const MAINTAIN_OVERDUE_MS = 300_000;
/** What earlier processes left has its turn after each batch, and after so many where they are full: those are in a hurry. */
const FULL_IN_A_ROW = 4;
/** Who took a row so lately is not down. */
const TAKING_MS = 60_000;
const RETRY_FIRST_MS = 50;
const RETRY_MAX_MS = 5000;

export interface IngestSettings {
  readonly dataDir: string;
  /** switchyard.db, already migrated. */
  readonly path: string;
  /** The folder of the spool that this process writes. */
  readonly own: string;
  readonly place: LogPlace;
  readonly figures: SharedArrayBuffer;
  readonly maxLagBytes: number;
  readonly retention: LogRetention;
}

/** How long rows are kept, and their sums. */
export interface LogRetention {
  readonly retentionMs: number;
  readonly usageRetentionMs: number;
}

export type FromIngest =
  | { readonly kind: 'flushed'; readonly id: number }
  | { readonly kind: 'down'; readonly why: string }
  | { readonly kind: 'up' }
  | { readonly kind: 'refused'; readonly rows: number; readonly reason: string }
  | { readonly kind: 'adopted'; readonly spools: number; readonly bytes: number }
  /** The file that is written was taken away. */
  | { readonly kind: 'unlinked' }
  | { readonly kind: 'problem'; readonly message: string }
  | { readonly kind: 'closed' };

export interface IngestOptions {
  readonly settings: IngestSettings;
  readonly say: (message: FromIngest) => void;
  /** It lets other work in between its steps, and may be stopped at any. */
  readonly maintain: (store: LogStore, now: number, retention: LogRetention) => Promise<void>;
  readonly now: () => number;
}

export class Ingest {
  readonly #options: IngestOptions;
  readonly #tools: IngestTools;
  readonly #figures: IngestFigures;
  readonly #own: IngestSpool;
  readonly #left: LeftRows;
  readonly #wakeup = new Wakeup();
  readonly #flushes = new Map<number, SpoolPosition>();
  #store: LogStore | null = null;
  #nextAdoption = 0;
  #nextMaintenance = 0;
  #lastBatch = 0;
  #failures = 0;
  #problem: string | null = null;
  #saidUnlinked = false;
  #closing = false;
  #maintaining: Promise<void> | null = null;
  /** Nothing is waited for before the next batch. */
  #hasMore = false;
  /** Own batches since the last of others. */
  #inARow = 0;
  #takenAt = 0;
  #sleeps = 0;

  constructor(options: IngestOptions) {
    const { settings, say } = options;
    this.#options = options;
    this.#nextMaintenance = options.now();
    this.#figures = new IngestFigures(settings.figures);
    this.#tools = {
      settled: new SettledPositions(settings.path),
      refused: new RefusedRows(settings.dataDir),
      figures: this.#figures,
      onRefused: (rows, reason) => say({ kind: 'refused', rows, reason }),
      maxLagBytes: settings.maxLagBytes,
    };
    this.#own = new IngestSpool(settings.own, this.#tools);
    this.#left = new LeftRows(settings, this.#tools, say);
  }

  /** Says `flushed` when the own spool is in the database up to here. */
  flush(id: number, position: SpoolPosition): void {
    this.#flushes.set(id, position);
    this.#wakeup.ring(true);
  }

  close(): void {
    this.#closing = true;
    this.#wakeup.ring(true);
  }

  async run(): Promise<void> {
    while (!this.#closing) {
      let waitMs: number;
      try {
        waitMs = (await this.#turn()) ? 0 : this.#idleMs();
        this.#onWorking();
      } catch (error) {
        waitMs = await this.#onFailure(error);
      }
      this.#answerFlushes();
      await this.#pause(waitMs);
    }
    await this.#end();
  }

  /** One batch of one spool. False: there was none. */
  async #turn(): Promise<boolean> {
    const now = this.#options.now();
    this.#sleeps += 1;
    this.#figures.wake();
    if (now >= this.#nextAdoption) {
      this.#nextAdoption = now + ADOPT_EVERY_MS;
      this.#left.adopt(now);
    }
    if (now > this.#nextMaintenance + MAINTAIN_OVERDUE_MS) await this.#maintain();
    this.#tellUnlinked();
    const isLeftTurn = this.#inARow >= FULL_IN_A_ROW && this.#left.isDue(now);
    if (isLeftTurn && (await this.#leftTurn(now))) return true;
    this.#lastBatch = now;
    this.#hasMore = false;
    if (this.#own.read()) {
      await this.#writeOwn(now);
      return true;
    }
    this.#showPosition();
    await this.#own.removePassedSegments(await this.#opened());
    if (this.#left.isDue(now) && (await this.#leftTurn(now))) return true;
    if (now >= this.#nextMaintenance) await this.#maintain();
    // Nothing was asked of the database: whether it is there again is to be seen.
    if (this.#problem !== null) await this.#opened();
    this.#listen();
    return this.#own.read();
  }

  async #writeOwn(now: number): Promise<void> {
    const isFull = this.#own.hasMore;
    this.#figures.set('oldestAt', this.#own.oldestAt);
    this.#figures.add('settledRows', await this.#own.write(await this.#opened()));
    this.#showPosition();
    this.#takenAt = this.#options.now();
    this.#inARow += isFull ? 1 : FULL_IN_A_ROW;
    this.#hasMore = isFull || this.#left.isDue(now);
  }

  /** False: there was nothing to do, or it failed and the own rows have not. */
  async #leftTurn(now: number): Promise<boolean> {
    this.#inARow = 0;
    try {
      const hasRows = await this.#left.turn(now, () => this.#opened());
      if (hasRows) this.#hasMore = true;
      return hasRows;
    } catch (error) {
      if (now - this.#takenAt > TAKING_MS) throw error;
      this.#left.putAside(now, error instanceof Error ? error.message : String(error));
      await this.#closeStore();
      return false;
    }
  }

  /** A later turn ends it as well: then nobody has called. */
  #listen(): void {
    const sleep = this.#sleeps;
    void this.#figures.asleep().then(() => {
      if (sleep === this.#sleeps) this.#wakeup.ring(false);
    });
  }

  #showPosition(): void {
    const { position } = this.#own;
    if (position !== null) this.#figures.position = position;
    this.#figures.set('oldestAt', 0);
  }

  async #opened(): Promise<LogStore> {
    this.#store ??= await openLogStore(this.#options.settings.place, { write: true });
    return this.#store;
  }

  /** Beside the writing of rows, not before it. */
  async #maintain(): Promise<void> {
    const now = this.#options.now();
    this.#nextMaintenance = now + MAINTAIN_EVERY_MS;
    if (this.#maintaining !== null) return;
    const store = await this.#opened();
    const { maintain, settings, say } = this.#options;
    this.#maintaining = maintain(store, now, settings.retention)
      .catch((error: unknown) => {
        const why = error instanceof Error ? error.message : String(error);
        // While the database is down that is said already.
        if (this.#problem === null)
          say({ kind: 'problem', message: `The log's sums are not brought up to date: ${why}` });
      })
      .finally(() => {
        this.#maintaining = null;
      });
  }

  #tellUnlinked(): void {
    const isUnlinked = this.#own.isUnlinked;
    if (isUnlinked && !this.#saidUnlinked) this.#options.say({ kind: 'unlinked' });
    this.#saidUnlinked = isUnlinked;
  }

  #onWorking(): void {
    this.#failures = 0;
    if (this.#problem === null) return;
    this.#problem = null;
    this.#left.hurry(this.#options.now());
    this.#figures.set('isDown', 0);
    this.#options.say({ kind: 'up' });
  }

  /** Everything stays as it was; the next attempt opens the database anew. @return how long to wait before it */
  async #onFailure(error: unknown): Promise<number> {
    const why = error instanceof Error ? error.message : String(error);
    if (this.#problem !== why) this.#options.say({ kind: 'down', why });
    this.#problem = why;
    this.#figures.set('isDown', 1);
    await this.#closeStore();
    const waitMs = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** this.#failures);
    this.#failures += 1;
    return waitMs;
  }

  #answerFlushes(): void {
    const { position } = this.#own;
    if (position === null) return;
    for (const [id, wanted] of this.#flushes) {
      if (isBefore(position, wanted)) continue;
      this.#flushes.delete(id);
      this.#options.say({ kind: 'flushed', id });
    }
  }

  #idleMs(): number {
    const now = this.#options.now();
    const next = Math.max(0, Math.min(this.#nextAdoption, this.#nextMaintenance) - now);
    return this.#left.idleMs(now, next);
  }

  async #pause(waitMs: number): Promise<void> {
    if (this.#closing) return;
    if (this.#failures > 0) return this.#wakeup.sleep(waitMs);
    if (waitMs > 0) await this.#wakeup.heard(waitMs);
    const gap = this.#lastBatch + BATCH_GAP_MS - this.#options.now();
    const isHurried = this.#hasMore || this.#flushes.size > 0 || this.#closing;
    if (gap > 0 && !isHurried) await this.#wakeup.sleep(gap);
    // Messages come in between turns only.
    else await Bun.sleep(0);
  }

  async #end(): Promise<void> {
    try {
      const isDone = this.#failures === 0 && !this.#own.read();
      if (isDone && this.#own.waitingConsumers().length === 0)
        await this.#own.remove(await this.#opened());
    } catch {
      // it stays, and the next process takes it over
    }
    this.#own.close();
    this.#left.close();
    this.#tools.settled.close();
    await this.#closeStore();
    this.#options.say({ kind: 'closed' });
  }

  async #closeStore(): Promise<void> {
    const store = this.#store;
    this.#store = null;
    try {
      await this.#maintaining;
      await store?.close();
    } catch {
      // it was unusable already
    }
  }
}
