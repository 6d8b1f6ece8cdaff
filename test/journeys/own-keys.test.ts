// Provider keys that callers bring: whose key arrives at which provider, and that nobody ever sees one.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { type RecordedRequest, type Sim, startSim } from '../../sim/start-sim.ts';
import { callersSnapshot } from '../../src/gateway/own-keys.ts';
import { asObject, asString, type JsonObject } from '../../src/lib/json.ts';
import { resolveModel } from '../../src/routing/resolve.ts';
import { ADMIN_KEY, type GatewayUnderTest, startGateway } from './gateway-under-test.ts';

const MASTER = Buffer.alloc(32, 7).toString('base64');
const HEADER = 'x-switchyard-provider-key';

let openai: Sim;
let anthropic: Sim;
let gateway: GatewayUnderTest;

/** Every provider has a key of the operator's, which must never be taken for a caller's. */
const yaml = () => `
retries: 0
health: { min_failures: 3 }
providers:
  openai: { base_url: "${openai.url}", api_key: operator-openai-key }
  anthropic: { base_url: "${anthropic.url}", api_key: operator-anthropic-key }
  well: { base_url: "${openai.url}", api_key: operator-well-key }
  priced: { base_url: "${openai.url}", api_key: operator-priced-key }
  pool: { base_url: "${openai.url}", api_keys: [operator-pool-1, operator-pool-2] }
models:
  - { id: priced/echo, price: { input: 10, output: 20 } }
`;

beforeAll(async () => {
  openai = startSim({ seed: 31 });
  anthropic = startSim({ seed: 32 });
  gateway = await startGateway(yaml(), { SWITCHYARD_MASTER_KEY: MASTER });
});
afterAll(async () => {
  await gateway.stop();
  await openai.stop();
  await anthropic.stop();
});
beforeEach(() => {
  openai.clear();
  anthropic.clear();
});

const sentKey = ({ headers }: RecordedRequest) =>
  (headers['x-api-key'] ?? headers.authorization ?? '').replace('Bearer ', '');
const keysAt = (sim: Sim) => sim.requests.map(sentKey);

async function ask(method: string, path: string, body?: JsonObject): Promise<[number, JsonObject]> {
  const response = await fetch(gateway.url + path, {
    method,
    headers: { authorization: `Bearer ${ADMIN_KEY}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return [response.status, asObject(await response.json()) ?? {}];
}

async function virtualKey(fields: JsonObject = {}): Promise<{ id: string; key: string }> {
  const [status, made] = await ask('POST', '/router/v1/keys', { name: 'caller', ...fields });
  expect(status).toBe(201);
  return { id: asString(made.id) ?? '', key: asString(made.key) ?? '' };
}

async function store(fields: JsonObject): Promise<string> {
  const [status, made] = await ask('POST', '/router/v1/provider-keys', fields);
  expect([status, made]).toEqual([201, expect.objectContaining({ usable: true, problem: null })]);
  return asString(made.id) ?? '';
}

const hello = (model: string) => ({
  model,
  messages: [{ role: 'user' as const, content: 'Hello' }],
});

/** Of the newest requests, in the order they came. */
async function labels(count: number): Promise<readonly (readonly (string | null)[])[]> {
  const rows = await gateway.rows();
  return rows.slice(-count).map(({ attempts }) => attempts.map(({ key }) => key));
}

const withHeader = (key: string, value: string) => ({
  authorization: `Bearer ${key}`,
  [HEADER]: value,
});

describe('a stored key', () => {
  test('takes the place of the operator’s for its caller, on either SDK, and for nobody else', async () => {
    const caller = await virtualKey();
    const other = await virtualKey();
    await store({ key_id: caller.id, provider: 'openai', label: 'team', secret: 'sk-own-one' });
    await store({ key_id: caller.id, provider: 'anthropic', secret: 'sk-ant-own-two' });
    for (const { key } of [caller, other]) {
      await gateway.openai(key).chat.completions.create(hello('openai/echo'));
      const message = { ...hello('anthropic/echo'), max_tokens: 50 };
      await gateway.anthropic(key).messages.create(message);
    }
    expect(keysAt(openai)).toEqual(['sk-own-one', 'operator-openai-key']);
    expect(keysAt(anthropic)).toEqual(['sk-ant-own-two', 'operator-anthropic-key']);
    expect(await labels(4)).toEqual([['own:team'], ['own:key-1'], ['key-1'], ['key-1']]);
  });

  test('is used for streams, embeddings, token counts and what goes on with a broken stream', async () => {
    const { id, key } = await virtualKey();
    await store({ key_id: id, provider: 'openai', secret: 'sk-own-stream' });
    await store({ key_id: id, provider: 'anthropic', secret: 'sk-ant-own-count' });
    const stream = await gateway
      .openai(key)
      .chat.completions.create({ ...hello('openai/echo'), stream: true });
    for await (const _ of stream);
    await gateway.openai(key).embeddings.create({ model: 'openai/embed', input: 'Hello' });
    await gateway.anthropic(key).messages.countTokens(hello('anthropic/echo'));
    expect(keysAt(openai)).toEqual(['sk-own-stream', 'sk-own-stream']);
    expect(keysAt(anthropic)).toEqual(['sk-ant-own-count']);
  });

  test('costs what the operator’s would', async () => {
    const { id, key } = await virtualKey();
    const ask = () => gateway.openai(key).chat.completions.create(hello('priced/echo'));
    await ask();
    await store({ key_id: id, provider: 'priced', secret: 'sk-own-priced' });
    await ask();
    expect(keysAt(openai)).toEqual(['operator-priced-key', 'sk-own-priced']);
    const costs = (await gateway.rows()).slice(-2).map(({ cost_usd }) => cost_usd);
    expect(costs[0]).toBeGreaterThan(0);
    expect(costs[1]).toBe(costs[0] ?? 0);
  });

  test('opens a provider the operator has no key for, by its full name, a bare one and auto', async () => {
    const { id, key } = await virtualKey();
    const other = await virtualKey();
    const refusal = await gateway
      .post('/v1/chat/completions', hello('groq/echo'), { authorization: `Bearer ${key}` })
      .then((reply) => reply.json());
    expect(asObject(asObject(refusal)?.error)?.code).toBe('provider_not_configured');
    const [status, made] = await ask('POST', '/router/v1/provider-keys', {
      ...{ key_id: id, provider: 'groq', secret: 'gsk-own-groq' },
    });
    expect([status, made.usable]).toEqual([201, true]);
    const explained = callersSnapshot(gateway.gateway, { id }, new Headers());
    const configured = explained.providers.get('groq');
    expect(configured?.keys.map(({ secret }) => secret)).toEqual(['gsk-own-groq']);
    expect(explained.unavailable.has('groq')).toBe(false);
    const bare = 'llama-3.3-70b-versatile';
    expect(resolveModel(bare, explained).map(({ id: model }) => model)).toContain(`groq/${bare}`);
    expect(explained.auto.entries.some(({ candidate }) => candidate.id.startsWith('groq/'))).toBe(
      true,
    );
    // Nobody else has it, and what it is made over is untouched.
    const theirs = callersSnapshot(gateway.gateway, { id: other.id }, new Headers());
    expect(theirs).toBe(gateway.gateway.snapshot());
    expect(theirs.providers.has('groq')).toBe(false);
    expect(theirs.auto.entries.some(({ candidate }) => candidate.id.startsWith('groq/'))).toBe(
      false,
    );
    const models = async (secret: string) => {
      const page = await gateway.openai(secret).models.list();
      return page.data.filter((model) => model.id.startsWith('groq/')).length;
    };
    expect([(await models(key)) > 0, await models(other.key)]).toEqual([true, 0]);
  });

  test('of several, one that is refused gives way to the next, and never to the operator’s', async () => {
    const { id, key } = await virtualKey();
    const refused = 'sim-own-bad+status=401';
    await store({ key_id: id, provider: 'pool', label: 'bad', secret: refused, weight: 1 });
    await store({
      key_id: id,
      provider: 'pool',
      label: 'spare',
      secret: 'sk-own-spare',
      weight: 0,
    });
    await gateway.openai(key).chat.completions.create(hello('pool/echo'));
    expect(keysAt(openai)).toEqual([refused, 'sk-own-spare']);
    expect(await labels(1)).toEqual([['own:bad', 'own:spare']]);
  });

  test('that is refused is told as the caller’s own, and the operator’s are not touched', async () => {
    const { id, key } = await virtualKey();
    await store({
      key_id: id,
      provider: 'openai',
      label: 'mine',
      secret: 'sim-own-bad2+status=401',
    });
    const reply = await gateway.post('/v1/chat/completions', hello('openai/echo'), {
      authorization: `Bearer ${key}`,
    });
    const { error } = (await reply.json()) as { error: { code: string; message: string } };
    expect([reply.status, error.code]).toEqual([401, 'own_key_refused']);
    expect(error.message).toStartWith('Your own key of OpenAI (stored as own:mine) was refused: ');
    expect(error.message).not.toContain('sim-own-bad2');
    expect(keysAt(openai)).toEqual(['sim-own-bad2+status=401']);
  });

  test.each([
    ['at once', '+status=401', null],
    ['inside a 200', '+error-in-200+error=authentication', null],
    ['as the first event of a stream', '+error-in-stream=0:authentication', true],
    ['in the middle of a stream', '+error-in-stream=3:authentication', true],
  ])(
    'that is refused %s is asked once, and told in the words of each wire',
    async (_, how, stream) => {
      const { key } = await virtualKey();
      const thrown: unknown[] = [];
      const asked = {
        ...{ ...hello('openai/echo'), stream: stream === true },
        ...{ max_tokens: 50 },
      };
      for (const sdk of ['openai', 'anthropic'] as const) {
        const headers = { [HEADER]: `openai=sim-own-${sdk}${how}` };
        try {
          const { completions } = gateway.openai(key).chat;
          const { messages } = gateway.anthropic(key);
          const answer = await (sdk === 'openai'
            ? completions.create(asked, { headers, maxRetries: 2 })
            : messages.create(asked, { headers, maxRetries: 2 }));
          if (stream) for await (const _ of answer as AsyncIterable<unknown>);
        } catch (error) {
          thrown.push(error);
        }
      }
      const words =
        /Your own key of OpenAI \(from the header x-switchyard-provider-key\) was refused/;
      const [first, second] = thrown as { error: JsonObject; message: string; status?: number }[];
      expect(first?.message).toMatch(words);
      expect(first?.error).toMatchObject({ code: 'own_key_refused', type: 'authentication_error' });
      expect(second?.message).toMatch(words);
      expect(second?.error).toMatchObject({
        ...{ type: 'error', error: { type: 'authentication_error', code: 'own_key_refused' } },
      });
      if (!how.includes('=3')) expect([first?.status, second?.status]).toEqual([401, 401]);
      expect(keysAt(openai)).toEqual([`sim-own-openai${how}`, `sim-own-anthropic${how}`]);
    },
  );

  test('gives way to the operator’s where that was allowed', async () => {
    const { id, key } = await virtualKey();
    const secret = 'sim-own-bad3+status=401';
    const stored = await store({ key_id: id, provider: 'pool', secret, allow_fallback: true });
    await gateway.openai(key).chat.completions.create(hello('pool/echo'));
    const [first, second] = keysAt(openai);
    expect(first).toBe(secret);
    expect(['operator-pool-1', 'operator-pool-2']).toContain(second ?? '');
    openai.clear();
    await ask('PATCH', `/router/v1/provider-keys/${stored}`, { allow_fallback: false });
    const reply = await gateway.post('/v1/chat/completions', hello('pool/echo'), {
      authorization: `Bearer ${key}`,
    });
    expect([reply.status, keysAt(openai)]).toEqual([401, [secret]]);
  });

  test('is changed and removed at once, streams under way go on', async () => {
    const { id, key } = await virtualKey();
    const stored = await store({ key_id: id, provider: 'openai', secret: 'sk-own-first' });
    const path = `/router/v1/provider-keys/${stored}`;
    const call = () => gateway.openai(key).chat.completions.create(hello('openai/echo'));
    const stream = await gateway
      .openai(key)
      .chat.completions.create({ ...hello('openai/echo+tokens=20+gap=20'), stream: true });
    const [, rotated] = await ask('POST', `${path}:rotate`, { secret: 'sk-own-second' });
    expect(rotated).toMatchObject({ version: 2, tested_at: null });
    await call();
    const [, removed] = await ask('DELETE', path);
    expect(removed).toEqual({ id: stored, deleted: true });
    await call();
    let chunks = 0;
    for await (const _ of stream) chunks += 1;
    expect(chunks).toBeGreaterThan(2);
    expect(keysAt(openai)).toEqual(['sk-own-first', 'sk-own-second', 'operator-openai-key']);
  });

  test('for every caller joins the operator’s pool', async () => {
    const { key } = await virtualKey();
    const pooled = await store({
      provider: 'pool',
      label: 'third',
      secret: 'sk-pooled-third',
      weight: 1000,
    });
    for (let user = 0; user < 5; user++)
      await gateway
        .openai(key)
        .chat.completions.create({ ...hello('pool/echo'), user: `user-${user}` });
    expect(keysAt(openai).filter((sent) => sent === 'sk-pooled-third').length).toBeGreaterThan(2);
    expect((await labels(5)).flat()).toContain('stored:third');
    openai.clear();
    await ask('DELETE', `/router/v1/provider-keys/${pooled}`);
    for (let user = 0; user < 5; user++)
      await gateway
        .openai(key)
        .chat.completions.create({ ...hello('pool/echo'), user: `user-${user}` });
    expect(keysAt(openai)).not.toContain('sk-pooled-third');
  });

  test('goes with the virtual key it served', async () => {
    const { id } = await virtualKey();
    const stored = await store({ key_id: id, provider: 'openai', secret: 'sk-own-orphan' });
    await ask('DELETE', `/router/v1/keys/${id}`);
    expect((await ask('GET', `/router/v1/provider-keys/${stored}`))[0]).toBe(404);
  });
});

describe('a key in the header', () => {
  test('is used for this request and by this caller only, several providers at once', async () => {
    const { id, key } = await virtualKey();
    await store({ key_id: id, provider: 'anthropic', secret: 'sk-ant-own-stored' });
    const brought = 'OpenAI = sk-brought-1 ,anthropic=sk%2Dant%2Dbrought';
    const client = (value: string) => ({ headers: { [HEADER]: value } });
    await gateway.openai(key).chat.completions.create(hello('openai/echo'), client(brought));
    await gateway
      .anthropic(key)
      .messages.create({ ...hello('anthropic/echo'), max_tokens: 9 }, client(brought));
    await gateway
      .anthropic(key)
      .messages.create(
        { ...hello('anthropic/echo'), max_tokens: 9 },
        client('openai=sk-brought-2'),
      );
    await gateway.openai(key).chat.completions.create(hello('openai/echo'));
    expect(keysAt(openai)).toEqual(['sk-brought-1', 'operator-openai-key']);
    expect(keysAt(anthropic)).toEqual(['sk-ant-brought', 'sk-ant-own-stored']);
    expect(await labels(4)).toEqual([['own'], ['own'], ['own:key-1'], ['key-1']]);
    for (const { headers } of [...openai.requests, ...anthropic.requests])
      expect(Object.keys(headers)).not.toContain(HEADER);
  });

  test('that is in no good form is a 400 that names the header and nothing that stands in it', async () => {
    const { key } = await virtualKey();
    const bad = [
      'sk-planted-form',
      'openai:sk-planted-form',
      '=sk-planted-form',
      'openai=',
      'sk-planted-form=openai',
      'openai=sk-planted-form,openai=sk-planted-form',
      'openai=sk-planted-form%ZZ',
      'openai=sk-planted-form%20x',
      'openai=sk-pl****orm',
      'bedrock=%7B%22access_key_id%22%3A%22sk-planted-form%22%7D',
      'sim=sk-planted-form',
      'azure=sk-planted-form',
    ];
    for (const value of bad)
      for (const path of ['/v1/chat/completions', '/v1/messages', '/v1/embeddings']) {
        const body = { ...hello('openai/echo'), max_tokens: 5, input: 'Hello' };
        const reply = await gateway.post(path, body, withHeader(key, value));
        const text = await reply.text();
        expect([value, reply.status]).toEqual([value, 400]);
        expect(text).toContain(HEADER);
        expect(text).not.toContain('planted');
      }
    expect([openai.received, anthropic.received]).toEqual([0, 0]);
  });

  test('opens no model that the virtual key may not call', async () => {
    const { key } = await virtualKey({ allowed_models: ['openai/*'] });
    const reply = await gateway.post(
      '/v1/chat/completions',
      hello('anthropic/echo'),
      withHeader(key, 'anthropic=sk-ant-brought-too'),
    );
    expect([reply.status, anthropic.received]).toEqual([403, 0]);
  });

  test('is refused where the configuration says so', async () => {
    const strict = await startGateway(`${yaml()}\nown_keys: { header: false }\n`);
    try {
      const reply = await strict.post('/v1/chat/completions', hello('openai/echo'), {
        [HEADER]: 'openai=sk-brought-3',
      });
      const { error } = (await reply.json()) as { error: { message: string } };
      expect([reply.status, openai.received]).toEqual([403, 0]);
      expect(error.message).toContain('own_keys.header');
    } finally {
      await strict.stop();
    }
  });
});

describe('fifty callers with bad keys', () => {
  test('make nobody else’s provider look ill', async () => {
    const { key } = await virtualKey();
    const health = () => gateway.gateway.health.report();
    const before = health().length;
    for (const status of [401, 403, 429, 500, 503]) {
      const refused = Array.from({ length: 50 }, (_, at) =>
        gateway
          .post(
            '/v1/chat/completions',
            hello('well/echo'),
            withHeader(key, `well=sim-own-${at}+status=${status}`),
          )
          .then((reply) => reply.ok),
      );
      expect((await Promise.all(refused)).filter((ok) => ok)).toEqual([]);
    }
    expect(openai.received).toBe(250);
    expect(health().length).toBe(before);
    openai.clear();
    const reply = await gateway.post('/v1/chat/completions', {
      ...hello('well/echo'),
      models: ['anthropic/echo'],
    });
    expect([reply.status, keysAt(openai), anthropic.received]).toEqual([
      200,
      ['operator-well-key'],
      0,
    ]);
    const [standing] = health().filter(({ target }) => target.provider === 'well');
    expect(standing).toMatchObject({ errors: 0, standing: { state: 'ready', errorRate: 0 } });
  });

  test('one that is at its limit is asked last for that caller alone', async () => {
    const { key } = await virtualKey();
    const value = 'well=sim-own-slow+status=429+retry-after=60';
    const ask = (own: string | null) =>
      gateway.post(
        '/v1/chat/completions',
        { ...hello('well/echo'), models: ['anthropic/echo'] },
        own === null ? {} : withHeader(key, own),
      );
    await ask(value);
    openai.clear();
    await ask(value);
    expect([openai.received, anthropic.received]).toEqual([0, 2]);
    await ask('well=sk-own-other');
    await ask(null);
    expect([keysAt(openai), anthropic.received]).toEqual([
      ['sk-own-other', 'operator-well-key'],
      2,
    ]);
  });
});
