// OpenAI's errors: statuses, types, codes and words as the vendor sends them.
// https://platform.openai.com/docs/guides/error-codes and recorded replies
import type { Refused } from '../ask.ts';
import type { ErrorShape } from '../behaviour.ts';
import type { VendorError } from '../wire.ts';

type Row = readonly [
  status: number,
  type: string,
  code: string | null,
  message: string,
  param?: string,
];

const ROWS: { readonly [name: string]: Row } = {
  invalid_request: [400, 'invalid_request_error', null, 'Invalid request (simulated).'],
  context_length: [
    400,
    'invalid_request_error',
    'context_length_exceeded',
    "This model's maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens. Please reduce the length of the messages.",
    'messages',
  ],
  content_policy: [
    400,
    'invalid_request_error',
    'content_policy_violation',
    'Your request was rejected as a result of our safety system.',
  ],
  authentication: [
    401,
    'invalid_request_error',
    'invalid_api_key',
    'Incorrect API key provided: sk-sim***************ated. You can find your API key at https://platform.openai.com/account/api-keys.',
  ],
  billing: [
    402,
    'billing_error',
    'billing_hard_limit_reached',
    'Billing hard limit has been reached.',
  ],
  permission: [
    403,
    'invalid_request_error',
    'unsupported_country_region_territory',
    'Country, region, or territory not supported',
  ],
  not_found: [
    404,
    'invalid_request_error',
    'model_not_found',
    'The model `MODEL` does not exist or you do not have access to it.',
  ],
  timeout: [408, 'server_error', null, 'Request timed out.'],
  conflict: [409, 'invalid_request_error', null, 'The resource was updated by another process.'],
  too_large: [413, 'invalid_request_error', null, 'Request body too large.'],
  unprocessable: [
    422,
    'invalid_request_error',
    null,
    'Unable to process the request despite the format being correct.',
  ],
  rate_limit: [
    429,
    'tokens',
    'rate_limit_exceeded',
    'Rate limit reached for MODEL in organization org-simulated on tokens per min (TPM): Limit 200000, Used 162960, Requested 42288. Please try again in 1.574s. Visit https://platform.openai.com/account/rate-limits to learn more.',
  ],
  quota: [
    429,
    'insufficient_quota',
    'insufficient_quota',
    'You exceeded your current quota, please check your plan and billing details. For more information on this error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.',
  ],
  server_error: [
    500,
    'server_error',
    null,
    'The server had an error while processing your request. Sorry about that!',
  ],
  bad_gateway: [502, 'server_error', null, 'Bad gateway.'],
  unavailable: [
    503,
    'server_error',
    null,
    'The engine is currently overloaded, please try again later.',
  ],
  gateway_timeout: [504, 'server_error', null, 'Gateway timeout.'],
  overloaded: [
    503,
    'server_error',
    null,
    'That model is currently overloaded with other requests. You can retry your request.',
  ],
};

const BY_STATUS: ReadonlyMap<number, Row> = new Map(
  Object.values(ROWS)
    .toReversed()
    .map((row) => [row[0], row]),
);

/** The error of that name or code, or of that status; an unknown name is taken for the error's type. */
export function openaiError(
  name: string | null,
  status: number | null,
  model: string,
): VendorError {
  const row =
    name === null
      ? undefined
      : (ROWS[name] ?? Object.values(ROWS).find(([, , code]) => code === name));
  const [known, type, code, message, param] =
    row ?? BY_STATUS.get(status ?? 500) ?? fallback(status ?? 500);
  return {
    status: status ?? known,
    type: name !== null && row === undefined ? name : type,
    code: name !== null && row === undefined ? name : code,
    param: param ?? null,
    message: message.replace('MODEL', model),
  };
}

function fallback(status: number): Row {
  return [
    status,
    status < 500 ? 'invalid_request_error' : 'server_error',
    null,
    `Simulated status ${status}.`,
  ];
}

export function openaiRefusal({ status, code, param, message }: Refused): VendorError {
  return { status, type: 'invalid_request_error', code, param, message };
}

export function openaiMissingKey(key: string | undefined): VendorError {
  const message =
    key === undefined
      ? "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY), or as the password field (with blank username) if you're accessing the API from your browser and are prompted for a username and password. You can obtain an API key from https://platform.openai.com/account/api-keys."
      : `Incorrect API key provided: ${mask(key)}. You can find your API key at https://platform.openai.com/account/api-keys.`;
  const code = key === undefined ? null : 'invalid_api_key';
  return { status: 401, type: 'invalid_request_error', code, param: null, message };
}

/** As the vendor does: the ends of the key are shown. */
function mask(key: string): string {
  return key.length < 12
    ? '*'.repeat(key.length)
    : `${key.slice(0, 8)}${'*'.repeat(key.length - 12)}${key.slice(-4)}`;
}

export function openaiNoSuchPage(method: string, path: string): VendorError {
  return {
    status: 404,
    type: 'invalid_request_error',
    code: null,
    param: null,
    message: `Invalid URL (${method} ${path})`,
  };
}

export function openaiErrorBody(
  { status, type, code, param, message }: VendorError,
  shape: ErrorShape,
): string {
  switch (shape) {
    case 'vendor':
      return JSON.stringify({ error: { message, type, param, code } });
    case 'object':
      // vLLM: https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html
      return JSON.stringify({ object: 'error', message, type, param, code: status });
    case 'empty':
      return '{"error":{}}';
    case 'string':
      return JSON.stringify({ error: message });
    case 'detail':
      return JSON.stringify({ detail: message });
    case 'array':
      return JSON.stringify([{ error: { code: status, message, status: type.toUpperCase() } }]);
  }
}
