// Budgets and rates as they are written, parsed and shown again.
import { expect, test } from 'bun:test';
import { z } from 'zod';
import { limitFields, limitsOf, shownLimits } from './limit-fields.ts';

const schema = z.strictObject(limitFields);

test.each([
  [{}, [], null],
  [{ budget: null, rate_limit: null }, [], null],
  [{ budget: { amount_usd: 0.1, period: 'day' } }, [[100_000_000, 'day']], null],
  [
    {
      budget: [
        { amount_usd: 5, period: 'day' },
        { amount_usd: 0, period: 'total' },
      ],
      rate_limit: { requests_per_minute: 5, concurrent: null },
    },
    [
      [5e9, 'day'],
      [0, 'total'],
    ],
    { requestsPerMinute: 5, tokensPerMinute: null, concurrent: null },
  ],
  [{ rate_limit: {} }, [], null],
])('%j', (written, budgets, rate) => {
  const limits = limitsOf(schema.parse(written));
  expect(limits.budgets.map(({ amountNano, period }) => [amountNano, period])).toEqual(
    budgets as [number, 'day'][],
  );
  expect(limits.rate).toEqual(rate);
  // What is shown may be written again.
  expect(limitsOf(schema.parse(shownLimits(limits)))).toEqual(limits);
});

test.each([
  [{ budget: { amount_usd: -1, period: 'day' } }],
  [{ budget: { amount_usd: 1, period: 'year' } }],
  [{ budget: { amount_usd: 1e10, period: 'day' } }],
  [{ budget: [] }],
  [
    {
      budget: [
        { amount_usd: 1, period: 'day' },
        { amount_usd: 2, period: 'day' },
      ],
    },
  ],
  [{ rate_limit: { requests_per_minute: 1.5 } }],
  [{ rate_limit: { rpm: 5 } }],
])('%j is refused', (written) => {
  expect(schema.safeParse(written).success).toBe(false);
});
