// A GatewayError in this wire's words: as a whole reply, as the chat wire of the same maker has it, and as the end of a
// stream. There both ways of failing that clients know come: an `error` event, at which the maker's libraries throw, and
// `response.failed`, which others wait for. Recorded: the maker sends both, in this order.
import { ERRORS, type ErrorCode, type GatewayError } from '../../core/errors.ts';
import type { ReplyMetadata } from '../../core/exchange.ts';
import type { Json, JsonObject } from '../../lib/json.ts';
import { sseText } from '../../lib/sse.ts';
import { encodeError as encodeChatError } from '../openai-chat/encode-error.ts';

/** Where our metadata stands on this wire, whose `metadata` is the caller's. */
export const METADATA_FIELD = 'gateway_metadata';

/** `{status, body: {error: {message, type, param, code}, gateway_metadata?}}`. */
export function encodeError(
  error: GatewayError,
  metadata: ReplyMetadata | null,
): { readonly status: number; readonly body: JsonObject } {
  const { status, body } = encodeChatError(error, null);
  return { status, body: { ...body, ...metadataMember(metadata) } };
}

export function metadataMember(metadata: ReplyMetadata | null): JsonObject {
  return metadata === null ? {} : { [METADATA_FIELD]: { ...metadata } };
}

/** The two frames. @param response as it failed; `at` the number of the first of them. */
export function failureFrames(error: GatewayError, response: JsonObject, at: number): string {
  const told = encodeChatError(error, null).body.error as JsonObject;
  const { message, param, code } = told;
  const event = { type: 'error', sequence_number: at, code, message, param, error: told as Json };
  const failed = { type: 'response.failed', sequence_number: at + 1, response: response as Json };
  return (
    sseText(JSON.stringify(event), 'error') + sseText(JSON.stringify(failed), 'response.failed')
  );
}

/** The end of a stream of which nothing is known. */
export function encodeErrorFrame(error: GatewayError, metadata: ReplyMetadata | null): string {
  const response = {
    id: metadata === null ? 'resp_failed' : `resp_${metadata.generation_id}`,
    object: 'response',
    status: 'failed',
    error: responseError(error),
    incomplete_details: null,
    output: [],
    usage: null,
    ...metadataMember(metadata),
  };
  return failureFrames(error, response, 0);
}

/** Codes that clients branch on; the wire knows few, and `server_error` for everything else. */
const CODES: { readonly [C in ErrorCode]?: string } = {
  upstream_rate_limited: 'rate_limit_exceeded',
  upstream_context_length: 'context_length_exceeded',
  upstream_payment_required: 'insufficient_quota',
  own_key_refused: 'own_key_refused',
};

/** `error` of a failed response. */
export function responseError(error: GatewayError): {
  readonly code: string;
  readonly message: string;
} {
  const otherwise = ERRORS[error.code].fault === 'caller' ? 'invalid_prompt' : 'server_error';
  return { code: CODES[error.code] ?? otherwise, message: error.message };
}
