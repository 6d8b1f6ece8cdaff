// Where an export goes on: what was let pass comes once, a new one begins with what comes after it, one that was taken out and comes
// back has what waited for it.
import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test';
import type { ConfigFile } from '../../src/config/schema.ts';
import { sampleExchange } from '../../src/ledger/sample-exchange.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../exports/webhook-receiver.ts';
import {
  ADMIN_KEY,
  type GatewayUnderTest,
  startGateway,
  startTwoWires,
} from './gateway-under-test.ts';
import { until } from './until.ts';

const WITHIN_MS = 20_000;

let wires: ReturnType<typeof startTwoWires>;
let hook: WebhookReceiver;
beforeAll(() => {
  wires = startTwoWires();
});
afterAll(() => wires.stop());
beforeEach(async () => {
  hook = await startWebhookReceiver();
});

const exports = () => ({
  hook: { type: 'webhook', url: `${hook.url}/in`, secret: hook.secret } as const,
});

async function opened(yaml: string): Promise<GatewayUnderTest & AsyncDisposable> {
  const receiver = hook;
  const gateway = await startGateway(yaml);
  return { ...gateway, [Symbol.asyncDispose]: () => gateway.stop().then(() => receiver.stop()) };
}

async function asked(gateway: GatewayUnderTest, path: string, method = 'GET', body?: object) {
  const response = await fetch(`${gateway.url}/router/v1/exports${path}`, {
    ...{ method, headers: { authorization: `Bearer ${ADMIN_KEY}` } },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return (await response.json()) as Record<string, unknown>;
}

/** Within one minute, as requests of a short outage are. */
function record(gateway: GatewayUnderTest, count: number): readonly string[] {
  return Array.from({ length: count }, () => {
    const exchange = sampleExchange({ at: Date.now() - 1000 });
    gateway.gateway.record(exchange);
    return exchange.id;
  });
}

const configure = (gateway: GatewayUnderTest, to: NonNullable<ConfigFile['exports']>) =>
  gateway.gateway.change({ config: { ...gateway.gateway.config(), exports: to } });

test('what was let pass twice, beside what was there before, is there once', async () => {
  const yaml = `${wires.yaml}\nexports: ${JSON.stringify(exports())}\nlog: { spool: { max_bytes: 2MB } }\n`;
  await using gateway = await opened(yaml);
  const ids = [...record(gateway, 50)];
  await until(() => ids.every((id) => hook.rows.has(id)), WITHIN_MS);
  await hook.goAway();
  const gaps = async () =>
    (await asked(gateway, '/hook')).backfills as readonly { state: string; rows: number }[];
  let waves = 0;
  for (let wave = 0; wave < 2; wave += 1) {
    for (let turn = 0; turn < 8; turn += 1) {
      ids.push(...record(gateway, 100));
      await Bun.sleep(20);
    }
    waves += 1;
    await until(
      () => gateway.logged.filter((line) => line.includes('lags too far')).length >= waves,
      WITHIN_MS,
    );
  }
  await hook.comeBack();
  ids.push(...record(gateway, 50));
  await until(() => ids.every((id) => hook.rows.has(id)), WITHIN_MS);
  await until(async () => (await gaps()).every(({ state }) => state === 'done'), WITHIN_MS);
  expect((await gaps()).length).toBeGreaterThan(0);
  expect([...hook.rows.values()].filter((times) => times !== 1)).toEqual([]);
  expect(hook.rows.size).toBe(ids.length);
  expect((await asked(gateway, '/hook')).rows_lost).toBe(0);
}, 90_000);

test('a new one begins with what comes after it', async () => {
  await using gateway = await opened(wires.yaml);
  const before = record(gateway, 100);
  await until(async () => (await gateway.rows()).length === 100, WITHIN_MS);
  configure(gateway, exports());
  const after = record(gateway, 5);
  await until(() => after.every((id) => hook.rows.has(id)), WITHIN_MS);
  await Bun.sleep(1500);
  expect(before.filter((id) => hook.rows.has(id))).toEqual([]);
}, 40_000);

test('one that is taken out and comes back has what waited for it, and what waits is said', async () => {
  const yaml = `${wires.yaml}\nexports: ${JSON.stringify(exports())}\n`;
  await using gateway = await opened(yaml);
  const first = record(gateway, 3);
  await until(() => first.every((id) => hook.rows.has(id)), WITHIN_MS);
  await asked(gateway, '/hook:pause', 'POST');
  const waiting = record(gateway, 60);
  await until(async () => (await gateway.rows()).length === 63, WITHIN_MS);
  configure(gateway, { renamed: { ...exports().hook, url: `${hook.url}/other` } });
  await until(
    () => gateway.logged.some((line) => line.includes('60 requests waited for it')),
    WITHIN_MS,
  );
  const between = record(gateway, 3);
  await until(() => between.every((id) => hook.rows.has(id)), WITHIN_MS);
  expect(waiting.filter((id) => hook.rows.has(id))).toEqual([]);
  configure(gateway, exports());
  await asked(gateway, '/hook:resume', 'POST');
  await until(() => waiting.every((id) => hook.rows.has(id)), WITHIN_MS);
  expect([...hook.rows.values()].filter((times) => times !== 1)).toEqual([]);
}, 60_000);

test('requests that say nothing, or something that is none, are told what to say', async () => {
  await using gateway = await opened(`${wires.yaml}\nexports: ${JSON.stringify(exports())}\n`);
  expect(JSON.stringify(await asked(gateway, '/hook:backfill', 'POST', {}))).toContain(
    'from must be a time',
  );
  expect(JSON.stringify(await asked(gateway, '/hook/backfills/zzz'))).toContain(
    'back-fill \\"zzz\\"',
  );
}, 30_000);
