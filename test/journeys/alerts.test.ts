// Alerts from what callers do to what the operator is told: real requests, a real webhook, a real Slack-compatible receiver.
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import OpenAI from 'openai';
import { type Sim, startSim } from '../../sim/start-sim.ts';
import type { JsonObject } from '../../src/lib/json.ts';
import { type HttpReceiver, startHttpReceiver } from './alert-receivers.ts';
import {
  ADMIN_KEY,
  type GatewayPlace,
  type GatewayUnderTest,
  startGateway,
} from './gateway-under-test.ts';

const SECRET = `whsec_${Buffer.from('0123456789abcdef0123456789abcdef').toString('base64')}`;
const PROMPT = 'a prompt that nobody else must read';
/** A Tuesday, so that weekly budgets have days left. */
const START = Date.parse('2026-11-10T10:20:00Z');

let receiver: HttpReceiver;
let alpha: Sim;
let now: number;
let opened: GatewayUnderTest[];

beforeEach(() => {
  receiver = startHttpReceiver();
  alpha = startSim({ seed: 1 });
  now = START;
  opened = [];
});
afterEach(async () => {
  for (const gateway of opened) await gateway.stop();
  await receiver.stop();
  await alpha.stop();
});

const HOOK = () =>
  `hook: { type: webhook, url: "${receiver.url}/hook/s3cret", secret: "${SECRET}" }`;

async function start(
  alerts: string,
  place: GatewayPlace = {},
  url = alpha.url,
): Promise<GatewayUnderTest> {
  const gateway = await startGateway(
    `
providers:
  alpha: { dialect: openai-chat, base_url: "${url}", api_key: alpha-secret }
models:
  - { id: alpha/echo, context: 100000, price: { input: 1000, output: 2000 } }
alerts:
  group_every: 1ms
${alerts}
`,
    {},
    { now: () => now, disk: async () => null, ...place },
  );
  opened.push(gateway);
  return gateway;
}

function ask(gateway: GatewayUnderTest, more: object = {}, key = ADMIN_KEY): Promise<Response> {
  return gateway.post(
    '/v1/chat/completions',
    { model: 'alpha/echo', messages: [{ role: 'user', content: PROMPT }], ...more },
    { authorization: `Bearer ${key}` },
  );
}

/** As the clock of the gateway would, in steps of five seconds. */
async function pass(gateway: GatewayUnderTest, ms: number): Promise<void> {
  for (const end = now + ms; now < end; ) {
    now = Math.min(end, now + 5000);
    await gateway.gateway.alerts.look();
  }
}

async function api(gateway: GatewayUnderTest, path: string, body?: object): Promise<JsonObject> {
  const response = await fetch(`${gateway.url}/router/v1/alerts${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${ADMIN_KEY}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, ...((await response.json()) as JsonObject) };
}

/** What the webhook was told, message by message, as `event title`. */
function told(): readonly (readonly string[])[] {
  return receiver.received.map(({ body }) => {
    const { data } = JSON.parse(body) as { data: { alerts: { event: string; title: string }[] } };
    return data.alerts.map(({ event, title }) => `${event} ${title}`);
  });
}

test('a user who runs away is told within one look, once, signed, without a word of the prompt; and when it is over', async () => {
  const gateway = await start(`
  rules: { runaway: { min_requests: 20, min_usd: 1000 } }
  channels: { ${HOOK()} }
`);
  await Promise.all(Array.from({ length: 5 }, (_, nth) => ask(gateway, { user: `calm-${nth}` })));
  await pass(gateway, 5000);
  expect(receiver.received).toEqual([]);

  await Promise.all(
    Array.from({ length: 25 }, () =>
      ask(gateway, { user: 'ann', metadata: { session_id: 'chat-7' } }),
    ),
  );
  await gateway.gateway.ledger.flush();
  await pass(gateway, 5000);
  expect(told()).toEqual([
    [expect.stringMatching(/^firing User ann runs away: 25 requests in five minutes/)],
  ]);
  const [message] = receiver.received;
  const { body = '', headers = new Headers() } = message ?? {};
  // OpenAI's SDK verifies Standard Webhooks, and is not ours. It goes by the machine's clock, so its tolerance has to reach the test's.
  const verify = (text: string) =>
    new OpenAI({ apiKey: 'none' }).webhooks
      .verifySignature(text, headers, SECRET, 10 ** 9)
      .then(() => null, Object);
  expect(await verify(body)).toBeNull();
  expect(await verify(body.replace('ann', 'bob'))).toMatchObject({
    name: 'InvalidWebhookSignatureError',
  });
  expect(Number(headers.get('webhook-timestamp'))).toBe(Math.floor(now / 1000));
  expect(body).not.toContain(PROMPT);
  const [alert] = (JSON.parse(body) as { data: { alerts: JsonObject[] } }).data.alerts;
  expect(alert).toMatchObject({
    ...{ rule: 'runaway', subject: 'user:ann', severity: 'critical', state: 'firing' },
    see: '/router/v1/logs?user=ann',
  });

  // It goes on: nobody is told again, and its key and conversation, which are the same, are no alerts of their own.
  await pass(gateway, 60_000);
  expect(receiver.received).toHaveLength(1);
  expect((await api(gateway, '?state=active')).alerts).toHaveLength(1);

  await pass(gateway, 11 * 60_000);
  expect(told().slice(1)).toEqual([[expect.stringMatching(/^resolved User ann runs away/)]]);
  expect((await api(gateway, '?state=active')).alerts).toEqual([]);
  expect((await api(gateway, '')).alerts).toEqual([
    expect.objectContaining({ subject: 'user:ann', state: 'resolved' }),
  ]);
}, 30_000);

test('each threshold of a budget is told once, whatever is restarted', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'switchyard-test-'));
  const alerts = `\n  channels: { ${HOOK()} }\n`;
  let gateway = await start(alerts, { dataDir });
  const created = await gateway.post('/router/v1/keys', {
    name: 'search',
    budget: { amount_usd: 100, period: 'day' },
  });
  const { key, id } = (await created.json()) as { key: string; id: string };
  const { cost_usd } = (
    (await (await ask(gateway, {}, key)).json()) as { metadata: { cost_usd: number } }
  ).metadata;
  expect(cost_usd).toBeGreaterThan(0);
  // So that five requests are the half of it.
  const patched = await fetch(`${gateway.url}/router/v1/keys/${id}`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${ADMIN_KEY}` },
    body: JSON.stringify({ budget: { amount_usd: cost_usd * 10, period: 'day' } }),
  });
  expect(patched.status).toBe(200);
  const askTimes = async (times: number) => {
    for (let nth = 0; nth < times; nth++) await ask(gateway, { max_tokens: 1 }, key);
    await pass(gateway, 10_000);
  };
  await askTimes(1);
  expect(told()).toEqual([]);
  await askTimes(4);
  expect(told()).toHaveLength(1);
  expect(told()[0]?.[0]).toStartWith('firing');
  expect(told()[0]?.[0]).toContain('of the budget of key search is spent');

  await gateway.stop();
  opened = [];
  gateway = await start(alerts, { dataDir });
  await askTimes(1);
  await pass(gateway, 10 * 60_000);
  expect(told()).toHaveLength(1);
  await askTimes(6);
  const thresholds = receiver.received.map(({ body }) =>
    (JSON.parse(body) as { data: { alerts: { facts: JsonObject }[] } }).data.alerts.map(
      ({ facts }) => facts.threshold,
    ),
  );
  // What stands at a second look is the highest that is reached.
  expect(thresholds[0]).toEqual(['50 %']);
  expect(['80 %', '100 %']).toContain(String(thresholds.at(-1)?.[0]));
  expect(new Set(thresholds.flat()).size).toBe(thresholds.flat().length);
  const seen = receiver.received.length;
  await pass(gateway, 60_000);
  expect(receiver.received).toHaveLength(seen);
  await gateway.stop();
  opened = [];
  rmSync(dataDir, { recursive: true, force: true });
}, 30_000);

test('a failing target is told, and its recovery', async () => {
  let clock = 1e6;
  let ill = true;
  const upstream = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: (request) =>
      ill
        ? Response.json({ error: { message: 'no' } }, { status: 500 })
        : fetch(alpha.url.replace('/v1', '') + new URL(request.url).pathname, request),
  });
  const gateway = await start(
    `
  channels: { ${HOOK()} }
health: { min_failures: 3, open_for: 5s }
retries: 0
`,
    { healthClock: { now: () => clock, chance: () => 0 } },
    `${upstream.url.origin}/v1`,
  );
  for (let nth = 0; nth < 4; nth++) expect((await ask(gateway)).status).toBe(502);
  await pass(gateway, 5000);
  expect(told()).toEqual([
    ['firing alpha/echo is failing: it is left alone, and others are asked first'],
  ]);
  ill = false;
  clock += 10_000;
  expect((await ask(gateway)).status).toBe(200);
  await pass(gateway, 60_000);
  expect(told().slice(1)).toEqual([[expect.stringContaining('resolved alpha/echo is failing')]]);
  await upstream.stop(true);
}, 20_000);
