// Gateways that share a Redis give each other's answers, and drop them together; Redis may stop and come back meanwhile.
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import OpenAI from 'openai';
import { type Sim, startSim } from '../../sim/start-sim.ts';
import { startRedis, type TestRedis } from '../redis.ts';
import { findRedis } from '../redis-programs.ts';
import { type Folder, openFolder, type Program, startServe } from './program-under-test.ts';
import { until as untilWithin } from './until.ts';

setDefaultTimeout(90_000);

const program = await findRedis();
if (typeof program === 'string') console.log(`redis: NOT RUN: ${program}`);

const ADMIN = 'sy-the-admin-key-of-this-test';
const LONG_MS = 20_000;
const until = (what: () => boolean | Promise<boolean>) => untilWithin(what, LONG_MS);
const CANARY = 'canary-Vw19pLd';
const masterKey = (byte: number) => Buffer.alloc(32, byte).toString('base64');

describe.skipIf(typeof program === 'string')('gateways that share a Redis', () => {
  let sim: Sim;
  let server: TestRedis;
  beforeAll(async () => {
    if (typeof program === 'string') throw new Error(program);
    sim = startSim({ seed: 1 });
    server = await startRedis(program);
  });
  afterAll(async () => {
    await sim.stop();
    await server.end();
  });

  const asked = (prompt: string) =>
    sim.requests.filter((request) => JSON.stringify(request).includes(prompt)).length;

  const answerKeys = async () =>
    (await server.run('KEYS', 'switchyard:{cache}:answer:*')) as readonly string[];

  /** What one is told the other gives. On a machine that is busy enough Redis may be late; then the next is tried. */
  async function shared(
    one: Program,
    other: Program,
    prompt: string,
    how: (gateway: Program, prompt: string) => Promise<{ said: unknown; hit: unknown }>,
  ): Promise<string> {
    for (let nth = 0; nth < 20; nth++) {
      const before = (await answerKeys()).length;
      const first = await how(one, `${prompt} ${nth}`);
      expect(first.hit).toBe(false);
      // It is sent behind the reply.
      await until(async () => (await answerKeys()).length > before);
      const second = await how(other, `${prompt} ${nth}`);
      if (second.hit === false) continue;
      expect(second).toEqual({ said: first.said, hit: 'exact' });
      expect(asked(`${prompt} ${nth}`)).toBe(1);
      return `${prompt} ${nth}`;
    }
    throw new Error('Redis was late twenty times');
  }

  async function replica(folder: Folder, nth: number, cache = '', more = {}): Promise<Program> {
    const config = await folder.write(
      `replica-${nth}.yaml`,
      `
health: { enabled: false }
providers:
  alpha: { dialect: openai-chat, base_url: "${sim.url}", api_key: k }
${cache}
`,
    );
    const env = { SWITCHYARD_ADMIN_KEY: ADMIN, REDIS_URL: server.url, ...more };
    const one = await startServe(['--config', config, '--data', `data-${nth}`], folder, { env });
    await until(async () => (await metrics(one)).includes('cache_store_up{store="redis"} 1'));
    return one;
  }

  test('what one was told the others give, streamed or not; dropped at one it is asked for again at all', async () => {
    using folder = openFolder();
    await using one = await replica(folder, 1, 'cache: { ttl: 1h }');
    await using two = await replica(folder, 2, 'cache: { ttl: 1h }');
    const prompt = await shared(one, two, 'What do replicas share?', ask);
    await shared(two, one, 'What is streamed by replicas?', stream);
    const calls = asked(prompt);
    const headers = { authorization: `Bearer ${ADMIN}` };
    const dropped = await fetch(`${one.url()}/router/v1/cache?all=true`, {
      method: 'DELETE',
      headers,
    });
    expect(dropped.status).toBe(200);
    expect(await answerKeys()).toEqual([]);
    await until(async () => (await metrics(two)).includes('switchyard_cache_entries 0\n'));
    expect((await ask(two, prompt)).hit).toBe(false);
    expect(asked(prompt)).toBe(calls + 1);
    // Nothing on the disks of either.
    for (const nth of [1, 2])
      expect(existsSync(join(folder.path, `data-${nth}/cache.db`))).toBe(false);
    expect(complaints(one) + complaints(two)).toBe('');
  });

  test('sealed by the master key: Redis holds no word of it, and who has another key is told', async () => {
    await server.run('FLUSHALL');
    using folder = openFolder();
    await using one = await replica(folder, 1, '', { SWITCHYARD_MASTER_KEY: masterKey(1) });
    await using two = await replica(folder, 2, '', { SWITCHYARD_MASTER_KEY: masterKey(1) });
    await using other = await replica(folder, 3, '', { SWITCHYARD_MASTER_KEY: masterKey(2) });
    const prompt = `What is ${CANARY}?`;
    await ask(one, prompt);
    let keys: readonly string[] = [];
    await until(async () => {
      keys = await answerKeys();
      return keys.length === 1;
    });
    const value = String(await server.run('GET', keys[0] ?? ''));
    for (const part of [value, ...value.split(/[ \n!]/)])
      expect(Buffer.from(part, 'base64').toString('latin1') + part).not.toContain(CANARY);
    await shared(one, two, `Who shares ${CANARY}?`, ask);
    for (let nth = 0; complaints(other) === '' && nth < 20; nth++) {
      await ask(one, `${prompt} ${nth}`);
      await until(async () => (await answerKeys()).length > keys.length);
      keys = await answerKeys();
      expect((await ask(other, `${prompt} ${nth}`)).hit).toBe(false);
    }
    expect(complaints(two)).toBe('');
    expect(complaints(other)).toContain('sealed by a master key that is not known here');
  });

  test('Redis stops in the middle: every request is answered, each gateway gives what it has, and it is told once', async () => {
    await server.run('FLUSHALL');
    using folder = openFolder();
    await using one = await replica(folder, 1, 'cache: { ttl: 1h }');
    await using two = await replica(folder, 2, 'cache: { ttl: 1h }');
    await ask(one, 'What was before?');
    let isOver = false;
    let answered = 0;
    const lane = async (nth: number) => {
      for (let at = 0; !isOver; at++) {
        await ask(nth % 2 === 0 ? one : two, `What of ${nth}, ${at % 5}?`);
        answered += 1;
      }
    };
    const lanes = [0, 1, 2, 3].map(lane);
    await until(() => answered > 20);
    await server.kill();
    const before = answered;
    await until(() => answered > before + 40);
    await until(async () => (await metrics(one)).includes('cache_store_up{store="redis"} 0'));
    expect((await ask(one, 'What was before?')).hit).toBe('exact');
    expect((await ask(two, 'What was before?')).hit).toBe(false);
    await server.start();
    await until(async () => (await metrics(one)).includes('cache_store_up{store="redis"} 1'));
    await until(async () => (await metrics(two)).includes('cache_store_up{store="redis"} 1'));
    isOver = true;
    await Promise.all(lanes);
    await shared(one, two, 'What is new?', ask);
    for (const gateway of [one, two]) {
      const lines = gateway.stderr().split('\n');
      const lost = lines.filter((line) => line.includes('kept answers are not shared'));
      const back = lines.filter((line) => line.includes('Redis is back: kept answers'));
      // On a machine that is busy enough Redis may be late once more.
      expect(lost.length).toBeGreaterThanOrEqual(1);
      expect(back.length).toBe(lost.length);
    }
  });

  test('each keeps its own where they are not to share', async () => {
    await server.run('FLUSHALL');
    using folder = openFolder();
    const path = await folder.write(
      'alone.yaml',
      `providers: { alpha: { dialect: openai-chat, base_url: "${sim.url}", api_key: k } }\ncache: { shared: false }\n`,
    );
    const env = { SWITCHYARD_ADMIN_KEY: ADMIN, REDIS_URL: server.url };
    await using one = await startServe(['--config', path, '--data', 'data'], folder, { env });
    await ask(one, 'What is mine?');
    await until(() => existsSync(join(folder.path, 'data/cache.db')));
    expect(await server.run('KEYS', 'switchyard:{cache}:*')).toEqual([]);
  });
});

interface Metadata {
  readonly cache_hit: string | false;
}

const clientOf = (gateway: Program) =>
  new OpenAI({ baseURL: `${gateway.url()}/v1`, apiKey: ADMIN, maxRetries: 0 });

async function ask(gateway: Program, prompt: string) {
  const reply = await clientOf(gateway).chat.completions.create({
    model: 'alpha/echo',
    messages: [{ role: 'user', content: prompt }],
  });
  const { metadata } = reply as typeof reply & { metadata: Metadata };
  return { said: reply.choices[0]?.message.content, hit: metadata.cache_hit };
}

async function stream(gateway: Program, prompt: string) {
  const chunks = await clientOf(gateway).chat.completions.create({
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

async function metrics(gateway: Program): Promise<string> {
  const headers = { authorization: `Bearer ${ADMIN}` };
  return (await fetch(`${gateway.url()}/metrics`, { headers })).text();
}

/** Of its log what is wrong. */
const complaints = (gateway: Program) =>
  gateway
    .stderr()
    .split('\n')
    .filter((line) => / (warn|error) /.test(line))
    .join('\n');
