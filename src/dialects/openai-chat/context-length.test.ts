// Messages that mean "too long for this model", and some that only sound so.
import { expect, test } from 'bun:test';
import { isContextLength } from './context-length.ts';

test.each([
  "This model's maximum context length is 8192 tokens. However, your messages resulted in 8545 tokens.",
  'Your input exceeds the context window of this model. Please adjust your input and try again.',
  "You passed 1015 input tokens and requested 10 output tokens. However, the model's context length is only 1024 tokens",
  'The input token count (1196265) exceeds the maximum number of tokens allowed (1048575).',
  "This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
  'Please reduce the length of the messages or completion.',
  'the request exceeds the available context size, try increasing it',
  'The number of tokens to keep from the initial prompt is greater than the context length.',
  'invalid params, context window exceeds limit (2013)',
  'Invalid request: Your request exceeded model token limit: 262144 (requested: 300000)',
  'Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length',
  'prompt is too long: 213462 tokens > 200000 maximum',
  'Input is too long for requested model.',
  'Range of input length should be [1, 30720]',
])('%s', (message) => {
  expect(isContextLength(undefined, undefined, message)).toBe(true);
});

test('by code or type alone', () => {
  expect(isContextLength('context_length_exceeded', undefined, '')).toBe(true);
  expect(isContextLength(undefined, 'exceed_context_size_error', '')).toBe(true);
});

test.each([
  'Rate limit reached on tokens per min (TPM): Limit 200000, Used 162960, Requested 42288.',
  'max_tokens is too large: 100000. This model supports at most 16384 completion tokens.',
  'Too many tokens, please wait before trying again.',
  'Invalid parameter: context',
])('not %s', (message) => {
  expect(isContextLength('invalid_request_error', 'tokens', message)).toBe(false);
});
