// Rows for tests of usage, logs to put them in on both engines, and what must be told of them: plain sums.
import { expect } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Exchange } from '../src/core/exchange.ts';
import { openLogStore } from '../src/ledger/engine/open-log-store.ts';
import type { LogStore } from '../src/ledger/log-store.ts';
import { sampleExchange } from '../src/ledger/sample-exchange.ts';
import { toStoredRow } from '../src/ledger/stored-row.ts';
import { ALL_FIGURES, type Figures, figuresOf } from '../src/ledger/usage/fields.ts';
import type { UsageResult } from '../src/ledger/usage/read-usage.ts';
import { PLACE, type Sum } from '../src/ledger/usage/sums.ts';
import { NAMES, type Name, type UsageQuery } from '../src/ledger/usage/usage-query.ts';
import { DAY_MS, HOUR_MS } from '../src/lib/utc-day.ts';
import { endOf, startOf } from '../src/lib/utc-periods.ts';
import type { RequestsTable } from '../src/store/tables.ts';
import { startPostgres } from './postgres.ts';

export const NOW = Date.UTC(2026, 10, 22, 15, 20);
export const FIRST = NOW - 24 * DAY_MS;

export interface LogStores {
  /** An empty log; null where there is no PostgreSQL. */
  open(engine: LogStore['engine']): Promise<LogStore | null>;
  end(): Promise<void>;
}

export async function startLogStores(): Promise<LogStores> {
  const postgres = await startPostgres();
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-usage-'));
  const opened: LogStore[] = [];
  return {
    async open(engine) {
      if (engine === 'postgres' && postgres === null) return null;
      const store = await openLogStore(
        engine === 'postgres'
          ? { engine, url: (await postgres?.database()) ?? '' }
          : { engine, dataDir: mkdtempSync(join(folder, 'data-')) },
        { write: true },
      );
      opened.push(store);
      return store;
    },
    async end() {
      for (const store of opened) await store.close();
      await postgres?.end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export type Chance = (below: number) => number;
export function chanceFrom(seed: number): Chance {
  let state = seed * 2_654_435_761 + 1;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}

export function rowAt(at: number, chance: Chance): RequestsTable {
  const of = <T>(...values: readonly T[]): T => values[chance(values.length)] as T;
  const known = of(true, true, true, false);
  const model = of('openai/gpt-5.4', 'openai/gpt-5.4-mini', 'anthropic/claude-sonnet-4-6');
  const router = of(null, 'support', 'sales');
  const [attempt] = sampleExchange().attempts;
  if (attempt === undefined) throw new RangeError('no attempt');
  const costNano = known ? chance(90_000_000) : null;
  const answering = {
    ...attempt,
    model,
    provider: model.split('/')[0] ?? '',
    costNano,
    ttftMs: of(null, chance(3000)),
    success: known,
  };
  const failed = { ...attempt, success: false, costNano: null, ttftMs: null };
  const usage = {
    ...attempt.usage,
    input: of(null, chance(10_000)),
    cacheRead: of(null, chance(900)),
    output: chance(4000),
    seconds: chance(100) / 4,
  };
  const kind = of(null, null, null, 'exact' as const, 'semantic' as const, 'shared' as const);
  const isSavingKnown = chance(4) !== 0;
  const change: Partial<Exchange> = {
    at,
    endpoint: of('chat.completions', 'messages'),
    keyId: of(null, 'key_1', 'key_2', 'key_3'),
    user: of(null, 'ann', 'bob', 'ann\u00e9', 'User "x"', "o'hara"),
    model: known ? model : null,
    provider: known ? answering.provider : null,
    routerId: router,
    routeId: router === null ? null : 'default',
    variantId: router === null ? null : of('a', 'b'),
    attempts: chance(4) === 0 ? [failed, answering] : [answering],
    outcome: known ? 'ok' : of('error', 'aborted'),
    status: known ? 200 : of(502, 499),
    usage,
    usageEstimated: chance(5) === 0,
    costNano,
    unpriced: costNano === null,
    cache: kind === 'shared' ? 'exact' : kind,
    ...(kind === null
      ? {}
      : {
          recall: {
            ...{
              kind,
              from: 'another',
              model,
              provider: answering.provider,
              ageMs: chance(60_000),
            },
            ...{ similarity: null, simulated: false, losses: [] },
            saved: {
              usage: { ...usage, cacheRead: null, output: of(null, chance(700)) },
              costNano: isSavingKnown ? chance(50_000_000) : null,
              estimated: false,
            },
          },
        }),
    ...(chance(3) === 0 ? { promptCacheNano: of(null, chance(9_000_000) - 3_000_000) } : {}),
    ttftMs: of(null, chance(3000)),
    totalMs: chance(9000) / 2,
  };
  return toStoredRow(sampleExchange(change));
}

/** Mostly of a few hours, so that hours have several rows. */
export function timeFrom(chance: Chance): number {
  const day = FIRST + chance(25) * DAY_MS;
  const at = startOf('day', day) + chance(4) * 5 * HOUR_MS + chance(HOUR_MS);
  return Math.min(at, NOW - 1);
}

function plain(rows: readonly RequestsTable[], query: UsageQuery, stretch: UsageResult['stretch']) {
  const lines = new Map<string, RequestsTable[]>();
  for (const row of rows) {
    if (row.at < stretch.from || row.at >= stretch.to) continue;
    const names = Object.entries(query.filter) as [Name, string][];
    if (names.some(([name, value]) => row[NAMES[name]] !== value)) continue;
    if (query.cache !== undefined && (query.cache === 'hit') !== (row.cache !== null)) continue;
    if (query.status !== undefined && 'outcome' in query.status)
      if (row.outcome !== query.status.outcome) continue;
    const group = query.groupBy.map((name) => row[NAMES[name]] ?? '');
    const at = query.interval === null ? 0 : startOf(query.interval, row.at);
    const key = JSON.stringify([at, ...group]);
    const line = lines.get(key);
    if (line === undefined) lines.set(key, [row]);
    else line.push(row);
  }
  return lines;
}

/** In a form that two can be compared in; percentiles apart. What is not asked for is 0. */
const told = (sum: Sum, { measures }: Figures) => asked([...sum.values], measures);

const asked = (values: readonly number[], measures: Figures['measures']) =>
  values.map((value, place) =>
    measures.some((measure) => PLACE[measure] === place) ? Math.round(value * 1000) : 0,
  );

function toldOf(rows: readonly RequestsTable[], { measures }: Figures = ALL_FIGURES): number[] {
  const values = Object.keys(PLACE).map(() => 0);
  const add = (measure: keyof typeof PLACE, value: number | null) => {
    values[PLACE[measure]] = (values[PLACE[measure]] ?? 0) + (value ?? 0);
  };
  for (const row of rows) {
    const attempts = JSON.parse(row.attempts) as { success: boolean }[];
    add('requests', 1);
    add('errors', row.outcome === 'error' ? 1 : 0);
    add('aborted', row.outcome === 'aborted' ? 1 : 0);
    add('attempts', attempts.length);
    add('rescued', row.outcome === 'ok' && attempts.length > 1 && !attempts[0]?.success ? 1 : 0);
    add('cache_hits', row.cache === null ? 0 : 1);
    addSaved(add, row);
    add('unpriced', row.unpriced);
    add('estimated', row.usage_estimated);
    for (const measure of [
      ...(['cost_nano', 'input_tokens', 'cache_read_tokens', 'cache_write_5m_tokens'] as const),
      ...(['cache_write_1h_tokens', 'output_tokens', 'reasoning_tokens'] as const),
      ...(['audio_in_tokens', 'audio_out_tokens', 'searches', 'images', 'characters'] as const),
      'audio_seconds' as const,
    ])
      add(measure, row[measure]);
  }
  return asked(values, measures);
}

function addSaved(
  add: (measure: keyof typeof PLACE, value: number | null) => void,
  row: RequestsTable,
): void {
  add('prompt_cache_nano', row.prompt_cache_nano);
  if (row.cache === null) return;
  add('saved_unpriced', row.saved_nano === null ? 1 : 0);
  add('saved_nano', row.saved_nano);
  add('saved_input_tokens', row.saved_input_tokens);
  add('saved_output_tokens', row.saved_output_tokens);
  if (row.cache === 'exact') return;
  const kind = row.cache === 'semantic' ? 'semantic' : 'shared';
  add(`${kind}_hits`, 1);
  add(`saved_${kind}_nano`, row.saved_nano);
  add(`saved_${kind}_input`, row.saved_input_tokens);
  add(`saved_${kind}_output`, row.saved_output_tokens);
}

function expectNear(near: number | null, values: readonly number[], share: number): void {
  if (values.length === 0) {
    expect(near).toBeNull();
    return;
  }
  const sorted = values.toSorted((a, b) => a - b);
  const exact = sorted[Math.ceil(sorted.length * share) - 1] ?? 0;
  expect(Math.abs((near ?? Number.NaN) - exact)).toBeLessThanOrEqual(
    Math.max(exact * 0.0202, 1.03),
  );
}

/** Everything an answer says, against the rows. */
export function expectPlain(result: UsageResult, rows: readonly RequestsTable[]): void {
  const { query, stretch } = result;
  const expected = plain(rows, query, stretch);
  const figures = figuresOf(query);
  const groups = new Set(
    [...expected.keys()].map((key) => JSON.stringify(JSON.parse(key).slice(1))),
  );
  if (query.groupBy.length > 0) expect(result.groups).toBe(groups.size);
  const seen = new Set<string>();
  for (const { at, combination, sum } of result.lines) {
    const key = JSON.stringify([at, ...combination]);
    expect(seen.has(key)).toBe(false);
    seen.add(key);
    const own = expected.get(key) ?? [];
    expect([key, told(sum, figures)]).toEqual([key, toldOf(own, figures)]);
    const waits = own.flatMap(({ ttft_ms }) => ttft_ms ?? []);
    if (figures.ttft) expectNear(sum.ttft.percentiles().p50, waits, 0.5);
    if (figures.ttft) expectNear(sum.ttft.percentiles().p99, waits, 0.99);
    const took = own.map(({ total_ms }) => total_ms);
    if (figures.total) expectNear(sum.total.percentiles().p95, took, 0.95);
  }
  const rest = [...expected].filter(([key]) => !seen.has(key));
  expectLargest(result, expected);
  if (result.groups <= query.limit) expect(rest).toEqual([]);
  for (const other of result.others) {
    const own = rest.filter(([key]) => JSON.parse(key)[0] === other.at).flatMap(([, some]) => some);
    expect(told(other.sum, figures)).toEqual(toldOf(own, figures));
    const waits = own.flatMap(({ ttft_ms }) => ttft_ms ?? []);
    if (figures.ttft) expectNear(other.sum.ttft.percentiles().p95, waits, 0.95);
  }
  expect(told(result.totals, figures)).toEqual(toldOf([...expected.values()].flat(), figures));
  if (query.interval !== null) expectEveryInterval(result, query.interval);
}

/** No group that is left out is larger than one that is told. */
function expectLargest(
  { query, lines }: UsageResult,
  expected: ReadonlyMap<string, readonly RequestsTable[]>,
): void {
  const places = { cost: ['cost_nano'], requests: ['requests'], errors: ['errors'] } as const;
  if (query.sort !== 'cost' && query.sort !== 'requests' && query.sort !== 'errors') return;
  const [measure] = places[query.sort];
  const sizes = new Map<string, number>();
  for (const [key, rows] of expected) {
    const group = JSON.stringify((JSON.parse(key) as unknown[]).slice(1));
    sizes.set(group, (sizes.get(group) ?? 0) + (toldOf(rows)[PLACE[measure]] ?? 0));
  }
  const told = new Set(lines.map(({ combination }) => JSON.stringify(combination)));
  const least = Math.min(...[...told].map((group) => sizes.get(group) ?? 0));
  for (const [group, size] of sizes) if (!told.has(group)) expect(size).toBeLessThanOrEqual(least);
}

/** Charts need no filling. */
function expectEveryInterval(result: UsageResult, interval: NonNullable<UsageQuery['interval']>) {
  const starts = new Set(result.lines.map(({ at }) => at));
  if (starts.size === 0) return;
  let at = startOf(interval, result.stretch.from);
  for (; at < result.stretch.to; at = endOf(interval, at)) expect(starts.has(at)).toBe(true);
}
