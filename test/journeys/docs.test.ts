// Every example of the README, the guides and the example configuration, run as it stands against a gateway.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Glob } from 'bun';
import { type Sim, startSim } from '../../sim/start-sim.ts';
import { parseConfig } from '../../src/config/load.ts';
import { configChecks } from '../../src/gateway/config-checks.ts';
import { KNOWN_PROVIDERS } from '../../src/gateway/configure-providers.ts';
import { asArray, asObject, asObjects, type JsonObject } from '../../src/lib/json.ts';
import { SseParser } from '../../src/lib/sse.ts';
import { PROVIDERS } from '../../src/providers/index.ts';
import {
  type Block,
  blocksOf,
  departs,
  ROOT,
  readCurl,
  readDocument,
  readPython,
} from './documents.ts';
import { ADMIN_KEY, type GatewayUnderTest, startGateway } from './gateway-under-test.ts';
import { ANSWER, THOUGHT_SIGNATURE } from './samples.ts';

/** The address the documents write. */
const ADDRESS = 'http://127.0.0.1:8787';
/** What configurations of documents take from the environment. */
const SECRETS = ['GEMINI_API_KEY', 'MIXPANEL_SECRET', 'MIXPANEL_TOKEN', 'CLICKHOUSE_PASSWORD'];
/** What is stored is sealed by it. */
const MASTER_KEY = { SWITCHYARD_MASTER_KEY: Buffer.alloc(32, 6).toString('base64') };
const GUIDES = [...new Glob('docs/guides/*.md').scanSync(ROOT)].sort();
const DOCUMENTS = ['README.md', ...GUIDES];
/** Inside node_modules, so that an example finds the packages it imports. */
const SCRATCH = join(ROOT, 'node_modules/.cache/switchyard-examples');

let openai: Sim;
let anthropic: Sim;

beforeAll(() => {
  openai = startSim({ seed: 3 });
  anthropic = startSim({ seed: 4 });
  mkdirSync(SCRATCH, { recursive: true });
});
beforeEach(() => {
  openai.clear();
  anthropic.clear();
});
afterAll(async () => {
  rmSync(SCRATCH, { recursive: true, force: true });
  await openai.stop();
  await anthropic.stop();
});

/** A gateway whose well-known providers are simulated, each behaving as the block's comment says, with what is there before it. */
function gatewayFor({ scenario, before }: Block): Promise<GatewayUnderTest> {
  const settings = before.filter(({ language }) => language === 'yaml').map(({ text }) => text);
  const url = (id: string, sim: Sim) => {
    const words = scenario.get(id);
    return words === undefined ? sim.url : sim.urlWith(words);
  };
  return startGateway(
    `
providers:
  openai: { base_url: "${url('openai', openai)}", api_key: k1 }
  anthropic: { base_url: "${url('anthropic', anthropic)}", api_key: k2 }
  azure: { base_url: "${openai.url}", api_key: k3 }
  bedrock: { base_url: "${openai.url}", api_key: k8 }
  bedrock-anthropic: { base_url: "${anthropic.url}", api_key: k9 }
  cohere: { base_url: "${openai.url}", api_key: k4 }
  google: { base_url: "${openai.url}", api_key: k5 }
  google-vertex: { base_url: "${openai.url}", api_key: k6 }
  vertex-anthropic: { base_url: "${openai.url}", api_key: k7 }
${settings.join('\n')}
`,
    MASTER_KEY,
  );
}

async function withGateway<T>(block: Block, work: (gateway: GatewayUnderTest) => Promise<T>) {
  const gateway = await gatewayFor(block);
  try {
    for (const { language, text } of block.before) {
      if (language !== 'sh') continue;
      const response = await runCurl(text, gateway);
      expect([response.ok, await response.text()]).toEqual([true, expect.any(String)]);
    }
    return await work(gateway);
  } finally {
    await gateway.stop();
  }
}

function runCurl(text: string, { url }: GatewayUnderTest): Promise<Response> {
  const command = readCurl(text.replaceAll(ADDRESS, url), { SWITCHYARD_KEY: ADMIN_KEY });
  return fetch(command.url, command);
}

/** Whether a command asks a model; the operator's leave no row in the log. */
function asksModel({ language, text }: Block): boolean {
  return language === 'sh' && !/127\.0\.0\.1:8787\/(?:router\/|metrics)/.test(text);
}

/** Runs a script of a document and returns what it declared. */
async function runScript(text: string, url: string): Promise<{ readonly [name: string]: unknown }> {
  const names = [...text.matchAll(/^const (\w+) =/gm)].map((match) => match[1]);
  const file = join(SCRATCH, `example-${Bun.randomUUIDv7()}.ts`);
  const code = text.replaceAll(ADDRESS, url).replaceAll('<the admin key>', ADMIN_KEY);
  writeFileSync(file, `${code}\nexport { ${names.join(', ')} };\n`);
  process.env.SWITCHYARD_KEY = ADMIN_KEY;
  try {
    return (await import(file)) as { readonly [name: string]: unknown };
  } finally {
    delete process.env.SWITCHYARD_KEY;
  }
}

/** What an example did at the providers, beyond being answered. */
const EFFECTS: { readonly [example: string]: () => void } = {
  'Fallbacks sh': () => {
    expect([openai.received, anthropic.received]).toEqual([1, 1]);
  },
  'Fallbacks ts': () => {
    expect([openai.received, anthropic.received]).toEqual([1, 1]);
  },
  '60 seconds to a real answer python': () => {
    expect([openai.received, anthropic.received]).toEqual([1, 0]);
  },
  'The right model for every user sh': () => {
    expect(asked()).toEqual([]);
  },
  'First router sh': () => {
    expect(asked()).toEqual([]);
  },
  'Calling it python': () => {
    expect(asked()).toEqual(['claude-haiku-4-5']);
  },
  'Calling it ts': () => {
    expect(asked()).toEqual(['claude-haiku-4-5']);
  },
  'What a variant sets sh': () => {
    expect(asked()).toHaveLength(1);
    const body = JSON.stringify(bodyOf(openai.received === 1 ? openai : anthropic, 0));
    expect(body).toContain('You answer customers of Acme.');
    expect(body).toContain('":800');
  },
  'auto sh': () => {
    expect(asked()).toEqual([]);
  },
  'Metrics of your own sh': () => {
    expect(asked()).toEqual(['claude-haiku-4-5']);
  },
  'Changing one sh': () => {
    expect(asked()).toEqual([]);
  },
  'Trying it first sh': () => {
    expect(asked()).toEqual([]);
  },
  'Deadlines sh': () => {
    expect(openai.requests.map(({ clientAborted }) => clientAborted)).toEqual([true]);
    expect(anthropic.received).toBe(1);
  },
  'Rehearsing a failure sh': () => {
    expect([openai.received, anthropic.received]).toEqual([1, 1]);
    expect(bodyOf(anthropic, 0).messages).not.toEqual(bodyOf(openai, 0).messages);
  },
  'Losses sh': () => {
    expect([openai.received, anthropic.received]).toEqual([0, 0]);
  },
  'Prompt caching sh': () => {
    const [system] = asObjects(bodyOf(anthropic, 0).system);
    expect(system?.cache_control).toEqual({ type: 'ephemeral', ttl: '1h' });
  },
  'Reasoning ts': () => {
    const [, turn] = asObjects(bodyOf(anthropic, 1).messages);
    expect(asObject(asArray(turn?.content)[0])?.signature).toBe(THOUGHT_SIGNATURE);
  },
};

/** The models the providers were asked for. */
function asked(): readonly unknown[] {
  return [openai, anthropic].flatMap((sim) => sim.requests.map((_, at) => bodyOf(sim, at).model));
}

function bodyOf(sim: Sim, at: number): JsonObject {
  return JSON.parse(sim.requests[at]?.body ?? '{}');
}

function didAll({ heading, language }: Block): void {
  EFFECTS[`${heading} ${language}`]?.();
}

test('every effect named here is that of an example', () => {
  const examples = DOCUMENTS.flatMap((path) => blocksOf(readDocument(path)));
  const names = new Set(examples.map(({ heading, language }) => `${heading} ${language}`));
  expect(Object.keys(EFFECTS).filter((name) => !names.has(name))).toEqual([]);
});

/** One run of the compiler, whose start costs more than all of them. */
test('their scripts have no type errors', () => {
  const files = DOCUMENTS.flatMap((path) => {
    const scripts = blocksOf(readDocument(path)).filter(({ language }) => language === 'ts');
    return scripts.map(({ text }, at) => {
      const file = join(SCRATCH, `types-${path.replaceAll('/', '-')}-${at}.ts`);
      writeFileSync(file, text);
      return file;
    });
  });
  const options =
    '--ignoreConfig --noEmit --strict --skipLibCheck --target esnext --module preserve';
  const command = [join(ROOT, 'node_modules/.bin/tsc'), ...options.split(' '), '--types', 'bun'];
  const { stdout } = Bun.spawnSync([...command, ...files], { cwd: ROOT });
  expect(stdout.toString()).toBe('');
}, 30_000);

/** Answered, or made. */
const isDone = (status: number) => status === 200 || status === 201;

for (const path of DOCUMENTS) {
  const blocks = blocksOf(readDocument(path));

  describe(path, () => {
    test('has examples of kinds that are run here, and no others', () => {
      expect(blocks.length).toBeGreaterThan(0);
      const kinds = new Set(blocks.map(({ language }) => language));
      expect(
        [...kinds].filter(
          (kind) => !['sh', 'ts', 'python', 'json', 'yaml', 'toml', ''].includes(kind),
        ),
      ).toEqual([]);
    });

    for (const [at, block] of blocks.entries()) {
      const name = `${block.heading}, block ${at + 1}`;
      if (block.language === 'sh' && block.text.startsWith('curl')) {
        test(`${name}: the command is answered as shown`, () =>
          withGateway(block, async (gateway) => {
            const response = await runCurl(block.text, gateway);
            if (block.text.startsWith('curl -N')) {
              // It goes on until somebody stops it.
              expect([response.status, response.headers.get('content-type')]).toEqual([
                200,
                expect.stringContaining('text/event-stream'),
              ]);
              await response.body?.cancel();
              return;
            }
            const text = await response.text();
            if (block.next?.language === 'json') {
              const example = JSON.parse(block.next.text);
              expect(departs(example, JSON.parse(text))).toBeNull();
              expect(response.ok).toBe(!('error' in example));
            } else if (block.next?.language === '') {
              expect(eventNames(text)).toEqual(block.next.text.split('\n'));
            } else expect([isDone(response.status), text]).toEqual([true, text]);
            const asked = [...block.before, block].filter(asksModel);
            expect(await gateway.rows()).toHaveLength(asked.length);
            didAll(block);
          }));
      } else if (block.language === 'sh') {
        test(`${name}: the commands are there`, () => checkShell(block.text));
      } else if (block.language === 'ts') {
        test(`${name}: the script is answered`, () =>
          withGateway(block, async (gateway) => {
            const declared = await runScript(block.text, gateway.url);
            const replies = Object.values(declared).filter(isReply);
            expect(replies.length).toBeGreaterThan(0);
            const rows = await gateway.rows();
            expect(rows.map(({ outcome }) => outcome)).toEqual(replies.map(() => 'ok'));
            expect(JSON.stringify(replies.at(-1))).toContain(ANSWER);
            didAll(block);
          }));
      } else if (block.language === 'toml') {
        test(`${name}: the settings are those an agent was driven with`, () => {
          const settings = [...block.text.matchAll(/^(?:\[[\w.]+\]|\w+ =)/gm)].map(
            ([text]) => text,
          );
          expect(settings.length).toBeGreaterThan(0);
          expect(settings.filter((setting) => !AGENTS.includes(setting))).toEqual([]);
        });
      } else if (block.language === 'yaml') {
        test(`${name}: the configuration is a good one`, () => {
          const environment = Object.fromEntries(SECRETS.map((name) => [name, 'k']));
          const parsed = parseConfig(block.text, environment, KNOWN_PROVIDERS, configChecks);
          expect(parsed.ok ? [] : parsed.problems).toEqual([]);
        });
      } else if (block.language === 'python') {
        test(`${name}: what it sends is answered`, () =>
          withGateway(block, async (gateway) => {
            const { client, body } = readPython(block.text);
            expect(client).toEqual({ base_url: `${ADDRESS}/v1`, api_key: '<the admin key>' });
            const response = await gateway.post('/v1/chat/completions', body);
            expect(response.status).toBe(200);
            const { model, messages, ...ours } = body;
            expect(model).toEqual(expect.any(String));
            expect(messages).toEqual([{ role: 'user', content: 'Hello' }]);
            expect(['models', 'metadata']).toContain(Object.keys(ours).join());
            expect(openai.received + anthropic.received).toBe(1);
            didAll(block);
          }));
      }
    }

    test('leads nowhere that is not there', () => {
      const text = readDocument(path);
      const links = [...text.matchAll(/\]\(([^)#]+)[^)]*\)/g)]
        .map((match) => match[1] ?? '')
        .filter((link) => !link.includes('://'));
      const missing = links.filter((link) => !existsSync(join(ROOT, dirname(path), link)));
      expect(missing).toEqual([]);
    });
  });
}

describe('README.md', () => {
  test('the metadata it shows is what such a request is told', async () => {
    const [block] = blocksOf(readDocument('README.md')).filter(
      ({ language }) => language === 'json',
    );
    const example = JSON.parse(block?.text ?? '{}') as JsonObject;
    const failing: Block = {
      heading: '',
      language: 'json',
      text: '',
      scenario: new Map([['openai', 'status=429']]),
      before: [],
      next: null,
    };
    await withGateway(failing, async (gateway) => {
      const response = await gateway.post('/v1/messages', {
        model: 'openai/gpt-5-mini',
        models: ['anthropic/claude-haiku-4-5'],
        max_tokens: 100,
        messages: [{ role: 'user', content: 'Hello' }],
      });
      const { metadata } = (await response.json()) as { metadata: JsonObject };
      // It shows some of the fields; those are as they are.
      const shown = Object.fromEntries(
        Object.entries(metadata).filter(([name]) => name in example),
      );
      expect(departs(example, shown)).toBeNull();
    });
  });

  test('every command it names has help', () => {
    const table = readDocument('README.md').split('## Commands')[1]?.split('## ')[0] ?? '';
    const commands = new Set(
      [...table.matchAll(/`switchyard ([a-z]+)/g)].map((match) => match[1] ?? ''),
    );
    expect(commands.size).toBeGreaterThanOrEqual(6);
    for (const command of commands) {
      const { exitCode, stdout } = Bun.spawnSync(
        ['node', join(ROOT, 'bin/switchyard.mjs'), command, '--help'],
        { env: { ...process.env, NO_COLOR: '1' } },
      );
      expect([command, exitCode]).toEqual([command, 0]);
      expect(stdout.toString()).toContain(command);
    }
  }, 30_000);
});

describe('switchyard.example.yaml', () => {
  const text = readDocument('switchyard.example.yaml');
  /** The same file, with the addresses it does not know filled in. */
  const local = () =>
    text
      .replace('http://10.0.0.5:8000/v1', openai.url)
      .replace('openai: {', `openai: { base_url: "${openai.url}",`)
      .replace('anthropic: {', `anthropic: { base_url: "${anthropic.url}",`);
  const environment = { OPENAI_API_KEY: 'o1', ANTHROPIC_KEY_1: 'a1', ANTHROPIC_KEY_2: 'a2' };
  const messages = [
    { role: 'developer', content: 'Be brief.' },
    { role: 'user', content: 'Hello' },
  ];

  test('is good as it stands, with no variable set', async () => {
    const gateway = await startGateway(text);
    const snapshot = gateway.gateway.snapshot();
    expect([...snapshot.providers.keys()]).toEqual(['my-vllm']);
    expect(snapshot.timeouts).toEqual({
      connectMs: 5000,
      firstTokenMs: 120_000,
      idleMs: 60_000,
      totalMs: 600_000,
    });
    expect([snapshot.retries, snapshot.maxBodyBytes, snapshot.drainMs]).toEqual([
      1,
      16 * 1024 * 1024,
      30_000,
    ]);
    await gateway.stop();
  });

  test('its providers answer, with the keys, headers, quirks and prices it gives them', async () => {
    const gateway = await startGateway(local(), environment);
    const ask = async (model: string, more: object = {}) => {
      const response = await gateway.post('/v1/chat/completions', { model, messages, ...more });
      return { status: response.status, body: (await response.json()) as JsonObject };
    };
    const own = await ask('my-vllm/qwen3-32b');
    const [request] = openai.requests;
    expect(own.status).toBe(200);
    expect(request?.headers['x-team']).toBe('search');
    // Its quirk: it knows no developer.
    expect(asObjects(bodyOf(openai, 0).messages)[0]?.role).toBe('system');
    const usage = asObject(own.body.usage);
    const nano = Number(usage?.prompt_tokens) * 100 + Number(usage?.completion_tokens) * 300;
    expect(asObject(own.body.metadata)?.cost_usd).toBe(nano / 1e9);
    expect((await ask('my-vllm/unlisted')).status).toBe(200);
    expect((await ask('qwen3-32b')).body.metadata).toMatchObject({ provider: 'my-vllm' });

    expect((await ask('openai/gpt-5-mini')).status).toBe(200);
    expect(openai.requests.at(-1)?.headers.authorization).toBe('Bearer o1');

    for (const user of ['ann', 'bob', 'cid', 'dan'])
      await ask('anthropic/claude-haiku-4-5', { user });
    await ask('anthropic/claude-haiku-4-5', { user: 'ann' });
    const keys = anthropic.requests.map(({ headers }) => headers['x-api-key'] ?? '');
    expect(new Set(keys)).toEqual(new Set(['a1', 'a2']));
    expect(keys.at(-1)).toBe(keys[0] as string);
    await gateway.stop();
  });

  test('its router sends each request where it says', async () => {
    const gateway = await startGateway(local(), environment);
    const served = async (metadata: JsonObject, content = 'Hello') => {
      const response = await gateway.post('/v1/chat/completions', {
        model: 'router/support',
        messages: [{ role: 'user', content }],
        metadata,
        user: 'ann',
      });
      const { metadata: told } = (await response.json()) as { metadata: JsonObject };
      return [response.status, told.route_id, told.variant_id, told.actual_model];
    };
    expect(await served({ plan: 'free' })).toEqual([200, 'route-1', 'small', 'my-vllm/qwen3-32b']);
    const best = ['best', 'anthropic/claude-sonnet-4-6'];
    expect(await served({ plan: 'paid' })).toEqual([200, 'default', ...best]);
    expect(bodyOf(anthropic, 0).temperature).toBe(0.2);
    expect(await served({ plan: 'free' }, '/review this')).toEqual([
      200,
      'command-review',
      ...best,
    ]);
    await gateway.stop();
  });

  test('what it leaves out is out, whatever the environment has', async () => {
    const gateway = await startGateway(local(), { ...environment, GROQ_API_KEY: 'g1' });
    const response = await gateway.post('/v1/chat/completions', { model: 'groq/x', messages });
    expect(response.status).toBe(400);
    expect(((await response.json()) as JsonObject).error).toMatchObject({
      code: 'provider_not_configured',
    });
    expect(openai.received).toBe(0);
    await gateway.stop();
  });
});

/** What the coding agents are driven with. */
const AGENTS = [...new Glob('test/journeys/agents/*.test.ts').scanSync(ROOT)]
  .map((file) => readDocument(file))
  .join('\n');

/** Lines that are no requests: npm's own commands, the package's scripts, names of keys and of the agents' settings. */
function checkShell(text: string): void {
  const { scripts } = JSON.parse(readDocument('package.json')) as {
    scripts: { [name: string]: string };
  };
  const agents = [...AGENTS.matchAll(/\b([A-Z_]+): /g)].map(([, name]) => name ?? '');
  const names = new Set([...PROVIDERS.flatMap(({ env }) => env), ...agents]);
  for (const line of text.split('\n')) {
    const [command, ...rest] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (command === 'npm' && rest[0] === 'install') continue;
    if (command !== undefined && AGENTS.includes(`/${command}\``)) continue;
    if (command === 'switchyard') {
      checkOptions(rest);
      continue;
    }
    if (command === 'npm')
      expect(Object.keys(scripts)).toContain(rest[0] === 'run' ? (rest[1] ?? '') : (rest[0] ?? ''));
    else if (command === 'export')
      expect([...names]).toContain((rest[0] ?? '').split('=')[0] ?? '');
    else throw new Error(`nobody runs this line of a document: ${line}`);
    for (const key of line.match(/[A-Z]+_API_KEY/g) ?? []) expect([...names]).toContain(key);
  }
}

/** A command line of ours: each of its options is in the command's own help. */
function checkOptions([command = '', sub = '', ...others]: readonly string[]): void {
  // What is no option and no placeholder may be a command under it, with options of its own.
  const help = helpOf(/^[a-z][a-z-]*$/.test(sub) ? `${command} ${sub}` : command);
  for (const option of [sub, ...others].filter((word) => word.startsWith('--')))
    expect(help).toContain(option);
}

const helps = new Map<string, string>();

function helpOf(command: string): string {
  const known = helps.get(command);
  if (known !== undefined) return known;
  const launcher = join(ROOT, 'bin/switchyard.mjs');
  const { stdout, exitCode } = Bun.spawnSync(['node', launcher, ...command.split(' '), '--help'], {
    env: { ...process.env, NO_COLOR: '1' },
  });
  expect([command, exitCode]).toEqual([command, 0]);
  helps.set(command, stdout.toString());
  return stdout.toString();
}

function isReply(value: unknown): boolean {
  const reply = asObject(value);
  return [reply?.choices, reply?.content, reply?.output].some(Array.isArray);
}

/** The lines that name a stream's events, those that repeat told once; pings come when they come. */
function eventNames(text: string): readonly string[] {
  const parser = new SseParser();
  const names = [...parser.push(text), ...parser.end()].map(({ event }) => `event: ${event}`);
  const told = names.filter((name) => name !== 'event: ping');
  return told.filter((name, at) => name !== told[at - 1]);
}
