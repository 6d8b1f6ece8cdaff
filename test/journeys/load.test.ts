// Limited providers: never more at once than they may get, the others in line or elsewhere, and every place given back.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { type RecordedRequest, startSim } from '../../sim/start-sim.ts';
import { parseConfig } from '../../src/config/load.ts';
import { KNOWN_PROVIDERS } from '../../src/gateway/configure-providers.ts';
import { anthropicCaller, CALLERS, call, openaiCaller, trailOf } from './callers.ts';
import { failureOf } from './failure-of.ts';
import { ADMIN_KEY, type GatewayUnderTest, startGateway } from './gateway-under-test.ts';
import { until } from './until.ts';

const sim = startSim({ seed: 11 });
const other = startSim({ seed: 12 });
let gateway: GatewayUnderTest;

const yaml = (concurrent: number) => `
health: { enabled: false }
retries: 0
providers:
  two: { dialect: openai-chat, base_url: "${sim.url}", api_key: k, limits: { concurrent: ${concurrent}, queue: 20, queue_timeout: 5s } }
  narrow: { dialect: openai-chat, base_url: "${sim.url}", api_key: k, limits: { concurrent: 1, queue: 0 } }
  hurried: { dialect: anthropic-messages, base_url: "${sim.url}", api_key: k, limits: { concurrent: 1, queue: 1, queue_timeout: 150ms } }
  patient: { dialect: openai-chat, base_url: "${sim.url}", api_key: k, limits: { concurrent: 1 } }
  free: { dialect: anthropic-messages, base_url: "${other.url}", api_key: k }
`;

beforeAll(async () => {
  gateway = await startGateway(yaml(2));
});
afterAll(async () => {
  await gateway.stop();
  await sim.stop();
  await other.stop();
});
afterEach(async () => {
  await until(() => gateway.gateway.load.total === 0);
  sim.clear();
  other.clear();
});

/** The most that were under way at one moment. */
function mostAtOnce(requests: readonly RecordedRequest[]): number {
  return Math.max(
    0,
    ...requests.map(
      ({ at }) =>
        requests.filter((one) => one.at <= at && at < (one.endedAt ?? Number.POSITIVE_INFINITY))
          .length,
    ),
  );
}

/** Takes a place until it is let go. */
async function hold(model: string): Promise<() => Promise<void>> {
  const controller = new AbortController();
  const before = sim.received;
  const held = fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_KEY}` },
    body: JSON.stringify(openaiCaller.body(`${model}/echo+tokens=10000+gap=20`, { stream: true })),
    signal: controller.signal,
  });
  const reader = (await held).body?.getReader();
  await reader?.read();
  expect(sim.received).toBe(before + 1);
  return async () => {
    controller.abort();
    await reader?.read().catch(() => undefined);
  };
}

const lane = (provider: string) => gateway.gateway.load.of(provider);

describe('a limit of two', () => {
  test('is kept by calls of every dialect, streamed or not; all of them are answered', async () => {
    const calls = [true, false].flatMap((stream) =>
      CALLERS.flatMap((caller) =>
        [1, 2].map(() => call(gateway, caller, 'two/echo+ttft=20+tokens=6+gap=2', { stream })),
      ),
    );
    const heard = await Promise.all(calls);
    for (const one of heard) expect(one).toMatchObject({ status: 200, ended: true, error: null });
    expect(sim.received).toBe(12);
    expect(mostAtOnce(sim.requests)).toBe(2);
  });

  test('those in line are served in the order they came', async () => {
    const free = [await hold('two'), await hold('two')];
    sim.clear();
    const calls = [];
    for (let n = 0; n < 8; n++) {
      calls.push(call(gateway, openaiCaller, `two/echo+ttft=5+say=number-${n}`));
      await until(() => lane('two').waiting === n + 1);
    }
    expect(sim.received).toBe(0);
    for (const release of free) await release();
    await Promise.all(calls);
    const order = sim.requests.map(({ body }) => Number(/number-(\d)/.exec(body)?.[1]));
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(mostAtOnce(sim.requests)).toBeLessThanOrEqual(2);
  });

  test('whoever hangs up in line is never sent, and nobody behind waits for them', async () => {
    const free = [await hold('two'), await hold('two')];
    sim.clear();
    const before = (await gateway.rows()).length;
    const controller = new AbortController();
    const gone = gateway
      .openai()
      .chat.completions.create(
        { model: 'two/echo+say=gone', messages: [{ role: 'user', content: 'x' }] },
        { signal: controller.signal },
      );
    gone.catch(() => undefined);
    await until(() => lane('two').waiting === 1);
    const next = call(gateway, openaiCaller, 'two/echo+say=next');
    await until(() => lane('two').waiting === 2);
    controller.abort();
    await until(() => lane('two').waiting === 1);
    expect(lane('two').running).toBe(2);
    for (const release of free) await release();
    expect((await next).text).toBe('next');
    expect(sim.requests.map(({ body }) => body.includes('gone'))).toEqual([false]);
    await until(async () => (await gateway.rows()).length >= before + 4);
    const row = (await gateway.rows()).find((one) => one.requested_model.endsWith('gone'));
    expect(row).toMatchObject({ outcome: 'aborted', status: 499 });
  });

  test('a reload that raises it lets in who waits', async () => {
    const free = [await hold('two'), await hold('two')];
    const waiting = call(gateway, openaiCaller, 'two/echo+say=in');
    await until(() => lane('two').waiting === 1);
    const changed = parseConfig(yaml(3), {}, KNOWN_PROVIDERS);
    if (!changed.ok) throw new Error('a good configuration');
    gateway.gateway.change({ config: changed.config });
    expect((await waiting).text).toBe('in');
    const back = parseConfig(yaml(2), {}, KNOWN_PROVIDERS);
    if (back.ok) gateway.gateway.change({ config: back.config });
    for (const release of free) await release();
  });
});

describe('no place', () => {
  test.each(CALLERS)('$name: the next candidate answers at once', async (caller) => {
    const release = await hold('narrow');
    for (const stream of [true, false]) {
      const startedMs = performance.now();
      const heard = await call(gateway, caller, 'narrow/echo', { models: ['free/echo'], stream });
      expect(performance.now() - startedMs).toBeLessThan(2000);
      expect(heard).toMatchObject({ status: 200, ended: true, error: null });
      expect(trailOf(heard)).toEqual([
        ['narrow/echo', null, 'provider_busy'],
        ['free/echo', 200, 'ok'],
      ]);
    }
    expect([sim.received, other.received]).toEqual([1, 2]);
    await release();
  });

  test('a busy provider’s other models are not asked either', async () => {
    const release = await hold('hurried');
    const waits = call(gateway, openaiCaller, 'hurried/echo', { models: ['free/echo'] });
    await until(() => lane('hurried').waiting === 1);
    const heard = await call(gateway, openaiCaller, 'hurried/echo', {
      models: ['hurried/fast', 'free/echo'],
    });
    expect(trailOf(heard).map(([model, , told]) => [model, told])).toEqual([
      ['hurried/echo', 'provider_busy'],
      ['free/echo', 'ok'],
    ]);
    await waits;
    await release();
  });

  test('OpenAI’s client hears 503, the limit, and when to come again', async () => {
    const release = await hold('narrow');
    const create = () =>
      gateway.openai().chat.completions.create({
        model: 'narrow/echo',
        messages: [{ role: 'user', content: 'x' }],
      });
    const error = await failureOf(create());
    if (!(error instanceof OpenAI.APIError)) throw error;
    expect([error.status, error.code]).toEqual([503, 'provider_busy']);
    expect(error.message).toContain('limit of 1 at once (providers.narrow.limits.concurrent)');
    expect(Number(error.headers?.get('retry-after'))).toBeWithin(1, 61);
    await release();
    await until(() => lane('narrow').running === 0);
    expect((await create()).choices[0]?.finish_reason).toBe('stop');
  });

  test('Anthropic’s client does too', async () => {
    const release = await hold('narrow');
    const create = () =>
      gateway.anthropic().messages.create({
        model: 'narrow/echo',
        max_tokens: 100,
        messages: [{ role: 'user', content: 'x' }],
      });
    const error = await failureOf(create());
    if (!(error instanceof Anthropic.APIError)) throw error;
    expect(error.status).toBe(503);
    expect(error.message).toContain('providers.narrow.limits.concurrent');
    expect(Number(error.headers?.get('retry-after'))).toBeWithin(1, 61);
    await release();
    await until(() => lane('narrow').running === 0);
    expect((await create()).stop_reason).toBe('end_turn');
  });

  test('the row says that nobody was asked', async () => {
    const release = await hold('narrow');
    const heard = await call(gateway, openaiCaller, 'narrow/echo');
    const row = (await gateway.rows()).find(
      ({ id }) => id === heard.headers.get('x-generation-id'),
    );
    expect(row).toMatchObject({
      outcome: 'error',
      status: 503,
      error: { code: 'provider_busy' },
      attempts: [{ model: 'narrow/echo', status_code: null, error: 'provider_busy' }],
      cost_usd: 0,
    });
    await release();
  });

  test('in time: the queue’s own limit, or the call’s first token', async () => {
    const release = await hold('hurried');
    const startedMs = performance.now();
    const heard = await call(gateway, anthropicCaller, 'hurried/echo');
    expect(performance.now() - startedMs).toBeWithin(145, 3000);
    expect(heard.status).toBe(503);
    expect(heard.raw).toContain('within 150 ms (providers.hurried.limits.queue_timeout)');
    await release();
    const releasePatient = await hold('patient');
    const hasty = await call(gateway, openaiCaller, 'patient/echo', {
      models: ['free/echo'],
      fallback: { ttft_timeout: '300ms' },
    });
    expect(trailOf(hasty).map(([, , told]) => told)).toEqual(['provider_busy', 'ok']);
    await releasePatient();
  });

  test('what was waited counts towards the first token', async () => {
    const release = await hold('patient');
    const startedMs = performance.now();
    const waits = call(gateway, openaiCaller, 'patient/echo+ttft=3000', {
      models: ['free/echo'],
      fallback: { ttft_timeout: '500ms' },
    });
    await until(() => lane('patient').waiting === 1);
    await Bun.sleep(200);
    await release();
    const heard = await waits;
    expect(performance.now() - startedMs).toBeWithin(490, 2500);
    expect(trailOf(heard).map(([, , told]) => told)).toEqual([
      'upstream_first_token_timeout',
      'ok',
    ]);
  });
});

test('a call in several parts takes no more places than there are', async () => {
  let running = 0;
  let most = 0;
  let parts = 0;
  await using fake = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    async fetch() {
      parts += 1;
      running += 1;
      most = Math.max(most, running);
      await Bun.sleep(2);
      running -= 1;
      return Response.json({ embedding: { values: [1, 2] } });
    },
  });
  const own = await startGateway(`
providers:
  parts:
    dialect: gemini
    base_url: "http://127.0.0.1:${fake.port}"
    limits: { concurrent: 2, queue: 0 }
    operations: { embeddings: { wire: gemini-single } }
`);
  const input = Array.from({ length: 12 }, (_, n) => `text ${n}`);
  const { data } = await own.openai().embeddings.create({ model: 'parts/any', input });
  expect([data.length, parts, most]).toEqual([12, 12, 2]);
  expect(own.gateway.load.total).toBe(0);
  await own.stop();
});

describe('a place is free again', () => {
  test.each([
    ['after a whole answer', 'say=x', {}],
    ['after a stream', 'tokens=5', { stream: true }],
    ['after a refusal', 'status=400', {}],
    ['after a failure', 'status=500', {}],
    ['after a failure inside a stream', 'error-in-stream=3', { stream: true }],
    ['after a cut stream', 'cut=3', { stream: true }],
    ['after a reset', 'reset', {}],
    ['after nonsense', 'junk', {}],
    ['after silence', 'stall=2', { stream: true, fallback: { idle_timeout: '300ms' } }],
    ['after no first token', 'ttft=9000', { fallback: { ttft_timeout: '300ms' } }],
    [
      'after its total time',
      'tokens=900+gap=20',
      { stream: true, fallback: { total_timeout: '300ms' } },
    ],
  ])('%s', async (_when, words, more) => {
    // Who waits for a deadline waits once.
    for (const caller of 'fallback' in more ? [openaiCaller] : CALLERS) {
      await call(gateway, caller, `narrow/echo+${words}`, more);
      await until(() => lane('narrow').running === 0);
      expect((await call(gateway, caller, 'narrow/echo+say=next')).text).toBe('next');
    }
  });

  test('before another model goes on with an answer that broke off', async () => {
    const startedMs = performance.now();
    const heard = await call(gateway, openaiCaller, 'patient/echo+tokens=12+error-in-stream=5', {
      models: ['patient/echo+tokens=12'],
      stream: true,
    });
    // Well before anybody’s patience in line is over.
    expect(performance.now() - startedMs).toBeLessThan(2000);
    expect(heard).toMatchObject({ status: 200, ended: true, error: null });
    expect(trailOf(heard).map(([, , told]) => told)).toEqual(['upstream_error', 'ok']);
  });

  test('after a race, the loser’s too', async () => {
    const heard = await call(gateway, openaiCaller, 'two/echo+ttft=9000', {
      models: ['two/echo+say=faster', 'free/echo'],
      stream: true,
      fallback: { mode: 'race', ttft_timeout: '300ms' },
    });
    expect(heard.text).toBe('faster');
    await until(() => gateway.gateway.load.total === 0);
  });

  test('after the caller has hung up in the middle of a stream', async () => {
    const release = await hold('narrow');
    await release();
    await until(() => lane('narrow').running === 0);
    expect((await call(gateway, openaiCaller, 'narrow/echo+say=next')).text).toBe('next');
  });

  test('after sound and after embeddings', async () => {
    const sound = await gateway.post('/v1/audio/speech', {
      model: 'narrow/echo',
      input: 'a b',
      voice: 'x',
    });
    expect((await sound.arrayBuffer()).byteLength).toBeGreaterThan(10);
    await until(() => lane('narrow').running === 0);
    const vectors = await gateway
      .openai()
      .embeddings.create({ model: 'narrow/echo', input: ['a', 'b'] });
    expect(vectors.data.length).toBe(2);
    expect(lane('narrow').running).toBe(0);
  });
});
