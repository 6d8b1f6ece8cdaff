// A provider's error reply on this wire, or an error inside its 200 → the GatewayError that says whose fault it is.
// `{error: {code, message, status, details: […]}}`, alone or as the one entry of a list (ai.google.dev/gemini-api/docs/troubleshooting).
import { type ErrorCode, GatewayError } from '../../core/errors.ts';
import {
  asArray,
  asNumber,
  asObject,
  asObjects,
  asString,
  type JsonObject,
  parseJson,
} from '../../lib/json.ts';
import { retryAfterS, waitInText } from '../../lib/retry-after.ts';
import { codeByStatus, describeError } from '../error-replies.ts';

/** google.rpc.Code, by name. */
const BY_STATUS_WORD: { readonly [word: string]: ErrorCode } = {
  INVALID_ARGUMENT: 'upstream_invalid_request',
  FAILED_PRECONDITION: 'upstream_invalid_request',
  OUT_OF_RANGE: 'upstream_invalid_request',
  UNAUTHENTICATED: 'upstream_auth',
  PERMISSION_DENIED: 'upstream_forbidden',
  NOT_FOUND: 'upstream_not_found',
  RESOURCE_EXHAUSTED: 'upstream_rate_limited',
  ABORTED: 'upstream_unavailable',
  CANCELLED: 'upstream_error',
  INTERNAL: 'upstream_error',
  UNKNOWN: 'upstream_error',
  DATA_LOSS: 'upstream_error',
  UNAVAILABLE: 'upstream_unavailable',
  DEADLINE_EXCEEDED: 'upstream_timeout',
  UNIMPLEMENTED: 'upstream_not_found',
};

/** An error as the vendor wrote it. */
interface Fault {
  readonly message: string;
  /** The HTTP status it names. */
  readonly code: number | undefined;
  readonly status: string | undefined;
  /** `API_KEY_INVALID`, `SERVICE_DISABLED`, …: the machine word among the details. */
  readonly reason: string | undefined;
  readonly retryDelay: string | undefined;
}

/** An error reply. `text` is used where `body` is undefined. */
export function decodeError(
  status: number,
  headers: Headers,
  body: JsonObject | undefined,
  text: string,
  nowMs: number,
): GatewayError {
  const fault = readFault(body ?? asObject(asArray(parseJson(text))[0]), text);
  return errorOf(fault, status, retryAfterS(headers, nowMs));
}

/** An error inside a 200: a frame of a stream, or a body that should have been an answer. */
export function decodeInnerError(body: JsonObject): GatewayError {
  return errorOf(readFault(body, ''), null, undefined);
}

function errorOf(fault: Fault, status: number | null, waitS: number | undefined): GatewayError {
  return new GatewayError(codeOf(fault, status), describeError(fault.message, status), {
    retryAfterS: waitS ?? waitInText(`retryDelay: ${fault.retryDelay ?? ''} ${fault.message}`),
    upstreamStatus: status ?? fault.code,
    upstreamCode: fault.reason,
    upstreamType: fault.status,
  });
}

function readFault(body: JsonObject | undefined, text: string): Fault {
  const error = asObject(body?.error) ?? body ?? {};
  const details = asObjects(error.details);
  const plain = body === undefined && !text.trimStart().startsWith('<') ? text.trim() : '';
  return {
    message: asString(error.message) ?? asString(body?.error) ?? plain,
    code: asNumber(error.code),
    status: asString(error.status),
    reason: details.map(({ reason }) => asString(reason)).find((reason) => reason !== undefined),
    retryDelay: details.map((detail) => asString(detail.retryDelay)).find((delay) => delay),
  };
}

function codeOf(fault: Fault, status: number | null): ErrorCode {
  const http = status ?? fault.code;
  const byHttp = http === undefined ? undefined : codeByStatus(http);
  const byWord = fault.status === undefined ? undefined : BY_STATUS_WORD[fault.status];
  // Inside a 200 the word is all there is; in a reply the status line is what proxies on the way agree on.
  const base = (status === null ? (byWord ?? byHttp) : byHttp) ?? 'upstream_error';
  return refined(base, fault);
}

/** What the words say beyond the status. A used-up quota is told like any other limit here, so it stays one. */
function refined(base: ErrorCode, { message, reason }: Fault): ErrorCode {
  const said = message.toLowerCase();
  switch (base) {
    case 'upstream_invalid_request':
      // 400 "API key not valid. Please pass a valid API key.", "API key expired. Please renew the API key."
      if (reason?.startsWith('API_KEY_') || said.startsWith('api key ')) return 'upstream_auth';
      // "The input token count (1196265) exceeds the maximum number of tokens allowed (1048575)."
      if (said.includes('exceeds the maximum number of tokens')) return 'upstream_context_length';
      // "Request payload size exceeds the limit: 20971520 bytes."
      if (said.includes('payload size exceeds')) return 'upstream_too_large';
      // "User location is not supported for the API use."
      if (said.includes('location is not supported')) return 'upstream_forbidden';
      return said.includes('enable billing') ? 'upstream_payment_required' : base;
    case 'upstream_forbidden':
      return reason === 'BILLING_DISABLED' ? 'upstream_payment_required' : base;
    case 'upstream_unavailable':
      // "The model is overloaded. Please try again later."
      return said.includes('overloaded') ? 'upstream_overloaded' : base;
    default:
      return base;
  }
}
