// Known: what Redis last said was used, and what it says must be added to that: what limits go by while Redis is away.

import { SECONDS } from '../sliding-minute.ts';
import type { Counts } from './commands.ts';
import type { TimedMeter } from './count-keys.ts';
import type { Batch, Unwritten } from './unwritten.ts';

type Used = Pick<Counts, 'used' | 'buckets'>;

/** Counts that are remembered; the first known is the first forgotten. */
const MAX_KNOWN = 200_000;

interface Known {
  used: number;
  /** Of a rate: the second in which all of it is taken to have been, the newest. */
  newest: number;
}

export class KnownCounts {
  readonly #known = new Map<string, Known>();

  /** What Redis said. */
  told({ meter, usedKey: key }: TimedMeter, { used, buckets }: Counts): void {
    if (meter.kind === 'concurrent') return;
    const newest = buckets.reduce((latest, [second]) => Math.max(latest, second), 0);
    const known = this.#known.get(key);
    if (known === undefined) this.#put(key, { used, newest });
    else {
      known.used = used;
      known.newest = newest;
    }
  }

  /** Redis has it, so it is no longer unwritten: what is told next has it in it. */
  written({ changes }: Batch, spent: readonly number[] | null): void {
    let nth = 0;
    for (const [key, change] of changes) {
      const told = change.what === 'spend' ? spent?.[nth++] : undefined;
      const known = this.#known.get(key);
      if (known === undefined) continue;
      if (change.what === 'spend') known.used = told ?? known.used + change.amount;
      if (change.what !== 'count') continue;
      for (const [second, count] of change.bySecond) {
        known.used += count;
        known.newest = Math.max(known.newest, second);
      }
    }
  }

  /** Others' requests under way are not in it: nobody would say that they are over. */
  used({ meter, usedKey: key }: TimedMeter, unwritten: Unwritten, now: number): Used {
    if (meter.kind === 'concurrent') return { used: 0, buckets: [] };
    const known = this.#known.get(key) ?? { used: 0, newest: 0 };
    if (meter.kind === 'budget') return { used: known.used + unwritten.spent(key), buckets: [] };
    const all = [[known.newest, known.used] as const, ...unwritten.counted(key)];
    const buckets = all.filter(([second]) => second > Math.floor(now / 1000) - SECONDS);
    return { used: buckets.reduce((sum, [, count]) => sum + count, 0), buckets };
  }

  #put(key: string, known: Known): void {
    const [oldest] = this.#known.size >= MAX_KNOWN ? this.#known.keys() : [];
    if (oldest !== undefined) this.#known.delete(oldest);
    this.#known.set(key, known);
  }
}
