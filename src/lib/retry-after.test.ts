// Every way in which servers are known to say how long to wait.
import { describe, expect, test } from 'bun:test';
import { retryAfterS, waitInText } from './retry-after.ts';

const NOW = Date.parse('2026-11-22T10:00:00Z');

describe('retryAfterS', () => {
  test.each([
    [{ 'retry-after': '16' }, 16],
    [{ 'retry-after': '0' }, 0],
    [{ 'retry-after-ms': '250', 'retry-after': '1' }, 0.25],
    [{ 'retry-after': 'Sun, 22 Nov 2026 10:00:30 GMT' }, 30],
    [{ 'retry-after': 'Sun, 22 Nov 2026 10:00:30 GMT', date: 'Sun, 22 Nov 2026 10:00:20 GMT' }, 10],
    [{ 'retry-after': 'Sun, 22 Nov 2026 09:00:00 GMT' }, 0],
    [{ 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '6m0s' }, 360],
    [{ 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '12ms' }, 0.012],
    [{ 'x-ratelimit-remaining-requests': '5', 'x-ratelimit-reset-requests': '1h' }, undefined],
    [{ 'x-ratelimit-reset': String(NOW / 1000 + 7) }, 7],
    [{ 'x-ratelimit-reset': String(NOW + 7000) }, 7],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'retry-after': '999999999' }, undefined],
    [{}, undefined],
  ])('%j', (headers, expected) => {
    expect(retryAfterS(new Headers(headers as Record<string, string>), NOW)).toBe(expected);
  });
});

test.each([
  ['Please try again in 1.574s. Visit', 1.574],
  ['Please try again in 6ms. Contact us', 0.006],
  ['Please try again in 1m30s.', 90],
  ['{"retryDelay": "43s"}', 43],
  ['Please try again later.', undefined],
])('waitInText %s', (text, expected) => {
  expect(waitInText(text)).toBe(expected);
});
