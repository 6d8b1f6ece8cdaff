// A provider's error reply, or an error inside its 200 → the GatewayError that says whose fault it is.
import { type ErrorCode, GatewayError } from '../../core/errors.ts';
import type { JsonObject } from '../../lib/json.ts';
import { retryAfterS, waitInText } from '../../lib/retry-after.ts';
import { BY_STATUS, codeByStatus, describeError } from '../error-replies.ts';
import { isContextLength } from './context-length.ts';
import { type Fault, readFault, readFaultText } from './fault.ts';

const STATUSES: typeof BY_STATUS = {
  ...BY_STATUS,
  // A capacity tier that is full (console.groq.com/docs/errors), not the caller's doing.
  498: 'upstream_overloaded',
};

/** Codes, types and statuses in words, lower case, as they stand in errors without an HTTP status of their own. */
const BY_WORD: { readonly [word: string]: ErrorCode } = {
  invalid_request_error: 'upstream_invalid_request',
  invalid_argument: 'upstream_invalid_request',
  badrequesterror: 'upstream_invalid_request',
  tool_use_failed: 'upstream_invalid_request',
  json_validate_failed: 'upstream_invalid_request',
  content_filter: 'upstream_invalid_request',
  authentication_error: 'upstream_auth',
  invalid_api_key: 'upstream_auth',
  unauthenticated: 'upstream_auth',
  unauthorized: 'upstream_auth',
  insufficient_quota: 'upstream_payment_required',
  billing_error: 'upstream_payment_required',
  billing_not_active: 'upstream_payment_required',
  billing_hard_limit_reached: 'upstream_payment_required',
  insufficient_balance: 'upstream_payment_required',
  insufficient_credits: 'upstream_payment_required',
  payment_required: 'upstream_payment_required',
  exceeded_current_quota_error: 'upstream_payment_required',
  permission_error: 'upstream_forbidden',
  permission_denied: 'upstream_forbidden',
  forbidden: 'upstream_forbidden',
  not_found_error: 'upstream_not_found',
  not_found: 'upstream_not_found',
  notfounderror: 'upstream_not_found',
  model_not_found: 'upstream_not_found',
  deploymentnotfound: 'upstream_not_found',
  request_too_large: 'upstream_too_large',
  rate_limit_error: 'upstream_rate_limited',
  rate_limit_exceeded: 'upstream_rate_limited',
  rate_limit_reached_error: 'upstream_rate_limited',
  too_many_requests: 'upstream_rate_limited',
  throttlingexception: 'upstream_rate_limited',
  resource_exhausted: 'upstream_rate_limited',
  tokens: 'upstream_rate_limited',
  requests: 'upstream_rate_limited',
  overloaded_error: 'upstream_overloaded',
  overloaded: 'upstream_overloaded',
  engine_overloaded: 'upstream_overloaded',
  engine_overloaded_error: 'upstream_overloaded',
  capacity_exceeded: 'upstream_overloaded',
  service_unavailable: 'upstream_unavailable',
  unavailable: 'upstream_unavailable',
  timeout: 'upstream_timeout',
  timeout_error: 'upstream_timeout',
  deadline_exceeded: 'upstream_timeout',
};

/** Vendors that answer 400 or 403 to a bad key or an empty account say so in their message only. */
const AUTH =
  /(?:invalid|incorrect|expired|not valid|no) .{0,20}api key|api key .{0,20}(?:invalid|not valid|expired|not found)/i;
const MONEY =
  /insufficient (?:balance|credit|fund|quota)|credit balance is too low|exceeded your current quota|out of credits|payment required/i;

/** An error reply. `text` is used where `body` is undefined. */
export function decodeError(
  status: number,
  headers: Headers,
  body: JsonObject | undefined,
  text: string,
  nowMs: number,
): GatewayError {
  const fault = body ? readFault(body) : readFaultText(text);
  const code = codeOfReply(status, fault);
  return new GatewayError(code, describeError(fault?.message, status), {
    param: fault?.param,
    retryAfterS:
      retryAfterS(headers, nowMs) ?? (fault && waitInText(`${fault.message} ${fault.source}`)),
    upstreamStatus: status,
    upstreamCode: fault?.code,
    upstreamType: fault?.type,
  });
}

/** An error inside a 200: a frame of a stream, or a body that should have been a completion. */
export function decodeInnerError(body: JsonObject): GatewayError {
  const fault = readFault(body);
  return new GatewayError(codeOfFault(fault), describeError(fault?.message, null), {
    param: fault?.param,
    retryAfterS: fault && waitInText(`${fault.message} ${fault.source}`),
    upstreamStatus: fault?.status,
    upstreamCode: fault?.code,
    upstreamType: fault?.type,
  });
}

function codeOfReply(status: number, fault: Fault | undefined): ErrorCode {
  const base = codeByStatus(status, STATUSES);
  const special = fault && refine(base, fault);
  return special ?? base;
}

/** The code, then a status, then the type: vendors' types are the vaguest (429 as `invalid_request_error` is recorded). */
function codeOfFault(fault: Fault | undefined): ErrorCode {
  if (!fault) return 'upstream_error';
  const byCode = fault.code === undefined ? undefined : BY_WORD[fault.code.toLowerCase()];
  const byStatus = fault.status === undefined ? undefined : codeByStatus(fault.status, STATUSES);
  const byType = fault.type === undefined ? undefined : BY_WORD[fault.type.toLowerCase()];
  const base = byCode ?? byStatus ?? byType ?? 'upstream_error';
  return refine(base, fault) ?? base;
}

/** What the words of an error say beyond its status. */
function refine(base: ErrorCode, fault: Fault): ErrorCode | undefined {
  switch (base) {
    case 'upstream_rate_limited':
      return isMoney(fault) ? 'upstream_payment_required' : undefined;
    case 'upstream_auth':
    case 'upstream_payment_required':
      return undefined;
    case 'upstream_forbidden':
      return isMoney(fault) ? 'upstream_payment_required' : undefined;
    case 'upstream_error':
    case 'upstream_unavailable':
      if (isOverloaded(fault)) return 'upstream_overloaded';
      return isContextLength(fault.code, fault.type, fault.message)
        ? 'upstream_context_length'
        : undefined;
    default:
      if (isContextLength(fault.code, fault.type, fault.message)) return 'upstream_context_length';
      if (isMoney(fault)) return 'upstream_payment_required';
      if (
        wordIs(fault.code, 'upstream_auth') ||
        fault.code === 'API_KEY_INVALID' ||
        AUTH.test(fault.message)
      )
        return 'upstream_auth';
      return undefined;
  }
}

function isMoney(fault: Fault): boolean {
  return (
    wordIs(fault.code, 'upstream_payment_required') ||
    wordIs(fault.type, 'upstream_payment_required') ||
    MONEY.test(fault.message)
  );
}

function isOverloaded(fault: Fault): boolean {
  return (
    wordIs(fault.code, 'upstream_overloaded') ||
    wordIs(fault.type, 'upstream_overloaded') ||
    /\boverloaded\b/i.test(fault.message)
  );
}

function wordIs(word: string | undefined, code: ErrorCode): boolean {
  return word !== undefined && BY_WORD[word.toLowerCase()] === code;
}
