// Errors of this wire ↔ GatewayError, as a whole reply and inside a stream.
// Shapes, types and statuses: platform.claude.com/docs/en/api/errors and the client SDK's ErrorType.
import { ERRORS, type ErrorCode, GatewayError } from '../../core/errors.ts';
import type { ReplyMetadata } from '../../core/exchange.ts';
import { asObject, asString, isObject, type JsonObject } from '../../lib/json.ts';
import { retryAfterS } from '../../lib/retry-after.ts';
import { sseText } from '../../lib/sse.ts';
import { BY_STATUS, describeError, plainReason } from '../error-replies.ts';

const BY_TYPE: { readonly [type: string]: ErrorCode } = {
  invalid_request_error: 'upstream_invalid_request',
  authentication_error: 'upstream_auth',
  billing_error: 'upstream_payment_required',
  permission_error: 'upstream_forbidden',
  not_found_error: 'upstream_not_found',
  conflict_error: 'upstream_error',
  request_too_large: 'upstream_too_large',
  rate_limit_error: 'upstream_rate_limited',
  timeout_error: 'upstream_timeout',
  api_error: 'upstream_error',
  overloaded_error: 'upstream_overloaded',
};

const STATUSES: typeof BY_STATUS = {
  ...BY_STATUS,
  409: 'upstream_error',
  502: 'upstream_unavailable',
};

/** What a 400's type may say more exactly. It never makes one the provider's fault: asking elsewhere would not help. */
const SAID_WITH_400: ReadonlySet<ErrorCode> = new Set([
  'upstream_not_found',
  'upstream_payment_required',
  'upstream_too_large',
]);

/** Phrases in a 400 that mean something else than a malformed request. */
const CONTEXT = [
  'prompt is too long',
  // "Input is too long for requested model." docs.aws.amazon.com/bedrock, where this wire is hosted
  'input is too long for requested model',
  'exceed context limit',
  'exceeds the context',
  'context window',
  'maximum context length',
];
const MONEY = ['credit balance is too low', 'specified api usage limits'];

/** A provider's error reply, whatever its shape. `nowMs`: Unix milliseconds. */
export function decodeError(
  status: number,
  headers: Headers,
  body: JsonObject | undefined,
  text: string,
  nowMs: number,
): GatewayError {
  const { type, message, code } = readError(body);
  // A redirect, say: the base URL leads somewhere else.
  const ours = status < 400 ? 'upstream_invalid_response' : codeOf(status, type, message);
  return new GatewayError(ours, describeError(message ?? plainReason(text), status), {
    retryAfterS: retryAfterS(headers, nowMs),
    upstreamStatus: status,
    upstreamType: type,
    upstreamCode: code,
  });
}

/** True for a 200's body or a stream's event that is an error, in this wire's words or an imitation's. */
export function isFault(body: JsonObject): boolean {
  const { error } = body;
  if (isObject(error) || (typeof error === 'string' && error !== '')) return true;
  return body.type === 'error' || body.object === 'error';
}

/** An error object inside a 200: as a stream event or in place of the message. */
export function decodeInnerError(body: JsonObject): GatewayError {
  const { type, message, code } = readError(body);
  return new GatewayError(codeOf(200, type, message), describeError(message, null), {
    upstreamStatus: 200,
    upstreamType: type,
    upstreamCode: code,
  });
}

function readError(body: JsonObject | undefined): {
  type: string | undefined;
  message: string | undefined;
  code: string | undefined;
} {
  // Servers that imitate this wire put the error where the answer would stand: `{object: "error", type, message}`.
  const error = asObject(body?.error) ?? (body?.object === 'error' ? body : undefined);
  const details = asObject(error?.details);
  return {
    type: asString(error?.type) ?? undefined,
    message:
      asString(error?.message) ??
      asString(body?.error) ??
      asString(body?.message) ??
      asString(body?.detail),
    code: asString(details?.error_code) ?? asString(error?.code),
  };
}

/** The status says more than the type where they disagree: imitations of this wire send 429 with `invalid_request_error`. */
function codeOf(status: number, type: string | undefined, message: string | undefined): ErrorCode {
  const typed = type === undefined ? undefined : BY_TYPE[type];
  const byStatus = STATUSES[status] ?? (status >= 500 ? 'upstream_error' : undefined);
  const code = status >= 500 && typed === 'upstream_overloaded' ? typed : (byStatus ?? typed);
  if (code !== undefined && code !== 'upstream_invalid_request') return code;
  if (status === 400 && typed !== undefined && SAID_WITH_400.has(typed)) return typed;
  const words = message?.toLowerCase() ?? '';
  if (CONTEXT.some((phrase) => words.includes(phrase))) return 'upstream_context_length';
  if (MONEY.some((phrase) => words.includes(phrase))) return 'upstream_payment_required';
  return code ?? (status >= 400 ? 'upstream_invalid_request' : 'upstream_error');
}

interface WireError {
  readonly type: string;
  /** Where the wire has its own status for it. */
  readonly status?: number;
}

function wireError(code: ErrorCode): WireError {
  switch (code) {
    case 'missing_key':
    case 'invalid_key':
    case 'own_key_refused':
      return { type: 'authentication_error' };
    case 'forbidden':
    case 'model_not_allowed':
      return { type: 'permission_error' };
    case 'not_found':
    case 'model_not_found':
    case 'unknown_provider':
    case 'upstream_not_found':
      return { type: 'not_found_error' };
    case 'request_too_large':
    case 'upstream_too_large':
      return { type: 'request_too_large' };
    case 'rate_limit_exceeded':
    case 'upstream_rate_limited':
      return { type: 'rate_limit_error' };
    case 'budget_exceeded':
      return { type: 'billing_error' };
    case 'upstream_overloaded':
      return { type: 'overloaded_error', status: 529 };
    case 'upstream_connect_timeout':
    case 'upstream_first_token_timeout':
    case 'upstream_idle_timeout':
    case 'upstream_timeout':
    case 'total_timeout':
      return { type: 'timeout_error' };
    default:
      return { type: byFault(code) };
  }
}

/** Everything else: a 4xx is the request's fault, the rest is not. */
function byFault(code: ErrorCode): string {
  const { status } = ERRORS[code];
  return status < 500 && status !== 499 ? 'invalid_request_error' : 'api_error';
}

/** Our error for a caller: `code` is ours and stable, `type` is this wire's. */
export function encodeError(
  error: GatewayError,
  metadata: ReplyMetadata | null,
): { readonly status: number; readonly body: JsonObject } {
  const wire = wireError(error.code);
  return { status: wire.status ?? error.status, body: errorBody(error, wire.type, metadata) };
}

export function encodeErrorFrame(error: GatewayError, metadata: ReplyMetadata | null): string {
  const body = errorBody(error, wireError(error.code).type, metadata);
  return sseText(JSON.stringify(body), 'error');
}

function errorBody(error: GatewayError, type: string, metadata: ReplyMetadata | null): JsonObject {
  const { param, upstreamCode } = error.details;
  return {
    type: 'error',
    error: {
      type,
      message: error.message,
      code: error.code,
      ...(param === undefined ? {} : { param }),
      // Where the request itself was refused: what the client SDK recovers by, such as `thread_not_found`.
      ...(upstreamCode === undefined || ERRORS[error.code].fault !== 'caller'
        ? {}
        : { details: { error_code: upstreamCode } }),
    },
    ...(metadata === null ? {} : { request_id: metadata.generation_id, metadata: { ...metadata } }),
  };
}
