// Activity of five minutes, in so many places.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { RecentActivity, WINDOW_MS } from './recent-activity.ts';

const AT = 1_763_000_000_000;

describe('what a subject did lately', () => {
  test('is what came in the last five minutes, to the half minute', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ after: fc.nat(400_000), cost: fc.nat(1e9), who: fc.nat(3) }), {
          maxLength: 60,
        }),
        (events) => {
          const activity = new RecentActivity(8);
          let now = AT;
          const told: { at: number; who: number; cost: number }[] = [];
          for (const { after, cost, who } of events) {
            now += after;
            told.push({ at: now, who, cost });
            activity.add(`u${who}`, cost, now);
          }
          const firstBucket = Math.floor(now / 30_000) - 9;
          for (let who = 0; who < 4; who++) {
            const within = told.filter(
              (one) => one.who === who && Math.floor(one.at / 30_000) >= firstBucket,
            );
            const found = [...activity.all(now)].find(({ name }) => name === `u${who}`);
            expect(found?.requests ?? 0).toBe(within.length);
            expect(found?.costNano ?? 0).toBe(within.reduce((sum, one) => sum + one.cost, 0));
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  test('is forgotten after the window', () => {
    const activity = new RecentActivity(8);
    activity.add('ann', 5, AT, 'k1');
    expect([...activity.all(AT)]).toEqual([
      { name: 'ann', within: 'k1', requests: 1, costNano: 5 },
    ]);
    expect([...activity.all(AT + WINDOW_MS + 30_000)]).toEqual([]);
  });
});

test('of more subjects than places, one that does much stays', () => {
  const activity = new RecentActivity(64);
  for (let nth = 0; nth < 20_000; nth++) {
    activity.add(`passer-by ${nth}`, 1000, AT + nth);
    if (nth % 20 === 0) activity.add('heavy', 5e8, AT + nth);
  }
  expect(activity.size).toBe(64);
  const heavy = [...activity.all(AT + 20_000)].find(({ name }) => name === 'heavy');
  expect(heavy).toMatchObject({ requests: 1000, costNano: 5e11 });
});

test('a clock that is set back counts on', () => {
  const activity = new RecentActivity(8);
  activity.add('ann', 5, AT);
  activity.add('ann', 7, AT - 3_600_000);
  const all = [...activity.all(AT - 3_600_000)];
  expect(all).toMatchObject([{ name: 'ann', requests: 1, costNano: 7 }]);
});
