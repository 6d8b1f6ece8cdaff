// From requests to a team's analytics and back: Mixpanel, BigQuery and ClickHouse that fail every third call, and restart, have
// every request once, and what users bought comes back and says which variant earned it.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { ExperimentReport } from '../../src/experiments/report.ts';
import type { JsonObject } from '../../src/lib/json.ts';
import { type BigQueryServer, startBigQuery } from '../analytics/bigquery-server.ts';
import { type ClickHouseServer, startClickHouse, USER } from '../analytics/clickhouse-server.ts';
import { ACCOUNT, type MixpanelServer, startMixpanel } from '../analytics/mixpanel-server.ts';
import {
  ADMIN_KEY,
  type GatewayUnderTest,
  startGateway,
  startTwoWires,
} from './gateway-under-test.ts';

const USERS = Array.from({ length: 40 }, (_, at) => `user-${at}`);
const REQUESTS_EACH = 2;
const FAILURES = 0.3;
const ROUTER = {
  name: 'routers/support',
  defaultRoute: {
    route_id: 'default',
    variants: [
      { variant: { variant_id: 'old', model_id: 'alpha/echo' }, weight: 50 },
      { variant: { variant_id: 'new', model_id: 'beta/echo' }, weight: 50 },
    ],
  },
};

const world = startTwoWires();
let mixpanel: MixpanelServer;
let bigquery: BigQueryServer;
let clickhouse: ClickHouseServer;
let gateway: GatewayUnderTest;
/** The generation ids, and the variant each user met. */
const ids: string[] = [];
const met = new Map<string, string>();

beforeAll(async () => {
  [mixpanel, bigquery, clickhouse] = await Promise.all([
    startMixpanel(),
    startBigQuery(),
    startClickHouse(),
  ]);
  for (const server of [mixpanel, bigquery, clickhouse]) server.fail(FAILURES);
  gateway = await startGateway(
    `${world.yaml}
exports:
  product:
    type: mixpanel
    project_id: ${ACCOUNT.project_id}
    username: ${ACCOUNT.username}
    secret: \${MIXPANEL_SECRET}
    base_url: ${mixpanel.url}
    data_url: ${mixpanel.url}
    outcomes: { events: [{ event: purchase, metric: revenue, value: amount }] }
    batch: { rows: 8 }
  warehouse:
    type: bigquery
    base_url: ${bigquery.url}
    credentials_file: ${bigquery.credentialsFile}
    batch: { rows: 8 }
  lake:
    type: clickhouse
    url: ${clickhouse.url}
    username: ${USER.username}
    password: \${CLICKHOUSE_PASSWORD}
    batch: { rows: 8, age: 200ms }
`,
    { MIXPANEL_SECRET: ACCOUNT.secret, CLICKHOUSE_PASSWORD: USER.password },
  );
  expect((await gateway.post('/router/v1/routers', ROUTER)).status).toBe(200);
  for (const user of USERS) {
    for (let n = 0; n < REQUESTS_EACH; n++) {
      const reply = await gateway.openai().chat.completions.create({
        ...{ model: 'router/support', user, messages: [{ role: 'user', content: 'Hello' }] },
      });
      const { metadata } = reply as unknown as { readonly metadata: JsonObject };
      ids.push(String(metadata.generation_id));
      met.set(user, String(metadata.variant_id));
    }
  }
}, 60_000);
afterAll(async () => {
  await gateway.stop();
  await Promise.all([mixpanel.stop(), bigquery.stop(), clickhouse.stop(), world.stop()]);
}, 30_000);

async function until(isSo: () => boolean): Promise<void> {
  const end = Date.now() + 90_000;
  while (!isSo() && Date.now() < end) await Bun.sleep(50);
}

async function get(path: string): Promise<JsonObject> {
  const headers = { authorization: `Bearer ${ADMIN_KEY}` };
  return (await (await fetch(gateway.url + path, { headers })).json()) as JsonObject;
}

const inMixpanel = () =>
  mixpanel.events('llm_request').map(({ properties }) => String(properties.$insert_id));
const inBigQuery = () =>
  bigquery.tables.get('switchyard.requests')?.rows.map(({ id }) => String(id)) ?? [];
const inClickHouse = () =>
  clickhouse.final('default.switchyard_requests').map(({ id }) => String(id));

test('every request is there once, at all three', async () => {
  const places = [inMixpanel, inBigQuery, inClickHouse];
  await Promise.all([mixpanel, bigquery, clickhouse].map((server) => server.restart(500)));
  await until(() => places.every((place) => place().length >= ids.length));
  for (const place of places) expect(place().toSorted()).toEqual(ids.toSorted());
  const failed = [mixpanel, bigquery, clickhouse].map((server) => server.calls().failed);
  expect(Math.min(...failed)).toBeGreaterThan(0);
}, 100_000);

test('every user’s variant is exposed once, under the name it was served', () => {
  const told = mixpanel
    .events('$experiment_started')
    .map(({ properties }) => `${properties.distinct_id} ${properties['Variant name']}`);
  expect(told.toSorted()).toEqual([...met].map((pair) => pair.join(' ')).toSorted());
});

test('what users bought comes back, and says which variant earned it', async () => {
  for (const server of [mixpanel, bigquery, clickhouse]) server.fail(0);
  await gateway.gateway.ledger.flush();
  const time = Math.ceil(Date.now() / 1000);
  for (const [user, variant] of met) {
    const properties = { distinct_id: user, $insert_id: `p-${user}`, time };
    const amount = variant === 'new' ? 20 : 10;
    mixpanel.product.push({ event: 'purchase', properties: { ...properties, amount } });
  }
  const answer = await gateway.post('/router/v1/exports/product:import-outcomes', {});
  expect(answer.status).toBe(200);
  expect(await answer.json()).toMatchObject({
    running: false,
    last: { read: USERS.length, imported: USERS.length, rejected: 0, error: null },
  });
  expect(await get('/router/v1/exports/product')).toMatchObject({
    type: 'mixpanel',
    outcomes: { last: { imported: USERS.length } },
  });
  const report = (await get('/router/v1/experiments/support/default')) as unknown;
  const earned = (report as ExperimentReport).variants.map(({ variant_id, metrics }) => [
    variant_id,
    metrics.revenue?.mean?.value,
  ]);
  expect(Object.fromEntries(earned)).toEqual({ old: 10, new: 20 });
  const again = await gateway.post('/router/v1/exports/product:import-outcomes', {});
  expect(await again.json()).toMatchObject({ last: { imported: 0, duplicates: USERS.length } });
  const other = await gateway.post('/router/v1/exports/lake:import-outcomes', {});
  expect(other.status).toBe(404);
});

test('no secret is in what the gateway says of any of it', async () => {
  const said = JSON.stringify([
    gateway.logged,
    await get('/router/v1/exports'),
    await get('/router/v1/exports/product/outcomes'),
    await get('/router/v1/audit'),
    await (
      await fetch(`${gateway.url}/metrics`, { headers: { authorization: `Bearer ${ADMIN_KEY}` } })
    ).text(),
  ]);
  expect(said).toContain('warehouse');
  const secrets = [ACCOUNT.secret, USER.password, bigquery.privateKey.slice(60, 90)];
  for (const secret of [...secrets, ...bigquery.tokens]) expect(said).not.toContain(secret);
});
