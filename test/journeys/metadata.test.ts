// What a reply says of itself: every field of its metadata true, in its place, and the same in the headers and in the log.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import type { ReplyMetadata } from '../../src/core/exchange.ts';
import { asObject, type JsonObject, parseJson } from '../../src/lib/json.ts';
import { SseParser } from '../../src/lib/sse.ts';
import {
  askAnthropic,
  askOpenAi,
  metadataIn,
  only,
  openWorld,
  type Told,
  WAYS,
  type World,
} from './four-ways.ts';
import { ANSWER } from './samples.ts';

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
/** Every name of the contract, and no other. */
const FIELDS = [
  'generation_id',
  'actual_model',
  'provider',
  'attempts',
  'reasoning',
  'router_id',
  'route_id',
  'variant_id',
  'cache_hit',
  'cost_usd',
  'losses',
  'total_duration_ms',
];

let world: World;
beforeAll(async () => {
  world = await openWorld({ providers: ({ alpha }) => [`sim: { base_url: "${alpha}" }`] });
});
beforeEach(() => {
  world.sims.alpha.clear();
  world.sims.beta.clear();
});
afterAll(() => world.stop());

interface Caller {
  readonly name: string;
  readonly path: string;
  readonly base: JsonObject;
  /** What the last frames of its streams are called; the metadata stands in the one before the last. */
  readonly end: string;
  ask(body: JsonObject & { model: string }, stream: boolean): Promise<Told<unknown>>;
}

const messages = [{ role: 'user', content: 'Hello' }];
const CALLERS: readonly Caller[] = [
  {
    name: 'chat completions',
    path: '/v1/chat/completions',
    base: { messages },
    end: '[DONE]',
    ask: (body, stream) => askOpenAi(world.openai, body as never, stream),
  },
  {
    name: 'messages',
    path: '/v1/messages',
    base: { max_tokens: 500, messages },
    end: 'message_stop',
    ask: (body, stream) => askAnthropic(world.anthropic, body as never, stream),
  },
];

for (const caller of CALLERS) {
  describe(caller.name, () => {
    for (const way of WAYS) {
      const ask = async (model: string, more: JsonObject = {}) =>
        world.watch(() => caller.ask({ ...caller.base, ...more, model }, way.stream));

      test(`one attempt: ${way.name}`, async () => {
        const began = performance.now();
        const caused = await ask(`${way.wire}/echo`);
        const tookMs = performance.now() - began;
        const { row, request } = only(caused, way.wire);
        const { metadata } = caused.result;
        const [attempt] = metadata.attempts;
        expect(Object.keys(metadata)).toEqual(FIELDS);
        expect(metadata).toEqual({
          generation_id: row.id,
          actual_model: `${way.wire}/echo`,
          provider: way.wire,
          attempts: [
            {
              model: `${way.wire}/echo`,
              provider: way.wire,
              success: true,
              status_code: 200,
              time_to_first_token_ms: attempt?.time_to_first_token_ms as number,
              duration_ms: attempt?.duration_ms as number,
              usage: attempt?.usage as { input_tokens: number; output_tokens: number },
              cost_usd: row.cost_usd,
            },
          ],
          reasoning: `Using specified model: '${way.wire}/echo' - success.`,
          router_id: null,
          route_id: null,
          variant_id: null,
          cache_hit: false,
          cost_usd: row.cost_usd,
          losses: [],
          total_duration_ms: metadata.total_duration_ms,
        });
        expect(metadata.generation_id).toMatch(UUID_V7);
        // The id holds the moment of its request.
        expect(Math.abs(idMs(metadata.generation_id) - Date.parse(row.at))).toBeLessThan(1000);
        expect(metadata.cost_usd).toBeGreaterThan(0);
        expect(request.wire).toBe(way.wire);
        const ttftMs = attempt?.time_to_first_token_ms ?? -1;
        expect(ttftMs).toBeGreaterThan(0);
        expect(attempt?.duration_ms).toBeGreaterThanOrEqual(ttftMs);
        expect(metadata.total_duration_ms).toBeGreaterThanOrEqual(attempt?.duration_ms ?? Infinity);
        expect(metadata.total_duration_ms).toBeLessThanOrEqual(tookMs);
        expect(row.attempts).toMatchObject([
          { time_to_first_token_ms: ttftMs, duration_ms: attempt?.duration_ms ?? -1 },
        ]);
        expect(row.total_ms).toBeGreaterThanOrEqual(metadata.total_duration_ms);
      });

      test(`a fallback: ${way.name}`, async () => {
        const other = way.wire === 'alpha' ? 'beta' : 'alpha';
        const first = `${other}/echo+status=429+ttft=15`;
        const last = `${way.wire}/echo`;
        const caused = await ask(first, { models: [last] });
        expect(caused.got.map(({ wire }) => wire)).toEqual([other, way.wire]);
        expect(caused.rows).toHaveLength(1);
        const [row] = caused.rows;
        const { metadata } = caused.result;
        expect(metadata.attempts).toMatchObject([
          {
            model: first,
            provider: other,
            success: false,
            status_code: 429,
            error: 'upstream_rate_limited',
          },
          { model: last, provider: way.wire, success: true, status_code: 200 },
        ]);
        expect(Object.keys(metadata.attempts[0] ?? {})).not.toContain('time_to_first_token_ms');
        expect(Object.keys(metadata.attempts[1] ?? {})).not.toContain('error');
        expect(metadata.attempts[0]?.duration_ms).toBeGreaterThanOrEqual(14);
        expect(metadata.total_duration_ms).toBeGreaterThanOrEqual(
          metadata.attempts.reduce((total, { duration_ms }) => total + duration_ms, 0) - 0.1,
        );
        expect(metadata).toMatchObject({
          actual_model: last,
          provider: way.wire,
          reasoning: `Using fallback model: '${last}' - success after '${first}' failed with upstream_rate_limited.`,
        });
        // A refusal costs nothing: the sum is the winner's.
        expect(row?.attempts.map(({ cost_usd }) => cost_usd)).toEqual([0, metadata.cost_usd]);
        expect(metadata.cost_usd).toBeGreaterThan(0);
        expect(row).toMatchObject({
          id: metadata.generation_id,
          requested_model: first,
          model: last,
          outcome: 'ok',
          reasoning: metadata.reasoning,
        });
      });

      test(`time to the first token: ${way.name}`, async () => {
        const caused = await ask(`${way.wire}/echo+ttft=60+tokens=5+gap=40`);
        const [attempt] = caused.result.metadata.attempts;
        const ttftMs = attempt?.time_to_first_token_ms ?? -1;
        const restMs = (attempt?.duration_ms ?? -1) - ttftMs;
        expect(ttftMs).toBeGreaterThanOrEqual(58);
        // Four gaps follow a stream's first token; of a whole reply it is seen when all of them are there.
        if (way.stream) expect(restMs).toBeGreaterThan(80);
        else expect(ttftMs).toBeGreaterThan(200);
        expect(caused.rows[0]?.ttft_ms).toBeGreaterThanOrEqual(ttftMs);
      });

      test(`headers: ${way.name}`, async () => {
        const body = { ...caller.base, model: `${way.wire}/echo+ratelimit=9`, stream: way.stream };
        const response = await world.gateway.post(caller.path, body);
        const text = await response.text();
        const [row] = (await world.gateway.rows()).slice(-1);
        expect(response.status).toBe(200);
        expect(response.headers.get('x-generation-id')).toBe(row?.id as string);
        expect(response.headers.get('x-actual-model')).toBe(`${way.wire}/echo+ratelimit=9`);
        expect(text).toContain(`"generation_id":"${row?.id}"`);
        const limit =
          way.wire === 'alpha'
            ? 'x-ratelimit-remaining-requests'
            : 'anthropic-ratelimit-requests-remaining';
        expect(response.headers.get(limit)).toBe('9');
        expect(response.headers.get('x-switchyard-simulated')).toBeNull();
      });
    }

    for (const wire of ['alpha', 'beta'] as const) {
      const options: readonly (readonly [string, JsonObject])[] =
        caller.end === '[DONE]'
          ? [
              ['plain', {}],
              ['with usage', { stream_options: { include_usage: true } }],
            ]
          : [['plain', {}]];
      test.each(options)(
        `in a stream it stands once, in the last data frame before the end: ${wire}, %s`,
        async (_, more) => {
          for (const model of ['echo', 'parallel-tools', 'echo+no-done', 'echo+usage=with-delta']) {
            const frames = await framesOf(caller, { model: `${wire}/${model}`, ...more });
            const carrying = frames.flatMap(({ json }, at) =>
              json?.metadata === undefined ? [] : [at - frames.length],
            );
            expect([model, carrying]).toEqual([model, [-2]]);
            expect(frames.at(-1)?.name).toBe(caller.end);
            if (caller.end === 'message_stop') expect(frames.at(-2)?.name).toBe('message_delta');
          }
        },
      );

      test(`an error carries it too, with its header: ${wire}`, async () => {
        for (const stream of [false, true]) {
          const caused = await world.watch(() =>
            world.gateway.post(caller.path, {
              ...caller.base,
              model: `${wire}/echo+status=400`,
              stream,
            }),
          );
          const response = caused.result;
          const metadata = metadataIn(await response.json());
          expect(response.status).toBe(400);
          expect(caused.got).toHaveLength(1);
          expect(caused.rows).toHaveLength(1);
          expect(response.headers.get('x-generation-id')).toBe(metadata.generation_id);
          expect(response.headers.get('x-actual-model')).toBeNull();
          expect(Object.keys(metadata)).toEqual(FIELDS);
          expect(metadata).toMatchObject({
            actual_model: null,
            provider: null,
            cost_usd: 0,
            reasoning: `No candidate answered for '${wire}/echo+status=400': '${wire}/echo+status=400' failed with upstream_invalid_request.`,
          });
          expect(metadata.attempts).toMatchObject([
            { success: false, status_code: 400, error: 'upstream_invalid_request' },
          ]);
          expect(caused.rows[0]).toMatchObject({
            id: metadata.generation_id,
            outcome: 'error',
            status: 400,
            model: null,
            provider: null,
            error: { code: 'upstream_invalid_request' },
          });
        }
      });
    }

    test('a request that never gets to a provider has it as well', async () => {
      const caused = await world.watch(() =>
        world.gateway.post(caller.path, { ...caller.base, model: 'nowhere/at-all' }),
      );
      const metadata = metadataIn(await caused.result.json());
      expect(caused.result.status).toBe(404);
      expect(caused.got).toEqual([]);
      expect(caused.rows.map(({ id, status }) => [id, status])).toEqual([
        [metadata.generation_id, 404],
      ]);
      expect(metadata).toMatchObject({
        attempts: [],
        cost_usd: 0,
        reasoning: 'No model was asked.',
      });
    });
  });
}

test.each([false, true])(
  'an answer that is made up says so everywhere, streamed: %p',
  async (stream) => {
    const caused = await world.watch(async () => {
      const body = { model: 'sim/echo', messages, stream };
      const response = await world.gateway.post('/v1/chat/completions', body);
      expect(response.headers.get('x-switchyard-simulated')).toBe('true');
      return response.text();
    });
    expect(caused.result).toContain('"simulated":true');
    expect(caused.rows.map(({ simulated, provider }) => [simulated, provider])).toEqual([
      [true, 'sim'],
    ]);
  },
);

test('two replies have two ids, in the order of their requests', async () => {
  const ids: string[] = [];
  for (let n = 0; n < 3; n += 1) {
    const { metadata } = await askOpenAi(
      world.openai,
      { model: 'alpha/echo', messages: [{ role: 'user', content: ANSWER }] },
      false,
    );
    ids.push(metadata.generation_id);
  }
  expect([...ids].sort()).toEqual(ids);
  expect(new Set(ids).size).toBe(3);
});

interface NamedFrame {
  /** The end's own word, else the event's name. */
  readonly name: string | null;
  readonly json: (JsonObject & { metadata?: ReplyMetadata }) | undefined;
}

async function framesOf(caller: Caller, more: JsonObject): Promise<readonly NamedFrame[]> {
  const tools =
    caller.end === '[DONE]'
      ? [{ type: 'function', function: { name: 'a', parameters: { type: 'object' } } }]
      : [{ name: 'a', input_schema: { type: 'object' } }];
  const response = await world.gateway.post(caller.path, {
    ...caller.base,
    ...more,
    tools,
    stream: true,
  });
  const parser = new SseParser();
  return [...parser.push(await response.text()), ...parser.end()].map(({ event, data }) => {
    const json = asObject(parseJson(data));
    return {
      name: data === '[DONE]' ? data : event,
      json: json as NamedFrame['json'],
    };
  });
}

/** The Unix milliseconds in a UUIDv7. */
function idMs(id: string): number {
  return Number.parseInt(id.replace('-', '').slice(0, 12), 16);
}
