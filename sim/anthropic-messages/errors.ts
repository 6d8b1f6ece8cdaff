// Anthropic's errors: statuses, types and words as the vendor sends them. https://docs.claude.com/en/api/errors
import type { Refused } from '../ask.ts';
import type { ErrorShape } from '../behaviour.ts';
import type { VendorError } from '../wire.ts';

type Row = readonly [status: number, type: string, message: string];

const ROWS: { readonly [name: string]: Row } = {
  invalid_request: [400, 'invalid_request_error', 'Invalid request (simulated).'],
  context_length: [
    400,
    'invalid_request_error',
    'prompt is too long: 216850 tokens > 200000 maximum',
  ],
  content_policy: [400, 'invalid_request_error', 'Output blocked by content filtering policy'],
  quota: [
    400,
    'invalid_request_error',
    'Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.',
  ],
  authentication: [401, 'authentication_error', 'invalid x-api-key'],
  billing: [402, 'billing_error', 'There is an issue with your billing or payment information.'],
  permission: [
    403,
    'permission_error',
    'Your API key does not have permission to use the specified resource.',
  ],
  not_found: [404, 'not_found_error', 'model: MODEL'],
  timeout: [408, 'timeout_error', 'Request timed out.'],
  conflict: [409, 'invalid_request_error', 'The request conflicts with another one.'],
  too_large: [413, 'request_too_large', 'Request exceeds the maximum size'],
  unprocessable: [422, 'invalid_request_error', 'Unable to process the request.'],
  rate_limit: [
    429,
    'rate_limit_error',
    "This request would exceed your organization's rate limit of 20,000 input tokens per minute. For details, refer to: https://docs.claude.com/en/api/rate-limits. You can see the response headers for current usage. Please reduce the prompt length or the maximum tokens requested, or try again later.",
  ],
  server_error: [500, 'api_error', 'Internal server error'],
  bad_gateway: [502, 'api_error', 'Bad gateway'],
  unavailable: [503, 'api_error', 'Service unavailable'],
  gateway_timeout: [504, 'timeout_error', 'Request timed out'],
  overloaded: [529, 'overloaded_error', 'Overloaded'],
};

const BY_STATUS: ReadonlyMap<number, Row> = new Map(
  Object.values(ROWS)
    .toReversed()
    .map((row) => [row[0], row]),
);

/** The error of that name or type, or of that status; an unknown name is taken for the error's type. */
export function anthropicError(
  name: string | null,
  status: number | null,
  model: string,
): VendorError {
  const row =
    name === null
      ? undefined
      : (ROWS[name] ?? Object.values(ROWS).find(([, type]) => type === name));
  const [known, type, message] = row ?? BY_STATUS.get(status ?? 500) ?? fallback(status ?? 500);
  return {
    status: status ?? known,
    type: name !== null && row === undefined ? name : type,
    code: null,
    param: null,
    message: message.replace('MODEL', model),
  };
}

function fallback(status: number): Row {
  return [
    status,
    status < 500 ? 'invalid_request_error' : 'api_error',
    `Simulated status ${status}.`,
  ];
}

export function anthropicRefusal({ status, code, message }: Refused): VendorError {
  return { status, type: 'invalid_request_error', code, param: null, message };
}

export function anthropicMissingKey(key: string | undefined): VendorError {
  const message = key === undefined ? 'x-api-key header is required' : 'invalid x-api-key';
  return { status: 401, type: 'authentication_error', code: null, param: null, message };
}

export function anthropicNoSuchPage(): VendorError {
  return { status: 404, type: 'not_found_error', code: null, param: null, message: 'Not found' };
}

/** @param requestId also stands in the reply's `request-id` header at the vendor */
export function anthropicErrorBody(
  { status, type, code, message }: VendorError,
  shape: ErrorShape,
  requestId: string,
): string {
  switch (shape) {
    case 'vendor': {
      const details = code === null ? {} : { details: { error_code: code } };
      const error = { type, message, ...details };
      return JSON.stringify({ type: 'error', error, request_id: requestId });
    }
    case 'object':
      return JSON.stringify({ object: 'error', message, type, param: null, code: status });
    case 'empty':
      return '{"type":"error","error":{}}';
    case 'string':
      return JSON.stringify({ error: message });
    case 'detail':
      return JSON.stringify({ detail: message });
    case 'array':
      return JSON.stringify([{ error: { code: status, message, status: type.toUpperCase() } }]);
  }
}
