// The request log as the operator reads it: one whole row for every request, found again by each of its marks.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { LogRow } from '../../src/core/log-row.ts';
import { asArray, asObject, type JsonObject } from '../../src/lib/json.ts';
import { metadataIn, openWorld, type World } from './four-ways.ts';
import { ADMIN_KEY } from './gateway-under-test.ts';
import { onBothEngines } from './log-engines.ts';

let world: World;
/** The rows of everything asked below, oldest first. */
let rows: readonly LogRow[];
let limited: { readonly id: string; readonly key: string };

const HELLO = [{ role: 'user', content: 'a prompt that is nobody’s business' }];
const ASKED: readonly (readonly [
  path: string,
  body: JsonObject,
  headers?: { [name: string]: string },
])[] = [
  ['/v1/chat/completions', { model: 'alpha/echo', user: 'ann' }],
  ['/v1/chat/completions', { model: 'beta/echo', user: 'ann', stream: true }],
  [
    '/v1/messages',
    { model: 'alpha/echo', max_tokens: 50, metadata: { user_id: 'bob', tier: 'gold' } },
  ],
  ['/v1/messages', { model: 'alpha/echo+status=429', max_tokens: 50, models: ['beta/echo'] }],
  ['/v1/messages', { model: 'beta/echo+status=400', max_tokens: 50 }],
  ['/v1/chat/completions', { model: 'alpha/echo+status=503', models: ['beta/echo+status=529'] }],
  ['/v1/chat/completions', { model: 'nowhere/x' }],
  ['/v1/chat/completions', { model: 'alpha/echo', top_k: 5, temperature: 'hot' }],
];

async function get(path: string): Promise<{ readonly status: number; readonly body: JsonObject }> {
  const response = await fetch(`${world.gateway.url}/router/v1/logs${path}`, {
    headers: { authorization: `Bearer ${ADMIN_KEY}` },
  });
  return { status: response.status, body: (await response.json()) as JsonObject };
}

const list = async (query: string) =>
  ((await get(query)).body.logs as unknown as readonly LogRow[]).map(({ id }) => id);
/** The ids of rows by their place, newest first. */
const ids = (...places: readonly number[]) =>
  places.map((place) => rows[place]?.id ?? 'none').toReversed();

await onBothEngines(() => {
  beforeAll(async () => {
    world = await openWorld();
    const made = await world.gateway.post('/router/v1/keys', { name: 'limited' });
    limited = (await made.json()) as typeof limited;
    for (const [path, body] of ASKED) {
      const response = await world.gateway.post(path, { ...body, messages: HELLO });
      await response.text();
    }
    const own = { authorization: `Bearer ${limited.key}` };
    const last = { model: 'alpha/echo', messages: HELLO };
    await (await world.gateway.post('/v1/chat/completions', last, own)).text();
    rows = await world.gateway.rows();
  });
  afterAll(() => world.stop());

  describe('rows', () => {
    test('one for each request, newest first', async () => {
      expect(rows).toHaveLength(ASKED.length + 1);
      const { body } = await get('');
      expect(body.logs).toEqual([...rows].reverse() as never);
      expect(body.next_cursor).toBeNull();
    });

    test('each can be had alone, and is the same', async () => {
      for (const row of rows) {
        const { cost_breakdown: _, ...whole } = (await get(`/${row.id}`)).body;
        const attempts = asArray(whole.attempts).map((attempt) => {
          const { cost_breakdown: _, ...told } = attempt as JsonObject;
          return told;
        });
        expect({ ...whole, attempts }).toEqual(row as never);
      }
    });

    test('a row of a request that has only just ended', async () => {
      const response = await world.gateway.post('/v1/chat/completions', {
        model: 'alpha/echo',
        messages: HELLO,
      });
      const metadata = metadataIn(await response.json());
      const { status, body } = await get(`/${metadata.generation_id}`);
      expect(status).toBe(200);
      expect(body).toMatchObject({ cost_usd: metadata.cost_usd, model: metadata.actual_model });
    });

    test('what each says', () => {
      const told = rows.map((row) => [row.outcome, row.status, row.error?.code ?? null, row.model]);
      expect(told).toEqual([
        ['ok', 200, null, 'alpha/echo'],
        ['ok', 200, null, 'beta/echo'],
        ['ok', 200, null, 'alpha/echo'],
        ['ok', 200, null, 'beta/echo'],
        ['error', 400, 'upstream_invalid_request', null],
        ['error', 503, 'upstream_overloaded', null],
        ['error', 404, 'unknown_provider', null],
        ['error', 400, 'invalid_request', null],
        ['ok', 200, null, 'alpha/echo'],
      ]);
      expect(rows.map(({ attempts }) => attempts.length)).toEqual([1, 1, 1, 2, 1, 3, 0, 0, 1]);
      expect(rows.map(({ user }) => user).slice(0, 3)).toEqual(['ann', 'ann', 'bob']);
      expect(rows[2]?.metadata).toEqual({ user_id: 'bob', tier: 'gold' });
      expect(rows[1]?.stream).toBe(true);
      expect(rows[5]?.requested_model).toBe('alpha/echo+status=503');
    });

    test('a cost that can be checked by hand: by kind, at the prices of then, to the billionth', async () => {
      const nano = (usd: unknown) => Math.round(Number(usd) * 1e9);
      const { body } = await get(`/${rows[3]?.id}`);
      const usage = asObject(body.usage) ?? {};
      // beta/echo: 3 and 15 dollars a million tokens.
      expect(body.cost_breakdown).toEqual({
        input: (Number(usage.input) * 3) / 1e6,
        output: (Number(usage.output) * 15) / 1e6,
      });
      for (const row of rows) {
        const whole = (await get(`/${row.id}`)).body;
        const kinds = Object.values(asObject(whole.cost_breakdown) ?? {});
        if (row.cost_usd === null) expect(whole.cost_breakdown).toBeUndefined();
        else
          expect(kinds.reduce<number>((sum, usd) => sum + nano(usd), 0)).toBe(nano(row.cost_usd));
      }
    });

    test('no word of a prompt or an answer, and no key', () => {
      const text = JSON.stringify(rows);
      for (const secret of [
        'business',
        'simulated answer',
        ADMIN_KEY,
        'alpha-secret',
        'beta-secret',
        limited.key,
      ])
        expect(text).not.toContain(secret);
      for (const line of world.gateway.logged) expect(line).not.toContain('business');
    });

    test.each(['no-such-row', '01a20361-a4fe-7719-89d7-0a6866c1fff2'])(
      'there is no %s',
      async (id) => {
        const { status, body } = await get(`/${id}`);
        expect(status).toBe(404);
        expect(body.error).toMatchObject({ code: 'not_found' });
      },
    );
  });

  describe('filters', () => {
    test('by user', async () => expect(await list('?user=ann')).toEqual(ids(0, 1)));
    test('by provider that answered, or was tried where none did', async () =>
      expect(await list('?provider=beta')).toEqual(ids(1, 3, 4, 5)));
    test('by model that answered', async () =>
      expect(await list('?model=beta/echo')).toEqual(ids(1, 3)));
    test('by model that was asked for', async () =>
      expect(await list('?model=nowhere/x')).toEqual(ids(6)));
    test('by key', async () => expect(await list(`?key=${limited.id}`)).toEqual(ids(8)));
    test.each([
      ['error', [4, 5, 6, 7]],
      ['404', [6]],
      ['4xx', [4, 6, 7]],
      ['5xx', [5]],
      ['aborted', []],
    ])('by status %s', async (status, places) =>
      expect(await list(`?status=${status}`)).toEqual(ids(...places)),
    );
    test('by cache', async () => {
      expect(await list('?cache=hit')).toEqual([]);
      expect((await list('?cache=miss&user=ann')).length).toBe(2);
    });
    test('by time, the beginning included and the end not', async () => {
      const from = rows[3]?.at ?? '';
      const later = rows.filter(({ at }) => at >= from).map(({ id }) => id);
      const found = await list(`?from=${from}`);
      expect(found.filter((id) => rows.some((row) => row.id === id))).toEqual(later.toReversed());
      const earlier = rows.filter(({ at }) => at < from).map(({ id }) => id);
      expect(await list(`?to=${from}`)).toEqual(earlier.toReversed());
      expect(await list(`?from=${Date.now() + 60_000}`)).toEqual([]);
    });
    test.each([
      ['tried=alpha', [0, 2, 3, 5, 8]],
      ['tried=beta', [1, 3, 4, 5]],
      ['tried=alpha/echo%2Bstatus%3D429', [3]],
      ['endpoint=messages', [2, 3, 4]],
      ['endpoint=embeddings', []],
      ['requested_model=nowhere/x', [6]],
      ['error=upstream_invalid_request', [4]],
      ['error=unknown_provider', [6]],
      ['min_total_ms=3600000', []],
      ['min_cost_usd=1000', []],
      ['unpriced=true', []],
      ['estimated=true', []],
      ['resumed=true', []],
      ['route=none', []],
      ['variant=none', []],
      [`trace=${'0'.repeat(31)}1`, []],
    ])('by %s', async (query, places) => {
      const found = await list(`?from=1h&${query}`);
      expect(found.filter((id) => rows.some((row) => row.id === id))).toEqual(ids(...places));
    });
    test("by the caller's trace", async () => {
      const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
      const headers = { traceparent: `00-${trace}-00f067aa0ba902b7-01` };
      const asked = { model: 'alpha/echo', messages: HELLO };
      const response = await world.gateway.post('/v1/chat/completions', asked, headers);
      await response.text();
      await world.gateway.gateway.ledger.flush();
      const id = response.headers.get('x-generation-id') ?? 'none';
      expect(await list(`?trace=${trace.toUpperCase()}`)).toEqual([id]);
      expect((await get(`/${id}`)).body).toMatchObject({
        trace_id: trace,
        parent_span_id: '00f067aa0ba902b7',
      });
    });
    test('by cost and time, the end included', async () => {
      const costly = rows.reduce((one, other) =>
        (other.cost_usd ?? 0) > (one.cost_usd ?? 0) ? other : one,
      );
      expect(await list(`?min_cost_usd=${costly.cost_usd}`)).toContain(costly.id);
      const above = (costly.cost_usd ?? 0) + 1e-9;
      expect(await list(`?min_cost_usd=${above.toFixed(9)}`)).not.toContain(costly.id);
      const [row] = rows;
      expect(await list(`?min_total_ms=${row?.total_ms}`)).toContain(row?.id ?? 'none');
      expect(await list(`?unpriced=false&resumed=false&user=ann`)).toEqual(ids(0, 1));
    });

    test('together', async () => {
      expect(await list('?user=ann&provider=beta&status=ok')).toEqual(ids(1));
      expect(await list('?user=bob&provider=beta')).toEqual([]);
    });

    test.each([1, 2, 3])('page by page, %d at a time', async (size) => {
      const found: string[] = [];
      let cursor = '';
      do {
        const { body } = await get(
          `?limit=${size}&to=${Date.now()}${cursor === '' ? '' : `&cursor=${cursor}`}`,
        );
        const page = asArray(body.logs) as unknown as readonly LogRow[];
        expect(page.length).toBeLessThanOrEqual(size);
        found.push(...page.map(({ id }) => id));
        cursor = (body.next_cursor as string | null) ?? '';
      } while (cursor !== '');
      expect(found).toEqual(await list(''));
    });

    test.each([
      ['?limit=0', 'limit'],
      ['?limit=100000', 'limit'],
      ['?status=sad', 'status'],
      ['?from=yesterday', 'from'],
      ['?cursor=nonsense', 'cursor'],
      ['?cache=maybe', 'cache'],
      ['?colour=blue', 'colour'],
      ['?error=bad', 'error'],
      ['?tried=alpha', 'tried'],
      ['?unpriced=maybe', 'unpriced'],
      ['?trace=1', 'trace'],
      ['?min_cost_usd=cheap', 'min_cost_usd'],
    ])('%s is refused by its name', async (query, name) => {
      const { status, body } = await get(query);
      expect(status).toBe(400);
      expect(body.error).toMatchObject({ code: 'invalid_request', param: name });
    });
  });
});
