// Routers as callers meet them: the model for this user and context, over real HTTP with the official SDKs.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { startSim } from '../../sim/start-sim.ts';
import { ADMIN_KEY, type GatewayUnderTest, startGateway } from './gateway-under-test.ts';

/** As it stands on the page of the service whose routers these are compatible with. */
const SEED = {
  displayName: 'User-Aware',
  routes: [
    {
      condition: { cel_expression: 'language == "es"' },
      route: { variants: [{ variant: { modelId: 'openai/gpt-5.2' }, weight: 100 }] },
    },
    {
      condition: { cel_expression: 'plan == "free"' },
      route: { variants: [{ variant: { modelId: 'anthropic/claude-haiku-4-5' }, weight: 100 }] },
    },
  ],
  defaultRoute: {
    variants: [{ variant: { modelId: 'anthropic/claude-sonnet-4-6' }, weight: 100 }],
  },
};

const openai = startSim({ seed: 1 });
const anthropic = startSim({ seed: 2 });
const YAML = `
health: { enabled: false }
providers:
  openai: { base_url: "${openai.url}", api_key: k1 }
  anthropic: { base_url: "${anthropic.url}", api_key: k2 }
`;
let gateway: GatewayUnderTest;

beforeAll(async () => {
  gateway = await startGateway(YAML);
  const made = await gateway.post('/router/v1/routers', SEED);
  expect(made.status).toBe(200);
  expect(await made.json()).toMatchObject({
    done: true,
    response: { name: 'routers/user-aware', displayName: 'User-Aware' },
  });
});
beforeEach(() => {
  openai.clear();
  anthropic.clear();
});
afterAll(async () => {
  await gateway.stop();
  await openai.stop();
  await anthropic.stop();
});

/** The models the providers were asked for since the test began. */
const asked = () =>
  [...openai.requests, ...anthropic.requests].map(
    ({ body }) => (JSON.parse(body) as { model: string }).model,
  );

const HOLA = [{ role: 'user' as const, content: 'Hola, necesito ayuda' }];
const HELLO = [
  { role: 'user' as const, content: 'Hello, I need some help with my order, please.' },
];

interface Told {
  readonly metadata: {
    readonly router_id: string;
    readonly route_id: string;
    readonly variant_id: string;
    readonly actual_model: string;
    readonly reasoning: string;
  };
}

describe('the three users of the first example', () => {
  const cases = [
    [{ language: 'es', country: 'MX', plan: 'free' }, 'openai/gpt-5.2'],
    [{ language: 'en', plan: 'free' }, 'anthropic/claude-haiku-4-5'],
    [{ language: 'en' }, 'anthropic/claude-sonnet-4-6'],
  ] as const;

  test.each(cases)('%o reach %s by Chat Completions', async (metadata, model) => {
    const reply = (await gateway.openai().chat.completions.create({
      model: 'inworld/user-aware',
      messages: HOLA,
      ...({ extra_body: { metadata } } as object),
    })) as unknown as Told;
    expect(reply.metadata).toMatchObject({ router_id: 'user-aware', actual_model: model });
    expect(asked()).toEqual([model.slice(model.indexOf('/') + 1)]);
    const row = (await gateway.rows()).at(-1);
    expect(row).toMatchObject({
      requested_model: 'inworld/user-aware',
      model,
      router_id: 'user-aware',
      route_id: reply.metadata.route_id,
      variant_id: reply.metadata.variant_id,
      metadata,
    });
  });

  test.each(cases)('%o reach %s by Messages, streamed', async (metadata, model) => {
    const stream = gateway.anthropic().messages.stream({
      model: 'router/user-aware',
      max_tokens: 100,
      messages: HOLA,
      ...({ extra_body: { metadata } } as object),
    });
    const message = await stream.finalMessage();
    expect(message.content.length).toBeGreaterThan(0);
    expect(asked()).toEqual([model.slice(model.indexOf('/') + 1)]);
  });

  test.each(cases)('%o reach %s by Responses', async (metadata, model) => {
    const reply = (await gateway.openai().responses.create({
      model: 'router/user-aware',
      input: 'Hola, necesito ayuda',
      ...({ extra_body: { metadata } } as object),
    })) as unknown as { gateway_metadata: Told['metadata'] };
    expect(reply.gateway_metadata.actual_model).toBe(model);
    expect(asked()).toEqual([model.slice(model.indexOf('/') + 1)]);
  });

  test('a language nobody told is found', async () => {
    const send = (messages: typeof HOLA) =>
      gateway.openai().chat.completions.create({ model: 'router/user-aware', messages });
    await send(HOLA);
    await send(HELLO);
    expect(asked()).toEqual(['gpt-5.2', 'claude-sonnet-4-6']);
  });
});

test('other endpoints go by routers too, and say what of a router is for chat only', async () => {
  await gateway.post('/router/v1/routers', {
    name: 'vectors',
    defaults: { message_templates: [{ role: 'system', content: 'Be kind.' }] },
    routes: [
      {
        condition: { cel_expression: 'messages.lastUser().content.contains("invoice")' },
        route: {
          route_id: 'bills',
          variants: [{ variant: { model_id: 'openai/text-embedding-3-large' }, weight: 100 }],
        },
      },
    ],
    defaultRoute: {
      variants: [{ variant: { model_id: 'openai/text-embedding-3-small' }, weight: 100 }],
    },
  });
  for (const [input, model] of [
    ['the invoice of May', 'text-embedding-3-large'],
    ['a poem', 'text-embedding-3-small'],
  ] as const) {
    const reply = await gateway.post('/v1/embeddings', { model: 'router/vectors', input });
    expect(await reply.json()).toMatchObject({
      metadata: {
        router_id: 'vectors',
        actual_model: `openai/${model}`,
        losses: ['router message_templates: only chat requests can have it'],
      },
    });
  }
  expect(asked()).toEqual(['text-embedding-3-large', 'text-embedding-3-small']);
});

test('a name in a header is the name in a body, whatever its letters', async () => {
  const user = 'José 日本';
  await gateway.post('/router/v1/routers', {
    name: 'halves',
    defaultRoute: {
      variants: ['a', 'b'].map((id) => ({
        weight: 50,
        variant: { variant_id: id, model_id: 'openai/gpt-5.2' },
      })),
    },
  });
  const body = { model: 'router/halves', messages: HELLO };
  const bytes = Buffer.from(user).toString('latin1');
  await gateway.post('/v1/chat/completions', { ...body, user });
  await gateway.post('/v1/chat/completions', body, { 'x-switchyard-user': bytes });
  const [first, second] = (await gateway.rows()).slice(-2);
  expect([first?.user, second?.user]).toEqual([user, user]);
  expect(second?.variant_id).toBe(first?.variant_id ?? '');
});

test('metadata is limited, and two ways to search exclude each other', async () => {
  const send = (more: object) =>
    gateway.post('/v1/chat/completions', { model: 'router/user-aware', messages: HELLO, ...more });
  for (const x of ['y'.repeat(70_000), '日'.repeat(30_000)]) {
    const large = await send({ metadata: { x } });
    expect([large.status, await large.text()]).toEqual([400, expect.stringContaining('64 KB')]);
  }
  const both = await send({ web_search: true, web_search_options: {} });
  expect([both.status, await both.text()]).toEqual([
    400,
    expect.stringContaining('exclude each other'),
  ]);
  expect(asked()).toEqual([]);
});

describe('what is asked of a router that cannot be', () => {
  test('one that is not there is a 404 that names those that are', async () => {
    const reply = await gateway.post('/v1/chat/completions', {
      model: 'router/user-awere',
      messages: HELLO,
    });
    expect(reply.status).toBe(404);
    const { error } = (await reply.json()) as { error: { code: string; message: string } };
    expect(error.code).toBe('model_not_found');
    expect(error.message).toContain('router/user-aware');
  });

  test('no route and no default: 400 with the words clients know, and nobody is asked', async () => {
    const made = await gateway.post('/router/v1/routers', {
      name: 'only-pro',
      routes: [
        {
          condition: { cel_expression: 'tier == "pro"' },
          route: { variants: [{ variant: { model_id: 'openai/gpt-5.2' }, weight: 100 }] },
        },
      ],
    });
    expect(made.status).toBe(200);
    const reply = await gateway.post('/v1/chat/completions', {
      model: 'router/only-pro',
      messages: HELLO,
    });
    expect(reply.status).toBe(400);
    const { error } = (await reply.json()) as { error: { code: string; message: string } };
    expect(error.code).toBe('no_route_matched');
    expect(error.message).toContain(
      'No route matched. Configure a default route or adjust conditions.',
    );
    expect(error.message).toContain('"tier"');
    expect(asked()).toEqual([]);
    expect((await gateway.rows()).at(-1)).toMatchObject({ status: 400, attempts: [] });
  });

  test('a key that may not use it is refused', async () => {
    const made = await gateway.post('/router/v1/keys', {
      name: 'models only',
      allowed_models: ['openai/*'],
    });
    const { key } = (await made.json()) as { key: string };
    const refused = await gateway
      .openai(key)
      .chat.completions.create({ model: 'router/user-aware', messages: HELLO })
      .then(() => null, Object);
    expect(refused).toMatchObject({ status: 403, code: 'model_not_allowed' });
    expect(asked()).toEqual([]);
    const other = await gateway.post('/router/v1/keys', {
      name: 'one router only',
      allowed_models: ['router/user-aware'],
    });
    const { key: routersKey } = (await other.json()) as { key: string };
    await gateway
      .openai(routersKey)
      .chat.completions.create({ model: 'router/user-aware', messages: HELLO });
    expect(asked()).toEqual(['claude-sonnet-4-6']);
    expect(ADMIN_KEY).not.toBe(routersKey);
  });
});
