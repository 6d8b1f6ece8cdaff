// Prompts that replicas share by way of Redis: found by all, dropped by all, sealed, and gone on without while Redis is away.
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  setDefaultTimeout,
  test,
} from 'bun:test';
import { until } from '../../../test/journeys/until.ts';
import { startRedis, type TestRedis } from '../../../test/redis.ts';
import { findRedis } from '../../../test/redis-programs.ts';
import { sealingKey } from '../../lib/seal.ts';
import { marksOf } from '../owner-marks.ts';
import { type Meanings, type MeaningsOptions, openMeanings } from './meanings.ts';

setDefaultTimeout(60_000);

const program = await findRedis();
if (typeof program === 'string') console.log(`redis: NOT RUN: ${program}`);

const LONG_MS = 20_000;
const NOW = 1_800_000_000_000;
const STREAM = 'switchyard:{cache}:meanings';
const EAST = Float32Array.of(1, 0.05, 0);
const whoseOf = (user: string) =>
  marksOf({ tenant: 'key_1', user, namespace: null, model: 'alpha/echo' });
const keyOf = (byte: number) => sealingKey(new Uint8Array(32).fill(byte), 'cached prompts');

describe.skipIf(typeof program === 'string')('prompts in Redis', () => {
  let server: TestRedis;
  let opened: Meanings[] = [];
  let said: string[] = [];

  beforeAll(async () => {
    if (typeof program === 'string') throw new Error(program);
    server = await startRedis(program);
  });
  beforeEach(() => server.run('FLUSHALL'));
  afterEach(async () => {
    await Promise.all(opened.map((meanings) => meanings.close()));
    opened = [];
    said = [];
  });
  afterAll(() => server.end());

  function open(options: Partial<MeaningsOptions> = {}): Meanings {
    const meanings = openMeanings({
      dataDir: null,
      redisUrl: server.url,
      sealing: { seals: null, opens: [] },
      maxEntries: 1000,
      log: (level, message) => said.push(`${level} ${message}`),
      now: () => NOW,
      findWithinMs: LONG_MS,
      ...options,
    });
    opened.push(meanings);
    return meanings;
  }

  const add = (meanings: Meanings, key: string, partition = key) =>
    meanings.add({
      partition,
      key,
      whose: whoseOf(key),
      text: 'Where is the harbour?',
      vector: EAST,
      expiresAt: NOW + 60_000,
    });
  const find = (meanings: Meanings, partition: string) =>
    meanings.find({ partition, text: 'where is the harbour', vector: EAST, threshold: 0.9 });
  const finds = (meanings: Meanings, partition: string) => async () =>
    (await find(meanings, partition)) !== null;

  test('what one adds all find, those that start later too, and what one drops none finds', async () => {
    const one = open();
    const two = open();
    expect(await find(two, 'a')).toBeNull();
    for (const key of ['a', 'b', 'c']) add(one, key);
    await until(finds(two, 'a'), LONG_MS);
    expect(await find(two, 'a')).toMatchObject({ key: 'a', verdict: { same: true } });
    const ttl = Number(await server.run('PTTL', STREAM));
    expect(ttl).toBeWithin(30_000, 60_001);
    const three = open();
    await until(finds(three, 'c'), LONG_MS);
    three.forget('a');
    expect(await one.drop({ user: 'b' })).toBe(true);
    for (const meanings of [one, two, three])
      for (const gone of ['a', 'b'])
        await until(async () => (await find(meanings, gone)) === null, LONG_MS);
    expect(await find(two, 'c')).toMatchObject({ key: 'c' });
    // And those that start from now on: they hear all of it in order.
    const four = open();
    await until(finds(four, 'c'), LONG_MS);
    await four.flush();
    expect(await find(four, 'a')).toBeNull();
    expect(await find(four, 'b')).toBeNull();
    expect(said).toEqual([]);
  });

  test('with a master key nothing of a prompt stands in Redis, and only the key opens it', async () => {
    const sealing = { seals: keyOf(7), opens: [keyOf(7)] };
    const one = open({ sealing });
    const two = open({ sealing });
    const keyless = open();
    const other = open({ sealing: { seals: keyOf(8), opens: [keyOf(8)] } });
    add(one, 'a');
    await until(finds(two, 'a'), LONG_MS);
    const stands = JSON.stringify(await server.run('XRANGE', STREAM, '-', '+'));
    expect(stands).toContain('"content');
    for (const content of stands.matchAll(/"content\\?":\\?"([^"\\]+)/g))
      expect(Buffer.from(content[1] ?? '', 'base64').includes('harbour')).toBe(false);
    add(keyless, 'plain');
    await Promise.all([keyless.flush(), other.flush()]);
    await Promise.all([two.flush(), keyless.flush()]);
    expect(await find(keyless, 'a')).toBeNull();
    expect(await find(other, 'a')).toBeNull();
    // Whoever can write to Redis could put it there.
    expect(await find(two, 'plain')).toBeNull();
  });

  test('while Redis is away each finds its own, and all of it is shared when it is back', async () => {
    const one = open();
    const two = open();
    add(one, 'before');
    await until(finds(two, 'before'), LONG_MS);
    await server.kill();
    await until(() => said.length === 2, LONG_MS);
    for (const line of said)
      expect(line).toStartWith('warn prompts that have answers are not shared: Redis: ');
    add(one, 'meanwhile');
    expect(await find(one, 'meanwhile')).toMatchObject({ key: 'meanwhile' });
    expect(await find(two, 'meanwhile')).toBeNull();
    expect(await find(two, 'before')).toMatchObject({ key: 'before' });
    await server.start();
    await until(finds(two, 'meanwhile'), LONG_MS);
    add(two, 'after');
    await until(finds(one, 'after'), LONG_MS);
  });
});
