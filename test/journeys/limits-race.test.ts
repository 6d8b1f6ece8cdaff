// A thousand calls at once against a budget for a hundred: a hundred are answered, and no more is spent than there was.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type Sim, startSim } from '../../sim/start-sim.ts';
import { callAtOnce } from './limits-callers.ts';
import { openFolder, startServe } from './program-under-test.ts';
import { until } from './until.ts';

const MODEL = 'echo+tokens=100+ttft=40';
const ADMIN = 'sy-the-admin-key-of-this-test';

let sim: Sim;
beforeAll(() => {
  sim = startSim({ seed: 1, keep: 0 });
});
afterAll(() => sim.stop());

test.each(['memory', 'sqlite'])(
  'of 1,000 at once against a budget for 100, exactly 100 are let in: %s',
  async (store) => {
    using folder = openFolder();
    // What is held is what it costs: nothing for input, and exactly as much output as is asked for.
    const config = await folder.write(
      'switchyard.yaml',
      `
health: { enabled: false }
limits: { store: ${store} }
cache: { mode: off }
providers:
  alpha: { dialect: openai-chat, base_url: "${sim.url}", api_key: k }
models:
  - { id: "alpha/${MODEL}", price: { input: 0, output: 10 } }
`,
    );
    const env = { SWITCHYARD_ADMIN_KEY: ADMIN, BUN_CONFIG_MAX_HTTP_REQUESTS: '65000' };
    await using program = await startServe(['--config', config], folder, { env });
    const url = program.url();
    const headers = { authorization: `Bearer ${ADMIN}`, 'content-type': 'application/json' };
    const made = await fetch(`${url}/router/v1/keys`, {
      method: 'POST',
      headers,
      body: JSON.stringify({
        name: 'raced',
        role: 'inference',
        budget: { amount_usd: 0.1, period: 'total' },
      }),
    });
    expect(made.status).toBe(201);
    const { key } = (await made.json()) as { key: string };

    const before = sim.received;
    const body = {
      model: `alpha/${MODEL}`,
      max_tokens: 100,
      messages: [{ role: 'user', content: 'Count.' }],
    };
    const calls = { url: `${url}/v1/chat/completions`, key, body };
    const called = await callAtOnce({ ...calls, many: 1000 });
    expect(called.statuses).toEqual({ 200: 100, 402: 900 });
    expect(called.codes).toEqual({ budget_exceeded: 900 });
    expect(called.costUsd).toBeCloseTo(0.1, 9);
    expect(sim.received - before).toBe(100);

    // Nothing is held any more, and nothing is left.
    const metrics = async () => (await fetch(`${url}/metrics`, { headers })).text();
    await until(async () => (await metrics()).includes('\nswitchyard_limit_holds 0\n'));
    const text = await metrics();
    expect(text).toContain('switchyard_limit_refusals_total{limit="budget",of="key"} 900');
    const again = await callAtOnce({ ...calls, many: 20 });
    expect(again.statuses).toEqual({ 402: 20 });
    expect(sim.received - before).toBe(100);
  },
  60_000,
);
