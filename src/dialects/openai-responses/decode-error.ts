// Errors of this wire: error replies are the chat wire's; inside streams and failed responses they have codes of their own.
import { GatewayError } from '../../core/errors.ts';
import type { Json, JsonObject } from '../../lib/json.ts';
import { decodeError as decodeChatError, decodeInnerError } from '../openai-chat/decode-error.ts';

/** An error reply. Recorded: a model that does not exist is a 400 here, and its code says what it is. */
export function decodeError(
  status: number,
  headers: Headers,
  body: JsonObject | undefined,
  text: string,
  nowMs: number,
): GatewayError {
  const error = decodeChatError(status, headers, body, text, nowMs);
  const { upstreamCode } = error.details;
  if (error.code !== 'upstream_invalid_request' || upstreamCode !== 'model_not_found') return error;
  return new GatewayError('upstream_not_found', error.message, error.details);
}

/** `error.code` of failed responses that are about what was sent (platform.openai.com/docs/api-reference/responses/object). */
const ABOUT_THE_REQUEST: ReadonlySet<string> = new Set([
  'invalid_prompt',
  'bio_policy',
  'cyber_policy',
  'invalid_image',
  'invalid_image_format',
  'invalid_base64_image',
  'invalid_image_url',
  'image_too_large',
  'image_too_small',
  'image_parse_error',
  'image_content_policy_violation',
  'invalid_image_mode',
  'image_file_too_large',
  'unsupported_image_media_type',
  'empty_image_file',
  'failed_to_download_image',
  'image_file_not_found',
]);

/** Codes for "not now", as the maker's own command-line client reads them (github.com/openai/codex). */
const OVERLOADED: ReadonlySet<string> = new Set(['server_is_overloaded', 'slow_down']);

/** The `error` of a failed response. */
export function decodeFailure(error: JsonObject): GatewayError {
  return refined(decodeInnerError({ error: error as Json }));
}

/** An `error` event: the fields stand in it, or in an `error` of their own (both are recorded). */
export function decodeErrorEvent(body: JsonObject): GatewayError {
  return refined(decodeInnerError(body));
}

function refined(error: GatewayError): GatewayError {
  const { upstreamCode } = error.details;
  if (error.code !== 'upstream_error' || upstreamCode === undefined) return error;
  if (ABOUT_THE_REQUEST.has(upstreamCode))
    return new GatewayError('upstream_invalid_request', error.message, error.details);
  return OVERLOADED.has(upstreamCode)
    ? new GatewayError('upstream_overloaded', error.message, error.details)
    : error;
}
