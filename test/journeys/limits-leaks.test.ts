// However a request ends: nothing stays held, and what its caller is charged is what its row says.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Actor } from '../../src/core/actor.ts';
import type { JsonObject } from '../../src/lib/json.ts';
import { type GatewayUnderTest, startGateway, startTwoWires } from './gateway-under-test.ts';
import { until } from './until.ts';

const wires = startTwoWires();
const { alpha, beta } = wires;
const BY: Actor = { via: 'cli', id: 'test' };
const SLOW = 'alpha/echo+tokens=100+gap=20';
const LATE = 'alpha/echo+tokens=10+ttft=3000';
const BROKEN = 'alpha/echo+tokens=50+cut=20';
const FAILING = 'alpha/echo+status=500';
const GOOD = 'beta/echo+tokens=10';
const priced = (id: string) => `  - { id: "${id}", price: { input: 1, output: 10 } }`;
const yaml = [wires.yaml, ...[SLOW, LATE, BROKEN, FAILING, GOOD].map(priced)].join('\n');

let gateway: GatewayUnderTest;
beforeAll(async () => {
  gateway = await startGateway(`${yaml}\nserver: { drain: 200ms }`);
});
afterAll(async () => {
  await gateway.stop();
  await Promise.all([alpha.stop(), beta.stop()]);
});

interface Story {
  readonly body: JsonObject;
  readonly path?: string;
  /** The caller hangs up after so long. */
  readonly hangsUpMs?: number;
}

const chat = (model: string, more: JsonObject = {}): JsonObject => ({
  model,
  max_tokens: 200,
  messages: [{ role: 'user', content: 'Count, and count well.' }],
  ...more,
});

const stories: readonly (readonly [how: string, story: Story])[] = [
  ['whole', { body: chat(GOOD) }],
  ['streamed', { body: chat(GOOD, { stream: true }) }],
  ['left before the first token', { body: chat(LATE, { stream: true }), hangsUpMs: 50 }],
  ['left before the whole answer', { body: chat(LATE), hangsUpMs: 50 }],
  ['left in the middle', { body: chat(SLOW, { stream: true }), hangsUpMs: 300 }],
  ['left at once', { body: chat(SLOW, { stream: true }), hangsUpMs: 0 }],
  ['out of time', { body: chat(SLOW, { fallback: { total_timeout: '150ms' }, stream: true }) }],
  ['out of time before the answer', { body: chat(LATE, { fallback: { total_timeout: '80ms' } }) }],
  ['broken off', { body: chat(BROKEN, { stream: true }) }],
  ['broken off, and gone on with', { body: chat(BROKEN, { stream: true, models: [GOOD] }) }],
  ['failed', { body: chat(FAILING) }],
  ['failed, and answered by the next', { body: chat(FAILING, { models: [GOOD] }) }],
  [
    'a race',
    { body: chat(LATE, { models: [GOOD], fallback: { mode: 'race', ttft_timeout: '30ms' } }) },
  ],
  ['refused before it is read', { body: { model: GOOD } }],
  ['a model that is not there', { body: chat('nobody/nothing') }],
  ['strict, with what cannot be', { body: chat(GOOD, { strict: true, cache: { mode: 'exact' } }) }],
  ['an endpoint beside chat', { body: { model: GOOD, input: 'words' }, path: '/v1/embeddings' }],
  [
    'completions',
    { body: { model: GOOD, prompt: 'words', max_tokens: 5 }, path: '/v1/completions' },
  ],
];

async function play(secret: string, { body, path, hangsUpMs }: Story): Promise<void> {
  const controller = new AbortController();
  const reply = fetch(gateway.url + (path ?? '/v1/chat/completions'), {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: controller.signal,
  }).then((response) => response.text());
  if (hangsUpMs !== undefined) setTimeout(() => controller.abort(), hangsUpMs);
  await reply.catch(() => null);
}

async function newKey() {
  return gateway.gateway.keys.create(
    {
      name: 'leaks',
      role: 'inference',
      budgets: [{ amountNano: 1e12, period: 'total' }],
      rate: { requestsPerMinute: 1e6, tokensPerMinute: 1e9, concurrent: 1000 },
      userLimits: { budgets: [{ amountNano: 1e12, period: 'month' }], rate: null },
    },
    BY,
  );
}

test.each(stories)('%s', async (_, story) => {
  const { record, secret } = await newKey();
  const many = 5;
  await Promise.all(
    Array.from({ length: many }, () =>
      play(secret, { ...story, body: { ...story.body, user: 'ann' } }),
    ),
  );
  const { limits } = gateway.gateway;
  await until(() => limits.held === 0, 5000);
  const rows = (await gateway.rows()).filter(({ key_id: key }) => key === record.id);
  const costs = rows.map(({ cost_usd: usd }) => usd);
  expect(costs).not.toContain(null);
  const cost = costs.reduce<number>((sum, usd) => sum + Math.round((usd ?? 0) * 1e9), 0);
  const [[budget, , , concurrent] = []] = await limits.readKeys([record]);
  expect([budget?.used, budget?.held, concurrent?.held]).toEqual([cost, 0, 0]);
  const caller = limits.of(record, 'ann');
  const readings = await limits.read(caller);
  expect(readings.at(-1)).toMatchObject({ used: cost, held: 0, meter: { of: { what: 'user' } } });
});

test('stopped with requests under way', async () => {
  const { secret } = await newKey();
  const under = Promise.all([
    play(secret, { body: chat(SLOW, { stream: true }) }),
    play(secret, { body: chat(LATE) }),
  ]);
  const { limits } = gateway.gateway;
  await until(() => limits.held === 2);
  await gateway.stop();
  expect(limits.held).toBe(0);
  await under;
  gateway = await startGateway(yaml);
});
