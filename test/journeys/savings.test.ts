// What was not spent: the log, the usage API and the metrics tell of every hit what it saved, by kind, and of prompt caches what they took off.
import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { LogRow } from '../../src/core/log-row.ts';
import type { UsageAnswer } from '../../src/ledger/usage/usage-answer.ts';
import {
  ADMIN_KEY,
  type GatewayUnderTest,
  startGateway,
  startTwoWires,
} from './gateway-under-test.ts';
import { onBothEngines } from './log-engines.ts';

const PLAIN = 'alpha/echo+tokens=10';
const SLOW = 'alpha/echo+tokens=20+ttft=400';
const READS = 'beta/echo+tokens=10+cache-read=1000+cache-write=40';
const WRITES = 'beta/echo+tokens=10+cache-write=2000';
const UNKNOWN = 'alpha/nobody-knows';
/** Dollars per million. */
const PRICE = '{ input: 3, output: 15, cache_read: 0.3, cache_write: 3.75 }';
const NOTHING_USED = {
  ...{ input: 0, cache_read: 0, cache_write_5m: 0, cache_write_1h: 0, output: 0 },
  ...{ reasoning: 0, audio_in: 0, audio_out: 0, searches: 0 },
};
const nano = (usd: number | null | undefined) => Math.round((usd ?? Number.NaN) * 1e9);

await onBothEngines((engine) => {
  let wires: ReturnType<typeof startTwoWires>;
  let gateway: GatewayUnderTest;
  beforeAll(async () => {
    wires = startTwoWires();
    const models = [PLAIN, SLOW, READS, WRITES].map((id) => `  - { id: "${id}", price: ${PRICE} }`);
    gateway = await startGateway(`${wires.yaml}${models.join('\n')}\ncache: { mode: exact }\n`);
  });
  afterAll(async () => {
    await gateway.stop();
    await wires.stop();
  });

  let asked = 0;
  const question = () => `Question ${engine} ${asked++}?`;
  const ask = async (model: string, content: string, more: object = {}, headers = {}) => {
    const body = { model, max_tokens: 50, messages: [{ role: 'user', content }], ...more };
    const response = await gateway.post('/v1/chat/completions', body, headers);
    expect(response.status).toBe(200);
    return response.text();
  };
  /** The rows that this made, oldest first. */
  const rowsOf = async (work: () => Promise<unknown>): Promise<readonly LogRow[]> => {
    const before = (await gateway.rows()).length;
    await work();
    return (await gateway.rows()).slice(before);
  };
  const get = async (path: string): Promise<Response> => {
    await gateway.gateway.ledger.flush();
    const headers = { authorization: `Bearer ${ADMIN_KEY}` };
    const response = await fetch(gateway.url + path, { headers });
    expect(response.status).toBe(200);
    return response;
  };
  const usage = async (query: string): Promise<UsageAnswer> =>
    (await get(`/router/v1/usage?${query}`)).json() as Promise<UsageAnswer>;
  const metric = async (line: string): Promise<number> => {
    const text = await (await get('/metrics')).text();
    const found = text.split('\n').find((one) => one.startsWith(`${line} `));
    return Number(found?.slice(line.length + 1));
  };

  test('a hit used nothing and cost nothing, and says what its answer had: streamed or not', async () => {
    const content = question();
    const rows = await rowsOf(async () => {
      await ask(PLAIN, content);
      await ask(PLAIN, content);
      await ask(PLAIN, content, { stream: true });
      await ask(PLAIN, content, { stream: true });
    });
    const [first, second, third, fourth] = rows;
    if (!first || !second || !third || !fourth) throw new Error('four requests, four rows');
    expect(first).toMatchObject({ cache: null, cache_detail: null, saved: null });
    expect(nano(first.cost_usd)).toBeGreaterThan(0);
    for (const [hit, from] of [
      [second, first],
      [fourth, third.cache === null ? third : first],
    ] as const) {
      expect(hit).toMatchObject({
        ...{ outcome: 'ok', status: 200, cache: 'exact', attempts: [], cost_usd: 0 },
        ...{ model: PLAIN, provider: 'alpha', usage: NOTHING_USED, unpriced: false },
        ...{ usage_estimated: false, finish_reason: from.finish_reason },
        prompt_cache_saved_usd: null,
      });
      expect(hit.cache_detail).toEqual({
        ...{ kind: 'exact', from: from.id, similarity: null },
        age_ms: expect.any(Number),
      });
      expect(hit.cache_detail?.age_ms).toBeGreaterThanOrEqual(0);
      expect(hit.saved).toEqual({
        kind: 'exact',
        input_tokens: from.usage.input,
        output_tokens: from.usage.output,
        cost_usd: from.cost_usd,
      });
    }
    const one = (await (await get(`/router/v1/logs/${second.id}`)).json()) as LogRow;
    expect(one).toMatchObject({ saved: second.saved, cache_detail: second.cache_detail });
  });

  test('of one that shares a call under way it is told apart, and counted once', async () => {
    const content = question();
    const rows = await rowsOf(() => Promise.all([1, 2, 3].map(() => ask(SLOW, content))));
    const made = rows.filter(({ cache }) => cache === null);
    const shared = rows.filter(({ cache_detail }) => cache_detail?.kind === 'shared');
    expect([made.length, shared.length]).toEqual([1, 2]);
    for (const row of shared) {
      expect(row).toMatchObject({ cache: 'exact', cost_usd: 0, attempts: [], usage: NOTHING_USED });
      expect(row.cache_detail?.from).toBe(made[0]?.id as string);
      expect(row.saved).toMatchObject({ kind: 'shared', cost_usd: made[0]?.cost_usd });
    }
  });

  test('what an answer had cost that nobody knows is not known to be saved', async () => {
    const content = question();
    const [, hit] = await rowsOf(async () => {
      await ask(UNKNOWN, content);
      await ask(UNKNOWN, content);
    });
    expect(hit).toMatchObject({ cache: 'exact', cost_usd: 0, unpriced: false });
    expect(hit?.saved).toMatchObject({ kind: 'exact', cost_usd: null });
    expect(hit?.saved?.output_tokens).toBeGreaterThan(0);
    const { totals } = await usage(`model=${UNKNOWN}`);
    expect(totals).toMatchObject({ cache_hits: 1, saved_unpriced: 1, unpriced: 1 });
    expect(totals.saved_usd.exact).toBeNull();
  });

  test('a provider’s prompt cache: what it took off, and below 0 what its writes cost more', async () => {
    const [reads, writes] = await rowsOf(async () => {
      await ask(READS, question());
      await ask(WRITES, question());
    });
    for (const [row, sign] of [
      [reads, 1],
      [writes, -1],
    ] as const) {
      const { input, cache_read, cache_write_5m, output } = row?.usage ?? {};
      const all = (input ?? 0) + (cache_read ?? 0) + (cache_write_5m ?? 0);
      // All of it plain, to the billionth.
      const without = all * 3000 + (output ?? 0) * 15_000;
      expect(nano(row?.cost_usd) + nano(row?.prompt_cache_saved_usd)).toBe(without);
      expect(Math.sign(row?.prompt_cache_saved_usd ?? 0)).toBe(sign);
      expect(row?.attempts[0]?.prompt_cache_saved_usd).toBe(row?.prompt_cache_saved_usd as number);
      expect(row?.saved).toBeNull();
    }
    const { usage: lines } = await usage('provider=beta&group_by=model,key');
    const line = lines.find(({ model }) => model === READS);
    const used = reads?.usage;
    const all = (used?.input ?? 0) + (used?.cache_read ?? 0) + (used?.cache_write_5m ?? 0);
    expect(line?.prompt_cache).toEqual({
      read_tokens: used?.cache_read as number,
      write_tokens: used?.cache_write_5m as number,
      fresh_tokens: used?.input as number,
      hit_rate: Math.round(((used?.cache_read ?? 0) / all) * 1e4) / 1e4,
    });
    expect(nano(line?.saved_usd.prompt_cache)).toBe(nano(reads?.prompt_cache_saved_usd));
  });

  test('usage is what the rows say, by any group, in JSON and CSV; and asks of one kind alone', async () => {
    const rows = await gateway.rows();
    const sum = (of: readonly LogRow[], value: (row: LogRow) => number | null | undefined) =>
      of.reduce((all, row) => all + (value(row) ?? 0), 0);
    for (const query of ['', 'group_by=model', 'group_by=model,key', 'group_by=provider,endpoint'])
      for (const line of [(await usage(query)).totals, ...(await usage(query)).usage]) {
        const { model, provider, key } = line as unknown as { [name: string]: unknown };
        const own = rows.filter(
          (row) =>
            (model === undefined || row.model === model) &&
            (provider === undefined || row.provider === provider) &&
            (key === undefined || row.key_id === key),
        );
        expect(line.requests).toBe(own.length);
        const hits = own.filter(({ saved }) => saved !== null);
        expect(line.cache_hits).toBe(hits.length);
        expect(line.cache_hit_rate).toBe(Math.round((hits.length / own.length) * 1e4) / 1e4);
        for (const kind of ['exact', 'semantic', 'shared'] as const) {
          const of = hits.filter(({ saved }) => saved?.kind === kind);
          expect(line.cache_hits_by_kind[kind]).toBe(of.length);
          const usd = sum(of, ({ saved }) => nano(saved?.cost_usd ?? 0));
          expect(nano(line.saved_usd[kind] ?? 0)).toBe(usd);
          const input = sum(of, ({ saved }) => saved?.input_tokens);
          const output = sum(of, ({ saved }) => saved?.output_tokens);
          expect([line.saved_input_tokens[kind], line.saved_output_tokens[kind]]).toEqual([
            input,
            output,
          ]);
        }
        const promptCache = sum(own, (row) => nano(row.prompt_cache_saved_usd ?? 0));
        expect(nano(line.saved_usd.prompt_cache ?? 0)).toBe(promptCache);
      }
    const csv = await (await get('/router/v1/usage?format=csv&group_by=model')).text();
    expect(csv.split('\r\n')[0]).toContain(
      'cache_hits,cache_hits_by_kind_exact,cache_hits_by_kind_semantic,cache_hits_by_kind_shared,cache_hit_rate',
    );
    expect(csv.split('\r\n')[0]).toContain('saved_usd_prompt_cache');
    for (const [cache, kinds] of [
      ['exact', ['exact']],
      ['semantic', ['semantic']],
      ['shared', ['shared']],
      ['any', ['exact', 'semantic', 'shared']],
      ['hit', ['exact', 'semantic', 'shared']],
      ['none', [null]],
      ['miss', [null]],
    ] as const) {
      const wanted = rows.filter((row) => kinds.includes((row.saved?.kind ?? null) as never));
      const listed = (await (await get(`/router/v1/logs?cache=${cache}&limit=1000`)).json()) as {
        logs: readonly LogRow[];
      };
      expect([cache, listed.logs.map(({ id }) => id).sort()]).toEqual([
        cache,
        wanted.map(({ id }) => id).sort(),
      ]);
      expect((await usage(`cache=${cache}`)).totals.requests).toBe(wanted.length);
    }
  });

  test('metrics count what became of each, and what was saved', async () => {
    const results = ['exact', 'shared', 'semantic', 'miss', 'bypass'] as const;
    const of = (result: string) => metric(`switchyard_cache_requests_total{result="${result}"}`);
    const before = await Promise.all(results.map(of));
    const usdBefore = await metric('switchyard_cache_saved_usd_total{kind="exact"}');
    const content = question();
    const [, hit] = await rowsOf(async () => {
      await ask(PLAIN, content);
      await ask(PLAIN, content);
      await ask(PLAIN, content, {}, { 'cache-control': 'no-store' });
      await ask(PLAIN, content, { cache: { mode: 'off' } });
    });
    const after = await Promise.all(results.map(of));
    expect(after.map((count, at) => count - (before[at] ?? 0))).toEqual([1, 0, 0, 1, 2]);
    const usd = await metric('switchyard_cache_saved_usd_total{kind="exact"}');
    expect(nano(usd) - nano(usdBefore)).toBe(nano(hit?.saved?.cost_usd));
    const all = await gateway.rows();
    const worth = (sign: number) =>
      all.reduce((sum, { prompt_cache_saved_usd: saved }) => {
        return Math.sign(saved ?? 0) === sign ? sum + Math.abs(nano(saved)) : sum;
      }, 0);
    const labels = (model: string) => `{provider="beta",model="${model.slice('beta/'.length)}"}`;
    const saved = await metric(`switchyard_prompt_cache_saved_usd_total${labels(READS)}`);
    const extra = await metric(`switchyard_prompt_cache_extra_usd_total${labels(WRITES)}`);
    expect([nano(saved), nano(extra)]).toEqual([worth(1), worth(-1)]);
  });
});
