// The measures of the routing benchmark, on curves that can be drawn by hand.
import { describe, expect, test } from 'bun:test';
import { apgr } from './apgr.ts';
import { equalQuality } from './equal-quality.ts';

const costUsd = { weak: 1, strong: 10 };
/** The strong model answers all, the weak one the second half. */
const graded = Array.from({ length: 1000 }, (_, at) => ({
  weak: at < 500 ? 0 : 1,
  strong: 1,
  costUsd,
}));
const best = graded.map((_, at) => -at);
const worst = graded.map((_, at) => at);
const chance = graded.map((_, at) => (at * 7919) % 1000);

describe('apgr', () => {
  test('is three quarters where half of the calls recover all', () =>
    expect(apgr(graded, best)).toBeCloseTo(0.75, 1));
  test('is a quarter where that half comes last', () =>
    expect(apgr(graded, worst)).toBeCloseTo(0.25, 1));
  test('is a half by chance', () => expect(apgr(graded, chance)).toBeCloseTo(0.5, 1));
  test('goes by the order of the scores alone', () =>
    expect(
      apgr(
        graded,
        best.map((score) => Math.exp(score / 1000)),
      ),
    ).toBeCloseTo(apgr(graded, best), 6));
});

describe('equal quality', () => {
  test('needs the fewest calls in the best order', () => {
    const needed = equalQuality(graded, best, 0.95);
    expect(needed.calls).toBeCloseTo(0.45, 2);
    expect(needed.cost).toBeCloseTo(0.45 + 0.055, 2);
  });
  test('needs nearly all in the worst', () =>
    expect(equalQuality(graded, worst, 0.95).calls).toBeCloseTo(0.95, 2));
  test('costs that are not recorded are not 0', () => {
    const unknown = graded.map((one) => ({ ...one, costUsd: null }));
    expect(equalQuality(unknown, best, 0.95).cost).toBeNull();
  });
});
