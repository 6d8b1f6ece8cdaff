// Explain: which route, variant and models a request would get, and why; nobody is called and nothing is written down.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test';
import type { Explanation } from '../../src/gateway/explain.ts';
import { type GatewayUnderTest, startGateway, startTwoWires } from './gateway-under-test.ts';

const wires = startTwoWires();
let gateway: GatewayUnderTest;

const ROUTER = {
  name: 'tiers',
  commands: { review: 'beta/echo' },
  defaults: { message_templates: [{ role: 'system', content: 'For {{company}}.' }] },
  routes: [
    {
      condition: { cel_expression: 'tier == "pro" && prompt_tokens < 1000' },
      route: {
        route_id: 'pro',
        variants: [
          {
            variant: {
              variant_id: 'big',
              model_id: 'beta/echo',
              model_selection: { models: ['alpha/echo'] },
            },
            weight: 60,
          },
          { variant: { variant_id: 'small', model_id: 'alpha/echo' }, weight: 40 },
        ],
      },
    },
  ],
  defaultRoute: {
    route_id: 'rest',
    variants: [{ variant: { variant_id: 'only', model_id: 'alpha/echo' }, weight: 100 }],
  },
};

beforeAll(async () => {
  gateway = await startGateway(wires.yaml);
  expect((await gateway.post('/router/v1/routers', ROUTER)).status).toBe(200);
});
afterEach(async () => {
  expect(wires.alpha.received + wires.beta.received).toBe(0);
  expect(await gateway.rows()).toEqual([]);
});
afterAll(async () => {
  await gateway.stop();
  await wires.stop();
});

async function explained(path: string, body: object): Promise<Explanation> {
  const reply = await gateway.post(path, body);
  expect(reply.status).toBe(200);
  return (await reply.json()) as Explanation;
}

const TIERS = '/router/v1/routers/tiers:explain';
const MESSAGES = [{ role: 'user', content: 'Hello.' }];
const VARIABLES = { prompt_variables: { company: 'Acme' } };

describe('a router', () => {
  test('names route, variant, models and reasons', async () => {
    const metadata = { tier: 'pro' };
    const answer = await explained(TIERS, {
      messages: MESSAGES,
      user: 'user-3',
      metadata,
      ...VARIABLES,
    });
    expect(answer).toMatchObject({ router_id: 'tiers', route_id: 'pro' });
    const isBig = answer.variant_id === 'big';
    expect(answer.attempts).toEqual(
      isBig
        ? [
            { model: 'beta/echo', provider: 'beta' },
            { model: 'alpha/echo', provider: 'alpha' },
          ]
        : [{ model: 'alpha/echo', provider: 'alpha' }],
    );
    expect(answer.why).toEqual([
      'router "tiers"',
      'route "pro": tier == "pro" && prompt_tokens < 1000',
      `variant "${answer.variant_id}" of 2 (${isBig ? 60 : 40} % of users)`,
    ]);
    expect(answer.reasoning).toContain(`'${isBig ? 'beta' : 'alpha'}/echo'`);
  });

  test('says what could not be decided, and that a draw is one', async () => {
    const missing = await explained(TIERS, { messages: MESSAGES, ...VARIABLES });
    expect(missing).toMatchObject({ route_id: 'rest', variant_id: 'only' });
    expect(missing.why.join('\n')).toContain('"tier"');
    const drawn = await explained(TIERS, {
      messages: MESSAGES,
      metadata: { tier: 'pro' },
      ...VARIABLES,
    });
    expect(drawn.why.at(-1)).toContain('no "user"');
  });

  test('by any of its names, and by `model` at the other path', async () => {
    for (const [path, model] of [
      ['/router/v1/explain', 'router/tiers'],
      ['/router/v1/explain', 'inworld/tiers'],
      ['/router/v1/routers/routers%2Ftiers:explain', undefined],
    ] as const)
      expect(await explained(path, { model, messages: MESSAGES, ...VARIABLES })).toMatchObject({
        router_id: 'tiers',
        route_id: 'rest',
      });
  });

  test('in the words of every dialect', async () => {
    const metadata = { tier: 'pro' };
    const bodies = [
      { system: 'Be kind.', max_tokens: 5, messages: [{ role: 'user', content: '/review it' }] },
      { input: [{ role: 'user', content: [{ type: 'input_text', text: '/review it' }] }] },
      { messages: [{ role: 'user', content: [{ type: 'text', text: '/review it' }] }] },
    ];
    for (const body of bodies)
      expect(
        await explained(TIERS, { ...body, extra_body: { metadata, ...VARIABLES } }),
      ).toMatchObject({ route_id: 'command-review', attempts: [{ model: 'beta/echo' }] });
  });

  test('sees the pictures of Messages too', async () => {
    const made = await gateway.post('/router/v1/routers', {
      name: 'pictures',
      routes: [
        {
          condition: { cel_expression: 'has_images && has_tools' },
          route: {
            route_id: 'seen',
            variants: [{ variant: { model_id: 'beta/echo' }, weight: 100 }],
          },
        },
      ],
      defaultRoute: { variants: [{ variant: { model_id: 'alpha/echo' }, weight: 100 }] },
    });
    expect(made.status).toBe(200);
    const image = {
      type: 'image',
      source: { type: 'base64', media_type: 'image/png', data: 'AA==' },
    };
    const body = {
      tools: [{ name: 'f', input_schema: { type: 'object' } }],
      messages: [{ role: 'user', content: [image, { type: 'text', text: 'What is it?' }] }],
    };
    expect(await explained('/router/v1/routers/pictures:explain', body)).toMatchObject({
      route_id: 'seen',
    });
  });

  test('that would refuse the request says what the request would hear', async () => {
    const reply = await gateway.post(TIERS, { messages: MESSAGES });
    expect(reply.status).toBe(400);
    const { error } = (await reply.json()) as { error: { message: string; param: string } };
    expect(error.param).toBe('prompt_variables.company');
  });
});

describe('a draft', () => {
  const draft = {
    ...ROUTER,
    defaults: {},
    routes: [],
    defaultRoute: { variants: [{ variant: { model_id: 'beta/echo' }, weight: 100 }] },
  };

  test('is tried without being saved', async () => {
    const request = { messages: MESSAGES };
    expect(await explained(TIERS, { draft, request })).toMatchObject({
      router_id: 'tiers',
      attempts: [{ model: 'beta/echo', provider: 'beta' }],
    });
    const { name: _, ...unnamed } = draft;
    expect(await explained('/router/v1/explain', { draft: unnamed, request })).toMatchObject({
      attempts: [{ model: 'beta/echo', provider: 'beta' }],
    });
    expect((await explained(TIERS, { ...request, ...VARIABLES })).attempts[0]?.model).toBe(
      'alpha/echo',
    );
  });

  test('is checked as a saved one is', async () => {
    const broken = {
      ...draft,
      routes: [{ ...ROUTER.routes[0], condition: { cel_expression: '(' } }],
    };
    const reply = await gateway.post(TIERS, { draft: broken, request: { messages: MESSAGES } });
    expect(reply.status).toBe(400);
    const { error } = (await reply.json()) as { error: { message: string; param: string } };
    expect(error.param).toBe('routes[0].condition.cel_expression');
    expect(error.message).toMatch(/line 1, column \d+/);
  });
});

test('any model', async () => {
  const answer = await explained('/router/v1/explain', {
    model: 'echo',
    models: ['nowhere/x'],
    messages: MESSAGES,
  });
  expect(answer).toMatchObject({ router_id: null, route_id: null, variant_id: null });
  expect(answer.attempts.map(({ model }) => model).sort()).toEqual(['alpha/echo', 'beta/echo']);
  expect(answer.why.join('\n')).toContain('nowhere/x');
});

test('only an admin key may ask', async () => {
  const made = await gateway.post('/router/v1/keys', { name: 'caller' });
  const { key } = (await made.json()) as { key: string };
  const reply = await gateway.post(TIERS, { messages: [] }, { authorization: `Bearer ${key}` });
  expect(reply.status).toBe(403);
});
