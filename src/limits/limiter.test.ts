// What the limiter reads for the operator: of however many callers, turn by turn, in their order.
import { expect, test } from 'bun:test';
import { NO_LIMITS } from '../core/limits.ts';
import { Limiter } from './limiter.ts';
import { MemoryMeters } from './meters/memory-meters.ts';

const NOON = Date.UTC(2026, 10, 25, 12);
const BUDGET = { budgets: [{ amountNano: 100, period: 'day' as const }], rate: null };

function keyOf(nth: number) {
  const limits = nth % 3 === 0 ? NO_LIMITS : BUDGET;
  return { id: `k${nth}`, name: 'k', limits, userLimits: NO_LIMITS };
}

test('of thousands of keys each has its own, and the event loop turns in between', async () => {
  const now = () => NOON;
  const store = new MemoryMeters({ now });
  const limiter = new Limiter({ store, everyUser: () => null, userLimits: () => null, now });
  const keys = Array.from({ length: 5000 }, (_, nth) => keyOf(nth));
  const caller = limiter.of(keyOf(4001), null);
  if (caller === null) throw new Error('It has a budget.');
  const held = await limiter.hold(caller, { nano: 7, tokens: 0 });
  if (!('settle' in held)) throw new Error('It fits.');
  let turns = 0;
  let isOver = false;
  const turn = () => {
    turns += 1;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  const all = await limiter.readKeys(keys);
  isOver = true;
  expect(turns).toBeGreaterThan(50);
  expect(all).toHaveLength(5000);
  expect(all[0]).toEqual([]);
  expect(all[4001]).toMatchObject([{ held: 7, meter: { id: 'key:k4001/budget/day' } }]);
  held.settle({ nano: 5, tokens: 0 });
  expect((await limiter.readKeys([keyOf(4001)]))[0]).toMatchObject([{ used: 5, held: 0 }]);
});

test('what a user has to pass is what holds now, and with this key', () => {
  const daily = (amountNano: number) => ({
    ...BUDGET,
    budgets: [{ amountNano, period: 'day' as const }],
  });
  let own = daily(5);
  const limiter = new Limiter({
    store: new MemoryMeters(),
    everyUser: () => null,
    userLimits: (user) => (user === 'ann' ? own : null),
  });
  const [one, other] = [keyOf(0), { ...keyOf(1), userLimits: daily(9) }];
  const limitsOf = (key: typeof one, user: string) =>
    limiter.of(key, user)?.meters.map(({ id, limit }) => [id, limit]);
  expect(limitsOf(one, 'ann')).toEqual([['user:ann/budget/day', 5]]);
  expect(limiter.of(one, 'ann')).toBe(limiter.of(one, 'ann'));
  own = daily(6);
  expect(limitsOf(one, 'ann')).toEqual([['user:ann/budget/day', 6]]);
  expect(limitsOf(other, 'ann')).toEqual([
    ['key:k1/budget/day', 100],
    ['key:k1/user:ann/budget/day', 9],
    ['user:ann/budget/day', 6],
  ]);
  // The same key as it was changed to.
  expect(limitsOf({ ...other, userLimits: daily(8) }, 'ann')).toContainEqual([
    'key:k1/user:ann/budget/day',
    8,
  ]);
  expect([limiter.of(one, 'bob'), limiter.of(one, null)]).toEqual([null, null]);
});
