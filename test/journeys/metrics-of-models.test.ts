// The operator's own metrics: set by file and API, sorted by at once, kept, shared between processes, refused where wrong.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import type { JsonObject } from '../../src/lib/json.ts';
import {
  ADMIN_KEY,
  type GatewayUnderTest,
  startGateway,
  startTwoWires,
} from './gateway-under-test.ts';
import { until } from './until.ts';

const METRICS = `
metrics:
  helpfulness: { direction: higher, values: { alpha/echo: 0.5, beta/echo: 0.9 } }
`;

let wires: ReturnType<typeof startTwoWires>;
let gateway: GatewayUnderTest;

beforeAll(async () => {
  wires = startTwoWires();
  gateway = await startGateway(wires.yaml + METRICS);
});
beforeEach(() => {
  wires.alpha.clear();
  wires.beta.clear();
});
afterAll(async () => {
  await gateway.stop();
  await wires.stop();
});

async function call(method: string, path: string, body?: unknown, key = ADMIN_KEY, at = gateway) {
  const response = await fetch(`${at.url}/router/v1/metrics${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as JsonObject };
}

/** Asks `auto`, sorted so, by the SDK; who served it, and why. */
async function served(metric: string, at = gateway) {
  wires.alpha.clear();
  wires.beta.clear();
  const body = { model: 'auto', messages: [{ role: 'user', content: 'Hello' }], sort: [metric] };
  await at.openai().chat.completions.create(body as never);
  const counts = [wires.alpha, wires.beta].map((sim) => sim.requests.length);
  const row = (await at.rows()).at(-1);
  expect(counts.toSorted()).toEqual([0, 1]);
  return { by: counts[0] === 1 ? 'alpha' : 'beta', why: row?.reasoning };
}

const KINDNESS = { direction: 'lower', values: { 'alpha/echo': 0.1, 'beta/echo': 0.2 } };

describe('metrics of models', () => {
  test('lists the built-in ones and the file’s', async () => {
    const { status, body } = await call('GET', '');
    expect(status).toBe(200);
    expect(body.metrics).toEqual([
      { name: 'price', direction: 'lower', origin: 'built-in' },
      { name: 'latency', direction: 'lower', origin: 'built-in' },
      { name: 'throughput', direction: 'higher', origin: 'built-in' },
      { name: 'intelligence', direction: 'higher', origin: 'built-in' },
      { name: 'math', direction: 'higher', origin: 'built-in' },
      { name: 'coding', direction: 'higher', origin: 'built-in' },
      {
        name: 'helpfulness',
        direction: 'higher',
        origin: 'config',
        values: { 'alpha/echo': 0.5, 'beta/echo': 0.9 },
      },
    ]);
  });

  test('requests are sorted by the file’s', async () => {
    const { by, why } = await served('helpfulness');
    expect(by).toBe('beta');
    expect(why).toContain(
      "'beta/echo' has the highest helpfulness of 2 models (0.9; next 'alpha/echo' 0.5",
    );
  });

  test('one that is set holds from the next request on, until it is removed', async () => {
    expect((await served('kindness')).why).toContain('sort by "kindness": nothing is known of it');
    const made = await call('PUT', '/kindness', KINDNESS);
    expect(made).toEqual({
      status: 201,
      body: { name: 'kindness', origin: 'api', ...KINDNESS },
    });
    expect(await served('kindness')).toMatchObject({ by: 'alpha' });
    const read = await call('GET', '/kindness');
    expect(read).toEqual({ status: 200, body: made.body });
    // What was read can be sent back, changed.
    const changed = await call('PUT', '/kindness', { ...read.body, direction: 'higher' });
    expect(changed).toMatchObject({ status: 200, body: { direction: 'higher' } });
    expect(await served('kindness')).toMatchObject({ by: 'beta' });
    expect(await call('DELETE', '/kindness')).toEqual({
      status: 200,
      body: { name: 'kindness', deleted: true },
    });
    expect((await call('DELETE', '/kindness')).status).toBe(404);
    expect((await call('GET', '/kindness')).status).toBe(404);
    expect((await served('kindness')).why).toContain('sort by "kindness": nothing is known of it');
  });

  test('a bare name counts for every host of the model', async () => {
    await call('PUT', '/warmth', { direction: 'higher', values: { echo: 3, 'beta/echo': 1 } });
    expect(await served('warmth')).toMatchObject({ by: 'alpha' });
    await call('DELETE', '/warmth');
  });

  test('is kept, and another process on the same data sees it', async () => {
    const other = await startGateway(wires.yaml, {}, { dataDir: gateway.dataDir });
    try {
      await call('PUT', '/kindness', KINDNESS);
      await until(
        async () => (await call('GET', '/kindness', undefined, ADMIN_KEY, other)).status === 200,
      );
      expect(await served('kindness', other)).toMatchObject({ by: 'alpha' });
    } finally {
      await other.stop();
    }
    const again = await startGateway(wires.yaml, {}, { dataDir: gateway.dataDir });
    try {
      expect(await served('kindness', again)).toMatchObject({ by: 'alpha' });
    } finally {
      await again.stop();
    }
    await call('DELETE', '/kindness');
  });

  test('the file’s are not changed by the API', async () => {
    for (const [method, body] of [
      ['PUT', KINDNESS],
      ['DELETE', undefined],
    ] as const) {
      const { status, body: answer } = await call(method, '/helpfulness', body);
      expect(status).toBe(409);
      expect(answer).toMatchObject({ error: { code: 'read_only' } });
    }
    expect(await served('helpfulness')).toMatchObject({ by: 'beta' });
  });

  test.each<[string, string, unknown, string]>([
    ['a built-in name', '/price', KINDNESS, 'name: is built in'],
    ['a name no sort can hold', '/Kind%20ness', KINDNESS, 'name: must be lower-case'],
    ['no direction', '/kindness', { values: {} }, 'direction: '],
    ['a direction of another kind', '/kindness', { direction: 'up' }, 'direction: '],
    [
      'a value that is no number',
      '/kindness',
      { direction: 'lower', values: { 'a/b': '1' } },
      'values.a/b: ',
    ],
    ['a field that is none', '/kindness', { ...KINDNESS, unit: '%' }, 'unit: is not a field'],
    ['no object', '/kindness', [], 'must be a JSON object'],
  ])('refuses %s', async (_, path, body, words) => {
    const { status, body: answer } = await call('PUT', path, body);
    expect(status).toBe(400);
    expect(JSON.stringify(answer)).toContain(words);
    expect((await call('GET', '/kindness')).status).toBe(404);
  });

  test('is the operator’s alone', async () => {
    const response = await gateway.post('/router/v1/keys', { name: 'app' });
    const { key } = (await response.json()) as { readonly key: string };
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const path = method === 'GET' ? '' : '/kindness';
      const body = method === 'PUT' ? KINDNESS : undefined;
      expect((await call(method, path, body, key)).status).toBe(403);
    }
  });
});
