// What an operator sees of the cache and does with it: its figures, dropping answers, and why a request was not answered from it.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import type { JsonObject } from '../../src/lib/json.ts';
import {
  ADMIN_KEY,
  type GatewayUnderTest,
  startGateway,
  startTwoWires,
} from './gateway-under-test.ts';

const wires = startTwoWires();
let gateway: GatewayUnderTest;
let app: { readonly id: string; readonly secret: string };
let other: { readonly id: string; readonly secret: string };

beforeAll(async () => {
  gateway = await startGateway(`${wires.yaml}
cache: { mode: exact, ttl: 10m, per_user: true, max_request: 64KB }
routers:
  - { name: plain, default_route: { route_id: all, variants: [{ variant: { variant_id: one, model_id: alpha/echo, cache: { mode: "off" } }, weight: 100 }] } }
`);
  app = await made('app');
  other = await made('other');
});
beforeEach(() => call('DELETE', '/router/v1/cache?all=true'));
afterAll(async () => {
  await gateway.stop();
  await wires.stop();
});

async function made(name: string): Promise<{ readonly id: string; readonly secret: string }> {
  const key = (await (await call('POST', '/router/v1/keys', { name })).json()) as JsonObject;
  return { id: String(key.id), secret: String(key.key) };
}

function call(
  method: string,
  path: string,
  body?: JsonObject,
  key = ADMIN_KEY,
  headers: { readonly [name: string]: string } = {},
): Promise<Response> {
  return fetch(gateway.url + path, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

const told = async (reply: Promise<Response>) => (await (await reply).json()) as JsonObject;
const question = (content: string, rest: JsonObject = {}): JsonObject => ({
  ...{ model: 'alpha/echo', messages: [{ role: 'user', content }] },
  ...rest,
});

/** Whether it was answered from the cache. */
async function asked(body: JsonObject, key = app.secret): Promise<unknown> {
  const reply = await call('POST', '/v1/chat/completions', body, key);
  const { metadata } = (await reply.json()) as { metadata?: JsonObject };
  expect(reply.status).toBe(200);
  return metadata?.cache_hit;
}

const counted = async () => (await told(call('GET', '/router/v1/cache'))) as unknown as Counted;
interface Counted {
  readonly requests: {
    readonly hits: { readonly exact: number; readonly semantic: number; readonly shared: number };
    readonly misses: number;
    readonly bypassed: number;
    readonly hit_rate: number | null;
  };
  readonly saved: { readonly output_tokens: number };
  readonly answers: { readonly entries: number; readonly bytes: number };
}

describe('the figures', () => {
  test('say how requests came by their answers, and what is kept', async () => {
    const before = await counted();
    expect(await asked(question('first'))).toBe(false);
    expect(await asked(question('first'))).toBe('exact');
    expect(await asked(question('first'))).toBe('exact');
    expect(await asked(question('first', { cache: { mode: 'off' } }))).toBe(false);
    const after = await counted();
    expect(after.requests.hits).toEqual({
      ...before.requests.hits,
      exact: before.requests.hits.exact + 2,
    });
    expect(after.requests.misses).toBe(before.requests.misses + 1);
    expect(after.requests.bypassed).toBe(before.requests.bypassed + 1);
    const { hits, misses } = after.requests;
    const all = hits.exact + hits.semantic + hits.shared;
    expect(after.requests.hit_rate).toBe(all / (all + misses));
    expect(after.saved.output_tokens).toBeGreaterThan(before.saved.output_tokens);
    expect(after.answers).toMatchObject({
      entries: 1,
      being_made: 0,
      store: 'file',
      trouble: null,
    });
    expect(after.answers.bytes).toBeGreaterThan(0);
  });

  test('and what is in force', async () => {
    expect(await told(call('GET', '/router/v1/cache'))).toMatchObject({
      settings: {
        mode: 'exact',
        ttl_s: 600,
        coalesce: true,
        per_user: true,
        replay: 'full_speed',
        persist: true,
      },
      semantic: { embedding: 'local', local_model: 'off', shadow: false, trouble: null },
    });
  });

  test('are the operator’s alone', async () => {
    for (const path of ['/router/v1/cache', '/router/v1/cache:explain']) {
      const method = path.endsWith('explain') ? 'POST' : 'GET';
      const reply = await call(
        method,
        path,
        method === 'POST' ? question('x') : undefined,
        app.secret,
      );
      expect([reply.status, await reply.json()]).toEqual([
        403,
        { error: expect.objectContaining({ code: 'forbidden' }) },
      ]);
    }
  });
});

describe('dropping', () => {
  test('takes what matches everything that is named, and nothing else', async () => {
    const two = [question('one', { user: 'ann' }), question('one', { user: 'bob' })] as const;
    const named = question('one', { cache: { namespace: 'shop' } });
    const fill = async () => {
      for (const body of [...two, named]) await asked(body);
      await asked(two[0], other.secret);
      await asked(question('one', { model: 'alpha/other' }));
    };
    const left = async () => [
      ...[await asked(two[0]), await asked(two[1]), await asked(named)],
      ...[
        await asked(two[0], other.secret),
        await asked(question('one', { model: 'alpha/other' })),
      ],
    ];
    const dropped = (query: string) => told(call('DELETE', `/router/v1/cache?${query}`));
    for (const [query, hits, count] of [
      [`key=${other.id}`, ['exact', 'exact', 'exact', false, 'exact'], 1],
      ['user=ann', [false, 'exact', 'exact', false, 'exact'], 2],
      [`user=ann&key=${app.id}`, [false, 'exact', 'exact', 'exact', 'exact'], 1],
      ['namespace=shop', ['exact', 'exact', false, 'exact', 'exact'], 1],
      ['model=alpha/other', ['exact', 'exact', 'exact', 'exact', false], 1],
      ['namespace=nobodys', ['exact', 'exact', 'exact', 'exact', 'exact'], 0],
      ['all=true', [false, false, false, false, false], 5],
    ] as const) {
      await fill();
      expect([query, await dropped(query)]).toEqual([
        query,
        expect.objectContaining({ dropped: count }),
      ]);
      expect([query, await left()]).toEqual([query, [...hits]]);
    }
  });

  test('needs to be told what: a slip of the hand empties nothing', async () => {
    await asked(question('kept'));
    for (const [query, param] of [
      ['', 'all'],
      ['all=yes', 'all'],
      ['all=true&user=ann', 'all'],
      ['usr=ann', 'usr'],
      ['user=', 'user'],
      ['user=ann&user=bob', 'user'],
    ] as const) {
      const reply = await call('DELETE', `/router/v1/cache?${query}`);
      expect([query, reply.status, await reply.json()]).toEqual([
        query,
        400,
        { error: expect.objectContaining({ code: 'invalid_request', param }) },
      ]);
    }
    expect(await asked(question('kept'))).toBe('exact');
  });

  test('is in the audit trail: who, what and how many', async () => {
    await asked(question('traced', { user: 'ann' }));
    await call('DELETE', '/router/v1/cache?user=ann');
    const { entries } = (await told(call('GET', '/router/v1/audit?limit=1'))) as unknown as {
      entries: readonly JsonObject[];
    };
    expect(entries[0]).toMatchObject({
      action: 'cache.drop',
      target: 'user=ann',
      after: { filter: { user: 'ann' }, dropped: 1 },
    });
  });

  test('a key without the operator’s role drops its own answers, and no other’s', async () => {
    const body = question('own', { user: 'ann' });
    await asked(body);
    await asked(body, other.secret);
    const others = await call('DELETE', `/router/v1/cache?key=${other.id}`, undefined, app.secret);
    expect([others.status, await others.json()]).toEqual([
      403,
      { error: expect.objectContaining({ code: 'forbidden' }) },
    ]);
    const own = call('DELETE', '/router/v1/cache?user=ann', undefined, app.secret);
    expect(await told(own)).toEqual({ filter: { key: app.id, user: 'ann' }, dropped: 1 });
    expect([await asked(body), await asked(body, other.secret)]).toEqual([false, 'exact']);
    const all = call('DELETE', '/router/v1/cache?all=true', undefined, app.secret);
    expect(await told(all)).toEqual({ filter: { key: app.id }, dropped: 1 });
    expect(await asked(body, other.secret)).toBe('exact');
  });

  test('where answers are not kept by user, it says so to who names one', async () => {
    const shared = await startGateway(`${wires.yaml}\ncache: { mode: exact }\n`);
    const reply = await fetch(`${shared.url}/router/v1/cache?user=ann`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${ADMIN_KEY}` },
    });
    expect(await reply.json()).toMatchObject({
      dropped: 0,
      note: expect.stringContaining('cache.per_user is not set'),
    });
    await shared.stop();
  });
});

describe('why a request is not answered from it', () => {
  const explained = (body: JsonObject, headers = {}, query = `?key=${app.id}`) =>
    told(call('POST', `/router/v1/cache:explain${query}`, body, ADMIN_KEY, headers));

  test('nothing is kept yet; then it would be, and asking why asks nobody', async () => {
    const body = question('why', { user: 'ann' });
    const first = await explained(body);
    expect(first).toMatchObject({
      ...{
        cacheable: true,
        why_not: null,
        mode: 'exact',
        ttl_s: 600,
        would_hit: false,
        kept: null,
      },
      owner: { key: app.id, user: 'ann', namespace: null },
      why_no_hit: expect.stringContaining('Nothing is kept under its key'),
    });
    await asked(body);
    const before = wires.alpha.requests.length;
    expect(await explained(body)).toMatchObject({
      ...{ would_hit: 'exact', why_no_hit: null, answer_key: first.answer_key },
      kept: { model: 'alpha/echo', age_ms: expect.any(Number), finish_reason: 'stop' },
    });
    expect(wires.alpha.requests.length).toBe(before);
    // Another's key finds nothing.
    expect(await explained(body, {}, '')).toMatchObject({ cacheable: true, would_hit: false });
  });

  test('what two requests differ in shows by field', async () => {
    const one = (await explained(question('a', { temperature: 0 }))).shaped_by as JsonObject;
    const two = (await explained(question('a', { temperature: 1, user: 'x' })))
      .shaped_by as JsonObject;
    expect(two.messages).toBe(one.messages);
    expect(two.temperature).not.toBe(one.temperature);
    expect(Object.keys(two).sort()).toEqual(['messages', 'temperature']);
  });

  test('each reason has its words', async () => {
    for (const [body, headers, words] of [
      [question('x', { cache: { mode: 'off' } }), {}, 'is "off"'],
      [question('x', { model: 'router/plain' }), {}, 'is "off"'],
      [question('x'), { 'cache-control': 'no-store' }, 'no-store'],
      [question('x'.repeat(70_000)), {}, 'cache.max_request'],
      [question('x', { web_search: true }), {}, 'cache.mode'],
      [
        { model: 'alpha/echo', input: 'x', previous_response_id: 'resp_1' },
        {},
        'previous_response_id',
      ],
    ] as const)
      expect(await explained(body as unknown as JsonObject, headers)).toMatchObject({
        cacheable: false,
        why_not: expect.stringContaining(words),
      });
    expect(await explained(question('x'), { 'cache-control': 'no-cache' })).toMatchObject({
      cacheable: true,
      would_hit: false,
      why_no_hit: expect.stringContaining('no-cache'),
    });
  });

  test('what it is asked wrongly is refused', async () => {
    for (const [query, body, status] of [
      ['?key=key_nobodys', question('x'), 404],
      ['?kee=x', question('x'), 400],
      ['', { messages: [] }, 400],
      ['', question('x', { cache: { ttl: -1 } }), 400],
    ] as const) {
      const reply = await call('POST', `/router/v1/cache:explain${query}`, body as JsonObject);
      expect([query, reply.status]).toEqual([query, status]);
      expect(await reply.json()).toHaveProperty('error.message');
    }
  });
});
