// MemoryMeters: counts of limits in memory. They decide alone; what is spent may be written down elsewhere as well.
import { type Accounts, type Count, countFor, isAskedOf, wantsOf } from './count.ts';
import { HeldRoom, type RoomKeeper } from './held-room.ts';
import type {
  Demand,
  Meter,
  MeterReading,
  MeterStore,
  Refusal,
  Reservation,
  Taken,
} from './meter.ts';

export interface MemoryMetersOptions {
  /** Unix milliseconds: when requests are over. */
  readonly now?: () => number;
  /** Where what is spent is kept as well; absent: a restart forgets it. */
  readonly accounts?: Accounts;
}

/** How many counts each request looks at, to let those go that nobody needs any more. */
const LOOKS = 2;

/** What is held for one request. */
interface Held {
  readonly meters: readonly Meter[];
  readonly counts: readonly Count[];
  readonly demand: Demand;
  readonly now: number;
}

export class MemoryMeters implements MeterStore {
  readonly kind = 'memory';
  readonly trouble = null;
  readonly #now: () => number;
  readonly #accounts: Accounts | null;
  readonly #counts = new Map<string, Count>();
  readonly #keeper: RoomKeeper<Held>;
  #looking: MapIterator<[string, Count]>;
  #held = 0;

  constructor({ now = Date.now, accounts }: MemoryMetersOptions = {}) {
    this.#now = now;
    this.#accounts = accounts ?? null;
    this.#looking = this.#counts.entries();
    this.#keeper = { readingsOf, settle: (held, taken) => this.#settle(held, taken) };
  }

  hold(meters: readonly Meter[], demand: Demand, now: number): Reservation | Refusal {
    this.#letGo(now);
    const counts: Count[] = [];
    for (const meter of meters) {
      const count = this.#countOf(meter, now);
      const wants = wantsOf(meter.kind, demand);
      if (isAskedOf(meter.kind, demand) && count.used(now) + count.held + wants > meter.limit)
        return {
          refused: readingOf(meter, count, now),
          opensAt: count.opensAt(wants, meter.limit, now),
        };
      counts.push(count);
    }
    for (let at = 0; at < meters.length; at += 1) {
      const meter = meters[at];
      if (meter !== undefined) counts[at]?.take(wantsOf(meter.kind, demand), now);
    }
    this.#held += 1;
    return new HeldRoom({ meters, counts, demand, now }, this.#keeper);
  }

  read(meters: readonly Meter[], now: number): readonly MeterReading[] {
    return meters.map((meter) => readingOf(meter, this.#countOf(meter, now), now));
  }

  /** What callers spent before this process began is forgotten. */
  spent(): readonly string[] {
    return [];
  }

  get held(): number {
    return this.#held;
  }

  /** How many counts are in memory. */
  get size(): number {
    return this.#counts.size;
  }

  async close(): Promise<void> {}

  #settle({ meters, counts, demand }: Held, taken: Taken): void {
    this.#held -= 1;
    const now = this.#now();
    for (let at = 0; at < meters.length; at += 1) {
      const meter = meters[at];
      if (meter !== undefined) counts[at]?.settle(wantsOf(meter.kind, demand), taken, now);
    }
  }

  #countOf(meter: Meter, now: number): Count {
    const known = this.#counts.get(meter.id);
    if (known?.isCurrent(now)) return known;
    const count = countFor(meter, this.#accounts, now);
    this.#counts.set(meter.id, count);
    return count;
  }

  /** A few at a time, round and round: no request waits for all of them. */
  #letGo(now: number): void {
    for (let looks = 0; looks < LOOKS; looks += 1) {
      const next = this.#looking.next();
      if (next.done) {
        this.#looking = this.#counts.entries();
        return;
      }
      const [id, count] = next.value;
      if (count.isIdle(now)) this.#counts.delete(id);
    }
  }
}

function readingsOf({ meters, counts, now }: Held): readonly MeterReading[] {
  return meters.flatMap((meter, at) => {
    const count = counts[at];
    return count === undefined ? [] : [readingOf(meter, count, now)];
  });
}

function readingOf(meter: Meter, count: Count, now: number): MeterReading {
  return { meter, used: count.used(now), held: count.held, resetsAt: count.resetsAt(now) };
}
