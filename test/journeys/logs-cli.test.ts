// The log on the command line: followed as it grows, written to a file, one request told as a story.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import type { LogRow } from '../../src/core/log-row.ts';
import { asObject } from '../../src/lib/json.ts';
import { metadataIn } from './four-ways.ts';
import {
  ADMIN_KEY,
  type GatewayUnderTest,
  startGateway,
  startTwoWires,
} from './gateway-under-test.ts';
import { type Folder, openFolder, runProgram, startProgram } from './program-under-test.ts';
import { until } from './until.ts';

const HELLO = [{ role: 'user', content: 'hello' }];

let wires: ReturnType<typeof startTwoWires>;
let gateway: GatewayUnderTest;
let folder: Folder;
let data: readonly string[];
beforeAll(async () => {
  wires = startTwoWires();
  gateway = await startGateway(wires.yaml);
  folder = openFolder();
  data = ['--data', gateway.dataDir];
});
afterAll(async () => {
  await gateway.stop();
  await wires.stop();
  folder[Symbol.dispose]();
});

const ask = async (model: string, user: string, more: object = {}) => {
  const body = { model, user, messages: HELLO, ...more };
  const reply = await gateway.post('/v1/chat/completions', body);
  return asObject(await reply.json()) ?? {};
};
const linesOf = (text: string) => text.split('\n').filter((line) => line !== '');

describe('logs --follow', () => {
  test('tells each request of the running gateway as it ends', async () => {
    const { port } = new URL(gateway.url);
    await using program = startProgram(
      ['logs', '--follow', '--user', 'ann', '--json', '--port', port, ...data],
      folder,
      { env: { SWITCHYARD_ADMIN_KEY: ADMIN_KEY } },
    );
    await until(() => gateway.gateway.tail.listening === 1, 5000);
    await ask('alpha/echo', 'ann');
    await ask('alpha/echo', 'bob');
    await ask('beta/echo', 'ann');
    await until(() => linesOf(program.stdout()).length === 2, 5000);
    const told = linesOf(program.stdout()).map((line) => JSON.parse(line) as LogRow);
    expect(told.map(({ model, user }) => [model, user])).toEqual([
      ['alpha/echo', 'ann'],
      ['beta/echo', 'ann'],
    ]);
    expect(program.stderr()).toBe('');
  });

  test('reads the log where no gateway answers, each row once', async () => {
    await using program = startProgram(
      ['logs', '--follow', '--user', 'poll', '--port', '1', ...data],
      folder,
    );
    await Bun.sleep(700);
    const ids: string[] = [];
    for (let count = 0; count < 3; count += 1) {
      ids.push(metadataIn(await ask('alpha/echo', 'poll')).generation_id);
      await Bun.sleep(400);
    }
    await until(() => linesOf(program.stdout()).length >= 3, 5000);
    await Bun.sleep(1200);
    expect(linesOf(program.stdout()).map((line) => line.slice(-36))).toEqual(ids);
  });

  test('takes no range', async () => {
    const { code, stderr } = await runProgram(
      ['logs', '--follow', '--from', '1h', ...data],
      folder,
    );
    expect([code, stderr]).toEqual([1, '--from has no meaning with --follow.\n']);
  });
});

describe('logs --export', () => {
  test('writes every row of the filter', async () => {
    await ask('alpha/echo', 'file');
    await ask('alpha/echo', 'file');
    await gateway.gateway.ledger.flush();
    for (const name of ['out.csv', 'out.ndjson']) {
      const args = ['logs', '--export', name, '--user', 'file', ...data];
      expect(await runProgram(args, folder)).toEqual({ code: 0, stdout: '', stderr: '' });
    }
    const csv = await Bun.file(join(folder.path, 'out.csv')).text();
    expect(csv.split('\r\n')).toHaveLength(4);
    const rows = linesOf(await Bun.file(join(folder.path, 'out.ndjson')).text());
    expect(rows.map((row) => (JSON.parse(row) as LogRow).user)).toEqual(['file', 'file']);
    expect(folder.list()).toEqual(['out.csv', 'out.ndjson']);
  });

  test.each([
    ['out.xlsx', 'ends in .csv or .ndjson'],
    ['no/such/folder.csv', 'cannot be written'],
  ])('%s', async (name, why) => {
    const { code, stderr } = await runProgram(['logs', '--export', name, ...data], folder);
    expect(code).toBe(1);
    expect(stderr).toContain(why);
  });
});

test('logs ID: what was asked, tried, and paid', async () => {
  const reply = await ask('alpha/echo+status=503', 'story', { models: ['beta/echo'] });
  const { generation_id: id, cost_usd: cost } = metadataIn(reply);
  await gateway.gateway.ledger.flush();
  const { stdout, code } = await runProgram(['logs', id, ...data], folder);
  expect(code).toBe(0);
  expect(stdout).toStartWith(`request   ${id}\n`);
  expect(stdout).toContain('asked     alpha/echo+status=503  by user story  with key admin\n');
  expect(stdout).toContain('outcome   200 ok  beta/echo  (stop)\n');
  expect(stdout).toMatch(
    /\n {2}1 {2}alpha\/echo\+status=503 {2}503 {2}[ ·█]{40} {2}[\d.]+ ms\n {5}upstream_/,
  );
  expect(stdout).toMatch(/\n {2}\d {2}beta\/echo {14}200 {2}[ ·]*█+ *[\d.]+ ms\n/);
  expect(stdout).toContain(`\ncost      $${cost?.toFixed(6)}\n`);
  const lines = [...stdout.matchAll(/^ {2}(\w+) +(\d+) {2}\$([\d.]+)$/gm)];
  expect(lines.map(([, kind]) => kind)).toEqual(['input', 'output']);
  const nano = lines.reduce((sum, [, , , usd]) => sum + Math.round(Number(usd) * 1e9), 0);
  expect(nano).toBe(Math.round((cost ?? 0) * 1e9));
});

test('what others wrote is shown, and is no command to the terminal', async () => {
  const user = 'eve\u001b]0;owned\u0007\u009b2J\nroot';
  const { generation_id: id } = metadataIn(await ask('alpha/echo', user));
  await gateway.gateway.ledger.flush();
  const shown = 'eve\\u001b]0;owned\\u0007\\u009b2J\\u000aroot';
  for (const args of [
    ['logs', id],
    ['usage', '--group-by', 'user'],
    ['usage', '--group-by', 'user', '--csv'],
  ]) {
    const { stdout, code } = await runProgram([...args, ...data], folder);
    expect(code).toBe(0);
    expect(stdout).toContain(shown);
    expect(stdout.replace(/\r?\n/g, '')).not.toMatch(/\p{Cc}/u);
  }
  const json = await runProgram(['logs', id, '--json', ...data], folder);
  expect(json.stdout.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  expect((JSON.parse(json.stdout) as LogRow).user).toBe(user);
}, 20_000);

test('a data folder that is not there is a mistyped one, and is not made', async () => {
  await folder.write('request.json', JSON.stringify({ model: 'a/b', messages: HELLO }));
  const before = folder.list();
  for (const [status, ...args] of [
    [1, 'logs'],
    [1, 'logs', '--export', 'rows.csv'],
    [1, 'usage'],
    [1, 'replay', '--router', 'router'],
    [1, 'explain', 'request.json'],
    [2, 'reconcile', '--provider', 'openai'],
  ] as const) {
    const { stderr, code } = await runProgram([...args, '--data', 'nowhere'], folder);
    expect([code, stderr]).toEqual([status, 'There is no data folder nowhere.\n']);
  }
  expect(folder.list()).toEqual(before);
}, 20_000);
