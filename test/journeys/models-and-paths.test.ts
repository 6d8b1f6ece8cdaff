// Where to ask: every form of base URL, the lists of models in their three shapes, and the counting of tokens.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { asObject, asObjects, type JsonObject } from '../../src/lib/json.ts';
import { openWorld, type World } from './four-ways.ts';
import { ADMIN_KEY } from './gateway-under-test.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld({
    providers: ({ alpha }) => [
      `hub: { dialect: openai-chat, base_url: "${alpha}", api_key: h, models: ["org/deep/model", plain] }`,
    ],
    models: [
      '{ id: hub/plain, name: Plain, context: 1000, max_output: 100, price: { input: 0.1, output: 0.3, cache_read: 0.01, cache_write: 0.12, cache_write_1h: 0.2 } }',
    ],
  });
});
beforeEach(() => {
  world.sims.alpha.clear();
  world.sims.beta.clear();
});
afterAll(() => world.stop());

const messages = [{ role: 'user' as const, content: 'Hello' }];

async function get(path: string, headers: { readonly [name: string]: string } = {}) {
  const response = await fetch(world.gateway.url + path, {
    headers: { authorization: `Bearer ${ADMIN_KEY}`, ...headers },
  });
  return { status: response.status, body: (await response.json()) as JsonObject };
}

describe('base URLs', () => {
  const options = { apiKey: ADMIN_KEY, maxRetries: 0 };

  test.each(['', '/v1', '/v1/v1', '/v1/'])("OpenAI's SDK at %p", async (path) => {
    const client = new OpenAI({ ...options, baseURL: world.gateway.url + path });
    const caused = await world.watch(async () => {
      const reply = await client.chat.completions.create({ model: 'alpha/echo', messages });
      const list = await client.models.list();
      return { reply, ids: list.data.map(({ id }) => id) };
    });
    expect(caused.result.reply.choices).toHaveLength(1);
    expect(caused.result.ids).toContain('alpha/echo');
    expect(caused.got.map((request) => request.path)).toEqual(['/v1/chat/completions']);
    expect(caused.rows.map(({ endpoint }) => endpoint)).toEqual(['chat.completions']);
  });

  // It puts /v1/messages after its base URL.
  test.each(['', '/v1', '/anthropic', '/anthropic/v1'])("Anthropic's SDK at %p", async (path) => {
    const client = new Anthropic({ ...options, baseURL: world.gateway.url + path });
    const caused = await world.watch(async () => {
      const reply = await client.messages.create({ model: 'beta/echo', max_tokens: 50, messages });
      const counted = await client.messages.countTokens({ model: 'beta/echo', messages });
      const list = await client.models.list();
      const one = await client.models.retrieve('beta/echo');
      return { reply, counted, ids: list.data.map(({ id }) => id), one };
    });
    expect(caused.result.reply.content).toHaveLength(1);
    expect(caused.result.counted.input_tokens).toBeGreaterThan(0);
    expect(caused.result.ids).toContain('beta/echo');
    expect(caused.result.one).toMatchObject({ type: 'model', id: 'beta/echo' });
    expect(caused.got.map((request) => request.path)).toEqual([
      '/v1/messages',
      '/v1/messages/count_tokens',
    ]);
    expect(caused.rows.map(({ endpoint }) => endpoint)).toEqual(['messages']);
  });

  test.each([
    '/chat/completions',
    '/v1/chat/completions',
    '/v1/v1/chat/completions',
    '/messages',
    '/v1/messages',
    '/v1/v1/messages',
    '/anthropic/messages',
    '/anthropic/v1/messages',
    '/anthropic/v1/v1/messages',
  ])('POST %s', async (path) => {
    const caused = await world.watch(() =>
      world.gateway.post(path, { model: 'alpha/echo', max_tokens: 50, messages }),
    );
    expect(caused.result.status).toBe(200);
    expect(caused.got).toHaveLength(1);
    expect(caused.rows).toHaveLength(1);
  });

  test.each([
    ['POST', '/v1/chat/completion', 404, '/v1/chat/completions'],
    ['POST', '/v2/messages', 404, '/v1/messages'],
    ['GET', '/v1/chat/completions', 405, 'POST'],
    ['GET', '/anthropic/v1/messages', 405, 'POST'],
  ])('%s %s says where to go', async (method, path, status, hint) => {
    const caused = await world.watch(() =>
      fetch(world.gateway.url + path, {
        method,
        headers: { authorization: `Bearer ${ADMIN_KEY}` },
      }),
    );
    const body = (await caused.result.json()) as JsonObject;
    expect(caused.result.status).toBe(status);
    expect(asObject(body.error)?.message).toContain(hint);
    expect(body.type).toBe(path.includes('messages') ? 'error' : undefined);
    expect(caused.got).toEqual([]);
    expect(caused.rows).toEqual([]);
  });

  test.each(['/healthz', '/readyz', '/'])('GET %s needs no key', async (path) => {
    const response = await fetch(world.gateway.url + path);
    expect(response.status).toBe(200);
    await response.text();
  });
});

describe('lists of models', () => {
  const IDS = ['alpha/echo', 'beta/echo', 'hub/plain', 'hub/org/deep/model', 'auto'];

  test.each(['/v1/models', '/models', '/v1/v1/models'])("OpenAI's: %s", async (path) => {
    const { status, body } = await get(path);
    expect(status).toBe(200);
    expect(body.object).toBe('list');
    expect(asObjects(body.data).map(({ id }) => id)).toEqual(IDS);
    expect(asObjects(body.data)[2]).toEqual({
      id: 'hub/plain',
      object: 'model',
      created: 0,
      owned_by: 'hub',
      name: 'Plain',
      context_length: 1000,
      max_output_tokens: 100,
      price: asObjects(body.data)[2]?.price as JsonObject,
    });
    expect(asObjects(body.data)[2]?.price).toMatchObject({ input: 0.1, output: 0.3 });
    // Of a name nobody described nothing is known, and nothing is made up.
    expect(asObjects(body.data)[3]).toMatchObject({ context_length: null, price: null });
  });

  test.each([
    ['/anthropic/v1/models', {}],
    ['/anthropic/models', {}],
    ['/anthropic/v1/v1/models', {}],
    ['/v1/models', { 'anthropic-version': '2023-06-01' }],
  ])("Anthropic's: %s %j", async (path, headers) => {
    const { status, body } = await get(path, headers as { [name: string]: string });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      has_more: false,
      first_id: 'alpha/echo',
      last_id: 'auto',
    });
    expect(asObjects(body.data).map(({ id, type }) => [type, id])).toEqual(
      IDS.map((id) => ['model', id]),
    );
    expect(asObjects(body.data)[2]?.display_name).toBe('Plain');
  });

  test("Inworld's, in US dollars per token", async () => {
    const { status, body } = await get('/llm/v1alpha/models');
    expect(status).toBe(200);
    const plain = asObjects(body.models).find(({ model }) => model === 'plain');
    expect(plain).toMatchObject({
      provider: 'hub',
      pricing: {
        prompt: 0.1e-6,
        completion: 0.3e-6,
        promptToken: 0.1e-6,
        completionToken: 0.3e-6,
        cacheRead: 0.01e-6,
        cacheWrite: 0.12e-6,
        cacheWrite1h: 0.2e-6,
      },
      spec: { contextLength: 1000, maxCompletionTokens: 100 },
    });
    const deep = asObjects(body.models).find(({ model }) => model === 'org/deep/model');
    expect(deep).toMatchObject({ provider: 'hub', pricing: {} });
  });

  test.each([
    ['/v1/models/hub/org/deep/model', 'hub/org/deep/model'],
    ['/v1/models/hub%2Forg%2Fdeep%2Fmodel', 'hub/org/deep/model'],
    ['/models/alpha/echo', 'alpha/echo'],
    ['/v1/models/plain', 'hub/plain'],
    ['/anthropic/v1/models/hub/plain', 'hub/plain'],
  ])('one of them: %s', async (path, id) => {
    const { status, body } = await get(path);
    expect(status).toBe(200);
    expect(body.id).toBe(id);
    expect(body[path.startsWith('/anthropic') ? 'type' : 'object']).toBe('model');
  });

  test('one by the SDKs, slashes and all', async () => {
    expect(await world.openai.models.retrieve('hub/org/deep/model')).toMatchObject({
      id: 'hub/org/deep/model',
      owned_by: 'hub',
    });
    expect(await world.anthropic.models.retrieve('hub/org/deep/model')).toMatchObject({
      id: 'hub/org/deep/model',
      type: 'model',
    });
  });

  test('one there is not, with what was perhaps meant', async () => {
    const openai = await get('/v1/models/hub/plane');
    expect(openai.status).toBe(404);
    expect(openai.body.error).toMatchObject({ code: 'model_not_found' });
    expect(asObject(openai.body.error)?.message).toContain('hub/plain');
    const anthropic = await get('/anthropic/v1/models/hub/plane');
    expect(anthropic.status).toBe(404);
    expect(anthropic.body).toMatchObject({ type: 'error', error: { type: 'not_found_error' } });
  });

  test('routers are listed for those who may call them, in lists of names', async () => {
    const router = {
      name: 'listed',
      defaultRoute: { variants: [{ variant: { model_id: 'hub/plain' }, weight: 100 }] },
    };
    expect((await world.gateway.post('/router/v1/routers', router)).status).toBe(200);
    for (const path of ['/v1/models', '/anthropic/v1/models']) {
      const ids = asObjects((await get(path)).body.data).map(({ id }) => id);
      expect(ids).toEqual([...IDS, 'router/listed']);
    }
    expect(await get('/v1/models/router/listed')).toMatchObject({
      status: 200,
      body: { id: 'router/listed', object: 'model', price: null },
    });
    expect(asObjects((await get('/llm/v1alpha/models')).body.models)).toHaveLength(4);
    // Who may use nothing but a router sees it, by either of its names.
    for (const pattern of ['router/listed', 'inworld/listed']) {
      const key = await world.gateway.post('/router/v1/keys', {
        name: pattern,
        allowed_models: [pattern],
      });
      const { key: secret } = (await key.json()) as { key: string };
      const { body } = await get('/v1/models', { authorization: `Bearer ${secret}` });
      expect(asObjects(body.data).map(({ id }) => id)).toEqual(['router/listed']);
    }
    await fetch(`${world.gateway.url}/router/v1/routers/listed`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${ADMIN_KEY}` },
    });
    expect((await get('/v1/models/router/listed')).status).toBe(404);
  });

  test('a key sees what it may call, and nobody without one sees anything', async () => {
    const made = await world.gateway.post('/router/v1/keys', {
      name: 'limited',
      allowed_models: ['hub/*', 'beta/echo'],
    });
    const { key } = (await made.json()) as { key: string };
    for (const path of ['/v1/models', '/anthropic/v1/models']) {
      const { body } = await get(path, { authorization: `Bearer ${key}` });
      expect(asObjects(body.data).map(({ id }) => id)).toEqual(IDS.slice(1));
    }
    const inworld = await get('/llm/v1alpha/models', { authorization: `Bearer ${key}` });
    expect(asObjects(inworld.body.models)).toHaveLength(3);
    const hidden = await get('/v1/models/alpha/echo', { authorization: `Bearer ${key}` });
    expect(hidden.status).toBe(404);
    for (const path of ['/v1/models', '/anthropic/v1/models', '/llm/v1alpha/models'])
      expect((await get(path, { authorization: 'Bearer wrong' })).status).toBe(401);
  });
});

describe('counting tokens', () => {
  const PATHS = ['/v1', '', '/v1/v1', '/anthropic/v1', '/anthropic', '/anthropic/v1/v1'].map(
    (root) => `${root}/messages/count_tokens`,
  );
  const body = {
    system: 'Be brief.',
    messages: [{ role: 'user', content: 'How many tokens are these? '.repeat(20) }],
    tools: [{ name: 'a', input_schema: { type: 'object' } }],
  };

  test.each(PATHS)("the provider's own where it has one: %s", async (path) => {
    const caused = await world.watch(() =>
      world.gateway.post(path, { ...body, model: 'beta/echo', strict: true }),
    );
    expect(caused.result.status).toBe(200);
    expect(caused.got.map((request) => request.path)).toEqual(['/v1/messages/count_tokens']);
    expect(caused.got[0]?.body).toEqual({ ...body, model: 'echo' } as never);
    const counted = (await caused.result.json()) as { input_tokens: number };
    // As many as a message of the same words is said to have used.
    const message = await world.anthropic.messages.create({
      ...body,
      model: 'beta/echo',
      max_tokens: 9,
    } as never);
    expect(counted).toEqual({
      input_tokens: (message as Anthropic.Message).usage.input_tokens,
    });
    expect(caused.rows).toEqual([]);
  });

  test.each(PATHS)('an estimate, which says so, where it has none: %s', async (path) => {
    const caused = await world.watch(() =>
      world.gateway.post(path, { ...body, model: 'alpha/echo' }),
    );
    expect(caused.result.status).toBe(200);
    const counted = (await caused.result.json()) as { input_tokens: number; estimated: boolean };
    expect(counted.estimated).toBe(true);
    expect(counted.input_tokens).toBeGreaterThan(80);
    expect(counted.input_tokens).toBeLessThan(250);
    expect(caused.got).toEqual([]);
  });

  test('by the SDK', async () => {
    const params = { model: 'alpha/echo', messages };
    expect((await world.anthropic.messages.countTokens(params)).input_tokens).toBeGreaterThan(0);
  });

  test.each([
    [
      'a wrong key',
      { model: 'beta/echo', messages },
      { authorization: 'Bearer wrong' },
      401,
      'authentication_error',
    ],
    ['a model there is not', { model: 'nowhere/x', messages }, {}, 404, 'not_found_error'],
    ['no messages', { model: 'beta/echo' }, {}, 400, 'invalid_request_error'],
    [
      "the provider's refusal",
      { model: 'beta/echo+status=400', messages },
      {},
      400,
      'invalid_request_error',
    ],
  ])("in Anthropic's words: %s", async (_, request, headers, status, type) => {
    const response = await world.gateway.post(
      '/v1/messages/count_tokens',
      request,
      headers as { [name: string]: string },
    );
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ type: 'error', error: { type } });
  });
});
