// A whole reply of this wire as events.
import { GatewayError } from '../../core/errors.ts';
import type { ChatEvent } from '../../core/event.ts';
import {
  asArray,
  asNumber,
  asObject,
  asObjects,
  asString,
  isObject,
  type JsonObject,
} from '../../lib/json.ts';
import { AnswerReader } from './answer-reader.ts';
import { decodeInnerError } from './errors.ts';
import { failedFinish } from './finish.ts';

/** Throws the mapped error of an error inside a 200, else `upstream_invalid_response`. */
export function decodeReply(body: JsonObject): readonly ChatEvent[] {
  const message = asObject(body.message);
  const raw = asString(body.finish_reason) || null;
  const failure = failedFinish(raw, asString(body.error));
  if (failure) throw failure;
  if (!message) {
    if (typeof body.message === 'string') throw decodeInnerError(body);
    throw new GatewayError(
      'upstream_invalid_response',
      'The provider answered 200 with a body that is not a chat reply: it has no message.',
    );
  }
  const answer = new AnswerReader();
  answer.start(asString(body.id) || null);
  content(answer, message);
  asObjects(message.tool_calls).forEach((call, index) => {
    answer.call(index, call);
    answer.callOver(index);
  });
  answer.usage(body.usage);
  answer.finish(raw);
  return answer.take();
}

/** Thoughts, then the plan, then the texts, each with the citations that name it (the first, where they name none). */
function content(answer: AnswerReader, message: JsonObject): void {
  const parts =
    typeof message.content === 'string'
      ? [{ type: 'text', text: message.content }]
      : asArray(message.content).map((part) => asObject(part) ?? {});
  const citations = asObjects(message.citations);
  const first = parts.findIndex((part) => part.type !== 'thinking');
  parts.forEach((part, index) => {
    if (part.type === 'thinking') answer.content(index, part);
  });
  answer.plan(asString(message.tool_plan) ?? '');
  parts.forEach((part, index) => {
    if (part.type === 'thinking' || !isObject(part)) return;
    answer.content(index, part);
    for (const citation of citations)
      if ((asNumber(citation.content_index) ?? first) === index) answer.cite(citation);
  });
}
