// A provider's error reply → the GatewayError that says whose fault it is. The body is `{id, message}` (docs.cohere.com/reference/errors).
import { type ErrorCode, GatewayError } from '../../core/errors.ts';
import { asNumber, asObject, asString, type JsonObject } from '../../lib/json.ts';
import { retryAfterS, waitInText } from '../../lib/retry-after.ts';
import { scrub } from '../../lib/scrub.ts';

const BY_STATUS: { readonly [status: number]: ErrorCode } = {
  400: 'upstream_invalid_request',
  401: 'upstream_auth',
  402: 'upstream_payment_required',
  403: 'upstream_forbidden',
  404: 'upstream_not_found',
  405: 'upstream_not_found',
  408: 'upstream_timeout',
  413: 'upstream_too_large',
  422: 'upstream_unprocessable',
  429: 'upstream_rate_limited',
  // "Invalid Token": the request or its answer holds a word from a deny list.
  498: 'upstream_invalid_request',
  499: 'upstream_error',
  // "Not Implemented": the feature asked for is not there.
  501: 'upstream_invalid_request',
  503: 'upstream_unavailable',
  504: 'upstream_timeout',
  529: 'upstream_overloaded',
};

/** `too many tokens: total number of tokens in the prompt cannot exceed …`, and as other hosts of these models put it. */
const CONTEXT = ['too many tokens', 'context length', 'context window', 'exceed the maximum'];
const AUTH = ['invalid api token', 'no api key', 'invalid api key'];
const MONEY = ['insufficient balance', 'billing', 'payment method'];

/** An error reply. `nowMs`: Unix milliseconds. */
export function decodeError(
  status: number,
  headers: Headers,
  body: JsonObject | undefined,
  text: string,
  nowMs: number,
): GatewayError {
  const said = body === undefined ? text.trim() : messageOf(body);
  return new GatewayError(codeOf(status, said), describe(status, said), {
    retryAfterS: retryAfterS(headers, nowMs) ?? waitInText(said),
    upstreamStatus: status,
    upstreamCode: wordOf(body),
  });
}

/** An error inside a 200. */
export function decodeInnerError(body: JsonObject): GatewayError {
  const status = asNumber(body.status_code) ?? asNumber(body.status) ?? null;
  const said = messageOf(body);
  return new GatewayError(
    status === null ? refined('upstream_error', said) : codeOf(status, said),
    describe(status, said),
    {
      retryAfterS: waitInText(said),
      upstreamStatus: status ?? undefined,
      upstreamCode: wordOf(body),
    },
  );
}

function messageOf(body: JsonObject): string {
  const error = asObject(body.error);
  return (
    asString(body.message) ??
    asString(error?.message) ??
    asString(body.error) ??
    asString(body.detail) ??
    ''
  );
}

function wordOf(body: JsonObject | undefined): string | undefined {
  return asString(body?.code) ?? asString(asObject(body?.error)?.code);
}

function codeOf(status: number, said: string): ErrorCode {
  const base =
    BY_STATUS[status] ??
    (status >= 500
      ? 'upstream_error'
      : status >= 400
        ? 'upstream_invalid_request'
        : 'upstream_invalid_response');
  return refined(base, said);
}

/** What the words say beyond the status. */
function refined(base: ErrorCode, said: string): ErrorCode {
  const words = said.toLowerCase();
  const says = (phrases: readonly string[]) => phrases.some((phrase) => words.includes(phrase));
  switch (base) {
    case 'upstream_invalid_request':
    case 'upstream_unprocessable':
    case 'upstream_too_large':
      if (says(CONTEXT)) return 'upstream_context_length';
      return says(AUTH) ? 'upstream_auth' : base;
    case 'upstream_forbidden':
    case 'upstream_rate_limited':
      return says(MONEY) ? 'upstream_payment_required' : base;
    case 'upstream_error':
    case 'upstream_unavailable':
      if (says(CONTEXT)) return 'upstream_context_length';
      if (says(AUTH)) return 'upstream_auth';
      return words.includes('overloaded') ? 'upstream_overloaded' : base;
    default:
      return base;
  }
}

function describe(status: number | null, said: string): string {
  const message = scrub(said);
  if (message !== '') return message;
  return status === null
    ? 'The provider sent an error in place of an answer, without saying what it was.'
    : `The provider answered ${status} without saying why.`;
}
