// Exchange: the whole story of one request, from its plan to its cost. One exchange is one row of the log.
import type { NearMiss, Recall, Saved } from './cached-answer.ts';
import type { DialectId } from './dialect.ts';
import type { ErrorCode } from './errors.ts';
import type { Usage } from './usage.ts';

/** What became of one attempt at one target. Durations in milliseconds; `costNano` in billionths of a US dollar. */
export interface AttemptOutcome {
  readonly provider: string;
  /** `provider/model`. */
  readonly model: string;
  /** The label of the provider key used, never the key. */
  readonly key: string | null;
  readonly success: boolean;
  /** The provider's HTTP status; null when none came. */
  readonly status: number | null;
  readonly error: ErrorCode | null;
  /** What the error said, scrubbed of secrets and hosts. */
  readonly message: string | null;
  /** From the request's arrival to the beginning of this attempt. */
  readonly startMs: number;
  readonly ttftMs: number | null;
  readonly durationMs: number;
  readonly usage: Usage;
  readonly costNano: number | null;
  /** Which price that is by: its version (core/price-version.ts). Null: the model has none that is known. */
  readonly price: string | null;
  /** Something was used whose price nobody knows: `costNano` is null for that reason. */
  readonly unpriced?: true;
  /** What the provider's prompt cache took off `costNano`, its dearer writes counted against it. Null: not known. Absent: it had no part in it. */
  readonly promptCacheNano?: number | null;
  /** Of an answer that was cut: how many tokens of output the caller got, by our estimate. `usage` is what is billed or taken for it. */
  readonly deliveredTokens?: number;
  /** An operator had it fail, as a rehearsal. */
  readonly injected?: true;
  /** Some count of its usage is our estimate. */
  readonly estimated?: true;
}

export type Outcome = 'ok' | 'error' | 'aborted';

export interface Exchange {
  /** The generation id: a UUIDv7, so ids sort by time. */
  readonly id: string;
  /** The caller's trace (W3C Trace Context): 32 and 16 hex digits, lower case. Null: the request named none. */
  readonly traceId: string | null;
  readonly parentSpanId: string | null;
  /** The caller's trace is not recorded, by its own word. For those who export spans; the log has no column for it. */
  readonly traceUnsampled?: true;
  /** Unix milliseconds at which the request arrived. */
  readonly at: number;
  /** Which of our endpoints: `chat.completions`, `messages`. */
  readonly endpoint: string;
  readonly dialect: DialectId;
  readonly stream: boolean;
  /** The id of the caller's virtual key. */
  readonly keyId: string | null;
  readonly user: string | null;
  readonly requestedModel: string;
  /** The model and provider that answered, whole or in part: the last of whom the caller got something. Null when none did. */
  readonly model: string | null;
  readonly provider: string | null;
  readonly routerId: string | null;
  readonly routeId: string | null;
  readonly variantId: string | null;
  readonly reasoning: string;
  readonly attempts: readonly AttemptOutcome[];
  readonly outcome: Outcome;
  /** HTTP status towards the caller (499 when the caller hung up first). */
  readonly status: number;
  readonly errorCode: ErrorCode | null;
  readonly errorMessage: string | null;
  readonly finishReason: string | null;
  /** Of the whole request: all attempts summed. */
  readonly usage: Usage;
  /** True when some count is our estimate and not the provider's figure. */
  readonly usageEstimated: boolean;
  readonly costNano: number | null;
  /** Something was used whose price nobody knows: `costNano` is null for that reason. */
  readonly unpriced: boolean;
  /** Of an answer that was cut: how many tokens of output the caller got, by our estimate. Null: it was not cut. */
  readonly deliveredTokens: number | null;
  /** An attempt broke off after the caller had some of its answer, and another went on with it. */
  readonly resumed: boolean;
  /** What kind of recalled answer it got: one that was being made for another counts as exact. Null: its own. */
  readonly cache: 'exact' | 'semantic' | null;
  /** How it came by an answer nobody was asked for, and what that saved. Absent: it did not. */
  readonly recall?: Recall & { readonly saved: Saved | null };
  /** What the nearest answer was that means nearly the same, where it was not given. Absent: none was near, or none was looked for. */
  readonly near?: NearMiss;
  /** Whether an answer was looked for and none did, or none was to be looked for. Absent: one was found, or it did not come so far. */
  readonly cacheLook?: 'miss' | 'bypass';
  /** What providers' prompt caches took off `costNano`, over all attempts. Null: not known. Absent: they had no part in it. */
  readonly promptCacheNano?: number | null;
  readonly simulated: boolean;
  readonly losses: readonly string[];
  /** What a router's conditions found out about the request; null: they asked nothing. */
  readonly facts: { readonly [name: string]: string | number | boolean } | null;
  /** The caller's metadata (typed values), as it came. */
  readonly metadata: { readonly [name: string]: unknown } | null;
  readonly ttftMs: number | null;
  readonly totalMs: number;
}

/** What a reply says of itself, at its top level. The public names. */
export interface ReplyMetadata {
  readonly generation_id: string;
  readonly actual_model: string | null;
  readonly provider: string | null;
  readonly attempts: readonly {
    readonly model: string;
    readonly provider: string;
    readonly success: boolean;
    readonly status_code: number | null;
    readonly error?: string;
    readonly time_to_first_token_ms?: number;
    readonly duration_ms: number;
    /** What this attempt used and cost. `cost_usd` beside `attempts` is the sum; a reply's own usage is that of the attempts it is made of. Null: not known. */
    readonly usage: { readonly input_tokens: number | null; readonly output_tokens: number | null };
    readonly cost_usd: number | null;
    /** Present and true when an operator had it fail, as a rehearsal. */
    readonly injected?: true;
  }[];
  readonly reasoning: string;
  readonly router_id: string | null;
  readonly route_id: string | null;
  readonly variant_id: string | null;
  readonly cache_hit: false | 'exact' | 'semantic';
  /** Present where a cache answered, or knows a prompt that is nearly the same. */
  readonly cache?: ToldRecall | ToldNear;
  readonly cost_usd: number | null;
  /** Present and true when something was used whose price is not known: `cost_usd` is null for that reason. */
  readonly unpriced?: true;
  /** Present and true when a model broke off after the caller had some of its answer, and another went on with it. */
  readonly resumed?: true;
  readonly losses: readonly string[];
  /** Reasoning the caller's client had dropped and the gateway put back, by place. */
  readonly restored?: readonly string[];
  /** What the gateway put into the request because it was asked to: prompt-cache marks, by place. */
  readonly added?: readonly string[];
  /** Present when JSON was asked for and an answer is there: whether it has the shape. */
  readonly structured_output?: { readonly valid: boolean; readonly error?: string };
  /** Present and true when the provider reported no usage: counts and cost are then estimates. */
  readonly usage_estimated?: true;
  readonly total_duration_ms: number;
  /** Present and true when the answer came from the simulated provider. */
  readonly simulated?: true;
}

/** Whose answer a reply is. */
export type ToldRecall = {
  /** The generation id of the request the answer was made for. */
  readonly from: string;
  readonly age_ms: number;
  /** Present and true where it was still being made for that request. */
  readonly shared?: true;
  /** Of the two prompts, where they are not the same: cosine; and that no guard found a difference. */
  readonly similarity?: number;
  readonly verdict?: 'same';
  /** What the answer had used and cost, and this one did not. Null: not known. */
  readonly saved?: {
    readonly input_tokens: number | null;
    readonly output_tokens: number | null;
    readonly cost_usd: number | null;
  };
};

/** What was found and not given. */
export type ToldNear = {
  /** Of the two prompts. */
  readonly similarity: number;
  /** `same`, or what differs: `number`, `negation`, … */
  readonly verdict: string;
  /** Present and true where answers are only looked for, and none is given. */
  readonly shadow?: true;
  /** The generation id of the request whose answer it would have got. */
  readonly from?: string;
};
