// Google's errors: HTTP status, google.rpc code and words as the API sends them (ai.google.dev/gemini-api/docs/troubleshooting).
import type { Refused } from '../ask.ts';
import type { ErrorShape } from '../behaviour.ts';
import type { VendorError } from '../wire.ts';

/** `code` is the machine word among the details. */
type Row = readonly [status: number, word: string, message: string, code?: string];

const ROWS: { readonly [name: string]: Row } = {
  invalid_request: [400, 'INVALID_ARGUMENT', 'Request contains an invalid argument.'],
  context_length: [
    400,
    'INVALID_ARGUMENT',
    'The input token count (9001) exceeds the maximum number of tokens allowed (8192).',
  ],
  content_policy: [400, 'INVALID_ARGUMENT', 'The request was refused by our safety system.'],
  authentication: [
    400,
    'INVALID_ARGUMENT',
    'API key not valid. Please pass a valid API key.',
    'API_KEY_INVALID',
  ],
  billing: [
    403,
    'PERMISSION_DENIED',
    'This API method requires billing to be enabled.',
    'BILLING_DISABLED',
  ],
  permission: [
    403,
    'PERMISSION_DENIED',
    "Your API key doesn't have the required permissions.",
    'ACCESS_DENIED',
  ],
  not_found: [
    404,
    'NOT_FOUND',
    'models/MODEL is not found for API version v1beta, or is not supported for generateContent. Call ModelService.ListModels to see the list of available models and their supported methods.',
  ],
  timeout: [
    504,
    'DEADLINE_EXCEEDED',
    'The service is unable to finish processing within the deadline.',
  ],
  conflict: [409, 'ABORTED', 'The operation was aborted.'],
  too_large: [400, 'INVALID_ARGUMENT', 'Request payload size exceeds the limit: 20971520 bytes.'],
  unprocessable: [400, 'FAILED_PRECONDITION', 'Precondition check failed.'],
  rate_limit: [
    429,
    'RESOURCE_EXHAUSTED',
    'You exceeded your current quota, please check your plan and billing details. * Quota exceeded for metric: generativelanguage.googleapis.com/generate_requests_per_model, limit: 10 Please retry in 1.574s.',
  ],
  quota: [
    429,
    'RESOURCE_EXHAUSTED',
    'You exceeded your current quota, please check your plan and billing details.',
  ],
  server_error: [500, 'INTERNAL', 'An internal error has occurred. Please retry.'],
  bad_gateway: [502, 'UNAVAILABLE', 'Bad gateway.'],
  unavailable: [503, 'UNAVAILABLE', 'The service is currently unavailable.'],
  gateway_timeout: [504, 'DEADLINE_EXCEEDED', 'Deadline expired before operation could complete.'],
  overloaded: [503, 'UNAVAILABLE', 'The model is overloaded. Please try again later.'],
};

const BY_STATUS: ReadonlyMap<number, Row> = new Map([
  ...Object.values(ROWS)
    .toReversed()
    .map((row) => [row[0], row] as const),
  [401, [401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.']],
  [429, ROWS.rate_limit ?? [429, 'RESOURCE_EXHAUSTED', 'Resource has been exhausted.']],
]);

/** The error of that name, or of that status; another name is taken for the google.rpc code. */
export function geminiError(
  name: string | null,
  status: number | null,
  model: string,
): VendorError {
  const named = name === null ? undefined : ROWS[name];
  const [known, word, message, code] = named ??
    BY_STATUS.get(status ?? 500) ?? [status ?? 500, 'UNKNOWN', `Simulated status ${status}.`];
  const type = name !== null && named === undefined ? name : word;
  return {
    status: status ?? known,
    type,
    code: code ?? null,
    param: null,
    message: message.replace('MODEL', model),
  };
}

export function geminiRefusal({ status, message }: Refused): VendorError {
  return { status, type: 'INVALID_ARGUMENT', code: null, param: null, message };
}

export function geminiMissingKey(key: string | undefined): VendorError {
  if (key !== undefined) return geminiError('authentication', null, '');
  const message =
    "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.";
  return { status: 403, type: 'PERMISSION_DENIED', code: null, param: null, message };
}

export function geminiNoSuchPage(method: string, path: string): VendorError {
  return {
    status: 404,
    type: 'NOT_FOUND',
    code: null,
    param: null,
    message: `No such method: ${method} ${path}`,
  };
}

export function geminiErrorBody(error: VendorError, shape: ErrorShape): string {
  const { status, type, code, message } = error;
  const inner = { code: status, message, status: type, ...detailsOf(error) };
  switch (shape) {
    case 'vendor':
      return JSON.stringify({ error: inner });
    case 'array':
      return JSON.stringify([{ error: inner }]);
    case 'object':
      return JSON.stringify({ object: 'error', message, type, code });
    case 'empty':
      return '{"error":{}}';
    case 'string':
      return JSON.stringify({ error: message });
    case 'detail':
      return JSON.stringify({ detail: message });
  }
}

function detailsOf({ status, code }: VendorError): { details?: object[] } {
  const info =
    code === null
      ? []
      : [
          {
            '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
            reason: code,
            domain: 'googleapis.com',
          },
        ];
  const wait =
    status === 429
      ? [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '1.574s' }]
      : [];
  const details = [...info, ...wait];
  return details.length === 0 ? {} : { details };
}
