// Simulated assignments, looked at after every user: a fair split hardly ever warns, an unfair one soon does.
import { describe, expect, test } from 'bun:test';
import { MISMATCH_BELOW, sampleRatioP } from './sample-ratio.ts';
import { seededRandom } from './seeded-random.ts';

const USERS = 10_000;
const RUNS = 300;

/** In how many runs of assignments the test ever warns, looking after every `every` users. */
function warned(weights: readonly number[], truth: readonly number[], every: number): number {
  let warnings = 0;
  for (let run = 0; run < RUNS; run += 1) {
    const random = seededRandom(run * 104_729 + 7);
    const users = weights.map(() => 0);
    for (let user = 1; user <= USERS; user += 1) {
      let at = random() * 100;
      const drawn = truth.findIndex((weight) => {
        at -= weight;
        return at < 0;
      });
      users[drawn] = (users[drawn] ?? 0) + 1;
      if (user % every !== 0) continue;
      const p = sampleRatioP(
        weights.map((weight, index) => ({ weight, users: users[index] ?? 0 })),
      );
      if (p !== null && p < MISMATCH_BELOW) {
        warnings += 1;
        break;
      }
    }
  }
  return warnings / RUNS;
}

describe('looking all the time', () => {
  // 1 % of 300 runs is 3; more than 9 is not chance.
  test.each([
    ['50/50', [50, 50]],
    ['90/10', [90, 10]],
    ['three', [50, 30, 20]],
  ] as const)('a split that is as its weights hardly ever warns: %s', (_, weights) => {
    expect(warned(weights, weights, 1)).toBeLessThanOrEqual(0.03);
  });

  test.each([
    ['53/47 where it should be 50/50', [50, 50], [53, 47]],
    ['88/12 where it should be 90/10', [90, 10], [88, 12]],
  ] as const)('%s warns', (_, weights, truth) => {
    expect(warned(weights, truth, 10)).toBeGreaterThan(0.95);
  });
});

describe('the p-value', () => {
  test('is one over the Bayes factor', () => {
    // Of one user there is nothing to learn: both say 1/2.
    expect(
      sampleRatioP([
        { weight: 50, users: 1 },
        { weight: 50, users: 0 },
      ]),
    ).toBeCloseTo(1, 12);
    // Of two in the same arm: the prior (500, 500) says 500/1000 · 501/1001, the weights 1/4.
    const factor = ((500 / 1000) * (501 / 1001)) / 0.25;
    const p = sampleRatioP([
      { weight: 50, users: 2 },
      { weight: 50, users: 0 },
    ]);
    expect(p).toBeCloseTo(1 / factor, 9);
  });

  test('is none where there is nothing to compare, and 0 where a weight of nothing meets somebody', () => {
    const all = { weight: 100, users: 50 };
    expect(sampleRatioP([])).toBeNull();
    expect(sampleRatioP([all, { weight: 0, users: 0 }])).toBeNull();
    expect(
      sampleRatioP([
        { weight: 50, users: 0 },
        { weight: 50, users: 0 },
      ]),
    ).toBeNull();
    expect(sampleRatioP([all, { weight: 0, users: 1 }])).toBe(0);
  });
});
