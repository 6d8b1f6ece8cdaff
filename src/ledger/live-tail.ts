// LiveTail: every finished request, told to whoever listens. Where nobody does it costs a look at an empty set; where
// somebody reads too slowly, rows pass him by and he is told how many.
import { GatewayError } from '../core/errors.ts';
import type { Exchange } from '../core/exchange.ts';
import type { RowFilter } from './log-filter.ts';
import { rowMatches } from './row-matches.ts';
import { fromStoredRow, toStoredRow } from './stored-row.ts';

/** How long a row waits for the thread to have time for it. */
const TELL_AFTER_MS = 20;
/** Rows that wait for that; beyond them they pass everybody by. */
const MAX_PENDING = 2000;
/** What a listener who does not read may have waiting. */
const MAX_BUFFERED_ROWS = 1000;
const MAX_BUFFERED_CHARS = 4 * 1024 * 1024;

const MAX_LISTENERS = 32;

export type TailEvent =
  /** @member json the row as the log's API has it */
  | { readonly kind: 'row'; readonly id: string; readonly json: string }
  /** Here rows are missing: the reader was too slow. */
  | { readonly kind: 'dropped'; readonly count: number };

export interface TailLimits {
  readonly listeners?: number;
  readonly bufferedRows?: number;
}

export class LiveTail {
  readonly #limits: Required<TailLimits>;
  readonly #listeners = new Set<TailListener>();
  #pending: Exchange[] = [];
  #passedBy = 0;
  #timer: Timer | null = null;
  #closed = false;

  constructor({ listeners = MAX_LISTENERS, bufferedRows = MAX_BUFFERED_ROWS }: TailLimits = {}) {
    this.#limits = { listeners, bufferedRows };
  }

  get listening(): number {
    return this.#listeners.size;
  }

  /** Never throws, never waits. */
  publish(exchange: Exchange): void {
    if (this.#listeners.size === 0) return;
    if (this.#pending.length >= MAX_PENDING) {
      this.#passedBy += 1;
      return;
    }
    this.#pending.push(exchange);
    this.#timer ??= setTimeout(this.#tell, TELL_AFTER_MS);
  }

  /** From here on. Throws `live_tail_full` or `shutting_down`. */
  listen(filter: RowFilter): TailListener {
    if (this.#closed)
      throw new GatewayError('shutting_down', 'The gateway is stopping. Listen again in a moment.');
    if (this.#listeners.size >= this.#limits.listeners)
      throw new GatewayError(
        'live_tail_full',
        `${this.#listeners.size} others follow the log already, and no more may at once. Close one of them, or ask GET /router/v1/logs?from=… now and then.`,
      );
    // What finished before is not its to see.
    this.#tell();
    const listener = new TailListener(filter, this.#limits.bufferedRows, () =>
      this.#listeners.delete(listener),
    );
    this.#listeners.add(listener);
    return listener;
  }

  /** Ends every listener, once it has read what it has waiting. */
  close(): void {
    this.#tell();
    this.#closed = true;
    for (const listener of [...this.#listeners]) listener.finish();
  }

  #tell = (): void => {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const told = this.#pending;
    const passedBy = this.#passedBy;
    this.#pending = [];
    this.#passedBy = 0;
    for (const exchange of told) this.#tellOne(exchange);
    if (passedBy > 0) for (const listener of this.#listeners) listener.miss(passedBy);
  };

  #tellOne(exchange: Exchange): void {
    const stored = toStoredRow(exchange);
    let event: TailEvent | null = null;
    for (const listener of this.#listeners) {
      if (!rowMatches(stored, listener.filter)) continue;
      event ??= { kind: 'row', id: stored.id, json: JSON.stringify(fromStoredRow(stored)) };
      listener.take(event);
    }
  }
}

/** One who listens: takes what comes for as long as it has room. */
export class TailListener {
  readonly filter: RowFilter;
  readonly #maxRows: number;
  readonly #over: () => void;
  #events: TailEvent[] = [];
  #chars = 0;
  #missed = 0;
  #ended = false;
  #wake: (() => void) | null = null;

  constructor(filter: RowFilter, maxRows: number, over: () => void) {
    this.filter = filter;
    this.#maxRows = maxRows;
    this.#over = over;
  }

  take(event: TailEvent & { readonly kind: 'row' }): void {
    if (this.#ended) return;
    if (this.#events.length >= this.#maxRows || this.#chars >= MAX_BUFFERED_CHARS) {
      this.miss(1);
      return;
    }
    this.#tellMissed();
    this.#events.push(event);
    this.#chars += event.json.length;
    this.#wakeUp();
  }

  /** So many rows have passed it by. */
  miss(count: number): void {
    this.#missed += count;
    this.#wakeUp();
  }

  /** What came since the last call, as soon as there is something; empty after `quietMs` of nothing; null at the end. */
  async next(quietMs: number): Promise<readonly TailEvent[] | null> {
    if (this.#events.length === 0 && this.#missed === 0 && !this.#ended) await this.#event(quietMs);
    this.#tellMissed();
    const events = this.#events;
    this.#events = [];
    this.#chars = 0;
    return events.length === 0 && this.#ended ? null : events;
  }

  /** Nothing comes any more. What waits can still be read. */
  finish(): void {
    this.#ended = true;
    this.#over();
    this.#wakeUp();
  }

  async #event(quietMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const timer = setTimeout(resolve, quietMs);
    await promise;
    clearTimeout(timer);
    this.#wake = null;
  }

  /** The gap stands where it is. */
  #tellMissed(): void {
    if (this.#missed === 0) return;
    this.#events.push({ kind: 'dropped', count: this.#missed });
    this.#missed = 0;
  }

  #wakeUp(): void {
    this.#wake?.();
  }
}
