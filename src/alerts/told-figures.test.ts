// Figures with their units, and names that callers chose.
import { expect, test } from 'bun:test';
import { bytes, named, percent, span, usd } from './told-figures.ts';

test('money has as many digits as say something', () => {
  expect([0, 0.00001, 0.0042, 0.05, 1, 12.5, 999.999, 1204.4].map(usd)).toEqual([
    ...['$0.00', 'less than $0.0001', '$0.0042', '$0.05', '$1.00', '$12.50', '$1,000.00', '$1,204'],
  ]);
});

test('sizes, shares and times', () => {
  expect([0, 999, 1500, 5e8, 1.26e12].map(bytes)).toEqual([
    ...['0 B', '999 B', '1.5 kB', '500 MB', '1.3 TB'],
  ]);
  expect([0, 0.005, 0.042, 0.5, 1].map(percent)).toEqual([
    '0 %',
    '0.5 %',
    '4.2 %',
    '50 %',
    '100 %',
  ]);
  expect([0, 89_000, 90_000, 5_400_000, 86_400_000, 3 * 86_400_000].map(span)).toEqual([
    ...['0 s', '89 s', '2 min', '1.5 h', '24 h', '3 days'],
  ]);
});

test('a name is one line, no longer than one can read, and turns nothing around', () => {
  expect(named('ann\r\nBcc: everybody@example.com')).toBe('ann Bcc: everybody@example.com');
  expect(named('a\u202eb\u0000c')).toBe('a b c');
  expect(named('x'.repeat(300))).toHaveLength(100);
});
