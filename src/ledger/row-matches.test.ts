// What a filter lets through is the same in memory as in the database, each parameter alone and all together.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { startPostgres } from '../../test/postgres.ts';
import type { AttemptOutcome, Exchange } from '../core/exchange.ts';
import type { RequestsTable } from '../store/tables.ts';
import { openLogStore } from './engine/open-log-store.ts';
import { parseLogFilter, parseTailFilter } from './log-filter.ts';
import type { LogPlace, LogStore } from './log-store.ts';
import { rowMatches } from './row-matches.ts';
import { sampleExchange } from './sample-exchange.ts';
import { toStoredRow } from './stored-row.ts';

const AT = Date.UTC(2026, 10, 22, 10);
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const [sample] = sampleExchange().attempts;
if (sample === undefined) throw new Error('The sample has no attempt.');
const tried = (provider: string, model: string): AttemptOutcome => ({
  ...sample,
  provider,
  model: `${provider}/${model}`,
  // Names in a text are not names of members.
  message: '"provider":"groq" and "model":"groq/m"',
});

const CHANGES: readonly Partial<Exchange>[] = [
  {},
  { user: 'ann', keyId: 'key_2', traceId: TRACE, costNano: null, unpriced: true },
  { routerId: 'voice', routeId: 'fast', variantId: 'a', requestedModel: 'router/voice' },
  { routerId: 'voice', routeId: 'fast', variantId: 'b', requestedModel: 'router/voice' },
  {
    outcome: 'error',
    status: 503,
    errorCode: 'upstream_overloaded',
    model: null,
    provider: null,
    attempts: [tried('openai', 'gpt-5.4'), tried('azure', 'gpt-5.4')],
  },
  { attempts: [tried('azure', 'gpt-5.4'), sample], resumed: true, costNano: 50_000_000 },
  {
    outcome: 'error',
    status: 404,
    errorCode: 'unknown_provider',
    model: null,
    provider: null,
    attempts: [],
  },
  { outcome: 'aborted', status: 499, errorCode: 'client_closed', usageEstimated: true },
  { cache: 'exact', costNano: 0, totalMs: 2 },
  { cache: 'semantic', endpoint: 'embeddings', totalMs: 90_000 },
  { attempts: [tried('odd "name"', 'x')], provider: 'odd "name"', model: 'odd "name"/x' },
];

const ASKED: { readonly [name: string]: readonly string[] } = {
  user: ['ann', 'user-17', 'nobody'],
  key: ['key_2', 'nokey'],
  router: ['voice'],
  route: ['fast', 'slow'],
  variant: ['a', 'b'],
  endpoint: ['embeddings', 'chat.completions'],
  model: ['openai/gpt-5.4', 'router/voice', 'nothing'],
  requested_model: ['router/voice', 'openai/gpt-5.4'],
  provider: ['openai', 'azure', 'groq', 'odd "name"'],
  tried: ['azure', 'azure/gpt-5.4', 'openai', 'groq', 'groq/m', 'odd "name"/x'],
  status: ['ok', 'error', 'aborted', '4xx', '503'],
  error: ['upstream_overloaded', 'client_closed'],
  cache: ['hit', 'miss', 'exact', 'semantic'],
  min_cost_usd: ['0', '0.0040125', '0.004012501', '0.05'],
  min_total_ms: ['2', '2.5', '90000', '90000.001'],
  unpriced: ['true', 'false'],
  estimated: ['true', 'false'],
  resumed: ['true', 'false'],
  trace: [TRACE, TRACE.toUpperCase(), '0'.repeat(32)],
};

const folder = mkdtempSync(join(tmpdir(), 'switchyard-matches-'));
const postgres = await startPostgres();
afterAll(async () => {
  await postgres?.end();
  rmSync(folder, { recursive: true, force: true });
});

agreesWith('SQLite', async () => ({ engine: 'sqlite', dataDir: folder }));
if (postgres !== null)
  agreesWith('PostgreSQL', async () => ({ engine: 'postgres', url: await postgres.database() }));

function agreesWith(engine: string, place: () => Promise<LogPlace>): void {
  describe(engine, () => agree(place));
}

function agree(place: () => Promise<LogPlace>): void {
  let store: LogStore;
  let rows: readonly RequestsTable[];

  beforeAll(async () => {
    store = await openLogStore(await place(), { write: true });
    rows = CHANGES.map((change, index) =>
      toStoredRow(sampleExchange({ at: AT + index, ...change })),
    );
    await store.insert(rows);
  });
  afterAll(() => store.close());

  async function both(query: { readonly [name: string]: string }) {
    const listed = await store.list(parseLogFilter({ ...query, from: String(AT) }, AT + 1000));
    const filter = parseTailFilter(query);
    const passed = rows.filter((row) => rowMatches(row, filter));
    return { listed: listed.map(({ id }) => id), passed: passed.map(({ id }) => id).toReversed() };
  }

  describe('alone', () => {
    const each = Object.entries(ASKED).flatMap(([name, texts]) =>
      texts.map((text) => [name, text]),
    );
    test.each(each as [string, string][])('%s=%s', async (name, text) => {
      const { listed, passed } = await both({ [name]: text });
      expect(passed).toEqual(listed);
    });

    test('each parameter lets something through and keeps something back', async () => {
      for (const [name, texts] of Object.entries(ASKED)) {
        const counts = await Promise.all(
          texts.map(async (text) => (await both({ [name]: text })).listed.length),
        );
        expect([name, counts.some((n) => n > 0), counts.some((n) => n < rows.length)]).toEqual([
          name,
          true,
          true,
        ]);
      }
    });

    test.each([
      ['tried', 'azure', [4, 5]],
      ['tried', 'groq', []],
      ['provider', 'azure', [4]],
      ['error', 'upstream_overloaded', [4]],
      ['min_cost_usd', '0.05', [5]],
      ['unpriced', 'true', [1]],
      ['estimated', 'true', [7]],
      ['resumed', 'true', [5]],
      ['trace', TRACE.toUpperCase(), [1]],
      ['variant', 'b', [3]],
      ['endpoint', 'embeddings', [9]],
      ['requested_model', 'router/voice', [2, 3]],
    ] as const)('%s=%s are rows %p', async (name, text, places) => {
      const { listed } = await both({ [name]: text });
      expect(listed).toEqual(places.map((place) => rows[place]?.id ?? '').toReversed());
    });
  });

  test('together: each parameter takes away more', async () => {
    const queries = fc.record(
      Object.fromEntries(
        Object.entries(ASKED).map(([name, texts]) => [name, fc.constantFrom(...texts)]),
      ),
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(queries, async (query) => {
        const { listed, passed } = await both(query as { [name: string]: string });
        expect(passed).toEqual(listed);
        let alone = rows.map(({ id }) => id).toReversed();
        for (const [name, text] of Object.entries(query)) {
          const { passed: one } = await both({ [name]: String(text) });
          alone = alone.filter((id) => one.includes(id));
        }
        expect(listed).toEqual(alone);
      }),
      { numRuns: 60 },
    );
  });
}
