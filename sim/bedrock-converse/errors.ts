// Amazon Bedrock's errors: statuses, types and words as the vendor sends them (API reference, recorded and quoted replies).
import type { Refused } from '../ask.ts';
import type { ErrorShape } from '../behaviour.ts';
import type { VendorError } from '../wire.ts';

type Row = readonly [status: number, type: string, message: string];

const ROWS: { readonly [name: string]: Row } = {
  invalid_request: [400, 'ValidationException', 'Malformed input request (simulated).'],
  context_length: [400, 'ValidationException', 'Input is too long for requested model.'],
  content_policy: [400, 'ValidationException', 'Output blocked by content filtering policy'],
  quota: [
    400,
    'ServiceQuotaExceededException',
    'Your request exceeds the service quota for your account.',
  ],
  authentication: [
    403,
    'UnrecognizedClientException',
    'The security token included in the request is invalid.',
  ],
  permission: [
    403,
    'AccessDeniedException',
    "You don't have access to the model with the specified model ID.",
  ],
  not_found: [404, 'ResourceNotFoundException', 'Could not resolve the foundation model: MODEL'],
  timeout: [408, 'ModelTimeoutException', 'Model has timed out in processing the request.'],
  conflict: [400, 'ConflictException', 'The request conflicts with another one.'],
  too_large: [413, 'RequestEntityTooLargeException', 'Request exceeds the maximum size'],
  server_error: [500, 'InternalServerException', 'An internal server error occurred.'],
  rate_limit: [429, 'ThrottlingException', 'Too many requests, please wait before trying again.'],
  model_error: [424, 'ModelErrorException', 'The model had an error (simulated).'],
  stream_error: [424, 'ModelStreamErrorException', 'The model had an error while streaming.'],
  overloaded: [429, 'ModelNotReadyException', 'The model is not ready for inference.'],
  unavailable: [503, 'ServiceUnavailableException', 'Bedrock is unable to process your request.'],
};

const BY_STATUS: ReadonlyMap<number, Row> = new Map(
  Object.values(ROWS)
    .toReversed()
    .map((row) => [row[0], row]),
);

/** The error of that name or type, or of that status; an unknown name is taken for the error's type. */
export function bedrockError(
  name: string | null,
  status: number | null,
  model: string,
): VendorError {
  const row =
    name === null
      ? undefined
      : (ROWS[name] ?? Object.values(ROWS).find(([, type]) => type === name));
  const known = status ?? 500;
  const [usual, type, message] = row ??
    BY_STATUS.get(known) ?? [known, 'InternalServerException', `Simulated status ${known}.`];
  return {
    status: status ?? usual,
    type: name !== null && row === undefined ? name : type,
    code: null,
    param: null,
    message: message.replace('MODEL', model),
  };
}

export function bedrockRefusal({ status, message }: Refused): VendorError {
  return { status, type: 'ValidationException', code: null, param: null, message };
}

export function bedrockMissingKey(key: string | undefined): VendorError {
  const message =
    key === undefined
      ? 'Missing Authentication Token'
      : 'The security token included in the request is invalid.';
  const type =
    key === undefined ? 'MissingAuthenticationTokenException' : 'UnrecognizedClientException';
  return { status: 403, type, code: null, param: null, message };
}

export function bedrockNoSuchPage(): VendorError {
  return {
    status: 404,
    type: 'UnknownOperationException',
    code: null,
    param: null,
    message: 'The operation was not found (simulated).',
  };
}

/** The type stands in a header at the vendor; the simulated one says it in the body too, as its other protocols do. */
export function bedrockErrorBody({ type, message }: VendorError, shape: ErrorShape): string {
  switch (shape) {
    case 'vendor':
      return JSON.stringify({ __type: `com.amazon.bedrock#${type}`, message });
    case 'object':
      return JSON.stringify({ object: 'error', message, type, param: null });
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
