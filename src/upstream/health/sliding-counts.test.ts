// Counts in a window: what is old is forgotten, slot by slot, and never more than was counted.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { SlidingCounts } from './sliding-counts.ts';

const WINDOW = 30_000;
/** What a slot takes: the window's precision. */
const SLOT = WINDOW / 15;

describe('a window', () => {
  test('slides: each count leaves it when its time is over', () => {
    const counts = new SlidingCounts(2);
    for (let second = 0; second < 60; second++) counts.add(0, second * 1000, WINDOW);
    const sum = counts.sum(0, 59_000, WINDOW);
    expect(sum).toBeGreaterThanOrEqual(28);
    expect(sum).toBeLessThanOrEqual(30);
    expect(counts.sum(1, 59_000, WINDOW)).toBe(0);
  });

  test('is empty after a silence as long as itself', () => {
    const counts = new SlidingCounts(1);
    counts.add(0, 1000, WINDOW);
    expect(counts.sum(0, 1000 + WINDOW - 2 * SLOT, WINDOW)).toBe(1);
    expect(counts.sum(0, 1000 + WINDOW, WINDOW)).toBe(0);
    counts.add(0, 1e9, WINDOW);
    expect(counts.sum(0, 1e9, WINDOW)).toBe(1);
  });

  test('of another length starts anew', () => {
    const counts = new SlidingCounts(1);
    counts.add(0, 1000, WINDOW);
    expect(counts.sum(0, 1000, 60_000)).toBe(0);
    counts.add(0, 1000, 60_000);
    expect(counts.sum(0, 1000, 60_000)).toBe(1);
  });

  test('holds what was counted in it, to the precision of a slot', () => {
    const steps = fc.array(fc.tuple(fc.nat(2), fc.nat(9000)), { maxLength: 80, size: 'max' });
    fc.assert(
      fc.property(steps, (taken) => {
        const counts = new SlidingCounts(3);
        const all: { kind: number; at: number }[] = [];
        let now = 0;
        for (const [kind, wait] of taken) {
          now += wait;
          counts.add(kind, now, WINDOW);
          all.push({ kind, at: now });
          for (const asked of [0, 1, 2]) {
            const within = (ms: number) =>
              all.filter(({ kind: seen, at }) => seen === asked && at > now - ms).length;
            const sum = counts.sum(asked, now, WINDOW);
            expect(sum).toBeLessThanOrEqual(within(WINDOW));
            expect(sum).toBeGreaterThanOrEqual(within(WINDOW - SLOT));
          }
        }
      }),
      { numRuns: 100 },
    );
  });
});
