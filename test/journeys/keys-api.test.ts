// Virtual keys through the API: every field, what a change keeps and clears, routers, switching off, and what nobody may do.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import type { JsonObject } from '../../src/lib/json.ts';
import { asObject, asObjects } from '../../src/lib/json.ts';
import { failureOf } from './failure-of.ts';
import {
  ADMIN_KEY,
  type GatewayUnderTest,
  startGateway,
  startTwoWires,
} from './gateway-under-test.ts';

const wires = startTwoWires();
let gateway: GatewayUnderTest;

const ROUTER = (name: string) => `
  - name: ${name}
    defaultRoute: { variants: [{ weight: 100, variant: { variant_id: v, model_id: alpha/echo } }] }`;

beforeAll(async () => {
  gateway = await startGateway(`${wires.yaml}\nrouters:${ROUTER('voice')}${ROUTER('support')}\n`);
});
beforeEach(() => {
  wires.alpha.clear();
  wires.beta.clear();
});
afterAll(async () => {
  await gateway.stop();
  await wires.stop();
});

interface Answer {
  readonly status: number;
  readonly body: JsonObject;
}

async function ask(method: string, path: string, body?: object, key = ADMIN_KEY): Promise<Answer> {
  const response = await fetch(gateway.url + path, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as JsonObject };
}

async function made(fields: object): Promise<{ readonly id: string; readonly key: string }> {
  const { status, body } = await ask('POST', '/router/v1/keys', { name: 'test', ...fields });
  expect(status).toBe(201);
  return body as unknown as { id: string; key: string };
}

const chat = (key: string, model = 'alpha/echo') =>
  gateway
    .openai(key)
    .chat.completions.create({ model, messages: [{ role: 'user', content: 'Hello' }] });

const message = (key: string, model = 'alpha/echo') =>
  gateway
    .anthropic(key)
    .messages.create({ model, max_tokens: 50, messages: [{ role: 'user', content: 'Hello' }] });

/** Of an SDK's error: its status, and our code, which Anthropic's keeps one level deeper. */
function told(failure: unknown): readonly unknown[] {
  const { status, error } = failure as { readonly status: number; readonly error: JsonObject };
  return [status, (asObject(error.error) ?? error).code];
}

const FIELDS = {
  name: 'search',
  role: 'inference',
  enabled: true,
  allowed_models: ['alpha/*'],
  allowed_routers: ['voice'],
  budget: [
    { amount_usd: 5, period: 'day' },
    { amount_usd: 100.000000001, period: 'month' },
  ],
  rate_limit: { requests_per_minute: 600, tokens_per_minute: 100_000, concurrent: 8 },
  user_limits: { budget: { amount_usd: 1, period: 'week' }, rate_limit: null },
  expires_at: '2099-01-31T00:00:00.000Z',
  labels: { team: 'search', stage: 'live' },
  metadata: { seats: 3 },
  log_bodies: false,
  cache: { mode: 'exact', ttl: 600, threshold: 0.97, namespace: 'search' },
};

describe('a key with every field', () => {
  test('is shown as it was made, to whoever lists it and to whoever asks for it', async () => {
    const { id, key } = await made(FIELDS);
    const one = await ask('GET', `/router/v1/keys/${id}`);
    expect(one.body).toMatchObject({ ...FIELDS, id, source: 'api', previous_secrets: [] });
    expect(one.body.usage).toEqual({
      budgets: [
        {
          period: 'day',
          amount_usd: 5,
          spent_usd: 0,
          held_usd: 0,
          remaining_usd: 5,
          resets_at: expect.any(String),
        },
        {
          period: 'month',
          amount_usd: 100.000000001,
          spent_usd: 0,
          held_usd: 0,
          remaining_usd: 100.000000001,
          resets_at: expect.any(String),
        },
      ],
      requests_this_minute: 0,
      tokens_this_minute: 0,
      concurrent: 0,
    });
    const all = await ask('GET', '/router/v1/keys');
    expect(all.body.keys).toContainEqual(one.body as never);
    expect(JSON.stringify([one, all])).not.toContain(key);
  });

  test('counts what it does', async () => {
    const { id, key } = await made(FIELDS);
    await chat(key);
    const { body } = await ask('GET', `/router/v1/keys/${id}`);
    expect(body.usage).toMatchObject({ requests_this_minute: 1, concurrent: 0 });
  });

  test('changes where a patch names it, and nowhere else', async () => {
    const { id } = await made(FIELDS);
    const path = `/router/v1/keys/${id}`;
    const { body: before } = await ask('GET', path);
    const same = (after: JsonObject) => {
      const { updated_at: _, ...rest } = after;
      return rest;
    };
    // As it was answered; and empty.
    for (const patch of [before, {}]) {
      const { status, body } = await ask('PATCH', path, patch);
      expect([status, same(body)]).toEqual([200, same(before)]);
    }
    const cleared = await ask('PATCH', path, { budget: null, labels: null, expires_at: null });
    expect(cleared.body).toMatchObject({
      ...FIELDS,
      budget: null,
      labels: {},
      expires_at: null,
      usage: { budgets: [] },
    });
    const slower = await ask('PATCH', path, { rate_limit: { concurrent: 1 } });
    expect(slower.body.rate_limit).toEqual({
      requests_per_minute: null,
      tokens_per_minute: null,
      concurrent: 1,
    });
  });

  test.each([
    [{ budget: { amount_usd: 1, period: 'year' } }, 'budget.period'],
    [{ rate_limit: { requests_per_min: 1 } }, 'rate_limit.requests_per_min'],
    [{ key: 'sy-of-my-own-making' }, 'key'],
    [{ allowed_routers: ['a/b'] }, 'allowed_routers[0]'],
  ])('stays as it was where the patch is wrong: %j', async (patch, param) => {
    const { id } = await made(FIELDS);
    const before = await ask('GET', `/router/v1/keys/${id}`);
    const refused = await ask('PATCH', `/router/v1/keys/${id}`, { name: 'other', ...patch });
    expect(refused).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_request', param } },
    });
    expect(JSON.stringify(refused)).not.toContain('sy-of-my-own');
    expect(await ask('GET', `/router/v1/keys/${id}`)).toEqual(before);
  });
});

describe('a list', () => {
  test('is of those that are asked for', async () => {
    const a = await made({ name: 'Blue Phone', labels: { team: 'blue', stage: 'live' } });
    const b = await made({ name: 'Blue Web', labels: { team: 'blue' }, enabled: false });
    const c = await made({ name: 'red', labels: { team: 'red' }, role: 'admin' });
    const ids = async (query: string) => {
      const { body } = await ask('GET', `/router/v1/keys?${query}`);
      return asObjects(body.keys).map(({ id }) => id);
    };
    expect(await ids('label=team%3Dblue')).toEqual([a.id, b.id]);
    expect(await ids('label=team=blue,stage')).toEqual([a.id]);
    expect(await ids('label=team&enabled=false')).toEqual([b.id]);
    expect(await ids('role=admin')).toEqual([c.id]);
    expect(await ids('name=blue')).toEqual([a.id, b.id]);
    expect(await ids('label=toString')).toEqual([]);
    expect((await ask('GET', '/router/v1/keys?toString=x')).status).toBe(400);
    expect((await ask('GET', '/router/v1/keys?lable=x')).body.error).toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining('"label"'),
    });
  });
});

describe('routers', () => {
  test.each<[allowed_models: string[] | null, allowed_routers: string[] | null, opens: string[]]>([
    [null, null, ['alpha/echo', 'router/voice', 'router/support', 'auto']],
    [null, ['voice'], ['alpha/echo', 'router/voice', 'auto']],
    [[], ['*'], ['router/voice', 'router/support']],
    [['alpha/*'], [], ['alpha/echo', 'auto']],
    [['alpha/*', 'router/*'], ['inworld/support'], ['alpha/echo', 'router/support', 'auto']],
    [['inworld/voice'], null, ['router/voice']],
  ])('models %j, routers %j open %j', async (allowed_models, allowed_routers, opens) => {
    const { key } = await made({ allowed_models, allowed_routers });
    for (const model of ['alpha/echo', 'router/voice', 'router/support']) {
      for (const call of [chat, message]) {
        if (opens.includes(model)) await call(key, model);
        else expect(told(await failureOf(call(key, model)))).toEqual([403, 'model_not_allowed']);
      }
    }
    const listed = await ask('GET', '/v1/models', undefined, key);
    const names = asObjects(listed.body.data).map(({ id }) => String(id));
    const shown = names.filter(
      (id) => id.startsWith('router/') || id === 'alpha/echo' || id === 'auto',
    );
    expect(shown.sort()).toEqual([...opens].sort());
  });

  test('a router’s models are open to whoever may use it, and to nobody by themselves', async () => {
    const { key } = await made({ allowed_models: [], allowed_routers: ['voice'] });
    const reply = await chat(key, 'router/voice');
    expect(reply.choices[0]?.message.content).toBeTruthy();
    const fallback = { models: ['beta/echo'] };
    const failing = await gateway.post(
      '/v1/chat/completions',
      { model: 'beta/echo', messages: [{ role: 'user', content: 'x' }], ...fallback },
      { authorization: `Bearer ${key}` },
    );
    expect(failing.status).toBe(403);
    expect(wires.beta.received).toBe(0);
  });
});

describe('switching off', () => {
  test('refuses at once, tells only the holder why, and is taken back', async () => {
    const { id, key } = await made({});
    await chat(key);
    const off = await ask('PATCH', `/router/v1/keys/${id}`, { enabled: false });
    expect(off.body.enabled).toBe(false);
    wires.alpha.clear();
    for (const call of [chat, message]) {
      const failure = await failureOf(call(key));
      expect(told(failure)).toEqual([401, 'invalid_key']);
      expect((failure as Error).message).toContain('switched off');
      expect(((await failureOf(call(`${key}x`))) as Error).message).toContain('not known here');
    }
    expect(wires.alpha.received).toBe(0);
    await ask('PATCH', `/router/v1/keys/${id}`, { enabled: true });
    await chat(key);
    expect(wires.alpha.received).toBe(1);
  });
});

describe('an inference key', () => {
  test('reads no other’s requests and no key, not even itself', async () => {
    const mine = await made({ role: 'inference' });
    const other = await made({ role: 'inference' });
    await chat(other.key);
    await gateway.gateway.ledger.flush();
    const row = (await gateway.rows()).at(-1);
    expect(row?.key_id).toBe(other.id);
    const path = `/v1/generation?id=${row?.id}`;
    expect((await ask('GET', path, undefined, other.key)).status).toBe(200);
    expect((await ask('GET', path, undefined, mine.key)).status).toBe(404);
    for (const path of [`/router/v1/keys/${mine.id}`, '/router/v1/keys', '/router/v1/users'])
      expect((await ask('GET', path, undefined, mine.key)).status).toBe(403);
    const self = await ask('PATCH', `/router/v1/keys/${mine.id}`, { role: 'admin' }, mine.key);
    expect(self.status).toBe(403);
  });
});

test('what is not there is said to be not there', async () => {
  const missing: readonly (readonly [string, string, object?])[] = [
    ['GET', '/router/v1/keys/key_none'],
    ['PATCH', '/router/v1/keys/key_none', { name: 'x' }],
    ['DELETE', '/router/v1/keys/key_none'],
    ['POST', '/router/v1/keys/key_none:rotate', {}],
    ['POST', '/router/v1/keys/key_none:revoke-previous'],
    ['POST', '/router/v1/keys/key_none:rotat', {}],
  ];
  for (const [method, path, body] of missing) {
    const { status, body: told } = await ask(method, path, body);
    expect([path, status, told.error]).toMatchObject([path, 404, { code: 'not_found' }]);
  }
  const plain = await ask('POST', '/router/v1/keys/key_none', {});
  expect(plain).toMatchObject({ status: 405, body: { error: { code: 'method_not_allowed' } } });
});

test('the SDKs know what a refused key is', async () => {
  const { id, key } = await made({});
  await ask('DELETE', `/router/v1/keys/${id}`);
  expect(await failureOf(chat(key))).toBeInstanceOf(OpenAI.AuthenticationError);
  expect(await failureOf(message(key))).toBeInstanceOf(Anthropic.AuthenticationError);
});
