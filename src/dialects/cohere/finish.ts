// Why an answer ended, in our words.
import { GatewayError } from '../../core/errors.ts';
import type { FinishReason } from '../../core/event.ts';
import { scrub } from '../../lib/scrub.ts';
import { reasonWithCalls } from '../reason-with-calls.ts';

/** docs.cohere.com/reference/chat, finish_reason; the last two are of earlier versions. */
const REASONS: { readonly [raw: string]: FinishReason } = {
  COMPLETE: 'stop',
  STOP_SEQUENCE: 'stop',
  MAX_TOKENS: 'length',
  TOOL_CALL: 'tool-calls',
  ERROR_LIMIT: 'length',
  ERROR_TOXIC: 'content-filter',
};

export function finishReason(raw: string | null, calledTools: boolean): FinishReason {
  return reasonWithCalls(raw === null ? 'stop' : (REASONS[raw] ?? 'other'), calledTools);
}

/** "The generation failed due to an internal error", or took too long: such an answer is none. Null where it ended well. */
export function failedFinish(raw: string | null, said: string | undefined): GatewayError | null {
  const why = said === undefined || said === '' ? '' : `: ${scrub(said)}`;
  if (raw === 'ERROR')
    return new GatewayError('upstream_error', `The provider failed while answering${why}.`, {
      upstreamCode: raw,
    });
  if (raw === 'TIMEOUT')
    return new GatewayError('upstream_timeout', `The provider took too long to answer${why}.`, {
      upstreamCode: raw,
    });
  return null;
}
