// Kept answers outlive the program, however it ends: bounded, sealed where there is a master key, and never too old.
import { Database } from 'bun:sqlite';
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import OpenAI from 'openai';
import { type Sim, startSim } from '../../sim/start-sim.ts';
import { ADMIN_KEY as ADMIN, startGateway } from './gateway-under-test.ts';
import { type Folder, openFolder, type Program, startServe } from './program-under-test.ts';
import { until } from './until.ts';

setDefaultTimeout(60_000);

const CANARY = 'canary-Zq83hTTp';
const LONG_MS = 15_000;
const masterKey = (byte: number) => Buffer.alloc(32, byte).toString('base64');

let sim: Sim;
beforeAll(() => {
  sim = startSim({ seed: 1 });
});
afterAll(() => sim.stop());

const config = (cache = '') => `
health: { enabled: false }
providers:
  alpha: { dialect: openai-chat, base_url: "${sim.url}", api_key: k }
${cache}
`;

async function start(folder: Folder, cache = '', more = {}): Promise<Program> {
  const path = await folder.write('switchyard.yaml', config(cache));
  const env = { SWITCHYARD_ADMIN_KEY: ADMIN, ...more };
  return startServe(['--config', path, '--data', 'data'], folder, { env });
}

interface Metadata {
  readonly cache_hit: string | false;
  readonly cost_usd: number | null;
}

async function ask(url: string, prompt: string) {
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: ADMIN, maxRetries: 0 });
  const reply = await client.chat.completions.create({
    model: 'alpha/echo',
    messages: [{ role: 'user', content: prompt }],
  });
  const { metadata } = reply as typeof reply & { metadata: Metadata };
  return { said: reply.choices[0]?.message.content, hit: metadata.cache_hit };
}

async function stream(url: string, prompt: string) {
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: ADMIN, maxRetries: 0 });
  const chunks = await client.chat.completions.create({
    model: 'alpha/echo',
    stream: true,
    messages: [{ role: 'user', content: prompt }],
  });
  let said = '';
  let hit: string | false = false;
  for await (const chunk of chunks) {
    said += chunk.choices[0]?.delta.content ?? '';
    hit = (chunk as typeof chunk & { metadata?: Metadata }).metadata?.cache_hit ?? hit;
  }
  return { said, hit };
}

/** Of its log what is wrong. */
const complaints = (program: Program) =>
  program
    .stderr()
    .split('\n')
    .filter((line) => / (warn|error) /.test(line))
    .join('\n');

async function metrics(url: string): Promise<string> {
  const headers = { authorization: `Bearer ${ADMIN}` };
  return (await fetch(`${url}/metrics`, { headers })).text();
}

const asked = (prompt: string) =>
  sim.requests.filter((request) => JSON.stringify(request).includes(prompt)).length;

function onDisk(folder: Folder): string {
  const data = join(folder.path, 'data');
  const names = readdirSync(data).filter((name) => name.startsWith('cache.db'));
  return names.map((name) => readFileSync(join(data, name), 'latin1')).join('');
}

function rows(folder: Folder): number {
  const path = join(folder.path, 'data/cache.db');
  if (!existsSync(path)) return 0;
  try {
    using database = new Database(path, { readonly: true });
    return database.query<{ n: number }, []>('SELECT COUNT(*) AS n FROM answers').get()?.n ?? 0;
  } catch {
    // It is just being made.
    return 0;
  }
}

describe('kept answers', () => {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    test(`are given after ${signal} and a new start, and nobody is asked`, async () => {
      using folder = openFolder();
      const prompt = `What outlives ${signal}?`;
      const streamed = `What is streamed over ${signal}?`;
      let said: { said: unknown }[];
      {
        await using first = await start(folder);
        said = [await ask(first.url(), prompt), await stream(first.url(), streamed)];
        expect(said).toMatchObject([{ hit: false }, { hit: false }]);
        if (signal === 'SIGKILL') await until(() => rows(folder) === 2, LONG_MS);
        first.signal(signal);
        await first.ended();
      }
      await using second = await start(folder);
      expect([await ask(second.url(), prompt), await stream(second.url(), streamed)]).toEqual([
        { said: said[0]?.said, hit: 'exact' } as never,
        { said: said[1]?.said, hit: 'exact' } as never,
      ]);
      expect([asked(prompt), asked(streamed)]).toEqual([1, 1]);
      expect((await ask(second.url(), `${prompt} Nothing else?`)).hit).toBe(false);
      expect(complaints(second)).toBe('');
    });
  }

  test('are on no disk where they are not to persist', async () => {
    using folder = openFolder();
    const prompt = 'What is only remembered?';
    {
      await using first = await start(folder, 'cache: { persist: false }');
      await ask(first.url(), prompt);
      expect((await ask(first.url(), prompt)).hit).toBe('exact');
      first.signal('SIGTERM');
      expect(await first.ended()).toBe(0);
    }
    expect(existsSync(join(folder.path, 'data/cache.db'))).toBe(false);
    await using second = await start(folder, 'cache: { persist: false }');
    expect((await ask(second.url(), prompt)).hit).toBe(false);
    expect(asked(prompt)).toBe(2);
  });

  test('are sealed by the master key: another opens nothing and it is said, one that was replaced does', async () => {
    using folder = openFolder();
    const prompt = `What is ${CANARY}?`;
    const run = async (env: { readonly [name: string]: string }) => {
      await using program = await start(folder, 'cache: { ttl: 1h }', env);
      const { hit } = await ask(program.url(), prompt);
      const other = await ask(program.url(), `${CANARY} in another question, by ${hit}`);
      program.signal('SIGTERM');
      await program.ended();
      return { hit, other: other.hit, stderr: complaints(program) };
    };
    const first = await run({ SWITCHYARD_MASTER_KEY: masterKey(1) });
    expect(first).toEqual({ hit: false, other: false, stderr: '' });
    expect(rows(folder)).toBe(2);
    expect(onDisk(folder)).not.toContain(CANARY);
    const rotated = { SWITCHYARD_MASTER_KEY_PREVIOUS: masterKey(1) };
    const second = await run({ SWITCHYARD_MASTER_KEY: masterKey(2), ...rotated });
    expect(second).toEqual({ hit: 'exact', other: false, stderr: '' });
    const third = await run({ SWITCHYARD_MASTER_KEY: masterKey(3) });
    expect(third.hit).toBe(false);
    expect(third.stderr).toContain('are sealed by a master key that is not known here');
    expect(third.stderr.split('\n')).toHaveLength(1);
    expect(onDisk(folder)).not.toContain(CANARY);
  });

  test('a damaged file is told of once, and no request hears of it', async () => {
    using folder = openFolder();
    const prompt = 'What stands in a broken file?';
    {
      await using first = await start(folder);
      await ask(first.url(), prompt);
    }
    await folder.write('data/cache.db', 'nothing that is a database '.repeat(500));
    await using second = await start(folder);
    expect((await ask(second.url(), prompt)).hit).toBe(false);
    expect((await ask(second.url(), prompt)).hit).toBe('exact');
    await until(() => second.stderr().includes('held in memory only'), LONG_MS);
    expect(second.stderr().trim().split('\n')).toHaveLength(1);
    expect(await metrics(second.url())).toContain('switchyard_cache_store_up{store="file"} 0');
  });

  test('are too old by the clock, in memory, in the file and after a new start; bounds hold', async () => {
    using folder = openFolder();
    let now = Date.now();
    const place = { dataDir: folder.path, now: () => now };
    const yaml = config('cache: { ttl: 10s, max_entries: 2 }');
    const first = await startGateway(yaml, {}, place);
    for (const nth of [1, 2, 3]) await ask(first.url, `What is too old, ${nth}?`);
    const hits = async (url: string, ...all: number[]) => {
      const found: unknown[] = [];
      for (const nth of all) found.push((await ask(url, `What is too old, ${nth}?`)).hit);
      return found;
    };
    expect(await hits(first.url, 2, 3)).toEqual(['exact', 'exact']);
    expect(first.gateway.answers.store.figures()).toMatchObject({ entries: 2, evicted: 1 });
    const told = await metrics(first.url);
    expect(told).toContain('switchyard_cache_entries 2\n');
    expect(told).toContain('switchyard_cache_evictions_total{reason="room"} 1\n');
    expect(told).toContain('switchyard_cache_store_up{store="file"} 1\n');
    now += 9_999;
    await first.stop();
    const second = await startGateway(yaml, {}, place);
    expect(await hits(second.url, 2, 3)).toEqual(['exact', 'exact']);
    now += 1;
    expect(await hits(second.url, 3)).toEqual([false]);
    await second.stop();
    now += 10_000;
    const third = await startGateway(yaml, {}, place);
    expect(await hits(third.url, 3)).toEqual([false]);
    await third.stop();
  });
});
