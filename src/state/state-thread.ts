// The main thread's side of the thread that owns the database: one batch on its way at a time, look-ups beside it.
import type { Log } from '../lib/log.ts';
import type { Change, Found, KeptKind, KeptLimits } from './kept.ts';
import type { KeptQueue } from './kept-queue.ts';
import type { KeptSealing } from './kept-table.ts';
import { packed } from './packed-changes.ts';
import type { FromState, ToState } from './state-worker.ts';

/** A change waits at most this long for company before its batch goes. */
const MAX_BATCH_WAIT_MS = 10;
const RETRY_FIRST_MS = 50;
const RETRY_MAX_MS = 5000;
const PRUNE_EVERY_MS = 60_000;
/** How long the thread may take to write what is left, and then to close the database. */
const CLOSE_WAIT_MS = 2000;
/** And where it has failed to write all along. */
const CLOSE_FAILING_MS = 100;

export interface StateThreadOptions {
  readonly dataDir: string;
  readonly sealing: KeptSealing;
  readonly queue: KeptQueue;
  readonly limits: () => KeptLimits;
  readonly log: Log;
  readonly now: () => number;
}

export class StateThread {
  readonly #options: StateThreadOptions;
  readonly #queue: KeptQueue;
  #worker: Worker | null = null;
  #timer: Timer | null = null;
  #retry: Timer | null = null;
  #pruning: Timer | null = null;
  #sent = false;
  #failures = 0;
  #dropped = false;
  #closed = false;
  #nextId = 1;
  readonly #questions = new Map<number, (found: readonly Found[] | null) => void>();
  #waiters: (() => void)[] = [];
  #onClosed: (() => void) | null = null;

  constructor(options: StateThreadOptions) {
    this.#options = options;
    this.#queue = options.queue;
  }

  get isRunning(): boolean {
    return this.#worker !== null || this.#retry !== null;
  }

  /** The last batch could not be written. */
  get isFailing(): boolean {
    return this.#failures > 0;
  }

  push(address: string, change: Change): void {
    if (this.#closed) return;
    const dropped = this.#queue.push(address, change);
    if (dropped > 0 && !this.#dropped) {
      this.#dropped = true;
      this.#options.log(
        'error',
        'More conversation state than the database takes: the oldest is not written.',
      );
    }
    this.#sendSoon();
  }

  /** Null where the database cannot say, or not in time. */
  read(
    tenant: string,
    of: KeptKind,
    keys: readonly string[],
    withinMs: number,
  ): Promise<readonly Found[] | null> {
    if (this.#closed || this.#worker === null) return Promise.resolve(null);
    const { promise, resolve } = Promise.withResolvers<readonly Found[] | null>();
    const id = this.#nextId;
    this.#nextId += 1;
    const timer = setTimeout(() => this.#answered(id, null), withinMs);
    this.#questions.set(id, (found) => {
      clearTimeout(timer);
      resolve(found);
    });
    this.#post({ kind: 'read', id, tenant, of, keys, now: this.#options.now() });
    return promise;
  }

  flush(timeoutMs: number): Promise<boolean> {
    if (this.#queue.size === 0) return Promise.resolve(true);
    if (this.#closed) return Promise.resolve(false);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const told = () => {
      clearTimeout(timer);
      resolve(true);
    };
    const timer = setTimeout(() => {
      this.#waiters = this.#waiters.filter((waiter) => waiter !== told);
      resolve(false);
    }, timeoutMs);
    this.#waiters.push(told);
    this.#send();
    return promise;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    if (!(await this.flush(this.isFailing ? CLOSE_FAILING_MS : CLOSE_WAIT_MS)))
      this.#options.log('error', 'Conversation state is closed before all of it is written.');
    this.#closed = true;
    for (const timer of [this.#timer, this.#retry, this.#pruning])
      if (timer !== null) clearTimeout(timer);
    const worker = this.#worker;
    if (worker !== null) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#onClosed = resolve;
      const timer = setTimeout(resolve, CLOSE_WAIT_MS);
      this.#post({ kind: 'close' });
      await promise;
      clearTimeout(timer);
      worker.terminate();
    }
    this.#worker = null;
    for (const id of [...this.#questions.keys()]) this.#answered(id, null);
  }

  start(): void {
    // A small heap collects sooner; what this thread holds is a batch.
    const worker = new Worker(new URL('./state-worker.ts', import.meta.url), { smol: true });
    this.#worker = worker;
    worker.addEventListener('message', (event: MessageEvent<FromState>) => {
      if (this.#worker === worker) this.#onMessage(event.data);
    });
    const onCrash = (): void => {
      if (this.#worker !== worker || this.#closed) return;
      this.#worker = null;
      this.#sent = false;
      worker.terminate();
      for (const id of [...this.#questions.keys()]) this.#answered(id, null);
      this.#onFailed('Its thread ended unexpectedly.');
    };
    worker.addEventListener('close', onCrash);
    worker.addEventListener('error', onCrash);
    const { dataDir, sealing } = this.#options;
    this.#post({ kind: 'open', dataDir, sealing });
    this.#prune();
    this.#pruning ??= setInterval(() => this.#prune(), PRUNE_EVERY_MS);
    this.#pruning.unref();
  }

  #prune(): void {
    this.#post({ kind: 'prune', limits: this.#options.limits(), now: this.#options.now() });
  }

  #sendSoon(): void {
    if (this.#queue.isFull) this.#send();
    else if (this.#timer === null) {
      this.#timer = setTimeout(this.#onTimer, MAX_BATCH_WAIT_MS);
      this.#timer.unref();
    }
  }

  #onTimer = (): void => {
    this.#timer = null;
    this.#send();
  };

  /** Hands the next batch over, unless one is on its way: its answer sends the next. */
  #send(): void {
    if (this.#sent || this.#retry !== null) return;
    const changes = this.#queue.batch();
    if (changes === null) return;
    if (this.#worker === null) this.start();
    this.#sent = true;
    const limits = JSON.stringify(this.#options.limits());
    this.#post({ kind: 'write', ...packed(changes), limits });
  }

  #post(message: ToState): void {
    this.#worker?.postMessage(message);
  }

  #onMessage(message: FromState): void {
    switch (message.kind) {
      case 'written':
        this.#onWritten();
        break;
      case 'failed':
        this.#sent = false;
        this.#onFailed(message.message);
        break;
      case 'unopened':
        this.#onFailed(message.message);
        break;
      case 'found':
        this.#answered(message.id, message.found);
        break;
      case 'unread':
        this.#answered(message.id, null);
        break;
      case 'closed':
        this.#onClosed?.();
        break;
      default:
        message satisfies never;
    }
  }

  #answered(id: number, found: readonly Found[] | null): void {
    const answer = this.#questions.get(id);
    this.#questions.delete(id);
    answer?.(found);
  }

  #onWritten(): void {
    this.#sent = false;
    this.#queue.settled();
    if (this.#failures > 0) this.#options.log('info', 'Conversation state is being written again.');
    this.#failures = 0;
    this.#dropped = false;
    if (this.#queue.size > 0) {
      if (this.#waiters.length > 0) this.#send();
      else this.#sendSoon();
      return;
    }
    for (const told of this.#waiters.splice(0)) told();
  }

  /** The batch is kept and tried again, each time a little later. Said once, until it works again. */
  #onFailed(why: string): void {
    if (this.#closed) return;
    if (this.#failures === 0)
      this.#options.log('error', `Conversation state is held in memory only, for now. ${why}`);
    const waitMs = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** this.#failures);
    this.#failures += 1;
    this.#retry ??= setTimeout(() => {
      this.#retry = null;
      if (this.#worker === null) this.start();
      this.#send();
    }, waitMs);
    this.#retry.unref();
  }
}
