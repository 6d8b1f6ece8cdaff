// Answers in a shape: held to natively where the provider can, else asked for another way; and always told whether they have it.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import type { ReplyMetadata } from '../../src/core/exchange.ts';
import { asObject, type JsonObject, parseJson } from '../../src/lib/json.ts';
import { metadataIn, openWorld, type World } from './four-ways.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld({
    providers: ({ alpha, beta }) => [
      `plain: { dialect: openai-chat, base_url: "${alpha}", api_key: k, quirks: { responseFormats: [] } }`,
      `old: { dialect: anthropic-messages, base_url: "${beta}", api_key: k }`,
    ],
  });
});
beforeEach(() => {
  world.sims.alpha.clear();
  world.sims.beta.clear();
});
afterAll(() => world.stop());

const schema = {
  type: 'object',
  properties: { city: { type: 'string' }, people: { type: 'integer', minimum: 1 } },
  required: ['city', 'people'],
  additionalProperties: false,
};
const chat = (model: string, more: object = {}) => ({
  model,
  messages: [{ role: 'user', content: 'A city, as JSON.' }],
  response_format: { type: 'json_schema', json_schema: { name: 'city', schema } },
  ...more,
});
const messages = (model: string, more: object = {}) => ({
  model,
  max_tokens: 500,
  messages: [{ role: 'user', content: 'A city, as JSON.' }],
  output_config: { format: { type: 'json_schema', schema } },
  ...more,
});

/** Of a whole reply, or of the stream's frame that carries it. */
async function metadataOf(reply: Response): Promise<ReplyMetadata> {
  const bodies = (await reply.text())
    .split('\n')
    .map((line) => asObject(parseJson(line.replace(/^data: /, ''))));
  return metadataIn(bodies.find((body) => body?.metadata !== undefined));
}

const bodySent = (sim: 'alpha' | 'beta') =>
  (parseJson(world.sims[sim].requests[0]?.body ?? '') ?? {}) as JsonObject;

async function verdictOf(path: string, body: object): Promise<unknown> {
  const reply = await world.gateway.post(path, body);
  expect(reply.status).toBe(200);
  return (await metadataOf(reply)).structured_output;
}

describe('the verdict', () => {
  const ways: readonly (readonly [string, string, (model: string, more?: object) => object])[] = [
    ['/v1/chat/completions', 'alpha/echo', chat],
    ['/v1/chat/completions', 'beta/claude-opus-4-8', chat],
    ['/v1/messages', 'alpha/echo', messages],
    ['/v1/messages', 'beta/claude-opus-4-8', messages],
  ];
  for (const [path, model, body] of ways)
    for (const stream of [false, true])
      test(`${path} to ${model}${stream ? ', streamed' : ''}: has the shape`, async () => {
        expect(await verdictOf(path, body(model, { stream }))).toEqual({ valid: true });
      });

  for (const stream of [false, true])
    test(`an answer without it is delivered, and said to be without it${stream ? ', streamed' : ''}`, async () => {
      const city = encodeURIComponent('{"city":"Oslo","people":0}');
      expect(
        await verdictOf('/v1/chat/completions', chat(`alpha/echo+say=${city}`, { stream })),
      ).toEqual({ valid: false, error: '/people: breaks "minimum"' });
    });

  test('text that is no JSON', async () => {
    expect(await verdictOf('/v1/chat/completions', chat('alpha/echo+say=Oslo'))).toEqual({
      valid: false,
      error: 'the answer is not JSON',
    });
  });

  test('an answer that was cut', async () => {
    expect(await verdictOf('/v1/chat/completions', chat('alpha/echo', { max_tokens: 2 }))).toEqual({
      valid: false,
      error: 'the answer was cut at its length limit',
    });
  });

  test('a JSON object without a schema', async () => {
    const response_format = { type: 'json_object' };
    expect(
      await verdictOf('/v1/chat/completions', chat('alpha/json', { response_format })),
    ).toEqual({ valid: true });
  });

  test('none where no shape was asked for, or a tool was called', async () => {
    const plain = chat('alpha/echo', { response_format: { type: 'text' } });
    expect(await verdictOf('/v1/chat/completions', plain)).toBeUndefined();
    const tools = [{ type: 'function', function: { name: 'look', parameters: schema } }];
    expect(await verdictOf('/v1/chat/completions', chat('alpha/tools', { tools }))).toBeUndefined();
  });

  test('a schema nobody can check does not harm the answer', async () => {
    const response_format = {
      type: 'json_schema',
      json_schema: { name: 'x', schema: { $ref: '#/nowhere' } },
    };
    const verdict = await verdictOf(
      '/v1/chat/completions',
      chat('alpha/json', { response_format }),
    );
    expect(verdict).toMatchObject({ valid: expect.any(Boolean) });
  });
});

describe('a provider that holds nobody to a schema', () => {
  test('is told in words, which is named', async () => {
    const reply = await world.gateway.post('/v1/chat/completions', chat('plain/echo'));
    const metadata = await metadataOf(reply);
    expect(metadata.losses).toEqual([
      'response_format: json_schema is not enforced by plain, the model is only told so',
    ]);
    expect(metadata.structured_output).toMatchObject({ valid: false });
    const sent = bodySent('alpha');
    expect(JSON.stringify(sent.messages)).toContain('additionalProperties');
  });

  for (const stream of [false, true])
    test(`is made to by a forced tool where it has those${stream ? ', streamed' : ''}`, async () => {
      const reply = await world.gateway.post(
        '/v1/chat/completions',
        chat('old/claude-3-5-haiku-20241022', { stream }),
      );
      const text = await reply.clone().text();
      const metadata = await metadataOf(reply);
      expect(metadata.structured_output).toEqual({ valid: true });
      expect(metadata.losses).toEqual([]);
      expect(text).not.toContain('tool_calls');
      const sent = bodySent('beta');
      expect(sent.tool_choice).toMatchObject({ type: 'tool', name: 'city' });
    });

  test('not beside the caller’s own tools, or while the model thinks', async () => {
    const tools = [{ type: 'function', function: { name: 'look', parameters: schema } }];
    for (const more of [{ tools }, { reasoning: { max_tokens: 1024 }, max_tokens: 3000 }]) {
      world.sims.beta.clear();
      const model = 'old/claude-3-7-sonnet-20250219';
      const reply = await world.gateway.post('/v1/chat/completions', chat(model, more));
      expect(reply.status).toBe(200);
      expect((await metadataOf(reply)).losses).toEqual([
        'response_format: the model cannot be held to a schema; asked for in the system prompt',
      ]);
      expect(bodySent('beta').tool_choice).toBeUndefined();
    }
  });
});
