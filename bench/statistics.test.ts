// The benchmark's arithmetic.
import { describe, expect, test } from 'bun:test';
import { median, quantile, slope } from './statistics.ts';

describe('statistics', () => {
  test('a quantile is the nearest rank', () => {
    const samples = [5, 1, 4, 2, 3, 10, 9, 8, 7, 6];
    expect(quantile(samples, 0.5)).toBe(5);
    expect(quantile(samples, 0.99)).toBe(10);
    expect(quantile(samples, 0)).toBe(1);
    expect(quantile([], 0.5)).toBeNaN();
  });

  test('a median is the middle, or the mean of two', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([])).toBeNaN();
  });

  test('a slope is the rise over the run', () => {
    expect(
      slope([
        { x: 0, y: 1 },
        { x: 1, y: 3 },
        { x: 2, y: 5 },
      ]),
    ).toBe(2);
    expect(slope([{ x: 1, y: 1 }])).toBeNaN();
  });
});
