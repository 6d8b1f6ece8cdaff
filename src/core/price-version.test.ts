// A price's version: the same for the same rates however they are written, another one for any that differ.
import { expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Price } from './price.ts';
import { priceVersion } from './price-version.ts';

const rate = fc.option(fc.double({ min: 0, max: 1000, noNaN: true }), { nil: null });
const rates = fc.record(
  { input: rate, output: rate, cacheRead: rate, request: rate },
  { requiredKeys: ['input', 'output'] },
);
const price: fc.Arbitrary<Price> = fc
  .tuple(rates, fc.option(fc.array(rates, { maxLength: 2 })), fc.option(rates))
  .map(([base, tiers, batch]) => ({
    ...base,
    ...(tiers === null ? {} : { tiers: tiers.map((tier, i) => ({ above: i + 1, ...tier })) }),
    ...(batch === null ? {} : { services: { batch } }),
  }));

function backwards<T>(value: T): T {
  if (Array.isArray(value)) return value.map(backwards) as T;
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).reverse();
  return Object.fromEntries(members.map(([name, member]) => [name, backwards(member)])) as T;
}

test('is sixteen hex digits, and the same in whatever order rates are written', () => {
  fc.assert(
    fc.property(price, (one) => {
      const version = priceVersion(one);
      expect(version).toMatch(/^[0-9a-f]{16}$/);
      expect(priceVersion(backwards(one))).toBe(version);
      expect(priceVersion(one)).toBe(version);
    }),
  );
});

test('is another one where anything differs: a rate, its absence, a tier, a service', () => {
  const base: Price = { input: 1, output: 2 };
  const all: readonly Price[] = [
    base,
    { input: 2, output: 1 },
    { ...base, cacheRead: null },
    { ...base, cacheRead: 0 },
    { ...base, tiers: [{ above: 10, input: 1, output: 2 }] },
    { ...base, tiers: [{ above: 11, input: 1, output: 2 }] },
    { ...base, services: { batch: base } },
    { ...base, services: { flex: base } },
  ];
  expect(new Set(all.map(priceVersion)).size).toBe(all.length);
});
