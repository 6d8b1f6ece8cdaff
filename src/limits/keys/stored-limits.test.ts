// Limits through the database's text: the same come back, and what is spoiled is said to be.
import { expect, test } from 'bun:test';
import { type Limits, NO_LIMITS } from '../../core/limits.ts';
import { isLimited, limitsText, readLimits } from './stored-limits.ts';

const RATE = { requestsPerMinute: 60, tokensPerMinute: null, concurrent: 0 };

test.each<Limits>([
  { budgets: [{ amountNano: 0, period: 'total' }], rate: null },
  { budgets: [], rate: RATE },
  {
    budgets: [
      { amountNano: 1, period: 'day' },
      { amountNano: 9_000_000_000_000_000, period: 'month' },
    ],
    rate: RATE,
  },
])('%j comes back', (limits) => {
  expect(isLimited(limits)).toBe(true);
  expect(readLimits(limitsText(limits))).toEqual({ limits, spoiled: false });
});

test('no limits are kept as nothing', () => {
  expect(limitsText(NO_LIMITS)).toBeNull();
  expect(readLimits(null)).toEqual({ limits: NO_LIMITS, spoiled: false });
});

test.each([
  '',
  '{oops',
  '[]',
  'null',
  '{}',
  '{"budgets":null,"rate":null}',
  '{"budgets":[{"amountNano":-1,"period":"day"}],"rate":null}',
  '{"budgets":[{"amountNano":1.5,"period":"day"}],"rate":null}',
  '{"budgets":[{"amountNano":1,"period":"year"}],"rate":null}',
  '{"budgets":[{"period":"day"}],"rate":null}',
  '{"budgets":[],"rate":{}}',
  '{"budgets":[],"rate":{"requestsPerMinute":"60","tokensPerMinute":null,"concurrent":null}}',
  '{"budgets":[]}',
])('%s is spoiled, not unlimited', (text) => {
  expect(readLimits(text)).toEqual({ limits: NO_LIMITS, spoiled: true });
});
