// The main thread's side of reading the log. The read worker starts with the first question.
import { GatewayError } from '../core/errors.ts';
import { cursorAfter, type LogFilter } from './log-filter.ts';
import type { LogRow } from './log-row.ts';
import type { ReadAnswer, ReadRequest } from './read-worker.ts';

const CLOSE_WAIT_MS = 2000;

export interface LogPage {
  readonly logs: readonly LogRow[];
  /** Give it back as `cursor` for the rows that follow; null on the last page. */
  readonly nextCursor: string | null;
}

interface Question {
  resolve(rows: LogRow[]): void;
  reject(error: GatewayError): void;
}

export class LogReader {
  readonly #path: string;
  #worker: Worker | null = null;
  #nextId = 1;
  readonly #open = new Map<number, Question>();
  #closed = false;
  #onWorkerClosed: (() => void) | null = null;

  /** @param path the database file, already migrated. */
  constructor(path: string) {
    this.#path = path;
  }

  /** Newest first. Rejects with `storage_unavailable`. */
  async list(filter: LogFilter): Promise<LogPage> {
    const rows = await this.#ask((id) => ({ kind: 'list', id, filter }));
    const logs = rows.slice(0, filter.limit);
    const last = rows.length > filter.limit ? logs.at(-1) : undefined;
    return { logs, nextCursor: last === undefined ? null : cursorAfter(last.id) };
  }

  /** Rejects with `storage_unavailable`. */
  async get(id: string): Promise<LogRow | null> {
    const rows = await this.#ask((question) => ({ kind: 'get', id: question, row: id }));
    return rows[0] ?? null;
  }

  async close(): Promise<void> {
    this.#closed = true;
    const worker = this.#worker;
    if (worker === null) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onWorkerClosed = resolve;
    const timer = setTimeout(resolve, CLOSE_WAIT_MS);
    worker.postMessage({ kind: 'close' } satisfies ReadRequest);
    await promise;
    clearTimeout(timer);
    this.#end('The log is closed.');
  }

  #ask(request: (id: number) => ReadRequest): Promise<LogRow[]> {
    if (this.#closed) {
      return Promise.reject(new GatewayError('storage_unavailable', 'The log is closed.'));
    }
    this.#worker ??= this.#start();
    const id = this.#nextId;
    this.#nextId += 1;
    const { promise, resolve, reject } = Promise.withResolvers<LogRow[]>();
    this.#open.set(id, { resolve, reject });
    this.#worker.postMessage(request(id));
    return promise;
  }

  #onMessage(answer: ReadAnswer): void {
    if (answer.kind === 'closed') {
      this.#onWorkerClosed?.();
      return;
    }
    const question = this.#open.get(answer.id);
    this.#open.delete(answer.id);
    if (answer.kind === 'rows') question?.resolve(JSON.parse(answer.json) as LogRow[]);
    else question?.reject(new GatewayError('storage_unavailable', answer.message));
  }

  #start(): Worker {
    const worker = new Worker(new URL('./read-worker.ts', import.meta.url), { smol: true });
    worker.addEventListener('message', (event: MessageEvent<ReadAnswer>) => {
      if (this.#worker === worker) this.#onMessage(event.data);
    });
    const onCrash = (): void => {
      if (this.#worker === worker) this.#end('The thread that reads the log ended unexpectedly.');
    };
    worker.addEventListener('close', onCrash);
    worker.addEventListener('error', onCrash);
    worker.postMessage({ kind: 'open', path: this.#path } satisfies ReadRequest);
    return worker;
  }

  /** Ends the worker and its questions; the next question starts another. */
  #end(why: string): void {
    this.#worker?.terminate();
    this.#worker = null;
    for (const question of this.#open.values()) {
      question.reject(new GatewayError('storage_unavailable', why));
    }
    this.#open.clear();
  }
}
