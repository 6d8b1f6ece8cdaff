// Rows of the log that differ in everything it can be asked by, and a sum of an hour of them.
import { randomUUIDv7 } from 'bun';
import type { LogStore } from '../../src/ledger/log-store.ts';
import { sampleExchange } from '../../src/ledger/sample-exchange.ts';
import { toStoredRow } from '../../src/ledger/stored-row.ts';
import type { RequestsTable, UsageTable } from '../../src/store/tables.ts';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;
export const MIDNIGHT = Date.UTC(2026, 10, 21);

const OUTCOMES = [
  { outcome: 'ok', status: 200, error_code: null },
  { outcome: 'ok', status: 200, error_code: null },
  { outcome: 'error', status: 429, error_code: 'upstream_rate_limited' },
  { outcome: 'error', status: 502, error_code: 'upstream_error' },
  // Broke off after its status was sent.
  { outcome: 'error', status: 200, error_code: 'upstream_error' },
  { outcome: 'aborted', status: 499, error_code: 'client_closed' },
] as const;

/** The `n`th of rows that differ; the id is of that moment, and another each time. */
export function variedRow(
  n: number,
  at: number,
  change: Partial<RequestsTable> = {},
): RequestsTable {
  const { outcome, status, error_code } = OUTCOMES[n % OUTCOMES.length] ?? OUTCOMES[0];
  const answered = outcome !== 'error' || n % 5 === 0;
  const provider = ['openai', 'acme', "it's %_"][n % 3] ?? '';
  const model = `${provider}/m${n % 2}`;
  const first = { model, provider, success: answered };
  const second = { model: 'other/m', provider: 'other', success: false };
  const attempts = [[first], [first, first], [second, first], []][n % 4];
  return {
    ...toStoredRow(sampleExchange({ at, user: n % 7 === 0 ? null : `u${n % 4}` })),
    id: randomUUIDv7('hex', at),
    at,
    ...{ outcome, status, error_code },
    model: answered ? model : null,
    provider: answered ? provider : null,
    requested_model: n % 4 === 0 ? 'fast' : model,
    key_id: n % 5 === 0 ? null : `key_${n % 3}`,
    router_id: n % 4 === 0 ? 'smart' : null,
    route_id: n % 4 === 0 ? 'default' : null,
    variant_id: n % 4 === 0 ? (n % 8 === 0 ? 'a' : 'b') : null,
    endpoint: n % 3 === 0 ? 'messages' : 'chat.completions',
    cache: n % 9 === 0 ? 'exact' : n % 11 === 0 ? 'semantic' : null,
    attempts: JSON.stringify(attempts),
    cost_nano: n % 6 === 0 ? null : n * 10_000,
    unpriced: n % 6 === 0 ? 1 : 0,
    usage_estimated: n % 10 === 0 ? 1 : 0,
    resumed: n % 13 === 0 ? 1 : 0,
    total_ms: n * 2.5,
    trace_id: n % 5 === 0 ? (n % 16).toString(16).padStart(32, '0') : null,
    ...change,
  };
}

/** Only how many there are, and some bytes. */
export async function sumOf(store: LogStore, hour: number): Promise<UsageTable[]> {
  let requests = 0;
  for await (const rows of store.scan({ from: hour, to: hour + HOUR_MS }, ['id']))
    requests += rows.length;
  return [{ ...emptySum(hour), cube: 'all', requests, ttft: new Uint8Array([0, 1, 255]) }];
}

export function emptySum(at: number): UsageTable {
  return {
    ...{ cube: '', model: '', provider: '', key_id: '', user_id: '', router_id: '' },
    ...{ route_id: '', variant_id: '', endpoint: '', grain: 'hour', at, requests: 0 },
    ...{ errors: 0, aborted: 0, attempts: 0, rescued: 0, cache_hits: 0, unpriced: 0 },
    ...{ estimated: 0, cost_nano: 0, input_tokens: 0, cache_read_tokens: 0 },
    ...{ cache_write_5m_tokens: 0, cache_write_1h_tokens: 0, output_tokens: 0 },
    ...{ reasoning_tokens: 0, audio_in_tokens: 0, audio_out_tokens: 0, searches: 0 },
    ...{ images: 0, characters: 0, audio_seconds: 0.25, ttft: null, total: null },
    ...{ semantic_hits: null, shared_hits: null, saved_unpriced: null, saved_nano: null },
    ...{ saved_semantic_nano: null, saved_shared_nano: null, saved_input_tokens: null },
    ...{ saved_semantic_input: null, saved_shared_input: null, saved_output_tokens: null },
    ...{ saved_semantic_output: null, saved_shared_output: null, prompt_cache_nano: null },
  };
}
