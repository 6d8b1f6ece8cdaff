// Exchange → the row as it is stored → the row as the outside sees it. The one place that knows the columns' meaning.
import type { Exchange } from '../core/exchange.ts';
import type { LogAttempt, LogBilling, LogRow, LogUsage } from '../core/log-row.ts';
import { UNKNOWN_USAGE } from '../core/usage.ts';
import {
  asArray,
  asNumber,
  asObject,
  asString,
  type Json,
  type JsonObject,
  parseJson,
} from '../lib/json.ts';
import { indexable } from '../store/stored-text.ts';
import type { RequestsTable } from '../store/tables.ts';
import { fromSavedColumns, savedColumns } from './saved-columns.ts';
import { storedAttempts, toStoredAttempts } from './stored-attempts.ts';

const NANO_PER_USD = 1e9;

/** The members stand in one order for every exchange: `STORED_COLUMNS`. */
export function toStoredRow(exchange: Exchange): RequestsTable {
  const { usage } = exchange;
  return {
    id: exchange.id,
    at: exchange.at,
    outcome: exchange.outcome,
    status: exchange.status,
    model: exchange.model,
    provider: exchange.provider,
    key_id: exchange.keyId,
    // Of any length as callers send them.
    user_id: exchange.user === null ? null : indexable(exchange.user),
    requested_model: indexable(exchange.requestedModel),
    router_id: exchange.routerId,
    route_id: exchange.routeId,
    variant_id: exchange.variantId,
    cache: exchange.recall?.kind ?? exchange.cache,
    simulated: exchange.simulated ? 1 : 0,
    stream: exchange.stream ? 1 : 0,
    endpoint: exchange.endpoint,
    dialect: exchange.dialect,
    error_code: exchange.errorCode,
    finish_reason: exchange.finishReason,
    input_tokens: usage.input,
    cache_read_tokens: usage.cacheRead,
    cache_write_5m_tokens: usage.cacheWrite5m,
    cache_write_1h_tokens: usage.cacheWrite1h,
    output_tokens: usage.output,
    reasoning_tokens: usage.reasoning,
    audio_in_tokens: usage.audioIn,
    audio_out_tokens: usage.audioOut,
    searches: usage.searches,
    usage_estimated: exchange.usageEstimated ? 1 : 0,
    cost_nano: exchange.costNano,
    ttft_ms: exchange.ttftMs,
    total_ms: exchange.totalMs,
    error_message: exchange.errorMessage,
    reasoning: exchange.reasoning,
    losses: exchange.losses.length === 0 ? null : JSON.stringify(exchange.losses),
    metadata: exchange.metadata === null ? null : JSON.stringify(exchange.metadata),
    attempts: toStoredAttempts(exchange),
    images: usage.images ?? null,
    characters: usage.characters ?? null,
    audio_seconds: usage.seconds ?? null,
    resumed: exchange.resumed ? 1 : 0,
    facts: exchange.facts === null ? null : JSON.stringify(exchange.facts),
    unpriced: exchange.unpriced ? 1 : 0,
    delivered_tokens: exchange.deliveredTokens,
    trace_id: exchange.traceId,
    parent_span_id: exchange.parentSpanId,
    ...savedColumns(exchange),
  };
}

/** The columns in the order of `toStoredRow`'s members. */
export const STORED_COLUMNS: readonly string[] = Object.keys(
  toStoredRow({
    id: '',
    at: 0,
    traceId: null,
    parentSpanId: null,
    endpoint: '',
    dialect: 'openai-chat',
    stream: false,
    keyId: null,
    user: null,
    requestedModel: '',
    model: null,
    provider: null,
    routerId: null,
    routeId: null,
    variantId: null,
    reasoning: '',
    attempts: [],
    outcome: 'ok',
    status: 0,
    errorCode: null,
    errorMessage: null,
    finishReason: null,
    usage: UNKNOWN_USAGE,
    usageEstimated: false,
    costNano: null,
    unpriced: false,
    deliveredTokens: null,
    resumed: false,
    cache: null,
    simulated: false,
    losses: [],
    facts: null,
    metadata: null,
    ttftMs: null,
    totalMs: 0,
  }),
);

/** What the log's API would say of this exchange. */
export function toLogRow(exchange: Exchange): LogRow {
  return fromStoredRow(toStoredRow(exchange));
}

export function fromStoredRow(row: RequestsTable): LogRow {
  return {
    id: row.id,
    generation_id: row.id,
    at: new Date(row.at).toISOString(),
    endpoint: row.endpoint,
    dialect: row.dialect,
    stream: row.stream === 1,
    key_id: row.key_id,
    user: row.user_id,
    requested_model: row.requested_model,
    model: row.model,
    provider: row.provider,
    router_id: row.router_id,
    route_id: row.route_id,
    variant_id: row.variant_id,
    reasoning: row.reasoning,
    attempts: storedAttempts(row).map(fromAttempt),
    outcome: row.outcome,
    status: row.status,
    error: row.error_code === null ? null : { code: row.error_code, message: row.error_message },
    finish_reason: row.finish_reason,
    usage: {
      input: row.input_tokens,
      cache_read: row.cache_read_tokens,
      cache_write_5m: row.cache_write_5m_tokens,
      cache_write_1h: row.cache_write_1h_tokens,
      output: row.output_tokens,
      reasoning: row.reasoning_tokens,
      audio_in: row.audio_in_tokens,
      audio_out: row.audio_out_tokens,
      searches: row.searches,
      ...units(row.images, row.characters, row.audio_seconds),
    },
    usage_estimated: row.usage_estimated === 1,
    cost_usd: usd(row.cost_nano),
    unpriced: row.unpriced === 1,
    delivered_tokens: row.delivered_tokens,
    resumed: row.resumed === 1,
    // To its caller it is one that was kept.
    cache: row.cache === 'shared' ? 'exact' : row.cache,
    ...fromSavedColumns(row),
    simulated: row.simulated === 1,
    losses: row.losses === null ? [] : asArray(parseJson(row.losses)).map(String),
    facts: row.facts === null ? null : (asObject(parseJson(row.facts)) ?? null),
    metadata: row.metadata === null ? null : (asObject(parseJson(row.metadata)) ?? null),
    trace_id: row.trace_id,
    parent_span_id: row.parent_span_id,
    ttft_ms: row.ttft_ms,
    total_ms: row.total_ms,
  };
}

function fromAttempt(stored: JsonObject): LogAttempt {
  const delivered = asNumber(stored.delivered_tokens);
  const promptCache = asNumber(stored.prompt_cache_nano);
  return {
    model: asString(stored.model) ?? '',
    provider: asString(stored.provider) ?? '',
    key: asString(stored.key) ?? null,
    success: stored.success === true,
    status_code: asNumber(stored.status_code) ?? null,
    error: asString(stored.error) ?? null,
    message: asString(stored.message) ?? null,
    start_ms: asNumber(stored.start_ms) ?? null,
    time_to_first_token_ms: asNumber(stored.time_to_first_token_ms) ?? null,
    duration_ms: asNumber(stored.duration_ms) ?? 0,
    usage: fromUsage(asObject(stored.usage) ?? {}),
    ...billing(asObject(stored.usage) ?? {}),
    cost_usd: usd(asNumber(stored.cost_nano) ?? null),
    ...(promptCache === undefined ? {} : { prompt_cache_saved_usd: promptCache / NANO_PER_USD }),
    price: asString(stored.price) ?? null,
    ...(stored.unpriced === true ? { unpriced: true } : {}),
    ...(stored.estimated === true ? { estimated: true } : {}),
    ...(delivered === undefined ? {} : { delivered_tokens: delivered }),
    ...(stored.injected === true ? { injected: true } : {}),
  };
}

function fromUsage(stored: { readonly [kind: string]: Json | undefined }): LogUsage {
  return {
    input: asNumber(stored.input) ?? null,
    cache_read: asNumber(stored.cache_read) ?? null,
    cache_write_5m: asNumber(stored.cache_write_5m) ?? null,
    cache_write_1h: asNumber(stored.cache_write_1h) ?? null,
    output: asNumber(stored.output) ?? null,
    reasoning: asNumber(stored.reasoning) ?? null,
    audio_in: asNumber(stored.audio_in) ?? null,
    audio_out: asNumber(stored.audio_out) ?? null,
    searches: asNumber(stored.searches) ?? null,
    ...units(
      asNumber(stored.images) ?? null,
      asNumber(stored.characters) ?? null,
      asNumber(stored.seconds) ?? null,
    ),
  };
}

function billing(stored: JsonObject): Pick<LogAttempt, 'billing'> {
  const cachedAudio = asNumber(stored.cached_audio);
  const tier = asString(stored.tier);
  const { input, output } = asObject(stored.billed) ?? {};
  const charged = asNumber(stored.charged_usd);
  const told: LogBilling = {
    ...(cachedAudio === undefined ? {} : { cached_audio: cachedAudio }),
    ...(tier === undefined ? {} : { tier }),
    ...(typeof input === 'number' && typeof output === 'number'
      ? { billed: { input, output } }
      : {}),
    ...(charged === undefined ? {} : { charged_usd: charged }),
  };
  return Object.keys(told).length === 0 ? {} : { billing: told };
}

function units(
  images: number | null,
  characters: number | null,
  seconds: number | null,
): Pick<LogUsage, 'images' | 'characters' | 'seconds'> {
  return {
    ...(images === null ? {} : { images }),
    ...(characters === null ? {} : { characters }),
    ...(seconds === null ? {} : { seconds }),
  };
}

function usd(nano: number | null): number | null {
  return nano === null ? null : nano / NANO_PER_USD;
}
