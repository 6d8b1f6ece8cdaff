// Who gets which variant: by weight, always the same, and moved only as far as a change of weights must.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { chooseVariant, variantSeed } from './variant.ts';

const USERS = 100_000;

function variants(weights: { readonly [id: string]: number }, route = 'route-1') {
  return Object.entries(weights).map(([id, weight]) => ({
    id,
    weight,
    seed: variantSeed('router', route, id),
  }));
}

const users = Array.from({ length: USERS }, (_, index) => `user-${index}`);
const chosen = (list: ReturnType<typeof variants>, key: string) => chooseVariant(list, key)?.id;

function shares(weights: { readonly [id: string]: number }): { [id: string]: number } {
  const list = variants(weights);
  const counts: { [id: string]: number } = {};
  for (const user of users) {
    const id = chosen(list, user) ?? '';
    counts[id] = (counts[id] ?? 0) + 1;
  }
  return counts;
}

/** Of so many draws with this chance, three standard deviations. */
const threeSigma = (share: number) => 3 * Math.sqrt(USERS * share * (1 - share));

describe('100,000 users', () => {
  test.each([
    { a: 90, b: 10 },
    { a: 80, b: 20 },
    { a: 50, b: 50 },
    { a: 99.5, b: 0.5 },
    { a: 33.33, b: 33.33, c: 33.34 },
    { a: 70, b: 20, c: 9.99, d: 0.01 },
  ])('are split by %o', (weights: { [id: string]: number }) => {
    const counts = shares(weights);
    for (const [id, weight] of Object.entries(weights)) {
      const share = weight / 100;
      expect(Math.abs((counts[id] ?? 0) - share * USERS)).toBeLessThanOrEqual(threeSigma(share));
    }
  });

  test('90/10 → 80/20 moves a tenth of them, all one way', () => {
    const before = variants({ a: 90, b: 10 });
    const after = variants({ a: 80, b: 20 });
    const moves = users.map((user) => `${chosen(before, user)}→${chosen(after, user)}`);
    const moved = moves.filter((move) => move === 'a→b').length;
    expect(moves.filter((move) => move === 'b→a')).toHaveLength(0);
    expect(Math.abs(moved / USERS - 0.1)).toBeLessThanOrEqual(0.003);
  });

  test('a third variant takes its users from the others, and nobody moves between those', () => {
    const before = variants({ a: 60, b: 40 });
    const after = variants({ a: 48, b: 32, c: 20 });
    const moves = new Set(users.map((user) => `${chosen(before, user)}→${chosen(after, user)}`));
    expect([...moves].sort()).toEqual(['a→a', 'a→c', 'b→b', 'b→c']);
  });

  test('who is in one route’s treatment is no likelier to be in another’s', () => {
    const one = variants({ a: 50, b: 50 }, 'route-1');
    const other = variants({ a: 50, b: 50 }, 'route-2');
    const both = users.filter((user) => chosen(one, user) === 'b' && chosen(other, user) === 'b');
    expect(Math.abs(both.length - USERS / 4)).toBeLessThanOrEqual(threeSigma(0.25));
  });
});

describe('a choice', () => {
  test('is the same in every process and version', () => {
    // The published values of XXH64: should the runtime's ever differ, every user would be drawn anew.
    expect(Bun.hash.xxHash64('')).toBe(0xef46db3751d8e999n);
    expect(Bun.hash.xxHash64('abc')).toBe(0x44bc2cf5ad770999n);
    const list = variants({ a: 50, b: 50 });
    const first = users.slice(0, 40).map((user) => chosen(list, user));
    expect(first.join('')).toBe('abbbaabbabbbbbabbbaababbbaabbaabaababbba');
  });

  test('does not depend on the order in which variants stand', () => {
    fc.assert(
      fc.property(fc.string(), (user) => {
        const list = variants({ a: 20, b: 30, c: 50 });
        expect(chosen(list.toReversed(), user)).toBe(chosen(list, user) ?? '');
      }),
    );
  });

  test('never falls on a weight of 0, and on the only one whatever its weight says', () => {
    fc.assert(
      fc.property(fc.string(), (user) => {
        expect(chosen(variants({ a: 0, b: 100 }), user)).toBe('b');
        expect(chosen(variants({ a: 100 }), user)).toBe('a');
      }),
    );
    expect(chooseVariant([], 'x')).toBeNull();
  });
});
