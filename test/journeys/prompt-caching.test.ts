// Prompt caching: marks go through every pair that has them, are never added or moved unasked, and are set on request.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { asArray, asObject, type JsonObject, parseJson } from '../../src/lib/json.ts';
import { askAnthropic, askOpenAi, openWorld, type World } from './four-ways.ts';
import { type GatewayUnderTest, startGateway } from './gateway-under-test.ts';

let world: World;
let always: GatewayUnderTest;
beforeAll(async () => {
  world = await openWorld();
  always = await startGateway(`
providers:
  beta: { dialect: anthropic-messages, base_url: "${world.sims.beta.url}", api_key: k }
  alpha: { dialect: openai-chat, base_url: "${world.sims.alpha.url}", api_key: k }
prompt_caching: { mode: auto, ttl: 1h }
`);
});
beforeEach(() => {
  world.sims.alpha.clear();
  world.sims.beta.clear();
});
afterAll(async () => {
  await always.stop();
  await world.stop();
});

const tools = ['a', 'b'].map((name) => ({
  type: 'function' as const,
  function: { name, description: 'A tool.', parameters: { type: 'object', properties: {} } },
}));
const question = (more: object = {}) => ({
  model: 'beta/echo',
  max_tokens: 50,
  tools,
  messages: [
    { role: 'system' as const, content: 'Be brief. '.repeat(50) },
    { role: 'user' as const, content: 'One?' },
    { role: 'assistant' as const, content: 'Two.' },
    { role: 'user' as const, content: 'Three?' },
  ],
  ...more,
});

const bodies = (sim: 'alpha' | 'beta') =>
  world.sims[sim].requests.map((request) => asObject(parseJson(request.body)) ?? {});

/** Where a body of Anthropic's wire has marks. */
function marksIn(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((item, at) => marksIn(item, `${path}[${at}]`));
  const object = asObject(value);
  if (!object) return [];
  return Object.entries(object).flatMap(([key, inner]) =>
    key === 'cache_control'
      ? [`${path} ${JSON.stringify(inner)}`]
      : marksIn(inner, `${path}.${key}`),
  );
}
const body = (sim: 'alpha' | 'beta'): JsonObject => bodies(sim)[0] ?? {};

describe('unasked', () => {
  test('no mark is added', async () => {
    await askOpenAi(world.openai, question(), false);
    expect(marksIn(body('beta'))).toEqual([]);
  });
});

describe('on request', () => {
  for (const stream of [false, true])
    test(`the tools, the system prompt and the latest turn are marked, and it is said${stream ? ', streamed' : ''}`, async () => {
      const asked = question({ prompt_caching: { mode: 'auto' } });
      const first = await askOpenAi(world.openai, asked, stream);
      expect(marksIn(body('beta'))).toEqual([
        '.system[0] {"type":"ephemeral"}',
        '.messages[2].content[0] {"type":"ephemeral"}',
        '.tools[1] {"type":"ephemeral"}',
      ]);
      expect(first.metadata.added).toEqual([
        'tools[1]: prompt-cache mark',
        'messages[0]: prompt-cache mark',
        'messages[3]: prompt-cache mark',
      ]);
      const second = await askOpenAi(world.openai, asked, stream);
      expect(first.reply.usage?.prompt_tokens_details?.cached_tokens ?? 0).toBe(0);
      expect(second.reply.usage?.prompt_tokens_details?.cached_tokens).toBeGreaterThan(50);
      expect(second.reply.usage?.prompt_tokens).toBe(first.reply.usage?.prompt_tokens as number);
      expect(bodies('beta')[0]).toEqual(bodies('beta')[1] as JsonObject);
    });

  test('by the gateway’s own setting, with its time to live; a request may say no', async () => {
    await askOpenAi(always.openai(), question(), false);
    await askOpenAi(always.openai(), question({ prompt_caching: { mode: 'off' } }), false);
    expect(bodies('beta').map((sent) => marksIn(sent).length)).toEqual([3, 0]);
    expect(marksIn(body('beta'))[0]).toBe('.system[0] {"type":"ephemeral","ttl":"1h"}');
  });

  test('a caller’s own marks stand as they are, on either wire', async () => {
    const cache_control = { type: 'ephemeral' as const };
    const marked = { type: 'text' as const, text: 'Hello', cache_control };
    const messages = [{ role: 'user' as const, content: [marked] }];
    await askAnthropic(
      always.anthropic(),
      { model: 'beta/echo', max_tokens: 5, system: 'Be brief.', messages },
      false,
    );
    await askOpenAi(always.openai(), { model: 'beta/echo', messages }, false);
    expect(bodies('beta').map((sent) => marksIn(sent))).toEqual([
      ['.messages[0].content[0] {"type":"ephemeral"}'],
      ['.messages[0].content[0] {"type":"ephemeral"}'],
    ]);
  });

  test('Messages callers on their own wire get them too, and keep everything else', async () => {
    const { metadata } = await askAnthropic(
      always.anthropic(),
      {
        model: 'beta/echo',
        max_tokens: 5,
        system: 'Be brief.',
        messages: [{ role: 'user', content: 'Hello' }],
        service_tier: 'standard_only',
      },
      false,
    );
    expect(metadata.added).toEqual(['system: prompt-cache mark', 'messages[0]: prompt-cache mark']);
    expect(body('beta')).toMatchObject({ service_tier: 'standard_only', max_tokens: 5 });
    expect(asArray(body('beta').messages)).toHaveLength(1);
  });

  test('a provider that caches by itself is sent none, and nothing is said', async () => {
    const { metadata } = await askOpenAi(always.openai(), question({ model: 'alpha/echo' }), false);
    expect(marksIn(body('alpha'))).toEqual([]);
    expect(metadata.added).toBeUndefined();
    expect(metadata.losses).toEqual([]);
  });
});
