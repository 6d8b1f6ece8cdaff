// What a router puts to the requests it sends on, as the provider gets it, from each of the three wires callers speak.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { asArray, asObject, type JsonObject, parseJson } from '../../src/lib/json.ts';
import { type GatewayUnderTest, startGateway, startTwoWires } from './gateway-under-test.ts';

const wires = startTwoWires();
let gateway: GatewayUnderTest;

/** Every model of the router is asked by its variant's route: `want == "alpha"`. */
const router = {
  name: 'dressed',
  defaults: {
    text_generation_config: { max_tokens: 321, temperature: 0.9, seed: 7 },
    message_templates: [
      { role: 'system', content: 'You help {{ name }} of {{company.name}}.' },
      { role: 'user', content: 'Who are you?' },
      { role: 'assistant', content: 'The help of {{name}}.' },
    ],
  },
  routes: [
    {
      condition: { cel_expression: 'want == "alpha"' },
      route: {
        route_id: 'alpha',
        variants: [{ variant: { model_id: 'alpha/echo' }, weight: 100 }],
      },
    },
    {
      condition: { cel_expression: 'want == "own"' },
      route: {
        route_id: 'own',
        variants: [
          {
            variant: {
              model_id: 'alpha/echo',
              text_generation_config: { temperature: 0.1 },
              message_templates: [{ role: 'system', content: 'Be brief.' }],
            },
            weight: 100,
          },
        ],
      },
    },
  ],
  defaultRoute: {
    route_id: 'beta',
    variants: [{ variant: { model_id: 'beta/echo' }, weight: 100 }],
  },
};

const OPTIONS = { prompt_variables: { name: 'Ana', 'company.name': 'Acme' } };

beforeAll(async () => {
  gateway = await startGateway(wires.yaml);
  const made = await gateway.post('/router/v1/routers', router);
  expect([made.status, await made.clone().text()]).toEqual([200, expect.any(String)]);
});
beforeEach(() => {
  wires.alpha.clear();
  wires.beta.clear();
});
afterAll(async () => {
  await gateway.stop();
  await wires.stop();
});

/** The one request the provider got. */
function sent(sim: typeof wires.alpha): JsonObject {
  expect(sim.requests).toHaveLength(1);
  return asObject(parseJson(sim.requests[0]?.body ?? '')) ?? {};
}

function chat(want: string, more: object = {}): Promise<Response> {
  return gateway.post('/v1/chat/completions', {
    model: 'router/dressed',
    messages: [{ role: 'user', content: 'Hello.' }],
    metadata: { want },
    ...OPTIONS,
    ...more,
  });
}

const SYSTEM = 'You help Ana of Acme.';

describe('from Chat Completions', () => {
  test('to its own wire: the prompt before the caller’s messages, settings where it says nothing', async () => {
    expect((await chat('alpha', { temperature: 0.2 })).status).toBe(200);
    const { messages, temperature, seed, max_tokens, max_completion_tokens } = sent(wires.alpha);
    expect(messages).toEqual([
      { role: 'system', content: SYSTEM },
      { role: 'user', content: 'Who are you?' },
      { role: 'assistant', content: 'The help of Ana.' },
      { role: 'user', content: 'Hello.' },
    ]);
    expect({ temperature, seed, max: max_tokens ?? max_completion_tokens }).toEqual({
      temperature: 0.2,
      seed: 7,
      max: 321,
    });
  });

  test('to Messages', async () => {
    const reply = await chat('beta');
    expect(reply.status).toBe(200);
    const { system, messages, temperature, max_tokens } = sent(wires.beta);
    expect(JSON.stringify(system)).toContain(SYSTEM);
    expect(asArray(messages).map((message) => asObject(message)?.role)).toEqual([
      'user',
      'assistant',
      'user',
    ]);
    expect({ temperature, max_tokens }).toEqual({ temperature: 0.9, max_tokens: 321 });
    const { metadata } = (await reply.json()) as { metadata: { losses: string[] } };
    // The wire has no seed, and says so.
    expect(metadata.losses.join()).toContain('seed');
  });

  test('a variant’s own take the place of the router’s, whole', async () => {
    expect((await chat('own', { prompt_variables: undefined })).status).toBe(200);
    const body = sent(wires.alpha);
    expect(body.messages).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hello.' },
    ]);
    expect(body.temperature).toBe(0.1);
    expect([body.seed, body.max_tokens, body.max_completion_tokens]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('a variable that is missing: 400 that names it, and nobody is asked', async () => {
    const reply = await chat('alpha', { prompt_variables: { name: 'Ana' } });
    expect(reply.status).toBe(400);
    const { error } = (await reply.json()) as { error: JsonObject };
    expect(error.code).toBe('invalid_request');
    expect(error.param).toBe('prompt_variables.company.name');
    expect(String(error.message)).toContain('company.name');
    expect(wires.alpha.received + wires.beta.received).toBe(0);
  });

  test('what the caller writes is no template', async () => {
    const messages = [{ role: 'user', content: 'What is {{name}}?' }];
    expect((await chat('own', { messages })).status).toBe(200);
    expect(asArray(sent(wires.alpha).messages).at(-1)).toEqual(messages[0] ?? {});
  });
});

test('from Messages: to its own wire and to Chat Completions', async () => {
  const body = (want: string) => ({
    model: 'router/dressed',
    max_tokens: 50,
    system: 'Caller’s own.',
    messages: [{ role: 'user', content: 'Hello.' }],
    extra_body: { metadata: { want }, ...OPTIONS },
  });
  expect((await gateway.post('/v1/messages', body('beta'))).status).toBe(200);
  const native = sent(wires.beta);
  const system = JSON.stringify(native.system);
  expect(system.indexOf(SYSTEM)).toBeGreaterThan(-1);
  expect(system.indexOf('Caller’s own.')).toBeGreaterThan(system.indexOf(SYSTEM));
  expect(native).toMatchObject({ max_tokens: 50, temperature: 0.9 });
  expect((await gateway.post('/v1/messages', body('alpha'))).status).toBe(200);
  const chatBody = sent(wires.alpha);
  // What the caller's wire has no word for gets through to one that has.
  expect(chatBody).toMatchObject({ temperature: 0.9, seed: 7 });
  expect(JSON.stringify(chatBody.messages)).toContain(SYSTEM);
});

test('from Responses: instructions, and settings by its own names', async () => {
  const reply = await gateway.post('/v1/responses', {
    model: 'router/dressed',
    input: 'Hello.',
    instructions: 'Caller’s own.',
    extra_body: { metadata: { want: 'alpha' }, ...OPTIONS },
  });
  expect(reply.status).toBe(200);
  const body = sent(wires.alpha);
  const text = JSON.stringify(body.messages);
  expect(text).toContain(SYSTEM);
  expect(text.indexOf('Caller’s own.')).toBeGreaterThan(text.indexOf(SYSTEM));
  expect(text.indexOf('Hello.')).toBeGreaterThan(text.indexOf('The help of Ana.'));
  expect(body).toMatchObject({ temperature: 0.9 });
});

test('a router’s fallback is the variant’s chain, with its own deadline', async () => {
  await gateway.post('/router/v1/routers', {
    name: 'late',
    defaultRoute: {
      variants: [
        {
          variant: {
            model_id: 'alpha/echo+ttft=3000',
            model_selection: { models: ['beta/echo'], fallback: { ttft_timeout: '300ms' } },
          },
          weight: 100,
        },
      ],
    },
  });
  const started = performance.now();
  const reply = await gateway.post('/v1/chat/completions', {
    model: 'router/late',
    messages: [{ role: 'user', content: 'Hello.' }],
  });
  expect(reply.status).toBe(200);
  expect(performance.now() - started).toBeLessThan(1900);
  const { metadata } = (await reply.json()) as { metadata: JsonObject };
  expect(metadata).toMatchObject({
    router_id: 'late',
    actual_model: 'beta/echo',
    attempts: [
      { model: 'alpha/echo+ttft=3000', success: false, error: 'upstream_first_token_timeout' },
      { model: 'beta/echo', success: true },
    ],
  });
});
