// `switchyard cache`: what it tells of the gateway that runs, what it drops, and what it says where none runs.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type Sim, startSim } from '../../sim/start-sim.ts';
import type { JsonObject } from '../../src/lib/json.ts';
import {
  type Folder,
  openFolder,
  type Program,
  runProgram,
  startServe,
} from './program-under-test.ts';

let sim: Sim;
let folder: Folder;
let program: Program;
let port: string;
let config: string;

beforeAll(async () => {
  sim = startSim({ seed: 1 });
  folder = openFolder();
  config = await folder.write(
    'cached.yaml',
    `providers: { alpha: { dialect: openai-chat, base_url: "${sim.url}", api_key: k } }
discovery: { local: false }
`,
  );
  program = await startServe(['--config', config], folder);
  ({ port } = new URL(program.url()));
});
afterAll(async () => {
  await program[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
  await sim.stop();
});

const run = (...args: readonly string[]) =>
  runProgram(['cache', ...args, '--config', config, '--port', port], folder);

async function asked(content: string, namespace: string): Promise<unknown> {
  const reply = await fetch(`${program.url()}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${program.adminKey()}` },
    body: JSON.stringify({
      model: 'alpha/echo',
      messages: [{ role: 'user', content }],
      cache: { namespace },
    }),
  });
  return ((await reply.json()) as { metadata: JsonObject }).metadata.cache_hit;
}

test('tells what came from the cache, in words and as the API does', async () => {
  expect([await asked('told', 'a'), await asked('told', 'a')]).toEqual([false, 'exact']);
  const words = await run('status');
  expect([words.code, words.stderr]).toEqual([0, '']);
  expect(words.stdout).toContain('in force  exact, 60 s where nobody says');
  expect(words.stdout).toContain('hit rate  50.0 %');
  expect(words.stdout).toContain('hits      1 exact, 0 semantic, 0 shared with one under way');
  expect(words.stdout).toContain('1 of 100000');
  const { stdout } = await run('status', '--json');
  const api = await fetch(`${program.url()}/router/v1/cache`, {
    headers: { authorization: `Bearer ${program.adminKey()}` },
  });
  expect(JSON.parse(stdout)).toEqual(await api.json());
});

test('drops what is named, and nothing that is not', async () => {
  await asked('first', 'b');
  await asked('first', 'c');
  const nothing = await run('clear');
  expect([nothing.code, nothing.stderr]).toEqual([1, expect.stringContaining('--all')]);
  const both = await run('clear', '--all', '--namespace', 'b');
  expect([both.code, both.stderr]).toEqual([1, expect.stringContaining('contradict')]);
  expect(await run('clear', '--namespace', 'b')).toMatchObject({
    code: 0,
    stdout: '1 answer dropped\n',
  });
  expect([await asked('first', 'c'), await asked('first', 'b')]).toEqual(['exact', false]);
  const byUser = await run('clear', '--user', 'ann');
  expect(byUser).toMatchObject({
    ...{ code: 0, stdout: '0 answers dropped\n' },
    stderr: expect.stringContaining('cache.per_user is not set'),
  });
  const all = await run('clear', '--all', '--json');
  expect(JSON.parse(all.stdout)).toEqual({ filter: {}, dropped: expect.any(Number) });
  expect(await asked('first', 'c')).toBe(false);
});

test('where no gateway runs, it says so', async () => {
  using empty = openFolder();
  expect(await runProgram(['cache', 'status', '--port', '1'], empty)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('There is no admin key'),
  });
  const unreached = await runProgram(['cache', 'status', '--port', '1'], empty, {
    env: { SWITCHYARD_ADMIN_KEY: 'sy-a-key-of-somebody' },
  });
  expect(unreached).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('No gateway answers at http://127.0.0.1:1'),
  });
  const refused = await runProgram(['cache', 'status', '--port', port], empty, {
    env: { SWITCHYARD_ADMIN_KEY: 'sy-a-key-of-somebody' },
  });
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('not known here') });
});
