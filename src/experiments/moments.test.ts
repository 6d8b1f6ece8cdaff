// Means and variances beside their definitions.
import { expect, test } from 'bun:test';
import { Moments } from './moments.ts';
import { seededRandom } from './seeded-random.ts';

function defined(values: readonly number[]): { mean: number; variance: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, variance: squares / (values.length - 1) };
}

test('are those of the numbers, zeros at once included, far from 0 too', () => {
  const random = seededRandom(5);
  for (const offset of [0, 1e9]) {
    const values = Array.from({ length: 500 }, () => offset + random());
    const moments = new Moments();
    for (const value of values) moments.add(value);
    const { mean, variance } = defined(values);
    expect(moments.mean / mean).toBeCloseTo(1, 12);
    expect(moments.variance / variance).toBeCloseTo(1, 4);
    moments.addZeros(300);
    const all = defined([...values, ...Array<number>(300).fill(0)]);
    expect(moments.n).toBe(800);
    expect(moments.mean / all.mean).toBeCloseTo(1, 9);
    expect(moments.variance / all.variance).toBeCloseTo(1, 9);
    expect([moments.nonZero, moments.binary]).toEqual([500, false]);
  }
});

test('know zeros and ones, and nothing at all', () => {
  const moments = new Moments();
  expect([moments.n, moments.mean, moments.variance]).toEqual([0, 0, 0]);
  moments.add(1);
  moments.addZeros(3);
  expect([moments.binary, moments.nonZero, moments.mean]).toEqual([true, 1, 0.25]);
  moments.add(2);
  expect(moments.binary).toBe(false);
});
