// A Redis that went back to a time before a drop: what was dropped stays dropped while a gateway knows of it, and all go on sharing.
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
import { answerOf, ROOMY } from '../../../test/contracts/answer-store.ts';
import { until as untilWithin } from '../../../test/journeys/until.ts';
import { startRedis, type TestRedis } from '../../../test/redis.ts';
import { findRedis } from '../../../test/redis-programs.ts';
import { answerSealing } from '../answer-seal.ts';
import { RedisAnswers } from './redis-answers.ts';

setDefaultTimeout(60_000);

const program = await findRedis();
if (typeof program === 'string') console.log(`redis: NOT RUN: ${program}`);

const until = (what: () => boolean | Promise<boolean>) => untilWithin(what, 20_000);
const NOW = 1_800_000_000_000;
const PREFIX = 'switchyard:{cache}:';
const SET_BACK = 'warn Redis went back to a state older than drops of kept answers';

describe.skipIf(typeof program === 'string')('answers in a Redis that went back', () => {
  let server: TestRedis;
  let opened: RedisAnswers[] = [];
  let said: string[] = [];

  beforeAll(async () => {
    if (typeof program === 'string') throw new Error(program);
    server = await startRedis(program, ['--appendonly', 'no']);
  });
  beforeEach(() => server.run('FLUSHALL'));
  afterEach(async () => {
    await Promise.all(opened.map((store) => store.close()));
    opened = [];
    said = [];
  });
  afterAll(() => server.end());

  async function open(): Promise<RedisAnswers> {
    const store = new RedisAnswers({
      ...{ url: server.url, findMs: 5000, bounds: () => ROOMY, now: () => NOW },
      sealing: answerSealing({ current: null, previous: [] }),
      log: (level, message) => said.push(`${level} ${message}`),
    });
    opened.push(store);
    await store.started;
    return store;
  }
  async function restoreSnapshot(): Promise<void> {
    await server.kill();
    await server.start();
    expect(await server.run('EXISTS', `${PREFIX}answer:x`)).toBe(1);
  }
  const isThere = async (key: string) =>
    (await server.run('EXISTS', `${PREFIX}answer:${key}`)) === 1;
  async function shares(from: RedisAnswers, to: RedisAnswers, key: string): Promise<void> {
    from.keep(key, answerOf(key));
    await from.flush();
    expect(await to.find(key)).toMatchObject({ text: key });
  }
  const setBacks = () => said.filter((line) => line.startsWith(SET_BACK));

  test('restored from a snapshot older than a drop: it stays dropped, for who starts later too, and all share again', async () => {
    const one = await open();
    const two = await open();
    await shares(one, two, 'x');
    await shares(one, two, 'y');
    one.keep('other', answerOf('other', { model: 'm/2' }));
    await one.flush();
    await server.run('SAVE');
    expect(await one.drop({ model: 'alpha/echo' })).toBe(2);
    await until(() => two.figures().entries === 0);
    await shares(two, one, 'since');
    const gen = await server.run('GET', `${PREFIX}gen`);
    const knows = () => said.filter((line) => line.startsWith('info Redis is back')).length;
    await restoreSnapshot();
    await until(() => knows() === 2);
    expect(await server.run('GET', `${PREFIX}gen`)).toBe(gen);
    // What was kept since is in memory still.
    expect(await one.find('since')).not.toBeNull();
    for (const store of [one, two]) expect(await store.find('x')).toBeNull();
    await shares(one, two, 'a');
    await shares(two, one, 'b');
    const three = await open();
    expect(await three.find('x')).toBeNull();
    expect(await three.find('other')).toMatchObject({ text: 'other' });
    await shares(three, one, 'c');
    await shares(one, three, 'd');
    await until(async () => !(await isThere('x')) && !(await isThere('y')));
    for (const key of ['a', 'b', 'c', 'd', 'other']) expect(await isThere(key)).toBe(true);
    expect(setBacks()).toHaveLength(1);
    expect([one, two, three].map((store) => store.figures().trouble)).toEqual([null, null, null]);
  });

  test('numbers set back under connections that stay: heard of by the next look', async () => {
    const one = await open();
    const two = await open();
    await shares(one, two, 'x');
    const before = String(await server.run('GET', `${PREFIX}gen`));
    await one.drop({});
    await until(() => two.figures().entries === 0);
    const after = await server.run('GET', `${PREFIX}gen`);
    await server.run('SET', `${PREFIX}gen`, before);
    await server.run('DEL', `${PREFIX}drops`);
    await until(async () => (await server.run('GET', `${PREFIX}gen`)) === after);
    expect(await server.run('ZCARD', `${PREFIX}drops`)).toBe(1);
    await shares(one, two, 'a');
    await shares(two, one, 'b');
    expect(setBacks()).toHaveLength(1);
  });

  test('somebody who knew less dropped something else there first: what was lost is dropped above that, for all to hear', async () => {
    const one = await open();
    await shares(one, one, 'x');
    const packed = String(await server.run('GET', `${PREFIX}answer:x`));
    await one.drop({ model: 'alpha/echo' });
    const lost = String(await server.run('GET', `${PREFIX}gen`));
    const first = String(Number(lost) + 1);
    await server.run('SET', `${PREFIX}answer:x`, packed);
    const goBack = `
      redis.call('SET', KEYS[1], ARGV[1])
      redis.call('DEL', KEYS[2])
      redis.call('ZADD', KEYS[2], ARGV[1], '["' .. ARGV[1] .. '",{"model":"m/2"},""]')`;
    await server.run('EVAL', goBack, '2', `${PREFIX}gen`, `${PREFIX}drops`, first);
    await until(async () => (await server.run('ZCARD', `${PREFIX}drops`)) === 3);
    const drops = (await server.run('ZRANGE', `${PREFIX}drops`, '0', '-1')) as string[];
    const gen = String(await server.run('GET', `${PREFIX}gen`));
    expect(drops).toEqual([
      `["${lost}",{"model":"alpha/echo"},""]`,
      `["${first}",{"model":"m/2"},""]`,
      `["${gen}",{"model":"alpha/echo"},""]`,
    ]);
    expect(Number(gen)).toBeGreaterThan(Number(first));
    await until(async () => !(await isThere('x')));
    const two = await open();
    await shares(one, two, 'a');
    await shares(two, one, 'b');
    expect(setBacks()).toHaveLength(1);
  });
});
