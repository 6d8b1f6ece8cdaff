// Limits of users over a real database: set, looked up, seen from another process, taken back, and told in the trail.
import { Database } from 'bun:sqlite';
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Actor } from '../../core/actor.ts';
import type { Limits } from '../../core/limits.ts';
import { openStore } from '../../store/open-store.ts';
import type { AuditTable } from '../../store/tables.ts';
import { anywhereMeters } from '../meters/caller-meters.ts';
import { openUserLimits, type UserLimits } from './user-limits.ts';

const T0 = Date.UTC(2026, 10, 22, 10);
const BY: Actor = { via: 'cli', id: 'ops' };
const DAILY: Limits = { budgets: [{ amountNano: 2_000_000_000, period: 'day' }], rate: null };
const SLOW: Limits = {
  budgets: [],
  rate: { requestsPerMinute: 6, tokensPerMinute: null, concurrent: null },
};

let dir: string;
let now: number;
const open: { close(): void }[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'switchyard-user-limits-'));
  now = T0;
});
afterEach(() => {
  for (const one of open.splice(0).reverse()) one.close();
  rmSync(dir, { recursive: true, force: true });
});

function opened(): UserLimits {
  const store = openStore({ dataDir: dir });
  const users = openUserLimits(store, { now: () => now, pollMs: 5 });
  open.push(store, users);
  return users;
}

test('hold for names of any length: very long ones go by their hash, wherever they are named', async () => {
  const users = opened();
  const long = 'u'.repeat(512);
  const longer = `${long}1`;
  const known = `sha256:${new Bun.CryptoHasher('sha256').update(longer).digest('hex')}`;
  expect((await users.put(long, DAILY, BY)).user).toBe(long);
  expect((await users.put(longer, SLOW, BY)).user).toBe(known);
  expect([users.of(long), users.of(longer), users.of(`${long}2`)]).toEqual([DAILY, SLOW, null]);
  expect([users.get(longer)?.user, users.get(known)?.user]).toEqual([known, known]);
  const [mine, ...others] = anywhereMeters(longer, SLOW);
  expect([mine?.of.name, others]).toEqual([known, []]);
  expect(await users.remove(longer, BY)).toBe(true);
  expect([users.of(longer), users.of(long)]).toEqual([null, DAILY]);
});

test('are those of that user, whatever the name is made of', async () => {
  const users = opened();
  const names = ['ann', 'Ann', 'a/b:c', '', '漢字', "'; DROP TABLE user_limits; --", '__proto__'];
  for (const [at, name] of names.entries()) {
    expect(users.of(name)).toBeNull();
    const limits = { ...DAILY, budgets: [{ amountNano: at, period: 'day' as const }] };
    expect(await users.put(name, limits, BY)).toEqual({
      user: name,
      limits,
      createdAt: T0,
      updatedAt: T0,
    });
  }
  for (const [at, name] of names.entries())
    expect(users.of(name)?.budgets).toEqual([{ amountNano: at, period: 'day' }]);
  expect(users.list()).toHaveLength(names.length);
  expect(opened().list()).toEqual(users.list());
});

test('are replaced whole, and taken back', async () => {
  const users = opened();
  await users.put('ann', DAILY, BY);
  now += 5;
  expect(await users.put('ann', SLOW, BY)).toEqual({
    user: 'ann',
    limits: SLOW,
    createdAt: T0,
    updatedAt: T0 + 5,
  });
  expect(users.of('ann')).toEqual(SLOW);
  expect(await users.remove('ann', BY)).toBe(true);
  expect(await users.remove('ann', BY)).toBe(false);
  expect([users.of('ann'), users.get('ann'), users.list()]).toEqual([null, null, []]);
  const store = openStore({ dataDir: dir });
  const trail = store.sqlite.query<AuditTable, []>('SELECT * FROM audit ORDER BY id').all();
  store.close();
  expect(trail.map(({ action, target, actor }) => [action, target, actor])).toEqual([
    ['user.create', 'ann', 'ops'],
    ['user.update', 'ann', 'ops'],
    ['user.delete', 'ann', 'ops'],
  ]);
  expect(JSON.parse(trail[1]?.before ?? '')).toMatchObject({
    budget: { amount_usd: 2, period: 'day' },
    rate_limit: null,
  });
  expect(JSON.parse(trail[1]?.after ?? '')).toMatchObject({
    budget: null,
    rate_limit: { requests_per_minute: 6 },
  });
});

test('of another process are seen soon: set, changed, taken back, set again', async () => {
  const [here, there] = [opened(), opened()];
  const seen = async (limits: Limits | null) => {
    for (const end = performance.now() + 1000; performance.now() < end; await Bun.sleep(5))
      if (Bun.deepEquals(here.of('ann'), limits)) break;
    expect(here.of('ann')).toEqual(limits);
    expect(here.of('bob')).toEqual(SLOW);
    expect(opened().list()).toEqual(here.list());
  };
  await there.put('bob', SLOW, BY);
  await there.put('ann', DAILY, BY);
  await seen(DAILY);
  await there.put('ann', SLOW, BY);
  await seen(SLOW);
  await there.remove('ann', BY);
  await seen(null);
  await there.put('ann', DAILY, BY);
  await there.remove('ann', BY);
  await there.put('ann', SLOW, BY);
  await seen(SLOW);
});

test('that are spoiled let nothing through rather than everything', async () => {
  const users = opened();
  await users.put('ann', SLOW, BY);
  const shell = new Database(join(dir, 'switchyard.db'));
  shell.run("UPDATE user_limits SET limits = '{oops'");
  shell.close();
  expect(users.get('ann')?.limits).toEqual({
    budgets: [{ amountNano: 0, period: 'total' }],
    rate: { requestsPerMinute: 0, tokensPerMinute: 0, concurrent: 0 },
  });
});
