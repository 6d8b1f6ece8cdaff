// The commands as people and scripts run them: what they print, where, and with which exit code.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the configuration's own variables look like that.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startSim } from '../../sim/start-sim.ts';
import { builtInCatalog } from '../../src/catalog/load.ts';
import { asArray, asObject, type JsonObject, parseJson } from '../../src/lib/json.ts';
import { call, openaiCaller } from './callers.ts';
import {
  type Folder,
  openFolder,
  type Program,
  runProgram,
  startProgram,
  startServe,
} from './program-under-test.ts';
import { until } from './until.ts';

const COMMANDS = ['serve', 'check', 'explain', 'sim', 'keys', 'logs', 'models', 'replay'];

describe('help', () => {
  test('of the program and of each command', async () => {
    using folder = openFolder();
    const all = await runProgram(['--help'], folder);
    expect(all.code).toBe(0);
    for (const command of COMMANDS) expect(all.stdout).toContain(command);
    const deep = ['keys list', 'keys create', 'keys remove', 'models list', 'models refresh'];
    await Promise.all(
      [...COMMANDS, ...deep].map(async (command) => {
        const { code, stdout } = await runProgram([...command.split(' '), '--help'], folder);
        expect([command, code]).toEqual([command, 0]);
        expect(stdout).toContain('USAGE');
      }),
    );
    // Help makes nothing.
    expect(folder.list()).toEqual([]);
  });

  test('an unknown command, or none: what there is, and exit 1', async () => {
    using folder = openFolder();
    for (const args of [['frobnicate'], ['keys', 'frobnicate'], [], ['keys'], ['models']]) {
      const { code, stdout, stderr } = await runProgram(args, folder);
      expect([args, code]).toEqual([args, 1]);
      if (args.includes('frobnicate')) expect(stderr).toContain('frobnicate');
      expect(stdout).toContain('USAGE');
    }
  });

  test('an option or argument that is not there is refused', async () => {
    using folder = openFolder();
    for (const [args, message] of [
      [['check', '--confg', 'x'], 'Did you mean "--config"'],
      [['check', 'other.yaml'], '"other.yaml" is one argument too many'],
      [['keys', 'list', '--date', 'x'], 'Did you mean "--data"'],
      [['logs', '--limit'], '--limit needs a value'],
      [['keys', 'create'], 'NAME'],
      [['keys', 'create', 'x', '--role', 'king'], 'king'],
      [['keys', 'create', 'x', '--expires', 'soon'], 'soon'],
      [['explain'], 'FILE'],
    ] as const) {
      const { code, stderr, stdout } = await runProgram(args, folder);
      expect([args, code]).toEqual([args, 1]);
      expect(stderr + stdout).toContain(message);
    }
  });
});

describe('check', () => {
  test('a good file, with what it amounts to', async () => {
    using folder = openFolder();
    const file = await folder.write(
      'my.yaml',
      'providers:\n  lab: { base_url: "http://127.0.0.1:1/v1", api_key: "${LAB_KEY}" }\n',
    );
    const { code, stdout } = await runProgram(['check', '--config', file], folder);
    expect(code).toBe(0);
    expect(stdout).toContain(`${file}:2: environment variable LAB_KEY is not set`);
    expect(stdout).toContain('is good. Providers: lab.');
    expect(folder.list()).toEqual(['my.yaml']);
  });

  test('a bad one: every mistake with its line, exit 1', async () => {
    using folder = openFolder();
    await folder.write(
      'switchyard.yaml',
      'server:\n  prot: 1\nproviders:\n  x:\n    base_url: nowhere\n',
    );
    const { code, stderr, stdout } = await runProgram(['check'], folder);
    expect(code).toBe(1);
    expect(stderr).toContain('switchyard.yaml:2: server.prot is not a known setting');
    expect(stderr).toContain('switchyard.yaml:5: providers.x.base_url');
    expect(stdout).not.toContain('good');
  });

  test('no file is said to be none', async () => {
    using folder = openFolder();
    const none = await runProgram(['check'], folder);
    expect(none.code).toBe(0);
    expect(none.stdout).toContain('no configuration file');
    const named = await runProgram(['check'], folder, {
      env: { SWITCHYARD_CONFIG: 'nowhere.yaml' },
    });
    expect(named.code).toBe(1);
    expect(named.stderr).toContain('nowhere.yaml');
  });
});

test('check warns of models in routers that nobody serves', async () => {
  using folder = openFolder();
  await folder.write(
    'switchyard.yaml',
    `
providers:
  lab: { base_url: "http://127.0.0.1:1/v1", models: [qwen3-32b] }
routers:
  - name: mixed
    default_route:
      variants:
        - weight: 50
          variant: { variant_id: a, model_id: lab/qwen3-32b, model_selection: { models: [groq/x] } }
        - weight: 50
          variant: { variant_id: b, model_id: auto, model_selection: { models: [lab, nobody] } }
`,
  );
  const { code, stdout } = await runProgram(['check'], folder);
  expect(code).toBe(0);
  expect(stdout).toContain('Routers: router/mixed.');
  expect(stdout).toMatch(/router "mixed", route "default", variant "a": .*groq/);
  expect(stdout).toMatch(/router "mixed", route "default", variant "b": .*"nobody"/);
  expect(stdout.match(/router "mixed"/g)).toHaveLength(2);
});

describe('explain', () => {
  const YAML = `
providers:
  lab: { base_url: "http://127.0.0.1:1/v1", models: [qwen3-32b] }
  other: { base_url: "http://127.0.0.1:1/v1", models: [qwen3-32b] }
`;

  test('the plan for a file or stdin, and nobody is called', async () => {
    using folder = openFolder();
    await folder.write('switchyard.yaml', YAML);
    const body = { model: 'lab/a', models: ['qwen3-32b', 'groq/x'], messages: [] };
    await folder.write('request.json', JSON.stringify(body));
    const { code, stdout } = await runProgram(['explain', 'request.json'], folder);
    expect(code).toBe(0);
    const plan = JSON.parse(stdout);
    expect(plan.attempts).toEqual([
      { model: 'lab/a', provider: 'lab' },
      { model: 'lab/qwen3-32b', provider: 'lab' },
      { model: 'other/qwen3-32b', provider: 'other' },
    ]);
    expect(plan.why).toEqual([
      '"qwen3-32b" is served by lab, other',
      'left out "groq/x" (provider_not_configured)',
    ]);
    const command = ['sh', '-c', `"${process.execPath}" "$0" explain - < request.json`, MAIN];
    const piped = await runProgram([], folder, { command });
    expect([piped.code, piped.stdout]).toEqual([0, stdout]);
  });

  test('what cannot be planned: why, and exit 1', async () => {
    using folder = openFolder();
    await folder.write('switchyard.yaml', YAML);
    await folder.write('unknown.json', '{"model": "qwen3-32"}');
    await folder.write('broken.json', '{"model": ');
    await folder.write('wrong.json', '{"model": "lab/a", "models": 5}');
    for (const [file, message] of [
      ['unknown.json', 'Did you mean "qwen3-32b"'],
      ['broken.json', 'broken.json'],
      ['wrong.json', 'models'],
      ['nowhere.json', 'no file nowhere.json'],
    ] as const) {
      const { code, stderr } = await runProgram(['explain', file], folder);
      expect([file, code]).toEqual([file, 1]);
      expect(stderr).toContain(message);
    }
  });
});

const MAIN = join(import.meta.dir, '../../src/main.ts');

describe('beside a running gateway', () => {
  const KEY = 'sy-the-operators-own-key';
  const sim = startSim({ seed: 8 });
  let folder: Folder;
  let program: Program;
  const target = (key: string) => ({
    post: (path: string, body: unknown) =>
      fetch(program.url() + path, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}` },
        body: JSON.stringify(body),
      }),
  });
  const statusWith = async (key: string, model = 'alpha/echo') =>
    (await call(target(key), openaiCaller, model)).status;

  beforeAll(async () => {
    folder = openFolder();
    await folder.write(
      'switchyard.yaml',
      `discovery: { local: false }\nproviders:\n  alpha: { base_url: "${sim.url}", api_key: k }\n`,
    );
    program = await startServe([], folder, { env: { SWITCHYARD_ADMIN_KEY: KEY } });
  });
  afterAll(async () => {
    await program[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
    await sim.stop();
  });

  test('keys: made, listed and removed, and seen within a second', async () => {
    const empty = await runProgram(['keys', 'list'], folder);
    expect([empty.code, empty.stdout]).toEqual([0, '']);
    expect(empty.stderr).toContain('keys create');
    const made = await runProgram(['keys', 'create', 'my app', '--models', 'alpha/echo'], folder);
    expect(made.code).toBe(0);
    // Alone on stdout, for $(…).
    expect(made.stdout).toMatch(/^sy-[\w-]{43}\n$/);
    const secret = made.stdout.trim();
    const [id = ''] = /key_\S+/.exec(made.stderr) ?? [];
    await until(async () => (await statusWith(secret)) === 200, 1500);
    expect(await statusWith(secret, 'alpha/other')).toBe(403);
    const listed = await runProgram(['keys', 'list'], folder);
    expect(listed.stdout).toContain(`${id}  ${secret.slice(0, 9)}`);
    expect(listed.stdout).toContain('my app');
    expect(listed.stdout).not.toContain(secret);
    const removed = await runProgram(['keys', 'remove', id], folder);
    expect([removed.code, removed.stdout]).toEqual([0, `removed ${id}\n`]);
    await until(async () => (await statusWith(secret)) === 401, 1500);
    const again = await runProgram(['keys', 'remove', id], folder);
    expect([again.code, again.stderr]).toEqual([1, `There is no key "${id}".\n`]);
  });

  test('logs: the last requests, filtered, one whole, as JSON', async () => {
    const good = await call(target(KEY), openaiCaller, 'alpha/echo', { user: 'ann' });
    const bad = await call(target(KEY), openaiCaller, 'alpha/echo+status=429', { user: 'bob' });
    const idOf = (heard: { readonly headers: Headers }) =>
      heard.headers.get('x-generation-id') ?? '';
    await Bun.sleep(60);
    const [all, ok, failed, whole, json, none, wrong] = await Promise.all(
      [
        ['logs'],
        ['logs', '--user', 'ann'],
        ['logs', '--status', 'error', '--limit', '1'],
        ['logs', idOf(bad), '--json'],
        ['logs', '--json', '--limit', '2'],
        ['logs', 'no-such-row'],
        ['logs', '--limit', 'many'],
      ].map((args) => runProgram(args, folder)),
    );
    expect(all?.stdout.split('\n')[0]).toContain(
      '429  alpha/echo+status=429 upstream_rate_limited',
    );
    expect(all?.stdout).toContain(idOf(good));
    expect(ok?.stdout.trim().split('\n').length).toBe(1);
    expect(ok?.stdout).toMatch(/200 {2}alpha\/echo {2}\d+→\d+ tokens/);
    expect(failed?.stdout).toContain(idOf(bad));
    expect(JSON.parse(whole?.stdout ?? '')).toMatchObject({
      id: idOf(bad),
      status: 429,
      user: 'bob',
    });
    const lines = (json?.stdout ?? '').trim().split('\n');
    expect(lines.map((line) => JSON.parse(line).id)).toEqual([idOf(bad), idOf(good)]);
    expect([none?.code, none?.stderr]).toEqual([1, 'There is no log row "no-such-row".\n']);
    expect(wrong?.code).toBe(1);
    expect(wrong?.stderr).toContain('limit');
  });
});

describe('models', () => {
  const builtIn = builtInCatalog();
  /** A list in models.dev's own shape; `share` of as many models as are known. */
  const list = (share: number, input = 1): JsonObject => {
    const row = {
      name: 'm',
      cost: { input, output: 2 },
      limit: { context: 1000, output: 100 },
      modalities: { input: ['text'], output: ['text'] },
    };
    const many = Array.from({ length: builtIn.models.length * share }, (_, at) => [`m/${at}`, row]);
    return {
      openai: { models: { 'gpt-new': row } },
      openrouter: { models: Object.fromEntries(many) },
    };
  };
  const answers: { readonly [path: string]: () => Response } = {
    '/good.json': () => Response.json(list(1)),
    '/dearer.json': () => Response.json(list(1, 3)),
    '/short.json': () => Response.json(list(0.3)),
    '/html': () => new Response('<html>', { headers: { 'content-type': 'text/html' } }),
    '/other.json': () => Response.json({ hello: 'world' }),
    '/error': () => new Response('no', { status: 503 }),
  };
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: (request) =>
      answers[new URL(request.url).pathname]?.() ?? new Response('', { status: 404 }),
  });
  const address = (path: string) => `http://127.0.0.1:${server.port}${path}`;
  afterAll(() => server.stop(true));

  test('list, by provider, as JSON', async () => {
    using folder = openFolder();
    const [all, one, json] = await Promise.all([
      runProgram(['models', 'list'], folder),
      runProgram(['models', 'list', '--provider', 'anthropic'], folder),
      runProgram(['models', 'list', '--provider', 'anthropic', '--json'], folder),
    ]);
    expect(all.stdout.trim().split('\n').length).toBe(builtIn.models.length);
    expect(all.stderr).toBe(`${builtIn.models.length} models\n`);
    const lines = one.stdout.trim().split('\n');
    expect(lines.every((line) => line.startsWith('anthropic/'))).toBe(true);
    const facts = asObject(parseJson(json.stdout.split('\n')[0] ?? ''));
    expect(facts?.provider).toBe('anthropic');
    expect(asArray(facts?.input).length).toBeGreaterThan(0);
  });

  test('refresh takes a good list, and nothing else', async () => {
    using folder = openFolder();
    const refresh = (path: string) =>
      runProgram(['models', 'refresh', '--url', address(path)], folder);
    const file = join(folder.path, '.switchyard/catalog.json');
    // What came before it is dated like a real one: a list older than the built-in one is not used.
    const good = await refresh('/good.json');
    expect([good.code, good.stderr]).toEqual([0, '']);
    expect(good.stdout).toContain(`${builtIn.models.length + 1} models`);
    const taken = readFileSync(file, 'utf8');
    expect(taken).toContain('gpt-new');
    for (const [path, reason] of [
      ['/short.json', 'looks like a broken list'],
      ['/html', 'did not answer with JSON'],
      ['/other.json', 'no model of a known provider'],
      ['/error', 'answered 503'],
    ] as const) {
      const { code, stderr, stdout } = await refresh(path);
      expect([path, code, stdout]).toEqual([path, 1, '']);
      expect(stderr).toStartWith('Nothing was changed: ');
      expect(stderr).toContain(reason);
      expect(readFileSync(file, 'utf8')).toBe(taken);
    }
    const nobody = await runProgram(['models', 'refresh', '--url', sim404()], folder);
    expect(nobody.code).toBe(1);
    const dearer = await refresh('/dearer.json');
    expect(dearer.stdout).toContain('$1 in, $2 out → $3 in, $2 out');
    const listed = await runProgram(['models', 'list', '--provider', 'openai'], folder);
    expect(listed.stdout).toContain('openai/gpt-new');
    writeFileSync(file, '{ broken');
    const after = await runProgram(['models', 'list', '--provider', 'openai'], folder);
    expect(after.stdout).toContain('openai/gpt-');
    expect(after.stdout).not.toContain('gpt-new');
  });

  /** Nobody listens there. */
  function sim404(): string {
    const closed = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response() });
    const url = `http://127.0.0.1:${closed.port}/`;
    void closed.stop(true);
    return url;
  }
});

describe('sim', () => {
  test('answers on its own port, says what it can do, ends on a signal', async () => {
    using folder = openFolder();
    await using program = startProgram(['sim', '--port', '0'], folder);
    await program.says('listening on http://');
    await program.says('stall-headers');
    const reply = await fetch(`${program.url()}/chat/completions`, {
      method: 'POST',
      body: JSON.stringify(openaiCaller.body('echo+say=hello')),
    });
    expect((await reply.text()).includes('"hello"')).toBe(true);
    await program.says('POST /v1/chat/completions');
    program.signal('SIGTERM');
    expect(await program.ended()).toBe(0);
    expect(folder.list()).toEqual([]);
  });

  test('a port that is taken or none', async () => {
    using folder = openFolder();
    const other = startSim();
    const taken = await runProgram(['sim', '--port', String(other.port)], folder);
    expect(taken.code).toBe(1);
    expect(taken.stderr).toContain(String(other.port));
    expect(taken.stderr).not.toContain('    at ');
    await other.stop();
    const wrong = await runProgram(['sim', '--port', 'http'], folder);
    expect([wrong.code, wrong.stderr.includes('0 to 65535')]).toEqual([1, true]);
  });
});
