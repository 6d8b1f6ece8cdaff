// What is held for a request is what its provider is really asked for, whatever its caller states; and `auto` chooses what a key may use.
import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test';
import { type Sim, startSim } from '../../sim/start-sim.ts';
import type { Actor } from '../../src/core/actor.ts';
import type { KeyPatch } from '../../src/limits/keys/key-record.ts';
import { type GatewayUnderTest, startGateway } from './gateway-under-test.ts';
import { until } from './until.ts';

const BY: Actor = { via: 'cli', id: 'test' };
const ASKS = [{ role: 'user' as const, content: 'Count.' }];
const NANO_A_TOKEN = 1_000_000;

let sim: Sim;
let gateway: GatewayUnderTest;
beforeAll(async () => {
  sim = startSim({ seed: 1 });
  gateway = await startGateway(`
health: { enabled: false }
providers:
  up: { dialect: openai-chat, base_url: "${sim.url}", api_key: k, models: [free] }
  answers: { dialect: openai-responses, base_url: "${sim.url}", api_key: k }
models:
  - { id: "up/echo+tokens=10", price: { input: 0, output: 1000 } }
  - { id: "up/echo+tokens=20", price: { input: 0, output: 1000 } }
  - { id: "up/free", price: { input: 0, output: 0 } }
  - { id: "answers/echo+tokens=16", price: { input: 0, output: 1000 } }
`);
});
afterAll(async () => {
  await gateway.stop();
  await sim.stop();
});
afterEach(() => until(() => gateway.gateway.limits.held === 0));

async function keyWith(
  patch: Omit<KeyPatch, 'name' | 'role'>,
): Promise<{ ask: typeof ask; spent: typeof spent }> {
  const { record, secret } = await gateway.gateway.keys.create(
    { name: 'sent', role: 'inference', ...patch },
    BY,
  );
  return { ask, spent };

  async function ask(model: string, more: object = {}): Promise<number> {
    const body = { model, messages: ASKS, ...more };
    const headers = { authorization: `Bearer ${secret}` };
    const response = await gateway.post('/v1/chat/completions', body, headers);
    await response.text();
    return response.status;
  }

  async function spent(): Promise<number> {
    await until(() => gateway.gateway.limits.held === 0);
    const [[reading] = []] = await gateway.gateway.limits.readKeys([record]);
    return (reading?.used ?? Number.NaN) / NANO_A_TOKEN;
  }
}

const budget = (tokens: number) => ({
  budgets: [{ amountNano: tokens * NANO_A_TOKEN, period: 'total' as const }],
});

test('a limit that the wire raises is held as it is sent: a hundred at once spend no more than there is', async () => {
  const key = await keyWith(budget(100));
  const statuses = await Promise.all(
    Array.from({ length: 100 }, () => key.ask('answers/echo+tokens=16', { max_tokens: 1 })),
  );
  expect(statuses.filter((status) => status === 200)).toHaveLength(6);
  expect(statuses.filter((status) => status === 402)).toHaveLength(94);
  expect(await key.spent()).toBe(6 * 16);
});

test.each([
  ['a fraction', 'up/echo+tokens=10', { max_tokens: 0.0001 }],
  ['half', 'up/echo+tokens=10', { max_completion_tokens: 0.5 }],
  ['the smaller of two', 'up/echo+tokens=20', { max_tokens: 20, max_completion_tokens: 1 }],
])('a budget is not opened by stating %s', async (_, model, more) => {
  const key = await keyWith(budget(19));
  expect(await key.ask(model, more)).toBe(402);
  expect(await key.spent()).toBe(0);
});

test('auto chooses a model that costs nothing and is called so, where it is all the key may use', async () => {
  const key = await keyWith({ allowedModels: ['up/free'] });
  expect(await key.ask('auto')).toBe(200);
  const rows = await gateway.rows();
  expect(rows.at(-1)?.model).toBe('up/free');
  const none = await keyWith({ allowedModels: ['up/else'] });
  expect(await none.ask('auto')).toBe(400);
});
