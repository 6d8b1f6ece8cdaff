// AnswerFile: the main thread's side of the thread that owns the file: one batch on its way at a time, everything else beside it.
// What fails is tried again, each time a little later; it is said once, and once when it works again.
import type { CachedAnswer } from '../../core/cached-answer.ts';
import type { Log } from '../../lib/log.ts';
import { DatabaseThread } from '../../store/database-thread.ts';
import type { AnswerSealing } from '../answer-seal.ts';
import type { AnswerFilter } from '../answer-store.ts';
import { AnswerQueue } from './answer-queue.ts';
import type { AnswerQuestion, AnswerTask, DroppedAnswers, FileBounds } from './answer-rows.ts';
import type { SealingMessage } from './answer-worker.ts';

/** A change waits at most this long for company before its batch goes. */
const BATCH_WAIT_MS = 50;
const RETRY_FIRST_MS = 200;
const RETRY_MAX_MS = 30_000;
/** How long the thread may take to write what is left when the gateway stops. */
const CLOSE_WAIT_MS = 2000;

export interface AnswerFileOptions {
  readonly dataDir: string;
  readonly sealing: AnswerSealing;
  readonly bounds: () => FileBounds;
  readonly log: Log;
  readonly now: () => number;
}

export class AnswerFile {
  readonly queue = new AnswerQueue();
  readonly #options: AnswerFileOptions;
  readonly #thread: DatabaseThread<AnswerQuestion>;
  #timer: Timer | null = null;
  #retry: Timer | null = null;
  #isWriting = false;
  #isClosed = false;
  #inARow = 0;
  /** What could not be dropped yet. */
  #undropped: AnswerFilter[] = [];
  #waiters: (() => void)[] = [];
  failures = 0;
  trouble: string | null = null;

  constructor(options: AnswerFileOptions) {
    this.#options = options;
    this.#thread = new DatabaseThread({
      path: options.dataDir,
      start: () => startWorker(options.sealing),
      closed: 'The gateway is stopping.',
      crashed: 'The thread of kept answers ended unexpectedly.',
    });
  }

  /** @param gen of the last drop that is known */
  push(key: string, answer: CachedAnswer | null, gen: number): void {
    if (this.#isClosed) return;
    this.queue.push(key, answer, gen);
    if (this.queue.isFull) this.#send();
    else
      this.#timer ??= setTimeout(() => {
        this.#timer = null;
        this.#send();
      }, BATCH_WAIT_MS).unref();
  }

  /** Null: the file could not be asked. Never rejects. */
  async ask<Answer>(task: AnswerTask): Promise<{ readonly answer: Answer } | null> {
    if (this.#retry !== null || this.#isClosed) return null;
    try {
      return { answer: await this.#asked<Answer>(task) };
    } catch (error) {
      this.#failed(error);
      return null;
    }
  }

  /** Rejects with `storage_unavailable`; it is then done as soon as it can be. */
  async drop(filter: AnswerFilter): Promise<DroppedAnswers> {
    try {
      return await this.#asked<DroppedAnswers>({ kind: 'drop', filter });
    } catch (error) {
      this.#undropped.push(filter);
      this.#failed(error);
      throw error;
    }
  }

  /** Everything that was pushed is in the file, or cannot be. */
  async flush(): Promise<void> {
    if (this.queue.size === 0 || this.#retry !== null) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiters.push(resolve);
    this.#send();
    await promise;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    await Promise.race([this.flush(), Bun.sleep(CLOSE_WAIT_MS)]);
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#retry !== null) clearTimeout(this.#retry);
    await this.#thread.close();
  }

  async #asked<Answer>(task: AnswerTask): Promise<Answer> {
    const json = JSON.stringify(task);
    const answer = await this.#thread.ask((id) => ({ kind: 'task', id, json }));
    this.#worked();
    return JSON.parse(answer) as Answer;
  }

  #send(): void {
    if (this.#isWriting || this.#retry !== null) return;
    const changes = this.queue.batch();
    if (changes === null) {
      this.#tellWaiters();
      return;
    }
    this.#isWriting = true;
    void this.#write({
      kind: 'write',
      changes,
      bounds: this.#options.bounds(),
      now: this.#options.now(),
    });
  }

  async #write(task: AnswerTask): Promise<void> {
    try {
      await this.#asked(task);
      this.queue.settled();
      this.#isWriting = false;
      this.#send();
    } catch (error) {
      this.queue.returned();
      this.#isWriting = false;
      this.#failed(error);
    }
  }

  #worked(): void {
    if (this.trouble !== null)
      this.#options.log('info', 'Kept answers are being written to the data folder again.');
    this.trouble = null;
    this.#inARow = 0;
    if (this.#retry === null) return;
    clearTimeout(this.#retry);
    void this.#again();
  }

  #failed(error: unknown): void {
    if (this.#isClosed) return;
    this.failures += 1;
    const why = error instanceof Error ? error.message : String(error);
    if (this.trouble === null)
      this.#options.log('error', `Kept answers are held in memory only, for now. ${why}`);
    this.trouble = why;
    this.#tellWaiters();
    if (this.#retry !== null) return;
    const waitMs = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** this.#inARow);
    this.#inARow += 1;
    this.#retry = setTimeout(() => void this.#again(), waitMs).unref();
  }

  /** What was to be dropped goes first: what is written after it is newer. */
  async #again(): Promise<void> {
    this.#retry = null;
    const undropped = this.#undropped;
    this.#undropped = [];
    for (const filter of undropped) await this.drop(filter).catch(() => null);
    this.#send();
  }

  #tellWaiters(): void {
    for (const told of this.#waiters.splice(0)) told();
  }
}

function startWorker(sealing: AnswerSealing): Worker {
  // A small heap collects sooner; what this thread holds is a batch.
  const worker = new Worker(new URL('./answer-worker.ts', import.meta.url), { smol: true });
  worker.postMessage({ kind: 'sealing', sealing } satisfies SealingMessage);
  return worker;
}
