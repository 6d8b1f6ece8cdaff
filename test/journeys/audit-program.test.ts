// The audit trail of the program itself: its first key, its configuration, what the command line does, and what was done behind its back.
import { Database } from 'bun:sqlite';
import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { asObjects, type JsonObject } from '../../src/lib/json.ts';
import {
  type Folder,
  openFolder,
  type Program,
  runProgram,
  startServe,
} from './program-under-test.ts';
import { until } from './until.ts';

const CONFIG =
  'providers:\n  sim: {}\n  acme: { dialect: openai-chat, base_url: "http://127.0.0.1:9/v1", api_key: secret-one }\n';

async function listed(folder: Folder, ...more: readonly string[]): Promise<readonly JsonObject[]> {
  const { code, stdout, stderr } = await runProgram(['audit', 'list', '--json', ...more], folder);
  expect([code, stderr.includes('Error')]).toEqual([0, false]);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as JsonObject);
}

/** By the API: commands read the configuration too, and refuse a broken one. */
async function appears(program: Program, action: string): Promise<JsonObject> {
  let found: JsonObject | undefined;
  await until(async () => {
    const url = `${program.url()}/router/v1/audit?action=${action}`;
    const headers = { authorization: `Bearer ${program.adminKey()}` };
    const answer = (await (await fetch(url, { headers })).json()) as JsonObject;
    [found] = asObjects(answer.entries);
    return found !== undefined;
  }, 10_000);
  return found ?? {};
}

test('tells of the first admin key and of each configuration, taken or not', async () => {
  using folder = openFolder();
  await folder.write('switchyard.yaml', CONFIG);
  await using program = await startServe([], folder);
  expect(await listed(folder)).toMatchObject([
    { action: 'admin_key.create', via: 'gateway', actor: null, after: { file: 'admin.key' } },
  ]);
  await folder.write(
    'switchyard.yaml',
    CONFIG.replace('secret-one', 'secret-two').concat('retries: 3\n'),
  );
  expect(await appears(program, 'config.reload')).toMatchObject({
    via: 'config',
    target: 'switchyard.yaml',
    before: { 'providers.acme.api_key': '…', retries: null },
    after: { 'providers.acme.api_key': '…', retries: 3 },
    changed: ['providers.acme.api_key', 'retries'],
  });
  await folder.write('switchyard.yaml', `${CONFIG}retriesss: secret-three\n`);
  expect(await appears(program, 'config.refuse')).toMatchObject({
    before: null,
    after: { problems: 1, lines: [4] },
  });
  await folder.write('switchyard.yaml', CONFIG);
  expect(JSON.stringify(await listed(folder))).not.toMatch(/secret-/);
}, 40_000);

test('is listed, exported and verified by the command line, which leaves its own name', async () => {
  using folder = openFolder();
  const run = (...args: string[]) => runProgram(['audit', ...args], folder);
  const user = Bun.spawnSync(['id', '-un']).stdout.toString().trim();
  expect((await run('list')).stderr).toContain('No such changes yet.');
  expect((await run('verify')).stdout).toBe('ok: 0 entries\n');
  const key = await runProgram(['keys', 'create', 'search app'], folder, {
    env: { USER: 'somebody-else', LOGNAME: 'somebody-else' },
  });
  expect(key.code).toBe(0);
  const [made] = await listed(folder);
  expect(made).toMatchObject({ action: 'key.create', via: 'cli', actor: user });
  expect(JSON.stringify(made)).not.toContain(key.stdout.trim());
  const line = (await run('list')).stdout;
  expect(line).toContain(`cli ${user}  key.create  ${String(made?.target)}`);

  const exported = await run('export');
  expect(exported.stdout.trimEnd().split('\n')).toHaveLength(2);
  const file = await folder.write('trail.ndjson', exported.stdout);
  const verified = await run('verify');
  const head = /^ok: 2 entries; head (2:[0-9a-f]{64})\n$/.exec(verified.stdout)?.[1] ?? '';
  expect([verified.code, head === '']).toEqual([0, false]);
  expect((await run('verify', file)).stdout).toBe(verified.stdout);
  await folder.write('trail.ndjson', exported.stdout.replace('search app', 'Search app'));
  const forged = await run('verify', file);
  expect([forged.code, forged.stderr]).toEqual([
    1,
    expect.stringContaining('entry 1 is the first that is broken'),
  ]);
  await folder.write('trail.ndjson', 'no entry\n');
  expect((await run('verify', file)).code).toBe(2);
  expect((await run('verify', '--head', 'x')).code).toBe(2);
  expect((await run('verify', '--head', head)).code).toBe(0);

  const database = new Database(join(folder.path, '.switchyard/switchyard.db'));
  database.run('DROP TRIGGER audit_is_not_changed');
  database.run("UPDATE audit SET actor = 'somebody else' WHERE id = 1");
  database.close();
  const broken = await run('verify');
  expect([broken.code, broken.stdout]).toEqual([1, '']);
  expect(broken.stderr).toContain('entry 1 is the first that is broken: it was changed');
}, 60_000);
