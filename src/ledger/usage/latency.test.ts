// Histograms against the durations themselves.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { Histogram } from './latency.ts';

const durations = fc.array(fc.double({ min: 0, max: 4e6, noNaN: true }), { maxLength: 1500 });

function of(values: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.add(value);
  return histogram;
}

/** What is stored of it: equal histograms have equal bytes. */
const stored = (histogram: Histogram) => [...(histogram.encode() ?? [])];

describe('a histogram', () => {
  test('of parts put together is that of all', () => {
    fc.assert(
      fc.property(fc.array(durations, { maxLength: 8 }), fc.boolean(), (parts, isEncoded) => {
        const merged = new Histogram();
        for (const part of parts) {
          const bytes = of(part).encode();
          if (!isEncoded) merged.mergeHistogram(of(part));
          else if (bytes !== null) merged.merge(bytes);
        }
        expect(stored(merged)).toEqual(stored(of(parts.flat())));
        expect(merged.percentiles()).toEqual(of(parts.flat()).percentiles());
      }),
      { numRuns: 60 },
    );
  });

  test('without a part is that of the rest', () => {
    fc.assert(
      fc.property(durations, durations, (some, rest) => {
        const all = of([...some, ...rest]);
        all.subtract(of(some));
        expect(stored(all)).toEqual(stored(of(rest)));
      }),
      { numRuns: 60 },
    );
  });

  test('tells percentiles to within two percent, below a millisecond to within one', () => {
    fc.assert(
      fc.property(durations, (values) => {
        const sorted = values.toSorted((a, b) => a - b);
        const told = of(values).percentiles();
        for (const [share, near] of [
          [0.5, told.p50],
          [0.95, told.p95],
          [0.99, told.p99],
        ] as const) {
          if (sorted.length === 0) {
            expect(near).toBeNull();
            continue;
          }
          const exact = sorted[Math.ceil(sorted.length * share) - 1] ?? 0;
          const error = Math.abs((near ?? Number.NaN) - exact);
          expect(error).toBeLessThanOrEqual(Math.max(exact * 0.0202, 1.03));
        }
      }),
      { numRuns: 200 },
    );
  });

  test('of nothing has no bytes; of one duration, a few', () => {
    expect(new Histogram().encode()).toBeNull();
    expect(of([812]).encode()?.length).toBeLessThanOrEqual(3);
    expect(of(Array.from({ length: 100_000 }, () => 812)).encode()?.length).toBeLessThanOrEqual(5);
  });

  test('takes what is longer than five days for five days', () => {
    expect(of([1e12]).percentiles().p50).toBeGreaterThan(5 * 86_400_000);
  });

  test('thousands are put together in milliseconds', () => {
    const bytes = of(Array.from({ length: 2000 }, (_, n) => 50 + n * 3)).encode();
    const merged = new Histogram();
    const begun = performance.now();
    for (let n = 0; n < 5000; n++) if (bytes !== null) merged.merge(bytes);
    expect(merged.percentiles().p50).toBeGreaterThan(2500);
    expect(performance.now() - begun).toBeLessThan(500);
  });
});
