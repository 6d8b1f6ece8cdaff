// Provider keys and the master key of the program itself: from a command, on the command line, and beside a running gateway.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type Sim, startSim } from '../../sim/start-sim.ts';
import {
  type Folder,
  openFolder,
  runProgram,
  startProgram,
  startServe,
} from './program-under-test.ts';
import { until } from './until.ts';

const MASTER = Buffer.alloc(32, 5).toString('base64');
const ADMIN = 'sy-admin-key-of-the-test';

let sim: Sim;
beforeAll(() => {
  sim = startSim({ seed: 61 });
});
afterAll(() => sim.stop());

const yaml = () =>
  `cache: { mode: off }\nproviders:\n  acme: { base_url: "${sim.url}", api_key: operator-key }\n`;
const commands = (folder: Folder, config: string, env: { readonly [name: string]: string }) => ({
  run: (...args: readonly string[]) =>
    runProgram([...args, '--config', config, '--data', folder.path], folder, { env }),
});

test('a key that the command line stores is used by the gateway that runs', async () => {
  using folder = openFolder();
  const config = await folder.write('switchyard.yaml', yaml());
  const env = {
    SWITCHYARD_ADMIN_KEY: ADMIN,
    SWITCHYARD_MASTER_KEY_COMMAND: `sh -c 'printf %s ${MASTER}'`,
    OWN: 'sk-own-of-the-test',
  };
  await using program = await startServe(['--config', config, '--data', folder.path], folder, {
    env,
  });
  const { run } = commands(folder, config, env);
  const made = await run('keys', 'create', 'caller');
  const id = /key_\S+/.exec(made.stderr)?.[0] ?? '';
  const added = await run(
    'provider-keys',
    'add',
    'acme',
    '--key-id',
    id,
    '--label',
    'team',
    '--from-env',
    'OWN',
  );
  expect([added.code, added.stderr]).toEqual([0, '']);
  expect(added.stdout).toMatch(
    /^pk_\S+ {2}acme {2}team {2}key_\S+ {2}version 1 {2}[0-9a-f]{16}\n$/,
  );
  const ask = () =>
    fetch(`${program.url()}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${made.stdout.trim()}` },
      body: JSON.stringify({ model: 'acme/echo', messages: [{ role: 'user', content: 'Hello' }] }),
    });
  await until(async () => {
    await ask();
    return sim.requests.at(-1)?.headers.authorization === 'Bearer sk-own-of-the-test';
  }, 10_000);
  const [pk = ''] = added.stdout.split(' ');
  expect((await run('provider-keys', 'remove', pk)).stdout).toBe(`removed ${pk}\n`);
  await until(async () => {
    await ask();
    return sim.requests.at(-1)?.headers.authorization === 'Bearer operator-key';
  }, 10_000);
  expect(program.stdout() + program.stderr()).not.toContain('sk-own');
}, 40_000);

test('without the right master key the program runs, and says what it cannot open', async () => {
  using folder = openFolder();
  const config = await folder.write('switchyard.yaml', yaml());
  const right = {
    SWITCHYARD_ADMIN_KEY: ADMIN,
    SWITCHYARD_MASTER_KEY: MASTER,
    OWN: 'sk-own-of-the-test',
  };
  const { run } = commands(folder, config, right);
  expect((await run('provider-keys', 'add', 'acme', '--from-env', 'OWN')).code).toBe(0);
  const wrong = { ...right, SWITCHYARD_MASTER_KEY: Buffer.alloc(32, 6).toString('base64') };
  const checked = await commands(folder, config, wrong).run('check');
  expect([checked.code, checked.stdout]).toEqual([
    0,
    expect.stringContaining('1 of 1 stored provider keys cannot be opened'),
  ]);
  const without = await commands(folder, config, { OWN: 'sk-x-y' }).run(
    'provider-keys',
    'add',
    'acme',
    '--from-env',
    'OWN',
  );
  expect([without.code, without.stdout]).toEqual([1, '']);
  expect(without.stderr).toContain('openssl rand -base64 32');
  await using program = await startServe(['--config', config, '--data', folder.path], folder, {
    env: wrong,
  });
  expect(program.stderr()).toContain('cannot be opened');
  const ready = await fetch(`${program.url()}/readyz`);
  expect([ready.status, await ready.json()]).toEqual([
    200,
    { ready: true, provider_keys: expect.stringContaining('SWITCHYARD_MASTER_KEY_PREVIOUS') },
  ]);
}, 40_000);

test('a command that fails ends the start with what became of it, and none of what it printed', async () => {
  using folder = openFolder();
  const env = { SWITCHYARD_MASTER_KEY_COMMAND: 'sh -c "echo planted; echo planted >&2; exit 4"' };
  await using program = startProgram(['serve', '--port', '0', '--data', folder.path], folder, {
    env,
  });
  expect(await program.ended()).toBe(1);
  expect(program.stderr()).toContain('(SWITCHYARD_MASTER_KEY_COMMAND) ended with 4');
  expect(program.stdout() + program.stderr()).not.toContain('planted');
}, 20_000);
