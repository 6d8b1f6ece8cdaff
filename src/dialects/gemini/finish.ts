// Why an answer ended, and why a prompt got none: this wire's words → FinishReason, or the error they stand for.
// ai.google.dev/api/generate-content#FinishReason, cloud.google.com/vertex-ai/generative-ai/docs/reference/rest
import { type ErrorCode, GatewayError } from '../../core/errors.ts';
import type { FinishReason } from '../../core/event.ts';
import { scrub } from '../../lib/scrub.ts';
import { reasonWithCalls } from '../reason-with-calls.ts';

const REASONS: { readonly [word: string]: FinishReason } = {
  STOP: 'stop',
  MAX_TOKENS: 'length',
  SAFETY: 'content-filter',
  RECITATION: 'content-filter',
  BLOCKLIST: 'content-filter',
  PROHIBITED_CONTENT: 'content-filter',
  SPII: 'content-filter',
  MODEL_ARMOR: 'content-filter',
  IMAGE_SAFETY: 'content-filter',
  IMAGE_PROHIBITED_CONTENT: 'content-filter',
  IMAGE_RECITATION: 'content-filter',
};

/** Ends that are no answer: the model wrote a call nobody can read, or one that was not offered. Asked again it may do better. */
const FAILURES: { readonly [word: string]: ErrorCode } = {
  MALFORMED_FUNCTION_CALL: 'upstream_invalid_response',
  MALFORMED_RESPONSE: 'upstream_invalid_response',
  UNEXPECTED_TOOL_CALL: 'upstream_invalid_response',
  TOO_MANY_TOOL_CALLS: 'upstream_invalid_response',
  NO_IMAGE: 'upstream_invalid_response',
  MISSING_THOUGHT_SIGNATURE: 'upstream_invalid_request',
};

export function finishReason(raw: string | null, calledTools: boolean): FinishReason {
  return reasonWithCalls(raw === null ? 'stop' : (REASONS[raw] ?? 'other'), calledTools);
}

/**
 * The error a finish reason stands for; null for an honest end. Recorded: UNEXPECTED_TOOL_CALL with the whole call in
 * the answer; the caller sees that call, as with any model that calls what it was not offered.
 */
export function failedFinish(
  raw: string,
  message: string | undefined,
  calledTools: boolean,
): GatewayError | null {
  const code = FAILURES[raw];
  if (code === undefined || (raw === 'UNEXPECTED_TOOL_CALL' && calledTools)) return null;
  const why = message === undefined || message === '' ? '' : `: ${scrub(message)}`;
  return new GatewayError(code, `The provider broke off its answer (${raw})${why}`, {
    upstreamCode: raw,
  });
}
