// Who is to be forgotten is: with the answers their prompts go, from memory, the data folder and Redis; nobody else's do.

import { Database } from 'bun:sqlite';
import { afterAll, beforeEach, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRedis } from '../redis.ts';
import { findRedis } from '../redis-programs.ts';
import {
  ADMIN_KEY,
  type GatewayUnderTest,
  startGateway,
  startTwoWires,
} from './gateway-under-test.ts';
import { asked, PATIENT } from './semantic-gateway.ts';
import { until } from './until.ts';

setDefaultTimeout(60_000);

const found = await findRedis();
const withRedis = test.skipIf(typeof found === 'string');

const wires = startTwoWires();
const folders: string[] = [];
afterAll(async () => {
  await wires.stop();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => wires.alpha.clear());

const QUESTION = 'How do I reset my zanzibar password?';
const SAME = 'how can I reset my zanzibar password';
const ONLY_KEPT = { 'cache-control': 'only-if-cached' };

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-purge-'));
  folders.push(folder);
  return folder;
}

/** The sim's vectors are made of words, and at once. */
function start(
  dataDir: string,
  environment: { readonly [name: string]: string } = {},
  mode = 'semantic',
): Promise<GatewayUnderTest> {
  const semantic = `{ embedding: alpha/vectors, threshold: 0.5, ${PATIENT} }`;
  const cache = `{ mode: ${mode}, ttl: 1h, per_user: true, semantic: ${semantic} }`;
  return startGateway(`${wires.yaml}cache: ${cache}\n`, environment, { dataDir });
}

/** What a user gets of what is kept. */
async function keptFor(gateway: GatewayUnderTest, user: string): Promise<string | false> {
  const { told, status } = await asked(gateway, SAME, { user }, ONLY_KEPT);
  return status === 200 ? told.cache_hit : false;
}

const chats = () => wires.alpha.requests.filter(({ path }) => path.endsWith('/chat/completions'));

async function purge({ url }: GatewayUnderTest, query: string): Promise<unknown> {
  const headers = { authorization: `Bearer ${ADMIN_KEY}` };
  const response = await fetch(`${url}/router/v1/cache?${query}`, { method: 'DELETE', headers });
  expect(response.status).toBe(200);
  return ((await response.json()) as { readonly dropped: unknown }).dropped;
}

const bytesOf = (dataDir: string) =>
  Buffer.concat(readdirSync(dataDir).flatMap((name) => fileIn(join(dataDir, name))));

function fileIn(path: string): Buffer[] {
  try {
    return [readFileSync(path)];
  } catch {
    // A folder.
    return [];
  }
}

function rowsIn(dataDir: string): number {
  const database = new Database(join(dataDir, 'meanings.db'), { readonly: true });
  const row = database.query<{ n: number }, []>('SELECT COUNT(*) AS n FROM meanings').get();
  database.close();
  return row?.n ?? 0;
}

const kept = async ({ gateway }: GatewayUnderTest) => {
  await gateway.answers.store.flush();
  await gateway.answers.semantic.meanings.flush();
};

test.each([
  ['as they are', ''],
  ['sealed by a master key', Buffer.alloc(32, 7).toString('base64')],
])('a user’s prompts, %s, are gone at once, and another’s are found', async (_, masterKey) => {
  const dataDir = newFolder();
  const gateway = await start(
    dataDir,
    masterKey === '' ? {} : { SWITCHYARD_MASTER_KEY: masterKey },
  );
  try {
    await asked(gateway, QUESTION, { user: 'ann' });
    await asked(gateway, 'Where is the harbour of Kiel?', { user: 'bob' });
    await asked(gateway, 'How do I reset my password?', { user: 'bob' });
    await kept(gateway);
    expect(bytesOf(dataDir).includes('zanzibar')).toBe(masterKey === '');
    expect(rowsIn(dataDir)).toBe(3);
    expect(await keptFor(gateway, 'ann')).toBe('semantic');
    expect(await purge(gateway, 'user=ann')).toBe(1);
    expect(bytesOf(dataDir).includes('zanzibar')).toBe(false);
    expect(rowsIn(dataDir)).toBe(2);
    expect(await keptFor(gateway, 'ann')).toBe(false);
    const other = await asked(gateway, 'how can I reset my password', { user: 'bob' }, ONLY_KEPT);
    expect(other.told.cache_hit).toBe('semantic');
    expect(chats()).toHaveLength(3);
    expect(await purge(gateway, 'all=true')).toBe(2);
    expect(rowsIn(dataDir)).toBe(0);
    // From here on all is as ever.
    await asked(gateway, QUESTION, { user: 'ann' });
    await kept(gateway);
    expect(await keptFor(gateway, 'ann')).toBe('semantic');
  } finally {
    await gateway.stop();
  }
});

test('what an earlier run left goes too where prompts are not compared any more', async () => {
  const dataDir = newFolder();
  const before = await start(dataDir);
  for (const user of ['ann', 'bob']) await asked(before, QUESTION, { user });
  await kept(before);
  await before.stop();
  const exact = await start(dataDir, {}, 'exact');
  try {
    expect(await purge(exact, 'user=ann')).toBe(1);
    expect(rowsIn(dataDir)).toBe(1);
    await purge(exact, 'all=true');
    expect(rowsIn(dataDir)).toBe(0);
    expect(bytesOf(dataDir).includes('zanzibar')).toBe(false);
    expect(exact.gateway.answers.semantic.meanings.standing()).toBe('off');
  } finally {
    await exact.stop();
  }
});

test('a file that cannot be written to is told, nothing is given any more, and dropped once more it is gone', async () => {
  const dataDir = newFolder();
  const gateway = await start(dataDir);
  const lock = new Database(join(dataDir, 'meanings.db'), { create: true });
  try {
    await asked(gateway, QUESTION, { user: 'ann' });
    await kept(gateway);
    lock.run('BEGIN IMMEDIATE');
    const headers = { authorization: `Bearer ${ADMIN_KEY}` };
    const url = `${gateway.url}/router/v1/cache?user=ann`;
    const failed = await fetch(url, { method: 'DELETE', headers });
    expect(failed.status).toBe(503);
    const said = await failed.text();
    expect(said).toContain('storage_unavailable');
    expect(said).not.toContain('zanzibar');
    expect(await keptFor(gateway, 'ann')).toBe(false);
    lock.run('COMMIT');
    await purge(gateway, 'user=ann');
    expect(rowsIn(dataDir)).toBe(0);
  } finally {
    lock.close();
    await gateway.stop();
  }
});

withRedis('dropped at one replica, no other finds it, and Redis has no byte of it', async () => {
  if (typeof found === 'string') return;
  const server = await startRedis(found);
  const environment = { REDIS_URL: server.url };
  const one = await start(newFolder(), environment);
  const other = await start(newFolder(), environment);
  try {
    for (const user of ['ann', 'bob']) await asked(one, QUESTION, { user });
    await kept(one);
    for (const user of ['ann', 'bob'])
      await until(async () => (await keptFor(other, user)) === 'semantic', 20_000);
    await purge(one, 'user=ann');
    const stands = (await server.run('XRANGE', 'switchyard:{cache}:meanings', '-', '+')) as [
      string,
      string[],
    ][];
    const said = stands.map(([, [, text = '']]) => JSON.parse(text) as { content?: string });
    expect(said.filter(({ content }) => content !== undefined)).toHaveLength(1);
    await until(async () => (await keptFor(other, 'ann')) === false, 20_000);
    expect(await keptFor(one, 'ann')).toBe(false);
    await until(() => other.gateway.answers.semantic.meanings.figures().entries === 1, 20_000);
    await until(async () => (await keptFor(other, 'bob')) === 'semantic', 20_000);
    expect(chats()).toHaveLength(2);
  } finally {
    await one.stop();
    await other.stop();
    await server.end();
  }
});
