// Answers that replicas share by way of Redis: given by all, dropped by all, sealed, and gone on without while Redis is away.
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

const LONG_MS = 20_000;
const until = (what: () => boolean | Promise<boolean>) => untilWithin(what, LONG_MS);
const NOW = 1_800_000_000_000;
const CANARY = 'canary-Kx72bQ';
const UNSEALED = answerSealing({ current: null, previous: [] });
const sealedBy = (current: number, ...previous: number[]) =>
  answerSealing({
    current: new Uint8Array(32).fill(current),
    previous: previous.map((byte) => new Uint8Array(32).fill(byte)),
  });

describe.skipIf(typeof program === 'string')('answers in Redis', () => {
  let server: TestRedis;
  let opened: RedisAnswers[] = [];
  let said: string[] = [];

  beforeAll(async () => {
    if (typeof program === 'string') throw new Error(program);
    server = await startRedis(program);
  });
  beforeEach(() => server.run('FLUSHALL'));
  afterEach(async () => {
    await Promise.all(opened.map((store) => store.close()));
    opened = [];
    said = [];
  });
  afterAll(() => server.end());

  async function open(sealing = UNSEALED, findMs = 5000): Promise<RedisAnswers> {
    const store = new RedisAnswers({
      ...{ url: server.url, sealing, findMs, bounds: () => ROOMY, now: () => NOW },
      log: (level, message) => said.push(`${level} ${message}`),
    });
    opened.push(store);
    await store.started;
    return store;
  }
  const isUp = (store: RedisAnswers) => () => store.figures().trouble === null;

  test('what one keeps all give, from then on out of their own memory', async () => {
    const one = await open();
    const two = await open();
    one.keep('a', answerOf('shared'));
    await one.flush();
    const [first, same] = await Promise.all([two.find('a'), two.find('a')]);
    expect(first).toEqual(answerOf('shared'));
    // The same object: what was read from its text once is read for both.
    expect(same).toBe(first);
    await server.run('DEL', 'switchyard:{cache}:answer:a');
    expect(two.find('a')).toBe(first);
    const ttl = Number(await server.run('PTTL', 'switchyard:{cache}:answer:a'));
    expect(ttl).toBe(-2);
    one.keep('b', answerOf('b'));
    await one.flush();
    expect(Number(await server.run('PTTL', 'switchyard:{cache}:answer:b'))).toBeWithin(1, 60_001);
  });

  test('dropped by one they are gone from the memory of the others and from Redis; what others kept stays', async () => {
    const one = await open();
    const two = await open();
    for (let nth = 0; nth < 1500; nth++) one.keep(`k${nth}`, answerOf(`n ${nth}`));
    two.keep('other', answerOf('other', { model: 'm/2' }));
    await Promise.all([one.flush(), two.flush()]);
    expect(await two.find('k7')).not.toBeNull();
    expect(await one.drop({ model: 'alpha/echo' })).toBe(1000 + 500);
    expect(await server.run('KEYS', '*answer:*')).toEqual(['switchyard:{cache}:answer:other']);
    await until(() => two.figures().entries === 1);
    expect(await two.find('k7')).toBeNull();
    expect(await one.find('other')).toMatchObject({ text: 'other' });
  });

  test('kept by one that had not heard of the drop they are not given either', async () => {
    const one = await open();
    one.keep('a', answerOf('late'));
    await one.flush();
    const late = String(await server.run('GET', 'switchyard:{cache}:answer:a'));
    await one.drop({});
    await server.run('SET', 'switchyard:{cache}:answer:a', late);
    const two = await open();
    expect(await two.find('a')).toBeNull();
    expect(await one.find('a')).toBeNull();
    one.keep('a', answerOf('later'));
    await one.flush();
    expect(await two.find('a')).toMatchObject({ text: 'later' });
  });

  test('a replica that missed more drops than are remembered, or a Redis that lost them, begins anew', async () => {
    const one = await open();
    one.keep('a', answerOf('a'));
    await one.flush();
    await server.run('FLUSHALL');
    await until(() => one.figures().entries === 0);
    one.keep('b', answerOf('b'));
    await one.flush();
    const two = await open();
    expect(await two.find('b')).toMatchObject({ text: 'b' });
    expect(said).toEqual([]);
  });

  test('sealed: nothing can be read, a wrong key is told once, a previous one opens, another’s place does not', async () => {
    const one = await open(sealedBy(1));
    one.keep(
      'a',
      answerOf(`${CANARY} a`, { owner: { tenant: CANARY, user: CANARY, namespace: CANARY } }),
    );
    one.keep('b', answerOf(`${CANARY} b`));
    await one.flush();
    const raw = String(await server.run('GET', 'switchyard:{cache}:answer:a'));
    expect(raw).not.toContain(CANARY);
    expect(raw).not.toContain('alpha');
    for (const part of raw.split(/[ \n!]/))
      expect(Buffer.from(part, 'base64').toString('latin1')).not.toContain(CANARY);
    const wrong = await open(sealedBy(2));
    expect([await wrong.find('a'), await wrong.find('b')]).toEqual([null, null]);
    expect(said).toHaveLength(1);
    expect(said[0]).toContain('sealed by a master key that is not known here');
    const follower = await open(sealedBy(2, 1));
    expect(await follower.find('a')).toMatchObject({ text: `${CANARY} a` });
    await server.run('SET', 'switchyard:{cache}:answer:b', raw);
    expect(await follower.find('b')).toBeNull();
    await server.run('SET', 'switchyard:{cache}:answer:b', 'nonsense');
    expect(await follower.find('b')).toBeNull();
    expect(said).toHaveLength(1);
  });

  test('while Redis hangs nobody waits long, and only once; when it is back all is as before', async () => {
    const one = await open(UNSEALED, 50);
    one.keep('a', answerOf('a'));
    await one.flush();
    server.freeze();
    const before = performance.now();
    expect(await one.find('nothing')).toBeNull();
    const waitedMs = performance.now() - before;
    expect(waitedMs).toBeGreaterThan(40);
    // Until it answers, or is given up.
    expect(one.find('nothing else')).toBeNull();
    expect(one.find('a')).toMatchObject({ text: 'a' });
    one.keep('b', answerOf('b'));
    expect(one.find('b')).toMatchObject({ text: 'b' });
    await until(() => one.figures().trouble !== null);
    expect(one.figures().failures).toBeGreaterThan(0);
    server.thaw();
    await until(isUp(one));
    expect(said).toHaveLength(2);
    expect(said[0]).toBe(
      'warn kept answers are not shared: Redis: it did not answer within 500 ms; each replica gives what it has in memory until it is back',
    );
    expect(said[1]).toBe('info Redis is back: kept answers are shared by all replicas again');
    expect(one.find('a')).toMatchObject({ text: 'a' });
  });

  test('dropped while Redis is away they are gone here at once, and everywhere when it is back', async () => {
    const one = await open();
    const two = await open();
    one.keep('a', answerOf('a'));
    one.keep('b', answerOf('b', { model: 'm/2' }));
    await one.flush();
    expect(await two.find('a')).not.toBeNull();
    expect(await two.find('b')).not.toBeNull();
    await server.kill();
    await until(() => one.figures().trouble !== null && two.figures().trouble !== null);
    const refused = await one.drop({ model: 'alpha/echo' }).then(() => null, Object);
    expect(refused).toMatchObject({ code: 'storage_unavailable' });
    one.forget('b');
    expect([one.find('a'), one.find('b')]).toEqual([null, null]);
    expect(two.find('a')).not.toBeNull();
    await server.start();
    await until(() => isUp(one)() && isUp(two)());
    await until(async () => (await two.find('a')) === null && (await two.find('b')) === null);
    expect(await server.run('EXISTS', 'switchyard:{cache}:answer:a')).toBe(0);
    expect(one.figures().entries).toBe(0);
    two.keep('a', answerOf('new'));
    await two.flush();
    await until(async () => (await one.find('a')) !== null);
  });

  test('a Redis that is full is no place to keep anything: said once, and no request hears of it', async () => {
    await server.run('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    const one = await open();
    await server.run('CONFIG', 'SET', 'maxmemory', '1');
    one.keep('a', answerOf('a'));
    await until(() => one.figures().trouble !== null);
    expect(one.find('a')).toMatchObject({ text: 'a' });
    expect(one.find('b')).toBeNull();
    expect(said).toHaveLength(1);
    expect(said[0]).toContain('OOM');
    await server.run('CONFIG', 'SET', 'maxmemory', '0');
    await until(isUp(one));
  });

  test('an address that is none is refused at the start', () => {
    const open = () =>
      new RedisAnswers({
        ...{ url: 'http://x', sealing: UNSEALED, bounds: () => ROOMY, now: () => NOW },
        log: () => undefined,
      });
    expect(open).toThrow('REDIS_URL names no server that kept answers can be shared by.');
  });
});
