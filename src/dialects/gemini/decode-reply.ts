// A whole reply of this wire as events.
import { GatewayError } from '../../core/errors.ts';
import type { ChatEvent } from '../../core/event.ts';
import { asObject, asObjects, type JsonObject } from '../../lib/json.ts';
import { AnswerReader } from './answer-reader.ts';
import { decodeInnerError } from './decode-error.ts';
import { failedFinish } from './finish.ts';

/** Only the first candidate becomes events. Throws the mapped error of an error inside a 200, else `upstream_invalid_response`. */
export function decodeReply(body: JsonObject): readonly ChatEvent[] {
  if (asObject(body.error)) throw decodeInnerError(body);
  const candidate = firstOf(body);
  const feedback = blockOf(body);
  const answer = new AnswerReader();
  answer.start(body);
  if (candidate) answer.candidate(candidate);
  else if (feedback) answer.blocked(feedback);
  else
    throw new GatewayError(
      'upstream_invalid_response',
      'The provider answered 200 with a body that holds no candidate and no reason for that.',
    );
  const { raw } = answer;
  const failure = raw === null ? null : failedFinish(raw, answer.finishMessage, answer.calledTools);
  if (failure) throw failure;
  answer.finish(candidate === undefined);
  return answer.take();
}

/** The candidate that becomes the answer; undefined where there is none. */
export function firstOf(body: JsonObject): JsonObject | undefined {
  return asObjects(body.candidates).find((candidate) => (candidate.index ?? 0) === 0);
}

/** Why the prompt got no answer; undefined where it was not blocked. */
export function blockOf(body: JsonObject): JsonObject | undefined {
  const feedback = asObject(body.promptFeedback);
  return feedback?.blockReason ? feedback : undefined;
}
