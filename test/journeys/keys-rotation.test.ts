// A key is given a new secret while it is in use: nobody is refused during the overlap, and nobody gets in after it.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { startSim } from '../../sim/start-sim.ts';
import type { JsonObject } from '../../src/lib/json.ts';
import { asObjects } from '../../src/lib/json.ts';
import { openaiCaller } from './callers.ts';
import { ADMIN_KEY, type GatewayUnderTest, startGateway } from './gateway-under-test.ts';
import {
  type Folder,
  openFolder,
  type Program,
  runProgram,
  startServe,
} from './program-under-test.ts';
import { until } from './until.ts';

const HOUR = 3_600_000;
const sim = startSim({ seed: 5 });
const yaml = `
discovery: { local: false }
cache: { mode: off }
providers:
  alpha: { dialect: openai-chat, base_url: "${sim.url}", api_key: k }
`;
let gateway: GatewayUnderTest;
let now = Date.UTC(2026, 10, 22, 10);

beforeAll(async () => {
  gateway = await startGateway(yaml, {}, { now: () => now });
});
afterAll(async () => {
  await gateway.stop();
  await sim.stop();
});

interface Made extends JsonObject {
  readonly id: string;
  readonly key: string;
}

async function post(path: string, body: object): Promise<Made> {
  const response = await gateway.post(path, body);
  expect(response.ok).toBe(true);
  return (await response.json()) as Made;
}

const rotate = (id: string, overlap?: string) =>
  post(`/router/v1/keys/${id}:rotate`, overlap === undefined ? {} : { overlap });

async function statusOf(key: string, url = gateway.url): Promise<number> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'x-api-key': key },
    body: JSON.stringify(openaiCaller.body('alpha/echo')),
  });
  await response.text();
  return response.status;
}

test('both secrets open to the last millisecond of the overlap; then the old one tells its holder why not', async () => {
  const { id, key: old } = await post('/router/v1/keys', { name: 'a' });
  const { key: fresh, previous_secrets } = await rotate(id, '24h');
  expect(fresh).not.toBe(old);
  expect(previous_secrets).toEqual([
    { prefix: old.slice(0, 9), valid_until: new Date(now + 24 * HOUR).toISOString() },
  ]);
  now += 24 * HOUR - 1;
  expect([await statusOf(old), await statusOf(fresh)]).toEqual([200, 200]);
  // The same key to the log, whichever secret was sent.
  const rows = await gateway.rows();
  expect(rows.slice(-2).map(({ key_id }) => key_id)).toEqual([id, id]);
  now += 1;
  expect([await statusOf(old), await statusOf(fresh)]).toEqual([401, 200]);
  const refused = await gateway.post('/v1/messages', {}, { authorization: `Bearer ${old}` });
  const { error } = (await refused.json()) as { error: JsonObject };
  expect(error.message).toContain('replaced');
});

test('without an overlap the old one stops at once; revoking stops it early', async () => {
  const { id, key: first } = await post('/router/v1/keys', { name: 'b' });
  const { key: second } = await rotate(id);
  expect([await statusOf(first), await statusOf(second)]).toEqual([401, 200]);
  const { key: third } = await rotate(id, '90d');
  expect([await statusOf(second), await statusOf(third)]).toEqual([200, 200]);
  const revoked = await post(`/router/v1/keys/${id}:revoke-previous`, {});
  expect([revoked.previous_secrets, revoked.key]).toEqual([[], undefined as never]);
  expect([await statusOf(second), await statusOf(third)]).toEqual([401, 200]);
});

test('a key that expires does so to the millisecond, whichever of its secrets is sent', async () => {
  const expires_at = new Date(now + HOUR).toISOString();
  const { id, key: old } = await post('/router/v1/keys', { name: 'c', expires_at });
  const { key: fresh } = await rotate(id, '24h');
  now += HOUR - 1;
  expect([await statusOf(old), await statusOf(fresh)]).toEqual([200, 200]);
  now += 1;
  expect([await statusOf(old), await statusOf(fresh)]).toEqual([401, 401]);
});

test('what was counted stays counted: with a new secret, and with another limit', async () => {
  const rate_limit = { requests_per_minute: 2 };
  const { id, key: old } = await post('/router/v1/keys', { name: 'counted', rate_limit });
  const { key: fresh } = await rotate(id, '1h');
  expect([await statusOf(old), await statusOf(fresh)]).toEqual([200, 200]);
  expect([await statusOf(old), await statusOf(fresh)]).toEqual([429, 429]);
  const patch = await fetch(`${gateway.url}/router/v1/keys/${id}`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${ADMIN_KEY}` },
    body: JSON.stringify({ rate_limit: { requests_per_minute: 3 } }),
  });
  expect(((await patch.json()) as JsonObject).usage).toMatchObject({ requests_this_minute: 2 });
  expect([await statusOf(old), await statusOf(fresh)]).toEqual([200, 429]);
  now += 61_000;
  expect(await statusOf(fresh)).toBe(200);
});

test.each([
  [{ overlap: '91d' }, 'overlap'],
  [{ overlap: 'soon' }, 'overlap'],
  [{ overlap: -1 }, 'overlap'],
  [{ overlap: 24 }, 'overlap'],
  [{ overlapp: '1h' }, 'overlapp'],
])('%j is refused, and the secret stays', async (body, param) => {
  const { id, key } = await post('/router/v1/keys', { name: 'd' });
  const refused = await gateway.post(`/router/v1/keys/${id}:rotate`, body);
  expect(refused.status).toBe(400);
  expect(((await refused.json()) as { error: JsonObject }).error).toMatchObject({ param });
  expect(await statusOf(key)).toBe(200);
});

test('no secret is in the database, in the list or in the trail', async () => {
  const { id, key: old } = await post('/router/v1/keys', { name: 'e' });
  const { key: fresh } = await rotate(id, '1h');
  const listed = await (
    await fetch(`${gateway.url}/router/v1/keys`, {
      headers: { 'x-api-key': ADMIN_KEY },
    })
  ).text();
  expect(listed).toContain(id);
  const files = await Promise.all(
    ['switchyard.db', 'switchyard.db-wal'].map((name) =>
      Bun.file(`${gateway.dataDir}/${name}`).text(),
    ),
  );
  expect(files.join('')).toContain(id);
  for (const secret of [old, fresh])
    for (const text of [listed, ...files]) expect(text).not.toContain(secret.slice(9));
});

test('under load, turned over and over by another process, nobody with a secret of its time is refused', async () => {
  using folder: Folder = openFolder();
  await folder.write('switchyard.yaml', yaml);
  await using program: Program = await startServe([], folder);
  const made = await runProgram(['keys', 'create', 'busy'], folder);
  const [id = ''] = /key_\S+/.exec(made.stderr) ?? [];
  let current = made.stdout.trim();
  await until(async () => (await statusOf(current, program.url())) === 200, 3000);
  const statuses = new Map<number, number>();
  let over = false;
  const caller = async () => {
    while (!over) {
      const status = await statusOf(current, program.url());
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  const callers = [caller(), caller(), caller(), caller()];
  for (let turn = 0; turn < 4; turn += 1) {
    const rotated = await runProgram(['keys', 'rotate', id, '--overlap', '1h'], folder);
    const fresh = rotated.stdout.trim();
    // Another process: seen within a second. Meanwhile the one before it opens.
    await until(async () => (await statusOf(fresh, program.url())) === 200, 2000);
    current = fresh;
  }
  over = true;
  await Promise.all(callers);
  expect([...statuses.keys()]).toEqual([200]);
  expect(statuses.get(200)).toBeGreaterThan(20);
  const shown = await runProgram(['keys', 'list', '--json'], folder);
  expect(
    asObjects((JSON.parse(shown.stdout) as JsonObject).keys)[0]?.previous_secrets,
  ).toHaveLength(4);
  await runProgram(['keys', 'disable', id], folder);
  await until(async () => (await statusOf(current, program.url())) === 401, 2000);
}, 60_000);
