// Prompts that have answers outlive the gateway, and are shared by replicas, as their answers are.
import { afterAll, beforeEach, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRedis } from '../redis.ts';
import { findRedis } from '../redis-programs.ts';
import { type GatewayUnderTest, startGateway, startTwoWires } from './gateway-under-test.ts';
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

const QUESTION = 'How do I reset my password?';
const SAME = 'how can I reset my password';

/** The sim's vectors are made of words, and at once. */
function replica(
  environment: { readonly [name: string]: string } = {},
  dataDir = newFolder(),
): Promise<GatewayUnderTest> {
  const semantic = `{ embedding: alpha/vectors, threshold: 0.5, ${PATIENT} }`;
  const yaml = `${wires.yaml}cache: { mode: semantic, ttl: 1h, semantic: ${semantic} }\n`;
  return startGateway(yaml, environment, { dataDir });
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-semantic-'));
  folders.push(folder);
  return folder;
}

const chats = () => wires.alpha.requests.filter(({ path }) => path.endsWith('/chat/completions'));

test('a gateway that starts again still knows them', async () => {
  const dataDir = newFolder();
  const before = await replica({}, dataDir);
  const first = await asked(before, QUESTION);
  await before.stop();
  const after = await replica({}, dataDir);
  try {
    // What is on disk is read in passing; until then it is a miss, which would be kept and found.
    const { meanings } = after.gateway.answers.semantic;
    await asked(after, 'Something else altogether.');
    await until(() => meanings.figures().entries >= 2, 10_000);
    const { told } = await asked(after, SAME);
    expect(told).toMatchObject({
      cache_hit: 'semantic',
      cache: { from: first.told.generation_id },
    });
    expect(chats()).toHaveLength(2);
  } finally {
    await after.stop();
  }
});

test.each([
  ['with a master key no prompt stands in a file', Buffer.alloc(32, 7).toString('base64')],
  ['without one it does', ''],
])('%s', async (_, masterKey) => {
  const dataDir = newFolder();
  const environment = masterKey === '' ? {} : { SWITCHYARD_MASTER_KEY: masterKey };
  const gateway = await replica(environment, dataDir);
  await asked(gateway, QUESTION);
  await gateway.gateway.answers.semantic.meanings.flush();
  await gateway.stop();
  const kept = readFileSync(join(dataDir, 'meanings.db'));
  expect(kept.includes('reset my password')).toBe(masterKey === '');
});

withRedis('replicas find each other’s', async () => {
  if (typeof found === 'string') return;
  const server = await startRedis(found);
  const environment = { REDIS_URL: server.url };
  const [one, other] = [await replica(environment), await replica(environment)];
  try {
    const first = await asked(one, QUESTION);
    await one.gateway.answers.semantic.meanings.flush();
    let hit = await asked(other, SAME, {}, { 'cache-control': 'only-if-cached' });
    await until(async () => {
      hit = await asked(other, SAME, {}, { 'cache-control': 'only-if-cached' });
      return hit.status === 200;
    }, 10_000);
    expect(hit.told).toMatchObject({
      cache_hit: 'semantic',
      cache: { from: first.told.generation_id },
    });
    expect(chats()).toHaveLength(1);
  } finally {
    await one.stop();
    await other.stop();
    await server.end();
  }
});
