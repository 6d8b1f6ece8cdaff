// Limits of users: the same count whichever way a request names its user, each user by themselves, each key by itself.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { asObjects, type JsonObject } from '../../src/lib/json.ts';
import { failureOf } from './failure-of.ts';
import {
  ADMIN_KEY,
  type GatewayUnderTest,
  startGateway,
  startTwoWires,
} from './gateway-under-test.ts';

const wires = startTwoWires();
let gateway: GatewayUnderTest;
/** Stands still within a test: what was counted stays counted. */
let now = Date.UTC(2026, 10, 22, 10);

beforeAll(async () => {
  gateway = await startGateway(wires.yaml, {}, { now: () => now });
});
beforeEach(() => {
  now += 3_600_000;
  wires.alpha.clear();
});
afterAll(async () => {
  await gateway.stop();
  await wires.stop();
});

async function ask(method: string, path: string, body?: object) {
  const response = await fetch(gateway.url + path, {
    method,
    headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as JsonObject };
}

async function keyWith(fields: object): Promise<string> {
  const { body } = await ask('POST', '/router/v1/keys', { name: 'app', ...fields });
  return String(body.key);
}

const MESSAGES = [{ role: 'user', content: 'Hello' }] as const;
const messages = [...MESSAGES];
const model = 'alpha/echo';

/** Every way a request says whose it is, by the official SDKs. */
const WAYS: { readonly [way: string]: (key: string, user: string) => Promise<unknown> } = {
  'user of a chat': (key, user) =>
    gateway.openai(key).chat.completions.create({ model, messages, user }),
  'user of a stream': async (key, user) => {
    const stream = await gateway
      .openai(key)
      .chat.completions.create({ model, messages, user, stream: true });
    for await (const _ of stream) {
      // to its end
    }
  },
  'user of a response': (key, user) =>
    gateway.openai(key).responses.create({ model, input: 'Hello', user }),
  'metadata.user_id of a message': (key, user) =>
    gateway.anthropic(key).messages.create({
      model,
      max_tokens: 50,
      messages,
      metadata: { user_id: user },
    }),
  'the header of a chat': (key, user) =>
    gateway
      .openai(key)
      .chat.completions.create({ model, messages }, { headers: { 'x-switchyard-user': user } }),
  'the header of a message': (key, user) =>
    gateway
      .anthropic(key)
      .messages.create(
        { model, max_tokens: 50, messages },
        { headers: { 'x-switchyard-user': user } },
      ),
  'user of embeddings': (key, user) =>
    gateway.openai(key).embeddings.create({ model, input: 'Hello', user }),
};
const ways = Object.entries(WAYS);

describe('a limit over all keys', () => {
  test.each(ways)('%s: limit − 1 and limit are let in, limit + 1 is not', async (_, call) => {
    const user = `ann-${now}`;
    await ask('PUT', `/router/v1/users/${user}`, { rate_limit: { requests_per_minute: 2 } });
    await call(ADMIN_KEY, user);
    await call(ADMIN_KEY, user);
    wires.alpha.clear();
    const refused = await failureOf(call(ADMIN_KEY, user));
    expect(refused).toMatchObject({ status: 429 });
    expect((refused as Error).message).toContain(user);
    expect(wires.alpha.received).toBe(0);
    await call(ADMIN_KEY, `other-${now}`);
    expect(wires.alpha.received).toBe(1);
  });

  test('all ways together reach the one count, whichever key they come with', async () => {
    const user = `ann-${now}`;
    await ask('PUT', `/router/v1/users/${user}`, {
      rate_limit: { requests_per_minute: ways.length },
    });
    for (const [, call] of ways) await call(await keyWith({}), user);
    const { body } = await ask('GET', `/router/v1/users/${user}`);
    expect(body.usage).toMatchObject({ requests_this_minute: ways.length, concurrent: null });
    wires.alpha.clear();
    for (const [, call] of ways)
      expect(await failureOf(call(await keyWith({}), user))).toMatchObject({ status: 429 });
    expect(wires.alpha.received).toBe(0);
    // Taken back, it holds no longer.
    expect((await ask('DELETE', `/router/v1/users/${user}`)).status).toBe(200);
    for (const [, call] of ways) await call(ADMIN_KEY, user);
  });

  test('a budget counts what all of them spent', async () => {
    const user = `ann-${now}`;
    await ask('PUT', `/router/v1/users/${user}`, { budget: { amount_usd: 1, period: 'day' } });
    for (const [, call] of ways) await call(ADMIN_KEY, user);
    const rows = (await gateway.rows()).filter((row) => row.user === user);
    expect(rows).toHaveLength(ways.length);
    const nano = rows.reduce((sum, row) => sum + Math.round((row.cost_usd ?? Number.NaN) * 1e9), 0);
    const { body } = await ask('GET', `/router/v1/users/${user}`);
    expect(nano).toBeGreaterThan(0);
    expect(body.usage).toMatchObject({
      budgets: [{ spent_usd: nano / 1e9, held_usd: 0, remaining_usd: (1e9 - nano) / 1e9 }],
    });
  });
});

describe('a limit of each user of a key', () => {
  test.each(ways)('%s: counts that user of that key alone', async (_, call) => {
    const limits = { user_limits: { rate_limit: { requests_per_minute: 1 } } };
    const [a, b] = [await keyWith(limits), await keyWith(limits)];
    await call(a, 'ann');
    wires.alpha.clear();
    expect(await failureOf(call(a, 'ann'))).toMatchObject({ status: 429 });
    expect(wires.alpha.received).toBe(0);
    await call(a, 'bob');
    const { body } = await ask('GET', '/router/v1/keys?name=app');
    const { id } = asObjects(body.keys).at(-2) ?? {};
    const seen = await ask('GET', `/router/v1/keys/${id}?user=ann`);
    expect(seen.body).toMatchObject({ usage: null, user_usage: { requests_this_minute: 1 } });
    await call(b, 'ann');
    // Who names nobody is limited by the key's own limits only.
    for (let turn = 0; turn < 3; turn += 1)
      await gateway.openai(a).chat.completions.create({ model, messages });
    expect(wires.alpha.received).toBe(5);
  });
});

test('a user nobody limits is told to be one, and every spelling of a name is another user', async () => {
  const missing = await ask('GET', '/router/v1/users/nobody%2Fat%20all');
  expect(missing).toMatchObject({ status: 404, body: { error: { code: 'not_found' } } });
  const name = encodeURIComponent('team/ann @ home?');
  const put = await ask('PUT', `/router/v1/users/${name}`, { rate_limit: { concurrent: 0 } });
  expect([put.status, put.body.user]).toEqual([201, 'team/ann @ home?']);
  const chat = WAYS['user of a chat'];
  expect(await failureOf(chat?.(ADMIN_KEY, 'team/ann @ home?') ?? Promise.resolve())).toMatchObject(
    { status: 429 },
  );
  await chat?.(ADMIN_KEY, 'Team/ann @ home?');
  const again = await ask('PUT', `/router/v1/users/${name}`, put.body);
  expect([again.status, again.body.rate_limit]).toEqual([200, put.body.rate_limit as never]);
  const wrong = await ask('PUT', `/router/v1/users/${name}`, { budgte: null });
  expect(wrong).toMatchObject({ status: 400, body: { error: { param: 'budgte' } } });
});
