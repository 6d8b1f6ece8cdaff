// Errors of this wire, in and out.
import { describe, expect, test } from 'bun:test';
import { METADATA } from '../../../test/contracts/example-reply.ts';
import { ERRORS, type ErrorCode, GatewayError } from '../../core/errors.ts';
import { asObject, type JsonObject, parseJson } from '../../lib/json.ts';
import { decodeError, encodeError, encodeErrorFrame } from './errors.ts';

const wire = (type: string, message: string): JsonObject => ({
  type: 'error',
  error: { type, message },
  request_id: 'req_1',
});

function decode(
  status: number,
  body: JsonObject | string,
  headers: Record<string, string> = {},
): GatewayError {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return decodeError(status, new Headers(headers), asObject(parseJson(text)), text, 0);
}

describe('a provider’s error', () => {
  test.each<[number, JsonObject | string, ErrorCode]>([
    [400, wire('invalid_request_error', 'max_tokens: too big'), 'upstream_invalid_request'],
    [
      400,
      wire('invalid_request_error', 'prompt is too long: 205000 tokens > 200000 maximum'),
      'upstream_context_length',
    ],
    [
      400,
      wire(
        'invalid_request_error',
        'input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000',
      ),
      'upstream_context_length',
    ],
    [
      400,
      wire('invalid_request_error', 'Your credit balance is too low to access the Anthropic API.'),
      'upstream_payment_required',
    ],
    [
      400,
      wire('invalid_request_error', 'You have reached your specified API usage limits.'),
      'upstream_payment_required',
    ],
    [400, wire('rate_limit_error', 'odd'), 'upstream_invalid_request'],
    [400, wire('api_error', 'odd'), 'upstream_invalid_request'],
    [401, wire('authentication_error', 'invalid x-api-key'), 'upstream_auth'],
    [402, wire('billing_error', 'pay'), 'upstream_payment_required'],
    [403, wire('permission_error', 'no'), 'upstream_forbidden'],
    [404, wire('not_found_error', 'model: claude-0'), 'upstream_not_found'],
    [408, '', 'upstream_timeout'],
    [413, wire('request_too_large', 'Request exceeds the maximum size'), 'upstream_too_large'],
    [422, wire('invalid_request_error', 'no'), 'upstream_unprocessable'],
    [429, wire('rate_limit_error', 'slow'), 'upstream_rate_limited'],
    // As the vendor's OpenAI-shaped endpoint was seen to answer.
    [
      429,
      {
        error: {
          code: 'rate_limit_error',
          message: 'slow',
          type: 'invalid_request_error',
          param: null,
        },
      },
      'upstream_rate_limited',
    ],
    [500, wire('api_error', 'Internal server error'), 'upstream_error'],
    [500, wire('overloaded_error', 'Overloaded'), 'upstream_overloaded'],
    [502, '<html>Bad gateway</html>', 'upstream_unavailable'],
    [503, '', 'upstream_unavailable'],
    [504, wire('timeout_error', 'late'), 'upstream_timeout'],
    [529, wire('overloaded_error', 'Overloaded'), 'upstream_overloaded'],
    [418, '{"message":"teapot"}', 'upstream_invalid_request'],
    [599, '', 'upstream_error'],
  ])('%d %p is %s', (status, body, code) => {
    const error = decode(status, body);
    expect(error.code).toBe(code);
    expect(error.details.upstreamStatus).toBe(status);
  });

  test('its message, type and code are kept, without secrets and hosts', () => {
    const error = decode(401, {
      type: 'error',
      error: {
        type: 'authentication_error',
        message: 'invalid key sk-ant-api03-abcdefghijklmnop at https://api.example.com/v1',
        details: { error_code: 'key_revoked' },
      },
    });
    expect(error.message).not.toMatch(/sk-ant|example/);
    expect(error.message).toContain('invalid key');
    expect(error.details).toMatchObject({
      upstreamType: 'authentication_error',
      upstreamCode: 'key_revoked',
    });
  });

  test('texts: a short one is the reason, a page is not', () => {
    expect(decode(503, 'upstream connect error').message).toBe('upstream connect error');
    expect(decode(502, '<html>…</html>').message).toBe(
      'The provider answered 502 without saying why.',
    );
    expect(decode(500, '{"detail":"boom"}').message).toBe('boom');
    expect(decode(500, '{"error":"boom"}').message).toBe('boom');
    expect(decode(500, '[]').message).toBe('The provider answered 500 without saying why.');
  });

  test('how long to wait', () => {
    expect(
      decode(429, wire('rate_limit_error', 'x'), { 'retry-after': '16' }).details.retryAfterS,
    ).toBe(16);
    expect(decode(429, wire('rate_limit_error', 'x')).details.retryAfterS).toBeUndefined();
  });
});

describe('our error', () => {
  test.each<[ErrorCode, number, string]>([
    ['invalid_request', 400, 'invalid_request_error'],
    ['invalid_json', 400, 'invalid_request_error'],
    ['unsupported_feature', 400, 'invalid_request_error'],
    ['method_not_allowed', 405, 'invalid_request_error'],
    ['upstream_invalid_request', 400, 'invalid_request_error'],
    ['upstream_context_length', 400, 'invalid_request_error'],
    ['upstream_unprocessable', 422, 'invalid_request_error'],
    ['missing_key', 401, 'authentication_error'],
    ['invalid_key', 401, 'authentication_error'],
    ['own_key_refused', 401, 'authentication_error'],
    ['model_not_allowed', 403, 'permission_error'],
    ['model_not_found', 404, 'not_found_error'],
    ['upstream_not_found', 404, 'not_found_error'],
    ['request_too_large', 413, 'request_too_large'],
    ['upstream_rate_limited', 429, 'rate_limit_error'],
    ['upstream_overloaded', 529, 'overloaded_error'],
    ['upstream_auth', 502, 'api_error'],
    ['upstream_payment_required', 502, 'api_error'],
    ['upstream_stream_truncated', 502, 'api_error'],
    ['upstream_first_token_timeout', 504, 'timeout_error'],
    ['total_timeout', 504, 'timeout_error'],
    ['shutting_down', 503, 'api_error'],
    ['client_closed', 499, 'api_error'],
    ['internal', 500, 'api_error'],
  ])('%s is %d %s', (code, status, type) => {
    expect(encodeError(new GatewayError(code, 'why'), null)).toEqual({
      status,
      body: { type: 'error', error: { type, message: 'why', code } },
    });
  });

  test('every code there is has a type and a status', () => {
    for (const code of Object.keys(ERRORS) as ErrorCode[]) {
      const { status, body } = encodeError(new GatewayError(code, 'why'), null);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(asObject(body.error)?.type).toEqual(expect.any(String));
    }
  });

  test('its place, its generation and its metadata come with it', () => {
    const error = new GatewayError('invalid_request', 'why', { param: 'messages[0]' });
    expect(encodeError(error, METADATA).body).toEqual({
      type: 'error',
      error: {
        type: 'invalid_request_error',
        message: 'why',
        code: 'invalid_request',
        param: 'messages[0]',
      },
      request_id: METADATA.generation_id,
      metadata: { ...METADATA },
    } as never);
  });

  test('as a frame', () => {
    expect(encodeErrorFrame(new GatewayError('upstream_overloaded', 'Overloaded'), null)).toBe(
      'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded","code":"upstream_overloaded"}}\n\n',
    );
  });
});
