// AskedThread: a thread that answers questions, started with the first and again, a little later each time, after it died.
import type { Log } from '../../lib/log.ts';

const FIRST_REST_MS = 100;
const LONGEST_REST_MS = 30_000;
/** One that lived so long did not die of starting. */
const STEADY_MS = 10_000;
const CLOSE_WITHIN_MS = 2000;

interface ToThread {
  readonly kind: string;
}
interface FromThread {
  readonly kind: string;
  /** Of the question it answers. */
  readonly id?: number;
}

export interface AskedThreadOptions<To, From> {
  readonly start: () => Worker;
  /** Told first, each time it starts. */
  readonly opening: () => To;
  /** What it says unasked. */
  readonly heard: (message: From) => void;
  /** What it is for, in the log's line. */
  readonly task: string;
  readonly log: Log;
  /** It died, and what it was asked is not answered. */
  readonly died?: () => void;
}

export class AskedThread<To extends ToThread, From extends FromThread> {
  readonly #options: AskedThreadOptions<To, From>;
  #worker: Worker | null = null;
  #startedAt = 0;
  #restUntil = 0;
  #deaths = 0;
  #nextId = 1;
  readonly #waiting = new Map<number, (answer: From | null) => void>();
  #closed = false;
  #onClosed: (() => void) | null = null;

  constructor(options: AskedThreadOptions<To, From>) {
    this.#options = options;
  }

  get isRunning(): boolean {
    return this.#worker !== null;
  }

  /** Since it was opened, all starts together. */
  get deaths(): number {
    return this.#deaths;
  }

  /** False: it is not running, and may not be started yet. */
  start(): boolean {
    if (this.#worker !== null) return true;
    if (this.#closed || performance.now() < this.#restUntil) return false;
    const worker = this.#options.start();
    this.#worker = worker;
    this.#startedAt = performance.now();
    worker.addEventListener('message', (event: MessageEvent<From>) => {
      if (this.#worker === worker) this.#onMessage(event.data);
    });
    const onDeath = () => {
      if (this.#worker === worker) this.#onDeath('it ended unexpectedly');
    };
    worker.addEventListener('close', onDeath);
    worker.addEventListener('error', onDeath);
    worker.unref();
    worker.postMessage(this.#options.opening());
    return true;
  }

  tell(message: To): void {
    if (this.start()) this.#worker?.postMessage(message);
  }

  /** Null: there is nobody to answer. */
  ask(question: (id: number) => To): Promise<From | null> {
    if (!this.start()) return Promise.resolve(null);
    const id = this.#nextId;
    this.#nextId += 1;
    const { promise, resolve } = Promise.withResolvers<From | null>();
    this.#waiting.set(id, resolve);
    this.#worker?.postMessage(question(id));
    return promise;
  }

  /** It does not answer any more: the next question goes to a new one. */
  kill(why: string): void {
    if (this.#worker !== null) this.#onDeath(why);
  }

  /** What it was told before is done first, if that does not take too long. */
  async close(goodbye: To): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const worker = this.#worker;
    if (worker !== null) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#onClosed = resolve;
      const timer = setTimeout(resolve, CLOSE_WITHIN_MS);
      worker.postMessage(goodbye);
      await promise;
      clearTimeout(timer);
    }
    this.#end();
  }

  #onMessage(message: From): void {
    if (message.kind === 'closed') {
      this.#onClosed?.();
      return;
    }
    if (message.id === undefined) {
      this.#options.heard(message);
      return;
    }
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    waiting?.(message);
  }

  #onDeath(why: string): void {
    const { task, log } = this.#options;
    this.#onClosed?.();
    this.#end();
    if (this.#closed) return;
    this.#deaths += 1;
    const lived = performance.now() - this.#startedAt;
    const rest = lived > STEADY_MS ? FIRST_REST_MS : FIRST_REST_MS * 2 ** this.#deaths;
    this.#restUntil = performance.now() + Math.min(rest, LONGEST_REST_MS);
    log('error', `The thread that ${task} is started again: ${why}. Nothing is found meanwhile.`);
    this.#options.died?.();
  }

  #end(): void {
    const worker = this.#worker;
    this.#worker = null;
    worker?.terminate();
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const resolve of waiting) resolve(null);
  }
}
