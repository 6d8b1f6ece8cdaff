// Which key of a pool a conversation starts with: always the same one, by the weights, and while it has room.
import { describe, expect, test } from 'bun:test';
import type { ProviderKey } from '../core/plan.ts';
import { type KeyLoad, keysFor } from './keys.ts';

const POOL = ['a', 'b', 'c'].map((secret) => ({ label: secret, secret }));
const USERS = 20_000;

function key(name: string, weight?: number): ProviderKey {
  return { label: name, secret: name, ...(weight === undefined ? {} : { weight }) };
}

/** Requests under way by label. */
function busy(counts: { readonly [label: string]: number }): KeyLoad {
  return { requests: ({ label }) => counts[label] ?? 0 };
}

function labels(
  pool: readonly ProviderKey[],
  user: string,
  load: KeyLoad | null = null,
): readonly (string | undefined)[] {
  return keysFor(pool, user, () => '', load).map((found) => found?.label);
}

/** The share of users each key is first for. */
function shares(pool: readonly ProviderKey[]): { readonly [label: string]: number } {
  const counts: { [label: string]: number } = {};
  for (let user = 0; user < USERS; user++) {
    const first = labels(pool, `user-${user}`)[0] ?? '';
    counts[first] = (counts[first] ?? 0) + 1 / USERS;
  }
  return counts;
}

describe('keysFor', () => {
  test('no key is one try without a key, one key is no choice', () => {
    expect(keysFor([], null, () => 'x')).toEqual([null]);
    const unasked = () => {
      throw new Error('asked');
    };
    const one = POOL.slice(0, 1);
    expect(keysFor(one, null, unasked, { requests: unasked })).toBe(one);
  });

  test('the same user or opening, the same key first, and every key once', () => {
    for (const opening of ['x', 'y', 'z']) {
      const keys = keysFor(POOL, null, () => opening);
      expect(keysFor(POOL, null, () => opening)).toEqual(keys);
      expect(new Set(keys)).toEqual(new Set(POOL));
      expect(keysFor(POOL, opening, () => 'another')).toEqual(keys);
    }
  });

  test('conversations spread over the keys by their weights', () => {
    const even = shares(POOL);
    for (const { label } of POOL) expect(Math.abs((even[label] ?? 0) - 1 / 3)).toBeLessThan(0.02);
    const uneven = shares([key('a'), key('b', 3)]);
    expect(Math.abs((uneven.a ?? 0) - 0.25)).toBeLessThan(0.02);
    expect(Math.abs((uneven.b ?? 0) - 0.75)).toBeLessThan(0.02);
  });

  test('after a key that fails, its conversations spread over the others by their weights too', () => {
    const pool = [key('a'), key('b'), key('c', 3)];
    let toC = 0;
    let ofA = 0;
    for (let user = 0; user < USERS; user++) {
      const [first, second] = labels(pool, `user-${user}`);
      if (first !== 'a') continue;
      ofA += 1;
      if (second === 'c') toC += 1;
    }
    expect(Math.abs(toC / ofA - 0.75)).toBeLessThan(0.02);
  });

  test('a key that is added takes its share and moves nobody else; one that goes moves only its own', () => {
    const wider = [...POOL, key('d')];
    let moved = 0;
    for (let user = 0; user < USERS; user++) {
      const before = labels(POOL, `user-${user}`)[0];
      const after = labels(wider, `user-${user}`)[0];
      if (before === after) continue;
      moved += 1;
      expect(after).toBe('d');
    }
    expect(Math.abs(moved / USERS - 0.25)).toBeLessThan(0.02);
  });

  test('it is the key itself that counts, not its place or its name', () => {
    const renamed = POOL.map((one, index) => ({ ...one, label: `key-${index + 1}` })).reverse();
    for (let user = 0; user < 100; user++) {
      const [first] = keysFor(POOL, `user-${user}`, () => '');
      const [same] = keysFor(renamed, `user-${user}`, () => '');
      expect(same?.secret).toBe(first?.secret ?? 'none');
    }
  });

  test('a weight of 0 is only for when no other key is left, however busy the others are', () => {
    const pool = [key('spare', 0), key('a'), key('b', 2), key('other-spare', 0)];
    for (let user = 0; user < 200; user++) {
      const order = labels(pool, `user-${user}`, busy({ a: 50, b: 90 }));
      expect(new Set(order.slice(0, 2))).toEqual(new Set(['a', 'b']));
      expect(new Set(order.slice(2))).toEqual(new Set(['spare', 'other-spare']));
    }
    expect(new Set(labels([key('x', 0), key('y', 0)], 'u'))).toEqual(new Set(['x', 'y']));
  });

  // Requests under way at the conversation's first, second and third key; of m in all each may have ceil(1.25 * (m + 1) / 3).
  test.each([
    { counts: [0, 0, 0], first: 0 },
    { counts: [1, 0, 0], first: 0 },
    { counts: [2, 0, 0], first: 0 },
    { counts: [3, 0, 0], first: 1 },
    { counts: [3, 2, 1], first: 0 },
    { counts: [4, 1, 1], first: 1 },
    { counts: [9, 9, 2], first: 0 },
    { counts: [11, 11, 0], first: 2 },
  ])(
    'at $counts requests under way key $first of the conversation’s own order goes first',
    (row) => {
      for (let user = 0; user < 50; user++) {
        const order = labels(POOL, `user-${user}`);
        const counts = Object.fromEntries(order.map((label, at) => [label, row.counts[at] ?? 0]));
        const rest = order.filter((_, at) => at !== row.first);
        expect(labels(POOL, `user-${user}`, busy(counts))).toEqual([order[row.first], ...rest]);
      }
    },
  );

  test('one user alone fills no key beyond its part: many at once spread by the weights', () => {
    const pool = [key('a'), key('b', 3)];
    const counts: { [label: string]: number } = {};
    for (let n = 0; n < 400; n++) {
      const first = labels(pool, 'the same user', busy(counts))[0] ?? '';
      counts[first] = (counts[first] ?? 0) + 1;
    }
    expect(counts.a ?? 0).toBeLessThanOrEqual(Math.ceil(1.25 * 100) + 1);
    expect(counts.b ?? 0).toBeLessThanOrEqual(Math.ceil(1.25 * 300) + 1);
    expect(counts.a).toBeGreaterThan(0);
  });
});
