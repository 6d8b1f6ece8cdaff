// Refusals of this wire by their type, wherever it is written, and by their words.
import { expect, test } from 'bun:test';
import { asObject, parseJson } from '../../lib/json.ts';
import { decodeError } from './errors.ts';

function code(status: number, type: string, message: string): string {
  const body = JSON.stringify({ message });
  const headers = new Headers({ 'x-amzn-errortype': `${type}:http://internal.amazon.com/coral/` });
  return decodeError(status, headers, asObject(parseJson(body)), body, 0).code;
}

test.each([
  [
    429,
    'ThrottlingException',
    'Too many tokens, please wait before trying again.',
    'upstream_rate_limited',
  ],
  [400, 'ServiceQuotaExceededException', 'Quota.', 'upstream_rate_limited'],
  [408, 'ModelTimeoutException', 'Slow.', 'upstream_timeout'],
  [424, 'ModelErrorException', 'Broken.', 'upstream_error'],
  [429, 'ModelNotReadyException', 'Later.', 'upstream_overloaded'],
  [500, 'InternalServerException', 'Oh.', 'upstream_error'],
  [503, 'ServiceUnavailableException', 'Oh.', 'upstream_unavailable'],
  [403, 'AccessDeniedException', "You don't have access to the model.", 'upstream_forbidden'],
  [
    403,
    'AccessDeniedException',
    'Authentication failed: Please make sure your API Key is valid.',
    'upstream_auth',
  ],
  [
    403,
    'ExpiredTokenException',
    'The security token included in the request is expired',
    'upstream_auth',
  ],
  [
    403,
    'InvalidSignatureException',
    'The request signature we calculated does not match.',
    'upstream_auth',
  ],
  [404, 'ResourceNotFoundException', 'No such model.', 'upstream_not_found'],
  [400, 'ValidationException', 'The provided model identifier is invalid.', 'upstream_not_found'],
  [400, 'ValidationException', 'Input is too long for requested model.', 'upstream_context_length'],
  [
    400,
    'ValidationException',
    'The model returned the following errors: prompt is too long: 2 tokens > 1 maximum',
    'upstream_context_length',
  ],
  [400, 'ValidationException', 'Malformed input request.', 'upstream_invalid_request'],
  [307, '', '', 'upstream_invalid_response'],
  [402, '', 'Pay.', 'upstream_payment_required'],
])('%d %s %s', (status, type, message, expected) => {
  expect(code(status, type, message)).toBe(expected);
});

test('the type may stand in the body; a page of HTML says nothing', () => {
  const body = {
    __type: 'com.amazon.coral.service#UnrecognizedClientException',
    Message: 'Invalid.',
  };
  const error = decodeError(403, new Headers(), body, JSON.stringify(body), 0);
  expect([error.code, error.message, error.details.upstreamType]).toEqual([
    'upstream_auth',
    'Invalid.',
    'UnrecognizedClientException',
  ]);
  const page = decodeError(502, new Headers(), undefined, '<html>bad gateway</html>', 0);
  expect(page.message).toBe('The provider answered 502 without saying why.');
});
