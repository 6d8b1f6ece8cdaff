// What becomes of counts in memory: those nobody needs any more leave it, those with something in them stay.
import { expect, test } from 'bun:test';
import { anywhereMeters, keyMeters, userMeters } from './caller-meters.ts';
import type { Account, Accounts } from './count.ts';
import { MemoryMeters } from './memory-meters.ts';
import type { Meter, Reservation } from './meter.ts';

const NOON = Date.UTC(2026, 10, 25, 12);
const RATE = { requestsPerMinute: 10, tokensPerMinute: 1000, concurrent: 5 };

const ratesOf = (user: string): readonly Meter[] =>
  anywhereMeters(user, { budgets: [], rate: RATE });
const budgetOf = (user: string): readonly Meter[] =>
  anywhereMeters(user, { budgets: [{ amountNano: 100, period: 'day' }], rate: null });

function holdIn(store: MemoryMeters, meters: readonly Meter[], now: number): Reservation {
  const held = store.hold(meters, { nano: 10, tokens: 10 }, now);
  if ('settle' in held) return held;
  throw new Error('refused');
}

/** Requests of one that is of no interest, until all counts were looked at. */
function lookedAtAll(store: MemoryMeters, now: number): void {
  const looks = store.size + 10;
  for (let n = 0; n < looks; n += 1) holdIn(store, [], now).settle({ nano: 0, tokens: 0 });
}

test('rates leave a minute after the last request, and not while one is under way', () => {
  let now = NOON;
  const store = new MemoryMeters({ now: () => now });
  for (let user = 0; user < 500; user += 1)
    holdIn(store, ratesOf(`user-${user}`), now).settle({ nano: 1, tokens: 1 });
  const under = holdIn(store, ratesOf('still here'), now);
  expect(store.size).toBeGreaterThan(500);
  now += 61_000;
  lookedAtAll(store, now);
  // Its tokens and its place.
  expect(store.size).toBe(2);
  under.settle({ nano: 1, tokens: 500 });
  expect(store.read(ratesOf('still here'), now).map(({ used }) => used)).toEqual([0, 500, 0]);
});

test('budgets stay until their period is over where nothing else keeps them', () => {
  let now = NOON;
  const store = new MemoryMeters({ now: () => now });
  holdIn(store, budgetOf('ann'), now).settle({ nano: 70, tokens: 0 });
  now += 11 * 3600_000;
  lookedAtAll(store, now);
  expect(store.size).toBe(1);
  now += 3600_000;
  lookedAtAll(store, now);
  expect(store.size).toBe(0);
});

test('budgets that are written down leave ten minutes after they were last asked for', () => {
  let now = NOON;
  const spent = new Map<string, number>();
  const accounts: Accounts = {
    open(account: Account) {
      account.spent = spent.get(account.id) ?? 0;
    },
    charged: (account, nano) => void spent.set(account.id, (spent.get(account.id) ?? 0) + nano),
  };
  const store = new MemoryMeters({ now: () => now, accounts });
  holdIn(store, budgetOf('ann'), now).settle({ nano: 70, tokens: 0 });
  now += 599_000;
  lookedAtAll(store, now);
  expect(store.size).toBe(1);
  now += 601_000;
  lookedAtAll(store, now);
  expect(store.size).toBe(0);
  // And come back as they were.
  expect(store.read(budgetOf('ann'), now).map(({ used }) => used)).toEqual([70]);
});

test('a clock that is set back neither frees nor loses anything', () => {
  let now = NOON;
  const store = new MemoryMeters({ now: () => now });
  const one = anywhereMeters('ann', {
    budgets: [{ amountNano: 100, period: 'day' }],
    rate: { requestsPerMinute: 2, tokensPerMinute: null, concurrent: null },
  });
  holdIn(store, one, now).settle({ nano: 90, tokens: 0 });
  now -= 30_000;
  holdIn(store, one, now);
  expect('refused' in store.hold(one, { nano: 0, tokens: 0 }, now)).toBe(true);
  now = NOON - 86_400_000;
  expect(store.read(one, now).map(({ used }) => used)).toEqual([90, 2]);
});

test('a key’s meters are found once, a long user’s by a hash, and no user has another’s', () => {
  const limits = { budgets: [{ amountNano: 1, period: 'day' as const }], rate: RATE };
  const key = { id: 'key_a', name: 'a', limits, userLimits: limits };
  expect(keyMeters(key)).toBe(keyMeters(key));
  expect(keyMeters(key)?.meters.map(({ id }) => id)).toEqual([
    'key:key_a/budget/day',
    'key:key_a/requests',
    'key:key_a/tokens',
    'key:key_a/concurrent',
  ]);
  const ids = (user: string) => userMeters(key, user, limits).map(({ id }) => id);
  const all = ['ann', 'bob', 'ann/requests', 'ann/budget/day', 'x'.repeat(5000), 'x'.repeat(5001)];
  expect(new Set(all.flatMap(ids)).size).toBe(all.length * 8);
  expect(Math.max(...all.flatMap(ids).map(({ length }) => length))).toBeLessThan(200);
});
