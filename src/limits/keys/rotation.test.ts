// Secrets that replace each other: which opens a key at which moment, and what the trail tells of it.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Actor } from '../../core/actor.ts';
import { secretHash, shownPrefix } from '../../core/key-secret.ts';
import { openStore, type Store } from '../../store/open-store.ts';
import type { AuditTable } from '../../store/tables.ts';
import { type Keys, type KeysOptions, openKeys } from './keys.ts';

const T0 = Date.UTC(2026, 10, 22, 10);
const HOUR = 3_600_000;
const BY: Actor = { via: 'api', id: 'key_of_the_operator' };

let dir: string;
let now: number;
let store: Store;
const open: { close(): void }[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'switchyard-rotation-'));
  now = T0;
  store = openStore({ dataDir: dir });
  open.push(store);
});
afterEach(() => {
  for (const one of open.splice(0).reverse()) one.close();
  rmSync(dir, { recursive: true, force: true });
});

function opened(options: Partial<KeysOptions> = {}): Keys {
  const keys = openKeys(store, { adminKey: null, now: () => now, ...options });
  open.push(keys);
  return keys;
}

async function rotated(keys: Keys, id: string, overlapMs: number): Promise<string> {
  const made = await keys.rotate(id, overlapMs, BY);
  if (made === null) throw new Error('there is no such key');
  return made.secret;
}

const states = (keys: Keys, ...secrets: readonly string[]) =>
  secrets.map((secret) => keys.authenticate(secret).state);

describe('a new secret', () => {
  test('without overlap stops the one before it at once', async () => {
    const keys = opened();
    const { record, secret } = await keys.create({ name: 'a', role: 'inference' }, BY);
    now += 5;
    const next = await keys.rotate(record.id, 0, BY);
    expect(next?.record).toEqual({
      ...record,
      prefix: shownPrefix(next?.secret ?? ''),
      updatedAt: T0 + 5,
    });
    expect(states(keys, secret, next?.secret ?? '')).toEqual(['replaced', 'valid']);
    expect(keys.replaced(record.id)).toEqual([]);
  });

  test('with overlap: both open until its last millisecond, here and after a new start', async () => {
    const keys = opened();
    const { record, secret } = await keys.create({ name: 'a', role: 'inference' }, BY);
    const next = await rotated(keys, record.id, HOUR);
    expect(keys.replaced(record.id)).toEqual([
      { hash: secretHash(secret), prefix: record.prefix, validUntil: T0 + HOUR },
    ]);
    for (const one of [keys, opened()]) {
      now = T0 + HOUR - 1;
      expect(states(one, secret, next)).toEqual(['valid', 'valid']);
      now = T0 + HOUR;
      expect(states(one, secret, next)).toEqual(['replaced', 'valid']);
      expect(one.replaced(record.id)).toEqual([]);
    }
  });

  test('never lengthens the time of an earlier one, and may shorten it', async () => {
    const keys = opened();
    const { record, secret: first } = await keys.create({ name: 'a', role: 'inference' }, BY);
    const second = await rotated(keys, record.id, HOUR);
    const third = await rotated(keys, record.id, 5 * HOUR);
    now = T0 + HOUR;
    expect(states(keys, first, second, third)).toEqual(['replaced', 'valid', 'valid']);
    const fourth = await rotated(keys, record.id, 0);
    expect(states(keys, first, second, third, fourth)).toEqual([
      'replaced',
      'replaced',
      'replaced',
      'valid',
    ]);
  });

  test('of a key that is not there says so', async () => {
    const keys = opened();
    expect(await keys.rotate('key_none', HOUR, BY)).toBeNull();
    expect(await keys.revokeReplaced('key_none', BY)).toBeNull();
  });

  test('is one of eleven at most', async () => {
    const keys = opened();
    const { record, secret } = await keys.create({ name: 'a', role: 'inference' }, BY);
    for (let turn = 0; turn < 10; turn += 1) await rotated(keys, record.id, HOUR);
    const refused: unknown = await keys.rotate(record.id, HOUR, BY).catch((e: unknown) => e);
    expect(refused).toMatchObject({ code: 'invalid_request', details: { param: 'overlap' } });
    expect(keys.replaced(record.id)).toHaveLength(10);
    expect(states(keys, secret)).toEqual(['valid']);
    await rotated(keys, record.id, 0);
    expect(keys.replaced(record.id)).toEqual([]);
  });
});

test('earlier secrets are revoked before their time, and the newest is not', async () => {
  const keys = opened();
  const { record, secret } = await keys.create({ name: 'a', role: 'inference' }, BY);
  const next = await rotated(keys, record.id, HOUR);
  expect(await keys.revokeReplaced(record.id, BY)).toMatchObject({ id: record.id });
  expect(states(keys, secret, next)).toEqual(['replaced', 'valid']);
});

test('a key that is off, expired or gone is so for all its secrets', async () => {
  const keys = opened();
  const { record, secret } = await keys.create({ name: 'a', role: 'inference' }, BY);
  const next = await rotated(keys, record.id, HOUR);
  await keys.update(record.id, { enabled: false }, BY);
  expect(states(keys, secret, next)).toEqual(['disabled', 'disabled']);
  await keys.update(record.id, { enabled: true, expiresAt: now }, BY);
  expect(states(keys, secret, next)).toEqual(['expired', 'expired']);
  await keys.update(record.id, { expiresAt: null }, BY);
  expect(states(keys, secret, next)).toEqual(['valid', 'valid']);
  await keys.remove(record.id, BY);
  expect(states(keys, secret, next)).toEqual(['unknown', 'unknown']);
  expect(store.sqlite.query('SELECT * FROM replaced_secrets').all()).toEqual([]);
});

test('what is long over is forgotten with the next rotation', async () => {
  const keys = opened();
  const a = await keys.create({ name: 'a', role: 'inference' }, BY);
  const b = await keys.create({ name: 'b', role: 'inference' }, BY);
  await rotated(keys, a.record.id, 0);
  now += 7 * 24 * HOUR - 1;
  await rotated(keys, b.record.id, 0);
  expect(states(keys, a.secret)).toEqual(['replaced']);
  now += 1;
  await rotated(keys, b.record.id, 0);
  expect(states(keys, a.secret, b.secret)).toEqual(['unknown', 'replaced']);
});

test('every change is in the trail, with who made it, and without any secret', async () => {
  const keys = opened();
  const { record, secret } = await keys.create({ name: 'a', role: 'inference' }, BY);
  const next = await rotated(keys, record.id, HOUR);
  await keys.update(record.id, { name: 'b', budgets: [{ amountNano: 5, period: 'day' }] }, BY);
  await keys.revokeReplaced(record.id, BY);
  await keys.remove(record.id, BY);
  await keys.remove(record.id, BY);
  const trail = store.sqlite.query<AuditTable, []>('SELECT * FROM audit ORDER BY id').all();
  expect(trail.map(({ action }) => action)).toEqual([
    'key.create',
    'key.rotate',
    'key.update',
    'key.revoke_previous',
    'key.delete',
  ]);
  for (const { via, actor, target } of trail)
    expect([via, actor, target]).toEqual(['api', BY.id, record.id]);
  const [create, rotate, update, revoke, remove] = trail.map(({ before, after }) => ({
    before: JSON.parse(before ?? 'null'),
    after: JSON.parse(after ?? 'null'),
  }));
  expect(create?.before).toBeNull();
  expect(rotate?.before).toEqual(create?.after);
  expect(rotate?.after.previous_secrets).toEqual([
    { prefix: record.prefix, valid_until: new Date(T0 + HOUR).toISOString() },
  ]);
  expect(update?.before).toEqual(rotate?.after);
  expect(update?.after).toMatchObject({
    name: 'b',
    budget: { amount_usd: 5e-9, period: 'day' },
  });
  expect(revoke?.after).toEqual({ ...update?.after, previous_secrets: [] });
  expect(remove).toEqual({ before: revoke?.after, after: null });
  const text = JSON.stringify(trail);
  for (const hidden of [secret, next, secretHash(secret), secretHash(next)])
    expect(text).not.toContain(hidden.slice(9));
});

describe('keys of the configuration', () => {
  const SECRET = 'sy-of-the-configuration';
  const configured = [
    {
      id: 'team',
      name: 'Team',
      role: 'inference',
      secretSha256: secretHash(SECRET),
      prefix: 'sy-of',
      fields: { budget: [{ amountNano: 5, period: 'day' }] },
    },
    {
      id: 'unset',
      name: 'Unset',
      role: 'admin',
      secretSha256: null,
      prefix: '',
      fields: {},
    },
  ] as const;

  test('open, are listed first, and are nobody’s to change', async () => {
    const keys = opened({ configured: () => configured });
    const { record } = await keys.create({ name: 'a', role: 'inference' }, BY);
    expect(keys.authenticate(SECRET)).toMatchObject({
      state: 'valid',
      key: { id: 'team', origin: 'config', limits: { budgets: [{ amountNano: 5 }] } },
    });
    // The same record each time: what is made of it is made once.
    expect(keys.list()[0] ?? null).toBe(keys.get('team'));
    expect(keys.list().map(({ id }) => id)).toEqual(['team', 'unset', record.id]);
    expect(states(keys, '')).toEqual(['unknown']);
    for (const change of [
      keys.update('team', { name: 'x' }, BY),
      keys.rotate('team', 0, BY),
      keys.revokeReplaced('team', BY),
      keys.remove('team', BY),
    ])
      expect(await change.then(() => null, Object)).toMatchObject({ code: 'read_only' });
    expect(keys.get('team')?.name).toBe('Team');
  });

  test('come and go with it', () => {
    let list: KeysOptions['configured'] = () => configured;
    const keys = opened({ configured: () => list?.() ?? [] });
    expect(states(keys, SECRET)).toEqual(['valid']);
    list = () => [];
    expect(states(keys, SECRET)).toEqual(['unknown']);
    const off = [{ ...configured[0], fields: { enabled: false } }];
    list = () => off;
    expect(states(keys, SECRET)).toEqual(['disabled']);
    const over = [{ ...configured[0], fields: { expires_at: T0 + 1 } }];
    list = () => over;
    expect(states(keys, SECRET)).toEqual(['valid']);
    now = T0 + 1;
    expect(states(keys, SECRET)).toEqual(['expired']);
  });
});
