// Embeddings and reranking at providers of other wires: one call, in their words, and back into the caller's.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { asArray, asObject, asObjects, asString, type JsonObject } from '../../../src/lib/json.ts';
import { type GatewayUnderTest, startGateway } from '../gateway-under-test.ts';
import { until } from '../until.ts';
import { known } from './operation-ground.ts';

interface Seen {
  readonly path: string;
  readonly body: JsonObject;
}

let gateway: GatewayUnderTest;
let seen: Seen[] = [];
/** What the providers say to a request; null: nothing, until the caller is gone. */
let say: (body: JsonObject, path: string) => Response | null;
let hungUp = 0;
let mostAtOnce = 0;
let running = 0;

const upstream = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  async fetch(request) {
    const body = asObject(await request.json()) ?? {};
    const { pathname } = new URL(request.url);
    seen.push({ path: decodeURIComponent(pathname), body });
    running += 1;
    mostAtOnce = Math.max(mostAtOnce, running);
    request.signal.addEventListener('abort', () => {
      hungUp += 1;
    });
    await Bun.sleep(1);
    running -= 1;
    return say(body, pathname) ?? new Promise<Response>(() => undefined);
  },
});

beforeAll(async () => {
  const url = (name: string) => `http://127.0.0.1:${upstream.port}/${name}`;
  gateway = await startGateway(`
providers:
  google: { base_url: "${url('google')}", api_key: k }
  google-vertex: { base_url: "${url('vertex')}", api_key: k }
  cohere: { base_url: "${url('cohere')}", api_key: k }
  bedrock: { base_url: "${url('bedrock')}", api_key: k }
  voyage: { base_url: "${url('voyage')}", api_key: k }
  own:
    base_url: "${url('own')}"
    operations:
      embeddings: { wire: openai, path: "/embed/{model}", renamedFields: { dimensions: size }, refusedFields: [truncate] }
      rerank: null
models:
  - { id: google-vertex/some-embedding, price: { input: 1 } }
retries: 0
`);
});
beforeEach(() => {
  seen = [];
  hungUp = 0;
  mostAtOnce = 0;
});
afterAll(async () => {
  await gateway.stop();
  await upstream.stop(true);
});

const openai = () => gateway.openai();
const post = async (path: string, body: JsonObject) => {
  const reply = await gateway.post(path, body);
  return {
    status: reply.status,
    body: (await reply.json()) as JsonObject,
    row: (await gateway.rows()).at(-1),
  };
};

describe('embeddings', () => {
  test('numbers become the base64 the SDK asks for, and come out of it as the nearest floats', async () => {
    const vectors = [
      [0.1, -0.25, 1e-9, 3.4028234e38],
      [1 / 3, 0, -1, 2 ** -24],
    ];
    say = () => Response.json({ embeddings: vectors.map((values) => ({ values })) });
    const reply = await openai().embeddings.create({
      model: 'google/any',
      input: ['a', 'b'],
      dimensions: 4,
    });
    expect(reply.data.map(({ embedding }) => [...embedding])).toEqual(
      vectors.map((vector) => vector.map(Math.fround)),
    );
    expect(seen).toEqual([
      {
        path: '/google/models/any:batchEmbedContents',
        body: {
          requests: ['a', 'b'].map((text) => ({
            model: 'models/any',
            content: { parts: [{ text }] },
            outputDimensionality: 4,
          })),
        },
      },
    ]);
  });

  test('what the vectors are for is said in each vendor’s word', async () => {
    const words: readonly (readonly [string, (body: JsonObject) => unknown, string])[] = [
      ['google/m', (body) => asObjects(body.requests)[0]?.taskType, 'RETRIEVAL_QUERY'],
      ['google-vertex/m', (body) => asObjects(body.instances)[0]?.task_type, 'RETRIEVAL_QUERY'],
      ['cohere/m', (body) => body.input_type, 'search_query'],
      ['bedrock/cohere.embed-v4:0', (body) => body.input_type, 'search_query'],
      [
        'bedrock/amazon.nova-2-x',
        (body) => asObject(body.singleEmbeddingParams)?.embeddingPurpose,
        'GENERIC_RETRIEVAL',
      ],
      ['voyage/m', (body) => body.input_type, 'query'],
    ];
    say = () => Response.json({ embeddings: [{ values: [1] }] });
    for (const [model, find, word] of words) {
      seen = [];
      await post('/v1/embeddings', { model, input: 'x', input_type: 'query' });
      expect([model, seen.map(({ body }) => find(body))]).toEqual([model, [word]]);
    }
    seen = [];
    await post('/v1/embeddings', { model: 'cohere/m', input: 'x' });
    expect(seen[0]?.body.input_type).toBe('search_document');
  });

  test('one text a request where that is all the provider takes: in order, a few at once, summed', async () => {
    const input = Array.from({ length: 20 }, (_, index) => `text ${index}`);
    say = (body) => {
      const text = asString(asObjects(body.instances)[0]?.content) ?? '';
      const values = [Number(text.slice('text '.length))];
      return Response.json({
        predictions: [{ embeddings: { values, statistics: { token_count: 3 } } }],
      });
    };
    const { body, row } = await post('/v1/embeddings', {
      model: 'google-vertex/some-embedding',
      input,
    });
    expect(asObjects(body.data).map(({ embedding }) => embedding)).toEqual(
      input.map((_, index) => [index]),
    );
    expect(body.usage).toEqual({ prompt_tokens: 60, total_tokens: 60 });
    expect([known(row ?? undefined), row?.cost_usd, row?.attempts.length]).toEqual([
      { input: 60, output: 0 },
      0.00006,
      1,
    ]);
    expect(seen).toHaveLength(20);
    expect(mostAtOnce).toBeGreaterThan(1);
    expect(mostAtOnce).toBeLessThanOrEqual(8);
  });

  test('the first of many that fails lets the others go, and the next candidate takes over', async () => {
    say = (body, path) => {
      if (path.startsWith('/google/'))
        return Response.json({ embeddings: [{ values: [7] }, { values: [8] }, { values: [9] }] });
      return body.inputText === 'b'
        ? Response.json({ message: 'slow down' }, { status: 429 })
        : null;
    };
    const ask = {
      model: 'bedrock/amazon.titan-embed-text-v2:0',
      input: ['a', 'b', 'c'],
      models: ['google/m'],
    };
    const { body, row } = await post('/v1/embeddings', ask);
    expect(asObjects(body.data).map(({ embedding }) => embedding)).toEqual([[7], [8], [9]]);
    expect(row?.attempts.map(({ provider, error }) => [provider, error])).toEqual([
      ['bedrock', 'upstream_rate_limited'],
      ['google', null],
    ]);
    await until(() => hungUp === 2);
  });

  test('tokens are for those who take them', async () => {
    say = () =>
      Response.json({
        object: 'list',
        data: [{ index: 0, embedding: [1] }],
        usage: { total_tokens: 2 },
      });
    const ask = { model: 'google/m', input: [[1, 2]], models: ['voyage/m'] };
    const { status, row } = await post('/v1/embeddings', ask);
    expect([status, seen.map(({ path }) => path)]).toEqual([200, ['/voyage/embeddings']]);
    expect(row?.attempts.map(({ error }) => error)).toEqual(['unsupported_feature', null]);
  });

  test('a field with no word on the wire is a named loss', async () => {
    say = () =>
      Response.json({ embeddings: { float: [[1]] }, meta: { billed_units: { input_tokens: 1 } } });
    const ask = {
      model: 'cohere/m',
      input: 'x',
      normalize: true,
      user: 'ann',
      encoding_format: 'float',
    };
    const { body } = await post('/v1/embeddings', ask);
    expect(asObject(body.metadata)?.losses).toEqual([
      'normalize: this model’s wire has no such field',
    ]);
  });

  test('an answer without vectors is no answer', async () => {
    for (const nothing of [{}, { embeddings: [] }, { embeddings: [{}] }]) {
      say = () => Response.json(nothing);
      const { status, row } = await post('/v1/embeddings', { model: 'google/m', input: 'x' });
      expect([status, row?.error?.code]).toEqual([502, 'upstream_invalid_response']);
    }
  });
});

describe('rerank', () => {
  test('objects with a text are unpacked for those who take texts only', async () => {
    say = () =>
      Response.json({
        id: 'r',
        results: [{ index: 1, relevance_score: 0.5 }],
        meta: { billed_units: { search_units: 1 } },
      });
    const documents = ['a', { text: 'b', page: 2 }];
    const ask = {
      model: 'cohere/rerank',
      query: 'q',
      documents,
      top_n: 1,
      return_documents: true,
      user: 'ann',
    };
    const { body } = await post('/v1/rerank', ask);
    expect(seen).toEqual([
      {
        path: '/cohere/rerank',
        body: { query: 'q', documents: ['a', 'b'], top_n: 1, model: 'rerank' },
      },
    ]);
    expect(body.results).toEqual([
      { index: 1, relevance_score: 0.5, document: { text: 'b', page: 2 } },
    ]);
    expect(asObject(body.metadata)?.losses).toEqual([]);
  });

  test('others’ names become the endpoint’s', async () => {
    say = () =>
      Response.json({
        object: 'list',
        data: [{ index: 0, relevance_score: 0.5 }],
        model: 'm',
        usage: { total_tokens: 9 },
      });
    const { body, row } = await post('/v1/rerank', {
      model: 'voyage/m',
      query: 'q',
      documents: ['a'],
      top_n: 1,
    });
    expect(seen[0]?.body).toEqual({ model: 'm', query: 'q', documents: ['a'], top_k: 1 });
    expect(asArray(body.results)).toEqual([{ index: 0, relevance_score: 0.5 }]);
    expect([body.id, known(row)]).toEqual([row?.id, { input: 9, output: 0 }]);
  });

  test('Bedrock’s models are invoked', async () => {
    say = () => Response.json({ results: [{ index: 0, relevance_score: 0.5 }] });
    await post('/v1/rerank', {
      model: 'bedrock/cohere.rerank-v3-5:0',
      query: 'q',
      documents: ['a'],
    });
    await post('/v1/rerank', { model: 'bedrock/amazon.rerank-v1:0', query: 'q', documents: ['a'] });
    expect(seen).toEqual([
      {
        path: '/bedrock/model/cohere.rerank-v3-5:0/invoke',
        body: { query: 'q', documents: ['a'], api_version: 2 },
      },
      { path: '/bedrock/model/amazon.rerank-v1:0/invoke', body: { query: 'q', documents: ['a'] } },
    ]);
  });
});

test('a provider of one’s own serves what its configuration says, as it says', async () => {
  say = () => Response.json({ data: [{ index: 0, embedding: [1, 2] }] });
  const ask = { model: 'own/a b', input: 'x', dimensions: 2, truncate: true };
  const { status, body } = await post('/v1/embeddings', ask);
  expect(status).toBe(200);
  expect(seen).toEqual([{ path: '/own/embed/a b', body: { model: 'a b', input: 'x', size: 2 } }]);
  expect(asObject(body.metadata)?.losses).toEqual(['truncate: own has no such field here']);
  const refused = await post('/v1/rerank', { model: 'own/m', query: 'q', documents: ['a'] });
  expect([refused.status, asObject(refused.body.error)?.code]).toEqual([
    400,
    'unsupported_feature',
  ]);
});
