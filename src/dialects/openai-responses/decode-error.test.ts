// Error replies and failures of the openai-responses wire.
import { expect, test } from 'bun:test';
import { decodeError, decodeErrorEvent, decodeFailure } from './decode-error.ts';

test('a model that does not exist is not found, whatever the status', () => {
  const error = {
    code: 'model_not_found',
    message: "The requested model 'x' does not exist.",
    param: 'model',
    type: 'invalid_request_error',
  };
  const decoded = decodeError(400, new Headers(), { error }, '', 0);
  expect([decoded.code, decoded.details.param, decoded.details.upstreamStatus]).toEqual([
    'upstream_not_found',
    'model',
    400,
  ]);
  const other = { error: { ...error, code: null } };
  expect(decodeError(400, new Headers(), other, '', 0).code).toBe('upstream_invalid_request');
});

test('a failure about the request is the request’s, any other may be tried again', () => {
  expect(decodeFailure({ code: 'image_too_large', message: 'm' }).code).toBe(
    'upstream_invalid_request',
  );
  expect(decodeFailure({ code: 'vector_store_timeout', message: 'm' }).next).toBe('retry');
  expect(decodeFailure({}).code).toBe('upstream_error');
});

test('an error event keeps its code, message and place', () => {
  const event = { type: 'error', code: 'invalid_prompt', message: 'No.', param: 'input[0]' };
  const { code, message, details } = decodeErrorEvent(event);
  expect({ code, message, details }).toMatchObject({
    code: 'upstream_invalid_request',
    message: 'No.',
    details: { param: 'input[0]', upstreamCode: 'invalid_prompt' },
  });
});
