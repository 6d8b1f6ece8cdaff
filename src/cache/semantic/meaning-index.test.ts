// The index against looking at everything, whatever was added, replaced, removed and became too old before.
import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { type Marks, marksOf } from '../owner-marks.ts';
import { MeaningIndex } from './meaning-index.ts';
import type { AddedMeaning } from './search-worker.ts';

const DIMENSIONS = 48;

test('finds what looking at everything finds, after any changes', () => {
  const step = fc.record({
    kind: fc.constantFrom('add', 'add', 'add', 'add', 'remove', 'expire', 'drop'),
    key: fc.nat(400),
    seed: fc.nat(),
    expiresAt: fc.integer({ min: 1, max: 100 }),
  });
  fc.assert(
    fc.property(fc.array(step, { minLength: 50, maxLength: 900 }), fc.nat(), (steps, seed) => {
      const index = new MeaningIndex(10_000);
      const plain = new Map<string, AddedMeaning>();
      for (const { kind, key: number, seed: from, expiresAt } of steps) {
        const key = `k${number}`;
        // Most are in one partition: it is searched by signatures, the small ones are not.
        const partition = number % 7 === 0 ? `p${number % 3}` : 'large';
        if (kind === 'add') {
          const added = {
            key,
            partition,
            text: `t${from}`,
            whose: whoseOf(number),
            vector: clustered(from),
            expiresAt,
          };
          index.add(added);
          plain.set(key, added);
        } else if (kind === 'remove') {
          expect(index.remove(key)).toBe(plain.delete(key));
        } else if (kind === 'expire') {
          const now = Math.floor(expiresAt / 10);
          index.expire(now);
          for (const [one, entry] of plain) if (entry.expiresAt <= now) plain.delete(one);
        } else if (number < 4) {
          // A user of one tenant, or of any.
          const filter = { user: `${number}`, ...(number < 2 ? { tenant: 't1' } : {}) };
          const dropped = new Set(index.drop(marksOf(filter)));
          const meant = [...plain.values()].filter(
            ({ whose: [tenant, user] }) =>
              user === marksOf({ user: `${number}` })[1] &&
              (number >= 2 || tenant === marksOf({ tenant: 't1' })[0]),
          );
          expect(dropped).toEqual(new Set(meant.map((entry) => entry.key)));
          for (const one of dropped) plain.delete(one);
        }
      }
      expect(index.size).toBe(plain.size);
      for (const partition of ['large', 'p0', 'p1', 'none']) {
        const vector = clustered(seed);
        const expected = everything(plain, partition, vector, 0.8, 20);
        const found = index.nearest(partition, vector, 0.8, 16, 20);
        expect(found).toHaveLength(expected.length);
        for (const [i, { similarity }] of found.entries())
          expect(similarity).toBeCloseTo(expected[i]?.similarity ?? 0, 5);
        for (const { key, text } of found) expect(plain.get(key)?.text).toBe(text);
      }
    }),
    { numRuns: 40 },
  );
});

function whoseOf(number: number): Marks {
  const owner = { tenant: `t${number % 2}`, user: `${number % 5}`, namespace: null };
  return marksOf({ ...owner, model: 'alpha/echo' });
}

test('finds the nearest of thousands, of which most pass for near by their signatures', () => {
  const index = new MeaningIndex(10_000);
  const plain = new Map<string, AddedMeaning>();
  for (let i = 0; i < 6000; i += 1) {
    const added = {
      key: `k${i}`,
      partition: 'p',
      text: '',
      whose: whoseOf(1),
      vector: beside(pointing(1), i, 0.35),
      expiresAt: 9,
    };
    index.add(added);
    plain.set(added.key, added);
  }
  for (let query = 0; query < 20; query += 1) {
    const vector = beside(plain.get(`k${query * 7}`)?.vector ?? pointing(0), query, 0.05);
    const [best] = everything(plain, 'p', vector, 0.8, 0);
    expect(index.nearest('p', vector, 0.8, 16, 0)[0]?.key).toBe(best?.key ?? '');
  }
});

test('the one not used for the longest goes where there are too many', () => {
  const index = new MeaningIndex(3);
  for (const key of ['a', 'b', 'c']) expect(index.add(entry({ key }))).toEqual([]);
  index.touch('a');
  expect(index.add(entry({ key: 'd' }))).toEqual(['b']);
  expect(index.add(entry({ key: 'c' }))).toEqual([]);
  expect(index.add(entry({ key: 'e' }))).toEqual(['a']);
  expect(['a', 'b', 'c', 'd', 'e'].filter((key) => index.has(key))).toEqual(['c', 'd', 'e']);
  expect(index.figures()).toMatchObject({ entries: 3, partitions: 1, evicted: 2, expired: 0 });
});

test('vectors of another length, or without a direction, never meet', () => {
  const index = new MeaningIndex(10);
  expect(index.add(entry({ key: 'a' }))).toEqual([]);
  expect(index.add(entry({ key: 'b', vector: new Float32Array(8).fill(1) }))).toBeNull();
  expect(index.add(entry({ key: 'c', vector: new Float32Array(DIMENSIONS) }))).toBeNull();
  const endless = pointing(1).map(() => Number.NaN);
  expect(index.add(entry({ key: 'd', vector: endless }))).toBeNull();
  // One of the same key stays as it was.
  expect(index.add(entry({ key: 'a', vector: new Float32Array(8).fill(1) }))).toBeNull();
  expect(index.size).toBe(1);
  expect(index.nearest('p', new Float32Array(8).fill(1), 0, 16, 0)).toEqual([]);
  expect(index.nearest('p', endless, 0, 16, 0)).toEqual([]);
  expect(index.nearest('p', pointing(1), 0.9, 16, 0)).toHaveLength(1);
});

test('the length of a vector does not matter', () => {
  const index = new MeaningIndex(10);
  index.add(entry({ key: 'a', vector: pointing(1).map((value) => value * 40) }));
  const [found] = index.nearest(
    'p',
    pointing(1).map((value) => value / 7),
    0.9,
    16,
    0,
  );
  expect(found?.similarity).toBeCloseTo(1, 5);
});

test('what is removed leaves no hole: as much is held after a hundred turnovers as after one', () => {
  const index = new MeaningIndex(500);
  const fill = (turn: number) => {
    for (let i = 0; i < 500; i += 1)
      index.add(entry({ key: `k${turn}-${i}`, partition: `p${i % 20}`, vector: pointing(i) }));
  };
  fill(0);
  const { bytes } = index.figures();
  for (let turn = 100; turn < 200; turn += 1) fill(turn);
  expect(index.figures().entries).toBe(500);
  expect(index.figures().bytes).toBeLessThan(bytes * 1.02);
  index.expire(1000);
  expect(index.figures()).toMatchObject({ entries: 0, partitions: 0, bytes: 0, expired: 500 });
});

function entry(some: Partial<AddedMeaning> & { readonly key: string }): AddedMeaning {
  const whose = whoseOf(1);
  return { partition: 'p', text: 'text', whose, vector: pointing(1), expiresAt: 9, ...some };
}

/** The nearest sixteen. */
function everything(
  plain: ReadonlyMap<string, AddedMeaning>,
  partition: string,
  vector: Float32Array,
  threshold: number,
  now: number,
) {
  return [...plain.values()]
    .filter((one) => one.partition === partition && one.expiresAt > now)
    .map((one) => ({ key: one.key, similarity: cosine(one.vector, vector) }))
    .filter(({ similarity }) => similarity >= threshold)
    .sort((a, b) => b.similarity - a.similarity)
    .slice(0, 16);
}

function cosine(one: Float32Array, other: Float32Array): number {
  let sum = 0;
  for (const [i, value] of one.entries()) sum += value * (other[i] ?? 0);
  return sum / Math.hypot(...one) / Math.hypot(...other);
}

/** In one of eight directions, more or less. */
function clustered(seed: number): Float32Array {
  return beside(pointing(seed % 8), seed, 0.1 + (seed % 5) / 10);
}

function beside(vector: Float32Array, seed: number, spread: number): Float32Array {
  const noise = pointing(seed + 1000);
  return vector.map((value, i) => value + spread * (noise[i] ?? 0));
}

function pointing(seed: number): Float32Array {
  let state = (seed + 1) * 0x9e37_79b1;
  const vector = Float32Array.from({ length: DIMENSIONS }, () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b_3c6d) + 0x6d2b_79f5) | 0;
    return state / 2 ** 31;
  });
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}
