// A router that is changed while it serves: no stream breaks, and the next request goes by the new version.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { startSim } from '../../sim/start-sim.ts';
import { hear, openaiCaller } from './callers.ts';
import { ADMIN_KEY, type GatewayUnderTest, startGateway } from './gateway-under-test.ts';
import { until } from './until.ts';

const STREAMS = 400;
const before = startSim({ seed: 1 });
const after = startSim({ seed: 2 });
let gateway: GatewayUnderTest;

beforeAll(async () => {
  gateway = await startGateway(`
health: { enabled: false }
providers:
  before: { dialect: openai-chat, base_url: "${before.url}", api_key: k1 }
  after: { dialect: openai-chat, base_url: "${after.url}", api_key: k2 }
`);
});
afterAll(async () => {
  await gateway.stop();
  await before.stop();
  await after.stop();
});

const router = (model: string) => ({
  name: 'live',
  defaultRoute: { variants: [{ variant: { model_id: model }, weight: 100 }] },
});

async function patch(body: object): Promise<Response> {
  return await fetch(`${gateway.url}/router/v1/routers/live`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${ADMIN_KEY}` },
    body: JSON.stringify(body),
  });
}

test(`an edit under ${STREAMS} streams`, async () => {
  const made = await gateway.post('/router/v1/routers', router('before/echo+tokens=40+gap=40'));
  expect(made.status).toBe(200);
  const ask = async () => {
    const body = openaiCaller.body('router/live', { stream: true });
    return await hear(openaiCaller, await gateway.post('/v1/chat/completions', body));
  };
  const running = Array.from({ length: STREAMS }, ask);
  await until(() => before.received === STREAMS, 10_000);
  expect((await patch({ defaultRoute: router('after/echo').defaultRoute })).status).toBe(200);
  expect(await ask()).toMatchObject({ ended: true, metadata: { actual_model: 'after/echo' } });
  for (const heard of await Promise.all(running))
    expect(heard).toMatchObject({ status: 200, ended: true, error: null, broken: false, starts: 1 });
  expect({ before: before.received, after: after.received }).toEqual({ before: STREAMS, after: 1 });
  const rows = await gateway.rows();
  expect(rows).toHaveLength(STREAMS + 1);
  expect(rows.every(({ outcome, router_id }) => outcome === 'ok' && router_id === 'live')).toBe(
    true,
  );
}, 30_000);
