// Whose budgets are read, of real keys and real meters: whoever called, however they are named, and without the database.
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WatchedExchanges } from '../alerts/watched-exchanges.ts';
import { GATEWAY_ACTOR } from '../core/actor.ts';
import { NO_LIMITS } from '../core/limits.ts';
import { sampleExchange } from '../ledger/sample-exchange.ts';
import { type Keys, openKeys } from '../limits/keys/keys.ts';
import { Limiter } from '../limits/limiter.ts';
import { MemoryMeters } from '../limits/meters/memory-meters.ts';
import { openSqliteMeters } from '../limits/meters/sqlite-meters.ts';
import { openStore, type Store } from '../store/open-store.ts';
import { budgetReader } from './read-budgets.ts';

const NOW = Date.UTC(2026, 10, 22, 10);
const USD = 1e9;

let dir: string;
let store: Store;
let keys: Keys;
let limits: Limiter;
let watched: WatchedExchanges;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'switchyard-budgets-'));
  store = openStore({ dataDir: dir });
  keys = openKeys(store, { adminKey: null, newId: () => 'key_a', now: () => NOW });
  const everyUser = { ...NO_LIMITS, budgets: [{ amountNano: USD, period: 'day' as const }] };
  limits = new Limiter({
    store: new MemoryMeters({ now: () => NOW }),
    everyUser: () => everyUser,
    userLimits: () => null,
    now: () => NOW,
  });
  watched = new WatchedExchanges(() => NOW);
  read = budgetReader(watched, keys, limits);
});
afterEach(async () => {
  keys.close();
  store.close();
  await limits.close();
  rmSync(dir, { recursive: true, force: true });
});

const BUDGETS = [{ amountNano: 5 * USD, period: 'day' as const }];
const called = (user: string | null) =>
  watched.record(sampleExchange({ keyId: 'key_a', user, metadata: null }));
let read: ReturnType<typeof budgetReader>;
const ids = async () => (await read()).map(({ id }) => id);

test('they are read of every user who called, also of thousands, with no look at the database', async () => {
  await keys.create({ name: 'app', role: 'inference', budgets: BUDGETS }, GATEWAY_ACTOR);
  for (let nth = 0; nth < 1500; nth += 1) called(`u${nth}`);
  keys.close();
  // Whoever asks it now is refused.
  store.close();
  const read = await ids();
  expect(read).toHaveLength(1501);
  expect(read.slice(0, 3)).toEqual([
    'key:key_a/budget/day',
    'user:u0/budget/day',
    'user:u1/budget/day',
  ]);
});

test('requests go on while those of thousands are looked for', async () => {
  await keys.create({ name: 'app', role: 'inference' }, GATEWAY_ACTOR);
  for (let nth = 0; nth < 1500; nth += 1) called(`u${nth}`);
  let turns = 0;
  const turn = () => {
    turns += 1;
    next = setImmediate(turn);
  };
  let next = setImmediate(turn);
  await ids();
  clearImmediate(next);
  expect(turns).toBeGreaterThan(5);
});

test('names as long as a body take only so much room; where there is none, the key is read all the same', async () => {
  await keys.create({ name: 'app', role: 'inference', budgets: BUDGETS }, GATEWAY_ACTOR);
  const long = (nth: number) => `${nth}${'x'.repeat(99_999)}`;
  for (let nth = 0; nth < 40; nth += 1) called(long(nth));
  called('ann');
  const names = watched.takeCallers();
  expect(names.reduce((sum, { user }) => sum + (user?.length ?? 0), 0)).toBeLessThanOrEqual(
    500_000,
  );
  expect(names.filter(({ user }) => user === null)).toEqual([{ keyId: 'key_a', user: null }]);
  expect(names.some(({ user }) => user === 'ann')).toBe(true);
  // Read with the time before once more; whose name had room is read by the whole of it.
  const read = await ids();
  expect(read).toContain('key:key_a/budget/day');
  expect(read).toContain(
    limits.of({ id: 'x', name: 'x', limits: NO_LIMITS, userLimits: NO_LIMITS }, long(0))?.meters[0]
      ?.id ?? '',
  );
});

test('after a restart the first look reads all of which something is spent, of whoever does not call again', async () => {
  await keys.create({ name: 'app', role: 'inference', budgets: BUDGETS }, GATEWAY_ACTOR);
  const everyUser = { ...NO_LIMITS, budgets: [{ amountNano: USD, period: 'month' as const }] };
  const open = (now: number) =>
    new Limiter({
      store: openSqliteMeters({ dataDir: dir, now: () => now, log: () => {} }),
      everyUser: () => everyUser,
      userLimits: () => null,
      now: () => now,
    });
  const spending = open(NOW);
  const key = keys.known('key_a');
  const caller = key === null ? null : spending.of(key, 'ann/budget/day');
  if (caller === null) throw new Error('nothing is limited');
  const held = await spending.hold(caller, { nano: USD, tokens: 0 });
  if ('settle' in held) held.settle({ nano: USD, tokens: 0 });
  await spending.close();

  const after = open(NOW + 1000);
  const look = budgetReader(watched, keys, after);
  const both = ['key:key_a/budget/day', 'user:ann/budget/day/budget/month'];
  const found = await look();
  expect(found.map(({ id }) => id).sort()).toEqual(both);
  expect(found.map(({ spentNano }) => spentNano)).toEqual([USD, USD]);
  expect(await look()).toEqual([]);
  await after.close();

  const nextDay = open(NOW + 86_400_000);
  expect((await budgetReader(watched, keys, nextDay)()).map(({ id }) => id)).toEqual(both.slice(1));
  await nextDay.close();
});
