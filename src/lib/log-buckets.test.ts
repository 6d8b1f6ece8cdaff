// Percentiles from buckets beside those of the sorted sizes.
import { expect, test } from 'bun:test';
import { bucketOf, percentile } from './log-buckets.ts';

function counted(sizes: readonly number[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const size of sizes) counts.set(bucketOf(size), (counts.get(bucketOf(size)) ?? 0) + 1);
  return counts;
}

test('percentiles are those of the sizes to within two percent', () => {
  const sizes = Array.from({ length: 10_000 }, (_, at) => 20 + ((at * 7919) % 10_000) ** 1.3);
  const sorted = sizes.toSorted((a, b) => a - b);
  const counts = counted(sizes);
  for (const share of [0.05, 0.5, 0.95, 0.99]) {
    const exact = sorted[Math.ceil(sorted.length * share) - 1] ?? 0;
    expect(Math.abs((percentile(counts, share) ?? 0) / exact - 1)).toBeLessThan(0.0201);
  }
});

test('of nothing there is none, and below one there is one bucket', () => {
  expect(percentile(new Map(), 0.5)).toBeNull();
  expect([bucketOf(0), bucketOf(0.4), bucketOf(1)]).toEqual([0, 0, 0]);
  expect(percentile(counted([500]), 0.95)).toBeCloseTo(500, -2);
});
