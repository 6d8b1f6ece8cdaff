// Every condition of the guide's cookbook, on a request it is meant for and on one that it is not.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { readDocument } from './documents.ts';
import { type GatewayUnderTest, startGateway } from './gateway-under-test.ts';

const GUIDE = 'docs/guides/routers.md';
const HELLO = [{ role: 'user', content: 'Hello' }];
const REFUND = [...HELLO, { role: 'assistant', content: 'Hi.' }, said('Where is my REFUND?')];
const TOOLS = [{ type: 'function', function: { name: 'look', parameters: { type: 'object' } } }];
const PICTURE = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } };

function said(content: unknown) {
  return { role: 'user', content };
}

/** What a request has beside its model: one for which the condition holds, and one for which it does not. */
const REQUESTS: { readonly [condition: string]: readonly [object, object] } = {
  'tier == "pro"': [{ metadata: { tier: 'pro' } }, {}],
  'plan in ["pro", "team"] && seats >= 10': [
    { metadata: { plan: 'team', seats: 10 } },
    { metadata: { plan: 'team', seats: 9.5 } },
  ],
  'language in ["es", "pt"]': [
    { messages: [said('Hola, necesito ayuda con mi pedido')] },
    { messages: [said('Hello, I need some help with my order')] },
  ],
  'country == "DE" || language == "de"': [
    { metadata: { language: 'de' } },
    { metadata: { language: 'en' } },
  ],
  'has(metadata.beta) && beta': [{ metadata: { beta: true } }, { metadata: { beta: false } }],
  '!has(metadata.tier)': [{}, { metadata: { tier: 'free' } }],
  'user.endsWith("@example.com")': [{ user: 'ann@example.com' }, { user: 'ann@example.org' }],
  'messages.lastUser().content.matches("(?i)\\\\b(refund|chargeback)\\\\b")': [
    { messages: REFUND },
    { messages: [...REFUND, said('No, the refunded one.')] },
  ],
  'messages.exists(m, m.role == "assistant" && m.content.contains("ERR-"))': [
    { messages: [...HELLO, { role: 'assistant', content: 'Sorry: ERR-12' }, said('Again')] },
    { messages: [said('What is ERR-12?')] },
  ],
  'complexity > 0.6 && !has_tools': [
    { metadata: { complexity: 0.9 } },
    { metadata: { complexity: 0.9 }, tools: TOOLS },
  ],
  'prompt_tokens > 20000': [{ messages: [said('a long story '.repeat(10_000))] }, {}],
  'session_depth > 10': [{ messages: turns(11) }, { messages: turns(10) }],
  has_images: [{ messages: [said([{ type: 'text', text: 'What is it?' }, PICTURE])] }, {}],
  'command in ["review", "security"]': [
    { messages: [said('/review the diff'), { role: 'assistant', content: 'Fine.' }, said('Why?')] },
    {
      messages: [said('/review the diff'), { role: 'assistant', content: 'Fine.' }, said('/model')],
    },
  ],
};

function turns(count: number): object[] {
  return Array.from({ length: count }, () => [said('Go on'), { role: 'assistant', content: 'So.' }])
    .flat()
    .slice(0, -1);
}

function cookbook(): readonly string[] {
  const [, section = ''] = readDocument(GUIDE).split('\n## A cookbook\n');
  const [rows = ''] = section.split('\n## ');
  return [...rows.matchAll(/^\| `(.+?)` \| /gm)].map(([, cell = '']) =>
    cell.replaceAll('\\|', '|'),
  );
}

let gateway: GatewayUnderTest;

beforeAll(async () => {
  gateway = await startGateway('providers: { openai: { api_key: k1 } }');
});
afterAll(() => gateway.stop());

/** The route a request would take, of a router that has this condition and a default route. */
async function routeOf(condition: string, request: object): Promise<unknown> {
  const served = { variants: [{ variant: { model_id: 'openai/gpt-5-mini' }, weight: 100 }] };
  const draft = {
    name: 'cookbook',
    routes: [{ condition: { cel_expression: condition }, route: { route_id: 'meant', ...served } }],
    default_route: { route_id: 'other', ...served },
  };
  const response = await gateway.post('/router/v1/explain', {
    draft,
    request: { messages: HELLO, ...request },
  });
  const explained = (await response.json()) as { route_id?: string };
  expect([response.status, explained]).toEqual([200, expect.anything()]);
  return explained.route_id;
}

describe(GUIDE, () => {
  test('its cookbook is what is tried here', () => {
    expect(cookbook().toSorted()).toEqual(Object.keys(REQUESTS).toSorted());
  });

  for (const [condition, [meant, other]] of Object.entries(REQUESTS))
    test(`${condition}`, async () => {
      expect([await routeOf(condition, meant), await routeOf(condition, other)]).toEqual([
        'meant',
        'other',
      ]);
    });
});
