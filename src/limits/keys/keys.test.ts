// Virtual keys over a real database: made, used, changed, run out, removed, here and from another process.
import { Database } from 'bun:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GATEWAY_ACTOR as BY } from '../../core/actor.ts';
import { NO_LIMITS } from '../../core/limits.ts';
import type { Log } from '../../lib/log.ts';
import { openStore, type Store } from '../../store/open-store.ts';
import { ADMIN_KEY_ID } from './key-record.ts';
import { type Keys, type KeysOptions, openKeys } from './keys.ts';

const T0 = Date.UTC(2026, 10, 22, 10);

let dir: string;
let now: number;
let lines: string[];
const open: { close(): void }[] = [];
const log: Log = (level, message) => void lines.push(`${level} ${message}`);

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'switchyard-keys-'));
  now = T0;
  lines = [];
});
afterEach(() => {
  for (const one of open.splice(0).reverse()) one.close();
  rmSync(dir, { recursive: true, force: true });
});

function storeOpened(): Store {
  const store = openStore({ dataDir: dir });
  open.push(store);
  return store;
}

function opened(options: Partial<KeysOptions> = {}, store = storeOpened()): Keys {
  const keys = openKeys(store, { adminKey: null, now: () => now, log, ...options });
  open.push(keys);
  return keys;
}

describe('a new key', () => {
  test('is known by its secret at once, and by nothing else', async () => {
    const keys = opened({ newId: () => 'key_a' });
    const { record, secret } = await keys.create({ name: ' phone app ', role: 'inference' }, BY);
    expect(secret).toMatch(/^sy-[A-Za-z0-9_-]{43}$/);
    expect(record).toEqual({
      id: 'key_a',
      name: 'phone app',
      role: 'inference',
      origin: 'api',
      prefix: secret.slice(0, 9),
      allowedModels: null,
      allowedRouters: null,
      enabled: true,
      limits: NO_LIMITS,
      userLimits: NO_LIMITS,
      labels: {},
      expiresAt: null,
      metadata: null,
      logBodies: null,
      cache: null,
      createdAt: T0,
      updatedAt: T0,
    });
    expect(keys.authenticate(secret)).toEqual({ state: 'valid', key: record });
    for (const wrong of [
      '',
      'sy-',
      record.prefix,
      record.id,
      `${secret}x`,
      secret.slice(0, -1),
      secret.toUpperCase(),
    ]) {
      expect(keys.authenticate(wrong)).toEqual({ state: 'unknown' });
    }
  });

  test('keeps what it was given through a new start', async () => {
    const store = storeOpened();
    const { record, secret } = await opened({}, store).create(
      {
        name: 'team',
        role: 'admin',
        allowedModels: ['openai/*', ' gpt-5.4 '],
        expiresAt: T0 + 1000,
        metadata: { team: 'blue', seats: 3 },
      },
      BY,
    );
    expect(record.allowedModels).toEqual(['openai/*', 'gpt-5.4']);
    const again = opened();
    expect(again.authenticate(secret)).toEqual({ state: 'valid', key: record });
    expect(again.list()).toEqual([record]);
  });

  test('leaves no trace of its secret in any file', async () => {
    const keys = opened();
    const { secret } = await keys.create({ name: 'a', role: 'inference' }, BY);
    const files = readdirSync(dir);
    expect(files).toContain('switchyard.db-wal');
    for (const file of files) {
      expect(readFileSync(join(dir, file)).includes(secret.slice(9))).toBe(false);
    }
  });

  test('never shares a secret or an id with another', async () => {
    const keys = opened();
    const made = await Promise.all(
      Array.from({ length: 20 }, () => keys.create({ name: 'same', role: 'inference' }, BY)),
    );
    expect(new Set(made.map((one) => one.secret)).size).toBe(20);
    expect(new Set(made.map((one) => one.record.id)).size).toBe(20);
    expect(keys.list()).toHaveLength(20);
  });

  test.each([
    ['name', { name: '  ', role: 'inference' as const }],
    ['role', { name: 'a', role: 'root' as 'admin' }],
    ['expires_at', { name: 'a', role: 'inference' as const, expiresAt: Number.NaN }],
    ['allowed_models[1]', { name: 'a', role: 'inference' as const, allowedModels: ['x', ' '] }],
  ])('with a bad %s is refused by name', async (param, input) => {
    const keys = opened();
    const error: unknown = await keys.create(input, BY).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'invalid_request', details: { param } });
    expect(keys.list()).toEqual([]);
  });
});

describe('time', () => {
  test('runs out at the moment named, and the holder is told so', async () => {
    const keys = opened();
    const { record, secret } = await keys.create(
      {
        name: 'a',
        role: 'inference',
        expiresAt: T0 + 1000,
      },
      BY,
    );
    now = T0 + 999;
    expect(keys.authenticate(secret).state).toBe('valid');
    now = T0 + 1000;
    expect(keys.authenticate(secret)).toEqual({ state: 'expired', key: record });
    await keys.update(record.id, { expiresAt: T0 + 5000 }, BY);
    expect(keys.authenticate(secret).state).toBe('valid');
  });
});

describe('update', () => {
  const whole = {
    name: 'a',
    role: 'inference' as const,
    allowedModels: ['openai/*'],
    expiresAt: T0 + 1000,
    metadata: { team: 'blue' },
  };

  test.each([
    [{ name: 'b' }, { name: 'b' }],
    [{ role: 'admin' as const }, { role: 'admin' }],
    [{ allowedModels: null }, { allowedModels: null }],
    [{ allowedModels: [] }, { allowedModels: [] }],
    [{ expiresAt: null }, { expiresAt: null }],
    [{ metadata: null }, { metadata: null }],
    [
      { metadata: { team: 'red' }, expiresAt: T0 + 7 },
      { metadata: { team: 'red' }, expiresAt: T0 + 7 },
    ],
  ])('%j changes that and nothing else', async (patch, changed) => {
    const keys = opened();
    const other = await keys.create({ ...whole, name: 'other' }, BY);
    const { record, secret } = await keys.create(whole, BY);
    now = T0 + 5;
    const after = await keys.update(record.id, patch, BY);
    expect(after).toEqual({ ...record, ...changed, updatedAt: T0 + 5 } as typeof record);
    expect(keys.authenticate(secret)).toMatchObject({ key: after });
    expect(keys.list()).toContainEqual(other.record);
    expect(opened().list()).toEqual(keys.list());
  });

  test('two at once both hold', async () => {
    const keys = opened();
    const elsewhere = opened();
    const { record } = await keys.create(whole, BY);
    await Promise.all([
      keys.update(record.id, { name: 'b' }, BY),
      elsewhere.update(record.id, { metadata: null }, BY),
    ]);
    expect(opened().list()).toEqual([{ ...record, name: 'b', metadata: null }]);
  });

  test('of a key that is not there says so', async () => {
    expect(await opened().update('key_none', { name: 'b' }, BY)).toBeNull();
  });

  test('that is refused changes nothing', async () => {
    const keys = opened();
    const { record } = await keys.create(whole, BY);
    const error: unknown = await keys
      .update(record.id, { metadata: null, name: '' }, BY)
      .catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'invalid_request', details: { param: 'name' } });
    expect(keys.list()).toEqual([record]);
  });
});

describe('a change that changes nothing', () => {
  test('is none: it leaves no entry and no other time', async () => {
    const store = storeOpened();
    const keys = opened({ newId: () => 'key_a' }, store);
    const { record } = await keys.create(
      { name: 'app', role: 'inference', labels: { team: 'x' } },
      BY,
    );
    now += 5000;
    for (const patch of [{}, { name: 'app' }, { labels: { team: 'x' } }])
      expect(await keys.update('key_a', patch, BY)).toEqual(record);
    const entries = () => store.sqlite.query('SELECT action FROM audit ORDER BY id').values();
    expect(entries()).toEqual([['key.create']]);
    expect((await keys.update('key_a', { name: 'App' }, BY))?.updatedAt).toBe(now);
    expect(entries()).toEqual([['key.create'], ['key.update']]);
  });
});

describe('remove', () => {
  test('ends that key at once, and no other', async () => {
    const keys = opened();
    const [a, b] = [
      await keys.create({ name: 'a', role: 'inference' }, BY),
      await keys.create({ name: 'b', role: 'inference' }, BY),
    ];
    expect(await keys.remove(a.record.id, BY)).toBe(true);
    expect(keys.authenticate(a.secret)).toEqual({ state: 'unknown' });
    expect(keys.authenticate(b.secret).state).toBe('valid');
    expect(await keys.remove(a.record.id, BY)).toBe(false);
    expect(keys.list()).toEqual([b.record]);
  });
});

describe("the operator's own admin key", () => {
  test('opens everything, is never stored or listed, and shows no more than a quarter of itself', async () => {
    const keys = opened({ adminKey: 'my-own-secret' });
    const check = keys.authenticate('my-own-secret');
    expect(check).toMatchObject({
      state: 'valid',
      key: { id: ADMIN_KEY_ID, role: 'admin', prefix: 'my-', allowedModels: null },
    });
    expect(keys.list()).toEqual([]);
    expect(opened().authenticate('my-own-secret')).toEqual({ state: 'unknown' });
    await keys.create({ name: 'a', role: 'inference' }, BY);
    expect(keys.authenticate('my-own-secret')).toEqual(check);
    expect(await keys.remove(ADMIN_KEY_ID, BY)).toBe(false);
    expect(keys.authenticate('my-own-secret')).toEqual(check);
  });
});

describe('another process', () => {
  test('makes and removes keys that a running server knows within a second', async () => {
    const keys = opened();
    const script = (body: string) => `
      import { openKeys } from ${JSON.stringify(join(import.meta.dir, 'keys.ts'))};
      import { openStore } from ${JSON.stringify(join(import.meta.dir, '../../store/open-store.ts'))};
      const store = openStore({ dataDir: ${JSON.stringify(dir)} });
      const keys = openKeys(store, { adminKey: null });
      const BY = { via: 'cli', id: null };
      ${body}
      keys.close();
      store.close();`;
    const run = async (body: string): Promise<string> => {
      const child = Bun.spawn([process.execPath, '-e', script(body)], {
        stdout: 'pipe',
        stderr: 'inherit',
      });
      const text = await new Response(child.stdout).text();
      expect(await child.exited).toBe(0);
      return text.trim();
    };
    const secret = await run(
      `console.log((await keys.create({ name: 'cli', role: 'inference' }, BY)).secret);`,
    );
    expect(await within(1000, () => keys.authenticate(secret).state === 'valid')).toBe(true);
    await run('for (const key of keys.list()) await keys.remove(key.id, BY);');
    expect(await within(1000, () => keys.authenticate(secret).state === 'unknown')).toBe(true);
  });

  test('is seen whatever wrote the row, even a shell', async () => {
    const keys = opened({ pollMs: 5 });
    const { secret } = await keys.create({ name: 'a', role: 'inference' }, BY);
    const shell = new Database(join(dir, 'switchyard.db'));
    shell.run('DELETE FROM virtual_keys');
    shell.close();
    expect(await within(1000, () => keys.authenticate(secret).state === 'unknown')).toBe(true);
  });

  async function within(ms: number, holds: () => boolean): Promise<boolean> {
    for (const end = performance.now() + ms; performance.now() < end; ) {
      if (holds()) return true;
      await Bun.sleep(5);
    }
    return holds();
  }
});

describe('a database that fails later', () => {
  test('locks nobody out: keys go on as last read, and it is said once', async () => {
    const store = storeOpened();
    const keys = opened({ pollMs: 5, adminKey: 'my-own-secret' }, store);
    const { secret } = await keys.create({ name: 'a', role: 'inference' }, BY);
    await store.write((sqlite) => sqlite.run('ALTER TABLE revisions RENAME TO gone'));
    await Bun.sleep(60);
    expect(keys.authenticate(secret).state).toBe('valid');
    expect(keys.authenticate('my-own-secret').state).toBe('valid');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toStartWith('error Keys go on as last read.');
    await store.write((sqlite) => sqlite.run('ALTER TABLE gone RENAME TO revisions'));
    await keys.create({ name: 'b', role: 'inference' }, BY);
    expect(keys.list()).toHaveLength(2);
  });

  test('keeps no caller from the secret of a key that was saved', async () => {
    const store = storeOpened();
    const keys = opened({ pollMs: 5 }, store);
    await store.write((sqlite) => sqlite.run('ALTER TABLE revisions RENAME TO gone'));
    const { record, secret } = await keys.create({ name: 'a', role: 'inference' }, BY);
    expect(await keys.update(record.id, { name: 'b' }, BY)).toEqual({ ...record, name: 'b' });
    expect(keys.authenticate(secret).state).toBe('unknown');
    await store.write((sqlite) => sqlite.run('ALTER TABLE gone RENAME TO revisions'));
    for (const end = performance.now() + 1000; performance.now() < end; await Bun.sleep(5))
      if (keys.authenticate(secret).state === 'valid') break;
    expect(keys.authenticate(secret)).toMatchObject({ state: 'valid', key: { name: 'b' } });
    expect(lines).toHaveLength(1);
  });

  test('a spoiled list of models opens nothing rather than everything', async () => {
    const keys = opened();
    const { record, secret } = await keys.create(
      {
        name: 'a',
        role: 'inference',
        allowedModels: ['openai/*'],
      },
      BY,
    );
    const shell = new Database(join(dir, 'switchyard.db'));
    shell.run("UPDATE virtual_keys SET allowed_models = '{oops', role = 'owner'");
    shell.close();
    expect(keys.list()).toEqual([{ ...record, allowedModels: [], role: 'inference' }]);
    expect(keys.authenticate(secret)).toMatchObject({ key: { allowedModels: [] } });
  });
});
