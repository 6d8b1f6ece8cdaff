// A cached stream comes at once, or, where that is asked for, as it first came: frame by frame, with the gaps there were.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type Sim, startSim } from '../../sim/start-sim.ts';
import type { JsonObject } from '../../src/lib/json.ts';
import { type Asked, ask, bare, bodyOf, CALLERS } from './cached-callers.ts';
import { ADMIN_KEY, type GatewayUnderTest, startGateway } from './gateway-under-test.ts';
import { until } from './until.ts';

let sim: Sim;
let gateway: GatewayUnderTest;

beforeAll(async () => {
  sim = startSim({ seed: 14 });
  gateway = await startGateway(`
health: { enabled: false }
cache: { mode: exact, ttl: 1h, replay: paced }
providers:
  chat: { dialect: openai-chat, base_url: "${sim.url}", api_key: a-key }
  responses: { dialect: openai-responses, base_url: "${sim.url}", api_key: a-key }
  messages: { dialect: anthropic-messages, base_url: "${sim.url}", api_key: a-key }
  cohere: { base_url: "${sim.url}", api_key: a-key }
routers:
  - { name: quick, default_route: { route_id: all, variants: [{ variant: { variant_id: one, model_id: "chat/echo+tokens=10+gap=40", cache: { replay: full_speed } }, weight: 100 }] } }
`);
});
afterAll(async () => {
  await gateway.stop();
  await sim.stop();
});

let questions = 0;
const question = () => `Question ${++questions} of pace.`;

/** How long the pieces took to come, after the first. */
async function timed(asked: Asked) {
  const response = await gateway.post('/v1/chat/completions', {
    ...bodyOf('chat', asked),
    stream: true,
  });
  const arrivals: number[] = [];
  let text = '';
  const decoder = new TextDecoder();
  for await (const piece of response.body ?? []) {
    arrivals.push(performance.now());
    text += decoder.decode(piece, { stream: true });
  }
  return { ms: (arrivals.at(-1) ?? 0) - (arrivals[0] ?? 0), pieces: arrivals.length, text };
}

const SLOW = 'echo+tokens=10+gap=40';
const TOOK_MS = 9 * 40;

describe('paced', () => {
  test('as it first came; at once where the request says so, and by its router', async () => {
    const asked = { model: `chat/${SLOW}`, stream: true, text: question() };
    const live = await timed(asked);
    expect(live.text).toContain('"cache_hit":false');
    const paced = await timed(asked);
    expect(paced.text).toContain('"cache_hit":"exact"');
    expect(paced.ms).toBeGreaterThan(TOOK_MS * 0.8);
    expect(paced.pieces).toBeGreaterThan(5);
    const row = (await gateway.rows()).at(-1);
    expect(row?.cache).toBe('exact');
    expect(row?.ttft_ms).toBeLessThan(TOOK_MS * 0.8);
    expect(row?.total_ms).toBeGreaterThan(TOOK_MS * 0.8);
    const more: JsonObject = { cache: { replay: 'full_speed' } };
    const quick = await timed({ ...asked, more });
    expect(quick.text).toContain('"cache_hit":"exact"');
    expect(quick.ms).toBeLessThan(TOOK_MS * 0.8);
    const whole = await ask(gateway, 'chat', { ...asked, stream: false });
    expect(whole.metadata.cache_hit).toBe('exact');
  });

  for (const caller of CALLERS)
    for (const wire of ['chat', 'responses', 'messages', 'cohere'])
      test(`${caller} on ${wire} gets the same as at once`, async () => {
        const text = question();
        const model = `${wire}/echo+tokens=6+gap=2`;
        const asked = { model, stream: true, text };
        const live = await ask(gateway, caller, asked);
        const paced = await ask(gateway, caller, asked);
        const more = { cache: { replay: 'full_speed' } };
        const quick = await ask(gateway, caller, { ...asked, more });
        expect([live, paced, quick].map(({ metadata }) => metadata.cache_hit)).toEqual([
          false,
          'exact',
          'exact',
        ]);
        expect(bare(paced, 'undated')).toEqual(bare(live, 'undated'));
        expect(bare(paced, 'dated')).toEqual(bare(quick, 'dated'));
      });

  test('a caller who hangs up ends it, and its row says so', async () => {
    const asked = { model: `chat/${SLOW}`, stream: true, text: question() };
    await ask(gateway, 'chat', asked);
    const controller = new AbortController();
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_KEY}` },
      body: JSON.stringify({ ...bodyOf('chat', asked), stream: true }),
      signal: controller.signal,
    });
    await response.body?.getReader().read();
    controller.abort();
    await until(async () => (await gateway.rows()).at(-1)?.outcome === 'aborted');
    const row = (await gateway.rows()).at(-1);
    expect(row).toMatchObject({ outcome: 'aborted', cache: 'exact', attempts: [], cost_usd: 0 });
    expect((await ask(gateway, 'chat', asked)).metadata.cache_hit).toBe('exact');
  });

  test('a caller whose time is up is told, in the stream', async () => {
    const asked = { model: `chat/echo+tokens=20+gap=40`, stream: true, text: question() };
    await ask(gateway, 'chat', asked);
    const more = { fallback: { total_timeout: '200ms' } };
    const cut = await timed({ ...asked, more });
    expect(cut.text).toContain('"code":"total_timeout"');
    expect(cut.text).not.toContain('[DONE]');
    expect((await gateway.rows()).at(-1)).toMatchObject({
      outcome: 'error',
      error: { code: 'total_timeout' },
      cache: 'exact',
    });
  });

  test('of a router that wants it at once', async () => {
    const asked = { model: 'router/quick', stream: true, text: question() };
    await timed(asked);
    const quick = await timed(asked);
    expect(quick.text).toContain('"cache_hit":"exact"');
    expect(quick.ms).toBeLessThan(TOOK_MS * 0.8);
  });
});
