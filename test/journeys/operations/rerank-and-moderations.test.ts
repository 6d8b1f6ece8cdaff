// Reranking and moderation through the gateway.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type JsonObject, parseJson } from '../../../src/lib/json.ts';
import { startGateway } from '../gateway-under-test.ts';
import { type Ground, known, metadataOf, OURS, only, openGround } from './operation-ground.ts';

let ground: Ground;

beforeAll(async () => {
  ground = await openGround();
});
afterAll(() => ground.stop());

const DOCUMENTS = ['a blue fox', 'the quick red fox', 'nothing of the kind'];

interface Ranked extends JsonObject {
  readonly id: string;
  readonly results: readonly {
    readonly index: number;
    readonly relevance_score: number;
    readonly document?: JsonObject;
  }[];
}

async function rank(body: JsonObject): Promise<Ranked> {
  const reply = await ground.gateway.post('/v1/rerank', body);
  return (await reply.json()) as Ranked;
}

describe('rerank', () => {
  test('the best documents first, search units counted and priced', async () => {
    const ask = { model: 'one/by-search', query: 'red fox', documents: DOCUMENTS, top_n: 2 };
    const caused = await ground.watch(() => rank({ ...ask, ...OURS }));
    const { body, row } = only(caused, 'one', '/v1/rerank');
    expect(body).toEqual({ ...ask, model: 'by-search' });
    expect(caused.result.results).toEqual([
      { index: 1, relevance_score: 1 },
      { index: 0, relevance_score: 0.5 },
    ]);
    expect(caused.result.id).toBe('rerank-simulated');
    expect(known(row)).toEqual({ searches: 1 });
    expect([row.endpoint, row.cost_usd]).toEqual(['rerank', 0.002]);
    metadataOf(caused.result, row);
  });

  test('is found where Cohere’s clients ask for it', async () => {
    const ask = { model: 'one/echo', query: 'red fox', documents: DOCUMENTS, top_n: 1 };
    const reply = await ground.gateway.post('/v2/rerank', ask);
    const { results } = (await reply.json()) as Ranked;
    expect([reply.status, results.map(({ index }) => index)]).toEqual([200, [1]]);
  });

  test('documents come back beside their scores where they were asked for', async () => {
    const documents = [...DOCUMENTS, { text: 'red fox', url: 'x' }];
    const ranked = await rank({
      model: 'one/echo',
      query: 'red fox',
      documents,
      return_documents: true,
    });
    expect(ranked.results.map(({ document }) => document)).toEqual([
      { text: 'the quick red fox' },
      { text: 'red fox', url: 'x' },
      { text: 'a blue fox' },
      { text: 'nothing of the kind' },
    ]);
  });

  test('a fault falls over to the next, 429 and 503 alike', async () => {
    for (const fault of ['status=429', 'status=503']) {
      const ask = {
        model: `one/echo+${fault}`,
        query: 'fox',
        documents: DOCUMENTS,
        models: ['claude/echo', 'two/echo'],
      };
      const caused = await ground.watch(() => rank(ask));
      expect(caused.rows.map(({ model }) => model)).toEqual(['two/echo']);
      expect(caused.rows[0]?.attempts.map(({ error }) => error)).toEqual([
        fault === 'status=429' ? 'upstream_rate_limited' : 'upstream_overloaded',
        'unsupported_feature',
        null,
      ]);
    }
  });

  test('a bad field is a 400 that names it', async () => {
    const good = { model: 'one/echo', query: 'fox', documents: DOCUMENTS };
    for (const [field, value, param] of [
      ['query', undefined, 'query'],
      ['query', '', 'query'],
      ['documents', undefined, 'documents'],
      ['documents', 'a text', 'documents'],
      ['documents', [], 'documents'],
      ['documents', ['a', 7], 'documents[1]'],
      ['top_n', 0, 'top_n'],
    ] as const) {
      const caused = await ground.watch(() =>
        ground.gateway.post('/v1/rerank', { ...good, [field]: value }),
      );
      const { error } = (await caused.result.json()) as { error: { param: string } };
      expect([caused.result.status, error.param]).toEqual([400, param]);
      expect(caused.requests.one).toHaveLength(0);
    }
  });
});

describe('moderations', () => {
  test('pass, and are written down without a price', async () => {
    const input = ['I kill time', 'hello'];
    const caused = await ground.watch(() =>
      ground.openai.moderations.create({ model: 'one/echo', input }),
    );
    const { body, row } = only(caused, 'one', '/v1/moderations');
    expect(body).toEqual({ model: 'echo', input });
    expect(caused.result.results.map(({ flagged }) => flagged)).toEqual([true, false]);
    expect([row.endpoint, row.cost_usd, known(row)]).toEqual(['moderations', null, {}]);
    metadataOf(caused.result, row);
  });

  test('fall over, and name a missing input', async () => {
    const caused = await ground.watch(() =>
      ground.gateway.post('/v1/moderations', {
        model: 'one/echo+status=500',
        input: 'x',
        models: ['two/echo'],
      }),
    );
    expect([caused.result.status, caused.rows[0]?.model]).toEqual([200, 'two/echo']);
    const bad = await ground.gateway.post('/v1/moderations', { model: 'one/echo' });
    expect(await bad.text()).toContain('input is required: send a string or an array');
  });

  test('need no model where a provider has a usual one', async () => {
    const { one, two } = ground.sims;
    const gateway = await startGateway(`
providers:
  first: { base_url: "${one.url}", api_key: a }
  second:
    base_url: "${two.url}"
    api_key: b
    operations: { moderations: { wire: openai, defaultModel: echo } }
`);
    const caused = await ground.watch(() => gateway.openai().moderations.create({ input: 'hi' }));
    expect([caused.requests.one.length, caused.requests.two.length]).toEqual([0, 1]);
    expect(parseJson(caused.requests.two[0]?.body ?? '')).toEqual({ input: 'hi', model: 'echo' });
    expect(caused.result.results).toHaveLength(1);
    const ranked = await gateway.post('/v1/rerank', { query: 'q', documents: ['a'] });
    expect(ranked.status).toBe(400);
    await gateway.stop();
    const none = await ground.gateway.post('/v1/moderations', { input: 'hi' });
    expect([none.status, await none.text()]).toEqual([
      400,
      expect.stringContaining('model must be a non-empty string'),
    ]);
  });
});
