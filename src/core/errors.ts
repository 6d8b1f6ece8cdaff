// GatewayError and the one table of everything that can go wrong: status, whose fault, what the attempt loop does next.

/**
 * What the attempt loop does after a failure:
 * `retry`    the same target may answer if asked again (after a short pause, when nothing else is left to try)
 * `fallback` this target will not answer now; the next candidate may
 * `larger`   only a candidate with a larger context may answer
 * `stop`     no candidate can answer: the request itself is at fault, or there is no time left
 */
export type Next = 'retry' | 'fallback' | 'larger' | 'stop';

/** Who has to act: the caller, the gateway's operator, or the provider. */
export type Fault = 'caller' | 'operator' | 'upstream' | 'gateway';

interface ErrorRow {
  /** HTTP status towards our caller. A dialect with its own status for the code may differ (Anthropic's 529). */
  readonly status: number;
  readonly fault: Fault;
  readonly next: Next;
}

export const ERRORS = {
  // the caller's side
  invalid_request: { status: 400, fault: 'caller', next: 'stop' },
  invalid_json: { status: 400, fault: 'caller', next: 'stop' },
  unsupported_feature: { status: 400, fault: 'caller', next: 'fallback' },
  missing_key: { status: 401, fault: 'caller', next: 'stop' },
  invalid_key: { status: 401, fault: 'caller', next: 'stop' },
  forbidden: { status: 403, fault: 'caller', next: 'stop' },
  model_not_allowed: { status: 403, fault: 'caller', next: 'stop' },
  not_found: { status: 404, fault: 'caller', next: 'stop' },
  model_not_found: { status: 404, fault: 'caller', next: 'fallback' },
  /** A router has no route for the request. */
  no_route_matched: { status: 400, fault: 'caller', next: 'stop' },
  /** `auto` has nobody who could do what the request asks. */
  no_candidate: { status: 400, fault: 'caller', next: 'fallback' },
  already_exists: { status: 409, fault: 'caller', next: 'stop' },
  read_only: { status: 409, fault: 'caller', next: 'stop' },
  version_conflict: { status: 412, fault: 'caller', next: 'stop' },
  /** As many follow the log's live tail as may. */
  live_tail_full: { status: 429, fault: 'caller', next: 'stop' },
  unknown_provider: { status: 404, fault: 'caller', next: 'fallback' },
  media_unavailable: { status: 400, fault: 'caller', next: 'fallback' },
  previous_response_not_found: { status: 400, fault: 'caller', next: 'fallback' },
  method_not_allowed: { status: 405, fault: 'caller', next: 'stop' },
  request_too_large: { status: 413, fault: 'caller', next: 'stop' },
  /** A limit of the caller's key or user: so much a minute, or so many at once. */
  rate_limit_exceeded: { status: 429, fault: 'caller', next: 'stop' },
  /** What the caller's key or user may spend is spent, or held for requests under way. */
  budget_exceeded: { status: 402, fault: 'caller', next: 'stop' },
  /** Only an answer that is kept would have done, and there is none. */
  cache_miss: { status: 504, fault: 'caller', next: 'stop' },
  client_closed: { status: 499, fault: 'caller', next: 'stop' },
  // the operator's side
  provider_not_configured: { status: 400, fault: 'operator', next: 'fallback' },
  /** The caller has a budget, and nobody knows what the model costs: it could not be held to. */
  price_unknown: { status: 400, fault: 'operator', next: 'fallback' },
  /** Limits are shared by way of a store that cannot be reached, and the configuration says not to go on without. */
  limits_unavailable: { status: 503, fault: 'operator', next: 'stop' },
  /** Something is to be sealed, and there is nothing to seal it by. */
  master_key_missing: { status: 409, fault: 'operator', next: 'stop' },
  // the provider refused the request itself
  upstream_invalid_request: { status: 400, fault: 'caller', next: 'stop' },
  upstream_context_length: { status: 400, fault: 'caller', next: 'larger' },
  upstream_not_found: { status: 404, fault: 'caller', next: 'fallback' },
  upstream_too_large: { status: 413, fault: 'caller', next: 'fallback' },
  upstream_unprocessable: { status: 422, fault: 'caller', next: 'stop' },
  /** The caller's own provider key was refused, may not do this or has no credit: asking again would not help. */
  own_key_refused: { status: 401, fault: 'caller', next: 'fallback' },
  // the provider could not serve it
  upstream_auth: { status: 502, fault: 'operator', next: 'fallback' },
  upstream_payment_required: { status: 502, fault: 'operator', next: 'fallback' },
  upstream_forbidden: { status: 502, fault: 'operator', next: 'fallback' },
  upstream_rate_limited: { status: 429, fault: 'upstream', next: 'fallback' },
  upstream_error: { status: 502, fault: 'upstream', next: 'retry' },
  upstream_unavailable: { status: 503, fault: 'upstream', next: 'retry' },
  upstream_overloaded: { status: 503, fault: 'upstream', next: 'retry' },
  upstream_unreachable: { status: 502, fault: 'upstream', next: 'retry' },
  upstream_connect_timeout: { status: 504, fault: 'upstream', next: 'fallback' },
  upstream_first_token_timeout: { status: 504, fault: 'upstream', next: 'fallback' },
  upstream_idle_timeout: { status: 504, fault: 'upstream', next: 'fallback' },
  upstream_too_slow: { status: 504, fault: 'upstream', next: 'fallback' },
  upstream_timeout: { status: 504, fault: 'upstream', next: 'fallback' },
  upstream_stream_truncated: { status: 502, fault: 'upstream', next: 'retry' },
  upstream_invalid_response: { status: 502, fault: 'upstream', next: 'retry' },
  // ours
  provider_busy: { status: 503, fault: 'gateway', next: 'fallback' },
  /** Never a caller's to see: what is written down of an attempt another was faster than. */
  race_lost: { status: 499, fault: 'gateway', next: 'stop' },
  total_timeout: { status: 504, fault: 'upstream', next: 'stop' },
  shutting_down: { status: 503, fault: 'gateway', next: 'stop' },
  storage_unavailable: { status: 503, fault: 'operator', next: 'stop' },
  internal: { status: 500, fault: 'gateway', next: 'stop' },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;

export interface ErrorDetails {
  /** Where in the request, as a path: `messages[2].content[0].type`. */
  readonly param?: string | undefined;
  /** Seconds until trying again makes sense, when somebody told us. */
  readonly retryAfterS?: number | undefined;
  /** The provider's HTTP status, where one came. */
  readonly upstreamStatus?: number | undefined;
  /** The provider's own error code and type, kept for callers whose SDK reads them. */
  readonly upstreamCode?: string | undefined;
  readonly upstreamType?: string | undefined;
  /** What the same refusal of a key of the operator's would be: what it says of targets is read from that. */
  readonly refusal?:
    | 'upstream_auth'
    | 'upstream_payment_required'
    | 'upstream_forbidden'
    | undefined;
  /** Everything that is wrong, where it is more than one thing: the message tells the first. */
  readonly problems?: readonly { readonly path: string; readonly message: string }[] | undefined;
  readonly cause?: unknown;
}

/**
 * The only error that is thrown. Its message says what happened, where and what to do,
 * and never holds a secret, a provider's host or prompt text of ours.
 */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.details = details;
  }

  get status(): number {
    return ERRORS[this.code].status;
  }

  get next(): Next {
    return ERRORS[this.code].next;
  }
}

/** The one funnel from whatever was thrown to our error. */
export function toGatewayError(thrown: unknown): GatewayError {
  if (thrown instanceof GatewayError) return thrown;
  return new GatewayError(
    'internal',
    'The gateway failed while handling this request. It is logged under the generation id.',
    {
      cause: thrown,
    },
  );
}

/** A 400 that names the place: `messages[0].role must be a string`. */
export function invalid(param: string, problem: string): GatewayError {
  return new GatewayError('invalid_request', `${param} ${problem}`, { param });
}
