// Requests that share a call and differ in what does not shape the answer: fallbacks, deadlines, users, limits. Nobody fails for
// another's reasons, nobody gets whom they ruled out, and nobody pays or is let in otherwise than alone.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test';
import type { JsonObject } from '../../src/lib/json.ts';
import { call, openaiCaller, trailOf } from './callers.ts';
import {
  ADMIN_KEY,
  type GatewayUnderTest,
  startGateway,
  startTwoWires,
} from './gateway-under-test.ts';
import { until } from './until.ts';

const wires = startTwoWires();
const { alpha, beta } = wires;
let gateway: GatewayUnderTest;

const BREAKS = 'alpha/echo+tokens=30+gap=10+cut=12';
const HOLDS = 'beta/echo+tokens=30';
const PRICED = 'alpha/echo+ttft=200+tokens=40+gap=40';

beforeAll(async () => {
  const prices = `${wires.yaml}
  - { id: "${PRICED}", price: { input: 1, output: 2 } }
  - { id: "${HOLDS}", price: { input: 3, output: 15 } }
cache: { mode: exact }
`;
  gateway = await startGateway(prices);
});
afterAll(async () => {
  await gateway.stop();
  await wires.stop();
});
afterEach(() => {
  alpha.clear();
  beta.clear();
});

let asked = 0;
/** Nobody has asked this before. */
const fresh = () => {
  asked += 1;
  return { temperature: asked / 1e6 };
};
const stream = { stream: true };

/** A key of its own, with these limits. */
async function keyWith(fields: object): Promise<string> {
  const made = await gateway.post('/router/v1/keys', { name: `k${asked}`, ...fields });
  expect(made.status).toBe(201);
  return ((await made.json()) as { key: string }).key;
}

const by = (key: string) => ({
  post: (path: string, body: unknown, headers = {}) =>
    gateway.post(path, body, { authorization: `Bearer ${key}`, ...headers }),
});

describe('what the first one failed by', () => {
  test.each([404, 413, 429, 401, 500])(
    '%d: one with fallbacks of its own uses them',
    async (status) => {
      const more = { ...fresh(), ...stream };
      const model = `alpha/echo+ttft=150+status=${status}`;
      const leader = call(gateway, openaiCaller, model, more);
      await until(() => alpha.received === 1);
      const follower = await call(gateway, openaiCaller, model, { ...more, models: [HOLDS] });
      expect((await leader).status).toBeGreaterThanOrEqual(400);
      expect([follower.status, follower.ended, beta.received]).toEqual([200, true, 1]);
    },
  );

  test('twice: the third still has its own fallbacks', async () => {
    const more = { ...fresh(), ...stream };
    const model = 'alpha/echo+ttft=100+status=500';
    const first = call(gateway, openaiCaller, model, more);
    await until(() => alpha.received === 1);
    const second = call(gateway, openaiCaller, model, more);
    const third = await call(gateway, openaiCaller, model, { ...more, models: [HOLDS] });
    expect([(await first).status, (await second).status]).toEqual([502, 502]);
    expect([third.status, third.ended]).toEqual([200, true]);
  });

  test.each([
    ['idle_timeout', { idle_timeout: '300ms' }, 'alpha/echo+tokens=4+gap=700'],
    ['ttft_timeout', { ttft_timeout: '300ms' }, 'alpha/echo+ttft=1200+tokens=4'],
  ])(
    '%s: who waits otherwise shares no call, whoever is first',
    async (_, hasty, model) => {
      for (const deadlines of [
        [hasty, undefined],
        [undefined, hasty],
      ]) {
        alpha.clear();
        beta.clear();
        const more = { ...fresh(), ...stream, models: [HOLDS] };
        const ask = (fallback: JsonObject | undefined) =>
          call(gateway, openaiCaller, model, fallback === undefined ? more : { ...more, fallback });
        const first = ask(deadlines[0]);
        await until(() => alpha.received === 1);
        const second = ask(deadlines[1]);
        const [patient, impatient] = deadlines[0] === undefined ? [first, second] : [second, first];
        expect(trailOf(await patient).map(([by]) => by)).toEqual([model]);
        expect(trailOf(await impatient).map(([by]) => by)).toEqual([model, HOLDS]);
      }
    },
    20_000,
  );

  test('in the middle: one with fallbacks of its own goes on with them, and says so', async () => {
    const more = { ...fresh(), ...stream };
    const leader = call(gateway, openaiCaller, BREAKS, more);
    await until(() => alpha.received === 1);
    const follower = await call(gateway, openaiCaller, BREAKS, { ...more, models: [HOLDS] });
    expect((await leader).error?.code).toBe('upstream_stream_truncated');
    expect([follower.ended, follower.starts, follower.error]).toEqual([true, 1, null]);
    expect(follower.metadata).toMatchObject({
      resumed: true,
      cache_hit: false,
      actual_model: HOLDS,
    });
    expect(trailOf(follower)).toEqual([[HOLDS, 200, 'ok']]);
    expect([alpha.received, beta.received]).toEqual([1, 1]);
  });
});

test('whom a request rules out never answers it, also not in the middle', async () => {
  const more = { ...fresh(), ...stream };
  const leader = call(gateway, openaiCaller, BREAKS, { ...more, models: [HOLDS] });
  await until(() => alpha.received === 1);
  const follower = await call(gateway, openaiCaller, BREAKS, { ...more, ignore: ['beta'] });
  const whole = await leader;
  expect([whole.ended, whole.metadata?.resumed]).toEqual([true, true]);
  expect([follower.ended, follower.error?.code]).toEqual([false, 'upstream_stream_truncated']);
  expect(beta.received).toBe(1);
});

test('who follows while another goes on is told who answers in the end', async () => {
  const more = { ...fresh(), ...stream, models: [HOLDS] };
  const leader = call(gateway, openaiCaller, BREAKS, more);
  await until(() => alpha.received === 1);
  const follower = await call(gateway, openaiCaller, BREAKS, more);
  expect(follower.text).toBe((await leader).text);
  expect(follower.metadata).toMatchObject({
    actual_model: HOLDS,
    resumed: true,
    cache_hit: 'exact',
    cost_usd: 0,
  });
  expect([alpha.received, beta.received]).toEqual([1, 1]);
});

describe('limits', () => {
  test('of one who waited in vain are given back', async () => {
    const key = await keyWith({ rate_limit: { concurrent: 2 } });
    for (let round = 0; round < 3; round++) {
      alpha.clear();
      const more = fresh();
      const leader = call(by(key), openaiCaller, BREAKS, { ...more, ...stream });
      await until(() => alpha.received === 1);
      const follower = await call(by(key), openaiCaller, BREAKS, more);
      expect([(await leader).status, follower.status]).toEqual([200, 502]);
    }
    expect(gateway.gateway.limits.held).toBe(0);
    expect((await call(by(key), openaiCaller, 'alpha/echo', fresh())).status).toBe(200);
  });

  test('of one who goes on by itself are looked at first', async () => {
    const key = await keyWith({
      user_limits: { budget: { amount_usd: 0.00045, period: 'total' } },
    });
    const ask = (user: string, more: object) =>
      call(by(key), openaiCaller, PRICED, { user, max_tokens: 40, ...stream, ...more });
    const bob = { models: [HOLDS] };
    const spent = await call(by(key), openaiCaller, HOLDS, {
      user: 'bob',
      max_tokens: 25,
      ...fresh(),
    });
    expect(spent.status).toBe(200);
    expect((await ask('bob', { ...bob, ...fresh() })).status).toBe(402);
    alpha.clear();
    beta.clear();
    const more = fresh();
    const ann = ask('ann', { ...more, fallback: { total_timeout: '700ms' } });
    await until(() => alpha.received === 1);
    const heard = await ask('bob', { ...more, ...bob });
    expect((await ann).error?.code).toBe('total_timeout');
    expect([heard.ended, heard.error?.code]).toEqual([false, 'budget_exceeded']);
    expect(beta.received).toBe(0);
  }, 20_000);
});

test('a key of another tenant shares nothing', async () => {
  const more = { ...fresh(), ...stream };
  const model = 'alpha/echo+ttft=200+tokens=5';
  const keys = [ADMIN_KEY, await keyWith({}), await keyWith({})];
  const all = await Promise.all(keys.map((key) => call(by(key), openaiCaller, model, more)));
  expect(all.map(({ metadata }) => metadata?.cache_hit)).toEqual([false, false, false]);
  expect(alpha.received).toBe(3);
});
