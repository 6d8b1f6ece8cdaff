// What a prompt cache is worth: against the bill without it, to the billionth, in every tier, and below 0 where writes cost more.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { costNano, type Price } from './price.ts';
import { promptCacheSavedNano } from './prompt-cache-savings.ts';
import { UNKNOWN_USAGE, type Usage } from './usage.ts';

const PRICE: Price = {
  ...{ input: 3, output: 15, cacheRead: 0.3, cacheWrite5m: 3.75, cacheWrite1h: 6 },
  ...{ audioIn: 32, audioCacheRead: 0.4 },
  tiers: [{ above: 200_000, input: 6, output: 22.5, cacheRead: 0.6, cacheWrite5m: 7.5 }],
  services: { batch: { input: 1.5, output: 7.5, cacheRead: 0.15 } },
};
const usage = (more: Partial<Usage>): Usage => ({
  ...UNKNOWN_USAGE,
  ...{ input: 100, output: 10 },
  ...more,
});

describe('a prompt cache saves', () => {
  test.each([
    ['what was read, at the difference', { cacheRead: 1000 }, 1000 * 2700],
    [
      'less what writing cost more',
      { cacheRead: 1000, cacheWrite5m: 400 },
      1000 * 2700 - 400 * 750,
    ],
    ['nothing but costs more where it is only written', { cacheWrite1h: 1000 }, -1000 * 3000],
    ['by the tier the whole call is in', { cacheRead: 300_000 }, 300_000 * 5400],
    ['at its service tier’s rates', { cacheRead: 1000, tier: 'batch' }, 1000 * 1350],
    [
      'sound at the price of sound',
      { cacheRead: 1000, cachedAudio: 600 },
      400 * 2700 + 600 * 31_600,
    ],
  ])('%s', (_, more, nano) => {
    expect(promptCacheSavedNano(PRICE, usage(more))).toBe(nano);
  });

  test.each([
    ['no price', null, { cacheRead: 10 }],
    ['no rate for reads', { input: 1, output: 1 }, { cacheRead: 10 }],
    ['no rates for its tier', PRICE, { cacheRead: 10, tier: 'priority' }],
    ['no input that is told', PRICE, { cacheRead: 10, input: null }],
    ['a bill by other counts', PRICE, { cacheRead: 10, billed: { input: 5, output: 1 } }],
    ['a sum that is only told', null, { cacheRead: 10, chargedUsd: 0.5 }],
  ] as const)('nobody knows what, where there is %s', (_, price, more) => {
    expect(promptCacheSavedNano(price, usage(more))).toBeNull();
  });

  test('has no part in a call that neither read nor wrote', () => {
    expect(promptCacheSavedNano(PRICE, usage({}))).toBeUndefined();
    expect(promptCacheSavedNano(null, usage({ cacheRead: 0, cacheWrite5m: 0 }))).toBeUndefined();
    expect(promptCacheSavedNano(PRICE, UNKNOWN_USAGE)).toBeUndefined();
  });

  test('what it saved and what the call cost are the bill of the same input, all plain', () => {
    const count = fc.nat(300_000);
    const rate = fc.integer({ min: 0, max: 20_000_000 }).map((millionths) => millionths / 1e6);
    fc.assert(
      fc.property(
        fc.record({ input: count, cacheRead: count, cacheWrite5m: count, output: count }),
        fc.record({ input: rate, output: rate, cacheRead: rate, cacheWrite5m: rate }),
        (counts, rates) => {
          const price = { ...rates, tiers: [{ ...rates, above: 200_000, input: rates.input * 2 }] };
          const used = usage(counts);
          const saved = promptCacheSavedNano(price, used);
          if (saved === undefined) return;
          const { input, cacheRead, cacheWrite5m, output } = counts;
          const plain = usage({ input: input + cacheRead + cacheWrite5m, output });
          expect((saved ?? Number.NaN) + (costNano(price, used) ?? Number.NaN)).toBe(
            costNano(price, plain) as number,
          );
        },
      ),
    );
  });
});
