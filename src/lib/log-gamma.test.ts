// Against factorials and the values at halves.
import { expect, test } from 'bun:test';
import { logGamma } from './log-gamma.ts';

test('is the logarithm of factorials', () => {
  let factorial = 0;
  for (let n = 1; n <= 150; n += 1) {
    expect(logGamma(n)).toBeCloseTo(factorial, 9);
    factorial += Math.log(n);
  }
});

test('at halves', () => {
  expect(logGamma(0.5)).toBeCloseTo(0.5 * Math.log(Math.PI), 12);
  expect(logGamma(2.5)).toBeCloseTo(Math.log((3 * Math.sqrt(Math.PI)) / 4), 12);
});

test('obeys its recurrence where it is large', () => {
  for (const x of [1e3 + 0.3, 1e6 + 0.7]) {
    expect(logGamma(x + 1) - logGamma(x)).toBeCloseTo(Math.log(x), 6);
  }
});
