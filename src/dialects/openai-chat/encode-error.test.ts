// Our errors as callers of this wire get them.
import { expect, test } from 'bun:test';
import { METADATA } from '../../../test/contracts/example-reply.ts';
import { ERRORS, type ErrorCode, GatewayError } from '../../core/errors.ts';
import { encodeError, encodeErrorFrame } from './encode-error.ts';

test('an error reply carries status, type, code, place and metadata', () => {
  const error = new GatewayError('invalid_request', 'messages must be an array', {
    param: 'messages',
  });
  expect(encodeError(error, METADATA)).toEqual({
    status: 400,
    body: {
      error: {
        message: 'messages must be an array',
        type: 'invalid_request_error',
        param: 'messages',
        code: 'invalid_request',
      },
      metadata: { ...METADATA },
    },
  });
  expect(encodeError(error, null).body).not.toHaveProperty('metadata');
});

test.each([
  ['invalid_key', 401, 'authentication_error'],
  ['model_not_allowed', 403, 'permission_error'],
  ['model_not_found', 404, 'not_found_error'],
  ['upstream_rate_limited', 429, 'rate_limit_error'],
  ['upstream_auth', 502, 'server_error'],
  ['upstream_unprocessable', 422, 'invalid_request_error'],
  ['internal', 500, 'server_error'],
] as const)('%s is %d %s', (code, status, type) => {
  const encoded = encodeError(new GatewayError(code, 'x'), null);
  expect(encoded).toMatchObject({ status, body: { error: { type, code, param: null } } });
});

test("the provider's own code is shown where the request is at fault, and only there", () => {
  for (const code of Object.keys(ERRORS) as ErrorCode[]) {
    const encoded = encodeError(new GatewayError(code, 'x', { upstreamCode: 'their_code' }), null);
    const expected = ERRORS[code].fault === 'caller' ? 'their_code' : code;
    expect(encoded.body).toMatchObject({ error: { code: expected } });
  }
});

test('an error frame is one data frame and no end', () => {
  const frame = encodeErrorFrame(
    new GatewayError('upstream_stream_truncated', 'cut\noff'),
    METADATA,
  );
  expect(
    frame.startsWith(
      'data: {"error":{"message":"cut\\noff","type":"server_error","param":null,"code":"upstream_stream_truncated"},"metadata":{',
    ),
  ).toBe(true);
  expect(frame.endsWith('}\n\n')).toBe(true);
  expect(frame.split('\n').length).toBe(3);
});
