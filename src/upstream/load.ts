// Load: what all requests together have under way, by provider.
import type { ConfiguredProvider } from '../core/plan.ts';
import { Lane, type LaneClock } from './lane.ts';

const REAL_CLOCK: LaneClock = {
  now: () => performance.now(),
  after(ms, what) {
    const timer = setTimeout(what, ms);
    return () => clearTimeout(timer);
  },
};

export class Load {
  readonly #clock: LaneClock;
  readonly #lanes = new Map<string, Lane>();

  constructor(clock: LaneClock = REAL_CLOCK) {
    this.#clock = clock;
  }

  /** Takes the limits over. Who waits where there is room now goes in at once; who waits already stays, however short the queue is now. */
  limit(providers: ReadonlyMap<string, ConfiguredProvider>): void {
    for (const [id, { limits }] of providers) this.of(id).limit(limits ?? null);
  }

  /** What one provider has under way. */
  of(provider: string): Lane {
    const known = this.#lanes.get(provider);
    if (known !== undefined) return known;
    const lane = new Lane(this.#clock);
    this.#lanes.set(provider, lane);
    return lane;
  }

  /** Requests under way and waiting, of all providers. */
  get total(): number {
    let total = 0;
    for (const lane of this.#lanes.values()) total += lane.running + lane.waiting;
    return total;
  }
}
