// Where caller and provider speak the same wire nothing is touched but what is ours; and what is ours never leaves, on any wire.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { OUR_FIELDS } from '../../src/core/options.ts';
import { asArray, asObject, asObjects, type JsonObject } from '../../src/lib/json.ts';
import {
  askAnthropic,
  askOpenAi,
  only,
  openWorld,
  streamed,
  type Told,
  WAYS,
  type Way,
  type World,
} from './four-ways.ts';
import { ADMIN_KEY } from './gateway-under-test.ts';

/** Every field that is ours, each with a value that asks for something. */
const OURS = {
  models: ['alpha/second', 'beta/second'],
  ignore: ['gamma'],
  sort: ['price'],
  provider: { order: ['alpha'], allow_fallbacks: true },
  fallback: {
    idle_timeout: '5s',
    total_timeout: '20s',
    mode: 'cancel',
    resume: 'auto',
  },
  metadata: { tier: 'gold', score: 7 },
  prompt_variables: { name: 'Ada' },
  cache: { mode: 'off' },
  strict: false,
} as const;

/** What only OpenAI's wire knows, and something nobody knows. */
const AT_ALPHA = {
  seed: 7,
  logit_bias: { '50256': -100 },
  logprobs: true,
  top_logprobs: 2,
  presence_penalty: 0.1,
  service_tier: 'flex',
  prompt_cache_key: 'k',
  store: false,
  frobnicate: { deep: [1, { deeper: null }], text: 'as it is' },
};

/** What only Anthropic's wire knows, and something nobody knows. */
const AT_BETA = {
  top_k: 5,
  service_tier: 'standard_only',
  context_management: { edits: [{ type: 'clear_tool_uses_20250919' }] },
  container: 'container_1',
  frobnicate: { deep: [1, { deeper: null }], text: 'as it is' },
};

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
beforeEach(() => {
  world.sims.alpha.clear();
  world.sims.beta.clear();
});
afterAll(() => world.stop());

interface Caller {
  readonly name: string;
  readonly path: string;
  readonly own: 'alpha' | 'beta';
  readonly base: JsonObject;
  ask(body: JsonObject & { model: string }, stream: boolean): Promise<Told<unknown>>;
}

const CALLERS: readonly Caller[] = [
  {
    name: "OpenAI's SDK",
    path: '/v1/chat/completions',
    own: 'alpha',
    base: { messages: [{ role: 'user', content: 'Hello' }] },
    ask: (body, stream) => askOpenAi(world.openai, body as never, stream),
  },
  {
    name: "Anthropic's SDK",
    path: '/v1/messages',
    own: 'beta',
    base: { max_tokens: 100, messages: [{ role: 'user', content: 'Hello' }] },
    ask: (body, stream) => askAnthropic(world.anthropic, body as never, stream),
  },
];

for (const caller of CALLERS) {
  const own = WAYS.filter((way) => way.wire === caller.own);
  const unknown = caller.own === 'alpha' ? AT_ALPHA : AT_BETA;
  const model = `${caller.own}/echo`;

  describe(caller.name, () => {
    for (const way of own) {
      test(`fields the gateway knows nothing of arrive: ${way.name}`, async () => {
        const caused = await world.watch(() =>
          caller.ask({ ...caller.base, ...unknown, model }, way.stream),
        );
        const { sent } = only(caused, way.wire);
        expect(sent).toEqual({
          ...caller.base,
          ...unknown,
          model: 'echo',
          ...streamed(way),
        } as never);
        expect(caused.result.metadata.losses).toEqual([]);
      });

      test(`our fields do not, wherever they stand: ${way.name}`, async () => {
        const caused = await world.watch(() =>
          caller.ask(
            {
              ...caller.base,
              ...unknown,
              ...OURS,
              model,
              // A literal envelope: its members count as if they stood beside it.
              extra_body: { ...OURS, frobnicate: 'from the envelope', new_field: [1] },
            } as never,
            way.stream,
          ),
        );
        const { sent } = only(caused, way.wire);
        expect(sent).toEqual({
          ...caller.base,
          ...unknown,
          frobnicate: 'from the envelope',
          new_field: [1],
          model: 'echo',
          ...streamed(way),
        } as never);
      });
    }

    for (const way of WAYS) {
      test(`nothing of ours reaches any provider: ${way.name}`, async () => {
        const ask = { ...OURS, reasoning: { effort: 'low' }, extra_body: OURS };
        const caused = await world.watch(() =>
          caller.ask({ ...caller.base, ...ask, model: `${way.wire}/echo` } as never, way.stream),
        );
        const { sent } = only(caused, way.wire);
        expect(Object.keys(sent).filter((field) => OUR_FIELDS.has(field))).toEqual([]);
        for (const word of ['gold', 'Ada', 'gamma', 'idle_timeout', 'second'])
          expect(JSON.stringify(sent)).not.toContain(word);
      });

      test(`message-level compression neither: ${way.name}`, async () => {
        const messages = [{ role: 'user', content: 'Hello', compression: { aggressiveness: 0.5 } }];
        const caused = await world.watch(() =>
          caller.ask({ ...caller.base, messages, model: `${way.wire}/echo` } as never, way.stream),
        );
        expect(only(caused, way.wire).sent.messages).toEqual([{ role: 'user', content: 'Hello' }]);
      });
    }

    test('the text arrives byte for byte but for the model and what is ours', async () => {
      const limit = caller.own === 'beta' ? '"max_tokens" : 1e2,' : '';
      const text = `{ ${limit}
        "messages":[ {"content":"caf\\u00e9 \\/ \\ud83d\\ude00 ", "role":"user"} ],"big":12345678901234567890,
        "frobnicate" : 1.0,"strict":true, "model" : "${model}" }`;
      const caused = await world.watch(async () => {
        const response = await world.gateway.post(caller.path, text);
        expect(response.status).toBe(200);
        await response.json();
      });
      expect(caused.rows).toHaveLength(1);
      expect(caused.got.map((request) => request.text)).toEqual([
        text.replace(',"strict":true', '').replace(model, 'echo'),
      ]);
    });

    test("the provider's own words in a reply arrive", async () => {
      const { reply } = await caller.ask({ ...caller.base, model }, false);
      expect(asObject(reply)).toMatchObject(
        caller.own === 'alpha'
          ? { model: 'echo', system_fingerprint: 'fp_simulated', service_tier: 'default' }
          : { model: 'echo', stop_details: null, usage: { service_tier: 'standard' } },
      );
    });
  });
}

describe("OpenAI's wire to itself", () => {
  test.each([false, true])('several choices, streamed: %p', async (stream) => {
    const body = { model: 'alpha/echo', messages: CALLERS[0]?.base.messages, n: 2 };
    const caused = await world.watch(() => askOpenAi(world.openai, body as never, stream));
    const { sent, row } = only(caused, 'alpha');
    expect(sent.n).toBe(2);
    const { choices, usage } = caused.result.reply;
    expect(choices.map(({ index }) => index)).toEqual([0, 1]);
    expect(new Set(choices.map(({ message }) => message.content)).size).toBe(1);
    expect(choices.map(({ finish_reason }) => finish_reason)).toEqual(['stop', 'stop']);
    expect(row.usage.output).toBe(usage?.completion_tokens ?? null);
  });

  test.each([
    ['asked for', { include_usage: true }],
    ['not asked for', null],
    ['asked not to', { include_usage: false }],
  ])('usage of a stream is known to the gateway and told where it was %s', async (_, options) => {
    const caused = await world.watch(async () => {
      const stream = await world.openai.chat.completions.create({
        model: 'alpha/echo',
        messages: [{ role: 'user', content: 'Hello' }],
        stream: true,
        stream_options: options,
      });
      const chunks: JsonObject[] = [];
      for await (const chunk of stream) chunks.push(chunk as unknown as JsonObject);
      return chunks;
    });
    expect(caused.got[0]?.body.stream_options).toEqual({ include_usage: true });
    expect(caused.rows[0]?.usage.output).toBeGreaterThan(0);
    expect(caused.rows[0]?.usage_estimated).toBe(false);
    // A chunk with no choices is only for those who asked: clients read choices[0] of every chunk.
    const empty = caused.result.filter((chunk) => asArray(chunk.choices).length === 0);
    const wanted = options?.include_usage === true;
    expect(empty).toHaveLength(wanted ? 1 : 0);
    expect(asObject(caused.result.at(-1)?.usage)?.completion_tokens).toBe(
      caused.rows[0]?.usage.output as number,
    );
  });
});

describe('headers', () => {
  const send = (path: string, wire: Way['wire'], headers: { [name: string]: string }) =>
    world.watch(async () => {
      const body = {
        model: `${wire}/echo`,
        max_tokens: 50,
        messages: [{ role: 'user', content: 'Hi' }],
      };
      const response = await world.gateway.post(path, body, headers);
      expect(response.status).toBe(200);
      await response.json();
    });
  const OWN_BETA = {
    'anthropic-beta': 'context-1m-2025-08-07,new-thing',
    'anthropic-version': '2023-06-01',
  };

  test("anthropic-beta goes on to a provider of Anthropic's wire, and only there", async () => {
    const same = await send('/v1/messages', 'beta', OWN_BETA);
    expect(same.got[0]?.headers).toMatchObject(OWN_BETA);
    const other = await send('/v1/messages', 'alpha', OWN_BETA);
    expect(
      Object.keys(other.got[0]?.headers ?? {}).filter((name) => name.startsWith('anthropic')),
    ).toEqual([]);
    const foreign = await send('/v1/chat/completions', 'beta', { 'anthropic-beta': 'x' });
    expect(foreign.got[0]?.headers['anthropic-beta']).toBeUndefined();
    expect(foreign.got[0]?.headers['anthropic-version']).toBe('2023-06-01');
  });

  test("the SDK's betas", async () => {
    const caused = await world.watch(() =>
      world.anthropic.beta.messages.create({
        model: 'beta/echo',
        max_tokens: 50,
        betas: ['context-1m-2025-08-07'],
        messages: [{ role: 'user', content: 'Hi' }],
      }),
    );
    expect(caused.got[0]?.headers['anthropic-beta']).toBe('context-1m-2025-08-07');
    expect(caused.got[0]?.body).toEqual({
      model: 'echo',
      max_tokens: 50,
      messages: [{ role: 'user', content: 'Hi' }],
    });
  });

  test.each([
    ['/v1/chat/completions', 'alpha'],
    ['/v1/chat/completions', 'beta'],
    ['/v1/messages', 'alpha'],
    ['/v1/messages', 'beta'],
  ] as const)(
    "the provider's key goes out and the caller's stays in: %s to %s",
    async (path, wire) => {
      const caused = await send(path, wire, {
        'x-api-key': ADMIN_KEY,
        'api-key': ADMIN_KEY,
        cookie: `session=${ADMIN_KEY}`,
        'x-switchyard-user': 'user-7',
        'x-switchyard-metadata': '{"tier":"gold"}',
        'x-forwarded-for': '10.1.2.3',
      });
      const [request] = caused.got;
      const { authorization, 'x-api-key': apiKey, ...rest } = request?.headers ?? {};
      expect([authorization, apiKey]).toEqual(
        wire === 'alpha' ? ['Bearer alpha-secret', undefined] : [undefined, 'beta-secret'],
      );
      expect(JSON.stringify(rest) + request?.text).not.toContain(ADMIN_KEY);
      expect(Object.keys(rest).filter((name) => /^(cookie|x-|api-key)/.test(name))).toEqual([]);
      expect(asObjects(request?.body.messages)).toHaveLength(1);
    },
  );
});
