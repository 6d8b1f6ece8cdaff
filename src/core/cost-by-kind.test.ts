// A cost by kind is the bill a person would write: every line right to the billionth, and their sum the whole.
import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { costByKind } from './cost-by-kind.ts';
import { costNano, type Price } from './price.ts';
import { UNKNOWN_USAGE, type Usage } from './usage.ts';

const PRICE: Price = {
  input: 2.5,
  output: 15,
  cacheRead: 0.25,
  cacheWrite5m: 3.125,
  cacheWrite1h: 5,
  search: 10,
  tiers: [{ above: 200_000, input: 5, output: 22.5, cacheRead: 0.5 }],
};
const lines = (price: Price, usage: Partial<Usage>) => {
  const kinds = costByKind(price, { ...UNKNOWN_USAGE, ...usage });
  return kinds === null ? null : Object.fromEntries(kinds);
};

test('line by line', () => {
  const usage = { input: 1000, output: 200, reasoning: 50, cacheRead: 4000, searches: 2 };
  expect(lines(PRICE, usage)).toEqual({
    input: 2_500_000,
    cacheRead: 1_000_000,
    output: 3_000_000,
    reasoning: 750_000,
    searches: 20_000_000,
  });
});

test('at the rates of the tier that the whole call is in', () => {
  expect(lines(PRICE, { input: 150_000, cacheRead: 60_000, output: 10 })).toEqual({
    input: 750_000_000,
    cacheRead: 30_000_000,
    output: 225_000,
  });
});

test('at the rates of its service tier', () => {
  const price = { ...PRICE, services: { batch: { input: 1.25, output: 7.5 } } };
  expect(lines(price, { input: 1000, output: 100, tier: 'batch' })).toEqual({
    input: 1_250_000,
    output: 750_000,
  });
  expect(lines(PRICE, { input: 1000, output: 100, tier: 'batch' })).toBeNull();
});

test('a fee for the call', () => {
  const price = { input: 1, output: 1, request: 5 };
  expect(lines(price, { input: 1000, output: 0 })).toEqual({
    input: 1_000_000,
    request: 5_000_000,
  });
});

test('what is sold by the picture, the character, the minute', () => {
  expect(lines({ input: null, output: null, image: 0.04 }, { images: 3 })).toEqual({
    images: 120_000_000,
  });
  expect(lines({ input: null, output: null, characters: 15 }, { characters: 100 })).toEqual({
    characters: 1_500_000,
  });
  expect(lines({ input: null, output: null, audioMinute: 0.006 }, { seconds: 90 })).toEqual({
    seconds: 9_000_000,
  });
});

test('what the provider bills, where it counts that apart', () => {
  const usage = { input: 900, output: 90, billed: { input: 1000, output: 100 } };
  expect(lines({ input: 1, output: 2 }, usage)).toEqual({ input: 1_000_000, output: 200_000 });
});

test('sound from the cache is in the line of the cache', () => {
  const price = { input: 1, output: 2, cacheRead: 0.1, audioCacheRead: 0.5 };
  expect(lines(price, { input: 0, output: 0, cacheRead: 1000, cachedAudio: 400 })).toEqual({
    cacheRead: 60_000 + 200_000,
  });
});

test('nothing where the cost is not known', () => {
  expect(lines(PRICE, {})).toBeNull();
  expect(lines(PRICE, { input: 10, output: 1, audioIn: 5 })).toBeNull();
});

test('the lines always sum up to the cost, and none is off by more than rounding', () => {
  const count = fc.option(fc.nat(2_000_000));
  const rate = fc.nat(100_000_000).map((steps) => steps / 1e6);
  const prices = fc.record({ input: rate, output: rate, cacheRead: rate, cacheWrite5m: rate });
  const usages = fc.record({
    input: fc.nat(2_000_000),
    output: fc.nat(2_000_000),
    cacheRead: count,
    cacheWrite5m: count,
    reasoning: count,
  });
  fc.assert(
    fc.property(prices, usages, (price, counts) => {
      const usage = { ...UNKNOWN_USAGE, ...counts };
      const kinds = costByKind(price, usage);
      const sum = [...(kinds?.values() ?? [])].reduce((total, nano) => total + nano, 0);
      expect(sum).toBe(costNano(price, usage) ?? -1);
      const exact = { ...price, reasoning: price.output, cacheWrite1h: 0 };
      for (const kind of ['input', 'output', 'cacheRead', 'cacheWrite5m', 'reasoning'] as const) {
        const nano = (usage[kind] ?? 0) * exact[kind] * 1000;
        expect(Math.abs((kinds?.get(kind) ?? 0) - nano)).toBeLessThan(6);
      }
    }),
  );
});
