// Whose word counts: the request's over its router's over its key's over the configuration's, each word by itself.
import { describe, expect, test } from 'bun:test';
import { cacheControl } from './cache-control.ts';
import { type CacheAsker, cachePolicy } from './policy.ts';
import { cacheSettings } from './settings.ts';

const SETTINGS = cacheSettings(undefined);

function policyOf(
  asker: Partial<CacheAsker> & { readonly header?: string } = {},
  settings = SETTINGS,
) {
  const { header = null, ...rest } = asker;
  const headers = new Headers(header === null ? {} : { 'cache-control': header });
  const plain = { options: {}, router: undefined, key: null, tenant: 'k', user: 'ann' };
  return cachePolicy({ ...plain, control: cacheControl(headers), ...rest }, settings);
}

describe('cachePolicy', () => {
  test('is exact for a minute where nobody says anything', () => {
    expect(policyOf()).toEqual({
      mode: 'exact',
      owner: { tenant: 'k', user: null, namespace: null },
      ttlMs: 60_000,
      threshold: null,
      shadow: false,
      reads: true,
      keeps: true,
      maxAgeMs: null,
      coalesces: true,
      paced: false,
      onlyKept: false,
      asked: false,
    });
  });

  test('the nearest word counts, each by itself', () => {
    const key = { mode: 'off', ttl: 1, threshold: 0.1, namespace: 'key' } as const;
    const router = { mode: 'semantic', ttl: 2, threshold: 0.2 } as const;
    const options = { cache: { mode: 'exact', ttl: 3 } } as const;
    const seen = [policyOf({ key, router, options }), policyOf({ key, router }), policyOf({ key })];
    expect(seen[0]).toMatchObject({ mode: 'exact', ttlMs: 3, threshold: 0.2 });
    expect(seen[0]?.owner.namespace).toBe('key');
    expect(seen[1]).toMatchObject({ mode: 'semantic', ttlMs: 2, threshold: 0.2 });
    expect(seen[2]).toBeNull();
    // Who names a time has not asked for the cache.
    expect(policyOf({ key, options: { cache: { ttl: 3 } } })).toBeNull();
    expect(policyOf({ options: { cache: { ttl: 3 } } })).toMatchObject({ asked: false, ttlMs: 3 });
    for (const asked of [{ key: { mode: 'exact' } }, { router: { mode: 'exact' } }] as const)
      expect(policyOf(asked)?.asked).toBe(true);
  });

  test('off is off whoever says so, and who asks for it has it where it is off', () => {
    const off = cacheSettings({ mode: 'off' });
    expect(policyOf({}, off)).toBeNull();
    expect(policyOf({ options: { cache: { mode: 'exact' } } }, off)?.asked).toBe(true);
    expect(policyOf({ options: { cache: { mode: 'off' } } })).toBeNull();
    expect(policyOf({ router: { mode: 'off' } })).toBeNull();
  });

  test.each([
    ['no-cache', { reads: false, keeps: true, coalesces: false }],
    ['max-age=0', { reads: false, keeps: true, coalesces: false }],
    // One that is being made is young; but what its maker finds need not be.
    ['max-age=5', { reads: true, keeps: true, coalesces: false, maxAgeMs: 5000 }],
    ['only-if-cached', { reads: true, onlyKept: true, coalesces: false }],
  ])('Cache-Control: %s', (header, expected) => {
    expect(policyOf({ header })).toMatchObject(expected);
  });

  test('Cache-Control: no-store is off', () => {
    expect(policyOf({ header: 'no-store', options: { cache: { mode: 'exact' } } })).toBeNull();
  });

  test('users are apart where the configuration says so', () => {
    expect(policyOf({}, cacheSettings({ per_user: true }))?.owner.user).toBe('ann');
    expect(policyOf({}, cacheSettings({ coalesce: false }))?.coalesces).toBe(false);
  });
});
