// What Cache-Control says of a request, in any spelling, and nothing where it says nothing.
import { expect, test } from 'bun:test';
import { cacheControl } from './cache-control.ts';

const NOTHING = { noStore: false, noCache: false, maxAgeMs: null, onlyIfCached: false };
const of = (headers: { readonly [name: string]: string }) => cacheControl(new Headers(headers));

test.each([
  ['no-store', { noStore: true }],
  ['no-cache', { noCache: true }],
  ['NO-CACHE , No-Store', { noCache: true, noStore: true }],
  ['max-age=5', { maxAgeMs: 5000 }],
  ['max-age="5"', { maxAgeMs: 5000 }],
  ['max-age = 5', { maxAgeMs: 5000 }],
  ['max-age=0', { maxAgeMs: 0, noCache: true }],
  ['max-age=10, max-age=5', { maxAgeMs: 5000 }],
  // An age that cannot be read.
  ['max-age', { maxAgeMs: 0, noCache: true }],
  ['max-age=soon', { maxAgeMs: 0, noCache: true }],
  ['max-age=-1', { maxAgeMs: 0, noCache: true }],
  ['only-if-cached', { onlyIfCached: true }],
  ['only-if-cached, max-age=5', { onlyIfCached: true, maxAgeMs: 5000 }],
  ['no-transform, max-stale=5, stale-if-error', {}],
  ['', {}],
])('%s', (header, expected) => {
  expect(of({ 'cache-control': header })).toEqual({ ...NOTHING, ...expected });
});

test('HTTP/1.0’s word counts where there is no other', () => {
  expect(of({})).toBeNull();
  expect(of({ pragma: 'no-cache' })).toEqual({ ...NOTHING, noCache: true });
  expect(of({ pragma: 'x' })).toBeNull();
  expect(of({ pragma: 'no-cache', 'cache-control': 'max-age=5' })).toEqual({
    ...NOTHING,
    maxAgeMs: 5000,
  });
});
