// A whole reply of this wire as events.
import { GatewayError } from '../../core/errors.ts';
import type { ChatEvent } from '../../core/event.ts';
import { asObjects, isObject, type JsonObject } from '../../lib/json.ts';
import { isFault } from '../openai-chat/fault.ts';
import { AnswerReader } from './decode-answer.ts';
import { decodeErrorEvent } from './decode-error.ts';

/** Throws the mapped error of an error inside a 200 or of a failed response, else `upstream_invalid_response`. */
export function decodeReply(body: JsonObject): readonly ChatEvent[] {
  if (!Array.isArray(body.output)) {
    if (isFault(body) || typeof body.message === 'string' || body.detail !== undefined)
      throw decodeErrorEvent(body);
    if (body.status !== 'failed' && body.status !== 'queued')
      throw new GatewayError(
        'upstream_invalid_response',
        'The provider answered 200 with a body that is not a response: it has no output.',
      );
  } else if (isObject(body.error) && body.output.length === 0 && body.status === undefined)
    throw decodeErrorEvent(body);
  const answer = new AnswerReader();
  answer.start(body);
  for (const [at, item] of asObjects(body.output).entries()) answer.done(at, item);
  answer.finish(body);
  const events = answer.take();
  const last = events.at(-1);
  if (last?.type === 'error') throw last.error;
  return events;
}
