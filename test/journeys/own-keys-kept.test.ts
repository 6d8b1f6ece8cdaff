// Stored provider keys: sealed, bound to their place, opened by whoever has the master key, and never seen again by anybody.

import { Database } from 'bun:sqlite';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Server } from 'bun';
import { testProviderKey } from '../../src/gateway/test-provider-key.ts';
import { asObject, asObjects, asString, type JsonObject } from '../../src/lib/json.ts';
import { ADMIN_KEY, type GatewayUnderTest, startGateway } from './gateway-under-test.ts';
import { openFolder } from './program-under-test.ts';
import { until } from './until.ts';

const MASTER = Buffer.alloc(32, 1).toString('base64');
const OTHER = Buffer.alloc(32, 2).toString('base64');
const HEADER = 'x-switchyard-provider-key';

/** A provider that lets in some keys and quotes all of them in its refusals. */
let upstream: Server<undefined>;
const asked: string[] = [];
const GOOD: ReadonlySet<string> = new Set(['sk-canary-good-1', 'sk-canary-good-2']);

beforeAll(() => {
  upstream = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    async fetch(request) {
      const key = (request.headers.get('authorization') ?? '').replace('Bearer ', '');
      const { pathname } = new URL(request.url);
      asked.push(`${request.method} ${pathname} ${key}`);
      if (pathname.startsWith('/slow')) await Bun.sleep(30_000);
      if (pathname.startsWith('/public') && pathname.endsWith('/models'))
        return Response.json({ data: [] });
      if (!GOOD.has(key))
        return Response.json(
          {
            error: {
              message: `Incorrect API key provided: ${key} (${request.url})`,
              code: 'invalid_api_key',
            },
          },
          { status: 401 },
        );
      if (pathname.endsWith('/models')) return Response.json({ data: [{ id: 'echo' }] });
      const { model } = (await request.json()) as { model: string };
      if (model !== 'echo')
        return Response.json({ error: { message: 'no such model' } }, { status: 404 });
      const message = { role: 'assistant', content: 'Hello' };
      return Response.json({
        ...{ id: 'x', object: 'chat.completion', created: 1, model },
        choices: [{ index: 0, message, finish_reason: 'stop' }],
        usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
      });
    },
  });
});
afterAll(() => upstream.stop(true));
beforeEach(() => {
  asked.length = 0;
});

const yaml = () => `
providers:
  acme: { base_url: "http://127.0.0.1:${upstream.port}/v1", api_key: operator-key-of-acme }
  shown: { base_url: "http://127.0.0.1:${upstream.port}/public", api_key: operator-key-of-shown }
  slow: { base_url: "http://127.0.0.1:${upstream.port}/slow", api_key: operator-key-of-slow }
`;
const hello = { model: 'acme/echo', messages: [{ role: 'user', content: 'Hello' }] };

/** One who asks the API and keeps all that it ever answered. */
function operatorOf(gateway: GatewayUnderTest, answers: string[] = []) {
  return async (method: string, path: string, body?: unknown): Promise<[number, JsonObject]> => {
    const response = await fetch(gateway.url + path, {
      method,
      headers: { authorization: `Bearer ${ADMIN_KEY}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    answers.push(text, JSON.stringify([...response.headers]));
    return [response.status, asObject(JSON.parse(text)) ?? {}];
  };
}

const messageOf = (body: JsonObject) => asString(asObject(body.error)?.message) ?? '';

/** Every file of a folder, as bytes read as text. */
function filesIn(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((file) => statSync(file).isFile())
    .map((file) => readFileSync(file, 'latin1'))
    .join('\n');
}

describe('a secret', () => {
  test('stands in no answer, log line, row, trail or file, whatever is done with it', async () => {
    using folder = openFolder();
    const gateway = await startGateway(
      `${yaml()}\nlog: { bodies: { keep: true } }\n`,
      { SWITCHYARD_MASTER_KEY: MASTER },
      { dataDir: folder.path },
    );
    const answers: string[] = [];
    const ask = operatorOf(gateway, answers);
    const [, caller] = await ask('POST', '/router/v1/keys', { name: 'caller' });
    const callersKey = asString(caller.key) ?? '';
    const made = [];
    for (const secret of ['sk-canary-good-1', 'plain.canary.word']) {
      const fields = { key_id: caller.id ?? null, provider: 'acme', secret };
      made.push(await ask('POST', '/router/v1/provider-keys', fields));
    }
    const aws = {
      access_key_id: 'AKIACANARY01',
      secret_access_key: 'canary/pair',
      region: 'eu-west-1',
    };
    made.push(await ask('POST', '/router/v1/provider-keys', { provider: 'bedrock', secret: aws }));
    const account = {
      ...{ type: 'service_account', client_email: 'canary@acme.example', project_id: 'p' },
      private_key: '-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----\n',
    };
    const google = { provider: 'google-vertex', secret: account };
    made.push(await ask('POST', '/router/v1/provider-keys', google));
    expect(made.map(([status]) => status)).toEqual([201, 201, 201, 201]);
    for (const [, { id }] of made.slice(0, 3)) {
      await ask('GET', `/router/v1/provider-keys/${id}`);
      await ask('PATCH', `/router/v1/provider-keys/${id}`, {
        label: 'renamed',
        secret: 'sk-canary-sent',
      });
      await ask('PATCH', `/router/v1/provider-keys/${id}`, {
        'sk-canary-as-a-name-of-some-field': 1,
      });
      await ask('POST', `/router/v1/provider-keys/${id}:rotate`, { secret: 'sk-canary-***' });
    }
    for (const [, { id }] of made.slice(0, 2))
      await ask('POST', `/router/v1/provider-keys/${id}:test`);
    await ask('POST', `/router/v1/provider-keys/${made[1]?.[1].id}:rotate`, {
      secret: 'other.canary.word',
    });
    await ask('GET', '/router/v1/provider-keys');
    const authorization = `Bearer ${callersKey}`;
    for (const headers of [
      {},
      { [HEADER]: 'acme=sk-canary-brought' },
      { [HEADER]: 'acme sk-canary-form' },
    ])
      for (const stream of [false, true]) {
        const reply = await gateway.post(
          '/v1/chat/completions',
          { ...hello, stream },
          { authorization, ...headers },
        );
        answers.push(await reply.text(), JSON.stringify([...reply.headers]));
      }
    const rows = await gateway.rows();
    expect(rows).toHaveLength(6);
    for (const { id } of rows) {
      await ask('GET', `/router/v1/logs/${id}`);
      await ask('GET', `/router/v1/logs/${id}/bodies`);
    }
    const [, trail] = await ask('GET', '/router/v1/audit');
    expect(JSON.stringify(trail)).toContain('provider_key.rotate');
    const metrics = await fetch(`${gateway.url}/metrics`, {
      headers: { authorization: `Bearer ${ADMIN_KEY}` },
    });
    answers.push(await metrics.text(), await (await fetch(`${gateway.url}/readyz`)).text());
    const said = [...answers, ...gateway.logged, JSON.stringify(rows)].join('\n');
    expect(said.match(/.{0,60}canary.{0,60}/gi) ?? []).toEqual([]);
    // While the write-ahead log still is there, and after all was written.
    expect(filesIn(folder.path).match(/canary[/\w.-]*/gi) ?? []).toEqual([]);
    await gateway.stop();
    expect(filesIn(folder.path).match(/canary[/\w.-]*/gi) ?? []).toEqual([]);
  });

  test('that is a mask sent back is refused, and what was stored stays', async () => {
    const gateway = await startGateway(yaml(), { SWITCHYARD_MASTER_KEY: MASTER });
    try {
      const ask = operatorOf(gateway);
      const store = (secret: unknown) =>
        ask('POST', '/router/v1/provider-keys', { provider: 'acme', secret });
      const [, made] = await store('sk-canary-good-1');
      const path = `/router/v1/provider-keys/${made.id}`;
      const masks = [
        'sk-****',
        '********',
        'sk-…good',
        'sk-c...d-1',
        '••••••',
        '[redacted]',
        'xxxxxxxxxx',
      ];
      for (const mask of masks) {
        const [status, refused] = await ask('POST', `${path}:rotate`, { secret: mask });
        expect([status, messageOf(refused)]).toEqual([400, expect.stringContaining('masked')]);
        expect((await store(mask))[0]).toBe(400);
      }
      expect((await ask('PATCH', path, { secret: 'sk-another' }))[0]).toBe(400);
      // What was got may be sent back whole; a field that is not there changes nothing.
      const [, before] = await ask('GET', path);
      const [status, after] = await ask('PATCH', path, { ...before, weight: 3 });
      expect([status, after]).toEqual([
        200,
        { ...before, weight: 3, updated_at: after.updated_at ?? '' },
      ]);
      expect((await ask('PATCH', path, { provider: 'slow' }))[0]).toBe(400);
      const [, tried] = await ask('POST', `${path}:test`);
      expect(tried).toMatchObject({ ok: true, status: 200, error: null });
    } finally {
      await gateway.stop();
    }
  });
});

test('only admin keys reach them', async () => {
  const gateway = await startGateway(yaml(), { SWITCHYARD_MASTER_KEY: MASTER });
  try {
    const ask = operatorOf(gateway);
    const [, caller] = await ask('POST', '/router/v1/keys', { name: 'caller' });
    const [, made] = await ask('POST', '/router/v1/provider-keys', {
      ...{ key_id: caller.id ?? null, provider: 'acme', secret: 'sk-canary-good-1' },
    });
    const path = '/router/v1/provider-keys';
    for (const [method, at] of [
      ['GET', path],
      ['POST', path],
      ['GET', `${path}/${made.id}`],
      ['PATCH', `${path}/${made.id}`],
      ['DELETE', `${path}/${made.id}`],
      ['POST', `${path}/${made.id}:rotate`],
      ['POST', `${path}/${made.id}:test`],
    ] as const) {
      const headers = { authorization: `Bearer ${caller.key}` };
      const body = method === 'GET' || method === 'DELETE' ? {} : { body: '{}' };
      const reply = await fetch(gateway.url + at, { method, headers, ...body });
      expect([method, at, reply.status]).toEqual([method, at, 403]);
    }
    expect((await ask('GET', `${path}/${made.id}`))[1]).toMatchObject({
      version: 1,
      tested_at: null,
    });
    expect(asked).toEqual([]);
  } finally {
    await gateway.stop();
  }
});

describe('asking the provider', () => {
  test('tells whether it takes the key, also where its list is open to all', async () => {
    const gateway = await startGateway(yaml(), { SWITCHYARD_MASTER_KEY: MASTER });
    try {
      const ask = operatorOf(gateway);
      const tried = async (provider: string, secret: string) => {
        const [, { id }] = await ask('POST', '/router/v1/provider-keys', { provider, secret });
        const [status, result] = await ask('POST', `/router/v1/provider-keys/${id}:test`);
        const [, stored] = await ask('GET', `/router/v1/provider-keys/${id}`);
        expect(stored.test).toEqual(result);
        expect(stored.tested_at).toEqual(expect.any(String));
        return [status, result.ok, result.status, asObject(result.error)?.code];
      };
      expect(await tried('acme', 'sk-canary-good-1')).toEqual([200, true, 200, undefined]);
      expect(await tried('acme', 'sk-canary-bad')).toEqual([200, false, 401, 'upstream_auth']);
      expect(await tried('shown', 'sk-canary-good-2')).toEqual([200, true, 404, undefined]);
      expect(await tried('shown', 'sk-canary-bad')).toEqual([200, false, 401, 'upstream_auth']);
      expect(asked.filter((line) => line.includes('operator-key'))).toEqual([]);
      expect(await gateway.rows()).toEqual([]);
    } finally {
      await gateway.stop();
    }
  });

  test('ends in good time', async () => {
    const gateway = await startGateway(yaml(), { SWITCHYARD_MASTER_KEY: MASTER });
    try {
      const slow = gateway.gateway
        .snapshot()
        .own.provider('slow', [{ label: 'x', secret: 'sk-x' }]);
      if (slow === null) throw new Error('it is configured');
      const result = await testProviderKey(slow, { label: 'x', secret: 'sk-x' }, 100);
      expect(result).toMatchObject({
        ok: false,
        status: null,
        error: { code: 'upstream_timeout' },
      });
      expect(result.latency_ms).toBeLessThan(5000);
    } finally {
      await gateway.stop();
    }
  });
});

describe('the master key', () => {
  test('is asked for where there is none, and everything else goes on', async () => {
    const gateway = await startGateway(yaml());
    try {
      const ask = operatorOf(gateway);
      const [status, refused] = await ask('POST', '/router/v1/provider-keys', {
        ...{ provider: 'acme', secret: 'sk-canary-good-1' },
      });
      expect([status, asObject(refused.error)?.code]).toEqual([409, 'master_key_missing']);
      for (const word of ['SWITCHYARD_MASTER_KEY', '_FILE', '_COMMAND', 'openssl rand -base64 32'])
        expect(messageOf(refused)).toContain(word);
      expect((await ask('GET', '/router/v1/provider-keys'))[1]).toEqual({ provider_keys: [] });
      const reply = await gateway.post('/v1/chat/completions', hello, {
        [HEADER]: 'acme=sk-canary-good-1',
      });
      expect(reply.status).toBe(200);
    } finally {
      await gateway.stop();
    }
  });

  test('that is another one is told, its keys are out of use, and nobody else’s money is spent', async () => {
    using folder = openFolder();
    const start = (master: string, previous = '') =>
      startGateway(
        yaml(),
        { SWITCHYARD_MASTER_KEY: master, SWITCHYARD_MASTER_KEY_PREVIOUS: previous },
        { dataDir: folder.path },
      );
    const first = await start(MASTER);
    const [, caller] = await operatorOf(first)('POST', '/router/v1/keys', { name: 'caller' });
    const authorization = `Bearer ${caller.key}`;
    const secret = 'sk-canary-good-1';
    const input = { key_id: caller.id, provider: 'acme', secret };
    const [, made] = await operatorOf(first)('POST', '/router/v1/provider-keys', input);
    await first.stop();

    const wrong = await start(OTHER);
    const told = expect.stringContaining('SWITCHYARD_MASTER_KEY_PREVIOUS');
    expect(wrong.logged.filter((line) => line.includes('cannot be opened'))).toEqual([told]);
    expect(await (await fetch(`${wrong.url}/readyz`)).json()).toEqual({
      ready: true,
      provider_keys: told,
    });
    await wrong.gateway.alerts.look();
    const [, { alerts }] = await operatorOf(wrong)('GET', '/router/v1/alerts?rule=vault');
    expect(asObjects(alerts)).toMatchObject([
      { state: 'firing', severity: 'critical', todo: told, see: '/router/v1/provider-keys' },
    ]);
    const [, shut] = await operatorOf(wrong)('GET', `/router/v1/provider-keys/${made.id}`);
    expect(shut).toMatchObject({ usable: false, problem: told });
    asked.length = 0;
    const refused = await wrong.post('/v1/chat/completions', hello, { authorization });
    const { error } = (await refused.json()) as { error: { code: string; message: string } };
    expect([refused.status, error.code]).toEqual([400, 'provider_not_configured']);
    expect(error.message).toContain('cannot be opened');
    expect(asked).toEqual([]);
    expect(
      (await wrong.post('/v1/chat/completions', hello, { [HEADER]: `acme=${secret}` })).status,
    ).toBe(200);
    const again = { secret: 'sk-canary-good-2' };
    await wrong.stop();

    // The new one beside the former: opened by that, and sealed anew.
    const both = await start(OTHER, MASTER);
    expect((await both.post('/v1/chat/completions', hello, { authorization })).status).toBe(200);
    await both.gateway.vault.resealed();
    const [, resealed] = await operatorOf(both)('GET', `/router/v1/provider-keys/${made.id}`);
    expect(resealed).toMatchObject({ usable: true, version: 1 });
    expect(resealed.fingerprint).not.toBe(made.fingerprint ?? '');
    await both.stop();
    const alone = await start(OTHER);
    expect((await alone.post('/v1/chat/completions', hello, { authorization })).status).toBe(200);
    expect(await (await fetch(`${alone.url}/readyz`)).json()).toEqual({ ready: true });
    await operatorOf(alone)('POST', `/router/v1/provider-keys/${made.id}:rotate`, again);
    asked.length = 0;
    await alone.post('/v1/chat/completions', hello, { authorization });
    expect(asked).toEqual(['POST /v1/chat/completions sk-canary-good-2']);
    await alone.stop();
  });

  test('opens no row that another’s secret was put into', async () => {
    using folder = openFolder();
    const start = () =>
      startGateway(yaml(), { SWITCHYARD_MASTER_KEY: MASTER }, { dataDir: folder.path });
    const gateway = await start();
    const ask = operatorOf(gateway);
    const store = (label: string, secret: string) =>
      ask('POST', '/router/v1/provider-keys', { provider: 'acme', label, secret });
    const ids = [];
    for (const label of ['one', 'two', 'three'])
      ids.push((await store(label, `sk-${label}-secret`))[1].id);
    await gateway.stop();
    const sqlite = new Database(join(folder.path, 'switchyard.db'));
    sqlite.run(
      'UPDATE provider_keys SET sealed = (SELECT sealed FROM provider_keys WHERE label = ?) WHERE label = ?',
      ['one', 'two'],
    );
    sqlite.run("UPDATE provider_keys SET provider = 'slow' WHERE label = 'three'");
    sqlite.close();
    const later = await start();
    const [, { provider_keys }] = await operatorOf(later)('GET', '/router/v1/provider-keys');
    expect(asObjects(provider_keys).map(({ usable }) => usable)).toEqual([true, false, false]);
    const secrets = [...later.gateway.vault.pools()].flatMap(([, keys]) => keys);
    expect(secrets.map(({ secret }) => secret)).toEqual(['sk-one-secret']);
    await later.stop();
  });
});

test('what one process stores, another uses within a second', async () => {
  using folder = openFolder();
  const environment = { SWITCHYARD_MASTER_KEY: MASTER };
  const place = { dataDir: folder.path };
  const here = await startGateway(yaml(), environment, place);
  const there = await startGateway(yaml(), environment, place);
  try {
    const ask = operatorOf(here);
    const [, caller] = await ask('POST', '/router/v1/keys', { name: 'caller' });
    const id = asString(caller.id) ?? '';
    const input = { key_id: id, provider: 'acme', secret: 'sk-canary-good-1' };
    const [, made] = await ask('POST', '/router/v1/provider-keys', input);
    const startedAt = performance.now();
    await until(() => there.gateway.vault.of(id) !== undefined, 5000);
    expect(performance.now() - startedAt).toBeLessThan(3000);
    const authorization = `Bearer ${caller.key}`;
    asked.length = 0;
    expect((await there.post('/v1/chat/completions', hello, { authorization })).status).toBe(200);
    expect(asked).toEqual(['POST /v1/chat/completions sk-canary-good-1']);
    await ask('DELETE', `/router/v1/provider-keys/${made.id}`);
    await until(() => there.gateway.vault.of(id) === undefined, 5000);
  } finally {
    await here.stop();
    await there.stop();
  }
});
