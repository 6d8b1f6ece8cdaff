// GET /metrics after real requests: every figure is what was done, Prometheus can read it, and it tells nobody's secrets.
import { afterAll, beforeEach, describe, expect, test } from 'bun:test';
import { startSim } from '../../sim/start-sim.ts';
import { asObjects, type JsonObject } from '../../src/lib/json.ts';
import { CALLERS, call, openaiCaller } from './callers.ts';
import { readDocument } from './documents.ts';
import { ADMIN_KEY, type GatewayUnderTest, startGateway } from './gateway-under-test.ts';
import { readExposition, sampleValue, type ToldMetric } from './read-exposition.ts';
import { until } from './until.ts';

const alpha = startSim({ seed: 1 });
const beta = startSim({ seed: 2 });
afterAll(async () => {
  await alpha.stop();
  await beta.stop();
});
beforeEach(() => {
  alpha.clear();
  beta.clear();
});

const SECRETS = { alpha: 'alpha-secret', first: 'first-secret', second: 'second-secret' };

const YAML = `
retries: 0
providers:
  alpha: { dialect: openai-chat, base_url: "${alpha.url}", api_key: ${SECRETS.alpha}, models: [echo] }
  beta:
    dialect: anthropic-messages
    base_url: "${beta.url}"
    api_keys:
      - { key: ${SECRETS.first}, label: team-a }
      - { key: ${SECRETS.second}, label: reserve, weight: 0 }
  narrow: { dialect: openai-chat, base_url: "${beta.url}", api_key: k, limits: { concurrent: 1, queue: 2 } }
`;

const PRICED = `${YAML}
models:
  - { id: alpha/priced, context: 100000, price: { input: 1, output: 2 } }
`;

let gateway: GatewayUnderTest;

async function withGateway(work: () => Promise<void>, yaml = YAML): Promise<void> {
  gateway = await startGateway(yaml);
  try {
    await work();
  } finally {
    await gateway.stop();
  }
}

async function scrape(): Promise<string> {
  const headers = { authorization: `Bearer ${ADMIN_KEY}` };
  const response = await fetch(`${gateway.url}/metrics`, { headers });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  return response.text();
}

const read = async () => readExposition(await scrape());

/** The samples of a counter or gauge that are not 0, as `a=x b=y 3`. */
function lines(metrics: ReadonlyMap<string, ToldMetric>, name: string): readonly string[] {
  return (metrics.get(`switchyard_${name}`)?.samples ?? [])
    .filter(({ value }) => value !== 0)
    .map(({ labels, value }) => `${Object.values(labels).join(' ')} ${value}`)
    .sort();
}

const ask = (model: string, more: JsonObject = {}) => call(gateway, openaiCaller, model, more);

describe('the figures', () => {
  test('are what was done, and what the log says', async () => {
    await withGateway(async () => {
      for (const caller of CALLERS)
        for (const stream of [false, true])
          expect((await call(gateway, caller, 'alpha/echo', { stream })).status).toBe(200);
      const models = ['beta/echo'];
      // Another before the content, another key, one that goes on, one that begins sooner, and none at all.
      expect((await ask('alpha/echo+status=503', { models })).status).toBe(200);
      expect((await ask('beta/echo+status=429+times=1')).status).toBe(200);
      const cut = await ask('alpha/echo+tokens=20+cut=5', { models, stream: true });
      expect(cut.metadata).toMatchObject({ resumed: true });
      const race = { mode: 'race', ttft_timeout: '300ms' };
      const raced = await ask('alpha/echo+ttft=5000', { models, stream: true, fallback: race });
      expect(raced.metadata).toMatchObject({ actual_model: 'beta/echo' });
      const failing = { models: ['beta/echo+status=500'] };
      expect((await ask('alpha/echo+status=503', failing)).status).toBe(502);
      expect((await ask('alpha/echo+status=400')).status).toBe(400);
      expect((await ask('nowhere/echo')).status).toBe(404);
      const embedded = await gateway.post('/v1/embeddings', { model: 'alpha/echo', input: 'a' });
      expect(embedded.status).toBe(200);
      await embedded.text();

      const rows = await gateway.rows();
      const metrics = await read();
      expect(lines(metrics, 'fallbacks_total')).toEqual([
        'before_content 2',
        'failed 1',
        'race 1',
        'resumed 1',
      ]);
      expect(lines(metrics, 'requests_total')).toEqual(
        [
          'chat.completions ok 6',
          'chat.completions unknown_provider 1',
          'chat.completions upstream_error 1',
          'chat.completions upstream_invalid_request 1',
          'embeddings ok 1',
          'messages ok 2',
          'responses ok 2',
        ].sort(),
      );
      expect(lines(metrics, 'attempts_total')).toEqual(
        [
          'alpha echo ok 7',
          'alpha echo+status=400 upstream_invalid_request 1',
          'alpha echo+status=503 upstream_overloaded 2',
          'alpha echo+tokens=20+cut=5 upstream_stream_truncated 1',
          'alpha echo+ttft=5000 race_lost 1',
          'beta echo ok 3',
          'beta echo+status=429+times=1 ok 1',
          'beta echo+status=429+times=1 upstream_rate_limited 1',
          'beta echo+status=500 upstream_error 1',
        ].sort(),
      );
      // The log counts the same, attempt by attempt.
      const attempts = rows.flatMap((row) => row.attempts);
      const logged = Map.groupBy(attempts, ({ model, error }) => `${model} ${error ?? 'ok'}`);
      const told = metrics.get('switchyard_attempts_total')?.samples ?? [];
      expect(
        new Map(
          told.map(({ labels, value }) => [
            `${labels.provider}/${labels.model} ${labels.outcome}`,
            value,
          ]),
        ),
      ).toEqual(new Map([...logged].map(([name, all]) => [name, all.length])));
      expect(sampleValue(metrics, 'switchyard_log_rows_total', { result: 'written' })).toBe(
        rows.length,
      );
    });
  });

  test('time what was slow, in seconds', async () => {
    await withGateway(async () => {
      const slow = 'alpha/echo+ttft=120';
      const streamed = await ask(slow, { stream: true });
      expect((await ask(slow)).status).toBe(200);
      const metrics = await read();
      const labels = { provider: 'alpha', model: 'echo+ttft=120' };
      const firstToken = 'switchyard_time_to_first_token_seconds';
      const [ofStream] = asObjects(streamed.metadata?.attempts);
      expect(sampleValue(metrics, `${firstToken}_count`, labels)).toBe(1);
      expect(sampleValue(metrics, `${firstToken}_sum`, labels)).toBeCloseTo(
        Number(ofStream?.time_to_first_token_ms) / 1000,
        4,
      );
      expect(sampleValue(metrics, `${firstToken}_bucket`, { ...labels, le: '0.1' })).toBe(0);
      const duration = 'switchyard_request_duration_seconds';
      const endpoint = { endpoint: 'chat.completions' };
      const rows = await gateway.rows();
      const total = rows.reduce((sum, { total_ms }) => sum + total_ms, 0) / 1000;
      expect(total).toBeGreaterThan(0.2);
      expect(sampleValue(metrics, `${duration}_count`, endpoint)).toBe(2);
      expect(sampleValue(metrics, `${duration}_sum`, endpoint)).toBeCloseTo(total, 6);
      expect(sampleValue(metrics, `${duration}_bucket`, { ...endpoint, le: '0.1' })).toBe(0);
    });
  });

  test('tell how each target stands, by the label of its key', async () => {
    await withGateway(async () => {
      const cooled = 'echo+status=429+retry-after=60+times=1';
      await ask(`beta/${cooled}`);
      await ask('alpha/echo');
      const metrics = await read();
      expect(lines(metrics, 'target_state')).toEqual(
        [
          'alpha echo key-1  ready 1',
          `beta ${cooled} team-a  cooling 1`,
          `beta ${cooled} reserve  ready 1`,
        ].sort(),
      );
      expect(lines(metrics, 'target_error_ratio')).toEqual([`beta ${cooled} team-a  1`]);
      const well = { provider: 'alpha', model: 'echo', key: 'key-1', region: '' };
      expect(sampleValue(metrics, 'switchyard_target_error_ratio', well)).toBe(0);
      expect(sampleValue(metrics, 'switchyard_target_in_flight', well)).toBe(0);
    });
  });

  test('tell what is under way, and what waits for a place', async () => {
    await withGateway(async () => {
      const hangUp = new AbortController();
      const model = 'narrow/echo+ttft=20000';
      const held = [0, 1, 2].map(() =>
        fetch(`${gateway.url}/v1/chat/completions`, {
          method: 'POST',
          headers: { authorization: `Bearer ${ADMIN_KEY}` },
          body: JSON.stringify(openaiCaller.body(model)),
          signal: hangUp.signal,
        }).catch(() => null),
      );
      const lane = gateway.gateway.load.of('narrow');
      await until(() => lane.running === 1 && lane.waiting === 2);
      const metrics = await read();
      expect(lines(metrics, 'provider_requests')).toEqual(['narrow running 1', 'narrow waiting 2']);
      expect(lines(metrics, 'target_in_flight')).toEqual(['narrow echo+ttft=20000 key-1  3']);
      hangUp.abort();
      await Promise.all(held);
      await until(() => gateway.gateway.load.total === 0);
      expect(lines(await read(), 'provider_requests')).toEqual([]);
      await until(async () => (await gateway.rows()).length === 3);
      const closed = ['chat.completions client_closed 3'];
      expect(lines(await read(), 'requests_total')).toEqual(closed);
      expect(lines(await read(), 'fallbacks_total')).toEqual([]);
    });
  });
});

describe('whatever callers write', () => {
  test('it can be read, and their names stay bounded', async () => {
    await withGateway(async () => {
      const strange = ['quo"te', 'back\\slash', 'two\nlines', 'nu\u0000l', 'l'.repeat(5000), 'ü €'];
      for (const name of strange) await ask(`alpha/${name}`);
      const names = Array.from({ length: 280 }, (_, at) => `alpha/made-up-${at}`);
      for (let at = 0; at < names.length; at += 20)
        await Promise.all(names.slice(at, at + 20).map((name) => ask(name)));
      await ask('alpha/echo');
      const metrics = await read();
      const samples = metrics.get('switchyard_attempts_total')?.samples ?? [];
      const models = new Set(samples.map(({ labels }) => labels.model ?? ''));
      for (const name of ['quo"te', 'back\\slash', 'ü €', 'made-up-0', 'echo', 'other'])
        expect(models).toContain(name);
      for (const name of ['two\nlines', 'nu\u0000l', 'l'.repeat(5000), 'made-up-279'])
        expect(models).not.toContain(name);
      // 250 that nobody listed, the one that the configuration does, and all the rest as one.
      expect(models.size).toBe(252);
      const asked = strange.length + names.length + 1;
      expect(samples.reduce((sum, { value }) => sum + value, 0)).toBe(asked);
      const targets = metrics.get('switchyard_target_in_flight')?.samples ?? [];
      expect(new Set(targets.map(({ labels }) => labels.model ?? ''))).toEqual(models);
    });
  });

  test('no key, no address, no user and no word of a prompt', async () => {
    await withGateway(async () => {
      await ask('beta/echo+status=500', { user: 'erika-mustermann', models: ['alpha/echo'] });
      const text = await scrape();
      expect(text).toContain('key="team-a"');
      const keys = [...Object.values(SECRETS), ADMIN_KEY];
      for (const secret of [...keys, '127.0.0.1', 'erika', 'Say something'])
        expect(text).not.toContain(secret);
    });
  });
});

describe('who may ask', () => {
  test('admin keys, and nobody else', async () => {
    await withGateway(async () => {
      const made = await gateway.post('/router/v1/keys', { name: 'app' });
      const { key } = (await made.json()) as { readonly key: string };
      const refused = async (headers: { readonly [name: string]: string }) => {
        const response = await fetch(`${gateway.url}/metrics`, { headers });
        const { error } = (await response.json()) as { readonly error: JsonObject };
        return [response.status, error.code];
      };
      expect(await refused({})).toEqual([401, 'missing_key']);
      expect(await refused({ 'x-api-key': 'sy-wrong' })).toEqual([401, 'invalid_key']);
      expect(await refused({ authorization: `Bearer ${key}` })).toEqual([403, 'forbidden']);
      const posted = await gateway.post('/metrics', {});
      expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET']);
      expect(await gateway.rows()).toEqual([]);
    });
  });

  test('callers who are not let in have no row, but they are counted', async () => {
    await withGateway(async () => {
      const chat = (headers: { readonly [name: string]: string }) =>
        gateway.post('/v1/chat/completions', openaiCaller.body('alpha/echo'), headers);
      expect((await chat({ authorization: '' })).status).toBe(401);
      expect((await chat({ authorization: 'Bearer sy-wrong' })).status).toBe(401);
      expect(lines(await read(), 'requests_total')).toEqual([
        'chat.completions invalid_key 1',
        'chat.completions missing_key 1',
      ]);
      expect(await gateway.rows()).toEqual([]);
    });
  });
});

test('the page of metrics names every one with its labels, and no other', async () => {
  await withGateway(async () => {
    await ask('alpha/echo', { stream: true });
    const metrics = await read();
    const { facts } = gateway.gateway.metrics;
    const rows = readDocument('docs/metrics.md').matchAll(
      /^\| `(switchyard_\w+)` \| (\w+) \| (.*?) \| (.*) \|$/gm,
    );
    const documented = [...rows].map(([, name, type, labels = '', help]) => ({
      name,
      type,
      labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label),
      help,
    }));
    expect(documented).toEqual(
      facts.map(({ name, type, labels, help }) => ({ name, type, labels: [...labels], help })),
    );
    expect([...metrics.keys()]).toEqual(facts.map(({ name }) => name));
    for (const { name, type, labels, help } of facts) {
      expect(name.endsWith('_total')).toBe(type === 'counter');
      if (type === 'histogram') expect(name).toMatch(/_(seconds|ratio)$/);
      expect(help).toMatch(/^[A-Z1].+\.$/);
      // No sample has a label that is not told of.
      for (const sample of metrics.get(name)?.samples ?? [])
        expect(Object.keys(sample.labels).filter((label) => label !== 'le')).toEqual([...labels]);
    }
  });
});

test('tokens and money are those of the log', async () => {
  await withGateway(async () => {
    for (const model of ['alpha/priced', 'beta/echo'])
      for (const stream of [false, true]) expect((await ask(model, { stream })).status).toBe(200);
    await ask('alpha/priced+status=503', { models: ['alpha/priced'] });
    const rows = await gateway.rows();
    const metrics = await read();
    const attempts = rows.flatMap((row) => row.attempts);
    const ofAlpha = attempts.filter(({ model }) => model === 'alpha/priced');
    expect(ofAlpha).toHaveLength(3);
    const labels = { provider: 'alpha', model: 'priced' };
    for (const kind of ['input', 'output'] as const) {
      const logged = ofAlpha.reduce((sum, { usage }) => sum + (usage[kind] ?? 0), 0);
      expect(logged).toBeGreaterThan(0);
      expect(sampleValue(metrics, 'switchyard_tokens_total', { ...labels, kind })).toBe(logged);
    }
    const cost = ofAlpha.reduce((sum, { cost_usd }) => sum + (cost_usd ?? 0), 0);
    expect(cost).toBeGreaterThan(0);
    expect(sampleValue(metrics, 'switchyard_cost_usd_total', labels)).toBeCloseTo(cost, 12);
    // Nobody has a price of the other's.
    const unpriced = rows.filter(({ cost_usd }) => cost_usd === null).length;
    expect(unpriced).toBe(2);
    expect(sampleValue(metrics, 'switchyard_unpriced_requests_total')).toBe(unpriced);
    expect(sampleValue(metrics, 'switchyard_estimated_requests_total')).toBe(0);
    expect(sampleValue(metrics, 'switchyard_aborted_requests_total')).toBe(0);
    const { version } = await import('../../package.json');
    expect(sampleValue(metrics, 'switchyard_build_info', { version })).toBe(1);
  }, PRICED);
});
