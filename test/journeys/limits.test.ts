// Budgets and rates of keys and users, over HTTP with the official SDKs: who is let in, what is charged, what callers are told.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { APIError as AnthropicError } from '@anthropic-ai/sdk';
import { APIError } from 'openai';
import type { Actor } from '../../src/core/actor.ts';
import { type Limits, NO_LIMITS } from '../../src/core/limits.ts';
import type { LogRow } from '../../src/core/log-row.ts';
import type { KeyPatch } from '../../src/limits/keys/key-record.ts';
import {
  ADMIN_KEY,
  type GatewayUnderTest,
  startGateway,
  startTwoWires,
} from './gateway-under-test.ts';
import { until } from './until.ts';

const wires = startTwoWires();
const { alpha, beta } = wires;
const BY: Actor = { via: 'cli', id: 'test' };
/** A Wednesday. */
const NOON = Date.UTC(2026, 10, 25, 12);
const ASKS = [{ role: 'user' as const, content: 'Count.' }];
const PAID = 'alpha/echo+tokens=10';
/** Ten tokens at ten dollars a million. */
const COST_NANO = 100_000;
const yaml = `${wires.yaml}
  - { id: "${PAID}", price: { input: 0, output: 10 } }
  - { id: "alpha/echo+tokens=10+ttft=300", price: { input: 0, output: 10 } }
  - { id: "alpha/echo+tokens=200+gap=10", price: { input: 0, output: 10 } }
  - { id: "alpha/echo+status=500", price: { input: 0, output: 10 } }
  - { id: "alpha/free", price: { input: 0, output: 0 } }
  - { id: "beta/echo+tokens=10", price: { input: 0, output: 10 } }
`;

let now = NOON;
let dataDir: string;
let gateway: GatewayUnderTest;
beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'switchyard-limits-'));
  gateway = await startGateway(yaml, {}, { dataDir, now: () => now });
});
afterAll(async () => {
  await gateway.stop();
  await Promise.all([alpha.stop(), beta.stop()]);
  rmSync(dataDir, { recursive: true, force: true });
});
afterEach(async () => {
  now = NOON;
  // The invariant: nothing under way, nothing held.
  await until(() => gateway.gateway.limits.held === 0);
});

interface Made {
  readonly id: string;
  readonly secret: string;
  /** Used and held of each of its limits. */
  readings(): Promise<readonly (readonly [used: number, held: number])[]>;
}

let made = 0;
async function keyWith(patch: Omit<KeyPatch, 'name' | 'role'>): Promise<Made> {
  made += 1;
  const { record, secret } = await gateway.gateway.keys.create(
    { name: `key ${made}`, role: 'inference', ...patch },
    BY,
  );
  return {
    id: record.id,
    secret,
    async readings() {
      const [all = []] = await gateway.gateway.limits.readKeys([record]);
      return all.map(({ used, held }) => [used, held]);
    },
  };
}

const budgetOf = (calls: number, period: 'day' | 'month' | 'total' = 'day') => [
  { amountNano: calls * COST_NANO, period },
];
const rateOf = (of: Partial<NonNullable<Limits['rate']>>) => ({
  requestsPerMinute: null,
  tokensPerMinute: null,
  concurrent: null,
  ...of,
});

function ask(
  secret: string,
  model = PAID,
  more: object = {},
  headers: Record<string, string> = {},
) {
  return gateway.post(
    '/v1/chat/completions',
    { model, max_tokens: 10, messages: ASKS, ...more },
    { authorization: `Bearer ${secret}`, ...headers },
  );
}

async function statusOf(answer: Promise<Response>): Promise<number> {
  const response = await answer;
  await response.text();
  return response.status;
}

/** The rows of this key, oldest first. */
async function rowsOf({ id }: Made): Promise<readonly LogRow[]> {
  return (await gateway.rows()).filter((row) => row.key_id === id);
}

describe('a budget', () => {
  test('lets in what fits, refuses the next before any provider hears of it, and opens the next day', async () => {
    const key = await keyWith({ budgets: budgetOf(2) });
    for (let call = 0; call < 2; call += 1) expect(await statusOf(ask(key.secret))).toBe(200);
    const before = alpha.received;
    const refusal = await gateway
      .openai(key.secret)
      .chat.completions.create({ model: PAID, max_tokens: 10, messages: ASKS })
      .then(() => null, Object);
    expect(refusal).toBeInstanceOf(APIError);
    expect(refusal).toMatchObject({ status: 402, code: 'budget_exceeded' });
    expect(String(refusal)).toContain(
      `The key "key ${made}" may spend $0.0002 a day: $0.0002 is spent and $0.00 held for requests under way. This one may cost up to $0.0001. It opens at 2026-11-26T00:00:00.000Z.`,
    );
    expect((refusal as APIError).headers?.get('retry-after')).toBe(String(12 * 3600));
    expect(alpha.received).toBe(before);
    expect(await key.readings()).toEqual([[2 * COST_NANO, 0]]);
    const rows = await rowsOf(key);
    expect(rows.map(({ status, cost_usd: usd }) => [status, usd])).toEqual([
      [200, COST_NANO / 1e9],
      [200, COST_NANO / 1e9],
      [402, 0],
    ]);
    now = Date.UTC(2026, 10, 26);
    expect(await statusOf(ask(key.secret))).toBe(200);
    expect(await key.readings()).toEqual([[COST_NANO, 0]]);
  });

  test('is told in Anthropic’s form to its SDK', async () => {
    const key = await keyWith({ budgets: budgetOf(1, 'total') });
    const create = () =>
      gateway
        .anthropic(key.secret)
        .messages.create({ model: 'beta/echo+tokens=10', max_tokens: 10, messages: ASKS });
    await create();
    const refusal = await create().then(() => null, Object);
    expect(refusal).toBeInstanceOf(AnthropicError);
    expect(refusal).toMatchObject({ status: 402 });
    expect(String(refusal)).toContain('It opens when the operator raises it.');
    expect((refusal as AnthropicError).headers?.get('retry-after')).toBeNull();
  });

  test('of nothing still lets in what costs nothing', async () => {
    const key = await keyWith({ budgets: budgetOf(0, 'month') });
    expect(await statusOf(ask(key.secret, 'alpha/free'))).toBe(200);
    expect(await statusOf(ask(key.secret))).toBe(402);
  });

  test('is charged what came of it: a refused provider nothing, a cut stream what its row says', async () => {
    const key = await keyWith({ budgets: budgetOf(1000, 'total') });
    expect(await statusOf(ask(key.secret, 'alpha/echo+status=500'))).toBe(502);
    expect(await key.readings()).toEqual([[0, 0]]);
    const controller = new AbortController();
    const reply = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key.secret}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'alpha/echo+tokens=200+gap=10',
        max_tokens: 500,
        stream: true,
        messages: ASKS,
      }),
      signal: controller.signal,
    });
    const reader = reply.body?.getReader();
    await reader?.read();
    expect(await key.readings()).toEqual([[0, 500 * 10_000]]);
    await Bun.sleep(100);
    controller.abort();
    await until(() => gateway.gateway.limits.held === 0);
    const [, cut] = await rowsOf(key);
    expect(cut?.outcome).toBe('aborted');
    expect(cut?.cost_usd).toBeGreaterThan(0);
    expect(await key.readings()).toEqual([[Math.round((cut?.cost_usd ?? -1) * 1e9), 0]]);
  });

  test('leaves out models whose price nobody knows, and says so where none is left', async () => {
    const key = await keyWith({ budgets: budgetOf(10) });
    const before = alpha.received;
    const none = await ask(key.secret, 'alpha/echo+unheard-of');
    expect(none.status).toBe(400);
    expect(await none.json()).toMatchObject({ error: { code: 'price_unknown' } });
    expect(alpha.received).toBe(before);
    const next = await ask(key.secret, 'alpha/echo+unheard-of', { models: [PAID] });
    expect(await next.json()).toMatchObject({ metadata: { actual_model: PAID } });
    const row = (await rowsOf(key)).at(-1);
    expect(row?.attempts.map(({ model }) => model)).toEqual([PAID]);
    expect(row?.reasoning).toContain('nobody knows what they cost');
    expect(await key.readings()).toEqual([[COST_NANO, 0]]);
  });

  test('holds for endpoints beside chat', async () => {
    const key = await keyWith({ budgets: budgetOf(0) });
    const before = alpha.received;
    const answer = await gateway.post(
      '/v1/embeddings',
      { model: 'alpha/echo', input: 'words '.repeat(50) },
      { authorization: `Bearer ${key.secret}` },
    );
    expect(answer.status).toBe(402);
    expect(alpha.received).toBe(before);
  });

  test('is remembered by the next process', async () => {
    const key = await keyWith({ budgets: budgetOf(1, 'total') });
    expect(await statusOf(ask(key.secret))).toBe(200);
    await gateway.stop();
    gateway = await startGateway(yaml, {}, { dataDir, now: () => now });
    expect(await statusOf(ask(key.secret))).toBe(402);
  });
});

describe('rates', () => {
  test('are told on every reply, in place of the provider’s own', async () => {
    const key = await keyWith({ rate: rateOf({ requestsPerMinute: 2, tokensPerMinute: 1000 }) });
    const told = async (answer: Promise<Response>) => {
      const { headers } = await answer;
      return Object.fromEntries([...headers].filter(([name]) => name.includes('ratelimit')));
    };
    const first = await told(ask(key.secret));
    expect(first).toMatchObject({
      'x-ratelimit-limit-requests': '2',
      'x-ratelimit-remaining-requests': '1',
      'x-ratelimit-reset-requests': '1m1s',
      'x-ratelimit-limit-tokens': '1000',
    });
    expect(Object.keys(first)).toHaveLength(6);
    expect(Number(first['x-ratelimit-remaining-tokens'])).toBeLessThan(991);
    await told(ask(key.secret));
    const refused = await ask(key.secret);
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('61');
    expect(refused.headers.get('x-ratelimit-remaining-requests')).toBe('0');
    expect(await refused.json()).toMatchObject({
      error: {
        code: 'rate_limit_exceeded',
        message: expect.stringContaining('may make 2 requests a minute: 2 were made'),
      },
    });
    now = NOON + 61_000;
    expect(await statusOf(ask(key.secret))).toBe(200);
  });

  test('are told in Anthropic’s headers to its clients', async () => {
    const key = await keyWith({ rate: rateOf({ requestsPerMinute: 1 }) });
    const create = () =>
      gateway
        .anthropic(key.secret)
        .messages.create({ model: 'beta/echo+tokens=10', max_tokens: 10, messages: ASKS });
    const { response } = await create().withResponse();
    expect(response.headers.get('anthropic-ratelimit-requests-limit')).toBe('1');
    expect(response.headers.get('anthropic-ratelimit-requests-remaining')).toBe('0');
    expect(response.headers.get('anthropic-ratelimit-requests-reset')).toBe('2026-11-25T12:01:01Z');
    const refusal = await create().then(() => null, Object);
    expect(refusal).toMatchObject({ status: 429, error: { error: { type: 'rate_limit_error' } } });
    expect((refusal as AnthropicError).headers?.get('retry-after')).toBe('61');
  });

  test('concurrent: a stream counts to its last byte', async () => {
    const key = await keyWith({ rate: rateOf({ concurrent: 1 }) });
    const stream = await gateway.openai(key.secret).chat.completions.create({
      model: 'alpha/echo+tokens=200+gap=10',
      max_tokens: 20,
      stream: true,
      messages: ASKS,
    });
    const refused = await ask(key.secret);
    expect(refused.status).toBe(429);
    expect(await refused.text()).toContain('There is room when one of them ends.');
    for await (const _ of stream);
    await until(() => gateway.gateway.limits.held === 0);
    expect(await statusOf(ask(key.secret))).toBe(200);
  });

  test('are whole for a caller without limits: the provider’s headers pass', async () => {
    const answer = await ask(ADMIN_KEY, PAID);
    expect(answer.headers.get('x-ratelimit-limit-requests')).not.toBe('2');
    await answer.text();
    expect(gateway.gateway.limits.held).toBe(0);
  });
});

describe('a user', () => {
  const named: readonly (readonly [
    how: string,
    call: (key: string, user: string) => Promise<number>,
  ])[] = [
    ['user', (key, user) => statusOf(ask(key, PAID, { user }))],
    ['a header', (key, user) => statusOf(ask(key, PAID, {}, { 'x-switchyard-user': user }))],
    [
      'metadata.user_id',
      (key, user) =>
        statusOf(
          gateway.post(
            '/v1/messages',
            {
              model: 'beta/echo+tokens=10',
              max_tokens: 10,
              messages: ASKS,
              metadata: { user_id: user },
            },
            { authorization: `Bearer ${key}` },
          ),
        ),
    ],
  ];

  test.each(named)('named by %s spends what is theirs, and nobody else’s', async (_, call) => {
    const key = await keyWith({ userLimits: { ...NO_LIMITS, budgets: budgetOf(1) } });
    expect(await call(key.secret, 'ann')).toBe(200);
    // However the same user is named.
    for (const [, other] of named) expect(await other(key.secret, 'ann')).toBe(402);
    expect(await call(key.secret, 'bob')).toBe(200);
    expect(await statusOf(ask(key.secret))).toBe(200);
  });

  test('with limits of their own has them with every key', async () => {
    const keys = [await keyWith({}), await keyWith({})];
    const limits = { budgets: [], rate: rateOf({ requestsPerMinute: 2 }) };
    await gateway.gateway.userLimits.put('carol', limits, BY);
    const statuses = [];
    for (const key of [...keys, ...keys])
      statuses.push(await statusOf(ask(key.secret, PAID, { user: 'carol' })));
    expect(statuses).toEqual([200, 200, 429, 429]);
    const [[reading] = []] = await gateway.gateway.limits.readUsers(['carol']);
    expect(reading).toMatchObject({ used: 2, meter: { of: { what: 'user', name: 'carol' } } });
    await gateway.gateway.userLimits.remove('carol', BY);
    expect(await statusOf(ask(ADMIN_KEY, PAID, { user: 'carol' }))).toBe(200);
  });

  test('has what the configuration gives to each', async () => {
    const config = `${yaml}\nlimits: { users: { rate_limit: { requests_per_minute: 1 } } }\n`;
    const own = await startGateway(config);
    const call = async (user?: string) => {
      const body = { model: PAID, max_tokens: 10, messages: ASKS, ...(user ? { user } : {}) };
      return statusOf(own.post('/v1/chat/completions', body));
    };
    const statuses = [await call('dan'), await call('dan'), await call('eve'), await call()];
    expect(statuses).toEqual([200, 429, 200, 200]);
    await own.stop();
  });
});

test('refusals and holds are counted for the operator', async () => {
  const key = await keyWith({ rate: rateOf({ requestsPerMinute: 0 }), budgets: budgetOf(0) });
  const metrics = async () => {
    const headers = { authorization: `Bearer ${ADMIN_KEY}` };
    return (await fetch(`${gateway.url}/metrics`, { headers })).text();
  };
  const refusals = (text: string, limit: string) =>
    Number(new RegExp(`refusals_total{limit="${limit}",of="key"} (\\d+)`).exec(text)?.[1] ?? 0);
  const before = await metrics();
  await statusOf(ask(key.secret));
  await statusOf(ask(key.secret, 'alpha/free'));
  const after = await metrics();
  expect(refusals(after, 'budget') - refusals(before, 'budget')).toBe(1);
  expect(refusals(after, 'requests') - refusals(before, 'requests')).toBe(1);
  expect(after).toContain('\nswitchyard_limit_holds 0\n');
});
