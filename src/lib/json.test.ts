// Depth is counted in arrays and objects, and counting stops at the limit; counts are whole and exact.
import { expect, test } from 'bun:test';
import { asCount, isDeeperThan } from './json.ts';

test.each([
  [0, 'text', false],
  [0, null, false],
  [0, [], true],
  [1, [], false],
  [1, { a: 1, b: 'x', c: null }, false],
  [1, { a: 1, b: [] }, true],
  [2, [1, { a: [1] }], true],
  [3, [1, { a: [1] }], false],
])('more than %d deep: %j', (levels, value, deeper) => {
  expect(isDeeperThan(levels, value)).toBe(deeper);
});

test('a million levels are no matter', () => {
  const deep: unknown = JSON.parse('['.repeat(1_000_000) + ']'.repeat(1_000_000));
  expect(isDeeperThan(500, deep)).toBe(true);
});

test('a count is whole, not below 0, and told exactly', () => {
  for (const count of [0, 1, 12.0, Number.MAX_SAFE_INTEGER]) expect(asCount(count)).toBe(count);
  for (const value of [
    -1,
    12.5,
    1e19,
    2 ** 53,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    '12',
    null,
    {},
  ])
    expect(asCount(value)).toBeUndefined();
});
