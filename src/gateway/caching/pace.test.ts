// When pieces leave: the gaps there were, none longer than a second, all together no longer than half a minute.
import { expect, test } from 'bun:test';
import { dueTimes } from './pace.ts';

test('the gaps there were', () => {
  expect(dueTimes([0, 10, 10, 250], 4)).toEqual([0, 10, 10, 250]);
  expect(dueTimes([], 2)).toEqual([0, 0]);
});

test('pieces whose time is not known come with the one before', () => {
  expect(dueTimes([0, 10], 4)).toEqual([0, 10, 10, 10]);
});

test('no gap is longer than a second', () => {
  expect(dueTimes([0, 5000, 5010, 90_000], 4)).toEqual([0, 1000, 1010, 2010]);
});

test('a clock that went back is not followed', () => {
  expect(dueTimes([0, 100, 50, 120], 4)).toEqual([0, 100, 100, 120]);
});

test('all together take half a minute at most, each gap shortened alike', () => {
  const times = Array.from({ length: 121 }, (_, index) => index * 1000);
  const due = dueTimes(times, times.length);
  expect(due[0]).toBe(0);
  expect(due[60]).toBe(15_000);
  expect(due[120]).toBe(30_000);
});
