// Which key of a pool a conversation starts with: always the same one.
import { describe, expect, test } from 'bun:test';
import { keysFor } from './keys.ts';

const POOL = ['a', 'b', 'c'].map((secret) => ({ label: secret, secret }));

describe('keysFor', () => {
  test('no key is one try without a key, one key is no choice', () => {
    expect(keysFor([], null, () => 'x')).toEqual([null]);
    const unasked = () => {
      throw new Error('asked');
    };
    expect(keysFor(POOL.slice(0, 1), null, unasked)).toEqual(POOL.slice(0, 1));
  });

  test('the same user or opening, the same key first, and every key once', () => {
    for (const opening of ['x', 'y', 'z']) {
      const keys = keysFor(POOL, null, () => opening);
      expect(keysFor(POOL, null, () => opening)).toEqual(keys);
      expect(new Set(keys)).toEqual(new Set(POOL));
      expect(keysFor(POOL, opening, () => 'another')).toEqual(keys);
    }
  });

  test('conversations spread over the keys', () => {
    const firsts = Array.from(
      { length: 300 },
      (_, n) => keysFor(POOL, `user-${n}`, () => '')[0]?.label,
    );
    for (const { label } of POOL)
      expect(firsts.filter((first) => first === label).length).toBeGreaterThan(60);
  });
});
