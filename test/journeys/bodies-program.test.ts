// Bodies as operators meet them: the master key at the start, the key that opts in, and the command that reads them.
import { describe, expect, test } from 'bun:test';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  openFolder,
  type Program,
  runProgram,
  startProgram,
  startServe,
} from './program-under-test.ts';

const MASTER_KEY = Buffer.alloc(32, 5).toString('base64');
const CANARY = 'canary-Zq83hTTp';
const SIM = 'providers: { sim: {} }\n';

async function ask(program: Program, key: string): Promise<string> {
  const response = await fetch(`${program.url()}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'sim/echo', messages: [{ role: 'user', content: CANARY }] }),
  });
  await response.text();
  expect(response.status).toBe(200);
  return response.headers.get('x-generation-id') ?? '';
}

function holding(folder: string, text: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => {
    const path = join(folder, file);
    return statSync(path).isFile() && readFileSync(path).includes(text);
  });
}

describe('the program', () => {
  test('refuses a master key that is none, and says how to make one', async () => {
    using folder = openFolder();
    await using program = startProgram(['serve', '--port', '0'], folder, {
      env: { SWITCHYARD_MASTER_KEY: 'too short' },
    });
    expect(await program.ended()).toBe(1);
    expect(program.stderr()).toBe(
      'The master key in SWITCHYARD_MASTER_KEY is neither base64 nor hexadecimal. Make one with `openssl rand -base64 32`.\n',
    );
    expect(program.stdout()).not.toContain('listening');
  });

  test('keeps a key’s bodies sealed, which the command opens beside it and after it', async () => {
    using folder = openFolder();
    const keyFile = await folder.write('master.key', `${MASTER_KEY}\n`);
    const env = { SWITCHYARD_MASTER_KEY_FILE: keyFile };
    await folder.write('switchyard.yaml', SIM);
    await using program = await startServe([], folder, { env });
    expect(program.stdout()).not.toContain('not sealed');
    const made = await runProgram(['keys', 'create', 'desk', '--log-bodies'], folder, { env });
    expect(made.code).toBe(0);
    await Bun.sleep(1100);
    const id = await ask(program, made.stdout.trim());
    const other = await ask(program, program.adminKey());
    await Bun.sleep(300);
    const beside = await runProgram(['logs', id, '--bodies'], folder, { env });
    expect(beside.code).toBe(0);
    expect(JSON.parse(beside.stdout)).toMatchObject({
      id,
      sealed: true,
      request: { json: { messages: [{ content: CANARY }] } },
      reply: { content_type: 'application/json', json: { object: 'chat.completion' } },
    });
    const none = await runProgram(['logs', other, '--bodies'], folder, { env });
    expect([none.code, none.stdout]).toEqual([1, '']);
    expect(none.stderr).toContain(`There are no bodies of "${other}"`);
    program.signal('SIGTERM');
    await program.ended();
    expect((await runProgram(['logs', id, '--bodies'], folder, { env })).stdout).toBe(
      beside.stdout,
    );
    const without = await runProgram(['logs', id, '--bodies'], folder);
    expect(without.code).toBe(1);
    expect(without.stderr).toContain('SWITCHYARD_MASTER_KEY_PREVIOUS');
    expect((await runProgram(['logs', '--bodies'], folder)).code).toBe(1);
    expect(holding(folder.path, CANARY)).toEqual([]);
  }, 30_000);

  test('says when it starts that bodies are not sealed', async () => {
    using folder = openFolder();
    await folder.write('switchyard.yaml', `${SIM}log: { bodies: { keep: true } }\n`);
    await using program = await startServe([], folder);
    expect(program.stdout()).toContain('kept, and not sealed: set SWITCHYARD_MASTER_KEY');
  });
});
