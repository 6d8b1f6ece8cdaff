// Depth is counted in arrays and objects, and counting stops at the limit.
import { expect, test } from 'bun:test';
import { isDeeperThan } from './json.ts';

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
