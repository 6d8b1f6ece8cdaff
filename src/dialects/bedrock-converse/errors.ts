// Errors of this wire → GatewayError: whole replies, and exceptions in the middle of a stream.
// Types and statuses: docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html#API_runtime_Converse_Errors and
// …/APIReference/CommonErrors.html.
import { type ErrorCode, GatewayError } from '../../core/errors.ts';
import { asString, type JsonObject } from '../../lib/json.ts';
import { retryAfterS } from '../../lib/retry-after.ts';
import { codeByStatus, describeError, plainReason } from '../error-replies.ts';

/** By type, lower case: in a stream it begins with a small letter. */
const BY_TYPE: { readonly [type: string]: ErrorCode } = {
  throttlingexception: 'upstream_rate_limited',
  toomanyrequestsexception: 'upstream_rate_limited',
  servicequotaexceededexception: 'upstream_rate_limited',
  modelnotreadyexception: 'upstream_overloaded',
  serviceunavailableexception: 'upstream_unavailable',
  modeltimeoutexception: 'upstream_timeout',
  modelerrorexception: 'upstream_error',
  modelstreamerrorexception: 'upstream_error',
  internalserverexception: 'upstream_error',
  internalfailure: 'upstream_error',
  conflictexception: 'upstream_error',
  resourcenotfoundexception: 'upstream_not_found',
  accessdeniedexception: 'upstream_forbidden',
  optinrequired: 'upstream_forbidden',
  expiredtokenexception: 'upstream_auth',
  expiredtoken: 'upstream_auth',
  unrecognizedclientexception: 'upstream_auth',
  invalidsignatureexception: 'upstream_auth',
  incompletesignatureexception: 'upstream_auth',
  incompletesignature: 'upstream_auth',
  invalidclienttokenid: 'upstream_auth',
  missingauthenticationtokenexception: 'upstream_auth',
  missingauthenticationtoken: 'upstream_auth',
  requestexpired: 'upstream_auth',
  notauthorized: 'upstream_auth',
  validationexception: 'upstream_invalid_request',
};

/** Phrases in a refusal that mean something else than a malformed request. */
const CONTEXT = [
  // "Input is too long for requested model.", "Input Tokens Exceeded: …"
  'input is too long',
  'input tokens exceeded',
  'prompt is too long',
  'too many input tokens',
  'exceed context limit',
  'exceeds the context',
  'context window',
  'context length',
];
const NO_SUCH_MODEL = [
  // Recorded.
  'model identifier is invalid',
  // "Invocation of model ID … with on-demand throughput isn’t supported. Retry … with the ID or ARN of an inference profile"
  'on-demand throughput',
  "doesn't support the model",
  'end of its life',
];
/** "Authentication failed: Please make sure your API Key is valid." comes as an AccessDeniedException. */
const CREDENTIALS = ['api key', 'security token', 'authentication failed', 'bearer token'];

/** A provider's error reply, whatever its shape. `nowMs`: Unix milliseconds. */
export function decodeError(
  status: number,
  headers: Headers,
  body: JsonObject | undefined,
  text: string,
  nowMs: number,
): GatewayError {
  const type = typeOf(headers, body);
  const message = asString(body?.message) ?? asString(body?.Message) ?? plainReason(text);
  return new GatewayError(codeOf(status, type, message), describeError(message, status), {
    retryAfterS: retryAfterS(headers, nowMs),
    upstreamStatus: status,
    upstreamType: type,
  });
}

/** An exception in a stream: its type stands on the message, what it says in the payload. */
export function decodeException(type: string, body: JsonObject | undefined): GatewayError {
  const message = asString(body?.message) ?? asString(body?.Message);
  return new GatewayError(codeOf(200, type, message), describeError(message, null), {
    upstreamStatus: 200,
    upstreamType: type === '' ? undefined : type,
  });
}

/** `ThrottlingException:http://…` in the header, `com.amazon.coral.service#UnknownOperationException` in the body. */
function typeOf(headers: Headers, body: JsonObject | undefined): string | undefined {
  const written = headers.get('x-amzn-errortype') ?? asString(body?.__type);
  const name = written?.split(':')[0]?.split('#').at(-1)?.trim();
  return name === '' ? undefined : name;
}

function codeOf(status: number, type: string | undefined, message: string | undefined): ErrorCode {
  if (status !== 200 && status < 400) return 'upstream_invalid_response';
  const words = message?.toLowerCase() ?? '';
  const says = (phrases: readonly string[]) => phrases.some((phrase) => words.includes(phrase));
  const code =
    BY_TYPE[type?.toLowerCase() ?? ''] ??
    (status === 200 ? 'upstream_error' : codeByStatus(status));
  if (code === 'upstream_forbidden') return says(CREDENTIALS) ? 'upstream_auth' : code;
  if (code !== 'upstream_invalid_request') return code;
  if (says(CONTEXT)) return 'upstream_context_length';
  return says(NO_SUCH_MODEL) ? 'upstream_not_found' : code;
}
