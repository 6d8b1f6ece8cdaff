// SpoolThread: the main thread's side of the thread that writes the spool: starts it, hands the ring over, starts it again when it dies.
import type { FromSpoolWorker, SpoolWork } from '../spool-worker.ts';

const RESTART_FIRST_MS = 50;
const RESTART_MAX_MS = 5000;
/** How long it may take to end: what it is at, a disk may hold up. */
const END_WAIT_MS = 200;

export interface SpoolThreadOptions {
  readonly work: SpoolWork;
  /** Its program. */
  readonly worker?: URL;
  /** From now on the thread writes. */
  readonly letGo: () => void;
  /** It writes no longer. */
  readonly onEnd: () => void;
  readonly onFinished: (path: string) => void;
  readonly onFailure: (error: Error) => void;
  readonly onWorking: () => void;
}

export class SpoolThread {
  readonly #options: SpoolThreadOptions;
  #worker: Worker | null = null;
  #restart: Timer | null = null;
  #failures = 0;
  #isOver = false;
  #isWriting = false;

  constructor(options: SpoolThreadOptions) {
    this.#options = options;
    this.#start();
  }

  get isWriting(): boolean {
    return this.#isWriting;
  }

  /** The ring was told to stop. */
  end(): void {
    this.#isOver = true;
    if (this.#restart !== null) clearTimeout(this.#restart);
    const worker = this.#worker;
    if (worker === null) return;
    if (this.#isWriting) setTimeout(() => worker.terminate(), END_WAIT_MS).unref();
    else worker.terminate();
  }

  #start(): void {
    this.#restart = null;
    const worker = new Worker(
      this.#options.worker ?? new URL('../spool-worker.ts', import.meta.url),
      { smol: true },
    );
    this.#worker = worker;
    worker.addEventListener('message', (event: MessageEvent<FromSpoolWorker>) =>
      this.#onMessage(worker, event.data),
    );
    const onCrash = (): void => {
      if (this.#worker === worker) this.#onCrash(worker);
    };
    worker.addEventListener('close', onCrash);
    worker.addEventListener('error', onCrash);
  }

  #onMessage(worker: Worker, message: FromSpoolWorker): void {
    const { work, letGo, onFinished, onFailure, onWorking } = this.#options;
    switch (message.kind) {
      case 'ready':
        if (this.#isOver) return;
        letGo();
        this.#isWriting = true;
        worker.postMessage(work);
        break;
      case 'finished':
        this.#failures = 0;
        onFinished(message.path);
        break;
      case 'failed':
        onFailure(Object.assign(new Error(message.message), { code: message.code }));
        break;
      case 'working':
        onWorking();
        break;
      case 'stopped':
        worker.terminate();
        break;
      default:
        message satisfies never;
    }
  }

  /** The ring says how far it was: the next one goes on there. */
  #onCrash(worker: Worker): void {
    this.#worker = null;
    this.#isWriting = false;
    worker.terminate();
    if (this.#isOver) return;
    this.#options.onEnd();
    const waitMs = Math.min(RESTART_MAX_MS, RESTART_FIRST_MS * 2 ** this.#failures);
    this.#failures += 1;
    this.#restart = setTimeout(() => this.#start(), waitMs);
  }
}
