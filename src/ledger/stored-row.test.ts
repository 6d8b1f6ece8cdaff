// A row says what its exchange said: written to a real database and read back.
import { Database } from 'bun:sqlite';
import { describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import type { AttemptOutcome, Exchange } from '../core/exchange.ts';
import { UNKNOWN_USAGE, type Usage } from '../core/usage.ts';
import { up as requests } from '../store/migrations/002-requests.ts';
import { up as units } from '../store/migrations/003-units.ts';
import type { RequestsTable } from '../store/tables.ts';
import { LOG_MIGRATIONS } from './engine/migrations/index.ts';
import { openLogStore } from './engine/open-log-store.ts';
import { WRITTEN_COLUMNS } from './engine/stored-values.ts';
import { sampleExchange } from './sample-exchange.ts';
import { fromStoredRow, toLogRow, toStoredRow } from './stored-row.ts';

function dayFile(): Database {
  const sqlite = new Database(':memory:');
  for (const { day } of LOG_MIGRATIONS) for (const step of day) sqlite.run(step);
  return sqlite;
}

const text = fc.string({ unit: 'grapheme', maxLength: 30 });
const maybe = <T>(some: fc.Arbitrary<T>) => fc.option(some, { nil: null });
const count = maybe(fc.nat(2 ** 40));
const ms = fc.double({ min: 0, max: 1e7, noNaN: true });
const usage: fc.Arbitrary<Usage> = fc.record({
  input: count,
  cacheRead: count,
  cacheWrite5m: count,
  cacheWrite1h: count,
  output: count,
  reasoning: count,
  audioIn: count,
  audioOut: count,
  searches: count,
});
const code = fc.constantFrom(
  'upstream_error' as const,
  'internal' as const,
  'client_closed' as const,
);
const attempt: fc.Arbitrary<AttemptOutcome> = fc.record({
  provider: text,
  model: text,
  key: maybe(text),
  success: fc.boolean(),
  status: maybe(fc.integer({ min: 100, max: 599 })),
  error: maybe(code),
  message: maybe(text),
  startMs: ms,
  ttftMs: maybe(ms),
  durationMs: ms,
  usage,
  costNano: count,
  price: maybe(text),
});
const exchange: fc.Arbitrary<Exchange> = fc
  .record({
    endpoint: text,
    stream: fc.boolean(),
    user: maybe(text),
    keyId: maybe(text),
    requestedModel: text,
    model: maybe(text),
    provider: maybe(text),
    routerId: maybe(text),
    routeId: maybe(text),
    variantId: maybe(text),
    reasoning: text,
    attempts: fc.array(attempt, { maxLength: 3 }),
    outcome: fc.constantFrom('ok' as const, 'error' as const, 'aborted' as const),
    status: fc.integer({ min: 100, max: 599 }),
    errorCode: maybe(code),
    finishReason: maybe(text),
    usage,
    usageEstimated: fc.boolean(),
    costNano: count,
    resumed: fc.boolean(),
    cache: fc.constantFrom(null, 'exact' as const, 'semantic' as const),
    simulated: fc.boolean(),
    losses: fc.array(text, { maxLength: 3 }),
    facts: maybe(fc.dictionary(text, fc.oneof(fc.string(), fc.integer(), fc.boolean()))),
    metadata: maybe(fc.dictionary(text, fc.jsonValue({ maxDepth: 2 }))),
    ttftMs: maybe(ms),
    totalMs: ms,
  })
  .map((change) => sampleExchange({ ...change, at: 1_795_000_000_000 }));

describe('a stored row', () => {
  test('has a value for every column of the table, and no other', () => {
    const columns = dayFile().query<{ name: string }, []>('PRAGMA table_info(requests)').all();
    expect(columns.map((column) => column.name).sort()).toEqual([...WRITTEN_COLUMNS].sort());
  });

  test('is the same after the database', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'switchyard-row-'));
    const store = await openLogStore({ engine: 'sqlite', dataDir }, { write: true });
    await fc.assert(
      fc.asyncProperty(exchange, async (one) => {
        const row = toStoredRow(one);
        await store.insert([row]);
        expect(await store.get(one.id)).toEqual(row);
      }),
    );
    await store.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  test('keeps every fact of its exchange', () => {
    fc.assert(
      fc.property(exchange, (one) => {
        const row = toLogRow(one);
        expect<object>(row.usage).toEqual(publicUsage(one.usage));
        expect(row.cost_usd).toBe(one.costNano === null ? null : one.costNano / 1e9);
        // As JSON: that is how metadata came, and -0 is not told from 0 in it.
        expect(row.metadata).toEqual(JSON.parse(JSON.stringify(one.metadata)));
        expect(row.losses).toEqual([...one.losses]);
        expect(row.attempts.map((a) => [a.model, a.provider, a.key, a.message, a.error])).toEqual(
          one.attempts.map((a) => [a.model, a.provider, a.key, a.message, a.error]),
        );
        expect<object[]>(row.attempts.map((a) => a.usage)).toEqual(
          one.attempts.map((a) => publicUsage(a.usage)),
        );
        const facts = [
          row.user,
          row.key_id,
          row.model,
          row.provider,
          row.requested_model,
          row.status,
        ];
        const told = [one.user, one.keyId, one.model, one.provider, one.requestedModel, one.status];
        expect<unknown[]>(facts).toEqual(told);
        expect([row.stream, row.simulated, row.usage_estimated]).toEqual([
          one.stream,
          one.simulated,
          one.usageEstimated,
        ]);
      }),
    );
  });
});

function publicUsage(of: Usage): object {
  return {
    input: of.input,
    cache_read: of.cacheRead,
    cache_write_5m: of.cacheWrite5m,
    cache_write_1h: of.cacheWrite1h,
    output: of.output,
    reasoning: of.reasoning,
    audio_in: of.audioIn,
    audio_out: of.audioOut,
    searches: of.searches,
  };
}

describe('a log row', () => {
  test('of a fallback, whole', () => {
    const sample = sampleExchange({ at: Date.UTC(2026, 10, 22, 10, 0, 0, 7) });
    const unknown = {
      ...sample.usage,
      input: null,
      cacheRead: null,
      output: null,
      reasoning: null,
    };
    const failed: AttemptOutcome = {
      provider: 'groq',
      model: 'groq/openai/gpt-oss-120b',
      key: 'key-2',
      success: false,
      status: 429,
      error: 'upstream_rate_limited',
      message: 'Rate limit reached',
      startMs: 1.5,
      ttftMs: null,
      durationMs: 12,
      usage: { ...unknown, tier: 'batch', billed: { input: 5, output: 1 }, cachedAudio: 3 },
      costNano: null,
      price: null,
      unpriced: true,
      estimated: true,
      deliveredTokens: 7,
    };
    const row = toLogRow({
      ...sample,
      attempts: [failed, ...sample.attempts],
      losses: ['messages[3].content[0]: audio dropped'],
    });
    const usage = {
      input: 812,
      cache_read: 0,
      cache_write_5m: null,
      cache_write_1h: null,
      output: 220,
      reasoning: 64,
      audio_in: null,
      audio_out: null,
      searches: null,
    };
    const none = {
      input: null,
      cache_read: null,
      cache_write_5m: null,
      cache_write_1h: null,
      output: null,
      reasoning: null,
      audio_in: null,
      audio_out: null,
      searches: null,
    };
    expect(row).toEqual({
      id: sample.id,
      generation_id: sample.id,
      at: '2026-11-22T10:00:00.007Z',
      endpoint: 'chat.completions',
      dialect: 'openai-chat',
      stream: true,
      key_id: 'key_1',
      user: 'user-17',
      requested_model: 'openai/gpt-5.4',
      model: 'openai/gpt-5.4',
      provider: 'openai',
      router_id: null,
      route_id: null,
      variant_id: null,
      reasoning: sample.reasoning,
      attempts: [
        {
          model: 'groq/openai/gpt-oss-120b',
          provider: 'groq',
          key: 'key-2',
          success: false,
          status_code: 429,
          error: 'upstream_rate_limited',
          message: 'Rate limit reached',
          start_ms: 1.5,
          time_to_first_token_ms: null,
          duration_ms: 12,
          usage: none,
          billing: { cached_audio: 3, tier: 'batch', billed: { input: 5, output: 1 } },
          cost_usd: null,
          price: null,
          unpriced: true,
          estimated: true,
          delivered_tokens: 7,
        },
        {
          model: 'openai/gpt-5.4',
          provider: 'openai',
          key: 'OPENAI_API_KEY',
          success: true,
          status_code: 200,
          error: null,
          message: null,
          start_ms: 0.25,
          time_to_first_token_ms: 320.25,
          duration_ms: 808.5,
          usage,
          cost_usd: 0.0040125,
          price: 'f3a9c1d2e4b50617',
        },
      ],
      outcome: 'ok',
      status: 200,
      error: null,
      finish_reason: 'stop',
      usage,
      usage_estimated: false,
      cost_usd: 0.0040125,
      unpriced: false,
      delivered_tokens: null,
      resumed: false,
      cache: null,
      cache_detail: null,
      saved: null,
      prompt_cache_saved_usd: null,
      simulated: false,
      losses: ['messages[3].content[0]: audio dropped'],
      facts: null,
      metadata: { tier: 'pro', seats: 12 },
      trace_id: null,
      parent_span_id: null,
      ttft_ms: 320.25,
      total_ms: 820.75,
    });
  });

  test('of a failure names the error', () => {
    const row = toLogRow(
      sampleExchange({
        outcome: 'error',
        status: 502,
        errorCode: 'upstream_error',
        errorMessage: 'It fell over.',
        model: null,
        provider: null,
      }),
    );
    expect(row).toMatchObject({
      outcome: 'error',
      status: 502,
      error: { code: 'upstream_error', message: 'It fell over.' },
      model: null,
      provider: null,
    });
  });

  test('reads what somebody spoiled by hand without falling over', () => {
    const stored = {
      ...toStoredRow(sampleExchange()),
      attempts: '[{"provider":1},7]',
      metadata: '[]',
      losses: 'x',
    };
    const row = fromStoredRow(stored);
    expect(row.attempts).toHaveLength(2);
    expect(row.attempts[0]).toMatchObject({ provider: '', success: false, cost_usd: null });
    expect([row.metadata, row.losses]).toEqual([null, []]);
  });
});

describe('what is not counted in tokens', () => {
  test('is in the row where there is some, and absent where there is none', () => {
    const units = { images: 2, characters: 700, seconds: 36.7 };
    const row = toLogRow(sampleExchange({ usage: { ...UNKNOWN_USAGE, ...units } }));
    expect(row.usage).toMatchObject(units);
    const none = toLogRow(sampleExchange({ usage: UNKNOWN_USAGE }));
    expect(Object.keys(none.usage).filter((kind) => kind in units)).toEqual([]);
  });

  test('rows written before it was counted are read as they were', () => {
    const sqlite = new Database(':memory:');
    requests(sqlite);
    sqlite.run("INSERT INTO requests (id, at, attempts) VALUES ('a', 0, '[]')");
    units(sqlite);
    const row = sqlite.query<RequestsTable, []>('SELECT * FROM requests').get();
    expect(row && Object.keys(fromStoredRow(row).usage)).not.toContain('images');
  });
});

describe('an only attempt', () => {
  const [whole] = sampleExchange().attempts;
  if (whole === undefined) throw new Error('the sample has none');
  const read = (change: Partial<AttemptOutcome>, row: Partial<Exchange> = {}) =>
    toLogRow(sampleExchange({ attempts: [{ ...whole, ...change }], ...row })).attempts;

  test('does not repeat what its row says, and reads as if it did', () => {
    const stored = toStoredRow(sampleExchange());
    for (const member of ['usage', 'cost_nano', 'time_to_first_token_ms', 'null'])
      expect(stored.attempts).not.toContain(member);
    expect(read({})[0]).toMatchObject({
      usage: { input: 812, output: 220, audio_in: null },
      cost_usd: 0.0040125,
      time_to_first_token_ms: 320.25,
    });
    // As one of two, which are stored whole.
    const two = toLogRow(sampleExchange({ attempts: [whole, whole] })).attempts;
    expect(read({})[0]).toEqual(two[0] as (typeof two)[number]);
  });

  test('keeps what differs from its row, and what it does not know', () => {
    const [other] = read({ ttftMs: null, costNano: null, usage: { ...UNKNOWN_USAGE, output: 1 } });
    expect(other).toMatchObject({ time_to_first_token_ms: null, cost_usd: null });
    expect(other?.usage).toMatchObject({ input: null, output: 1 });
    const [none] = read(
      { usage: UNKNOWN_USAGE, ttftMs: 5, costNano: 0 },
      { ttftMs: null, costNano: null },
    );
    expect(none).toMatchObject({ time_to_first_token_ms: 5, cost_usd: 0, usage: { input: null } });
    const [tiered] = read({ usage: { ...whole.usage, tier: 'flex' } });
    expect(tiered).toMatchObject({ billing: { tier: 'flex' }, usage: { input: 812 } });
  });
});
