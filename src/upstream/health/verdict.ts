// What the end of a call says of whom it was made to.
import type { ErrorCode, GatewayError } from '../../core/errors.ts';

/**
 * `answered`       it is well: it answered, if only that the request is wrong
 * `failed`         the model could not serve
 * `unreachable`    nobody is there: the address's fault, not one model's
 * `limited`        it asks to be left alone
 * `key-refused`    the key or its account
 * `model-refused`  the key, for this model
 * `silent`         it says nothing: it never got there, or the end was ours
 */
export type Verdict =
  | 'answered'
  | 'failed'
  | 'unreachable'
  | 'limited'
  | 'key-refused'
  | 'model-refused'
  | 'silent';

const VERDICTS: { readonly [Code in ErrorCode]: Verdict } = {
  // Refused by us, before anybody was asked.
  invalid_request: 'silent',
  invalid_json: 'silent',
  unsupported_feature: 'silent',
  missing_key: 'silent',
  invalid_key: 'silent',
  forbidden: 'silent',
  model_not_allowed: 'silent',
  not_found: 'silent',
  model_not_found: 'silent',
  no_route_matched: 'silent',
  no_candidate: 'silent',
  already_exists: 'silent',
  read_only: 'silent',
  version_conflict: 'silent',
  live_tail_full: 'silent',
  cache_miss: 'silent',
  rate_limit_exceeded: 'silent',
  budget_exceeded: 'silent',
  price_unknown: 'silent',
  limits_unavailable: 'silent',
  master_key_missing: 'silent',
  unknown_provider: 'silent',
  media_unavailable: 'silent',
  previous_response_not_found: 'silent',
  method_not_allowed: 'silent',
  request_too_large: 'silent',
  client_closed: 'silent',
  provider_not_configured: 'silent',
  // Of the caller's key alone, which has a standing of its own: `verdictOf` reads which refusal it was.
  own_key_refused: 'silent',
  // The request was wrong, and somebody was there to say so.
  upstream_invalid_request: 'answered',
  upstream_context_length: 'answered',
  upstream_not_found: 'answered',
  upstream_too_large: 'answered',
  upstream_unprocessable: 'answered',
  upstream_auth: 'key-refused',
  upstream_payment_required: 'key-refused',
  upstream_forbidden: 'model-refused',
  upstream_rate_limited: 'limited',
  upstream_error: 'failed',
  upstream_unavailable: 'failed',
  upstream_overloaded: 'failed',
  upstream_unreachable: 'failed',
  upstream_connect_timeout: 'unreachable',
  upstream_first_token_timeout: 'failed',
  upstream_idle_timeout: 'failed',
  upstream_too_slow: 'failed',
  upstream_timeout: 'failed',
  upstream_stream_truncated: 'failed',
  upstream_invalid_response: 'failed',
  // Ours. A whole request's time is over when its answer is long, too.
  provider_busy: 'silent',
  race_lost: 'silent',
  total_timeout: 'silent',
  shutting_down: 'silent',
  storage_unavailable: 'silent',
  internal: 'silent',
};

export function verdictOf(error: GatewayError | null): Verdict {
  if (error === null) return 'answered';
  // A connection that was made and then lost says nothing of the provider's other models.
  if (error.code === 'upstream_unreachable' && error.details.upstreamCode === 'refused')
    return 'unreachable';
  return VERDICTS[error.details.refusal ?? error.code];
}

/** The errors that are the target's own. */
export const TARGET_ERRORS: readonly ErrorCode[] = (Object.keys(VERDICTS) as ErrorCode[]).filter(
  (code) => VERDICTS[code] !== 'silent' && VERDICTS[code] !== 'answered',
);
