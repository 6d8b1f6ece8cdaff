// Being left alone after a 429: for as long as was asked, else longer with each in a row.
import { expect, test } from 'bun:test';
import { Cooling } from './cooling.ts';

const TIMES = { coolAfter: 1, coolMs: 1000, maxCoolMs: 60_000 };

test('for as long as it was told', () => {
  const cooling = new Cooling();
  expect(cooling.forMs(0)).toBe(0);
  cooling.limited(0, 7000, 100, TIMES, 0.9);
  expect(cooling.forMs(100)).toBe(7000);
  expect(cooling.forMs(7099)).toBe(1);
  expect(cooling.forMs(7100)).toBe(0);
});

test('for no longer than an hour, whatever it was told', () => {
  const cooling = new Cooling();
  cooling.limited(0, 86_400_000, 0, TIMES, 0);
  expect(cooling.forMs(0)).toBe(3_600_000);
});

test('else for a second, doubled with each in a row, up to a minute', () => {
  const cooling = new Cooling();
  let now = 0;
  const waits: number[] = [];
  for (let row = 0; row < 8; row++) {
    cooling.limited(now, null, now, TIMES, 0);
    waits.push(cooling.forMs(now));
    now += cooling.forMs(now);
  }
  expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
});

test('up to a quarter less by chance', () => {
  const cooling = new Cooling();
  cooling.limited(0, null, 0, TIMES, 0.8);
  expect(cooling.forMs(0)).toBe(800);
});

test('a told time of nothing is none', () => {
  const cooling = new Cooling();
  cooling.limited(0, 0, 0, TIMES, 0);
  expect(cooling.forMs(0)).toBe(1000);
});

test('calls that were under way together are one refusal', () => {
  const cooling = new Cooling();
  for (let call = 0; call < 20; call++) cooling.limited(0, null, 50 + call, TIMES, 0);
  expect(cooling.forMs(50)).toBe(1000);
  // What one of them was told holds all the same.
  cooling.limited(0, 5000, 80, TIMES, 0);
  expect(cooling.forMs(80)).toBe(5000);
  cooling.limited(5080, null, 5080, TIMES, 0);
  expect(cooling.forMs(5080)).toBe(2000);
});

test('a shorter time does not cut a longer one', () => {
  const cooling = new Cooling();
  cooling.limited(0, 30_000, 0, TIMES, 0);
  cooling.limited(10, 2000, 10, TIMES, 0);
  expect(cooling.forMs(10)).toBe(29_990);
});

test('an answer to what was asked since ends it and the row; an answer to what was asked before says nothing', () => {
  const cooling = new Cooling();
  cooling.limited(0, null, 10, TIMES, 0);
  cooling.limited(20, null, 20, TIMES, 0);
  cooling.answered(5);
  expect(cooling.forMs(20)).toBe(2000);
  cooling.answered(25);
  expect(cooling.forMs(30)).toBe(0);
  cooling.limited(40, null, 40, TIMES, 0);
  expect(cooling.forMs(40)).toBe(1000);
});

test('a 429 that names no time is passed over until there are so many in a row', () => {
  const cooling = new Cooling();
  const times = { ...TIMES, coolAfter: 3 };
  for (const [at, forMs] of [
    [0, 0],
    [1, 0],
    [2, 1000],
    [3000, 2000],
  ] as const) {
    cooling.limited(at, null, at, times, 0);
    expect(cooling.forMs(at)).toBe(forMs);
  }
});
