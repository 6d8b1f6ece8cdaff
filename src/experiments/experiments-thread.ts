// The main thread's side of the experiments' thread, which starts with the first task.
import { GatewayError } from '../core/errors.ts';
import type { FromWorker, Task, ToWorker } from './experiments-worker.ts';

const CLOSE_WAIT_MS = 2000;

interface Waiting {
  resolve(json: string): void;
  reject(error: GatewayError): void;
}

export class ExperimentsThread {
  readonly #path: string;
  readonly #now: () => number;
  #worker: Worker | null = null;
  #nextId = 1;
  readonly #waiting = new Map<number, Waiting>();
  #closed = false;
  #onWorkerClosed: (() => void) | null = null;

  /** @param path the database file, already migrated. */
  constructor(path: string, now: () => number) {
    this.#path = path;
    this.#now = now;
  }

  /** Answers what the thread found, as JSON. Rejects with `storage_unavailable`. */
  run(task: Task): Promise<string> {
    if (this.#closed)
      return Promise.reject(new GatewayError('storage_unavailable', 'The gateway is stopping.'));
    this.#worker ??= this.#start();
    const id = this.#nextId;
    this.#nextId += 1;
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    this.#waiting.set(id, { resolve, reject });
    const json = JSON.stringify(task);
    this.#worker.postMessage({ kind: 'task', id, now: this.#now(), json } satisfies ToWorker);
    return promise;
  }

  /** Tasks before it are done first, if that does not take too long. */
  async close(): Promise<void> {
    this.#closed = true;
    const worker = this.#worker;
    if (worker === null) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onWorkerClosed = resolve;
    const timer = setTimeout(resolve, CLOSE_WAIT_MS);
    worker.postMessage({ kind: 'close' } satisfies ToWorker);
    await promise;
    clearTimeout(timer);
    this.#end('The gateway is stopping.');
  }

  #onMessage(message: FromWorker): void {
    if (message.kind === 'closed') {
      this.#onWorkerClosed?.();
      return;
    }
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.kind === 'done') waiting?.resolve(message.json);
    else waiting?.reject(new GatewayError('storage_unavailable', message.message));
  }

  #start(): Worker {
    const worker = new Worker(new URL('./experiments-worker.ts', import.meta.url), { smol: true });
    worker.addEventListener('message', (event: MessageEvent<FromWorker>) => {
      if (this.#worker === worker) this.#onMessage(event.data);
    });
    const onCrash = (): void => {
      if (this.#worker === worker) this.#end('The thread of the experiments ended unexpectedly.');
    };
    worker.addEventListener('close', onCrash);
    worker.addEventListener('error', onCrash);
    worker.postMessage({ kind: 'open', path: this.#path } satisfies ToWorker);
    return worker;
  }

  /** Ends the worker and its tasks; the next task starts another. */
  #end(why: string): void {
    this.#worker?.terminate();
    this.#worker = null;
    for (const waiting of this.#waiting.values())
      waiting.reject(new GatewayError('storage_unavailable', why));
    this.#waiting.clear();
  }
}
