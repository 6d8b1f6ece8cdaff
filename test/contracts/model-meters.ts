// ModelMeters: limits as anybody would count them with a list of everything that happened. Slow, and plain enough to believe.
import type { Demand, Meter, Taken } from '../../src/limits/meters/meter.ts';

interface Happened {
  readonly at: number;
  readonly demand: Demand;
  over: { readonly at: number; readonly taken: Taken } | null;
}

export class ModelMeters {
  readonly #meters: readonly Meter[];
  readonly #all: Happened[] = [];

  constructor(meters: readonly Meter[]) {
    this.#meters = meters;
  }

  /** The id of the first meter that has no room, or what is let in. */
  hold(demand: Demand, now: number): string | { settle(taken: Taken, at: number): void } {
    for (const meter of this.#meters) {
      const [used, held] = this.#reading(meter, now);
      if (demand.free && (meter.kind === 'budget' || meter.kind === 'tokens')) continue;
      if (used + held + wanted(meter, demand) > meter.limit) return meter.id;
    }
    const one: Happened = { at: now, demand, over: null };
    this.#all.push(one);
    return {
      settle(taken, at) {
        one.over ??= { at, taken };
      },
    };
  }

  readings(now: number): readonly (readonly [used: number, held: number])[] {
    return this.#meters.map((meter) => this.#reading(meter, now));
  }

  #reading(meter: Meter, now: number): readonly [used: number, held: number] {
    let used = 0;
    let held = 0;
    for (const { at, demand, over } of this.#all) {
      const counts = meter.kind !== 'budget' || samePeriod(meter, at, now);
      if (!counts) continue;
      if (meter.kind === 'requests') used += isLately(at, now) ? 1 : 0;
      else if (over === null) held += wanted(meter, demand);
      else if (meter.kind === 'budget') used += over.taken.nano ?? demand.nano;
      else if (meter.kind === 'tokens' && isLately(over.at, now))
        used += over.taken.tokens ?? demand.tokens;
    }
    return [used, held];
  }
}

/** Until sixty seconds after the end of the second it was in. */
function isLately(at: number, now: number): boolean {
  return now < (Math.floor(at / 1000) + 61) * 1000;
}

function samePeriod({ period }: Meter, one: number, other: number): boolean {
  const words = (at: number): string => {
    const date = new Date(at);
    const day = date.toISOString().slice(0, 10);
    if (period === 'day') return day;
    if (period === 'month') return day.slice(0, 7);
    if (period === 'total') return '';
    // Back to its Monday.
    const monday = new Date(Date.parse(day));
    monday.setUTCDate(monday.getUTCDate() - ((date.getUTCDay() + 6) % 7));
    return monday.toISOString();
  };
  return words(one) === words(other);
}

function wanted({ kind }: Meter, { nano, tokens }: Demand): number {
  if (kind === 'budget') return nano;
  return kind === 'tokens' ? tokens : 1;
}
