// What requests came to, as the operator asks for it: the sums of the log's rows, by whatever they have in common.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { LogRow } from '../../src/core/log-row.ts';
import type { UsageAnswer, UsageLine, UsageSum } from '../../src/ledger/usage/usage-answer.ts';
import { openWorld, type World } from './four-ways.ts';
import { ADMIN_KEY } from './gateway-under-test.ts';
import { onBothEngines } from './log-engines.ts';

const HELLO = [{ role: 'user', content: 'Hello' }];
const ASKED: readonly (readonly [path: string, body: object])[] = [
  ['/v1/chat/completions', { model: 'alpha/echo', user: 'ann' }],
  ['/v1/chat/completions', { model: 'alpha/echo', user: 'ann', stream: true }],
  ['/v1/chat/completions', { model: 'beta/echo', user: 'bob' }],
  ['/v1/messages', { model: 'beta/echo', max_tokens: 50, metadata: { user_id: 'bob' } }],
  ['/v1/messages', { model: 'alpha/echo+status=429', max_tokens: 50, models: ['beta/echo'] }],
  ['/v1/chat/completions', { model: 'alpha/echo+status=503' }],
  ['/v1/chat/completions', { model: 'alpha/echo+cache-read=1000' }],
];

let world: World;
let rows: readonly LogRow[];
async function get(query: string, key = ADMIN_KEY): Promise<Response> {
  const headers = { authorization: `Bearer ${key}` };
  return fetch(`${world.gateway.url}/router/v1/usage${query}`, { headers });
}

const ask = async (query: string) => (await (await get(query)).json()) as UsageAnswer;

async function refused(query: string): Promise<string> {
  const reply = await get(query);
  expect(reply.status).toBe(400);
  return ((await reply.json()) as { error: { message: string } }).error.message;
}

const cost = (some: readonly LogRow[]) =>
  Math.round(some.reduce((sum, row) => sum + (row.cost_usd ?? 0), 0) * 1e9);
const sum = (some: readonly LogRow[], kind: 'input' | 'output' | 'cache_read') =>
  some.reduce((all, { usage }) => all + (usage[kind] ?? 0), 0);

/** A line against the rows it is of. */
function expectSum(line: Omit<UsageLine, 'at'> | undefined, some: readonly LogRow[]): void {
  const of = (test: (row: LogRow) => boolean) => some.filter(test).length;
  expect(line).toMatchObject({
    requests: some.length,
    errors: of(({ outcome }) => outcome === 'error'),
    aborted: 0,
    rescued: of(({ outcome, attempts }) => outcome === 'ok' && attempts[0]?.success === false),
    attempts: some.flatMap(({ attempts }) => attempts).length,
    cache_hits: 0,
    tokens: {
      input: sum(some, 'input'),
      output: sum(some, 'output'),
      cache_read: sum(some, 'cache_read'),
    },
  });
  expect(Math.round((line?.cost_usd ?? 0) * 1e9)).toBe(cost(some));
}

await onBothEngines(() => {
  beforeAll(async () => {
    world = await openWorld({
      models: [
        '{ id: alpha/echo, price: { input: 1, output: 10 } }',
        '{ id: beta/echo, price: { input: 3, output: 15 } }',
      ],
    });
    for (const [path, body] of ASKED) {
      const reply = await world.gateway.post(path, { ...body, messages: HELLO });
      await reply.text();
    }
    rows = await world.gateway.rows();
  });
  afterAll(() => world.stop());

  describe('usage', () => {
    test('of the last day, altogether', async () => {
      expect(rows).toHaveLength(ASKED.length);
      const answer = await ask('');
      expect(answer.usage).toHaveLength(1);
      expectSum(answer.usage[0], rows);
      expectSum(answer.totals, rows);
      expect(answer).toMatchObject({ interval: null, group_by: [], groups: 1, truncated: false });
      expect(answer.totals.total_ms.p50).toBeGreaterThan(0);
      expect(answer.totals.unpriced).toBe(rows.filter(({ unpriced }) => unpriced).length);
    });

    for (const [name, of] of [
      ['model', (row) => row.model],
      ['provider', (row) => row.provider],
      ['user', (row) => row.user],
      ['key', (row) => row.key_id],
      ['endpoint', (row) => row.endpoint],
    ] as const satisfies readonly (readonly [string, (row: LogRow) => string | null])[])
      test(`by ${name}: each group is the sum of its rows, and there are no others`, async () => {
        const { usage, groups, totals } = await ask(`?group_by=${name}`);
        const expected = Map.groupBy(rows, of);
        expect(groups).toBe(expected.size);
        expect(new Set(usage.map((line) => line[name]))).toEqual(new Set(expected.keys()));
        for (const line of usage) expectSum(line, expected.get(line[name] ?? null) ?? []);
        expectSum(totals, rows);
      });

    test('by two that are summed together, and by two that are not', async () => {
      for (const pair of [
        ['key', 'model'],
        ['user', 'model'],
      ] as const) {
        const { usage } = await ask(`?group_by=${pair.join(',')}`);
        const value = (row: LogRow, name: (typeof pair)[number]) =>
          name === 'key' ? row.key_id : name === 'user' ? row.user : row.model;
        for (const line of usage)
          expectSum(
            line,
            rows.filter((row) => pair.every((name) => value(row, name) === line[name])),
          );
        expect(usage.reduce((all, { requests }) => all + requests, 0)).toBe(rows.length);
      }
    });

    test('with filters, those of rows alone among them', async () => {
      expectSum(
        (await ask('?user=ann')).totals,
        rows.filter(({ user }) => user === 'ann'),
      );
      expectSum(
        (await ask('?status=error')).totals,
        rows.filter(({ outcome }) => outcome === 'error'),
      );
      expectSum(
        (await ask('?model=beta/echo&group_by=user')).totals,
        rows.filter(({ model }) => model === 'beta/echo'),
      );
      expectSum((await ask('?user=nobody')).totals, []);
      expectSum((await ask('?from=1970-01-01&to=9999-12-31&group_by=user')).totals, rows);
      expectSum((await ask('?from=9999-01-01&to=9999-12-31&interval=day')).totals, []);
    });

    test('of attempts: each under what it asked, whoever answered', async () => {
      const attempts = rows.flatMap((row) => row.attempts);
      const { usage, totals } = await ask('?of=attempts&group_by=provider');
      expect(totals.requests).toBe(attempts.length);
      for (const line of usage) {
        const own = attempts.filter(({ provider }) => provider === line.provider);
        expect(line.requests).toBe(own.length);
        expect(line.errors).toBe(own.filter(({ success }) => !success).length);
        const nano = own.reduce(
          (all, attempt) => all + Math.round((attempt.cost_usd ?? 0) * 1e9),
          0,
        );
        expect(Math.round((line.cost_usd ?? 0) * 1e9)).toBe(nano);
      }
    });

    test('the largest first, and the rest as one', async () => {
      const { usage, other, groups, truncated } = await ask(
        '?group_by=model&sort=requests&limit=1',
      );
      const expected = Map.groupBy(rows, ({ model }) => model);
      const largest = Math.max(...[...expected.values()].map(({ length }) => length));
      expect([usage.length, usage[0]?.requests, truncated]).toEqual([1, largest, true]);
      expect(groups).toBe(expected.size);
      expectSum(
        other?.[0],
        rows.filter(({ model }) => model !== usage[0]?.model),
      );
    });

    test('as a series: every hour is there, and they come to the total', async () => {
      const { usage, from, to, totals } = await ask('?interval=hour&from=48h');
      const hours = (Date.parse(to) - Date.parse(from)) / 3_600_000;
      expect(usage).toHaveLength(hours);
      expect(hours).toBeGreaterThanOrEqual(48);
      expect(usage.map(({ at }) => at)).toEqual(
        Array.from({ length: hours }, (_, n) =>
          new Date(Date.parse(from) + n * 3_600_000).toISOString(),
        ),
      );
      expect(usage[0]).toMatchObject({ requests: 0, cost_usd: 0, ttft_ms: { p50: null } });
      expect(usage.reduce((all, { requests }) => all + requests, 0)).toBe(totals.requests);
      expectSum(totals, rows);
    });

    test('of the figures that are asked for, no others', async () => {
      const all = await ask('?group_by=model&limit=1');
      const some = await ask('?group_by=model&limit=1&fields=cost_usd,ttft_ms');
      const picked = ({ cost_usd, ttft_ms }: UsageSum) => ({ cost_usd, ttft_ms });
      expect<object>(some.totals).toEqual(picked(all.totals));
      expect<readonly object[]>(some.usage).toEqual(
        all.usage.map((line) => ({ model: line.model, ...picked(line) })),
      );
      expect<readonly object[]>(some.other ?? []).toEqual((all.other ?? []).map(picked));
      const csv = await (await get('?group_by=model&fields=requests,tokens&format=csv')).text();
      expect(csv.slice(0, csv.indexOf('\r\n'))).toBe(
        'model,other,requests,tokens_input,tokens_cache_read,tokens_cache_write_5m,tokens_cache_write_1h,tokens_output,tokens_reasoning,tokens_audio_in,tokens_audio_out',
      );
    });

    test('as files', async () => {
      const lines = (await (await get('?group_by=model&format=ndjson')).text()).trim().split('\n');
      const { usage } = await ask('?group_by=model');
      expect(lines.map((line) => JSON.parse(line) as UsageLine)).toEqual([...usage]);
      const reply = await get('?group_by=model&format=csv');
      expect(reply.headers.get('content-type')).toStartWith('text/csv');
      const [head = '', ...cells] = (await reply.text()).trim().split('\r\n');
      expect(head).toStartWith('model,other,requests,errors,aborted,rescued,');
      const place = head.split(',').indexOf('tokens_output');
      expect(cells.map((line) => Number(line.split(',')[place]))).toEqual(
        usage.map(({ tokens }) => tokens.output),
      );
    });
  });

  describe('what is refused', () => {
    test('is named, with what there is instead', async () => {
      expect(await refused('?modle=x')).toBe(
        'modle is not a parameter of usage; known are from, to, interval, group_by, model, provider, user, key, router, route, variant, endpoint, status, cache, of, sort, limit, fields, format. Did you mean "model"?',
      );
      expect(await refused('?group_by=color')).toStartWith('group_by cannot be "color": known are');
      expect(await refused('?interval=minute')).toStartWith('interval cannot be "minute"');
      expect(await refused('?from=yesterday')).toStartWith('from must be a time');
      expect(await refused('?from=1h&to=2h')).toBe('from must be before to');
      expect(await refused('?limit=0')).toBe('limit must be a whole number from 1 to 10000');
      expect(await refused('?format=xml')).toBe('format must be one of json, ndjson, csv');
      expect(await refused('?fields=costs')).toStartWith('fields cannot be "costs": known are');
      expect(await refused('?of=attempts&group_by=user')).toStartWith('of attempts are counted by');
      expect(await refused('?interval=hour&from=2000-01-01')).toStartWith('interval makes ');
    });

    test('without the admin key there is nothing', async () => {
      const made = await world.gateway.post('/router/v1/keys', { name: 'limited' });
      const { key } = (await made.json()) as { key: string };
      expect((await get('', key)).status).toBe(403);
      expect((await get('', 'no-key')).status).toBe(401);
    });
  });
});
