// Cohere's errors: statuses and words as the vendor sends them (docs.cohere.com/reference/errors). The body is an id and a message.
import type { Refused } from '../ask.ts';
import type { ErrorShape } from '../behaviour.ts';
import type { VendorError } from '../wire.ts';

type Row = readonly [status: number, message: string];

const ROWS: { readonly [name: string]: Row } = {
  invalid_request: [400, 'invalid request: simulated.'],
  context_length: [
    400,
    'too many tokens: total number of tokens in the prompt cannot exceed 8192 - received 9001. Try using a shorter prompt, or reduce max_tokens.',
  ],
  authentication: [401, 'invalid api token'],
  billing: [
    402,
    'Please add or update your payment method at https://dashboard.cohere.com/billing',
  ],
  permission: [403, 'access to this resource is forbidden'],
  not_found: [
    404,
    "model 'MODEL' not found, make sure the correct model ID was used and that you have access to the model.",
  ],
  timeout: [408, 'request timed out'],
  too_large: [413, 'request entity too large'],
  unprocessable: [422, 'unprocessable entity'],
  rate_limit: [
    429,
    "You are using a Trial key, which is limited to 20 API calls / minute. You can continue to use the Trial key for free or upgrade to a Production key with higher rate limits at 'https://dashboard.cohere.com/api-keys'.",
  ],
  server_error: [500, 'internal server error, this has been reported to our developers'],
  bad_gateway: [502, 'bad gateway'],
  unavailable: [503, 'service unavailable'],
  gateway_timeout: [504, 'gateway timeout'],
  overloaded: [503, 'the model is overloaded, please try again later'],
};

const BY_STATUS: ReadonlyMap<number, Row> = new Map(
  Object.values(ROWS)
    .toReversed()
    .map((row) => [row[0], row]),
);

/** The error of that name, or of that status. */
export function cohereError(
  name: string | null,
  status: number | null,
  model: string,
): VendorError {
  const named = name === null ? undefined : ROWS[name];
  const [known, message] = named ??
    BY_STATUS.get(status ?? 500) ?? [status ?? 500, `simulated status ${status}`];
  return vendorError(status ?? known, message.replace('MODEL', model));
}

export function cohereRefusal({ status, message }: Refused): VendorError {
  return vendorError(status, message);
}

export function cohereMissingKey(key: string | undefined): VendorError {
  return vendorError(401, key === undefined ? 'no api key supplied' : 'invalid api token');
}

export function cohereNoSuchPage(method: string, path: string): VendorError {
  return vendorError(404, `page not found: ${method} ${path}`);
}

function vendorError(status: number, message: string): VendorError {
  return { status, type: '', code: null, param: null, message };
}

export function cohereErrorBody(
  { message }: VendorError,
  shape: ErrorShape,
  requestId: string,
): string {
  switch (shape) {
    case 'vendor':
      return JSON.stringify({ id: requestId, message });
    case 'object':
      return JSON.stringify({ object: 'error', message });
    case 'empty':
      return '{}';
    case 'string':
      return JSON.stringify({ error: message });
    case 'detail':
      return JSON.stringify({ detail: message });
    case 'array':
      return JSON.stringify([{ message }]);
  }
}
