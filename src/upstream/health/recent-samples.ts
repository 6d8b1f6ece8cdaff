// RecentSamples: the last so many measurements of one thing, and where their percentiles lie.

const MAX_SAMPLES = 64;
/** How a provider did longer ago says little of how it does now. */
const MAX_AGE_MS = 10 * 60_000;

export class RecentSamples {
  readonly #values = new Float32Array(MAX_SAMPLES);
  /** When each was taken, by a clock that never goes back. */
  readonly #at = new Float64Array(MAX_SAMPLES);
  #count = 0;

  add(value: number, now: number): void {
    const place = this.#count % MAX_SAMPLES;
    this.#values[place] = value;
    this.#at[place] = now;
    this.#count += 1;
  }

  /** Those that are not too old, in no order. */
  *values(now: number): Generator<number> {
    const held = Math.min(this.#count, MAX_SAMPLES);
    for (let place = 0; place < held; place++)
      if (now - (this.#at[place] ?? 0) <= MAX_AGE_MS) yield this.#values[place] ?? 0;
  }
}

/** Percentiles of measurements; null where there is none. */
export interface Spread {
  readonly samples: number;
  readonly p5: number | null;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

export function spreadOf(values: Iterable<number>): Spread {
  const sorted = Float32Array.from(values).sort();
  const at = (part: number) => sorted[Math.ceil(part * sorted.length) - 1] ?? null;
  return {
    samples: sorted.length,
    p5: at(0.05),
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
  };
}
