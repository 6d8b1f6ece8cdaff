// The flat row: one request as one line of a table. The one list of its columns, whatever warehouse it goes to.
import type { LogRow, LogUsage } from '../core/log-row.ts';

/** `label`: a text of few different values. `json`: a text that is JSON. `money`: US dollars to the billionth, as a decimal text. */
export type ColumnType =
  | 'text'
  | 'label'
  | 'integer'
  | 'float'
  | 'boolean'
  | 'time'
  | 'money'
  | 'json';

/** Null: unknown, or there is none. A time is ISO 8601 in UTC. */
export type Cell = string | number | boolean | null;

export interface FlatColumn {
  readonly name: string;
  readonly type: ColumnType;
  /** Never null. */
  readonly required: boolean;
  readonly about: string;
  readonly of: (row: LogRow) => Cell;
}

const NANO_PER_USD = 1e9;
const NANO_DIGITS = 9;

function column(
  name: string,
  type: ColumnType,
  about: string,
  of: (row: LogRow) => Cell,
): FlatColumn {
  return { name, type, required: false, about, of };
}

function required(...of: Parameters<typeof column>): FlatColumn {
  return { ...column(...of), required: true };
}

function json(value: object | null | undefined): string | null {
  return value === null || value === undefined ? null : JSON.stringify(value);
}

/** Every count has a column: one that is added to the log without is an error of types. */
const USAGE: { readonly [K in keyof Required<LogUsage>]: FlatColumn } = {
  input: column(
    'input_tokens',
    'integer',
    'tokens of the prompt that no cache knew',
    ({ usage }) => usage.input,
  ),
  cache_read: column(
    'cache_read_tokens',
    'integer',
    'tokens of the prompt read from the provider’s cache',
    ({ usage }) => usage.cache_read,
  ),
  cache_write_5m: column(
    'cache_write_5m_tokens',
    'integer',
    'tokens written to the provider’s cache for five minutes',
    ({ usage }) => usage.cache_write_5m,
  ),
  cache_write_1h: column(
    'cache_write_1h_tokens',
    'integer',
    'tokens written to the provider’s cache for an hour',
    ({ usage }) => usage.cache_write_1h,
  ),
  output: column(
    'output_tokens',
    'integer',
    'tokens of the answer, without reasoning',
    ({ usage }) => usage.output,
  ),
  reasoning: column(
    'reasoning_tokens',
    'integer',
    'tokens of the model’s reasoning',
    ({ usage }) => usage.reasoning,
  ),
  audio_in: column(
    'audio_in_tokens',
    'integer',
    'tokens of sound in the prompt',
    ({ usage }) => usage.audio_in,
  ),
  audio_out: column(
    'audio_out_tokens',
    'integer',
    'tokens of sound in the answer',
    ({ usage }) => usage.audio_out,
  ),
  searches: column(
    'searches',
    'integer',
    'web searches the provider bills',
    ({ usage }) => usage.searches,
  ),
  images: column('images', 'integer', 'images made', ({ usage }) => usage.images ?? null),
  characters: column(
    'characters',
    'integer',
    'characters spoken or translated',
    ({ usage }) => usage.characters ?? null,
  ),
  seconds: column(
    'audio_seconds',
    'float',
    'seconds of sound',
    ({ usage }) => usage.seconds ?? null,
  ),
};

/** Every member has its columns, in this order: one that is added to the log without is an error of types. */
export const COLUMNS_OF: { readonly [K in keyof Required<LogRow>]: readonly FlatColumn[] } = {
  id: [required('id', 'text', 'the generation id; no two rows have the same', ({ id }) => id)],
  // The same again.
  generation_id: [],
  at: [required('at', 'time', 'when the request arrived', ({ at }) => at)],
  endpoint: [required('endpoint', 'label', 'what was called', (row) => row.endpoint)],
  dialect: [required('dialect', 'label', 'the wire format it was called in', (row) => row.dialect)],
  stream: [required('stream', 'boolean', 'whether a stream was asked for', (row) => row.stream)],
  key_id: [column('key_id', 'label', 'the virtual key', (row) => row.key_id)],
  user: [column('user_id', 'text', 'the caller’s user', (row) => row.user)],
  requested_model: [
    required('requested_model', 'label', 'as the request named it', (row) => row.requested_model),
  ],
  model: [column('model', 'label', 'what answered; null: nothing did', (row) => row.model)],
  provider: [column('provider', 'label', 'who answered', (row) => row.provider)],
  router_id: [column('router_id', 'label', 'the router that chose', (row) => row.router_id)],
  route_id: [column('route_id', 'label', 'its route', (row) => row.route_id)],
  variant_id: [column('variant_id', 'label', 'the variant of the route', (row) => row.variant_id)],
  reasoning: [required('reasoning', 'text', 'why this model', (row) => row.reasoning)],
  attempts: [
    required('attempt_count', 'integer', 'calls to providers', (row) => row.attempts.length),
    required(
      'attempts',
      'json',
      'each call: model, provider, status, times, usage, cost, in order',
      (row) => JSON.stringify(row.attempts),
    ),
  ],
  outcome: [required('outcome', 'label', 'ok, error or aborted', (row) => row.outcome)],
  status: [required('status', 'integer', 'the HTTP status the caller got', (row) => row.status)],
  error: [
    column('error_code', 'label', 'what went wrong', ({ error }) => error?.code ?? null),
    column('error_message', 'text', 'the same in words', ({ error }) => error?.message ?? null),
  ],
  finish_reason: [
    column('finish_reason', 'label', 'why the answer ended', (row) => row.finish_reason),
  ],
  usage: Object.values(USAGE),
  usage_estimated: [
    required('usage_estimated', 'boolean', 'some count is our estimate', (r) => r.usage_estimated),
  ],
  cost_usd: [
    column('cost_usd', 'money', 'what it cost, in US dollars; null: unknown', decimalUsd),
    column('cost_nano_usd', 'integer', 'the same in billionths of a dollar', nanoUsd),
  ],
  cost_breakdown: [
    column('cost_breakdown', 'json', 'US dollars by kind, where they are known', (row) =>
      json(row.cost_breakdown),
    ),
  ],
  unpriced: [
    required('unpriced', 'boolean', 'something had no known price: so no cost', (r) => r.unpriced),
  ],
  delivered_tokens: [
    column(
      'delivered_tokens',
      'integer',
      'of an answer that was cut: what arrived, by our estimate',
      (row) => row.delivered_tokens,
    ),
  ],
  resumed: [
    required('resumed', 'boolean', 'another model went on where one broke off', (r) => r.resumed),
  ],
  cache: [column('cache', 'label', 'exact or semantic, where a cache answered', (r) => r.cache)],
  cache_detail: [
    column(
      'cache_kind',
      'label',
      'exact, semantic or shared (still being made for another)',
      (row) => row.cache_detail?.kind ?? null,
    ),
    column('cache_detail', 'json', 'whose answer it was, its age, what was near', (row) =>
      json(row.cache_detail),
    ),
  ],
  saved: [
    column('saved_nano_usd', 'integer', 'what a cached answer had cost, in billionths', (row) =>
      nanoOf(row.saved?.cost_usd ?? null),
    ),
    column(
      'saved_input_tokens',
      'integer',
      'tokens in that a cached answer saved',
      (row) => row.saved?.input_tokens ?? null,
    ),
    column(
      'saved_output_tokens',
      'integer',
      'tokens out that a cached answer saved',
      (row) => row.saved?.output_tokens ?? null,
    ),
  ],
  prompt_cache_saved_usd: [
    column(
      'prompt_cache_saved_nano_usd',
      'integer',
      'what the providers’ prompt caches took off the cost, in billionths; below 0 they added to it',
      (row) => nanoOf(row.prompt_cache_saved_usd),
    ),
  ],
  simulated: [
    required('simulated', 'boolean', 'answered by the simulated provider', (row) => row.simulated),
  ],
  losses: [
    required('losses', 'json', 'what another wire format could not carry', (row) =>
      JSON.stringify(row.losses),
    ),
  ],
  facts: [
    column('facts', 'json', 'what routing found out: language, complexity', (r) => json(r.facts)),
  ],
  metadata: [column('metadata', 'json', 'the request’s own metadata', (row) => json(row.metadata))],
  trace_id: [column('trace_id', 'text', 'the caller’s trace', (row) => row.trace_id)],
  parent_span_id: [
    column('parent_span_id', 'text', 'the caller’s span in it', (row) => row.parent_span_id),
  ],
  ttft_ms: [
    column('ttft_ms', 'float', 'milliseconds to the first token', ({ ttft_ms }) => ttft_ms),
  ],
  total_ms: [required('total_ms', 'float', 'milliseconds in all', ({ total_ms }) => total_ms)],
};

export const FLAT_COLUMNS: readonly FlatColumn[] = Object.values(COLUMNS_OF).flat();

/** By the columns' names, in their order. */
export type FlatRow = { readonly [column: string]: Cell };

export function flatRow(row: LogRow): FlatRow {
  return Object.fromEntries(FLAT_COLUMNS.map(({ name, of }) => [name, of(row)]));
}

/** The log holds whole billionths. */
function nanoUsd({ cost_usd }: LogRow): number | null {
  return nanoOf(cost_usd);
}

function nanoOf(usd: number | null): number | null {
  return usd === null ? null : Math.round(usd * NANO_PER_USD);
}

/** `0.000012345`: never through a fraction of two, which would be off by what a sum of many shows. */
function decimalUsd(row: LogRow): string | null {
  const nano = nanoUsd(row);
  if (nano === null) return null;
  const digits = String(Math.abs(nano)).padStart(NANO_DIGITS + 1, '0');
  const sign = nano < 0 ? '-' : '';
  return `${sign}${digits.slice(0, -NANO_DIGITS)}.${digits.slice(-NANO_DIGITS)}`;
}
