// Embeddings through the gateway with the official SDK: what arrives, what comes back, what is written down.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { APIError } from 'openai';
import { asArray, asObjects, type JsonObject } from '../../../src/lib/json.ts';
import { type GatewayUnderTest, startGateway } from '../gateway-under-test.ts';
import { until } from '../until.ts';
import { type Ground, known, metadataOf, OURS, only, openGround } from './operation-ground.ts';

let ground: Ground;

beforeAll(async () => {
  ground = await openGround();
});
afterAll(() => ground.stop());

describe('what passes', () => {
  test("the SDK's default (base64 on the wire) comes out as the numbers the provider gave", async () => {
    const input = ['the quick fox', 'a lazy dog'];
    const caused = await ground.watch(() =>
      ground.openai.embeddings.create({ model: 'one/echo', input }),
    );
    const { body, request, row } = only(caused, 'one', '/v1/embeddings');
    expect(body).toEqual({ model: 'echo', input, encoding_format: 'base64' });
    expect(request.headers.authorization).toBe('Bearer one-secret');
    const plain = await ground.openai.embeddings.create({
      model: 'one/echo',
      input,
      encoding_format: 'float',
    });
    expect(caused.result.data.map(({ embedding }) => [...embedding])).toEqual(
      plain.data.map(({ embedding }) => embedding),
    );
    expect(caused.result.data[0]?.embedding).toHaveLength(8);
    expect(known(row)).toEqual({ input: 7, output: 0 });
    expect([row.endpoint, row.stream, row.cost_usd]).toEqual(['embeddings', false, 0.000007]);
    metadataOf(caused.result, row);
  });

  test('our fields are cut, all others arrive as they were written', async () => {
    const text = `{"input" : [[1,2,3],[4]],"dimensions":3,"truncate":"END", "user":"ann","models":["two/echo"],"metadata":{"a":1},"extra_body":{"input_type":"query","ignore":["x"]},"model":"one/echo"}`;
    const caused = await ground.watch(() => ground.gateway.post('/v1/embeddings', text));
    const { request, row } = only(caused, 'one', '/v1/embeddings');
    expect(request.body).toBe(
      '{"input" : [[1,2,3],[4]],"dimensions":3,"truncate":"END", "user":"ann","model":"echo","input_type":"query"}',
    );
    expect([row.user, row.metadata]).toEqual(['ann', { a: 1 }]);
    const reply = (await caused.result.json()) as JsonObject;
    expect(asObjects(reply.data).map(({ embedding }) => asArray(embedding).length)).toEqual([3, 3]);
  });

  test('the reply is the provider’s own text with our metadata at its end, and the headers name both', async () => {
    const { result, rows } = await ground.watch(() =>
      ground.gateway.post('/v1/embeddings', { model: 'one/echo', input: 'x', ...OURS }),
    );
    const text = await result.text();
    expect(text.startsWith('{"object":"list","data":[{"object":"embedding","index":0,')).toBe(true);
    expect(Object.keys(JSON.parse(text)).at(-1)).toBe('metadata');
    expect(result.headers.get('x-generation-id')).toBe(rows[0]?.id ?? '');
    expect(result.headers.get('x-actual-model')).toBe('one/echo');
    expect(rows[0]?.metadata).toEqual(OURS.metadata);
  });

  test('usage nobody reported is estimated, and says so', async () => {
    const caused = await ground.watch(() =>
      ground.openai.embeddings.create({
        model: 'one/echo+usage=none',
        input: 'four words are here',
      }),
    );
    const { row } = only(caused, 'one', '/v1/embeddings');
    expect(row.usage_estimated).toBe(true);
    expect(known(row).input).toBeGreaterThan(0);
    expect(metadataOf(caused.result, row).usage_estimated).toBe(true);
  });

  for (const path of ['/v1/embeddings', '/embeddings', '/v1/v1/embeddings'])
    test(`${path} works`, async () => {
      const reply = await ground.gateway.post(path, { model: 'one/echo', input: 'x' });
      expect(reply.status).toBe(200);
    });
});

describe('fallbacks', () => {
  for (const fault of [
    'status=503',
    'status=429+retry-after=9',
    'status=401',
    'status=404',
    'reset',
    'error-in-200',
    'junk',
    'empty',
  ])
    test(`${fault}: the next model answers, the row tells both`, async () => {
      const caused = await ground.watch(() =>
        ground.openai.embeddings.create({
          model: `one/echo+${fault}`,
          input: 'x',
          // @ts-expect-error ours
          models: ['two/echo'],
        }),
      );
      expect(caused.requests.two).toHaveLength(1);
      expect(caused.requests.one).toHaveLength(1);
      const [row] = caused.rows;
      expect(caused.rows).toHaveLength(1);
      expect(row?.attempts.map(({ success, provider }) => [provider, success])).toEqual([
        ['one', false],
        ['two', true],
      ]);
      expect([row?.model, row?.cost_usd]).toEqual(['two/echo', 0.00001]);
    });

  test('a refusal of the request itself is told, and nobody else is asked', async () => {
    const caused = await ground.watch(() =>
      ground.gateway.post('/v1/embeddings', {
        model: 'one/echo+status=400',
        input: 'x',
        models: ['two/echo'],
      }),
    );
    expect(caused.result.status).toBe(400);
    expect(caused.requests.two).toHaveLength(0);
    expect(caused.rows.map(({ outcome, error }) => [outcome, error?.code])).toEqual([
      ['error', 'upstream_invalid_request'],
    ]);
  });

  test('a provider without the endpoint is passed over; alone, it is a clear 400', async () => {
    const caused = await ground.watch(() =>
      ground.gateway.post('/v1/embeddings', {
        model: 'claude/echo',
        input: 'x',
        models: ['two/echo'],
      }),
    );
    expect(caused.result.status).toBe(200);
    expect(caused.requests.claude).toHaveLength(0);
    expect(caused.rows[0]?.attempts.map(({ error }) => error)).toEqual([
      'unsupported_feature',
      null,
    ]);
    const alone = await ground.gateway.post('/v1/embeddings', { model: 'claude/echo', input: 'x' });
    expect(alone.status).toBe(400);
    const { error } = (await alone.json()) as { error: { message: string; code: string } };
    expect(error.code).toBe('unsupported_feature');
    expect(error.message).toBe('claude does not serve /embeddings through this gateway.');
  });

  test('the next key of a pool takes over from one that is limited', async () => {
    const caused = await ground.watch(() =>
      ground.openai.embeddings.create({ model: 'pool/echo', input: 'x', user: 'a' }),
    );
    const last = caused.requests.one.at(-1);
    expect(last?.headers.authorization).toBe('Bearer sim-b');
    expect(caused.rows.map(({ outcome }) => outcome)).toEqual(['ok']);
    expect(caused.rows[0]?.attempts.at(-1)?.key).toBe('key-2');
  });

  test('all fail: the last error, with what was tried and when to come again', async () => {
    const caused = await ground.watch(() =>
      ground.openai.embeddings
        .create({
          model: 'one/echo+status=429+retry-after=9',
          input: 'x',
          // @ts-expect-error ours
          models: ['two/echo+status=429+retry-after=5'],
        })
        .catch((error) => error),
    );
    expect(caused.result).toBeInstanceOf(APIError);
    expect(caused.result.status).toBe(429);
    expect(caused.result.headers.get('retry-after')).toBe('5');
    expect(caused.rows.map(({ status }) => status)).toEqual([429]);
  });

  test('no answer within the total time is a 504, and the provider is let go', async () => {
    const caused = await ground.watch(() =>
      ground.gateway.post('/v1/embeddings', {
        model: 'one/echo+stall-headers',
        input: 'x',
        fallback: { total_timeout: '50ms' },
      }),
    );
    expect(caused.result.status).toBe(504);
    expect(caused.rows.map(({ error }) => error?.code)).toEqual(['total_timeout']);
    expect(caused.requests.one.map(({ clientAborted }) => clientAborted)).toEqual([true]);
  });
});

test('a caller who hangs up while nothing has come stops the provider, and the row says so', async () => {
  const abort = new AbortController();
  const caused = await ground.watch(async () => {
    const asked = ground.openai.embeddings
      .create({ model: 'one/echo+stall-headers', input: 'x' }, { signal: abort.signal })
      .catch((error) => error.name);
    await until(() => ground.sims.one.received === 1);
    abort.abort();
    await until(() => ground.sims.one.requests[0]?.clientAborted === true);
    await until(async () => (await ground.gateway.rows()).at(-1)?.outcome === 'aborted');
    return asked;
  });
  expect(caused.rows.map(({ status, error }) => [status, error?.code])).toEqual([
    [499, 'client_closed'],
  ]);
  expect(caused.requests.two).toHaveLength(0);
});

test('what only chat models can be asked for is named, and refused under strict', async () => {
  const ask = { model: 'one/echo', input: 'x', reasoning: { effort: 'low' } };
  const caused = await ground.watch(() => ground.gateway.post('/v1/embeddings', ask));
  const { body, row } = only(caused, 'one', '/v1/embeddings');
  expect(body).toEqual({ model: 'echo', input: 'x' });
  expect(row.losses).toEqual(['reasoning: only chat models can be asked for it']);
  const refused = await ground.gateway.post('/v1/embeddings', { ...ask, strict: true });
  expect(refused.status).toBe(400);
});

describe('bad input', () => {
  const wrong: readonly (readonly [unknown, string])[] = [
    [{ input: 'x' }, 'model'],
    [{ model: 'one/echo' }, 'input'],
    [{ model: 'one/echo', input: '' }, 'input'],
    [{ model: 'one/echo', input: [] }, 'input'],
    [{ model: 'one/echo', input: 7 }, 'input'],
    [{ model: 'one/echo', input: 'x', dimensions: 0 }, 'dimensions'],
    [{ model: 'one/echo', input: 'x', dimensions: '8.5' }, 'dimensions'],
    [{ model: 'one/echo', input: 'x', encoding_format: 'int8' }, 'encoding_format'],
    [{ model: 'one/echo', input: 'x', models: 'two/echo' }, 'models'],
    [{ model: 'one/echo', input: 'x', fallback: { ttft_timeout: 5 } }, 'fallback.ttft_timeout'],
  ];
  for (const [body, param] of wrong)
    test(`${JSON.stringify(body)} is a 400 at ${param}`, async () => {
      const caused = await ground.watch(() =>
        ground.gateway.post('/v1/embeddings', body as object),
      );
      expect(caused.result.status).toBe(400);
      const reply = (await caused.result.json()) as { error: { param: string; code: string } };
      expect([reply.error.param, reply.error.code]).toEqual([param, 'invalid_request']);
      expect(caused.requests.one).toHaveLength(0);
      expect(caused.rows.map(({ outcome, status }) => [outcome, status])).toEqual([['error', 400]]);
    });

  test('no JSON is a 400, a form a 400 that says what to send', async () => {
    const broken = await ground.gateway.post('/v1/embeddings', '{"model":');
    expect(((await broken.json()) as { error: { code: string } }).error.code).toBe('invalid_json');
    const form = new FormData();
    form.set('model', 'one/echo');
    const reply = await fetch(`${ground.gateway.url}/v1/embeddings`, {
      method: 'POST',
      headers: { authorization: 'Bearer sy-admin-key-of-the-test' },
      body: form,
    });
    expect(reply.status).toBe(400);
    expect(await reply.text()).toContain('content-type must be application/json at /embeddings');
  });

  test('no key or a wrong one is a 401 in OpenAI’s form, and no row', async () => {
    const caused = await ground.watch(() =>
      ground.gateway
        .openai('sk-wrong')
        .embeddings.create({ model: 'one/echo', input: 'x' })
        .catch((error) => error),
    );
    expect(caused.result.status).toBe(401);
    expect([caused.rows, caused.requests.one]).toEqual([[], []]);
  });
});

test('strict refuses what would be lost; without it the loss is named', async () => {
  const lane = ground.sims.one;
  const gateway: GatewayUnderTest = await startGateway(`
providers:
  mistral: { base_url: "${lane.url}", api_key: k }
`);
  try {
    const ask = { model: 'mistral/echo', input: 'x', dimensions: 4, user: 'ann' };
    const caused = await ground.watch(() => gateway.post('/v1/embeddings', ask));
    expect(caused.requests.one.map(({ body }) => JSON.parse(body))).toEqual([
      { model: 'echo', input: 'x', output_dimension: 4 },
    ]);
    const rerank = { model: 'mistral/echo', prompt: 'x', echo: true, strict: true };
    const refused = await gateway.post('/v1/completions', rerank);
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain('echo: ');
  } finally {
    await gateway.stop();
  }
});
