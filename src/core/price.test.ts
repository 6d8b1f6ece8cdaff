// Tests of the money arithmetic: exactness against BigInt, tiers, and every way a cost can be unknown.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { costNano, isUnpriced, type Price, type Rates } from './price.ts';
import { UNKNOWN_USAGE, type Usage } from './usage.ts';

const usage = (counts: Partial<Usage>): Usage => ({
  ...UNKNOWN_USAGE,
  input: 0,
  output: 0,
  ...counts,
});
const full: Price = {
  input: 3,
  output: 15,
  cacheRead: 0.3,
  cacheWrite5m: 3.75,
  cacheWrite1h: 6,
  reasoning: 12,
  audioIn: 40,
  audioOut: 80,
  search: 10,
};

describe('costNano', () => {
  test('prices each kind at its own rate', () => {
    // 1 million of a kind costs its rate in dollars: 1e9 nano each.
    const million = (kind: keyof Usage) => costNano(full, usage({ [kind]: 1_000_000 }));
    expect(million('input')).toBe(3_000_000_000);
    expect(million('output')).toBe(15_000_000_000);
    expect(million('cacheRead')).toBe(300_000_000);
    expect(million('cacheWrite5m')).toBe(3_750_000_000);
    expect(million('cacheWrite1h')).toBe(6_000_000_000);
    expect(million('reasoning')).toBe(12_000_000_000);
    expect(million('audioIn')).toBe(40_000_000_000);
    expect(million('audioOut')).toBe(80_000_000_000);
  });

  test('sums the kinds and prices searches by the thousand', () => {
    const counts = usage({ input: 7, cacheRead: 2569, cacheWrite5m: 79, output: 100, searches: 3 });
    // 21 000 + 770 700 + 296 250 + 1 500 000 + 30 000 000
    expect(costNano(full, counts)).toBe(32_587_950);
  });

  test('adds a fee for the call, by the thousand, once', () => {
    expect(costNano({ ...full, request: 5 }, usage({ input: 1 }))).toBe(3_000 + 5_000_000);
  });

  test('does not drift: ten times a tenth of a cent-fraction is exact', () => {
    expect(costNano({ input: 0.1, output: 0.2 }, usage({ input: 3, output: 3 }))).toBe(900);
    expect(costNano({ input: 0.049999999999999996, output: 0 }, usage({ input: 1_000_000 }))).toBe(
      50_000_000,
    );
  });

  test('rounds once, half up', () => {
    // 0.0375 dollars per million tokens is 37.5 nano a token.
    const price: Price = { input: 0.0375, output: 0.0375 };
    expect(costNano(price, usage({ input: 1 }))).toBe(38);
    expect(costNano(price, usage({ input: 1, output: 1 }))).toBe(75);
    expect(costNano({ input: 0.000_4, output: 0 }, usage({ input: 1 }))).toBe(0);
  });

  test('bills reasoning as output where it has no rate of its own', () => {
    const { reasoning: _, ...price } = full;
    expect(costNano(price, usage({ reasoning: 1_000_000 }))).toBe(15_000_000_000);
    expect(costNano({ ...price, reasoning: null }, usage({ reasoning: 1_000_000 }))).toBe(
      15_000_000_000,
    );
  });

  test.each(['cacheRead', 'cacheWrite5m', 'cacheWrite1h', 'audioIn', 'audioOut'] as const)(
    'is unknown where %s was used and has no rate, and known where it was not used',
    (kind) => {
      const price: Price = { input: 3, output: 15 };
      const priceWithNull: Price = { ...price, [kind]: null };
      expect(costNano(price, usage({ input: 10, [kind]: 1 }))).toBeNull();
      expect(costNano(priceWithNull, usage({ input: 10, [kind]: 1 }))).toBeNull();
      expect(costNano(price, usage({ input: 10, [kind]: 0 }))).toBe(30_000);
      expect(costNano(price, usage({ input: 10, [kind]: null }))).toBe(30_000);
    },
  );

  test('is unknown where searches were made and have no rate, or the call has a fee that is not known', () => {
    expect(costNano({ input: 3, output: 15 }, usage({ input: 10, searches: 1 }))).toBeNull();
    expect(costNano({ input: 3, output: 15, request: null }, usage({ input: 10 }))).toBeNull();
  });

  test('is unknown without a price, without usage, and where input or output was not reported', () => {
    expect(costNano(null, usage({ input: 1 }))).toBeNull();
    expect(costNano(full, UNKNOWN_USAGE)).toBeNull();
    expect(costNano({ input: 0, output: 0 }, UNKNOWN_USAGE)).toBeNull();
    expect(costNano(full, usage({ input: null, output: 5 }))).toBeNull();
    expect(costNano(full, usage({ input: 5, output: null }))).toBeNull();
  });

  test('needs no rate for what was not used, and no count of what is free', () => {
    expect(costNano({ input: 3, output: null }, usage({ input: 10 }))).toBe(30_000);
    expect(costNano({ input: null, output: 15 }, usage({ input: 10, output: 1 }))).toBeNull();
    // Vectors: output costs nothing and is often not reported.
    expect(costNano({ input: 0.13, output: 0 }, usage({ input: 10, output: null }))).toBe(1_300);
  });

  test('is zero only for what is priced at zero', () => {
    const free: Price = { input: 0, output: 0, cacheRead: 0 };
    expect(costNano(free, usage({ input: 500, cacheRead: 500, output: 500 }))).toBe(0);
    expect(costNano(full, usage({}))).toBe(0);
  });

  test('refuses counts and rates that cannot be', () => {
    expect(costNano(full, usage({ input: -1 }))).toBeNull();
    expect(costNano(full, usage({ input: 1.5 }))).toBeNull();
    expect(costNano(full, usage({ output: Number.NaN }))).toBeNull();
    expect(costNano({ input: -3, output: 15 }, usage({ input: 1 }))).toBeNull();
    expect(costNano({ input: Number.NaN, output: 15 }, usage({ input: 1 }))).toBeNull();
  });

  test('a tier holds for the whole call once the total input exceeds its bound', () => {
    const price: Price = {
      input: 1.25,
      output: 10,
      cacheRead: 0.125,
      tiers: [{ above: 200_000, input: 2.5, output: 15, cacheRead: 0.25 }],
    };
    expect(costNano(price, usage({ input: 200_000, output: 1000 }))).toBe(250_000_000 + 10_000_000);
    expect(costNano(price, usage({ input: 200_001, output: 1000 }))).toBe(500_002_500 + 15_000_000);
    // Cached tokens count towards the bound.
    expect(costNano(price, usage({ input: 1, cacheRead: 200_000 }))).toBe(2_500 + 50_000_000);
  });

  test('takes the highest tier exceeded, and replaces all base rates', () => {
    const price: Price = {
      input: 1,
      output: 1,
      cacheRead: 0.1,
      tiers: [
        { above: 10, input: 2, output: 2 },
        { above: 20, input: 3, output: 3, cacheRead: 0.3 },
      ],
    };
    expect(costNano(price, usage({ input: 10 }))).toBe(10_000);
    expect(costNano(price, usage({ input: 20 }))).toBe(40_000);
    expect(costNano(price, usage({ input: 21 }))).toBe(63_000);
    // The first tier does not say what cache reads cost; the base rate is not it.
    expect(costNano(price, usage({ input: 10, cacheRead: 5 }))).toBeNull();
  });
});

describe('exactness', () => {
  const KINDS = [
    'input',
    'output',
    'cacheRead',
    'cacheWrite5m',
    'cacheWrite1h',
    'reasoning',
    'audioIn',
    'audioOut',
  ] as const;
  // Rates as whole billionths of a dollar per million tokens, up to 1000 dollars: what nine decimals can write.
  const rate = fc.oneof(
    fc.integer({ min: 0, max: 1_000_000_000_000 }),
    fc.integer({ min: 0, max: 100_000 }).map((cents) => cents * 10_000_000),
  );
  const count = fc.oneof(fc.integer({ min: 0, max: 2_000_000 }), fc.integer({ min: 0, max: 100 }));

  test('equals BigInt arithmetic for any rates and counts', () => {
    fc.assert(
      fc.property(
        fc.tuple(...KINDS.map(() => rate)),
        fc.tuple(...KINDS.map(() => count)),
        fc.integer({ min: 0, max: 1000 }),
        (rates, counts, searches) => {
          const asRates: Rates = {
            ...Object.fromEntries(KINDS.map((kind, i) => [kind, (rates[i] ?? 0) / 1e9])),
            search: 10,
          } as unknown as Rates;
          const asUsage = usage(Object.fromEntries(KINDS.map((kind, i) => [kind, counts[i]])));
          let steps = BigInt(searches) * 10n * 1_000_000_000_000n;
          for (let i = 0; i < KINDS.length; i++) {
            steps += BigInt(rates[i] ?? 0) * BigInt(counts[i] ?? 0);
          }
          const expected = Number((steps + 500_000n) / 1_000_000n);
          expect(costNano(asRates, { ...asUsage, searches })).toBe(expected);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('the cost of a sum is the sum of the costs, to the rounding', () => {
    fc.assert(
      fc.property(rate, count, count, (steps, first, second) => {
        const price: Price = { input: steps / 1e9, output: 0 };
        const cost = (input: number) => costNano(price, usage({ input })) ?? Number.NaN;
        expect(Math.abs(cost(first + second) - cost(first) - cost(second))).toBeLessThanOrEqual(1);
      }),
    );
  });

  test('says nothing where the sum would leave exact integers', () => {
    expect(costNano(full, usage({ input: Number.MAX_SAFE_INTEGER }))).toBeNull();
  });
});

test('what the provider bills is what is paid for, whatever went through the model', () => {
  const price = { input: 2, output: 10 };
  const counted = { ...UNKNOWN_USAGE, input: 7, cacheRead: 2928, output: 4 };
  expect(costNano(price, counted)).toBeNull();
  expect(costNano(price, { ...counted, billed: { input: 2406, output: 2 } })).toBe(4_832_000);
});

test('what the provider says it charged is the cost of a model without a price', () => {
  const told = { ...UNKNOWN_USAGE, input: 1, output: 1, chargedUsd: 0.000146625 };
  expect(costNano(null, told)).toBe(146_625);
  expect(costNano({ input: 1, output: null }, told)).toBeNull();
  expect(costNano({ input: 1, output: 1 }, told)).toBe(2000);
  expect(costNano(null, { ...told, chargedUsd: Number.NaN })).toBeNull();
});

describe('what is not sold by the token', () => {
  const none: Price = { input: null, output: null };
  const counts = (units: Partial<Usage>): Usage => ({ ...UNKNOWN_USAGE, ...units });

  test('pictures, characters and minutes at their own rates, whatever tokens are told', () => {
    expect(costNano({ ...none, image: 0.04 }, counts({ images: 3 }))).toBe(120_000_000);
    expect(costNano({ ...none, image: 0.04 }, counts({ images: 3, input: 9, output: 900 }))).toBe(
      120_000_000,
    );
    expect(costNano({ ...none, characters: 15 }, counts({ characters: 700 }))).toBe(10_500_000);
    expect(costNano({ ...none, audioMinute: 0.006 }, counts({ seconds: 12 }))).toBe(1_200_000);
    expect(costNano({ ...none, audioMinute: 0.006 }, counts({ seconds: 36.71 }))).toBe(3_671_000);
  });

  test('search units where no tokens are told', () => {
    expect(costNano({ ...none, search: 2 }, counts({ searches: 3 }))).toBe(6_000_000);
    expect(costNano({ ...none, search: 2 }, counts({ searches: 3, input: 5 }))).toBeNull();
  });

  test('is unknown where the unit was not counted, or has no rate', () => {
    expect(costNano({ ...none, image: 0.04 }, counts({ characters: 3 }))).toBeNull();
    expect(costNano({ ...none, image: 0.04, characters: 1 }, counts({ images: 3 }))).toBeNull();
    expect(costNano(none, counts({ images: 3 }))).toBeNull();
    expect(costNano(none, counts({ searches: 3 }))).toBeNull();
    expect(costNano({ input: 1, output: 2 }, counts({ seconds: 3 }))).toBeNull();
  });

  test('a model with token rates is billed by those', () => {
    const both = { input: 1, output: 2, image: 0.04 };
    expect(costNano(both, counts({ images: 1, input: 1, output: 100 }))).toBe(201_000);
  });
});

describe('units beside token rates', () => {
  const minutes = { ...UNKNOWN_USAGE, seconds: 90 };
  const tokens = { ...UNKNOWN_USAGE, input: 100, output: 10, seconds: 90 };
  const price = (input: number | null, output: number | null) => ({
    input,
    output,
    audioMinute: 0.006,
  });

  test('count where tokens cost nothing, have no rate, or are not reported', () => {
    for (const [input, output] of [
      [0, 0],
      [0, null],
      [null, null],
    ] as const)
      expect([
        costNano(price(input, output), minutes),
        costNano(price(input, output), tokens),
      ]).toEqual([9_000_000, 9_000_000]);
    expect(costNano(price(2.5, 10), minutes)).toBe(9_000_000);
  });

  test('do not where tokens are billed', () => {
    expect(costNano(price(2.5, 10), tokens)).toBe(350_000);
  });
});

describe('sound that is read from a cache', () => {
  const heard = usage({ cacheRead: 100, cachedAudio: 40 });

  test('costs what is listed for it, or what text does where sound costs what text does', () => {
    const price = { input: 3, output: 9, cacheRead: 0.3, audioIn: 10, audioCacheRead: 1 };
    expect(costNano(price, heard)).toBe(60 * 300 + 40 * 1000);
    expect(costNano({ ...price, audioCacheRead: null, audioIn: 3 }, heard)).toBe(30_000);
  });

  test('is unknown where sound costs something else, or nobody says what', () => {
    const price = { input: 3, output: 9, cacheRead: 0.3 };
    for (const one of [price, { ...price, audioIn: 10 }])
      expect([costNano(one, heard), isUnpriced(one, heard)]).toEqual([null, true]);
  });
});

describe('a cost is unknown for want of a price', () => {
  const tokens: Price = { input: 1, output: 2 };
  const counts = (units: Partial<Usage>): Usage => ({ ...UNKNOWN_USAGE, ...units });
  const cases: readonly (readonly [Price | null, Usage, boolean])[] = [
    [tokens, counts({ seconds: 3 }), true],
    [tokens, counts({ images: 1 }), true],
    [{ input: 0, output: 0 }, counts({ images: 1 }), false],
    [{ input: null, output: null, image: 1 }, counts({ images: 1 }), false],
    [{ input: null, output: null }, counts({ searches: 1 }), true],
    [{ ...tokens, request: null }, usage({ input: 1 }), true],
    [tokens, counts({ input: 3 }), false],
    [tokens, UNKNOWN_USAGE, false],
    [null, UNKNOWN_USAGE, false],
    [null, counts({ output: 3 }), true],
  ];
  test.each(cases.map((one) => [...one] as const))('%j %j: %p', (price, used, unpriced) => {
    expect(isUnpriced(price, used)).toBe(unpriced);
  });
});
