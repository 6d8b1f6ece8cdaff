// What a call used and what it cost: the same figures streamed and not, in each caller's own terms, in the reply and in the log.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import type Anthropic from '@anthropic-ai/sdk';
import type { LogUsage } from '../../src/core/log-row.ts';
import { asArray, asObject, asObjects, type JsonObject } from '../../src/lib/json.ts';
import {
  askAnthropic,
  askOpenAi,
  only,
  openWorld,
  WAYS,
  type Wire,
  type World,
} from './four-ways.ts';
import { WEATHER } from './samples.ts';

/** Uses every kind of token the simulated providers report. */
const RICH = 'echo+cache-read=1000+cache-write=40+reasoning=7';
/** US dollars per million tokens, by the kinds of a log row's usage. */
const PRICES: { readonly [W in Wire]: { readonly [Kind in keyof LogUsage]?: number } } = {
  alpha: { input: 1.25, output: 10, cache_read: 0.125, cache_write_5m: 1.5625, reasoning: 10 },
  beta: {
    input: 3,
    output: 15,
    cache_read: 0.3,
    cache_write_5m: 3.75,
    cache_write_1h: 6,
    reasoning: 15,
  },
};

let world: World;
beforeAll(async () => {
  world = await openWorld({
    providers: ({ alpha, beta }) => [
      `marking: { dialect: openai-chat, base_url: "${alpha}", api_key: m, quirks: { cacheControl: true } }`,
      `pool: { dialect: anthropic-messages, base_url: "${beta}", api_keys: [p1, p2, p3, p4] }`,
    ],
    models: [
      `{ id: "alpha/${RICH}", price: { input: 1.25, output: 10, cache_read: 0.125, cache_write: 1.5625 } }`,
      `{ id: "beta/${RICH}", price: { input: 3, output: 15, cache_read: 0.3, cache_write: 3.75, cache_write_1h: 6 } }`,
    ],
  });
});
beforeEach(() => {
  world.sims.alpha.clear();
  world.sims.beta.clear();
});
afterAll(() => world.stop());

const HELLO = { messages: [{ role: 'user', content: 'Hello' }] } as const;

async function fromOpenAi(wire: Wire, model: string, stream: boolean, body: JsonObject = {}) {
  const caused = await world.watch(() =>
    askOpenAi(world.openai, { ...HELLO, ...body, model: `${wire}/${model}` } as never, stream),
  );
  const { row, sent } = only(caused, wire);
  const { usage } = caused.result.reply;
  if (!usage) throw new Error('a completion without usage');
  return { usage, row, sent, metadata: caused.result.metadata };
}

async function fromAnthropic(wire: Wire, model: string, stream: boolean, body: JsonObject = {}) {
  const caused = await world.watch(() =>
    askAnthropic(
      world.anthropic,
      { max_tokens: 5000, ...HELLO, ...body, model: `${wire}/${model}` } as never,
      stream,
    ),
  );
  const { row, sent } = only(caused, wire);
  return { usage: caused.result.reply.usage, row, sent, metadata: caused.result.metadata };
}

describe('every kind of token', () => {
  for (const way of WAYS) {
    test(`in OpenAI's terms: ${way.name}`, async () => {
      const { usage, row } = await fromOpenAi(way.wire, RICH, way.stream);
      const counted = row.usage;
      expect(counted).toMatchObject({ cache_read: 1000, cache_write_5m: 40, reasoning: 7 });
      expect(row.usage_estimated).toBe(false);
      const prompt = sum(counted.input, counted.cache_read, counted.cache_write_5m);
      const completion = sum(counted.output, counted.reasoning);
      expect(usage).toMatchObject({
        prompt_tokens: prompt,
        completion_tokens: completion,
        total_tokens: prompt + completion,
        prompt_tokens_details: { cached_tokens: 1000, cache_write_tokens: 40 },
        completion_tokens_details: { reasoning_tokens: 7 },
      } as never);
    });

    test(`in Anthropic's terms: ${way.name}`, async () => {
      const { usage, row } = await fromAnthropic(way.wire, RICH, way.stream);
      const counted = row.usage;
      expect(counted).toMatchObject({ cache_read: 1000, cache_write_5m: 40, reasoning: 7 });
      expect(row.usage_estimated).toBe(false);
      expect(usage).toMatchObject({
        input_tokens: counted.input as number,
        cache_read_input_tokens: 1000,
        cache_creation_input_tokens: 40,
        output_tokens: sum(counted.output, counted.reasoning),
        output_tokens_details: { thinking_tokens: 7 },
      });
    });

    test(`costs what its price says, to the billionth of a dollar: ${way.name}`, async () => {
      const { row, metadata } = await fromOpenAi(way.wire, RICH, way.stream);
      const nano = billionths(row.usage, PRICES[way.wire]);
      expect(nano).toBeGreaterThan(1000);
      expect(metadata.cost_usd).toBe(nano / 1e9);
      expect(row.cost_usd).toBe(nano / 1e9);
      expect(row.attempts.map(({ cost_usd }) => cost_usd)).toEqual([nano / 1e9]);
      expect(row.attempts.map(({ usage }) => usage)).toEqual([row.usage]);
    });
  }
});

describe('streamed and whole agree', () => {
  const places = ['vendor', 'early', 'late', 'with-delta', 'every'];
  for (const wire of ['alpha', 'beta'] as const) {
    test.each(places)(`on ${wire}, where the stream tells its usage: %s`, async (place) => {
      const model = `echo+cache-read=64+usage=${place}`;
      const whole = await fromOpenAi(wire, model, false);
      const stream = await fromOpenAi(wire, model, true);
      expect(stream.usage).toEqual(whole.usage);
      expect(known(stream.row.usage)).toEqual(known(whole.row.usage));
      const message = await fromAnthropic(wire, model, false);
      const streamedMessage = await fromAnthropic(wire, model, true);
      expect(counts(streamedMessage.usage)).toEqual(counts(message.usage));
      expect(known(streamedMessage.row.usage)).toEqual(known(message.row.usage));
      // Both callers asked the same.
      expect(counts(message.usage)).toMatchObject({
        cache_read_input_tokens: whole.usage.prompt_tokens_details?.cached_tokens as number,
        output_tokens: whole.usage.completion_tokens,
      });
    });
  }
});

describe('what is not known', () => {
  test.each(WAYS.map((way) => [way.name, way] as const))(
    'a price nobody gave is null, never 0: %s',
    async (_, way) => {
      const { metadata, row } = await fromOpenAi(way.wire, 'a-model-without-a-price', way.stream);
      expect(metadata.cost_usd).toBeNull();
      expect(row.cost_usd).toBeNull();
      expect(row.usage.output).toBeGreaterThan(0);
    },
  );

  test.each(WAYS.map((way) => [way.name, way] as const))(
    'usage a provider keeps to itself is estimated, and the log and the reply say so: %s',
    async (_, way) => {
      // Sent by hand: the SDK's stream helper cannot do without the figures.
      const model = `${way.wire}/echo+usage=none`;
      const caused = await world.watch(async () => {
        const body = { ...HELLO, model, max_tokens: 99, stream: way.stream };
        const response = await world.gateway.post('/v1/messages', body);
        expect(response.status).toBe(200);
        return response.text();
      });
      expect(caused.result).toContain('"usage_estimated":true');
      expect(caused.rows).toHaveLength(1);
      const [row] = caused.rows;
      expect(row?.usage_estimated).toBe(true);
      expect(row?.usage.input).toBeGreaterThan(0);
      expect(row?.usage.output).toBeGreaterThan(5);
      expect(row?.usage.cache_read).toBeNull();
      expect(row?.usage.reasoning).toBeNull();
    },
  );
});

describe('prompt caching', () => {
  /** Two thousand tokens. */
  const LONG = 'Remember this well. '.repeat(400);
  const HOUR = { type: 'ephemeral', ttl: '1h' } as const;
  const MARK = { type: 'ephemeral' } as const;
  const FROM_OPENAI = {
    tools: [
      {
        type: 'function',
        function: { name: WEATHER.name, parameters: WEATHER.schema },
        cache_control: HOUR,
      },
    ],
    messages: [
      { role: 'system', content: [{ type: 'text', text: LONG, cache_control: HOUR }] },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'First.', cache_control: MARK },
          { type: 'text', text: 'Second.' },
        ],
      },
    ],
  } as unknown as JsonObject;
  const FROM_ANTHROPIC = {
    tools: [{ name: WEATHER.name, input_schema: WEATHER.schema, cache_control: HOUR }],
    system: [{ type: 'text', text: LONG, cache_control: HOUR }],
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'First.', cache_control: MARK },
          { type: 'text', text: 'Second.' },
        ],
      },
    ],
  } as unknown as JsonObject;

  test.each([false, true])(
    "marks of either caller reach Anthropic's wire where they stood, streamed: %p",
    async (stream) => {
      const { sent: translated, metadata } = await fromOpenAi('beta', 'echo', stream, FROM_OPENAI);
      const { sent: forwarded } = await fromAnthropic('beta', 'echo', stream, FROM_ANTHROPIC);
      expect(marks(translated)).toEqual({ tools: [HOUR], system: [HOUR], turn: [MARK, undefined] });
      expect(marks(forwarded)).toEqual(marks(translated));
      expect(metadata.losses).toEqual([]);
    },
  );

  test.each([false, true])(
    'asked twice, the second reads what the first wrote: Anthropic to its own wire, streamed: %p',
    async (stream) => {
      const first = await fromAnthropic('beta', 'echo', stream, FROM_ANTHROPIC);
      const second = await fromAnthropic('beta', 'echo', stream, FROM_ANTHROPIC);
      expect(first.usage.cache_read_input_tokens).toBe(0);
      expect(first.row.usage.cache_write_1h).toBeGreaterThan(2000);
      expect(first.row.usage.cache_write_5m).toBe(2);
      expect(first.usage.cache_creation_input_tokens).toBe(
        sum(first.row.usage.cache_write_1h, first.row.usage.cache_write_5m),
      );
      expect(second.usage.cache_read_input_tokens).toBe(first.usage.cache_creation_input_tokens);
      expect(second.usage.cache_creation_input_tokens).toBe(0);
      expect(second.usage.input_tokens).toBe(first.usage.input_tokens);
      // What lives an hour is dearer to write than what lives five minutes, and both are cheap to read.
      for (const { row } of [first, second])
        expect(row.cost_usd).toBe(billionths(row.usage, PRICES.beta) / 1e9);
      expect(second.row.cost_usd).toBeLessThan((first.row.cost_usd ?? 0) / 5);
    },
  );

  test.each([false, true])(
    "asked twice, the second reads what the first wrote: OpenAI to Anthropic's wire, streamed: %p",
    async (stream) => {
      const first = await fromOpenAi('beta', 'echo', stream, FROM_OPENAI);
      const second = await fromOpenAi('beta', 'echo', stream, FROM_OPENAI);
      const written = sum(first.row.usage.cache_write_1h, first.row.usage.cache_write_5m);
      expect(first.usage.prompt_tokens_details).toMatchObject({
        cached_tokens: 0,
        cache_write_tokens: written,
      } as never);
      expect(written).toBeGreaterThan(2000);
      expect(second.usage.prompt_tokens_details).toMatchObject({
        cached_tokens: written,
        cache_write_tokens: 0,
      } as never);
      // The prompt is as long as before, whoever reads it.
      expect(second.usage.prompt_tokens).toBe(first.usage.prompt_tokens);
    },
  );

  test.each([false, true])(
    "OpenAI's wire caches by itself, and both callers are told, streamed: %p",
    async (stream) => {
      const first = await fromOpenAi('alpha', 'echo', stream, FROM_OPENAI);
      const second = await fromOpenAi('alpha', 'echo', stream, FROM_OPENAI);
      expect(first.usage.prompt_tokens_details?.cached_tokens).toBe(0);
      expect(second.usage.prompt_tokens_details?.cached_tokens).toBeGreaterThan(1024);
      expect(second.sent).toEqual(first.sent);
      world.sims.alpha.clear();
      const third = await fromAnthropic('alpha', 'echo', stream, FROM_ANTHROPIC);
      const fourth = await fromAnthropic('alpha', 'echo', stream, FROM_ANTHROPIC);
      expect(third.usage.cache_read_input_tokens).toBe(0);
      expect(fourth.usage.cache_read_input_tokens).toBeGreaterThan(1024);
      expect(sum(fourth.usage.input_tokens, fourth.usage.cache_read_input_tokens)).toBe(
        third.usage.input_tokens,
      );
      expect(fourth.row.usage.cache_read).toBe(fourth.usage.cache_read_input_tokens);
      // The marks had no place there.
      expect(third.metadata.losses).toEqual([
        'cache_control: 3 prompt-cache marks not taken by alpha',
      ]);
      expect(JSON.stringify(third.sent)).not.toContain('cache_control');
    },
  );

  test("a provider of OpenAI's wire that takes marks gets them", async () => {
    const caused = await world.watch(() =>
      askAnthropic(
        world.anthropic,
        { max_tokens: 500, ...FROM_ANTHROPIC, model: 'marking/echo' } as never,
        false,
      ),
    );
    expect(caused.result.metadata.losses).toEqual([]);
    const [sent] = caused.got;
    const [system, user] = asObjects(sent?.body.messages);
    expect(asObjects(system?.content).map((part) => part.cache_control)).toEqual([HOUR]);
    expect(asObjects(user?.content).map((part) => part.cache_control)).toEqual([MARK, undefined]);
    expect(JSON.stringify(sent?.body.tools)).toContain(
      '"cache_control":{"type":"ephemeral","ttl":"1h"}',
    );
  });

  test('a growing conversation stays with one key of a pool, so that it finds its cache again', async () => {
    const say = (turns: JsonObject[]) =>
      world.watch(() =>
        askAnthropic(
          world.anthropic,
          { max_tokens: 500, ...FROM_ANTHROPIC, messages: turns, model: 'pool/echo' } as never,
          false,
        ),
      );
    const turns: JsonObject[] = [{ role: 'user', content: 'First.' }];
    const first = await say(turns);
    const more = [
      { role: 'assistant', content: 'Yes.' },
      { role: 'user', content: 'Second.' },
    ];
    const second = await say([...turns, ...more]);
    const keys = [first, second].map((caused) =>
      caused.got.map(({ headers }) => headers['x-api-key']),
    );
    expect(keys[0]).toHaveLength(1);
    expect(keys[1]).toEqual(keys[0] as never);
    expect(second.result.reply.usage.cache_read_input_tokens).toBeGreaterThan(2000);
    expect(second.rows[0]?.attempts[0]?.key).toMatch(/^key-[1-4]$/);
  });
});

/** The marks of a body of Anthropic's wire, by where they stand. */
function marks(body: JsonObject): { tools: unknown[]; system: unknown[]; turn: unknown[] } {
  const on = (blocks: unknown) => asArray(blocks).map((block) => asObject(block)?.cache_control);
  return {
    tools: on(body.tools),
    system: on(body.system),
    turn: on(asObjects(body.messages)[0]?.content),
  };
}

/** The counts the SDK's users read; a count that a provider does not report is 0 or null on this wire. */
function counts(usage: Anthropic.Usage): JsonObject {
  return {
    input_tokens: usage.input_tokens,
    output_tokens: usage.output_tokens,
    cache_read_input_tokens: usage.cache_read_input_tokens ?? 0,
    cache_creation_input_tokens: usage.cache_creation_input_tokens ?? 0,
    thinking_tokens: usage.output_tokens_details?.thinking_tokens ?? 0,
  };
}

/** Without the one figure that only the start of a stream tells: how long what was written will live. */
function known({ cache_write_1h: _, ...usage }: LogUsage): Omit<LogUsage, 'cache_write_1h'> {
  return usage;
}

function billionths(usage: LogUsage, prices: (typeof PRICES)[Wire]): number {
  let total = 0;
  for (const [kind, price] of Object.entries(prices))
    total += (usage[kind as keyof LogUsage] ?? 0) * price * 1000;
  return Math.round(total);
}

function sum(...values: readonly (number | null)[]): number {
  return values.reduce<number>((total, value) => total + (value ?? 0), 0);
}
