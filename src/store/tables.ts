// The tables as their rows are read: one interface a table, one member a column. The migrations make them.

/** A truth value: SQLite has none of its own. */
export type Bit = 0 | 1;

export interface VirtualKeysTable {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  /** Lower-case hex. */
  readonly secret_sha256: string;
  readonly prefix: string;
  /** JSON array of patterns. */
  readonly allowed_models: string | null;
  readonly expires_at: number | null;
  /** JSON object. */
  readonly metadata: string | null;
  /** Null: it does not say. */
  readonly log_bodies: Bit | null;
  readonly created_at: number;
  readonly updated_at: number;
  readonly enabled: Bit;
  /** JSON array of names. */
  readonly allowed_routers: string | null;
  /** JSON: core/limits.ts. Null: none. */
  readonly limits: string | null;
  readonly user_limits: string | null;
  /** JSON object of texts. */
  readonly labels: string | null;
  /** JSON: the request field, times in milliseconds. Null: it does not say. */
  readonly cache: string | null;
  /** The revision of the table at which this row changed last. */
  readonly changed: number;
}

/** Secrets that another one replaced, and that open until their overlap is over. */
export interface ReplacedSecretsTable {
  /** Lower-case hex. */
  readonly secret_sha256: string;
  readonly key_id: string;
  readonly prefix: string;
  /** Unix milliseconds. */
  readonly replaced_at: number;
  readonly valid_until: number;
}

export interface UserLimitsTable {
  readonly user_id: string;
  /** JSON: core/limits.ts. */
  readonly limits: string;
  readonly created_at: number;
  readonly updated_at: number;
  /** The revision of the table at which this row changed last. */
  readonly changed: number;
}

export interface ProviderKeysTable {
  readonly id: string;
  /** The virtual key it serves; null: every caller. */
  readonly key_id: string | null;
  readonly provider: string;
  readonly label: string;
  readonly weight: number | null;
  /** `plain`, `aws` or `google`. */
  readonly kind: string;
  readonly sealed: Uint8Array;
  readonly version: number;
  readonly fingerprint: string;
  readonly allow_fallback: Bit;
  readonly created_at: number;
  readonly updated_at: number;
  readonly tested_at: number | null;
  /** JSON: `KeyTest` (vault/provider-key-record.ts). */
  readonly test_result: string | null;
}

export interface RequestsTable {
  readonly id: string;
  readonly at: number;
  readonly outcome: string;
  readonly status: number;
  readonly model: string | null;
  readonly provider: string | null;
  readonly key_id: string | null;
  readonly user_id: string | null;
  readonly requested_model: string;
  readonly router_id: string | null;
  readonly route_id: string | null;
  readonly variant_id: string | null;
  /** `exact`, `semantic`, `shared`; null: no cache answered. */
  readonly cache: string | null;
  readonly simulated: Bit;
  readonly stream: Bit;
  readonly endpoint: string;
  readonly dialect: string;
  readonly error_code: string | null;
  readonly finish_reason: string | null;
  readonly input_tokens: number | null;
  readonly cache_read_tokens: number | null;
  readonly cache_write_5m_tokens: number | null;
  readonly cache_write_1h_tokens: number | null;
  readonly output_tokens: number | null;
  readonly reasoning_tokens: number | null;
  readonly audio_in_tokens: number | null;
  readonly audio_out_tokens: number | null;
  readonly searches: number | null;
  readonly usage_estimated: Bit;
  readonly cost_nano: number | null;
  readonly ttft_ms: number | null;
  readonly total_ms: number;
  readonly error_message: string | null;
  readonly reasoning: string;
  /** JSON array; null when empty. */
  readonly losses: string | null;
  /** JSON object. */
  readonly metadata: string | null;
  /** JSON array of `StoredAttempt` (ledger/stored-row.ts). */
  readonly attempts: string;
  readonly images: number | null;
  readonly characters: number | null;
  readonly audio_seconds: number | null;
  readonly resumed: Bit;
  /** JSON. */
  readonly facts: string | null;
  readonly unpriced: Bit;
  readonly delivered_tokens: number | null;
  readonly trace_id: string | null;
  readonly parent_span_id: string | null;
  /** JSON: core/log-row.ts, `LogCacheDetail`. */
  readonly cache_detail: string | null;
  /** Of an answer that was recalled: what it had cost and used. Null: not known, or it was none. */
  readonly saved_nano: number | null;
  readonly saved_input_tokens: number | null;
  readonly saved_output_tokens: number | null;
  /** What providers' prompt caches took off the cost. Null: not known, or they had no part in it. */
  readonly prompt_cache_nano: number | null;
}

/** How coarse a sum is: of an hour, a day, or a week (from Monday), all in UTC. */
export type Grain = 'hour' | 'day' | 'week';

/**
 * What requests came to, by some of their properties: `cube` names which (ledger/usage/cubes.ts). The properties that are
 * not among them, and those a request did not have, are ''.
 */
export interface UsageTable {
  readonly cube: string;
  readonly grain: Grain;
  /** The beginning of the hour, day or week: Unix milliseconds. */
  readonly at: number;
  readonly model: string;
  readonly provider: string;
  readonly key_id: string;
  readonly user_id: string;
  readonly router_id: string;
  readonly route_id: string;
  readonly variant_id: string;
  readonly endpoint: string;
  readonly requests: number;
  readonly errors: number;
  readonly aborted: number;
  readonly attempts: number;
  /** Answered by another than the first that was asked. */
  readonly rescued: number;
  readonly cache_hits: number;
  /** Without a cost, because a price is not known. */
  readonly unpriced: number;
  /** With a count that is our estimate. */
  readonly estimated: number;
  readonly cost_nano: number;
  readonly input_tokens: number;
  readonly cache_read_tokens: number;
  readonly cache_write_5m_tokens: number;
  readonly cache_write_1h_tokens: number;
  readonly output_tokens: number;
  readonly reasoning_tokens: number;
  readonly audio_in_tokens: number;
  readonly audio_out_tokens: number;
  readonly searches: number;
  readonly images: number;
  readonly characters: number;
  readonly audio_seconds: number;
  /** Of `cache_hits`, those that are not exact. Of these and all that follow, null is 0. */
  readonly semantic_hits: number | null;
  readonly shared_hits: number | null;
  /** Hits of which nobody knows what they saved. */
  readonly saved_unpriced: number | null;
  /** Of all hits, then of those that are not exact. */
  readonly saved_nano: number | null;
  readonly saved_semantic_nano: number | null;
  readonly saved_shared_nano: number | null;
  readonly saved_input_tokens: number | null;
  readonly saved_semantic_input: number | null;
  readonly saved_shared_input: number | null;
  readonly saved_output_tokens: number | null;
  readonly saved_semantic_output: number | null;
  readonly saved_shared_output: number | null;
  readonly prompt_cache_nano: number | null;
  /** Histograms (ledger/usage/latency.ts); null: nothing was measured. */
  readonly ttft: Uint8Array | null;
  readonly total: Uint8Array | null;
}

/** Hours whose sums are not in `usage` yet, or no longer right: their rows tell. */
export interface OpenHoursTable {
  readonly hour: number;
}

/** Every price that a row's cost is by. */
export interface PricesTable {
  /** What rows call it: core/price-version.ts. */
  readonly version: string;
  readonly model: string;
  /** JSON: core/price.ts. */
  readonly price: string;
  /** When it was first used: Unix milliseconds. */
  readonly since: number;
}

/** `dropped_before`: the first day that retention has not dropped. */
export interface LogStateTable {
  readonly name: string;
  readonly value: string;
}

/** The tables of the log, on whichever engine. */
export interface LogTables {
  requests: RequestsTable;
  usage: UsageTable;
  open_hours: OpenHoursTable;
  prices: PricesTable;
  log_state: LogStateTable;
}

export interface RoutersTable {
  readonly id: string;
  readonly version: number;
  /** JSON object: the resource as the API answers it, without what the API adds. */
  readonly resource: string;
  readonly created_at: number;
  readonly updated_at: number;
}

export interface RouterVersionsTable {
  readonly id: string;
  readonly version: number;
  /** `RouterChange` (routers/router-store.ts). */
  readonly what: string;
  /** JSON object; null: deleted. */
  readonly resource: string | null;
  /** Of the router, not of the version. */
  readonly created_at: number;
  readonly by_key: string | null;
  readonly at: number;
}

export interface ModelMetricsTable {
  readonly name: string;
  readonly direction: 'higher' | 'lower';
  /** JSON object: numbers by `provider/model` or bare model. */
  readonly figures: string;
  readonly updated_at: number;
}

/** Every administrative change: store/audit-trail.ts. */
export interface AuditTable {
  readonly id: number;
  /** Unix milliseconds. */
  readonly at: number;
  readonly via: string;
  readonly actor: string | null;
  readonly actor_name: string | null;
  readonly address: string | null;
  readonly action: string;
  readonly target: string;
  /** JSON. */
  readonly before: string | null;
  readonly after: string | null;
  readonly previous_hash: string;
  readonly hash: string;
}
