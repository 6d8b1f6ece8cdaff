// `auto`: the model that fits the request and the wish, of those there are keys for, with the reason and who came next.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { startSim } from '../../sim/start-sim.ts';
import { builtInCatalog } from '../../src/catalog/load.ts';
import type { JsonObject } from '../../src/lib/json.ts';
import { type GatewayUnderTest, startGateway } from './gateway-under-test.ts';

const sim = startSim({ seed: 3 });
let gateway: GatewayUnderTest;

beforeAll(async () => {
  gateway = await startGateway(`
providers:
  openai: { base_url: "${sim.url}", api_key: k }
  anthropic: { base_url: "${sim.url}", api_key: k }
  small: { dialect: openai-chat, base_url: "${sim.url}", api_key: k }
models:
  - { id: small/tiny, context: 2000, price: { input: 0.0001, output: 0.0001 }, scores: { intelligence: 1, math: 1, coding: 99.9 } }
metrics:
  charm: { direction: higher, values: { "small/tiny": 5, "claude-haiku-4-5": 9 } }
  rudeness: { direction: lower, values: { "small/tiny": 1, "openai/gpt-4o": 3 } }
`);
});
beforeEach(() => sim.clear());
afterAll(async () => {
  await gateway.stop();
  await sim.stop();
});

const facts = new Map(
  builtInCatalog().models.map((entry) => [
    `${entry.facts.provider}/${entry.facts.model}`,
    entry.facts,
  ]),
);

interface Reply {
  readonly metadata: {
    readonly actual_model: string;
    readonly reasoning: string;
    readonly losses: readonly string[];
  };
}

async function auto(more: JsonObject = {}): Promise<Reply['metadata']> {
  const reply = await gateway.post('/v1/chat/completions', {
    model: 'auto',
    messages: [{ role: 'user', content: 'Say hello to my grandmother.' }],
    ...more,
  });
  const body = (await reply.json()) as Reply;
  expect([reply.status, body.metadata.losses]).toEqual([200, []]);
  expect(sim.received).toBe(1);
  sim.clear();
  return body.metadata;
}

describe('sort', () => {
  test('by price: the cheapest of all there are keys for, and by how much', async () => {
    const { actual_model, reasoning } = await auto({ sort: ['price'] });
    expect(actual_model).toBe('small/tiny');
    expect(reasoning).toStartWith("Using model chosen by auto: 'small/tiny'");
    expect(reasoning).toContain('lowest price');
    expect(reasoning).toMatch(/next '(?:openai|anthropic)\//);
    expect(reasoning).toMatch(/\$0\.0+\d+/);
  });

  test('by intelligence, mathematics and coding: the operator’s own scores count', async () => {
    expect((await auto({ sort: ['coding'] })).actual_model).toBe('small/tiny');
    const clever = await auto({ sort: ['intelligence'] });
    expect(clever.actual_model).not.toBe('small/tiny');
    expect(clever.reasoning).toContain('intelligence');
    for (const name of ['math', 'mathematics'])
      expect((await auto({ sort: [name] })).actual_model).not.toBe('small/tiny');
  });

  test('by metrics of the operator’s own, each with its better end', async () => {
    expect((await auto({ sort: ['charm'] })).actual_model).toBe('anthropic/claude-haiku-4-5');
    expect((await auto({ sort: ['rudeness'] })).actual_model).toBe('small/tiny');
    const put = await fetch(`${gateway.url}/router/v1/metrics/wit`, {
      method: 'PUT',
      headers: { authorization: 'Bearer sy-admin-key-of-the-test' },
      body: JSON.stringify({ direction: 'higher', values: { 'openai/gpt-4o-mini': 3 } }),
    });
    expect(put.status).toBe(201);
    expect((await auto({ sort: ['wit'] })).actual_model).toBe('openai/gpt-4o-mini');
  });

  test('by what nobody knows: said, and skipped', async () => {
    const { actual_model, reasoning } = await auto({ sort: ['moonlight', 'price'] });
    expect(actual_model).toBe('small/tiny');
    expect(reasoning).toContain('"moonlight"');
  });
});

describe('needs', () => {
  test('what does not fit the context is passed over', async () => {
    const messages = [{ role: 'user', content: 'word '.repeat(5000) }];
    const { actual_model } = await auto({ sort: ['price'], messages });
    expect(actual_model).not.toBe('small/tiny');
    expect(facts.get(actual_model)?.context ?? 0).toBeGreaterThan(5000);
  });

  test('tools, pictures and structured answers want models that have them', async () => {
    const picture =
      'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
    const seen = await auto({
      sort: ['price'],
      models: ['openai', 'anthropic'],
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is this?' },
            { type: 'image_url', image_url: { url: picture } },
          ],
        },
      ],
    });
    expect(facts.get(seen.actual_model)?.input).toContain('image');
    const called = await auto({
      sort: ['price'],
      models: ['openai', 'anthropic'],
      tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }],
      tool_choice: 'auto',
    });
    expect(facts.get(called.actual_model)?.abilities.tools).toBe(true);
    const shaped = await auto({
      sort: ['price'],
      models: ['openai', 'anthropic'],
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'x', schema: { type: 'object' } },
      },
    });
    expect(facts.get(shaped.actual_model)?.abilities.structuredOutput).not.toBe(false);
  });

  test('nobody: 400 that says what was needed, and nobody is asked', async () => {
    const reply = await gateway.post('/v1/chat/completions', {
      model: 'auto',
      models: ['small'],
      messages: [{ role: 'user', content: 'word '.repeat(5000) }],
    });
    expect(reply.status).toBe(400);
    const { error } = (await reply.json()) as { error: { code: string; message: string } };
    expect(error.code).toBe('no_candidate');
    expect(error.message).toContain('context');
    expect(sim.received).toBe(0);
  });
});

describe('the pool', () => {
  test('is limited by `models`, whole providers too, and by `ignore`', async () => {
    const claude = await auto({ models: ['anthropic'], sort: ['price'] });
    expect(claude.actual_model).toStartWith('anthropic/');
    const others = await auto({ ignore: ['small', claude.actual_model], sort: ['price'] });
    expect(others.actual_model).toStartWith('openai/');
    const two = await auto({ models: ['openai/gpt-4o', 'small/tiny'], ignore: ['small/tiny'] });
    expect(two.actual_model).toBe('openai/gpt-4o');
  });

  test('without a wish: the cheapest of those near the best', async () => {
    const { actual_model, reasoning } = await auto();
    expect(actual_model).not.toBe('small/tiny');
    expect(reasoning).toContain('intelligence');
  });

  test('who fails is followed by the next best', async () => {
    const reply = await gateway.post(
      '/v1/chat/completions',
      {
        model: 'auto',
        sort: ['price'],
        models: ['small/tiny', 'openai/gpt-4o-mini'],
        messages: [{ role: 'user', content: 'Hello.' }],
      },
      { 'x-switchyard-fault': '1=status:503' },
    );
    const { metadata } = (await reply.json()) as {
      metadata: { attempts: { model: string; success: boolean }[] };
    };
    expect(metadata.attempts.map(({ model, success }) => [model, success])).toEqual([
      ['small/tiny', false],
      ['openai/gpt-4o-mini', true],
    ]);
  });
});

test('from Messages and Responses, and inside a router', async () => {
  const messages = [{ role: 'user', content: 'Hello.' }];
  const claude = await gateway.post('/v1/messages', {
    model: 'auto',
    max_tokens: 50,
    messages,
    sort: ['price'],
  });
  expect(await claude.json()).toMatchObject({ metadata: { actual_model: 'small/tiny' } });
  const responses = await gateway.post('/v1/responses', {
    model: 'auto',
    input: 'Hello.',
    extra_body: { sort: ['price'] },
  });
  expect(await responses.json()).toMatchObject({
    gateway_metadata: { actual_model: 'small/tiny' },
  });
  await gateway.post('/router/v1/routers', {
    name: 'thrifty',
    defaultRoute: {
      variants: [
        {
          variant: {
            model_id: 'auto',
            model_selection: {
              models: ['openai', 'small'],
              sort: [{ metric: 'SORT_METRIC_PRICE' }],
              ignore: ['small'],
            },
          },
          weight: 100,
        },
      ],
    },
  });
  const routed = await gateway.post('/v1/chat/completions', { model: 'router/thrifty', messages });
  const { metadata } = (await routed.json()) as Reply;
  expect(metadata.actual_model).toStartWith('openai/');
});
