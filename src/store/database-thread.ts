// DatabaseThread: asks a worker that has its own connection to the database, and waits for its answers. The worker starts with
// the first question, and again with the next one after it ended unexpectedly.
import { GatewayError } from '../core/errors.ts';

const CLOSE_WAIT_MS = 2000;

/** What every such worker understands beside its questions. */
export type ToDatabaseThread<Question> =
  | { readonly kind: 'open'; readonly path: string }
  | Question
  | { readonly kind: 'close' };

export type FromDatabaseThread =
  /** As JSON: text crosses threads far cheaper than objects. */
  | { readonly kind: 'done'; readonly id: number; readonly json: string }
  | { readonly kind: 'failed'; readonly id: number; readonly message: string }
  | { readonly kind: 'closed' };

export interface DatabaseThreadOptions {
  /** The database as the worker is to find it: mostly a file, already migrated. */
  readonly path: string;
  readonly start: () => Worker;
  /** What a question is told after the thread was closed, and when it ended by itself. */
  readonly closed: string;
  readonly crashed: string;
}

interface Waiting {
  resolve(json: string): void;
  reject(error: GatewayError): void;
}

export class DatabaseThread<Question extends { readonly id: number }> {
  readonly #options: DatabaseThreadOptions;
  #worker: Worker | null = null;
  #nextId = 1;
  readonly #waiting = new Map<number, Waiting>();
  #closed = false;
  #onWorkerClosed: (() => void) | null = null;

  constructor(options: DatabaseThreadOptions) {
    this.#options = options;
  }

  /** The answer's JSON. Rejects with `storage_unavailable`. */
  ask(question: (id: number) => Question): Promise<string> {
    if (this.#closed)
      return Promise.reject(new GatewayError('storage_unavailable', this.#options.closed));
    this.#worker ??= this.#start();
    const id = this.#nextId;
    this.#nextId += 1;
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    this.#waiting.set(id, { resolve, reject });
    this.#worker.postMessage(question(id));
    return promise;
  }

  /** Questions before it are answered first, if that does not take too long. */
  async close(): Promise<void> {
    this.#closed = true;
    const worker = this.#worker;
    if (worker === null) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onWorkerClosed = resolve;
    const timer = setTimeout(resolve, CLOSE_WAIT_MS);
    worker.postMessage({ kind: 'close' } satisfies ToDatabaseThread<never>);
    await promise;
    clearTimeout(timer);
    this.#end(this.#options.closed);
  }

  #onMessage(answer: FromDatabaseThread): void {
    if (answer.kind === 'closed') {
      this.#onWorkerClosed?.();
      return;
    }
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (answer.kind === 'done') waiting?.resolve(answer.json);
    else waiting?.reject(new GatewayError('storage_unavailable', answer.message));
  }

  #start(): Worker {
    const worker = this.#options.start();
    worker.addEventListener('message', (event: MessageEvent<FromDatabaseThread>) => {
      if (this.#worker === worker) this.#onMessage(event.data);
    });
    const onCrash = (): void => {
      if (this.#worker === worker) this.#end(this.#options.crashed);
    };
    worker.addEventListener('close', onCrash);
    worker.addEventListener('error', onCrash);
    worker.postMessage({
      kind: 'open',
      path: this.#options.path,
    } satisfies ToDatabaseThread<never>);
    return worker;
  }

  /** Ends the worker and its questions. */
  #end(why: string): void {
    this.#worker?.terminate();
    this.#worker = null;
    for (const waiting of this.#waiting.values())
      waiting.reject(new GatewayError('storage_unavailable', why));
    this.#waiting.clear();
  }
}
