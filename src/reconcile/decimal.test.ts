// Decimals: exact, whatever the digits; rounded once, to the billionth of a dollar.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { add, parseDecimal, toCount, toNano, UNITS, ZERO } from './decimal.ts';

const nano = (text: string, unit: number = UNITS.dollars) => {
  const decimal = parseDecimal(text);
  return decimal === null ? null : toNano(decimal, unit);
};

describe('amounts', () => {
  test('as vendors write them', () => {
    expect([
      nano('0.06'),
      nano('0.00003420000000000000000000000000000000'),
      nano('0E-6176'),
      nano('-1.5'),
      nano('1e-9'),
      nano('.5'),
      nano('123.45', UNITS.cents),
      nano('123.78912', UNITS.cents),
    ]).toEqual([
      60_000_000, 34_200, 0, -1_500_000_000, 1, 500_000_000, 1_234_500_000, 1_237_891_200,
    ]);
  });

  test('what is none', () => {
    const none = ['', '.', 'notmoney', '1,5', '$3', '1e', '--1', '0x10', 'NaN', 'Infinity', '1e99'];
    expect(none.map(parseDecimal)).toEqual(none.map(() => null));
  });

  test('every number of billionths comes back as it was, however many zeros follow', () => {
    const amount = fc.integer({ min: -(10 ** 15), max: 10 ** 15 });
    fc.assert(
      fc.property(amount, fc.nat(30), (billionths, zeros) => {
        const digits = String(Math.abs(billionths)).padStart(10, '0');
        const sign = billionths < 0 ? '-' : '';
        const text = `${sign}${digits.slice(0, -9)}.${digits.slice(-9)}${'0'.repeat(zeros)}`;
        expect(nano(text)).toBe(billionths);
      }),
    );
  });

  test('sums are exact in any order: ten times a tenth is one, and so for all', () => {
    const decimals = fc.array(
      fc.tuple(fc.bigInt(-(10n ** 20n), 10n ** 20n), fc.integer({ min: -25, max: 3 })),
    );
    fc.assert(
      fc.property(decimals, (parts) => {
        const all = parts.map(
          ([digits, exponent]) => parseDecimal(`${digits}e${exponent}`) ?? ZERO,
        );
        const sum = all.reduce(add, ZERO);
        const exact = parts.reduce(
          (total, [digits, exponent]) => total + digits * 10n ** BigInt(exponent + 25),
          0n,
        );
        expect(sum.coefficient * 10n ** BigInt(sum.exponent + 25)).toBe(exact);
        const back = all.toReversed().reduce(add, ZERO);
        expect(back.coefficient * 10n ** BigInt(back.exponent + 25)).toBe(exact);
      }),
    );
  });

  test('half a billionth rounds away from zero', () => {
    expect([nano('0.0000000005'), nano('-0.0000000005'), nano('0.00000000049')]).toEqual([
      1, -1, 0,
    ]);
  });
});

test('counts are whole and not negative; spreadsheets write them with a point', () => {
  expect(['10', '10.0', '0', '1e3'].map(toCount)).toEqual([10, 10, 0, 1000]);
  expect(['10.5', '-1', '', 'ten', '1e40'].map(toCount)).toEqual([null, null, null, null, null]);
});
