// The vault: what is stored, changed, rotated and removed, by whom, and what a new master key makes of it.
import { afterEach, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Actor } from '../core/actor.ts';
import { GatewayError } from '../core/errors.ts';
import { openKeys } from '../limits/keys/keys.ts';
import { openStore } from '../store/open-store.ts';
import type { NewProviderKey } from './vault.ts';
import { removeKeysOf, Vault } from './vault.ts';

const FIRST = Uint8Array.from({ length: 32 }, (_, at) => at);
const SECOND = Uint8Array.from({ length: 32 }, (_, at) => 255 - at);
const BY: Actor = { via: 'api', id: 'key_admin' };

const folders: string[] = [];
const opened: { close(): unknown }[] = [];

afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-vault-'));
  folders.push(folder);
  return folder;
}

function open(
  dataDir: string,
  current: Uint8Array | null = FIRST,
  previous: readonly Uint8Array[] = [],
) {
  const store = openStore({ dataDir });
  const logged: string[] = [];
  let ids = 0;
  const vault = new Vault(store, {
    masterKeys: { current, previous },
    log: (level, message) => logged.push(`${level} ${message}`),
    now: () => 1_800_000_000_000,
    newId: () => `pk_${++ids}`,
    pollMs: 20,
  });
  opened.push(store, vault);
  return { store, vault, logged };
}

const input = (fields: Partial<NewProviderKey> = {}): NewProviderKey => ({
  keyId: 'key_1',
  keyIsStored: false,
  provider: 'openai',
  label: null,
  weight: null,
  allowFallback: false,
  secret: { kind: 'plain', key: 'sk-one' },
  ...fields,
});

const failure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => null,
    (error: unknown) => (error instanceof GatewayError ? error.code : error),
  );

const secretsOf = (vault: Vault, keyId: string, provider = 'openai') =>
  vault
    .of(keyId)
    ?.get(provider)
    ?.keys.map(({ secret }) => secret);

describe('stored keys', () => {
  test('are found by whom they serve, with a name of their own and one that tells versions apart', async () => {
    const { vault } = open(newFolder());
    await vault.create(input(), BY);
    await vault.create(
      input({ label: 'spare', weight: 0, secret: { kind: 'plain', key: 'sk-two' } }),
      BY,
    );
    await vault.create(input({ keyId: null, label: 'all' }), BY);
    expect(vault.of('key_2')).toBeUndefined();
    expect(vault.of('key_1')?.get('openai')?.keys).toEqual([
      { label: 'own:key-1', own: 'pk_1@1', secret: 'sk-one' },
      { label: 'own:spare', own: 'pk_2@1', secret: 'sk-two', weight: 0 },
    ]);
    expect([...vault.pools()]).toEqual([['openai', [{ label: 'stored:all', secret: 'sk-one' }]]]);
    await vault.rotate('pk_1', { kind: 'plain', key: 'sk-three' }, BY);
    const [rotated] = vault.of('key_1')?.get('openai')?.keys ?? [];
    expect(rotated).toEqual({ label: 'own:key-1', own: 'pk_1@2', secret: 'sk-three' });
  });

  test('that did not change stay the same objects, whatever becomes of others', async () => {
    const { vault } = open(newFolder());
    await vault.create(input(), BY);
    await vault.create(input({ keyId: null }), BY);
    const [caller, pools] = [vault.of('key_1'), vault.pools()];
    await vault.create(input({ keyId: 'key_2' }), BY);
    await vault.tested(
      { id: 'pk_1', version: 1 },
      { ok: true, status: 200, latency_ms: 1, error: null },
      BY,
    );
    expect(vault.of('key_1')).toBe(caller);
    expect(vault.pools()).toBe(pools);
    await vault.update('pk_1', { allowFallback: true }, BY);
    expect(vault.of('key_1')?.get('openai')).toMatchObject({ allowFallback: true });
    await vault.remove('pk_2', BY);
    expect([...vault.pools()]).toEqual([]);
  });

  test('of the same callers and provider have labels of their own', async () => {
    const { vault } = open(newFolder());
    await vault.create(input({ label: 'a' }), BY);
    expect(await failure(vault.create(input({ label: 'a' }), BY))).toBe('already_exists');
    expect(await failure(vault.create(input({ label: 'a', keyId: 'key_2' }), BY))).toBeNull();
    expect(await failure(vault.create(input({ label: 'a', keyId: null }), BY))).toBeNull();
    expect(await failure(vault.create(input({ label: 'a', keyId: null }), BY))).toBe(
      'already_exists',
    );
    expect(await failure(vault.create(input({ label: 'b' }), BY))).toBeNull();
    expect(await failure(vault.update('pk_1', { label: 'a' }, BY))).toBeNull();
    expect(await failure(vault.update('pk_1', { label: 'b' }, BY))).toBe('already_exists');
    expect(vault.list().map(({ record }) => record.label)).toEqual(['a', 'a', 'a', 'b']);
  });

  test('are not stored for a virtual key that was removed a moment before', async () => {
    const { vault, store } = open(newFolder());
    expect(await failure(vault.create(input({ keyIsStored: true }), BY))).toBe('invalid_request');
    expect(vault.list()).toEqual([]);
    expect(store.sqlite.query('SELECT count(*) AS n FROM audit').get()).toEqual({ n: 0 });
    const keys = openKeys(store, { adminKey: null, newId: () => 'key_1' });
    opened.push(keys);
    await keys.create({ name: 'app', role: 'inference' }, BY);
    expect(await failure(vault.create(input({ keyIsStored: true }), BY))).toBeNull();
    await keys.remove('key_1', BY);
    expect(vault.list()).toEqual([]);
  });

  test('go with the virtual key they served, each with its entry', async () => {
    const { vault, store } = open(newFolder());
    const removeWith = removeKeysOf;
    const keys = openKeys(store, { adminKey: null, newId: () => 'key_1', removeWith });
    opened.push(keys);
    await keys.create({ name: 'app', role: 'inference' }, BY);
    for (const keyId of ['key_1', 'key_1', 'key_2', null]) await vault.create(input({ keyId }), BY);
    expect(await keys.remove('key_2', BY)).toBe(false);
    await keys.remove('key_1', { via: 'cli', id: 'ann' });
    expect(vault.list().map(({ record }) => record.id)).toEqual(['pk_3', 'pk_4']);
    const rows = store.sqlite
      .query<{ what: string; before: string }, []>(
        "SELECT action || ' ' || target || ' ' || actor AS what, before FROM audit WHERE action LIKE '%delete' ORDER BY id",
      )
      .all();
    expect(rows.map(({ what }) => what)).toEqual([
      'provider_key.delete pk_1 ann',
      'provider_key.delete pk_2 ann',
      'key.delete key_1 ann',
    ]);
    expect(JSON.parse(rows[0]?.before ?? '')).toMatchObject({ id: 'pk_1', provider: 'openai' });
    expect(JSON.stringify(rows)).not.toContain('sk-one');
  });

  test('that a change leaves as they are have no entry of it', async () => {
    const { vault, store } = open(newFolder());
    await vault.create(input({ label: 'a' }), BY);
    expect((await vault.update('pk_1', { label: 'a' }, BY))?.record.label).toBe('a');
    expect(store.sqlite.query('SELECT count(*) AS n FROM audit').get()).toEqual({ n: 1 });
  });

  test('that are not there are not changed, tried or removed', async () => {
    const { vault, store } = open(newFolder());
    await vault.create(input(), BY);
    await vault.rotate('pk_1', { kind: 'plain', key: 'sk-two' }, BY);
    const result = { ok: true, status: 200, latency_ms: 1, error: null };
    expect(await vault.update('pk_9', {}, BY)).toBeNull();
    expect(await vault.rotate('pk_9', { kind: 'plain', key: 'sk-three' }, BY)).toBeNull();
    // What was found out of a secret that is gone is not written beside the next.
    expect(await vault.tested({ id: 'pk_1', version: 1 }, result, BY)).toBeNull();
    expect(await vault.remove('pk_9', BY)).toBe(false);
    expect(store.sqlite.query('SELECT count(*) AS n FROM audit').get()).toEqual({ n: 2 });
  });

  test('leave a trail of who did what, without their secrets', async () => {
    const { vault, store } = open(newFolder());
    await vault.create(input(), BY);
    await vault.update('pk_1', { weight: 2 }, BY);
    await vault.rotate('pk_1', { kind: 'plain', key: 'sk-two' }, BY);
    await vault.remove('pk_1', { via: 'cli', id: 'ann' });
    const rows = store.sqlite
      .query<{ action: string; actor: string; before: string; after: string }, []>(
        'SELECT action, actor, before, after FROM audit ORDER BY id',
      )
      .all();
    expect(rows.map(({ action, actor }) => `${action} ${actor}`)).toEqual([
      'provider_key.create key_admin',
      'provider_key.update key_admin',
      'provider_key.rotate key_admin',
      'provider_key.delete ann',
    ]);
    expect(rows.map(({ before }) => JSON.parse(before)?.version ?? null)).toEqual([null, 1, 1, 2]);
    expect(rows.map(({ after }) => JSON.parse(after)?.version ?? null)).toEqual([1, 1, 2, null]);
    expect(JSON.stringify(rows)).not.toMatch(/sk-(one|two)/);
  });

  test('have fingerprints that tell secrets apart and say nothing to whoever has not the master key', async () => {
    const { vault } = open(newFolder());
    const prints = [];
    for (const key of ['sk-one', 'sk-one', 'sk-two'])
      prints.push(
        (await vault.create(input({ secret: { kind: 'plain', key } }), BY)).record.fingerprint,
      );
    expect(prints[0]).toBe(prints[1] ?? '');
    expect(prints[2]).not.toBe(prints[0] ?? '');
    const other = open(newFolder(), SECOND);
    const { record } = await other.vault.create(input(), BY);
    expect(prints).not.toContain(record.fingerprint);
    const plain = new Bun.CryptoHasher('sha256').update('sk-one').digest('hex');
    expect(plain).not.toStartWith(prints[0] ?? '');
  });
});

describe('the master key', () => {
  test('that is not there: nothing is stored, and what was is not used', async () => {
    const folder = newFolder();
    await open(folder).vault.create(input(), BY);
    const { vault, logged } = open(folder, null);
    expect(vault.of('key_1')?.get('openai')).toEqual({ keys: [], allowFallback: false });
    expect(logged).toEqual([
      expect.stringContaining('1 of 1 stored provider keys cannot be opened'),
    ]);
    expect(await failure(vault.create(input(), BY))).toBe('master_key_missing');
    expect(await failure(vault.rotate('pk_1', { kind: 'plain', key: 'x' }, BY))).toBe(
      'master_key_missing',
    );
    // What needs no secret can be done all the same.
    expect(await failure(vault.update('pk_1', { label: 'kept' }, BY))).toBeNull();
    expect(await vault.remove('pk_1', BY)).toBe(true);
    expect(vault.trouble()).toBeNull();
  });

  test('that is replaced: the former opens, all is sealed anew, and the former is needed no longer', async () => {
    const folder = newFolder();
    const before = open(folder);
    for (const key of ['sk-one', 'sk-two', 'sk-three'])
      await before.vault.create(input({ secret: { kind: 'plain', key } }), BY);
    const { vault, logged, store } = open(folder, SECOND, [FIRST]);
    expect(secretsOf(vault, 'key_1')).toEqual(['sk-one', 'sk-two', 'sk-three']);
    await vault.resealed();
    expect(logged).toEqual(['info provider keys are sealed by the new master key']);
    const after = open(folder, SECOND);
    expect(secretsOf(after.vault, 'key_1')).toEqual(['sk-one', 'sk-two', 'sk-three']);
    expect([after.vault.trouble(), after.logged]).toEqual([null, []]);
    const resealed =
      "SELECT count(*) AS n FROM audit WHERE action = 'provider_key.reseal' AND via = 'gateway'";
    expect(store.sqlite.query(resealed).get()).toEqual({ n: 3 });
    // Done once: the next start has nothing left to do.
    await open(folder, SECOND, [FIRST]).vault.resealed();
    expect(store.sqlite.query(resealed).get()).toEqual({ n: 3 });
  });

  test('that is replaced while another process still has the former: a new secret is never overwritten', async () => {
    const folder = newFolder();
    const old = open(folder);
    await old.vault.create(input(), BY);
    const { vault } = open(folder, SECOND, [FIRST]);
    await old.vault.rotate('pk_1', { kind: 'plain', key: 'sk-newer' }, BY);
    await vault.resealed();
    vault.list();
    await vault.resealed();
    expect(secretsOf(vault, 'key_1')).toEqual(['sk-newer']);
    expect(secretsOf(open(folder, SECOND).vault, 'key_1')).toEqual(['sk-newer']);
  });
});

test('two processes that start with a new master key seal each row anew once', async () => {
  const folder = newFolder();
  const before = open(folder);
  await before.vault.create(input(), BY);
  await before.vault.create(input(), BY);
  const [one, two] = [open(folder, SECOND, [FIRST]), open(folder, SECOND, [FIRST])];
  await Promise.all([one.vault.resealed(), two.vault.resealed()]);
  const resealed = "SELECT count(*) AS n FROM audit WHERE action = 'provider_key.reseal'";
  expect(before.store.sqlite.query(resealed).get()).toEqual({ n: 2 });
  expect(secretsOf(two.vault, 'key_1')).toEqual(['sk-one', 'sk-one']);
});

test('a row that was given an older version’s secret does not open', async () => {
  const folder = newFolder();
  const { vault, store } = open(folder);
  await vault.create(input(), BY);
  const old = store.sqlite
    .query<{ sealed: Uint8Array }, []>('SELECT sealed FROM provider_keys')
    .get();
  await vault.rotate('pk_1', { kind: 'plain', key: 'sk-two' }, BY);
  expect(secretsOf(vault, 'key_1')).toEqual(['sk-two']);
  for (const change of ['key_id = NULL', "provider = 'groq'", "id = 'pk_2'", 'version = 3']) {
    store.sqlite.run('SAVEPOINT tampered');
    store.sqlite.run(`UPDATE provider_keys SET ${change}`);
    expect([change, vault.list().map(({ key }) => key)]).toEqual([change, [null]]);
    store.sqlite.run('ROLLBACK TO tampered');
    store.sqlite.run('RELEASE tampered');
  }
  store.sqlite.run('UPDATE provider_keys SET sealed = ?', [old?.sealed ?? null]);
  expect(vault.list().map(({ key }) => key)).toEqual([null]);
});
