// A GatewayError in this wire's words, as a whole reply and as the last frame of a stream.
import { ERRORS, type GatewayError } from '../../core/errors.ts';
import type { ReplyMetadata } from '../../core/exchange.ts';
import type { JsonObject } from '../../lib/json.ts';
import { sseText } from '../../lib/sse.ts';

/** `{status, body: {error: {message, type, param, code}, metadata?}}`. */
export function encodeError(
  error: GatewayError,
  metadata: ReplyMetadata | null,
): { readonly status: number; readonly body: JsonObject } {
  return { status: error.status, body: errorBody(error, metadata) };
}

/** An error frame; `[DONE]` never follows it. */
export function encodeErrorFrame(error: GatewayError, metadata: ReplyMetadata | null): string {
  return sseText(JSON.stringify(errorBody(error, metadata)));
}

function errorBody(error: GatewayError, metadata: ReplyMetadata | null): JsonObject {
  return {
    error: {
      message: error.message,
      type: typeOf(error.status),
      param: error.details.param ?? null,
      code: codeFor(error),
    },
    ...(metadata === null ? {} : { metadata: { ...metadata } }),
  };
}

/** The provider's own code where the request is at fault, since callers' code branches on it; ours otherwise. */
function codeFor(error: GatewayError): string {
  const own = error.details.upstreamCode;
  return own !== undefined && ERRORS[error.code].fault === 'caller' ? own : error.code;
}

function typeOf(status: number): string {
  switch (status) {
    case 401:
      return 'authentication_error';
    case 402:
      return 'insufficient_quota';
    case 403:
      return 'permission_error';
    case 404:
      return 'not_found_error';
    case 429:
      return 'rate_limit_error';
    default:
      return status >= 500 ? 'server_error' : 'invalid_request_error';
  }
}
