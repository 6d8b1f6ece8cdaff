// Keys of the configuration file: they open, are shown and not changed, and come and go with the file, never with a word of a secret.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { startSim } from '../../sim/start-sim.ts';
import { secretHash } from '../../src/core/key-secret.ts';
import { asObjects, type JsonObject } from '../../src/lib/json.ts';
import { openaiCaller } from './callers.ts';
import {
  type Folder,
  openFolder,
  type Program,
  runProgram,
  startServe,
} from './program-under-test.ts';
import { until } from './until.ts';

const ADMIN = 'sy-the-operators-own-key';
const TEAM = 'sy-the-secret-of-the-team';
const OTHER = 'sy-the-secret-of-another-team';
const ENV = { SWITCHYARD_ADMIN_KEY: ADMIN, TEAM_KEY: TEAM };
const sim = startSim({ seed: 6 });
let folder: Folder;
let program: Program;
let file: string;

const yaml = (keys: string) => `
discovery: { local: false }
providers:
  alpha: { dialect: openai-chat, base_url: "${sim.url}", api_key: k }
keys:
${keys}`;
const BOTH = `  - name: Team Search
    key: "\${TEAM_KEY}"
    allowed_models: ["alpha/echo"]
    rate_limit: { requests_per_minute: 600 }
    labels: { team: search }
    cache: { mode: exact, ttl: 10m }
  - { id: ops, name: Ops, key_sha256: ${secretHash(OTHER)}, role: admin }
`;

beforeAll(async () => {
  folder = openFolder();
  file = await folder.write('switchyard.yaml', yaml(BOTH));
  program = await startServe([], folder, { env: ENV });
});
afterAll(async () => {
  await program[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
  await sim.stop();
});

async function statusOf(key: string, model = 'alpha/echo'): Promise<number> {
  const response = await fetch(`${program.url()}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
    body: JSON.stringify(openaiCaller.body(model)),
  });
  await response.text();
  return response.status;
}

async function ask(method: string, path: string, body?: object, key = ADMIN) {
  const response = await fetch(program.url() + path, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as JsonObject };
}

/** Changes the file and waits for what the gateway says of it. */
async function saved(text: string, said: string): Promise<string> {
  const from = program.stderr().length;
  await Bun.write(file, text);
  await until(() => program.stderr().slice(from).includes(said), 4000);
  return program.stderr().slice(from);
}

test('they open what they may, by whichever form the secret was given', async () => {
  expect([await statusOf(TEAM), await statusOf(TEAM, 'alpha/other')]).toEqual([200, 403]);
  expect((await ask('GET', '/router/v1/keys', undefined, OTHER)).status).toBe(200);
  expect((await ask('GET', '/router/v1/keys', undefined, TEAM)).status).toBe(403);
  const { body } = await ask('GET', '/router/v1/logs?key=team-search&limit=1');
  expect(asObjects(body.logs)[0]).toMatchObject({ key_id: 'team-search' });
});

test('they are shown, and are the file’s to change', async () => {
  const { body } = await ask('GET', '/router/v1/keys?source=config');
  expect(asObjects(body.keys)).toMatchObject([
    {
      id: 'team-search',
      name: 'Team Search',
      role: 'inference',
      source: 'config',
      prefix: 'sy-the',
      rate_limit: { requests_per_minute: 600 },
      labels: { team: 'search' },
      cache: { mode: 'exact', ttl: 600 },
      created_at: null,
      usage: { requests_this_minute: expect.any(Number) },
    },
    { id: 'ops', role: 'admin', source: 'config', prefix: '', usage: null },
  ]);
  for (const [method, path, sent] of [
    ['PATCH', '/router/v1/keys/ops', { name: 'x' }],
    ['DELETE', '/router/v1/keys/ops', undefined],
    ['POST', '/router/v1/keys/ops:rotate', {}],
    ['POST', '/router/v1/keys/ops:revoke-previous', {}],
  ] as const) {
    const refused = await ask(method, path, sent);
    expect([path, refused.status, refused.body.error]).toMatchObject([
      path,
      409,
      { code: 'read_only' },
    ]);
  }
  const listed = await runProgram(['keys', 'list'], folder, { env: ENV });
  expect(listed.stdout).toContain('team-search');
  const disabled = await runProgram(['keys', 'disable', 'ops'], folder, { env: ENV });
  expect([disabled.code, disabled.stderr]).toEqual([1, expect.stringContaining('configuration')]);
  expect((await ask('GET', '/router/v1/keys', undefined, OTHER)).status).toBe(200);
});

test('they go and come with the file; a bad one changes nothing', async () => {
  const off = BOTH.replace('name: Team Search', 'name: Team Search\n    enabled: false');
  await saved(yaml(off), 'configuration loaded');
  expect([await statusOf(TEAM), await statusOf(OTHER)]).toEqual([401, 200]);
  await saved(yaml(BOTH), 'configuration loaded');
  expect([await statusOf(TEAM), await statusOf(OTHER)]).toEqual([200, 200]);
  const twice = `${BOTH}  - { name: again, key: ${OTHER} }\n`;
  const said = await saved(yaml(twice), 'configuration not taken');
  expect(said).toContain('switchyard.yaml:13: keys[2].key: is the secret of keys[1] too');
  expect(said).not.toContain(OTHER);
  expect([await statusOf(TEAM), await statusOf(OTHER)]).toEqual([200, 200]);
  await saved(yaml('  []\n'), 'configuration loaded');
  expect([await statusOf(TEAM), await statusOf(OTHER)]).toEqual([401, 401]);
});

test('check finds what is wrong, with its line and without the secret', async () => {
  using other = openFolder();
  const bad = `  - { name: a, key: ${TEAM}, budget: { amount_usd: -1, period: day } }\n  - { name: b, key: ${TEAM} }\n  - { name: c, key: hunter2 }\n`;
  await other.write('switchyard.yaml', yaml(bad));
  const checked = await runProgram(['check'], other);
  expect(checked.code).toBe(1);
  expect(checked.stderr).toContain('switchyard.yaml:6: keys[0].budget.amount_usd');
  expect(checked.stderr).toContain('switchyard.yaml:8: keys[2].key: must have 16 characters');
  for (const text of [TEAM, 'hunter2']) expect(checked.stdout + checked.stderr).not.toContain(text);
  await other.write('switchyard.yaml', yaml(BOTH));
  const good = await runProgram(['check'], other);
  expect([good.code, good.stdout]).toEqual([
    0,
    expect.stringContaining('environment variable TEAM_KEY is not set'),
  ]);
});

test('no file of the data folder has a word of their secrets', async () => {
  const files = folder.list().filter((name) => name.startsWith('.switchyard/'));
  expect(files.length).toBeGreaterThan(2);
  for (const name of files) {
    const text = await Bun.file(`${folder.path}/${name}`).text();
    for (const secret of [TEAM, OTHER, secretHash(TEAM), secretHash(OTHER)])
      expect([name, text.includes(secret)]).toEqual([name, false]);
  }
  expect(program.stdout() + program.stderr()).not.toContain(TEAM);
});
