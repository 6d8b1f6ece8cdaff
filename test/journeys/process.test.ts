// The program as a process: how it starts, what it prints, how it stops, what survives it.
import { afterAll, beforeEach, describe, expect, test } from 'bun:test';
import { readFileSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { startSim } from '../../sim/start-sim.ts';
import type { LogRow } from '../../src/core/log-row.ts';
import { DURABLE_WITHIN_MS, openLogReader } from '../../src/ledger/open-ledger.ts';
import { anthropicCaller, type Caller, call, hear, openaiCaller } from './callers.ts';
import {
  type Folder,
  openFolder,
  type Program,
  ROOT,
  runProgram,
  startProgram,
  startServe,
  viaLauncher,
} from './program-under-test.ts';
import { until } from './until.ts';

const sim = startSim({ seed: 5 });
afterAll(() => sim.stop());

const ENV_KEY = 'sy-the-operators-own-key';
const withKey = { env: { SWITCHYARD_ADMIN_KEY: ENV_KEY } };

/** A configuration with one provider, and how long a stop may take. */
function yaml(drain = '5s'): string {
  return `
server: { drain: ${drain} }
discovery: { local: false }
providers:
  alpha: { dialect: openai-chat, base_url: "${sim.url}", api_key: k }
`;
}

/** What the test sends goes to that program. */
function towards(program: Program, key = ENV_KEY) {
  return {
    post: (path: string, body: unknown) =>
      fetch(program.url() + path, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
  };
}

async function rowsIn(folder: Folder): Promise<readonly LogRow[]> {
  const reader = openLogReader({ dataDir: join(folder.path, '.switchyard') });
  const { logs } = await reader.list({ limit: 1000 });
  await reader.close();
  return [...logs].reverse();
}

/** Waits until the provider has got so many requests of a test. */
const reached = (count: number) => until(() => sim.received >= count, 5000);

/** The command the banner prints, as it stands there. */
function printedCurl(program: Program): string {
  const text = program.stdout();
  return text.slice(text.indexOf('  curl '));
}

async function shell(command: string, cwd: string): Promise<string> {
  const child = Bun.spawn(['sh', '-c', `${command.replace('curl ', 'curl -sS ')}`], {
    cwd,
    stdout: 'pipe',
    stderr: 'inherit',
  });
  return new Response(child.stdout).text();
}

describe('the first run, with nothing set', () => {
  test('works at once, and tells all that is needed', async () => {
    using folder = openFolder();
    const startedMs = performance.now();
    const launch = { command: viaLauncher(['serve', '--port', '0']) };
    let key: string;
    {
      await using program = startProgram([], folder, launch);
      await program.says('listening on http://');
      const listeningMs = performance.now();
      expect(listeningMs - startedMs).toBeLessThan(5000);
      const ready = await fetch(`${program.url()}/readyz`);
      expect([ready.status, await ready.json()]).toEqual([200, { ready: true }]);
      const file = join(folder.path, '.switchyard/admin.key');
      key = readFileSync(file, 'utf8').trim();
      const first = await call(towards(program, key), openaiCaller, 'sim/fast');
      expect(first.status).toBe(200);
      expect(performance.now() - listeningMs).toBeLessThan(1000);
      await program.says('-d \'{"model"');
      expect(program.stdout().split('\n')[0]).toMatch(/listening on http:\/\/127\.0\.0\.1:\d+$/);
      expect(program.adminKey()).toBe(key);
      expect(program.stdout()).toContain('answers are simulated');
      expect(program.stdout()).toContain(`dashboard  ${program.url()}/`);
      if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600);

      const reply = JSON.parse(await shell(printedCurl(program), '/'));
      expect(reply.choices[0].message.content).toContain('simulated');
      expect(reply.metadata).toMatchObject({ simulated: true, provider: 'sim' });
      expect(await (await fetch(`${program.url()}/healthz`)).text()).toBe('ok');
      const page = await (await fetch(program.url())).text();
      expect(page).toContain('simulated provider is attached');
      expect(page).not.toContain(key);

      program.signal('SIGTERM');
      expect(await program.ended()).toBe(0);
      expect(program.stdout().split(key).length - 1).toBe(2);
      expect(program.stderr()).not.toContain(key);
    }
    // The second run knows the key, and keeps it to itself.
    await using again = await startServe([], folder);
    expect(again.stdout()).not.toContain(key);
    expect(again.stdout()).not.toContain('admin key');
    const reply = JSON.parse(await shell(printedCurl(again), '/'));
    expect(reply.metadata.provider).toBe('sim');
    const rows = await rowsIn(folder);
    expect(rows.every((row) => row.simulated && row.outcome === 'ok')).toBe(true);
  }, 20_000);

  test('with provider keys in the environment it names them, and attaches no simulated one', async () => {
    using folder = openFolder();
    const env = { OPENAI_API_KEY: 'sk-canary-one', ANTHROPIC_API_KEY: 'sk-canary-two' };
    await using program = await startServe([], folder, { env: { ...withKey.env, ...env } });
    const printed = program.stdout();
    expect(printed).toContain('openai (OPENAI_API_KEY)');
    expect(printed).toContain('anthropic (ANTHROPIC_API_KEY)');
    expect(printed).not.toContain('simulated');
    expect(printed).not.toContain('canary');
    expect(printed).not.toContain(ENV_KEY);
    expect(printed).toContain('$SWITCHYARD_ADMIN_KEY');
    const list = await fetch(`${program.url()}/v1/models`, {
      headers: { authorization: `Bearer ${ENV_KEY}` },
    });
    const ids = ((await list.json()) as { data: { id: string }[] }).data.map(({ id }) => id);
    expect(new Set(ids.map((id) => id.split('/')[0]))).toEqual(
      new Set(['openai', 'anthropic', 'auto']),
    );
    const heard = await call(towards(program), openaiCaller, 'sim/echo');
    expect([heard.status, heard.error?.code]).toEqual([400, 'provider_not_configured']);
    expect(folder.list().some((name) => name.endsWith('admin.key'))).toBe(false);
  });
});

describe('a stop', () => {
  beforeEach(() => sim.clear());

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    test(`${signal}: what runs finishes whole, what is new is refused, the log is written`, async () => {
      using folder = openFolder();
      await folder.write('switchyard.yaml', yaml());
      await using program = await startServe([], folder, {
        ...withKey,
        ...(signal === 'SIGTERM' ? { command: viaLauncher(['serve', '--port', '0']) } : {}),
      });
      const target = towards(program);
      const streams = [openaiCaller, anthropicCaller].map(async (caller: Caller) => {
        const body = caller.body('alpha/echo+tokens=40+gap=20', { stream: true });
        return hear(caller, await target.post(caller.path, body));
      });
      const whole = call(target, openaiCaller, 'alpha/echo+say=done+ttft=700');
      await reached(3);
      program.signal(signal);
      await until(async () => (await fetch(`${program.url()}/readyz`)).status === 503);
      const ready = await (await fetch(`${program.url()}/readyz`)).json();
      expect(ready).toMatchObject({ ready: false, reason: expect.stringContaining('stopping') });
      expect((await fetch(`${program.url()}/healthz`)).status).toBe(200);
      for (const caller of [openaiCaller, anthropicCaller]) {
        const refused = await call(target, caller, 'alpha/echo');
        expect([refused.status, refused.error?.code]).toEqual([503, 'shutting_down']);
        expect(refused.headers.get('retry-after')).toBe('1');
      }
      for (const heard of await Promise.all(streams)) {
        expect(heard).toMatchObject({ status: 200, ended: true, broken: false, error: null });
        expect(heard.frames.length).toBeGreaterThan(40);
      }
      expect(await whole).toMatchObject({ status: 200, text: 'done', broken: false });
      expect(await program.ended()).toBe(0);
      const rows = await rowsIn(folder);
      expect(rows.map(({ outcome, status }) => [outcome, status])).toEqual([
        ['ok', 200],
        ['ok', 200],
        ['ok', 200],
      ]);
      expect(await fetch(program.url()).catch(() => 'closed')).toBe('closed');
    });
  }

  test('when the drain time is over, what still runs is told and cut', async () => {
    using folder = openFolder();
    await folder.write('switchyard.yaml', yaml('300ms'));
    await using program = await startServe([], folder, withKey);
    const target = towards(program);
    const endless = [openaiCaller, anthropicCaller].map(async (caller: Caller) => {
      const body = caller.body('alpha/echo+tokens=5000+gap=10', { stream: true });
      return hear(caller, await target.post(caller.path, body));
    });
    const waiting = call(target, openaiCaller, 'alpha/echo+ttft=60000');
    await reached(3);
    // Both streams have begun.
    await Bun.sleep(100);
    const startedMs = performance.now();
    program.signal('SIGTERM');
    for (const heard of await Promise.all(endless)) {
      expect(heard).toMatchObject({ status: 200, ended: false, broken: false, finish: null });
      expect(heard.error?.code).toBe('shutting_down');
    }
    const refused = await waiting;
    expect([refused.status, refused.error?.code]).toEqual([503, 'shutting_down']);
    expect(await program.ended()).toBe(0);
    expect(performance.now() - startedMs).toBeWithin(295, 2500);
    const rows = await rowsIn(folder);
    expect(rows.map(({ error }) => error?.code)).toEqual(Array(3).fill('shutting_down'));
    expect(sim.requests.slice(-3).every(({ clientAborted }) => clientAborted)).toBe(true);
  });

  test('an answer that is complete here is still read to its end by a slow caller', async () => {
    using folder = openFolder();
    await folder.write('switchyard.yaml', yaml());
    await using program = await startServe([], folder, withKey);
    const { hostname, port } = new URL(program.url());
    const socket = connect({ host: hostname, port: Number(port) });
    let bytes = 0;
    socket.on('data', (piece) => {
      bytes += piece.length;
    });
    socket.pause();
    const body = JSON.stringify(openaiCaller.body('alpha/echo+tokens=3000000'));
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${ENV_KEY}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    await until(async () => {
      const list = await fetch(`${program.url()}/router/v1/logs`, {
        headers: { authorization: `Bearer ${ENV_KEY}` },
      });
      return ((await list.json()) as { logs: unknown[] }).logs.length === 1;
    }, 10_000);
    program.signal('SIGTERM');
    await Bun.sleep(300);
    socket.resume();
    expect(await program.ended()).toBe(0);
    await until(() => socket.destroyed || socket.closed);
    // Three million numbered tokens.
    expect(bytes).toBeGreaterThan(20_000_000);
  }, 20_000);

  test('a second signal means now', async () => {
    using folder = openFolder();
    await folder.write('switchyard.yaml', yaml('60s'));
    await using program = await startServe([], folder, withKey);
    const body = openaiCaller.body('alpha/echo+tokens=5000+gap=10', { stream: true });
    const running = towards(program)
      .post(openaiCaller.path, body)
      .then((response) => response.text())
      .catch(() => 'cut');
    await reached(1);
    program.signal('SIGTERM');
    await until(async () => (await fetch(`${program.url()}/readyz`)).status === 503);
    const startedMs = performance.now();
    program.signal('SIGINT');
    expect(await program.ended()).toBe(1);
    expect(performance.now() - startedMs).toBeLessThan(1000);
    await running;
  });

  test('kill -9: the rows of requests that were over are there', async () => {
    using folder = openFolder();
    await folder.write('switchyard.yaml', yaml());
    const finished: string[] = [];
    {
      await using program = await startServe([], folder, withKey);
      const target = towards(program);
      const one = async () => {
        const heard = await call(target, openaiCaller, 'alpha/echo+say=x');
        finished.push(heard.headers.get('x-generation-id') ?? '');
      };
      const stopMs = performance.now() + 500;
      const worker = async () => {
        while (performance.now() < stopMs) await one();
      };
      await Promise.all([worker(), worker(), worker(), worker()]);
      // The promise is for a machine that has time for it; the tests of the ledger itself measure it.
      await Bun.sleep(5 * DURABLE_WITHIN_MS);
      program.signal('SIGKILL');
      expect(await program.ended()).toBeNull();
    }
    await using _again = await startServe([], folder, withKey);
    expect(finished.length).toBeGreaterThan(50);
    const reader = openLogReader({ dataDir: join(folder.path, '.switchyard') });
    const found = await Promise.all(finished.map((id) => reader.get(id)));
    await reader.close();
    expect(found.filter((row) => row === null).length).toBe(0);
  }, 15_000);
});

describe('the launcher', () => {
  test('npm start passes arguments and signals on', async () => {
    using folder = openFolder();
    const data = join(folder.path, 'data');
    const command = ['npm', 'start', '--', '--port', '0', '--data', data];
    await using program = startProgram([], folder, { ...withKey, command, cwd: ROOT });
    await program.says('listening on http://');
    const url = program.url();
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    program.signal('SIGTERM');
    await program.ended();
    await until(async () => (await fetch(url).catch(() => null)) === null);
    // By whichever way it came: npm tells its shell, and not every shell tells us.
    expect(program.stderr()).toContain('finishing running requests');
  }, 20_000);

  test('does not leave the gateway behind when it is killed', async () => {
    using folder = openFolder();
    const command = viaLauncher(['serve', '--port', '0']);
    await using program = startProgram([], folder, { ...withKey, command });
    await program.says('listening on http://');
    const url = program.url();
    program.signal('SIGKILL');
    await until(async () => (await fetch(url).catch(() => null)) === null, 5000);
  });

  test('ends as the program ends', async () => {
    using folder = openFolder();
    const finished = await runProgram([], folder, { command: viaLauncher(['frobnicate']) });
    expect(finished.code).toBe(1);
    const version = await runProgram([], folder, { command: viaLauncher(['--version']) });
    expect([version.code, version.stdout]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+\n$/)]);
  });
});

describe('what keeps it from starting', () => {
  test('a port that is taken', async () => {
    using folder = openFolder();
    const unseen = await runProgram(['serve', '--port', String(sim.port)], folder);
    expect(unseen.code).toBe(1);
    // A key that was never shown is not kept for a second run, which would not show it either.
    expect(folder.list().some((name) => name.endsWith('admin.key'))).toBe(false);
    const port = String(sim.port);
    const finished = await runProgram(['serve', '--port', port], folder, withKey);
    expect(finished.code).toBe(1);
    expect(finished.stderr).toContain(`127.0.0.1:${port}`);
    expect(finished.stderr).toContain('--port');
    expect(finished.stderr).not.toContain(' at ');
    expect(finished.stdout).not.toContain('listening');
  });

  test('a data folder that is none', async () => {
    using folder = openFolder();
    const file = await folder.write('not-a-folder', 'x');
    const finished = await runProgram(['serve', '--port', '0', '--data', file], folder);
    expect(finished.code).toBe(1);
    expect(finished.stderr).toContain(file);
    expect(finished.stderr).not.toContain('    at ');
  });

  test.each([
    [['--port', 'http'], 'port must be a number'],
    [['--port', '70000'], '70000'],
    [['--config', 'nowhere.yaml'], 'no configuration file nowhere.yaml'],
    [['--port'], 'needs a value'],
    [['--prot', '1'], '--port'],
    [['extra'], '"extra" is one argument too many'],
  ])('%j', async (args, message) => {
    using folder = openFolder();
    const finished = await runProgram(['serve', ...args], folder, withKey);
    expect(finished.code).toBe(1);
    expect(finished.stderr).toContain(message);
    expect(finished.stdout).not.toContain('listening');
  });

  test('a configuration that is not good', async () => {
    using folder = openFolder();
    await folder.write('switchyard.yaml', 'providers:\n  openai:\n    api_keyy: x\n');
    const finished = await runProgram(['serve', '--port', '0'], folder, withKey);
    expect(finished.code).toBe(1);
    expect(finished.stderr).toContain('switchyard.yaml:3: providers.openai.api_keyy');
    expect(finished.stderr).toContain('"api_key"');
  });
});
