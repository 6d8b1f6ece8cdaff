// Alerts from what callers do to what the operator is told: real requests, a real webhook, a real Slack-compatible receiver.
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import OpenAI from 'openai';
import { type Sim, startSim } from '../../sim/start-sim.ts';
import { openLedger } from '../../src/ledger/open-ledger.ts';
import { sampleExchange } from '../../src/ledger/sample-exchange.ts';
import type { JsonObject } from '../../src/lib/json.ts';
import { HOUR_MS } from '../../src/lib/utc-day.ts';
import { type HttpReceiver, startHttpReceiver } from './alert-receivers.ts';
import {
  ADMIN_KEY,
  type GatewayPlace,
  type GatewayUnderTest,
  startGateway,
} from './gateway-under-test.ts';
import { until } from './until.ts';

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
  expect(String(await verify(body.replace('ann', 'bob')))).toContain('signature does not match');
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
    (await (await ask(gateway, { max_tokens: 1 }, key)).json()) as {
      metadata: { cost_usd: number };
    }
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

test('a budget that is spent just before a restart is told after it, though nobody calls again', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'switchyard-test-'));
  const alerts = `\n  channels: { ${HOOK()} }\n`;
  let gateway = await start(alerts, { dataDir });
  const created = await gateway.post('/router/v1/keys', {
    name: 'search',
    budget: { amount_usd: 0.5, period: 'day' },
  });
  const { key } = (await created.json()) as { key: string };
  for (let status = 200; status === 200; )
    ({ status } = await ask(gateway, { max_tokens: 100 }, key));
  await gateway.stop();
  opened = [];
  expect(told()).toEqual([]);

  gateway = await start(alerts, { dataDir });
  await pass(gateway, 25_000);
  expect(told()).toHaveLength(1);
  expect(told()[0]?.[0]).toContain('of the budget of key search is spent');
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

test('what a channel does not take is sent again, later and later, and shown; other channels do not wait', async () => {
  const slow = startHttpReceiver();
  const gateway = await start(`
  rules: { unpriced: { severity: critical } }
  link: "https://gateway.example/"
  channels:
    ${HOOK()}
    chat: { type: slack, url: "${slow.url}/services/T0/B0/s3cret" }
`);
  receiver.next.push(
    new Response('whoops', { status: 500 }),
    new Response('slow down', { status: 429, headers: { 'retry-after': '120' } }),
  );
  slow.next.push('hang');
  await ask(gateway, { model: 'alpha/nobody-knows', user: '<!channel>' });
  now += 5000;
  const looking = gateway.gateway.alerts.look();
  await until(() => receiver.received.length === 1 && slow.received.length === 1, 5000);
  // The one that hangs is still under way; the other is tried again when it is time.
  const problemIs = (text: string) =>
    until(() => JSON.stringify(gateway.gateway.alerts.channels()).includes(text), 5000);
  await problemIs('HTTP 500: whoops');
  now += 5000;
  void gateway.gateway.alerts.look();
  await until(() => receiver.received.length === 2, 5000);
  await problemIs('HTTP 429: slow down');
  await looking;
  expect(slow.received).toHaveLength(1);
  now += 110_000;
  await gateway.gateway.alerts.look();
  expect(receiver.received).toHaveLength(2);
  expect(slow.received).toHaveLength(2);
  now += 11_000;
  await gateway.gateway.alerts.look();
  const [first, second, third] = receiver.received;
  const id = first?.headers.get('webhook-id');
  expect([second, third].map((one) => one?.headers.get('webhook-id'))).toEqual([id, id]);
  expect(third?.body).toBe(first?.body ?? '');
  expect(first?.body).toContain('"link":"https://gateway.example/router/v1/alerts/');
  expect([receiver.received.length, slow.received.length]).toEqual([3, 2]);

  const body = JSON.parse(slow.received[1]?.body ?? '') as { text: string; blocks: JsonObject[] };
  expect(body.text).toBe(
    'Switchyard: [critical] No price is known for alpha/nobody-knows: what it costs is in no sum and no budget',
  );
  expect(body.blocks.map(({ type }) => type)).toEqual(['header', 'section']);

  const { channels } = (await api(gateway, '/channels')) as unknown as { channels: JsonObject[] };
  expect(channels).toMatchObject([
    {
      ...{ name: 'hook', type: 'webhook', ready: true, waiting: 0 },
      target: { url: `${receiver.url}/…`, signed: true },
      messages: [{ state: 'sent', attempts: 3, problem: null }],
    },
    { name: 'chat', messages: [{ state: 'sent', attempts: 2 }] },
  ]);
  expect(JSON.stringify(channels)).not.toContain('s3cret');
  expect(JSON.stringify(channels)).not.toContain('whsec_');
  expect(gateway.logged.join()).not.toContain('s3cret');
  const metrics = await (
    await fetch(`${gateway.url}/metrics`, { headers: { authorization: `Bearer ${ADMIN_KEY}` } })
  ).text();
  for (const line of [
    'switchyard_alerts_active{rule="unpriced"} 1',
    'switchyard_alerts_active{rule="disk"} 0',
    'switchyard_alerts_notifications_total{channel="hook",outcome="sent"} 1',
    'switchyard_alerts_notifications_total{channel="hook",outcome="retried"} 2',
    'switchyard_alerts_notifications_total{channel="chat",outcome="retried"} 1',
  ])
    expect(metrics.split('\n')).toContain(line);
  await slow.stop();
}, 40_000);

test('a channel that says it never will is given up after some tries, and the next alert is tried anew', async () => {
  const gateway = await start(`\n  channels: { ${HOOK()} }\n`);
  receiver.next.push(...[404, 404, 404].map((status) => new Response('no_service', { status })));
  await ask(gateway, { model: 'alpha/first-unknown' });
  await pass(gateway, 5 * 60_000);
  expect(receiver.received).toHaveLength(3);
  await ask(gateway, { model: 'alpha/second-unknown' });
  await pass(gateway, 10_000);
  expect(receiver.received).toHaveLength(4);
  const { channels } = (await api(gateway, '/channels')) as unknown as { channels: JsonObject[] };
  expect(channels[0]?.messages).toMatchObject([
    { state: 'sent', attempts: 1 },
    { state: 'failed', attempts: 3, problem: 'HTTP 404: no_service' },
  ]);
}, 20_000);

test('a storm is one message with its count, and so is what came while it was quiet', async () => {
  const gateway = await start(`
  channels: { ${HOOK()} }
  quiet: [{ from: "11:00", to: "12:00", except: [critical] }]
`);
  const models = Array.from({ length: 30 }, (_, nth) => `alpha/unknown-${nth}`);
  await Promise.all(models.map((model) => ask(gateway, { model })));
  await pass(gateway, 10_000);
  expect(receiver.received).toHaveLength(1);
  const storm = JSON.parse(receiver.received[0]?.body ?? '') as { data: JsonObject };
  expect(storm.data).toMatchObject({
    title: 'Switchyard: 30 alerts (20 warning, 10 more)',
    more: 10,
    summary: false,
  });

  now = Date.parse('2026-11-10T11:00:10Z');
  await ask(gateway, { model: 'alpha/by-night' });
  await ask(gateway, { model: 'alpha/by-night-too' });
  await pass(gateway, 20 * 60_000);
  expect(receiver.received).toHaveLength(1);
  expect(await api(gateway, '/channels')).toMatchObject({ channels: [{ waiting: 2, held: 2 }] });
  now = Date.parse('2026-11-10T12:00:01Z');
  await pass(gateway, 5000);
  expect(receiver.received).toHaveLength(2);
  expect(JSON.parse(receiver.received[1]?.body ?? '')).toMatchObject({
    data: { title: 'Switchyard: While it was quiet: 2 alerts (2 warning)', summary: true, more: 0 },
  });
}, 30_000);

test('the API acknowledges, silences, filters and tests; all of it is in the audit trail', async () => {
  let room = { freeBytes: 5e8, totalBytes: 1e11 };
  const gateway = await start(
    `
  repeat_every: 1h
  channels: { ${HOOK()} }
`,
    { disk: async () => room },
  );
  await pass(gateway, 5000);
  expect(told()).toEqual([['firing The disk is nearly full: 500 MB free (0.5 %)']]);
  const { alerts } = (await api(gateway, '?rule=disk&state=active')) as unknown as {
    alerts: { id: string }[];
  };
  const id = alerts[0]?.id ?? '';
  await pass(gateway, 3_600_000);
  expect(told().slice(1)).toEqual([['reminder The disk is nearly full: 500 MB free (0.5 %)']]);

  expect(await api(gateway, `/${id}:acknowledge`, {})).toMatchObject({
    ...{ status: 200, id, state: 'firing' },
    acknowledged_at: new Date(now).toISOString(),
  });
  await pass(gateway, 2 * 3_600_000);
  expect(receiver.received).toHaveLength(2);

  // Silent: it ends and begins anew, and nobody hears of it.
  expect(await api(gateway, `/${id}:silence`, { for: '6h' })).toMatchObject({
    silenced_until: new Date(now + 6 * 3_600_000).toISOString(),
  });
  room = { freeBytes: 5e10, totalBytes: 1e11 };
  await pass(gateway, 5 * 60_000);
  expect((await api(gateway, '?state=active')).alerts).toEqual([]);
  room = { freeBytes: 1e8, totalBytes: 1e11 };
  await pass(gateway, 5 * 60_000);
  expect((await api(gateway, '?state=active')).alerts).toMatchObject([{ severity: 'critical' }]);
  expect(receiver.received).toHaveLength(2);
  await pass(gateway, 6 * 3_600_000);
  expect(told()[2]).toEqual(['firing The disk is nearly full: 100 MB free (0.1 %)']);

  expect(await api(gateway, '/channels/hook:test', {})).toMatchObject({
    ...{ status: 200, channel: 'hook', delivered: true, detail: 'HTTP 200: ok' },
  });
  expect(JSON.parse(receiver.received.at(-1)?.body ?? '')).toMatchObject({ type: 'alerts.test' });
  receiver.next.push(new Response('no', { status: 403 }));
  expect(await api(gateway, '/channels/hook:test', {})).toMatchObject({
    ...{ delivered: false, detail: 'HTTP 403: no' },
  });
  expect(await api(gateway, '/channels/nobody:test', {})).toMatchObject({ status: 404 });
  expect(await api(gateway, `/${id}:silence`, { for: 'ever' })).toMatchObject({
    ...{ status: 400, error: { param: 'for' } },
  });
  expect(await api(gateway, '?sate=active')).toMatchObject({
    status: 400,
    error: { param: 'sate' },
  });
  expect(await api(gateway, `/${id}`)).toMatchObject({
    id,
    state: 'resolved',
    messages: [{ state: 'sent' }, { state: 'sent' }],
  });
  const page = (await api(gateway, '?limit=1')) as { next_cursor?: string; alerts?: JsonObject[] };
  const next = await api(gateway, `?limit=1&cursor=${page.next_cursor}`);
  expect([page.alerts, next.alerts, next.next_cursor]).toMatchObject([
    [{ state: 'firing' }],
    [{ id }],
    null,
  ]);

  const trail = await fetch(`${gateway.url}/router/v1/audit`, {
    headers: { authorization: `Bearer ${ADMIN_KEY}` },
  });
  const text = await trail.text();
  for (const action of ['alert.acknowledge', 'alert.silence', 'alert_channel.test'])
    expect(text).toContain(`"${action}"`);
  expect(text).not.toContain('s3cret');
  const outsider = await fetch(`${gateway.url}/router/v1/alerts`);
  expect(outsider.status).toBe(401);
}, 60_000);

test('a changed configuration holds at the next look, and a channel without its variable is shown as such', async () => {
  const gateway = await start(`\n  channels: { late: { type: slack, url: "\${NOT_SET}" } }\n`);
  expect(await api(gateway, '/channels')).toMatchObject({
    channels: [{ name: 'late', ready: false, problem: expect.stringContaining('no url') }],
  });
  expect(await api(gateway, '/channels/late:test', {})).toMatchObject({ delivered: false });
  await ask(gateway, { model: 'alpha/first-unknown' });
  await pass(gateway, 10_000);
  const config = gateway.gateway.config();
  gateway.gateway.change({
    config: {
      ...config,
      alerts: { channels: { hook: { type: 'webhook', url: `${receiver.url}/new` } } },
    },
  });
  await ask(gateway, { model: 'alpha/second-unknown' });
  await pass(gateway, 10_000);
  expect(told()).toEqual([[expect.stringContaining('alpha/second-unknown')]]);
  expect(receiver.received[0]?.headers.get('webhook-signature')).toBeNull();
  gateway.gateway.change({ config: { ...config, alerts: { enabled: false } } });
  await ask(gateway, { model: 'alpha/third-unknown' });
  await pass(gateway, 10_000);
  expect(receiver.received).toHaveLength(1);
}, 20_000);

test('two gateways on one folder tell what both find once', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'switchyard-test-'));
  const yaml = `\n  channels: { ${HOOK()} }\n`;
  const both = [await start(yaml, { dataDir }), await start(yaml, { dataDir })];
  for (const gateway of both) await ask(gateway, { model: 'alpha/nobody-knows' });
  now += 5000;
  await Promise.all(both.map(({ gateway }) => gateway.alerts.look()));
  now += 60_000;
  await Promise.all(both.map(({ gateway }) => gateway.alerts.look()));
  expect(told()).toEqual([[expect.stringContaining('alpha/nobody-knows')]]);
  for (const gateway of both) expect((await api(gateway, '?state=active')).alerts).toHaveLength(1);
  for (const gateway of both) await gateway.stop();
  opened = [];
  rmSync(dataDir, { recursive: true, force: true });
}, 20_000);

test('an export that nobody takes is told with its reason, and that it goes on again', async () => {
  let isDown = true;
  const door = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: () => (isDown ? new Response('closed', { status: 503 }) : new Response('ok')),
  });
  const gateway = await start(`
  rules: { export_stuck: { after: 2m } }
  channels: { ${HOOK()} }
exports:
  warehouse: { type: webhook, url: "${door.url.origin}/rows?token=s3cret" }
`);
  now = Date.now();
  await ask(gateway);
  await until(() => gateway.gateway.exports.health()[0]?.stuckSince != null, 10_000);
  await pass(gateway, 60_000);
  expect(told()).toEqual([]);
  await pass(gateway, 120_000);
  expect(told()).toEqual([[expect.stringMatching(/^firing The export warehouse is stuck/)]]);
  expect(receiver.received[0]?.body).toContain('503');
  expect(receiver.received[0]?.body).not.toContain('s3cret');
  isDown = false;
  await until(() => gateway.gateway.exports.health()[0]?.stuckSince === null, 30_000);
  now = Date.now() + 300_000;
  await pass(gateway, 120_000);
  expect(told().slice(1)).toEqual([[expect.stringMatching(/^resolved The export warehouse/)]]);
  await door.stop(true);
}, 60_000);

test('a spike of spend is told with what is usual, from the log itself', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'switchyard-test-'));
  const ledger = openLedger({ dataDir, log: () => {} });
  now = Date.now();
  const hour = Math.floor(now / HOUR_MS) * HOUR_MS;
  // A request at this hour of three past weeks, and at the next, should this one end meanwhile.
  for (const week of [1, 2, 3])
    for (const at of [hour, hour + HOUR_MS])
      ledger.append(sampleExchange({ at: at - week * 7 * 24 * HOUR_MS }));
  await ledger.flush();
  await ledger.close();
  const gateway = await start(
    `
  rules: { spend_spike: { min_usd: 0.01 } }
  channels: { ${HOOK()} }
`,
    { dataDir },
  );
  await ask(gateway);
  await gateway.gateway.ledger.flush();
  await pass(gateway, 5000);
  expect(told()).toEqual([
    [expect.stringMatching(/^firing Spend is high: \$\S+ this hour so far, usually \$0\.004$/)],
  ]);
  expect(receiver.received[0]?.body).toContain('the same hour of the last 3 weeks');
  await gateway.stop();
  opened = [];
  rmSync(dataDir, { recursive: true, force: true });
}, 20_000);
