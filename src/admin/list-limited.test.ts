// Long lists of keys and of users: each shown with what was taken, and nobody's request waits for all of them.
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConfiguredKey } from '../config/keys-schema.ts';
import type { Actor } from '../core/actor.ts';
import { openKeys } from '../limits/keys/keys.ts';
import { openUserLimits } from '../limits/keys/user-limits.ts';
import { Limiter } from '../limits/limiter.ts';
import { keyMeters } from '../limits/meters/caller-meters.ts';
import { MemoryMeters } from '../limits/meters/memory-meters.ts';
import { openStore } from '../store/open-store.ts';
import { listKeys } from './keys.ts';
import { listUsers } from './users.ts';

const BY: Actor = { via: 'cli', id: null };
const MANY = 1000;
const DAILY = { budgets: [{ amountNano: 2_000_000_000, period: 'day' as const }], rate: null };

const opened: { close(): void }[] = [];
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'switchyard-lists-'));
});
afterEach(() => {
  for (const one of opened.splice(0).reverse()) one.close();
  rmSync(dir, { recursive: true, force: true });
});

/** How often the event loop turned while it was made, and the answer. */
async function turnsOf(answer: Promise<Response>): Promise<[number, unknown]> {
  let turns = 0;
  let isOver = false;
  const turn = () => {
    turns += 1;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  const response = await answer;
  isOver = true;
  return [turns, await response.json()];
}

test('keys', async () => {
  const store = openStore({ dataDir: dir });
  const all: ConfiguredKey[] = Array.from({ length: MANY }, (_, nth) => ({
    ...{ id: `config_${nth}`, name: `key ${nth}`, role: 'inference', prefix: 'sy-' },
    secretSha256: null,
    fields: { budget: DAILY.budgets },
  }));
  const keys = openKeys(store, { adminKey: null, configured: () => all });
  opened.push(store, keys);
  const limits = new Limiter({
    store: new MemoryMeters(),
    everyUser: () => null,
    userLimits: () => null,
  });
  const one = keys.get('config_700');
  const caller = one === null ? null : keyMeters(one);
  if (caller === null) throw new Error('It has a budget.');
  await limits.hold(caller, { nano: 500_000_000, tokens: 0 });
  const [turns, answer] = await turnsOf(listKeys({ keys, limits }, {}));
  expect(turns).toBeGreaterThan(10);
  const shown = (answer as { keys: { id: string; usage: object }[] }).keys;
  expect(shown).toHaveLength(MANY);
  for (const { id, usage } of shown)
    expect([id, usage]).toMatchObject([
      id,
      { budgets: [{ held_usd: id === 'config_700' ? 0.5 : 0, amount_usd: 2 }] },
    ]);
});

test('users', async () => {
  const store = openStore({ dataDir: dir });
  const userLimits = openUserLimits(store);
  opened.push(store, userLimits);
  const names = Array.from({ length: MANY }, (_, nth) => `user-${nth}`);
  await Promise.all(names.map((name) => userLimits.put(name, DAILY, BY)));
  const limits = new Limiter({
    store: new MemoryMeters(),
    everyUser: () => null,
    userLimits: (user) => userLimits.of(user),
  });
  const [turns, answer] = await turnsOf(listUsers({ userLimits, limits }));
  expect(turns).toBeGreaterThan(10);
  const shown = (answer as { users: { user: string; usage: object }[] }).users;
  expect(shown.map(({ user }) => user).sort()).toEqual(names.sort());
  expect(shown.every(({ usage }) => 'budgets' in usage)).toBe(true);
});
