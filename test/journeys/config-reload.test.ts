// A changed configuration is taken whole or not at all, while requests go on.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { startSim } from '../../sim/start-sim.ts';
import { call, hear, openaiCaller } from './callers.ts';
import { type Folder, openFolder, type Program, startServe } from './program-under-test.ts';
import { until } from './until.ts';

const KEY = 'sy-the-operators-own-key';
const old = startSim({ seed: 6 });
const fresh = startSim({ seed: 7 });
let folder: Folder;
let program: Program;
let file: string;

const yaml = (sim: { readonly url: string }, extra = '') => `
discovery: { local: false }
server: { drain: 1s }
cache: { mode: off }
providers:
  alpha: { dialect: openai-chat, base_url: "${sim.url}", api_key: k }
${extra}`;

beforeAll(async () => {
  folder = openFolder();
  file = await folder.write('switchyard.yaml', yaml(old));
  program = await startServe([], folder, { env: { SWITCHYARD_ADMIN_KEY: KEY } });
});
afterAll(async () => {
  await program[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
  await old.stop();
  await fresh.stop();
});

const target = {
  post: (path: string, body: unknown) =>
    fetch(program.url() + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${KEY}` },
      body: JSON.stringify(body),
    }),
};

/** Which of the two providers answers now. */
async function answering(): Promise<'old' | 'fresh' | 'both'> {
  old.clear();
  fresh.clear();
  const heard = await call(target, openaiCaller, 'alpha/echo');
  expect(heard.status).toBe(200);
  if (old.received > 0 && fresh.received > 0) return 'both';
  return old.received > 0 ? 'old' : 'fresh';
}

/** Changes something and waits for the log line that tells what came of it. */
async function logged(text: string, change: () => unknown): Promise<string> {
  const from = program.stderr().length;
  await change();
  await until(() => program.stderr().slice(from).includes(text), 4000);
  return program.stderr().slice(from);
}

test('saving the file swaps everything; a stream that runs keeps what it began with', async () => {
  expect(await answering()).toBe('old');
  const body = openaiCaller.body('alpha/echo+tokens=60+gap=15', { stream: true });
  const running = target
    .post(openaiCaller.path, body)
    .then((response) => hear(openaiCaller, response));
  await until(() => old.received === 2);
  const said = await logged('configuration loaded', () => Bun.write(file, yaml(fresh)));
  expect(said).toContain('"alpha"');
  expect(await answering()).toBe('fresh');
  expect(await running).toMatchObject({ ended: true, error: null, broken: false });
});

test('a file with a mistake is refused, with its line, and the old one goes on', async () => {
  const mistakes: readonly (readonly [string, string])[] = [
    [yaml(old).replace('api_key', 'api_keyy'), 'switchyard.yaml:6: providers.alpha.api_keyy'],
    ['providers: [', 'switchyard.yaml:1'],
    [yaml(old, 'timeouts: { idle: soon }\n'), 'timeouts.idle'],
  ];
  for (const [text, message] of mistakes) {
    const said = await logged('configuration not taken', () => Bun.write(file, text));
    expect(said).toContain(message);
    expect(said).not.toContain('configuration loaded');
    expect(await answering()).toBe('fresh');
    expect((await fetch(`${program.url()}/readyz`)).status).toBe(200);
  }
});

test('an editor that writes beside and renames is seen too', async () => {
  const beside = await folder.write('.switchyard.yaml.swp', yaml(old));
  await logged('configuration loaded', () => renameSync(beside, file));
  expect(await answering()).toBe('old');
});

test('a file that is gone is no reason to forget everything', async () => {
  await logged('configuration not taken', () => rmSync(file));
  expect(await answering()).toBe('old');
  await logged('configuration loaded', () => Bun.write(file, yaml(fresh)));
  expect(await answering()).toBe('fresh');
});

test('SIGHUP reads it again', async () => {
  const said = await logged('configuration loaded (SIGHUP)', () => program.signal('SIGHUP'));
  expect(said).toContain('"alpha"');
  expect(await answering()).toBe('fresh');
});

test('no request in between meets a half of each', async () => {
  let over = false;
  const statuses = new Set<number>();
  const caller = async () => {
    while (!over) statuses.add((await call(target, openaiCaller, 'alpha/echo')).status);
  };
  const callers = [caller(), caller()];
  const beta = `  beta: { dialect: openai-chat, base_url: "${old.url}", api_key: k }\n`;
  for (const text of [yaml(old, beta), yaml(fresh), yaml(old, beta)])
    await logged('configuration loaded', () => Bun.write(file, text));
  over = true;
  await Promise.all(callers);
  expect([...statuses]).toEqual([200]);
  const list = await fetch(`${program.url()}/readyz`);
  expect(list.status).toBe(200);
  const heard = await call(target, openaiCaller, 'beta/echo');
  expect(heard.status).toBe(200);
});

test('a refreshed catalogue in the data folder is taken at once', async () => {
  await logged('configuration loaded (catalogue refreshed)', () =>
    Bun.write(join(folder.path, '.switchyard/catalog.json'), '{}'),
  );
  expect((await call(target, openaiCaller, 'alpha/echo')).status).toBe(200);
});
