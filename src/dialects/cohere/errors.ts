// A provider's error reply → the GatewayError that says whose fault it is. The body is `{id, message}` (docs.cohere.com/reference/errors).
import { type ErrorCode, GatewayError } from '../../core/errors.ts';
import { asNumber, asObject, asString, type JsonObject } from '../../lib/json.ts';
import { retryAfterS, waitInText } from '../../lib/retry-after.ts';
import { BY_STATUS, codeByStatus, describeError } from '../error-replies.ts';

const STATUSES: typeof BY_STATUS = {
  ...BY_STATUS,
  // "Invalid Token": the request or its answer holds a word from a deny list.
  498: 'upstream_invalid_request',
  // "Not Implemented": the feature asked for is not there.
  501: 'upstream_invalid_request',
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
  return new GatewayError(
    refined(codeByStatus(status, STATUSES), said),
    describeError(said, status),
    {
      retryAfterS: retryAfterS(headers, nowMs) ?? waitInText(said),
      upstreamStatus: status,
      upstreamCode: wordOf(body),
    },
  );
}

/** An error inside a 200. */
export function decodeInnerError(body: JsonObject): GatewayError {
  const status = asNumber(body.status_code) ?? asNumber(body.status) ?? null;
  const said = messageOf(body);
  return new GatewayError(
    status === null
      ? refined('upstream_error', said)
      : refined(codeByStatus(status, STATUSES), said),
    describeError(said, status),
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
