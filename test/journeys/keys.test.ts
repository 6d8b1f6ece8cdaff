// Who may call: every way of sending a key, what each kind of key opens, and what those without one are told.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import type { JsonObject } from '../../src/lib/json.ts';
import { openWorld, type World } from './four-ways.ts';
import { ADMIN_KEY } from './gateway-under-test.ts';

let world: World;
/** Opens everything but the operator's routes. */
let key: string;

beforeAll(async () => {
  world = await openWorld();
  key = (await create({ name: 'plain' })).key;
});
beforeEach(() => {
  world.sims.alpha.clear();
  world.sims.beta.clear();
});
afterAll(() => world.stop());

interface Created {
  readonly id: string;
  readonly key: string;
}

async function create(body: object): Promise<Created> {
  const response = await world.gateway.post('/router/v1/keys', body);
  expect(response.status).toBe(201);
  return (await response.json()) as Created;
}

const base64 = (text: string) => Buffer.from(text).toString('base64');
const HELLO = [{ role: 'user', content: 'Hello' }] as const;
const CALLERS = [
  ['chat completions', '/v1/chat/completions', { model: 'alpha/echo', messages: HELLO }],
  ['messages', '/v1/messages', { model: 'alpha/echo', max_tokens: 50, messages: HELLO }],
] as const;

/** A call with these headers and no others. */
function post(path: string, body: object, headers: { readonly [name: string]: string }) {
  return world.watch(async () => {
    const response = await fetch(world.gateway.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    return {
      status: response.status,
      headers: response.headers,
      body: (await response.json()) as JsonObject,
    };
  });
}

/** A question to the operator's routes, or to the lists. */
async function get(path: string, secret: string | null, method = 'GET', body?: object) {
  const response = await fetch(world.gateway.url + path, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(secret === null ? {} : { authorization: `Bearer ${secret}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as JsonObject };
}

describe.each(CALLERS)('%s', (name, path, body) => {
  test.each([
    ['Bearer', (k: string) => ({ authorization: `Bearer ${k}` })],
    ['bearer, in any case', (k: string) => ({ authorization: `bearer ${k}` })],
    ['Basic, verbatim', (k: string) => ({ authorization: `Basic ${k}` })],
    ['Basic, user:key', (k: string) => ({ authorization: `Basic ${base64(`someone:${k}`)}` })],
    ['Basic, key:', (k: string) => ({ authorization: `Basic ${base64(`${k}:`)}` })],
    ['Basic, :key', (k: string) => ({ authorization: `Basic ${base64(`:${k}`)}` })],
    ['x-api-key', (k: string) => ({ 'x-api-key': k })],
    ['api-key', (k: string) => ({ 'api-key': k })],
    // Proxies and SDKs add an Authorization of their own beside the key that is meant.
    [
      'x-api-key beside a Bearer of another',
      (k: string) => ({ authorization: 'Bearer other', 'x-api-key': k }),
    ],
  ] as const)('a key is read from %s', async (_, headers) => {
    for (const secret of [key, ADMIN_KEY]) {
      const caused = await post(path, body, headers(secret));
      expect(caused.result.status).toBe(200);
      expect(caused.got).toHaveLength(1);
      expect(caused.rows).toHaveLength(1);
      expect(caused.rows[0]?.key_id).not.toBeNull();
    }
  });

  test.each([
    ['none', {}, 'missing_key'],
    ['an empty one', { 'x-api-key': '' }, 'missing_key'],
    ['a wrong one', { authorization: 'Bearer sy-wrong' }, 'invalid_key'],
    ['a wrong one, Basic', { authorization: `Basic ${base64('user:sy-wrong')}` }, 'invalid_key'],
    ['another scheme', { authorization: `Digest ${ADMIN_KEY}` }, 'missing_key'],
    ['the beginning of a right one', { 'x-api-key': ADMIN_KEY.slice(0, -1) }, 'invalid_key'],
  ])('401 in its own words for %s', async (_, headers, code) => {
    const caused = await post(path, body, headers as { [name: string]: string });
    expect(caused.result.status).toBe(401);
    const error = caused.result.body.error as JsonObject;
    expect(error.code).toBe(code);
    expect(error.type).toBe('authentication_error');
    expect(caused.result.body.type).toBe(name === 'messages' ? 'error' : undefined);
    expect(JSON.stringify(caused.result.body)).not.toContain('sy-');
    expect(caused.result.headers.get('x-generation-id')).not.toBeNull();
    expect(caused.got).toEqual([]);
    // Whoever has no key cannot fill the log either.
    expect(caused.rows).toEqual([]);
  });

  test('a key that expires opens until then, and says so afterwards', async () => {
    const expiring = async (fromNowMs: number) => {
      const expires_at = new Date(Date.now() + fromNowMs).toISOString();
      const changed = await get(`/router/v1/keys/${brief.id}`, ADMIN_KEY, 'PATCH', { expires_at });
      expect(changed.body.expires_at).toBe(expires_at);
      return post(path, body, { 'x-api-key': brief.key });
    };
    const brief = await create({ name: 'brief' });
    expect((await expiring(60_000)).result.status).toBe(200);
    const after = await expiring(-1);
    expect(after.result.status).toBe(401);
    expect(after.result.body.error).toMatchObject({ code: 'invalid_key' });
    expect((after.result.body.error as JsonObject).message).toContain('expired');
    expect(after.got).toEqual([]);
  });

  test.each([
    [['alpha/echo'], 'alpha/echo', true],
    [['alpha/*'], 'alpha/echo', true],
    [['echo'], 'alpha/echo', true],
    [['*'], 'alpha/echo', true],
    [['beta/*'], 'alpha/echo', false],
    [['alpha/other', 'beta/echo'], 'alpha/echo', false],
    [[], 'alpha/echo', false],
  ])('allowed_models %j: %s %p', async (allowed, model, opens) => {
    const { key: limited, id } = await create({ name: 'limited', allowed_models: allowed });
    const caused = await post(path, { ...body, model }, { 'x-api-key': limited });
    expect(caused.rows.map((row) => row.key_id)).toEqual([id]);
    if (opens) expect(caused.result.status).toBe(200);
    else {
      expect(caused.result.status).toBe(403);
      expect(caused.result.body.error).toMatchObject({
        code: 'model_not_allowed',
        type: 'permission_error',
      });
      expect(caused.got).toEqual([]);
    }
  });

  test('a fallback the key may not use is not used', async () => {
    const { key: limited } = await create({ name: 'limited', allowed_models: ['beta/*'] });
    const caused = await post(
      path,
      { ...body, model: 'alpha/echo', models: ['beta/echo+status=503', 'alpha/other'] },
      { 'x-api-key': limited },
    );
    expect(caused.result.status).toBeGreaterThanOrEqual(500);
    expect(new Set(caused.got.map(({ wire }) => wire))).toEqual(new Set(['beta']));
  });
});

test("the SDKs' own errors", async () => {
  const wrongOpenAi = world.openai.withOptions({ apiKey: 'wrong' });
  const wrongAnthropic = world.anthropic.withOptions({ apiKey: 'wrong' });
  const messages = [...HELLO];
  const caused = await world.watch(() =>
    Promise.all([
      wrongOpenAi.chat.completions
        .create({ model: 'alpha/echo', messages })
        .catch((e: unknown) => e),
      wrongAnthropic.messages
        .create({ model: 'alpha/echo', max_tokens: 9, messages })
        .catch((e: unknown) => e),
    ]),
  );
  expect(caused.result[0]).toBeInstanceOf(OpenAI.AuthenticationError);
  expect(caused.result[1]).toBeInstanceOf(Anthropic.AuthenticationError);
  expect(caused.got).toEqual([]);
});

describe("the operator's routes", () => {
  const ROUTES = [
    ['GET', '/router/v1/logs'],
    ['GET', '/router/v1/logs/some-id'],
    ['GET', '/router/v1/keys'],
    ['POST', '/router/v1/keys'],
    ['PATCH', '/router/v1/keys/some-id'],
    ['DELETE', '/router/v1/keys/some-id'],
    ['POST', '/router/v1/keys/some-id:rotate'],
    ['POST', '/router/v1/keys/some-id:revoke-previous'],
    ['GET', '/router/v1/users'],
    ['GET', '/router/v1/users/ann'],
    ['PUT', '/router/v1/users/ann'],
    ['DELETE', '/router/v1/users/ann'],
  ] as const;

  test.each(ROUTES)('%s %s is for admin keys', async (method, path) => {
    const isNew = path === '/router/v1/keys' && method === 'POST';
    const body = { GET: undefined, DELETE: undefined, PUT: {}, POST: {}, PATCH: {} }[method];
    const sent = isNew ? { name: 'x' } : body;
    const before = await keyCount();
    const [none, inference, admin] = [
      await get(path, null, method, sent),
      await get(path, key, method, sent),
      await get(path, ADMIN_KEY, method, sent),
    ];
    expect([none.status, inference.status]).toEqual([401, 403]);
    expect(none.body.error).toMatchObject({ code: 'missing_key' });
    expect(inference.body.error).toMatchObject({ code: 'forbidden' });
    expect([200, 201, 404]).toContain(admin.status);
    expect(await keyCount()).toBe(before + (isNew ? 1 : 0));
  });

  test('a key from its making to its end', async () => {
    const made = await get('/router/v1/keys', ADMIN_KEY, 'POST', {
      name: 'life',
      allowed_models: ['alpha/*'],
      metadata: { team: 'search' },
    });
    const { key: secret, id } = made.body as unknown as Created;
    const models = () => get('/v1/models', secret);
    expect((await models()).status).toBe(200);
    const shown = await get('/router/v1/keys', ADMIN_KEY);
    expect(shown.body.keys).toContainEqual(
      expect.objectContaining({
        id,
        name: 'life',
        role: 'inference',
        allowed_models: ['alpha/*'],
        metadata: { team: 'search' },
        expires_at: null,
      }) as never,
    );
    // The secret was told once and never again.
    expect(JSON.stringify(shown.body)).not.toContain(secret);
    const changed = await get(`/router/v1/keys/${id}`, ADMIN_KEY, 'PATCH', { role: 'admin' });
    expect(changed.body).toMatchObject({
      id,
      role: 'admin',
      name: 'life',
      allowed_models: ['alpha/*'],
    });
    expect((await get('/router/v1/keys', secret)).status).toBe(200);
    expect((await get(`/router/v1/keys/${id}`, ADMIN_KEY, 'DELETE')).status).toBe(200);
    expect((await models()).status).toBe(401);
    expect((await get(`/router/v1/keys/${id}`, ADMIN_KEY, 'DELETE')).status).toBe(404);
  });
});

async function keyCount(): Promise<number> {
  const { body } = await get('/router/v1/keys', ADMIN_KEY);
  return (body.keys as readonly unknown[]).length;
}
