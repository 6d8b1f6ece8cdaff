// Many simulated experiments, each looked at all the time (after every user, or nearly): how often is the truth ever outside of the interval?
import { describe, expect, test } from 'bun:test';
import {
  differenceInterval,
  excludesZero,
  MIN_USERS,
  meanInterval,
  shareInterval,
  TIGHTEST_AT,
  unitMargin,
} from './confidence-sequence.ts';
import { Moments } from './moments.ts';
import { seededRandom } from './seeded-random.ts';

const ALPHA = 0.05;
const USERS = 4000;
const RUNS = 400;
/** Of a share of 5 % among so many runs, what chance alone does not exceed once in a thousand times. */
const AT_MOST = ALPHA + 3.1 * Math.sqrt((ALPHA * (1 - ALPHA)) / RUNS);

type Draw = (random: () => number) => number;
const share =
  (p: number): Draw =>
  (random) =>
    random() < p ? 1 : 0;
const exponential: Draw = (random) => -Math.log(1 - random());
/** One user in five spends something, and some a lot. */
const revenue: Draw = (random) => (random() < 0.2 ? 10 * -Math.log(1 - random()) : 0);

/** In how many of the runs `isOut` is ever true, looking after every user. */
function everOut(
  runs: number,
  step: (random: () => number, user: number) => void,
  start: () => void,
  isOut: () => boolean,
  users = USERS,
): number {
  let out = 0;
  for (let run = 0; run < runs; run += 1) {
    const random = seededRandom(run * 7919 + 13);
    start();
    for (let user = 0; user < users; user += 1) {
      step(random, user);
      if (isOut()) {
        out += 1;
        break;
      }
    }
  }
  return out / runs;
}

function meanEverOut(draw: Draw, truth: number): number {
  let sample = new Moments();
  return everOut(
    RUNS,
    (random) => sample.add(draw(random)),
    () => {
      sample = new Moments();
    },
    () => {
      // The search for a share's ends is the slow part.
      if (sample.n > 300 && sample.n % 10 !== 0) return false;
      const interval = meanInterval(sample, ALPHA);
      return interval !== null && (truth < interval.low || truth > interval.high);
    },
  );
}

/** Both arms drawn alike but for `effect`, users split evenly by chance. */
function differenceEverOut(
  draw: Draw,
  isOut: (treated: Moments, control: Moments) => boolean,
  effect: Draw = () => 0,
  users = USERS,
): number {
  let treated = new Moments();
  let control = new Moments();
  return everOut(
    RUNS,
    (random) => {
      if (random() < 0.5) treated.add(draw(random) + effect(random));
      else control.add(draw(random));
    },
    () => {
      treated = new Moments();
      control = new Moments();
    },
    () => isOut(treated, control),
    users,
  );
}

const isSignificant = (treated: Moments, control: Moments) => {
  const interval = differenceInterval(treated, control, ALPHA);
  return interval !== null && excludesZero(interval);
};

describe('looking all the time', () => {
  test.each([
    ['a share of a half', share(0.5), 0.5],
    ['a share of one in fifty', share(0.02), 0.02],
    ['exponential numbers', exponential, 1],
  ] as const)('the mean of %s stays inside', (_, draw, truth) => {
    expect(meanEverOut(draw, truth)).toBeLessThanOrEqual(AT_MOST);
  });

  test.each([
    ['a share of a half', share(0.5)],
    ['a share of one in fifty', share(0.02)],
    ['exponential numbers', exponential],
    ['what users spend', revenue],
  ] as const)('a difference that is not there is not found: %s', (_, draw) => {
    expect(differenceEverOut(draw, isSignificant)).toBeLessThanOrEqual(AT_MOST);
  });

  test('a difference that is not there is not found while users come and collect more every day', () => {
    let arms: boolean[] = [];
    let sums: number[] = [];
    const found = everOut(
      RUNS,
      (random) => {
        for (let user = 0; user < 40; user += 1) {
          arms.push(random() < 0.5);
          sums.push(0);
        }
        sums = sums.map((sum) => (random() < 0.3 ? sum + 3 * random() : sum));
      },
      () => {
        arms = [];
        sums = [];
      },
      () => {
        const [treated, control] = [new Moments(), new Moments()];
        for (const [user, sum] of sums.entries()) (arms[user] ? treated : control).add(sum);
        return isSignificant(treated, control);
      },
      30,
    );
    expect(found).toBeLessThanOrEqual(AT_MOST);
  });

  test('an interval for one look finds it in every third experiment or more', () => {
    const naive = (treated: Moments, control: Moments) => {
      if (Math.min(treated.n, control.n) < MIN_USERS) return false;
      const error = Math.sqrt(treated.variance / treated.n + control.variance / control.n);
      return Math.abs(treated.mean - control.mean) > 1.96 * error;
    };
    expect(differenceEverOut(share(0.5), naive)).toBeGreaterThan(0.33);
  });

  test('a difference that is there is found', () => {
    const more: Draw = (random) => (random() < 0.1 ? 1 : 0);
    const found = differenceEverOut(exponential, isSignificant, (random) => 3 * more(random));
    expect(found).toBeGreaterThan(0.95);
    // 20 % against 27 %, with 4000 users.
    let treated = new Moments();
    let control = new Moments();
    const shares = everOut(
      RUNS,
      (random) => {
        if (random() < 0.5) treated.add(share(0.27)(random));
        else control.add(share(0.2)(random));
      },
      () => {
        treated = new Moments();
        control = new Moments();
      },
      () => isSignificant(treated, control),
    );
    expect(shares).toBeGreaterThan(0.9);
  });
});

describe('the margin', () => {
  test('is the paper’s formula', () => {
    // By hand for t = t* = 1000: ρ² t = 5.9915 + ln 6.9915 = 7.9362.
    const x = 7.9362;
    const expected = Math.sqrt(((2 * (x + 1)) / (1000 * x)) * Math.log(Math.sqrt(x + 1) / 0.05));
    expect(unitMargin(1000, 0.05, 1000)).toBeCloseTo(expected, 6);
  });

  test('is within a thousandth of the tightest where it is to be tightest', () => {
    const chosen = unitMargin(TIGHTEST_AT, ALPHA);
    const others = [0.25, 0.5, 0.8, 1.25, 2, 4].map((factor) =>
      unitMargin(TIGHTEST_AT, ALPHA, TIGHTEST_AT * factor),
    );
    for (const other of others) expect(other).toBeGreaterThan(chosen * 0.999);
  });

  test('shrinks with users, grows with certainty', () => {
    expect(unitMargin(20_000, ALPHA)).toBeLessThan(unitMargin(5000, ALPHA));
    expect(unitMargin(5000, 0.01)).toBeGreaterThan(unitMargin(5000, ALPHA));
  });
});

describe('shares', () => {
  test('lie inside their interval, which lies in 0..1', () => {
    for (const [successes, n] of [
      [0, 1],
      [1, 1],
      [0, 500],
      [500, 500],
      [3, 40],
      [900, 9000],
    ] as const) {
      const { low, high } = shareInterval(successes, n, ALPHA);
      expect(low).toBeGreaterThanOrEqual(0);
      expect(high).toBeLessThanOrEqual(1);
      expect(low).toBeLessThanOrEqual(successes / n);
      expect(high).toBeGreaterThanOrEqual(successes / n);
    }
    expect(shareInterval(0, 500, ALPHA).low).toBe(0);
    expect(shareInterval(500, 500, ALPHA).high).toBe(1);
  });

  test('none at all against all of them is a difference', () => {
    const [none, all] = [new Moments(), new Moments()];
    none.addZeros(100);
    for (let n = 0; n < 100; n += 1) all.add(1);
    const interval = differenceInterval(all, none, ALPHA);
    expect(interval?.low).toBeGreaterThan(0.8);
    expect(interval?.high).toBe(1);
  });
});

describe('too few', () => {
  test('to say anything of sums', () => {
    const sample = new Moments();
    for (let n = 0; n < MIN_USERS - 1; n += 1) sample.add(n + 2);
    expect(meanInterval(sample, ALPHA)).toBeNull();
    sample.add(2);
    expect(meanInterval(sample, ALPHA)).not.toBeNull();
  });

  test('spenders among many users', () => {
    const sample = new Moments();
    sample.addZeros(10_000);
    for (let n = 0; n < 29; n += 1) sample.add(n + 2);
    expect(meanInterval(sample, ALPHA)).toBeNull();
    expect(differenceInterval(sample, sample, ALPHA)).toBeNull();
    sample.add(2);
    expect(differenceInterval(sample, sample, ALPHA)).not.toBeNull();
  });

  test('nothing but zeros is no share yet', () => {
    const sample = new Moments();
    sample.addZeros(10_000);
    expect(meanInterval(sample, ALPHA)).toBeNull();
    expect(differenceInterval(sample, sample, ALPHA)).toBeNull();
  });
});
