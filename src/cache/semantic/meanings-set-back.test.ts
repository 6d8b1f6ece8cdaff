// A Redis that went back to a time before a drop of prompts: it hears of the drop again, and all go on sharing.
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
import { marksOf } from '../owner-marks.ts';
import { type Meanings, openMeanings } from './meanings.ts';

setDefaultTimeout(60_000);

const program = await findRedis();
if (typeof program === 'string') console.log(`redis: NOT RUN: ${program}`);

const LONG_MS = 20_000;
const NOW = 1_800_000_000_000;
const STREAM = 'switchyard:{cache}:meanings';
const DROPPED = `${STREAM}:dropped`;
const EAST = Float32Array.of(1, 0.05, 0);
const SET_BACK = 'warn Redis went back to a state older than drops of prompts';

describe.skipIf(typeof program === 'string')('prompts in a Redis that went back', () => {
  let server: TestRedis;
  let opened: Meanings[] = [];
  let said: string[] = [];

  beforeAll(async () => {
    if (typeof program === 'string') throw new Error(program);
    server = await startRedis(program, ['--appendonly', 'no']);
  });
  beforeEach(() => server.run('FLUSHALL'));
  afterEach(async () => {
    await Promise.all(opened.map((meanings) => meanings.close()));
    opened = [];
    said = [];
  });
  afterAll(() => server.end());

  function open(): Meanings {
    const meanings = openMeanings({
      ...{ dataDir: null, redisUrl: server.url, sealing: { seals: null, opens: [] } },
      ...{ maxEntries: 1000, now: () => NOW, findWithinMs: LONG_MS },
      log: (level, message) => said.push(`${level} ${message}`),
    });
    opened.push(meanings);
    return meanings;
  }
  const add = (meanings: Meanings, key: string) =>
    meanings.add({
      ...{ partition: key, key, vector: EAST, expiresAt: NOW + 60_000 },
      whose: marksOf({ tenant: 'key_1', user: key, namespace: null, model: 'alpha/echo' }),
      text: 'Where is the harbour?',
    });
  const finds = async (meanings: Meanings, partition: string) =>
    (await meanings.find({
      partition,
      text: 'where is the harbour',
      vector: EAST,
      threshold: 0.9,
    })) !== null;
  async function shares(from: Meanings, to: Meanings, key: string): Promise<void> {
    add(from, key);
    await until(() => finds(to, key), LONG_MS);
  }
  const entries = async () => JSON.stringify(await server.run('XRANGE', STREAM, '-', '+'));
  const dropped = async () => String(await server.run('GET', DROPPED));
  const setBacks = () => said.filter((line) => line.startsWith(SET_BACK));

  test('restored from a snapshot older than a drop: who starts later does not find it, and all share again', async () => {
    const one = open();
    const two = open();
    for (const key of ['x', 'other']) await shares(one, two, key);
    await server.run('SAVE');
    expect(await one.drop({ user: 'x' })).toBe(true);
    await until(async () => !(await finds(two, 'x')), LONG_MS);
    await shares(two, one, 'since');
    const before = await dropped();
    await server.kill();
    await server.start();
    expect(await entries()).toContain('\\"key\\":\\"x\\"');
    await until(async () => (await dropped()) === before, LONG_MS);
    await until(async () => !(await entries()).includes('\\"key\\":\\"x\\"'), LONG_MS);
    await shares(one, two, 'a');
    await shares(two, one, 'b');
    // Nobody dropped anything that came after.
    for (const meanings of [one, two])
      for (const key of ['other', 'since']) expect(await finds(meanings, key)).toBe(true);
    const three = open();
    for (const key of ['other', 'a', 'b']) await until(() => finds(three, key), LONG_MS);
    expect(await finds(three, 'x')).toBe(false);
    await shares(three, one, 'c');
    expect(setBacks()).toHaveLength(1);
  });

  test('the last drop set back under connections that stay is put right by the next look', async () => {
    const one = open();
    const two = open();
    await shares(one, two, 'x');
    expect(await two.drop({ user: 'x' })).toBe(true);
    await until(async () => !(await finds(one, 'x')), LONG_MS);
    const before = await dropped();
    await server.run('DEL', DROPPED);
    await until(async () => (await dropped()) !== 'null', LONG_MS);
    expect((await dropped()) >= before).toBe(true);
    await shares(one, two, 'a');
    await shares(two, one, 'b');
    expect(setBacks()).toHaveLength(1);
  });

  test('somebody who knew less dropped something else there first: what was lost is said again after it', async () => {
    const one = open();
    await shares(one, one, 'x');
    await one.flush();
    const snapshot = (await server.run('XRANGE', STREAM, '-', '+')) as [string, string[]][];
    const fields = snapshot[0]?.[1] ?? [];
    expect(await one.drop({ user: 'x' })).toBe(true);
    await one.flush();
    const word = JSON.stringify({ from: 'other', drop: marksOf({ user: 'somebody' }) });
    const goBack = `
      redis.call('DEL', KEYS[1])
      redis.call('XADD', KEYS[1], '1-0', unpack(ARGV, 2))
      redis.call('SET', KEYS[2], redis.call('XADD', KEYS[1], '*', 'm', ARGV[1], 'w', '', 'p', ''))`;
    await server.run('EVAL', goBack, '2', STREAM, DROPPED, word, ...fields);
    await until(async () => !(await entries()).includes('\\"key\\":\\"x\\"'), LONG_MS);
    expect(await entries()).toContain(
      `\\"drop\\":${JSON.stringify(JSON.stringify(marksOf({ user: 'x' }))).slice(1, -1)}`,
    );
    const two = open();
    await shares(one, two, 'a');
    await shares(two, one, 'b');
    expect(await finds(two, 'x')).toBe(false);
    expect(setBacks()).toHaveLength(1);
  });
});
