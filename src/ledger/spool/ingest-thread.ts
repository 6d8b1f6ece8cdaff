// IngestThread: the main thread's side of the ingest worker: starts it, starts it again when it dies, passes on what it says.
import type { Log } from '../../lib/log.ts';
import type { ToIngest } from '../ingest-worker.ts';
import type { FromIngest, IngestSettings } from './ingest.ts';
import type { SpoolPosition } from './spool-folder.ts';

const RESTART_FIRST_MS = 50;
const RESTART_MAX_MS = 5000;

export interface IngestThreadOptions {
  readonly settings: IngestSettings;
  readonly log: Log;
  /** The worker's program. */
  readonly worker?: URL;
  readonly onUnlinked: () => void;
}

export class IngestThread {
  readonly #options: IngestThreadOptions;
  #worker: Worker | null = null;
  #restart: Timer | null = null;
  #failures = 0;
  #nextFlush = 1;
  readonly #flushes = new Map<number, { readonly position: SpoolPosition; tell(): void }>();
  #onClosed: (() => void) | null = null;
  #isOver = false;
  #lastError: string | null = null;

  constructor(options: IngestThreadOptions) {
    this.#options = options;
    this.#start();
  }

  /** Why rows do not get into the database; null: they do. */
  get lastError(): string | null {
    return this.#lastError;
  }

  /** Resolves when everything up to this place is in the database, however long that takes. */
  flush(position: SpoolPosition): { readonly done: Promise<void>; forget(): void } {
    const { promise, resolve } = Promise.withResolvers<void>();
    const id = this.#nextFlush;
    this.#nextFlush += 1;
    this.#flushes.set(id, { position, tell: resolve });
    this.#post({ kind: 'flush', id, position });
    return { done: promise, forget: () => void this.#flushes.delete(id) };
  }

  /** It finishes what it is at. */
  async close(timeoutMs: number): Promise<void> {
    this.#isOver = true;
    if (this.#restart !== null) clearTimeout(this.#restart);
    const worker = this.#worker;
    if (worker === null) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onClosed = resolve;
    const timer = setTimeout(resolve, timeoutMs);
    this.#post({ kind: 'close' });
    await promise;
    clearTimeout(timer);
    this.#worker = null;
    worker.terminate();
  }

  #post(message: ToIngest): void {
    this.#worker?.postMessage(message);
  }

  #start(): void {
    this.#restart = null;
    const worker = new Worker(
      this.#options.worker ?? new URL('../ingest-worker.ts', import.meta.url),
      // A small heap collects sooner: measured, 10 to 20 MB less after 100,000 rows, at no more CPU a row.
      { smol: true },
    );
    this.#worker = worker;
    worker.addEventListener('message', (event: MessageEvent<FromIngest>) => {
      if (this.#worker === worker) this.#onMessage(event.data);
    });
    const onCrash = (): void => {
      if (this.#worker !== worker) return;
      this.#worker = null;
      worker.terminate();
      this.#onClosed?.();
      if (!this.#isOver) this.#onCrash();
    };
    worker.addEventListener('close', onCrash);
    worker.addEventListener('error', onCrash);
    this.#post({ kind: 'start', settings: this.#options.settings });
    for (const [id, { position }] of this.#flushes) this.#post({ kind: 'flush', id, position });
  }

  /** The next one begins where the database says that this one was. */
  #onCrash(): void {
    this.#onDown('Its thread ended unexpectedly.');
    const waitMs = Math.min(RESTART_MAX_MS, RESTART_FIRST_MS * 2 ** this.#failures);
    this.#failures += 1;
    this.#restart = setTimeout(() => {
      this.#start();
      // Nothing may be there to write that would tell that it works again.
      this.#onUp();
    }, waitMs);
  }

  #onMessage(message: FromIngest): void {
    const { log } = this.#options;
    switch (message.kind) {
      case 'flushed':
        this.#failures = 0;
        this.#flushes.get(message.id)?.tell();
        this.#flushes.delete(message.id);
        break;
      case 'down':
        this.#onDown(message.why);
        break;
      case 'up':
        this.#onUp();
        break;
      case 'refused': {
        const { rows: refused, reason } = message;
        log('error', `The database refused log rows: ${reason}`, { refused });
        break;
      }
      case 'adopted': {
        const { spools, bytes } = message;
        const what = 'Log rows that earlier processes left are taken into the database.';
        log('info', what, { spools, bytes });
        break;
      }
      case 'unlinked':
        log('error', 'The spool of the log was removed from disk; it is begun anew.');
        this.#options.onUnlinked();
        break;
      case 'problem':
        log('error', message.message);
        break;
      case 'closed':
        this.#onClosed?.();
        break;
      default:
        message satisfies never;
    }
  }

  /** Said once, until it works again. */
  #onDown(why: string): void {
    if (this.#lastError === null) {
      const problem = 'The log cannot be written now; rows are kept and tried again.';
      this.#options.log('error', `${problem} ${why}`);
    }
    this.#lastError = why;
  }

  #onUp(): void {
    if (this.#lastError === null) return;
    this.#lastError = null;
    this.#options.log('info', 'The log is being written again.');
  }
}
