// LogRow: one request as the outside sees it, in the log's API, its live stream and the command line.
import type { JsonObject } from '../lib/json.ts';

/** Tokens of each kind (searches: calls); null where the provider did not say. The kinds are disjoint. */
export interface LogUsage {
  readonly input: number | null;
  readonly cache_read: number | null;
  readonly cache_write_5m: number | null;
  readonly cache_write_1h: number | null;
  readonly output: number | null;
  readonly reasoning: number | null;
  readonly audio_in: number | null;
  readonly audio_out: number | null;
  readonly searches: number | null;
  /** What some endpoints count instead of tokens; absent where there is none. */
  readonly images?: number;
  readonly characters?: number;
  readonly seconds?: number;
}

/** What few providers say of how a call is billed; each absent where they do not. */
export interface LogBilling {
  /** How many of `cache_read` are sound. */
  readonly cached_audio?: number;
  /** A service tier that is not the ordinary one. */
  readonly tier?: string;
  /** Tokens that are billed, where those are counted apart from what went through the model. */
  readonly billed?: { readonly input: number; readonly output: number };
  readonly charged_usd?: number;
}

/** Its members sum up to the cost to the billionth of a dollar. */
export type CostBreakdown = { readonly [kind: string]: number };

export interface LogNear {
  readonly similarity: number | null;
  /** What about the two prompts differs after all: `number`, `negation`, …; null: nothing, it would have been given. */
  readonly guard: string | null;
  /** It was only to be written down what would have been given. */
  readonly shadow: boolean;
  /** The generation id of the request the answer was made for. */
  readonly from: string | null;
}

/** How a request came by an answer that nobody was asked for, and what looking for one found. */
export interface LogCacheDetail {
  /** `exact`, `semantic`, or `shared`: it was being made for another who asked the same. Null: it got none. */
  readonly kind: string | null;
  /** The generation id of the request the answer was made for. */
  readonly from: string | null;
  readonly age_ms: number | null;
  /** Of the two prompts, where they differ. */
  readonly similarity: number | null;
  /** The nearest answer that means nearly the same and was not given. Absent: none was near, or none was looked for. */
  readonly near?: LogNear;
}

/** What an answer that was recalled had used and cost. Null: not known. */
export interface LogSaved {
  readonly kind: string;
  readonly input_tokens: number | null;
  readonly output_tokens: number | null;
  readonly cost_usd: number | null;
  /** Present and true when some count is our estimate. */
  readonly estimated?: true;
}

/** The names of a reply's own `metadata.attempts`, and what only the operator sees. */
export interface LogAttempt {
  readonly model: string;
  readonly provider: string;
  /** The label of the provider key, never the key. */
  readonly key: string | null;
  readonly success: boolean;
  readonly status_code: number | null;
  readonly error: string | null;
  readonly message: string | null;
  /** From the request's arrival to the beginning of this attempt; null: written down before that was. */
  readonly start_ms: number | null;
  readonly time_to_first_token_ms: number | null;
  readonly duration_ms: number;
  readonly usage: LogUsage;
  readonly billing?: LogBilling;
  readonly cost_usd: number | null;
  /** What the provider's prompt cache took off it. Absent: not known, or it had no part in it. */
  readonly prompt_cache_saved_usd?: number;
  /** Which price that is by. Null: none is known. */
  readonly price: string | null;
  /** What the cost is made of, in US dollars by kind (`request`: the fee for the call itself); only where one row is asked for. */
  readonly cost_breakdown?: CostBreakdown;
  /** Present and true when something was used whose price nobody knows. */
  readonly unpriced?: true;
  /** Present and true when some count of its usage is our estimate. */
  readonly estimated?: true;
  /** Of an answer that was cut: how many tokens of output the caller got, by our estimate. */
  readonly delivered_tokens?: number;
  /** Present and true when an operator had it fail, as a rehearsal. */
  readonly injected?: true;
}

export interface LogRow {
  /** The generation id, under the name every resource's id has and under the one that replies use. */
  readonly id: string;
  readonly generation_id: string;
  /** When the request arrived: ISO 8601, UTC, milliseconds. */
  readonly at: string;
  readonly endpoint: string;
  readonly dialect: string;
  readonly stream: boolean;
  readonly key_id: string | null;
  readonly user: string | null;
  readonly requested_model: string;
  /** What answered; null when nothing did. */
  readonly model: string | null;
  readonly provider: string | null;
  readonly router_id: string | null;
  readonly route_id: string | null;
  readonly variant_id: string | null;
  readonly reasoning: string;
  readonly attempts: readonly LogAttempt[];
  /** `ok`, `error` or `aborted`. */
  readonly outcome: string;
  readonly status: number;
  readonly error: { readonly code: string; readonly message: string | null } | null;
  readonly finish_reason: string | null;
  /** All attempts summed. */
  readonly usage: LogUsage;
  readonly usage_estimated: boolean;
  readonly cost_usd: number | null;
  /** Of all attempts; only where one row is asked for, and only where that of each attempt is known. */
  readonly cost_breakdown?: CostBreakdown;
  /** Something was used whose price nobody knows: the cost is null for that reason. */
  readonly unpriced: boolean;
  /** Of an answer that was cut: how many tokens of output the caller got, by our estimate. Null: it was not cut. */
  readonly delivered_tokens: number | null;
  /** An attempt broke off after the caller had some of its answer, and another went on with it. */
  readonly resumed: boolean;
  /** `exact` (also of an answer that was being made for another), `semantic`, or null where no cache answered. */
  readonly cache: string | null;
  /** Null: no cache answered, and none had anything to say. */
  readonly cache_detail: LogCacheDetail | null;
  /** What was not used and not spent; null where no cache answered. */
  readonly saved: LogSaved | null;
  /** What providers' prompt caches took off the cost, their dearer writes counted against it: below 0 those cost more. Null: not known, or there were none. */
  readonly prompt_cache_saved_usd: number | null;
  readonly simulated: boolean;
  readonly losses: readonly string[];
  /** What the router's conditions found out about the request beside its metadata: `language`, `complexity`, … */
  readonly facts: JsonObject | null;
  readonly metadata: JsonObject | null;
  /** The caller's trace (W3C Trace Context), where the request named one. */
  readonly trace_id: string | null;
  readonly parent_span_id: string | null;
  readonly ttft_ms: number | null;
  readonly total_ms: number;
}
