// Courier: takes rows to one sink: in batches of its size, within their time, and finds the rows that spoil a batch for the others.
import type { LogRow } from '../core/log-row.ts';
import type { Delivery, ExportSink } from './export-sink.ts';

const DEFAULT_TIMEOUT_MS = 30_000;
/** A sink that goes on although it was told to stop is left behind after this. */
const ABORT_GRACE_MS = 2000;
const TAKEN: Delivery = { kind: 'taken', rejected: [] };
const STOPPED: Delivery = { kind: 'later', why: 'stopped while it was sent', afterMs: null };
/** An empty array's brackets; each row has a comma more. */
const FRAME_BYTES = 2;

export interface DeadLetter {
  readonly id: string;
  readonly why: string;
}

/** @member rest rows that are not there yet, in their order. */
export type Carried = {
  readonly delivered: number;
  readonly dead: readonly DeadLetter[];
  readonly rest: readonly LogRow[];
} & (
  | { readonly kind: 'done' }
  | { readonly kind: 'later'; readonly why: string; readonly afterMs: number | null }
  | { readonly kind: 'refused'; readonly why: string; readonly splits: boolean }
);

export interface BatchLimits {
  readonly maxRows: number;
  readonly maxBytes: number;
}

/** What one call to `carry` has come to so far. */
interface Tally {
  delivered: number;
  readonly dead: DeadLetter[];
  /** Refused alone; they are at fault only if others are taken. */
  readonly suspects: { readonly row: LogRow; readonly why: string }[];
  refusals: number;
  taken: boolean;
}

type Stop = Exclude<Delivery, { readonly kind: 'taken' }>;

export class Courier {
  readonly #sink: ExportSink;
  readonly #limits: BatchLimits;
  #ready = false;
  readonly #stop = new AbortController();

  constructor(sink: ExportSink, limits: Partial<BatchLimits> = {}) {
    this.#sink = sink;
    this.#limits = {
      maxRows: Math.min(sink.maxRows, limits.maxRows ?? sink.maxRows),
      maxBytes: Math.min(sink.maxBytes, limits.maxBytes ?? sink.maxBytes),
    };
  }

  get limits(): BatchLimits {
    return this.#limits;
  }

  /** Asks the sink whether it would take rows; sends none. */
  test(): Promise<Delivery> {
    return this.#ask((signal) => this.#sink.test?.(signal) ?? this.#prepared(signal));
  }

  /** Makes the other side ready, once. */
  async prepare(): Promise<Delivery> {
    if (this.#ready) return TAKEN;
    const answer = await this.#ask((signal) => this.#prepared(signal));
    if (answer.kind === 'taken') this.#ready = true;
    return answer;
  }

  /** From here on nothing is sent: what is under way is broken off, and may be taken later, by another. */
  stop(): void {
    this.#stop.abort();
  }

  #prepared(signal: AbortSignal): Promise<Delivery> {
    return this.#sink.prepare?.(signal) ?? Promise.resolve(TAKEN);
  }

  /** Never rejects. */
  async carry(rows: readonly LogRow[]): Promise<Carried> {
    const tally: Tally = { delivered: 0, dead: [], suspects: [], refusals: 0, taken: false };
    const prepared = await this.prepare();
    if (prepared.kind !== 'taken') return carried(tally, rows, prepared);
    const batches = inBatches(rows, this.#limits);
    for (const [index, batch] of batches.entries()) {
      const stopped = await this.#carryBatch(batch, tally);
      if (stopped === null) continue;
      const { rest, stop } = stopped;
      // It may be that a table is gone: it is made ready anew.
      if (stop.kind === 'refused') this.#ready = false;
      return carried(tally, [...rest, ...batches.slice(index + 1).flat()], stop);
    }
    return { kind: 'done', delivered: tally.delivered, dead: tally.dead, rest: [] };
  }

  /** Null: nothing of it is left to send. */
  async #carryBatch(batch: readonly LogRow[], tally: Tally) {
    const answer = await this.#send(batch, tally);
    if (answer.kind === 'taken') return null;
    if (answer.kind === 'later' || answer.splits !== true || batch.length === 1)
      return { rest: batch, stop: answer };
    const found = await this.#halve(batch, tally, 2 * Math.ceil(Math.log2(batch.length)) + 2);
    const rows = new Set(found?.rest ?? []);
    const suspected = tally.suspects.splice(0);
    if (tally.taken && found?.stop.kind !== 'refused') {
      for (const { row, why } of suspected) tally.dead.push({ id: row.id, why });
      return found === null
        ? null
        : { rest: batch.filter((row) => rows.has(row)), stop: found.stop };
    }
    // Nothing of it was taken, not even by itself: it is not the rows.
    for (const { row } of suspected) rows.add(row);
    return { rest: batch.filter((row) => rows.has(row)), stop: found?.stop ?? answer };
  }

  /** Sends the halves of what was refused as a whole. Null: all of it is sent, or suspected. */
  async #halve(
    batch: readonly LogRow[],
    tally: Tally,
    most: number,
  ): Promise<{ rest: readonly LogRow[]; stop: Stop } | null> {
    const middle = Math.ceil(batch.length / 2);
    for (const [half, after] of [
      [batch.slice(0, middle), batch.slice(middle)],
      [batch.slice(middle), []],
    ] as const) {
      const answer = await this.#send(half, tally);
      if (answer.kind === 'taken') continue;
      if (answer.kind === 'later' || answer.splits !== true)
        return { rest: [...half, ...after], stop: answer };
      if (half.length === 1) {
        const [row] = half;
        if (row !== undefined) tally.suspects.push({ row, why: answer.why });
        if (!tally.taken && tally.refusals > most) return { rest: after, stop: answer };
        continue;
      }
      if (!tally.taken && tally.refusals > most) return { rest: [...half, ...after], stop: answer };
      const found = await this.#halve(half, tally, most);
      if (found !== null) return { rest: [...found.rest, ...after], stop: found.stop };
    }
    return null;
  }

  async #send(batch: readonly LogRow[], tally: Tally): Promise<Delivery> {
    const answer = await this.#ask((signal) => this.#sink.send(batch, signal));
    if (answer.kind === 'refused') tally.refusals += 1;
    if (answer.kind !== 'taken') return answer;
    const rejected = new Map(answer.rejected.map(({ index, why }) => [index, why]));
    for (const [index, why] of rejected) {
      const id = batch[index]?.id;
      if (id !== undefined) tally.dead.push({ id, why });
    }
    tally.delivered += batch.length - rejected.size;
    tally.taken ||= rejected.size < batch.length;
    return answer;
  }

  /** A sink that throws, or does not come back, is one that may take it later. */
  async #ask(work: (signal: AbortSignal) => Promise<Delivery>): Promise<Delivery> {
    const stop = this.#stop.signal;
    if (stop.aborted) return STOPPED;
    const ms = this.#sink.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    const late: Delivery = { kind: 'later', why: `no answer within ${ms / 1000} s`, afterMs: null };
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), ms);
    const { promise: given, resolve: giveUp } = Promise.withResolvers<Delivery>();
    const grace = setTimeout(() => giveUp(late), ms + ABORT_GRACE_MS);
    const onStop = () => giveUp(STOPPED);
    stop.addEventListener('abort', onStop);
    try {
      const answer = await Promise.race([work(AbortSignal.any([abort.signal, stop])), given]);
      return abort.signal.aborted && answer.kind === 'later' ? late : answer;
    } catch (thrown) {
      return abort.signal.aborted ? late : { kind: 'later', why: troubleOf(thrown), afterMs: null };
    } finally {
      stop.removeEventListener('abort', onStop);
      clearTimeout(timer);
      clearTimeout(grace);
    }
  }
}

function carried(tally: Tally, rest: readonly LogRow[], stop: Stop): Carried {
  const { delivered, dead } = tally;
  const sum = { delivered, dead, rest };
  if (stop.kind === 'later') return { ...sum, kind: 'later', why: stop.why, afterMs: stop.afterMs };
  return { ...sum, kind: 'refused', why: stop.why, splits: stop.splits === true };
}

/** The same rows are cut the same way each time. */
export function inBatches(
  rows: readonly LogRow[],
  { maxRows, maxBytes }: BatchLimits,
): readonly (readonly LogRow[])[] {
  const batches: LogRow[][] = [];
  let current: LogRow[] = [];
  let bytes = FRAME_BYTES;
  for (const row of rows) {
    const size = bytesOf(row);
    if (current.length > 0 && (current.length >= maxRows || bytes + size > maxBytes)) {
      batches.push(current);
      current = [];
      bytes = FRAME_BYTES;
    }
    current.push(row);
    bytes += size;
  }
  if (current.length > 0) batches.push(current);
  return batches;
}

/** With the comma after it. */
export function bytesOf(row: LogRow): number {
  return Buffer.byteLength(JSON.stringify(row)) + 1;
}

/** An error's own message may hold an address, and that a password: its name or code only. */
function troubleOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return 'it failed';
  const code = 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : thrown.name;
  return `it could not be reached (${code})`;
}
