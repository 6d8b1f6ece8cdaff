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

  const add = (meanings: Meanings, key: string, partition = key, user = key) =>
    meanings.add({
      partition,
      key,
      whose: whoseOf(user),
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
    expect(stands).toContain('content');
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

  /** Entries; words of drops have marks too, but are nobody's. */
  const ownedBy = (user: string, stands: string) =>
    stands.split(` ${whoseOf(user)[1]} - `).length - 1;
  const entries = async () => JSON.stringify(await server.run('XRANGE', STREAM, '-', '+'));

  test('what is dropped is out of Redis, however much it is, and nothing else is', async () => {
    const one = open();
    const two = open();
    for (let nth = 0; nth < 450; nth += 1) add(one, `k${nth}`, `k${nth}`, nth % 3 ? 'ann' : 'bob');
    await one.flush();
    await until(finds(two, 'k449'), LONG_MS);
    // Of a form that does not say whose it is.
    await server.run('XADD', STREAM, '*', 'm', '{"key":"old"}');
    expect(await two.drop({ user: 'ann' })).toBe(true);
    const stands = await entries();
    expect(stands.match(/content\\":/g)).toHaveLength(150);
    expect(ownedBy('ann', stands)).toBe(0);
    expect(stands.includes('old')).toBe(false);
    expect(await find(two, 'k449')).toBeNull();
    expect(await find(two, 'k447')).not.toBeNull();
    await until(async () => (await find(one, 'k449')) === null, LONG_MS);
    expect(await find(one, 'k447')).not.toBeNull();
    // What comes after it is known to all.
    add(one, 'again', 'again', 'ann');
    await until(finds(two, 'again'), LONG_MS);
  });

  test('whoever says it late, not knowing that it was dropped, is not heard', async () => {
    const one = open();
    const two = open();
    add(two, 'before');
    await until(finds(one, 'before'), LONG_MS);
    for (let nth = 0; nth < 8; nth += 1) {
      // It is said a little later.
      add(two, `late-${nth}`, `late-${nth}`, `ann-${nth}`);
      add(two, `other-${nth}`, `other-${nth}`, 'bob');
      expect(await one.drop({ user: `ann-${nth}` })).toBe(true);
    }
    await two.flush();
    const three = open();
    for (const meanings of [one, two, three]) {
      for (const there of ['other-0', 'other-7', 'before'])
        await until(finds(meanings, there), LONG_MS);
      for (let nth = 0; nth < 8; nth += 1)
        await until(async () => (await find(meanings, `late-${nth}`)) === null, LONG_MS);
    }
    for (let nth = 0; nth < 8; nth += 1) expect(ownedBy(`ann-${nth}`, await entries())).toBe(0);
    expect(ownedBy('bob', await entries())).toBe(8);
    expect(said).toEqual([]);
  });

  test('dropped while Redis is away: that is said, and done as soon as it is back', async () => {
    const one = open();
    const two = open();
    for (const key of ['ann', 'bob']) add(one, key);
    await until(finds(two, 'bob'), LONG_MS);
    await server.kill();
    await until(() => said.length === 2, LONG_MS);
    expect(await one.drop({ user: 'ann' })).toBe(false);
    expect(await find(one, 'ann')).toBeNull();
    expect(await find(two, 'ann')).not.toBeNull();
    await server.start();
    await until(async () => (await find(two, 'ann')) === null, LONG_MS);
    expect(await find(two, 'bob')).not.toBeNull();
    await until(async () => ownedBy('ann', await entries()) === 0, LONG_MS);
    expect(ownedBy('bob', await entries())).toBe(1);
    expect(await find(one, 'bob')).not.toBeNull();
  });

  test('who missed a drop whose word is gone from Redis drops everything, and goes on', async () => {
    const one = open();
    add(one, 'a');
    await one.flush();
    expect(await find(one, 'a')).not.toBeNull();
    await server.run('DEL', STREAM);
    await server.run('SET', `${STREAM}:dropped`, '9999999999999-0');
    add(one, 'b');
    await until(async () => (await find(one, 'a')) === null, LONG_MS);
    add(one, 'c');
    await one.flush();
    expect(await find(one, 'c')).not.toBeNull();
    expect(await entries()).toContain('content');
    // Redis lost all it had: nothing was dropped.
    await server.run('FLUSHALL');
    add(one, 'd');
    await one.flush();
    expect(await find(one, 'c')).not.toBeNull();
    expect(await entries()).toContain('content');
  });

  test('a gateway that compares nothing takes them out of Redis too', async () => {
    const one = open();
    for (const key of ['ann', 'bob']) add(one, key);
    await one.flush();
    const other = open();
    expect(await other.drop({ user: 'ann' })).toBe(true);
    expect(other.figures().entries).toBe(0);
    expect((await entries()).match(/content\\":/g)).toHaveLength(1);
    await until(async () => (await find(one, 'ann')) === null, LONG_MS);
    expect(await find(one, 'bob')).not.toBeNull();
  });
});
