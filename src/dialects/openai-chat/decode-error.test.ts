// Vendors' error replies and in-stream errors, each against whose fault it is.
import { describe, expect, test } from 'bun:test';
import type { ErrorCode } from '../../core/errors.ts';
import { asObject, type JsonObject, parseJson } from '../../lib/json.ts';
import { decodeError, decodeInnerError } from './decode-error.ts';

const NOW = Date.parse('2026-11-22T10:00:00Z');

function decoded(status: number, body: unknown, headers: Record<string, string> = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return decodeError(status, new Headers(headers), asObject(parseJson(text)), text, NOW);
}

const openai = (
  message: string,
  type: string | null,
  code: string | number | null = null,
  param: string | null = null,
) => ({ error: { message, type, param, code } });

const REPLIES: readonly (readonly [string, number, unknown, ErrorCode])[] = [
  [
    'a bad request',
    400,
    openai('Unsupported value', 'invalid_request_error', 'unsupported_value', 'messages[0].role'),
    'upstream_invalid_request',
  ],
  [
    'too long, by code',
    400,
    openai('Please shorten it.', 'invalid_request_error', 'context_length_exceeded', 'messages'),
    'upstream_context_length',
  ],
  [
    'too long, by phrase',
    400,
    openai(
      "This model's maximum context length is 8192 tokens. However, your messages resulted in 8545 tokens.",
      'BadRequestError',
      400,
    ),
    'upstream_context_length',
  ],
  [
    'too long, a local server',
    400,
    {
      error: {
        code: 400,
        message: 'the request exceeds the available context size, try increasing it',
        type: 'exceed_context_size_error',
        n_prompt_tokens: 9,
      },
    },
    'upstream_context_length',
  ],
  [
    'too long, answered 500',
    500,
    openai('context length exceeded', 'server_error'),
    'upstream_context_length',
  ],
  [
    'too long, answered 413',
    413,
    openai('The prompt is too long', null),
    'upstream_context_length',
  ],
  [
    'too long, answered 422',
    422,
    {
      detail: 'Prompt contains 40000 tokens, too large for model with 32768 maximum context length',
    },
    'upstream_context_length',
  ],
  [
    'a bad key',
    401,
    openai('Incorrect API key provided: sk-abc***.', 'invalid_request_error', 'invalid_api_key'),
    'upstream_auth',
  ],
  [
    'a bad key, answered 400',
    400,
    openai('Incorrect API key provided: xa***12', null),
    'upstream_auth',
  ],
  [
    'a bad key, by reason',
    400,
    {
      error: {
        code: 400,
        message: 'Please pass a valid one.',
        status: 'INVALID_ARGUMENT',
        details: [{ reason: 'API_KEY_INVALID' }],
      },
    },
    'upstream_auth',
  ],
  [
    'no money',
    402,
    openai('Insufficient Balance', 'unknown_error', 'invalid_request_error'),
    'upstream_payment_required',
  ],
  [
    'no quota',
    429,
    openai(
      'You exceeded your current quota, please check your plan and billing details.',
      'insufficient_quota',
      'insufficient_quota',
    ),
    'upstream_payment_required',
  ],
  [
    'no credit, answered 400',
    400,
    openai('Your credit balance is too low to access the API.', 'invalid_request_error'),
    'upstream_payment_required',
  ],
  ['forbidden', 403, openai('No access to this model', 'permission_error'), 'upstream_forbidden'],
  [
    'no such model',
    404,
    openai('The model `x` does not exist', 'invalid_request_error', 'model_not_found'),
    'upstream_not_found',
  ],
  ['a timeout', 408, '', 'upstream_timeout'],
  ['a conflict', 409, '', 'upstream_unavailable'],
  [
    'too large',
    413,
    '<html><body>413 Request Entity Too Large</body></html>',
    'upstream_too_large',
  ],
  [
    'unprocessable',
    422,
    {
      detail: [
        {
          loc: ['body', 'messages', 0, 'name'],
          msg: 'Extra inputs are not permitted',
          type: 'extra_forbidden',
        },
      ],
    },
    'upstream_unprocessable',
  ],
  [
    'rate limited',
    429,
    openai('Rate limit reached', 'tokens', 'rate_limit_exceeded'),
    'upstream_rate_limited',
  ],
  [
    'rate limited, an array',
    429,
    [{ error: { code: 429, message: 'Resource exhausted.', status: 'RESOURCE_EXHAUSTED' } }],
    'upstream_rate_limited',
  ],
  [
    'rate limited, a bare message',
    429,
    { message: 'Too many tokens, please wait before trying again.' },
    'upstream_rate_limited',
  ],
  [
    'rate limited, misnamed',
    429,
    openai('This request would exceed the rate limit', 'invalid_request_error', 'rate_limit_error'),
    'upstream_rate_limited',
  ],
  ['a full tier', 498, '', 'upstream_overloaded'],
  ['a crash', 500, openai('The server had an error', 'server_error'), 'upstream_error'],
  [
    'overloaded, answered 500',
    500,
    { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
    'upstream_overloaded',
  ],
  ['a bad gateway', 502, '<html><title>502 Bad Gateway</title></html>', 'upstream_error'],
  ['unavailable', 503, 'upstream connect error', 'upstream_unavailable'],
  [
    'overloaded, answered 503',
    503,
    {
      error: {
        code: 503,
        message: 'The model is overloaded. Please try again later.',
        status: 'UNAVAILABLE',
      },
    },
    'upstream_overloaded',
  ],
  ['a slow gateway', 504, '', 'upstream_timeout'],
  [
    'overloaded',
    529,
    {
      type: 'error',
      error: { type: 'overloaded_error', message: 'Overloaded' },
      request_id: 'req_1',
    },
    'upstream_overloaded',
  ],
  ['a redirect', 302, '', 'upstream_invalid_response'],
  ['an odd refusal', 418, '', 'upstream_invalid_request'],
  ['an odd crash', 599, '', 'upstream_error'],
];

describe('decodeError', () => {
  test.each(REPLIES)('%s', (_, status, body, code) => {
    const error = decoded(status, body);
    expect(error.code).toBe(code);
    expect(error.details.upstreamStatus).toBe(status);
    expect(error.message.length).toBeGreaterThan(0);
  });

  test("keeps the provider's words, code and place", () => {
    const error = decoded(
      400,
      openai(
        "Unsupported value: 'messages[0].role'",
        'invalid_request_error',
        'unsupported_value',
        'messages[0].role',
      ),
    );
    expect(error.message).toBe("Unsupported value: 'messages[0].role'");
    expect(error.details).toMatchObject({
      param: 'messages[0].role',
      upstreamCode: 'unsupported_value',
      upstreamType: 'invalid_request_error',
    });
  });

  test.each([
    [
      { error: 'model "x" not found, try pulling it first' },
      'model "x" not found, try pulling it first',
    ],
    [
      {
        error: {
          message: 'Provider returned error',
          code: 429,
          metadata: { raw: 'm is temporarily rate-limited upstream.' },
        },
      },
      'Provider returned error: m is temporarily rate-limited upstream.',
    ],
    [
      {
        error: {
          message: 'Provider returned error',
          metadata: { raw: '{"error":{"message":"no such tool"}}' },
        },
      },
      'Provider returned error: no such tool',
    ],
    [{ detail: [{ loc: ['body', 'messages', 0], msg: 'is odd' }] }, 'messages.0: is odd'],
    [
      { object: 'error', message: { detail: [{ loc: ['body', 'user'], msg: 'Extra inputs' }] } },
      'user: Extra inputs',
    ],
    [{ errors: [{ message: 'first' }, { message: 'second' }] }, 'first'],
    ['no healthy upstream', 'no healthy upstream'],
    ['"quoted"', 'quoted'],
    ['<html>secret host</html>', 'The provider answered 400 without saying why.'],
    ['', 'The provider answered 400 without saying why.'],
    [{}, 'The provider answered 400 without saying why.'],
  ])('reads %j', (body, message) => {
    expect(decoded(400, body).message).toBe(message);
  });

  test('keeps no key and no host', () => {
    const error = decoded(
      401,
      openai(
        'Incorrect API key provided: sk-proj-1234567890abcdef. See https://platform.example.com/keys or 10.1.2.3:8000',
        null,
        'invalid_api_key',
      ),
    );
    expect(error.message).toBe(
      'Incorrect API key provided: [redacted] See [redacted] or [redacted]',
    );
  });

  test.each([
    [{ 'retry-after': '16' }, 'busy', 16],
    [{}, 'Please try again in 1.574s. Visit', 1.574],
    [{}, 'busy', undefined],
  ])('retry after %j %s', (headers, message, expected) => {
    expect(
      decoded(429, openai(message, 'tokens'), headers as Record<string, string>).details
        .retryAfterS,
    ).toBe(expected);
  });

  test('a delay in the details of an error', () => {
    const body = {
      error: {
        code: 429,
        message: 'Quota',
        status: 'RESOURCE_EXHAUSTED',
        details: [{ '@type': 'RetryInfo', retryDelay: '43s' }],
      },
    };
    expect(decoded(429, body).details.retryAfterS).toBe(43);
  });
});

const INNER: readonly (readonly [string, JsonObject, ErrorCode])[] = [
  [
    'a status in it',
    { error: { message: 'no', status_code: 400, code: 'tool_use_failed' } },
    'upstream_invalid_request',
  ],
  ['a numeric code', { error: { message: 'no', code: 502 } }, 'upstream_error'],
  ['a numeral code', { error: { message: 'no', code: '429' } }, 'upstream_rate_limited'],
  [
    'a word',
    { error: { message: 'no', type: 'tokens', code: 'rate_limit_exceeded' } },
    'upstream_rate_limited',
  ],
  [
    'another wire',
    { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
    'upstream_overloaded',
  ],
  [
    'object error',
    {
      object: 'error',
      message: 'max_tokens must be at least 1',
      type: 'BadRequestError',
      code: 400,
    },
    'upstream_invalid_request',
  ],
  [
    'object error, too long',
    {
      object: 'error',
      message: "This model's maximum context length is 10 tokens.",
      type: 'BadRequestError',
      code: 400,
    },
    'upstream_context_length',
  ],
  ['a status in words', { error: { message: 'no', status: 'UNAUTHENTICATED' } }, 'upstream_auth'],
  [
    'no quota',
    { error: { message: 'You exceeded your current quota', code: 'insufficient_quota' } },
    'upstream_payment_required',
  ],
  ['a network fault', { error: 'Network connection lost' }, 'upstream_error'],
  ['nothing said', { error: {} }, 'upstream_error'],
];

test.each(INNER)('inside a 200: %s', (_, body, code) => {
  const error = decodeInnerError(body);
  expect(error.code).toBe(code);
  expect(error.message.length).toBeGreaterThan(0);
});
