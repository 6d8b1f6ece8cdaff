// What became of one request, asked for as OpenRouter's clients do, by the key that made it.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import OpenAI from 'openai';
import type { JsonObject } from '../../src/lib/json.ts';
import { metadataIn, openWorld, type World } from './four-ways.ts';
import { ADMIN_KEY } from './gateway-under-test.ts';
import { onBothEngines } from './log-engines.ts';

const HELLO = [{ role: 'user' as const, content: 'hello' }];
const NOBODY = '01a20361-a4fe-7719-89d7-0a6866c1fff2';

let world: World;
let own: OpenAI;
let other: OpenAI;
async function newKey(name: string): Promise<string> {
  const made = await world.gateway.post('/router/v1/keys', { name });
  return ((await made.json()) as { readonly key: string }).key;
}

async function find(client: OpenAI, id: string): Promise<JsonObject> {
  const { data } = await client.get<{ data: JsonObject }>('/generation', { query: { id } });
  return data;
}

const failure = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error) => (error instanceof OpenAI.APIError ? error : null),
  );

/** The reply's id is ours too, but what is ours of it is said at the end. */
function metadataOf(chunk: unknown): string | undefined {
  const { metadata } = chunk as { readonly metadata?: { readonly generation_id?: string } };
  return metadata?.generation_id;
}

await onBothEngines(() => {
  beforeAll(async () => {
    world = await openWorld();
    own = world.gateway.openai(await newKey('own'));
    other = world.gateway.openai(await newKey('other'));
  });
  afterAll(() => world.stop());

  describe('a generation', () => {
    test('is there as soon as its answer is', async () => {
      const reply = await own.chat.completions.create({
        model: 'alpha/echo',
        user: 'ann',
        messages: HELLO,
      });
      const told = metadataIn(reply);
      const data = await find(own, told.generation_id);
      const { prompt_tokens = 0, completion_tokens = 0 } = reply.usage ?? {};
      expect(data).toMatchObject({
        id: told.generation_id,
        model: 'alpha/echo',
        provider_name: 'alpha',
        total_cost: told.cost_usd,
        usage: told.cost_usd,
        tokens_prompt: prompt_tokens,
        tokens_completion: completion_tokens,
        native_tokens_prompt: prompt_tokens,
        native_tokens_completion: completion_tokens,
        native_tokens_reasoning: 0,
        native_tokens_cached: 0,
        streamed: false,
        cancelled: false,
        finish_reason: 'stop',
        is_byok: false,
        external_user: 'ann',
        api_type: 'completions',
        upstream_id: null,
        cache_discount: null,
        app_id: null,
        moderation_latency: null,
        num_search_results: null,
        router: null,
      });
      expect(Date.parse(String(data.created_at))).toBeGreaterThan(Date.now() - 10_000);
      expect(data.provider_responses).toMatchObject([
        { provider_name: 'alpha', status: 200, model_permaslug: 'alpha/echo' },
      ]);
    });

    test('of a stream: how long until its first token, and from there to its end', async () => {
      const stream = await own.chat.completions.create({
        model: 'alpha/echo+ttft=120',
        messages: HELLO,
        stream: true,
      });
      let id = '';
      for await (const chunk of stream)
        id = chunk.choices.length === 0 ? id : (metadataOf(chunk) ?? id);
      const data = await find(own, id);
      expect(data.streamed).toBe(true);
      expect(Number(data.latency)).toBeGreaterThanOrEqual(110);
      expect(Number(data.generation_time)).toBeGreaterThanOrEqual(0);
      const row = (await world.gateway.rows()).find((one) => one.id === id);
      expect(Number(data.latency) + Number(data.generation_time)).toBeCloseTo(
        row?.total_ms ?? 0,
        2,
      );
    });

    test('of a failure: nothing is said that is not known', async () => {
      const error = await failure(
        own.chat.completions.create({ model: 'alpha/echo+status=400', messages: HELLO }),
      );
      const data = await find(own, error?.headers?.get('x-generation-id') ?? '');
      expect(data).toMatchObject({ model: 'alpha/echo+status=400', provider_name: null });
      expect(data.finish_reason).toBeNull();
      expect(data.generation_time).toBeNull();
      expect(data.provider_responses).toMatchObject([{ status: 400 }]);
    });

    test('at every base URL', async () => {
      const { generation_id: id } = metadataIn(
        await own.chat.completions.create({ model: 'beta/echo', messages: HELLO }),
      );
      const headers = { authorization: `Bearer ${ADMIN_KEY}` };
      for (const root of ['/v1', '', '/v1/v1']) {
        const reply = await fetch(`${world.gateway.url}${root}/generation?id=${id}`, { headers });
        expect([root, reply.status]).toEqual([root, 200]);
        expect(await reply.json()).toMatchObject({ data: { id, model: 'beta/echo' } });
      }
    });
  });

  describe('whose it is', () => {
    test('an admin key sees all; another sees its own, and of the rest not even that it is there', async () => {
      const { generation_id: id } = metadataIn(
        await own.chat.completions.create({ model: 'alpha/echo', messages: HELLO }),
      );
      expect((await find(world.openai, id)).id).toBe(id);
      expect((await find(own, id)).id).toBe(id);
      const hidden = await failure(find(other, id));
      const absent = await failure(find(other, NOBODY));
      expect([hidden?.status, absent?.status]).toEqual([404, 404]);
      expect(hidden?.message.replace(id, NOBODY)).toBe(absent?.message ?? 'none');
      expect(hidden?.code).toBe('not_found');
    });

    test('no key, no answer', async () => {
      expect((await fetch(`${world.gateway.url}/v1/generation?id=${NOBODY}`)).status).toBe(401);
    });
  });

  test('is found by who asks first of all, while the log is still being made', async () => {
    const fresh = await openWorld();
    const first = fresh.gateway.openai();
    const asked = first.chat.completions.create({ model: 'alpha/echo', messages: HELLO });
    const nothing = failure(find(first, NOBODY));
    const told = metadataIn(await asked);
    expect((await find(first, told.generation_id)).id).toBe(told.generation_id);
    expect((await nothing)?.status).toBe(404);
    await fresh.stop();
  });

  test.each(['', 'gen-123', `${NOBODY}x`, "' OR 1=1"])('"%s" is no id', async (id) => {
    const error = await failure(find(own, id));
    expect(error?.status).toBe(400);
    expect(error?.error).toMatchObject({ code: 'invalid_request', param: 'id' });
  });
});
