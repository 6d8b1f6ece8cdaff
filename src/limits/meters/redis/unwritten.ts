// Unwritten: what requests took that Redis has not been told yet, summed by count, so that an outage fills no memory.
import { SECONDS } from '../sliding-minute.ts';

/** Distinct counts: keys and users times their limits. */
const MAX_COUNTS = 100_000;
/** In one script, which nothing else runs beside. */
const MAX_IN_BATCH = 1000;

export type Change =
  | { readonly what: 'spend'; amount: number; readonly to: number | null }
  | { readonly what: 'count'; readonly bySecond: Map<number, number> }
  | { readonly what: 'free'; amount: number };

/** Sent again as it is until it is acknowledged: Redis knows its number. */
export interface Batch {
  readonly number: number;
  /** Who held what it frees. */
  readonly owner: string;
  readonly changes: ReadonlyMap<string, Change>;
}

export class Unwritten {
  #changes = new Map<string, Change>();
  #batch: Batch | null = null;
  #batches = 0;
  /** Counts that were lost because there were too many. */
  dropped = 0;

  /** Distinct counts that are still to be written. */
  get size(): number {
    return this.#changes.size + (this.#batch?.changes.size ?? 0);
  }

  /** @param to when the period is over, unix milliseconds */
  spend(key: string, amount: number, to: number | null): void {
    const known = this.#changes.get(key);
    if (known?.what === 'spend') known.amount += amount;
    else this.#put(key, { what: 'spend', amount, to });
  }

  count(key: string, amount: number, second: number): void {
    const known = this.#changes.get(key);
    if (known?.what !== 'count') {
      this.#put(key, { what: 'count', bySecond: new Map([[second, amount]]) });
      return;
    }
    const { bySecond } = known;
    bySecond.set(second, (bySecond.get(second) ?? 0) + amount);
    if (bySecond.size <= SECONDS) return;
    for (const at of bySecond.keys()) if (at <= second - SECONDS) bySecond.delete(at);
  }

  free(key: string, amount: number): void {
    const known = this.#changes.get(key);
    if (known?.what === 'free') known.amount += amount;
    else this.#put(key, { what: 'free', amount });
  }

  /** What is held is told anew and whole: what was freed before is not in it. */
  forgetFreed(): void {
    for (const [key, change] of this.#changes)
      if (change.what === 'free') this.#changes.delete(key);
  }

  /** What is to be sent now; null: nothing. The same until it is acknowledged. */
  next(owner: string): Batch | null {
    if (this.#batch !== null) return this.#batch;
    if (this.#changes.size === 0) return null;
    let changes = this.#changes;
    this.#changes = new Map();
    if (changes.size > MAX_IN_BATCH) {
      const all = [...changes];
      changes = new Map(all.slice(0, MAX_IN_BATCH));
      this.#changes = new Map(all.slice(MAX_IN_BATCH));
    }
    this.#batches += 1;
    this.#batch = { number: this.#batches, owner, changes };
    return this.#batch;
  }

  acknowledge(): void {
    this.#batch = null;
  }

  /** Of a budget's period, in billionths of a dollar. */
  spent(key: string): number {
    return amountOf(this.#changes.get(key)) + amountOf(this.#batch?.changes.get(key));
  }

  /** Of a rate, as pairs of second and count. */
  counted(key: string): readonly (readonly [second: number, count: number])[] {
    const pairs: [number, number][] = [];
    for (const change of [this.#changes.get(key), this.#batch?.changes.get(key)])
      if (change?.what === 'count') pairs.push(...change.bySecond);
    return pairs;
  }

  #put(key: string, change: Change): void {
    if (this.#changes.size >= MAX_COUNTS) this.dropped += 1;
    else this.#changes.set(key, change);
  }
}

function amountOf(change: Change | undefined): number {
  return change?.what === 'spend' ? change.amount : 0;
}
