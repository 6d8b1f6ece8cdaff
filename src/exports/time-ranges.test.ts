// Stretches of time: put together, and never more than so many.
import { expect, test } from 'bun:test';
import { mergedRanges, minutesOf } from './time-ranges.ts';

test('moments become the minutes they are in', () => {
  expect(minutesOf([0, 59_999, 60_000, 300_001])).toEqual([
    [0, 120_000, 3],
    [300_000, 360_000, 1],
  ]);
  expect(minutesOf([])).toEqual([]);
});

test('what overlaps or touches is one', () => {
  const ranges = [
    [50, 60],
    [0, 10],
    [10, 20],
    [55, 58],
    [59, 70],
  ] as const;
  expect(mergedRanges(ranges)).toEqual([
    [0, 20],
    [50, 70],
  ]);
});

test('too many are joined over the shortest pauses, and none is left out', () => {
  const ranges = [
    [0, 10],
    [12, 20],
    [40, 50],
    [90, 95],
  ] as const;
  expect(mergedRanges(ranges, 2)).toEqual([
    [0, 50],
    [90, 95],
  ]);
  expect(mergedRanges(ranges, 1)).toEqual([[0, 95]]);
});

test('rows that are known are counted together', () => {
  const ranges = [
    [0, 10, 4],
    [5, 12],
    [12, 20, 3],
    [40, 50, 2],
  ] as const;
  expect(mergedRanges(ranges)).toEqual([
    [0, 20, 7],
    [40, 50, 2],
  ]);
  expect(mergedRanges(ranges, 1)).toEqual([[0, 50, 9]]);
});
