// What changed is read and nothing is missed: after any changes, the table in memory is that of a new start.
import { Database } from 'bun:sqlite';
import { expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GATEWAY_ACTOR } from '../../core/actor.ts';
import { secretHash } from '../../core/key-secret.ts';
import { MIGRATIONS } from '../../store/migrate.ts';
import { openStore } from '../../store/open-store.ts';
import { plainRecord } from './key-record.ts';
import { type KeyTable, readKeyTable } from './key-table.ts';
import { openKeys } from './keys.ts';

/** Both maps, in one order. */
function contents({ byId, byHash }: KeyTable) {
  const sorted = <T>(map: ReadonlyMap<string, T>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1));
  return { byId: sorted(byId), byHash: sorted(byHash) };
}

test('any changes, read at any moments, come to the same as reading everything', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'switchyard-key-table-'));
  const store = openStore({ dataDir: dir });
  // An hour a change, so that overlaps end on the way.
  let now = Date.UTC(2026, 10, 22);
  const keys = openKeys(store, { adminKey: null, now: () => now });
  const shell = new Database(join(dir, 'switchyard.db'));
  let random = 7;
  const chance = (below: number) => {
    random = (random * 48_271) % 2_147_483_647;
    return random % below;
  };
  const ids: string[] = [];
  let table = readKeyTable(store.sqlite, null);
  let partly = 0;
  for (let turn = 0; turn < 300; turn += 1) {
    now += 3_600_000;
    const id = ids[chance(Math.max(1, ids.length))] ?? '';
    const kind = chance(7);
    if (kind <= 1 || id === '') {
      const made = await keys.create({ name: `${turn}`, role: 'inference' }, GATEWAY_ACTOR);
      ids.push(made.record.id);
    } else if (kind === 2) await keys.update(id, { name: `${turn}` }, GATEWAY_ACTOR);
    else if (kind === 3) await keys.rotate(id, chance(5) * 3_600_000, GATEWAY_ACTOR).catch(() => 0);
    else if (kind === 4) await keys.revokeReplaced(id, GATEWAY_ACTOR);
    else if (kind === 5) shell.run('UPDATE virtual_keys SET enabled = 0 WHERE id = ?', [id]);
    else if (chance(2) === 0) {
      await keys.remove(id, GATEWAY_ACTOR);
      ids.splice(ids.indexOf(id), 1);
    }
    if (chance(3) > 0) continue;
    const before = table;
    table = readKeyTable(store.sqlite, before);
    expect(contents(table)).toEqual(contents(readKeyTable(store.sqlite, null)));
    // What did not change is the same object: what was made of it need not be made again.
    for (const [known, key] of table.byId) if (before.byId.get(known) === key) partly += 1;
  }
  expect(ids.length).toBeGreaterThan(20);
  expect(partly).toBeGreaterThan(500);
  shell.close();
  keys.close();
  store.close();
  rmSync(dir, { recursive: true, force: true });
});

test('keys of an older database open as they did, without limits', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'switchyard-key-table-'));
  const before = MIGRATIONS.findIndex(({ name }) => name === '012-key-limits');
  expect(before).toBeGreaterThan(0);
  const old = openStore({ dataDir: dir, migrations: MIGRATIONS.slice(0, before) });
  old.sqlite.run(
    `INSERT INTO virtual_keys (id, name, role, secret_sha256, prefix, allowed_models, created_at, updated_at)
      VALUES ('key_old', 'old', 'inference', ?, 'sy-old', '["router/voice"]', 1, 2)`,
    [secretHash('sy-old-secret')],
  );
  old.close();
  const store = openStore({ dataDir: dir });
  const keys = openKeys(store, { adminKey: null });
  expect(keys.authenticate('sy-old-secret')).toEqual({
    state: 'valid',
    key: {
      ...plainRecord({
        id: 'key_old',
        name: 'old',
        role: 'inference',
        origin: 'api',
        prefix: 'sy-old',
        createdAt: 1,
      }),
      allowedModels: ['router/voice'],
      updatedAt: 2,
    },
  });
  const rotated = await keys.rotate('key_old', 60_000, GATEWAY_ACTOR);
  expect(keys.authenticate('sy-old-secret').state).toBe('valid');
  expect(keys.authenticate(rotated?.secret ?? '').state).toBe('valid');
  await keys.remove('key_old', GATEWAY_ACTOR);
  expect(keys.authenticate('sy-old-secret').state).toBe('unknown');
  keys.close();
  store.close();
  rmSync(dir, { recursive: true, force: true });
});

test('whoever has not looked for ten thousand removals still misses none', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'switchyard-key-table-'));
  const store = openStore({ dataDir: dir });
  const keys = openKeys(store, { adminKey: null });
  const gone = await keys.create({ name: 'gone', role: 'inference' }, GATEWAY_ACTOR);
  const stays = await keys.create({ name: 'stays', role: 'inference' }, GATEWAY_ACTOR);
  const early = readKeyTable(store.sqlite, null);
  await keys.remove(gone.record.id, GATEWAY_ACTOR);
  await store.write((sqlite) => {
    const insert = sqlite.prepare(
      `INSERT INTO virtual_keys (id, name, role, secret_sha256, prefix, created_at, updated_at)
        VALUES (?, 'brief', 'inference', ?, 'sy', 1, 1)`,
    );
    for (let at = 0; at < 10_000; at += 1) insert.run(`key_${at}`, `hash ${at}`);
    sqlite.run("DELETE FROM virtual_keys WHERE name = 'brief'");
  });
  const count = store.sqlite.query<{ n: number }, []>('SELECT COUNT(*) AS n FROM removals').get();
  expect(count?.n).toBe(10_000);
  expect([...readKeyTable(store.sqlite, early).byId.keys()]).toEqual([stays.record.id]);
  expect(keys.list().map(({ id }) => id)).toEqual([stays.record.id]);
  expect(keys.authenticate(gone.secret).state).toBe('unknown');
  keys.close();
  store.close();
  rmSync(dir, { recursive: true, force: true });
});
