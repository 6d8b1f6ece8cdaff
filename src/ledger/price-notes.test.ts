// A price is noted once, when it is first used; the same rates are the same price, whoever lists them.
import { expect, test } from 'bun:test';
import type { Price } from '../core/price.ts';
import { priceVersion } from '../core/price-version.ts';
import { PriceNotes } from './price-notes.ts';

const SMALL: Price = { input: 1, output: 2 };

test('a price is noted once, with what it was', () => {
  const notes = new PriceNotes(() => 77);
  const version = priceVersion(SMALL);
  expect(notes.note('alpha/small', SMALL)).toEqual({
    version,
    model: 'alpha/small',
    price: '{"input":1,"output":2}',
    since: 77,
  });
  expect(notes.note('alpha/small', SMALL)).toBeNull();
  expect(notes.note('beta/small', { output: 2, input: 1 })).toBeNull();
  const changed = notes.note('alpha/small', { ...SMALL, output: 3 });
  expect(changed?.version).toBe(priceVersion({ input: 1, output: 3 }));
  expect(changed?.version).not.toBe(version);
});
