// The semantic cache as it is set up: by a router, in shadow, with a provider's vectors, late, and where it cannot work.
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'bun:test';
import {
  ADMIN_KEY,
  type GatewayUnderTest,
  startGateway,
  startTwoWires,
} from './gateway-under-test.ts';
import { asked, PATIENT, startSemanticGateway } from './semantic-gateway.ts';
import { until } from './until.ts';

const wires = startTwoWires();
const { alpha, beta } = wires;
const gateways: GatewayUnderTest[] = [];

afterAll(() => wires.stop());
beforeEach(() => {
  alpha.clear();
  beta.clear();
});
afterEach(async () => {
  for (const gateway of gateways.splice(0)) await gateway.stop();
});

const QUESTION = 'How do I reset my password?';
const SAME = 'how can I reset my password';
const OTHER = 'How do I not reset my password?';

async function semantic(members: string, yaml = ''): Promise<GatewayUnderTest> {
  const gateway = await startSemanticGateway(wires.yaml + yaml, members);
  gateways.push(gateway);
  return gateway;
}

async function plain(yaml: string): Promise<GatewayUnderTest> {
  const gateway = await startGateway(`${wires.yaml}${yaml}\n`);
  gateways.push(gateway);
  return gateway;
}

/** The sim's vectors are made of words: it finds alike what shares some. */
async function byVectors(model: string, timeout = PATIENT, more = ''): Promise<GatewayUnderTest> {
  const semantic = `{ embedding: "${model}", threshold: 0.5, ${timeout} }${more}`;
  return plain(
    `  - { id: "${model}", price: { input: 100 } }\ncache: { mode: semantic, persist: false, semantic: ${semantic} }`,
  );
}

interface ShownCache {
  readonly semantic: {
    readonly searches: { readonly [end: string]: number };
    readonly rejected: { readonly [guard: string]: number };
    readonly shadowed: {
      readonly compared: number;
      readonly different: number;
      readonly saved_usd: number | null;
      readonly samples: readonly {
        readonly generation_id: string;
        readonly from: string;
        readonly similarity: number;
        readonly answer_similarity: number;
        readonly saved_usd: number | null;
      }[];
    };
  };
}

async function cacheOf({ url }: GatewayUnderTest): Promise<ShownCache> {
  const headers = { authorization: `Bearer ${ADMIN_KEY}` };
  return (await (await fetch(`${url}/router/v1/cache`, { headers })).json()) as ShownCache;
}

const metric = async ({ url }: GatewayUnderTest, line: string) => {
  const headers = { authorization: `Bearer ${ADMIN_KEY}` };
  const text = await (await fetch(`${url}/metrics`, { headers })).text();
  return Number(
    text
      .split('\n')
      .find((one) => one.startsWith(`${line} `))
      ?.slice(line.length),
  );
};

describe('in shadow', () => {
  test('nothing is given, and it is told what would have been', async () => {
    const gateway = await semantic('shadow: true');
    const first = await asked(gateway, QUESTION);
    const second = await asked(gateway, SAME);
    const other = await asked(gateway, OTHER);
    expect(alpha.requests).toHaveLength(3);
    expect(second.text).toContain(SAME);
    expect(second.told).toMatchObject({
      cache_hit: false,
      cache: { shadow: true, verdict: 'same', from: first.told.generation_id },
    });
    expect(other.told.cache).toMatchObject({ shadow: true, verdict: 'negation' });
    const row = (await gateway.rows()).find(({ id }) => id === second.told.generation_id);
    expect(row).toMatchObject({
      cache: null,
      cache_detail: { near: { shadow: true, from: first.told.generation_id } },
    });
    const found = async () => (await cacheOf(gateway)).semantic;
    await until(async () => (await found()).shadowed.compared === 1, 20_000);
    const { searches, rejected, shadowed } = await found();
    expect(rejected).toEqual({ negation: 1 });
    expect(searches).toMatchObject({ hit: 0, shadow: 1, none: 1, rejected: 1 });
    expect(shadowed).toMatchObject({
      compared: 1,
      different: 0,
      different_ratio: 0,
      saved_usd: second.told.cost_usd,
    });
    expect(shadowed.samples).toEqual([
      {
        generation_id: second.told.generation_id,
        from: first.told.generation_id,
        similarity: second.told.cache?.similarity ?? 0,
        // The simulated provider quotes the question: answers to two that are alike are alike.
        answer_similarity: expect.any(Number),
        saved_usd: second.told.cost_usd,
      },
    ]);
    expect(shadowed.samples[0]?.answer_similarity).toBeGreaterThan(0.9);
    const searched = 'switchyard_cache_semantic_searches_total{outcome="shadow"}';
    expect(await metric(gateway, searched)).toBe(1);
    expect(
      await metric(gateway, 'switchyard_cache_semantic_shadow_answer_similarity_ratio_count'),
    ).toBe(1);
  });
});

describe('a router', () => {
  test('gives its requests the semantic cache, and no others get it', async () => {
    const gateway = await plain(`cache: { mode: exact, semantic: { ${PATIENT} } }
routers:
  - name: helpdesk
    defaults: { cache: { mode: semantic, threshold: 0.8 } }
    defaultRoute: { variants: [{ weight: 100, variant: { model_id: alpha/echo } }] }
`);
    const model = 'router/helpdesk';
    // The model is loaded when somebody asks for it first; until then it is a miss.
    await asked(gateway, 'Anything at all?', { model });
    await until(
      async () => gateway.gateway.answers.semantic.meanings.standing() === 'ready',
      30_000,
    );
    await asked(gateway, QUESTION, { model });
    expect((await asked(gateway, SAME, { model })).told.cache_hit).toBe('semantic');
    expect((await asked(gateway, SAME)).told.cache_hit).toBe(false);
  });
});

test('another user, where each has answers of their own', async () => {
  const gateway = await byVectors('alpha/vectors', PATIENT, ', per_user: true');
  await asked(gateway, QUESTION, { user: 'ann' });
  expect((await asked(gateway, SAME, { user: 'bob' })).told.cache_hit).toBe(false);
  expect((await asked(gateway, SAME, { user: 'ann' })).told.cache_hit).toBe('semantic');
});

describe('with a provider’s vectors', () => {
  test('they are asked for, paid for, and written down', async () => {
    const gateway = await byVectors('alpha/vectors');
    const first = await asked(gateway, QUESTION);
    const second = await asked(gateway, SAME);
    expect(second.told).toMatchObject({
      cache_hit: 'semantic',
      cost_usd: 0,
      cache: { from: first.told.generation_id },
    });
    const rows = await gateway.rows();
    const vectors = rows.filter(({ endpoint }) => endpoint === 'cache.embeddings');
    expect(vectors).toHaveLength(2);
    expect(vectors.map(({ metadata }) => metadata?.for)).toEqual([
      first.told.generation_id,
      second.told.generation_id,
    ]);
    for (const row of vectors) {
      expect(row).toMatchObject({
        status: 200,
        model: 'alpha/vectors',
        requested_model: 'alpha/vectors',
      });
      expect(row.cost_usd).toBeGreaterThan(0);
      expect(row.attempts).toHaveLength(1);
    }
    expect(gateway.gateway.answers.semantic.meanings.standing()).toBe('off');
  });

  test('count in the caller’s budget and not among their requests', async () => {
    const gateway = await byVectors('alpha/vectors');
    const made = await gateway.post('/router/v1/keys', {
      name: 'thrifty',
      budget: { amount_usd: 1, period: 'day' },
      rate_limit: { requests_per_minute: 2 },
    });
    const { key, id } = (await made.json()) as { key: string; id: string };
    const authorization = `Bearer ${key}`;
    const first = await asked(gateway, QUESTION, {}, { authorization });
    const second = await asked(gateway, SAME, {}, { authorization });
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(second.told.cache_hit).toBe('semantic');
    const paid = (await gateway.rows())
      .filter(({ key_id }) => key_id === id)
      .reduce((sum, { cost_usd }) => sum + (cost_usd ?? 0), 0);
    const record = gateway.gateway.keys.list().find((one) => one.id === id);
    const readings = await gateway.gateway.limits.read(
      record === undefined ? null : gateway.gateway.limits.of(record, null),
    );
    const used = readings.find(({ meter }) => meter.kind === 'budget')?.used;
    expect(used).toBe(Math.round(paid * 1e9));
    expect(paid).toBeGreaterThan(Number(first.told.cost_usd));
  });

  test('a provider that fails makes it a miss, and the row says so', async () => {
    const gateway = await byVectors('alpha/vectors+status=500');
    await asked(gateway, QUESTION);
    const second = await asked(gateway, SAME);
    expect(second).toMatchObject({ status: 200, told: { cache_hit: false } });
    const rows = await gateway.rows();
    const vectors = rows.filter(({ endpoint }) => endpoint === 'cache.embeddings');
    expect(vectors).toHaveLength(2);
    for (const { outcome, cost_usd } of vectors) {
      expect(outcome).toBe('error');
      expect(cost_usd).toBe(0);
    }
  });

  test('one that is slow keeps no request waiting', async () => {
    const gateway = await byVectors('alpha/vectors+ttft=1500', 'timeout: 50ms');
    const began = performance.now();
    const first = await asked(gateway, QUESTION);
    expect(first.told.cache_hit).toBe(false);
    expect(performance.now() - began).toBeLessThan(1000);
  });

  test('they need somebody to ask', async () => {
    const semantic = '{ embedding: nobody/vectors, threshold: 0.9 }';
    const started = startGateway(`${wires.yaml}cache: { semantic: ${semantic} }`);
    const failure = await started.then(() => null, Object);
    expect(String(failure)).toContain('names the provider "nobody"');
  });

  test('they need a threshold of their own', async () => {
    const started = startGateway(
      `${wires.yaml}\ncache: { semantic: { embedding: alpha/vectors } }`,
    );
    const failure = await started.then(() => null, Object);
    expect(String(failure)).toContain('must be named for this embedding model');
  });
});
