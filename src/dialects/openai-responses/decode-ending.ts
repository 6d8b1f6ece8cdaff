// How a response ended → the finish of an answer, or the error it stands for.
import { GatewayError } from '../../core/errors.ts';
import type { FinishReason } from '../../core/event.ts';
import { asObject, asString, type JsonObject } from '../../lib/json.ts';
import { decodeFailure } from './decode-error.ts';

export interface Ending {
  readonly reason: FinishReason;
  readonly raw: string | null;
}

/** Why a response is incomplete (platform.openai.com/docs/api-reference/responses/object). Unknown words are `other`. */
const INCOMPLETE: { readonly [reason: string]: FinishReason } = {
  max_output_tokens: 'length',
  // Servers on this wire that keep the chat wire's words.
  length: 'length',
  max_tokens: 'length',
  content_filter: 'content-filter',
};

/** What the items of the answer say of its end. */
export interface Said {
  readonly calledTools: boolean;
  readonly refused: boolean;
}

/** The error where the response failed, or is none yet: nothing is ever asked for in the background, to be fetched later. */
export function endingOf(response: JsonObject, said: Said): Ending | GatewayError {
  const status = asString(response.status) ?? 'completed';
  switch (status) {
    case 'failed':
      return decodeFailure(asObject(response.error) ?? {});
    case 'cancelled':
      return new GatewayError('upstream_error', 'The provider cancelled its answer.', {
        upstreamCode: status,
      });
    case 'incomplete': {
      const raw = asString(asObject(response.incomplete_details)?.reason) ?? status;
      return { reason: INCOMPLETE[raw] ?? 'other', raw };
    }
    case 'queued':
    case 'in_progress':
      return new GatewayError(
        'upstream_invalid_response',
        `The provider answered with a response that is not finished: its status is "${status}".`,
        { upstreamCode: status },
      );
    default:
      return { reason: reasonOf(said), raw: status };
  }
}

function reasonOf({ calledTools, refused }: Said): FinishReason {
  if (calledTools) return 'tool-calls';
  return refused ? 'refusal' : 'stop';
}
