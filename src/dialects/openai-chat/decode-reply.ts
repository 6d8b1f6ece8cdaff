// A whole reply of this wire as events.
import { GatewayError } from '../../core/errors.ts';
import type { ChatEvent } from '../../core/event.ts';
import {
  asArray,
  asObject,
  asObjects,
  isObject,
  type Json,
  type JsonObject,
} from '../../lib/json.ts';
import { AnswerReader } from './decode-answer.ts';
import { decodeInnerError } from './decode-error.ts';
import { isFault } from './fault.ts';
import { failedFinish } from './finish.ts';

/** Only the first choice becomes events. Throws the mapped error of an error inside a 200, else `upstream_invalid_response`. */
export function decodeReply(body: JsonObject): readonly ChatEvent[] {
  const choices = asObjects(body.choices);
  const choice = choices.find((candidate) => (candidate.index ?? 0) === 0) ?? choices[0];
  // Recorded: a filtered answer is a choice with a finish reason and no message.
  const message = asObject(choice?.message) ?? (choice?.finish_reason ? {} : undefined);
  if (!choice || !message) {
    if (isFault(body) || typeof body.message === 'string' || body.detail !== undefined)
      throw decodeInnerError(body);
    throw new GatewayError(
      'upstream_invalid_response',
      'The provider answered 200 with a body that is not a chat completion: it has no choices[0].message.',
    );
  }
  const answer = new AnswerReader();
  answer.start(body);
  answer.message(numbered(message));
  answer.ending(choice);
  const failure = answer.raw === null ? null : failedFinish(answer.raw);
  if (isFault(body) && (failure || answer.raw === null)) throw decodeInnerError(body);
  if (failure)
    throw isObject(choice.error) ? decodeInnerError({ error: choice.error as Json }) : failure;
  answer.usage(body.usage ?? choice.usage ?? asObject(body.x_groq)?.usage);
  answer.sources(body);
  answer.finish();
  return answer.take();
}

/** In a whole reply every entry is a call of its own, whatever index it carries. */
function numbered(message: JsonObject): JsonObject {
  if (!Array.isArray(message.tool_calls)) return message;
  const calls = asArray(message.tool_calls).map((call, index) =>
    isObject(call) ? { ...call, index } : call,
  );
  return { ...message, tool_calls: calls as JsonObject[string] };
}
