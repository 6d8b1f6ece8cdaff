// Routers over a real database: kept with every version, seen by another process, and by listeners.
import { Database } from 'bun:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GATEWAY_ACTOR } from '../core/actor.ts';
import type { Log } from '../lib/log.ts';
import { openStore, type Store } from '../store/open-store.ts';
import { openRouterStore, type RouterStore, type RouterStoreOptions } from './router-store.ts';

const KEY_A = { via: 'api', id: 'key_a' } as const;
const T0 = Date.UTC(2026, 10, 22, 10);

let dir: string;
let now: number;
let lines: string[];
const open: { close(): void }[] = [];
const log: Log = (level, message) => void lines.push(`${level} ${message}`);

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'switchyard-routers-'));
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

function opened(options: RouterStoreOptions = {}, store = storeOpened()): RouterStore {
  const routers = openRouterStore(store, { now: () => now, log, ...options });
  open.push(routers);
  return routers;
}

const put = (
  routers: RouterStore,
  id: string,
  resource: object,
  what: 'create' | 'patch' = 'create',
) => routers.edit((writes) => writes.put(id, { ...resource }, { what, by: KEY_A }));

describe('versions', () => {
  test('count on, newest first, also over the end of their router', async () => {
    const routers = opened();
    expect(await put(routers, 'a', { n: 1 })).toEqual({
      id: 'a',
      version: 1,
      resource: { n: 1 },
      createdAt: T0,
      updatedAt: T0,
    });
    now = T0 + 5;
    await put(routers, 'a', { n: 2 }, 'patch');
    expect(routers.get('a')).toMatchObject({ version: 2, createdAt: T0, updatedAt: T0 + 5 });
    expect(await routers.edit((writes) => writes.remove('a', { via: 'api', id: 'key_b' }))).toBe(
      true,
    );
    expect(await routers.edit((writes) => writes.remove('a', { via: 'api', id: 'key_b' }))).toBe(
      false,
    );
    expect(routers.get('a')).toBeNull();
    now = T0 + 9;
    expect(await put(routers, 'a', { n: 4 })).toMatchObject({ version: 4, createdAt: T0 + 9 });
    expect(routers.versions('a').map(({ version, what, by }) => [version, what, by])).toEqual([
      [4, 'create', 'key_a'],
      [3, 'delete', 'key_b'],
      [2, 'patch', 'key_a'],
      [1, 'create', 'key_a'],
    ]);
    expect(routers.versions('a')[1]).toEqual({
      version: 3,
      what: 'delete',
      by: 'key_b',
      at: T0 + 5,
    });
    expect(routers.version('a', 1)?.router?.resource).toEqual({ n: 1 });
    expect(routers.version('a', 3)?.router).toBeNull();
    expect(routers.version('a', 5)).toBeNull();
    expect(routers.versions('b')).toEqual([]);
    expect(opened().list()).toEqual(routers.list());
  });
});

describe('a change', () => {
  test('sees the one before it; one that fails leaves nothing', async () => {
    const [one, two] = [opened(), opened()];
    await put(one, 'a', { n: 0 });
    const addOne = (routers: RouterStore) =>
      routers.edit((writes) => {
        const n = Number(writes.get('a')?.resource.n);
        return writes.put('a', { n: n + 1 }, { what: 'patch', by: GATEWAY_ACTOR });
      });
    await Promise.all(Array.from({ length: 20 }, (_, index) => addOne(index % 2 ? one : two)));
    expect(one.get('a')).toMatchObject({ version: 21, resource: { n: 20 } });
    const failing = one.edit((writes) => {
      writes.put('a', { n: 99 }, { what: 'patch', by: GATEWAY_ACTOR });
      throw new RangeError('mine');
    });
    expect(await failing.catch((error: unknown) => error)).toBeInstanceOf(RangeError);
    expect(one.get('a')).toMatchObject({ version: 21, resource: { n: 20 } });
    expect(one.versions('a')).toHaveLength(21);
  });

  test('is told to listeners, once, here and elsewhere, until they stop', async () => {
    const [here, elsewhere] = [opened(), opened({ pollMs: 5 })];
    const told: string[] = [];
    const stop = here.onChange(() => void told.push(`here ${here.list().length}`));
    elsewhere.onChange(() => void told.push(`elsewhere ${elsewhere.list().length}`));
    await put(here, 'a', {});
    await within(1000, () => told.length === 2);
    expect(told).toEqual(['here 1', 'elsewhere 1']);
    stop();
    await here.edit((writes) => writes.remove('a', GATEWAY_ACTOR));
    await within(1000, () => told.length === 3);
    await Bun.sleep(20);
    expect(told.slice(2)).toEqual(['elsewhere 0']);
  });

  test('of another process is seen', async () => {
    const routers = opened();
    const script = `
      import { openRouterStore } from ${JSON.stringify(join(import.meta.dir, 'router-store.ts'))};
      import { openStore } from ${JSON.stringify(join(import.meta.dir, '..', 'store', 'open-store.ts'))};
      const store = openStore({ dataDir: ${JSON.stringify(dir)} });
      const routers = openRouterStore(store);
      await routers.edit((writes) => writes.put('far', { n: 1 }, { what: 'create', by: { via: 'gateway', id: null } }));
      routers.close();
      store.close();`;
    let told = 0;
    routers.onChange(() => {
      told += 1;
    });
    const child = Bun.spawn([process.execPath, '-e', script], {
      stdout: 'ignore',
      stderr: 'inherit',
    });
    expect(await child.exited).toBe(0);
    await within(1500, () => told === 1);
    expect(told).toBe(1);
    expect(routers.get('far')?.resource).toEqual({ n: 1 });
  });
});

describe('a database', () => {
  test('that fails later leaves the routers as last known, and says so once', async () => {
    const store = storeOpened();
    const routers = opened({ pollMs: 5 }, store);
    await put(routers, 'a', {});
    await store.write((sqlite) => sqlite.run('ALTER TABLE revisions RENAME TO gone'));
    await Bun.sleep(60);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toStartWith('error Routers go on as last read.');
    await store.write((sqlite) => sqlite.run('ALTER TABLE gone RENAME TO revisions'));
    expect(routers.list()).toHaveLength(1);
  });

  test('that fails after a change was saved, or a listener that does, is no failure of the change', async () => {
    const store = storeOpened();
    const routers = opened({ pollMs: 60_000 }, store);
    const told: string[] = [];
    routers.onChange(() => {
      throw new RangeError('mine');
    });
    routers.onChange(
      () =>
        void told.push(
          routers
            .current()
            .map(({ id }) => id)
            .join(),
        ),
    );
    expect(await put(routers, 'a', {})).toMatchObject({ id: 'a', version: 1 });
    expect([told, lines.length]).toEqual([['a'], 1]);
    // The triggers go on with the table under its other name: what is written holds, but cannot be read.
    await store.write((sqlite) => sqlite.run('ALTER TABLE revisions RENAME TO gone'));
    expect(await put(routers, 'b', {})).toMatchObject({ id: 'b', version: 1 });
    expect(() => routers.list()).toThrow('revisions');
    expect(routers.current().map(({ id }) => id)).toEqual(['a']);
    expect(lines.slice(1)).toEqual([expect.stringContaining('error Routers go on as last read. ')]);
    await store.write((sqlite) => sqlite.run('ALTER TABLE gone RENAME TO revisions'));
    expect(routers.list().map(({ id }) => id)).toEqual(['a', 'b']);
    expect(routers.current()).toEqual(routers.list());
    expect(told).toEqual(['a', 'a,b']);
  });

  test('with a broken row still opens', async () => {
    await put(opened(), 'a', { name: 'routers/a' });
    const shell = new Database(join(dir, 'switchyard.db'));
    shell.run("UPDATE routers SET resource = '{oops'");
    shell.close();
    expect(opened().get('a')).toMatchObject({ version: 1, resource: {} });
  });
});

async function within(ms: number, holds: () => boolean): Promise<void> {
  for (const end = performance.now() + ms; performance.now() < end && !holds(); )
    await Bun.sleep(5);
}
