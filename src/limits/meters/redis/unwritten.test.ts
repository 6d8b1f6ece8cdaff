// What is not written yet stays small, and is sent the same until it is known to be written.
import { expect, test } from 'bun:test';
import { Unwritten } from './unwritten.ts';

test('a hundred thousand requests of one key are one sum', () => {
  const unwritten = new Unwritten();
  for (let nth = 0; nth < 100_000; nth += 1) {
    unwritten.spend('spent', 3, null);
    unwritten.count('rate', 1, Math.floor(nth / 100));
    unwritten.free('held', 1);
  }
  expect(unwritten.size).toBe(3);
  expect(unwritten.spent('spent')).toBe(300_000);
  // Of a rate only the last minute matters.
  expect(unwritten.counted('rate').map(([second]) => second)).toEqual(
    Array.from({ length: 61 }, (_, nth) => 939 + nth),
  );
});

test('a batch is the same until it is acknowledged, and what comes meanwhile is in the next', () => {
  const unwritten = new Unwritten();
  expect(unwritten.next('me')).toBeNull();
  unwritten.spend('spent', 3, null);
  const first = unwritten.next('me');
  unwritten.spend('spent', 4, null);
  expect(unwritten.next('somebody else')).toBe(first);
  expect([first?.number, first?.owner, first?.changes.get('spent')]).toEqual([
    1,
    'me',
    { what: 'spend', amount: 3, to: null },
  ]);
  // Neither is known to be written.
  expect(unwritten.spent('spent')).toBe(7);
  unwritten.acknowledge();
  expect(unwritten.spent('spent')).toBe(4);
  expect(unwritten.next('me')?.number).toBe(2);
});

test('a batch is never longer than a script may take', () => {
  const unwritten = new Unwritten();
  for (let nth = 0; nth < 2500; nth += 1) unwritten.spend(`spent${nth}`, 1, null);
  const sizes: number[] = [];
  for (let batch = unwritten.next('me'); batch !== null; batch = unwritten.next('me')) {
    sizes.push(batch.changes.size);
    unwritten.acknowledge();
  }
  expect(sizes).toEqual([1000, 1000, 500]);
});

test('more limits than it has room for are lost, and that is told', () => {
  const unwritten = new Unwritten();
  for (let nth = 0; nth < 100_010; nth += 1) unwritten.spend(`spent${nth}`, 1, null);
  expect([unwritten.size, unwritten.dropped]).toEqual([100_000, 10]);
});

test('what is freed before everything held is told anew is not freed again', () => {
  const unwritten = new Unwritten();
  unwritten.free('held', 5);
  unwritten.spend('spent', 5, null);
  unwritten.forgetFreed();
  expect([...(unwritten.next('me')?.changes.keys() ?? [])]).toEqual(['spent']);
});
