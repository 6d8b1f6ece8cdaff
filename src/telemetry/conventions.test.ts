// Names, kinds and bounds are the conventions': checked against OpenTelemetry's own list, on requests of every shape.
import { describe, expect, test } from 'bun:test';
import * as conventions from '@opentelemetry/semantic-conventions/incubating';
import type { AttemptOutcome, Exchange } from '../core/exchange.ts';
import { NO_USAGE, UNKNOWN_USAGE } from '../core/usage.ts';
import { MAX_MODELS } from './known-models.ts';
import { MAX_POINTS, PointSet } from './point-set.ts';
import { spansOf } from './spans.ts';
import { UsageMetrics } from './usage-metrics.ts';

const KNOWN = new Set<unknown>(Object.values(conventions));
const PROVIDERS = { alpha: { name: 'openai', address: 'api.example', port: 443 } };

const ATTEMPT: AttemptOutcome = {
  provider: 'alpha',
  model: 'alpha/m',
  key: 'key-1',
  success: true,
  status: 200,
  error: null,
  message: null,
  startMs: 1.5,
  ttftMs: 20,
  durationMs: 80.25,
  usage: { ...UNKNOWN_USAGE, input: 10, cacheRead: 5, cacheWrite5m: 2, output: 7, reasoning: 3 },
  costNano: 1_500_000,
  price: 'p',
};

const exchange = (change: Partial<Exchange> = {}): Exchange => ({
  id: '019a0b1c-2d3e-7f40-9a5b-6c7d8e9f0a1b',
  at: 1_763_856_000_123,
  traceId: null,
  parentSpanId: null,
  endpoint: 'chat.completions',
  dialect: 'openai-chat',
  stream: true,
  keyId: 'key_1',
  user: 'erika',
  requestedModel: 'alpha/m',
  model: 'alpha/m',
  provider: 'alpha',
  routerId: 'r',
  routeId: 'x',
  variantId: 'v',
  reasoning: 'PROSE',
  attempts: [ATTEMPT],
  outcome: 'ok',
  status: 200,
  errorCode: null,
  errorMessage: null,
  finishReason: 'stop',
  usage: ATTEMPT.usage,
  usageEstimated: false,
  costNano: 1_500_000,
  unpriced: false,
  deliveredTokens: null,
  resumed: false,
  cache: null,
  simulated: false,
  losses: ['PROSE'],
  facts: { language: 'PROSE' },
  metadata: { note: 'PROSE' },
  ttftMs: 21,
  totalMs: 90.5,
  ...change,
});

const FAILED: Partial<Exchange> = {
  attempts: [
    {
      ...ATTEMPT,
      success: false,
      status: 503,
      error: 'upstream_overloaded',
      message: 'PROSE',
      usage: UNKNOWN_USAGE,
      costNano: null,
      price: null,
      ttftMs: null,
    },
  ],
  model: null,
  provider: null,
  outcome: 'error',
  status: 502,
  errorCode: 'upstream_error',
  errorMessage: 'PROSE',
  finishReason: null,
  usage: UNKNOWN_USAGE,
  costNano: null,
  ttftMs: null,
};
const HIT: Partial<Exchange> = {
  attempts: [],
  cache: 'semantic',
  recall: {
    ...{ kind: 'semantic', from: 'first', model: 'alpha/m', provider: 'alpha', ageMs: 1500 },
    ...{ similarity: 0.97, simulated: false, losses: [] },
    saved: { usage: ATTEMPT.usage, costNano: 1_500_000, estimated: false },
  },
  usage: NO_USAGE,
  costNano: 0,
};
const SHAPES = [
  exchange(HIT),
  exchange({ cacheLook: 'miss', promptCacheNano: -500 }),
  exchange(),
  exchange(FAILED),
  exchange({ ...FAILED, attempts: [], requestedModel: '' }),
  exchange({ endpoint: 'embeddings', stream: false, ttftMs: null }),
];

describe('spans', () => {
  test('have the conventions’ names or our own, whatever the request came to', () => {
    const names = SHAPES.flatMap((shape) =>
      spansOf(shape, { providers: PROVIDERS, userIds: true }).flatMap(({ attributes }) =>
        Object.keys(attributes),
      ),
    );
    expect(
      [...new Set(names)].filter((name) => !KNOWN.has(name) && !name.startsWith('switchyard.')),
    ).toEqual([]);
  });

  test('count all tokens, those of caches and thoughts among them, and leave out what nobody knows', () => {
    const options = { providers: PROVIDERS, userIds: false };
    const [, client] = spansOf(exchange(), options);
    expect(client?.attributes).toMatchObject({
      'gen_ai.usage.input_tokens': 17,
      'gen_ai.usage.output_tokens': 10,
      'gen_ai.usage.cache_read.input_tokens': 5,
      'gen_ai.usage.cache_creation.input_tokens': 2,
      'gen_ai.usage.reasoning.output_tokens': 3,
      'gen_ai.provider.name': 'openai',
      'gen_ai.response.time_to_first_chunk': 0.02,
    });
    const [server, failed] = spansOf(exchange(FAILED), options);
    expect([server?.failed, failed?.failed]).toEqual([true, true]);
    const unknown = Object.keys({ ...server?.attributes, ...failed?.attributes }).filter((name) =>
      /usage\.|cost|first_chunk|enduser/.test(name),
    );
    expect(unknown).toEqual([]);
  });

  test('of a hit: whose answer it is and what it saved, of a prompt cache what it took off', () => {
    const options = { providers: PROVIDERS, userIds: false };
    const hit = spansOf(exchange(HIT), options);
    expect(hit).toHaveLength(1);
    expect(hit[0]?.attributes).toMatchObject({
      'gen_ai.response.model': 'm',
      'gen_ai.usage.input_tokens': 0,
      'switchyard.cost_usd': 0,
      'switchyard.cache.result': 'semantic',
      'switchyard.cache.from': 'first',
      'switchyard.cache.age': 1.5,
      'switchyard.cache.similarity': 0.97,
      'switchyard.cache.saved_usd': 0.0015,
      'switchyard.cache.saved_input_tokens': 17,
      'switchyard.cache.saved_output_tokens': 10,
    });
    const promptCacheNano = -500;
    const attempts = [{ ...ATTEMPT, promptCacheNano }];
    const written = spansOf(exchange({ cacheLook: 'miss', promptCacheNano, attempts }), options);
    expect(written[0]?.attributes['switchyard.cache.result']).toBe('miss');
    for (const { attributes } of written)
      expect(attributes['switchyard.prompt_cache.saved_usd']).toBe(-0.0000005);
    const plain = Object.keys(spansOf(exchange(), options)[0]?.attributes ?? {});
    expect(plain.filter((name) => /cache\.(?!read|creation)/.test(name))).toEqual([]);
  });

  test('say nothing of texts, and not who the user is unless asked to', () => {
    const told = JSON.stringify(
      SHAPES.map((shape) => spansOf(shape, { providers: PROVIDERS, userIds: false })),
    );
    expect(told).not.toContain('PROSE');
    expect(told).not.toContain('erika');
    const long = spansOf(exchange({ requestedModel: 'm'.repeat(5000) }), {
      providers: {},
      userIds: false,
    });
    expect(JSON.stringify(long).length).toBeLessThan(4000);
  });
});

describe('metrics', () => {
  test('have the conventions’ names, and attributes of few values', () => {
    const metrics = new UsageMetrics(0);
    for (const shape of SHAPES) metrics.observe(shape, PROVIDERS);
    const states = metrics.states();
    expect(states.map(({ name }) => name).filter((name) => !KNOWN.has(name))).toEqual([
      'switchyard.cost',
      'switchyard.cache.saved',
    ]);
    const names = new Set(
      states.flatMap(({ points }) => points.flatMap(({ attributes }) => Object.keys(attributes))),
    );
    expect([...names].sort()).toEqual([
      'error.type',
      'gen_ai.operation.name',
      'gen_ai.provider.name',
      'gen_ai.request.model',
      'gen_ai.token.type',
      'server.address',
      'server.port',
      'switchyard.cache.result',
    ]);
  });

  test('stay bounded, whatever callers invent', () => {
    const metrics = new UsageMetrics(0);
    for (let at = 0; at < 3000; at++) {
      const model = `alpha/made-up-${at}`;
      metrics.observe(
        exchange({ model, attempts: [{ ...ATTEMPT, model, price: null }] }),
        PROVIDERS,
      );
    }
    metrics.observe(exchange(), PROVIDERS);
    const durations = metrics
      .states()
      .find(({ name }) => name === 'gen_ai.client.operation.duration');
    const models = new Set(
      durations?.points.map(({ attributes }) => attributes['gen_ai.request.model']),
    );
    // 250 that have no price, the one that has, and all the rest as one.
    expect(models.size).toBe(252);
    expect(models).toContain('m');
    expect(models.size).toBeLessThanOrEqual(MAX_MODELS + 1);
    const set = new PointSet([1]);
    for (let at = 0; at < MAX_POINTS * 2; at++) set.observe({ at }, 2);
    const points = set.histograms();
    expect(points).toHaveLength(MAX_POINTS);
    expect(
      points.find(({ attributes }) => attributes['otel.metric.overflow'] === true)?.histogram.count,
    ).toBe(MAX_POINTS + 1);
  });

  test('sum up money exactly', () => {
    const metrics = new UsageMetrics(0);
    for (let at = 0; at < 1000; at++)
      metrics.observe(exchange({ attempts: [{ ...ATTEMPT, costNano: 100_000_001 }] }), PROVIDERS);
    const [point] = metrics.states().find(({ name }) => name === 'switchyard.cost')?.points ?? [];
    expect(point).toMatchObject({ sum: 100.000001 });
  });
});
