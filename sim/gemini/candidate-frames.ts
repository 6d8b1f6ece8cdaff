// An answer as a stream of generateContent replies, as recorded: every chunk is a reply of its own with usage so far; the
// last one says how it ended, and has the signature of a text on an empty one.
import type { Answer } from '../answer.ts';
import type { Frame, ReplyContext } from '../wire.ts';
import { callPart, finishReason, textSignature, usageOf } from './write-candidate.ts';

/** Every frame of the stream, made as it is asked for. */
export function* candidateFrames(answer: Answer, context: ReplyContext): Generator<Frame, void> {
  const { ask, behaviour, ids } = context;
  const whole = { modelVersion: ask.model, responseId: ids.next('', 22) };
  let sent = 0;
  const usage = (done?: number): object => {
    switch (behaviour.usage) {
      case 'none':
        return {};
      case 'late':
        return done === undefined ? { usageMetadata: usageOf(answer.usage) } : {};
      default:
        return { usageMetadata: usageOf(answer.usage, done) };
    }
  };
  const chunk = (kind: Frame['kind'], parts: readonly object[]): Frame => {
    const candidate = { content: { parts, role: 'model' }, index: 0 };
    return frame(kind, { candidates: [candidate], ...usage(sent), ...whole });
  };
  for (let n = 0; n < behaviour.bytes.metadata; n += 1)
    yield frame('open', { ...usage(0), ...whole });
  if (!ask.hidesThinking)
    for (const text of answer.reasoning) yield chunk('content', [{ text, thought: true }]);
  if (!answer.isRefusal) {
    for (const text of answer.text) {
      sent += 1;
      yield chunk('content', [{ text }]);
    }
  }
  for (const [index, call] of answer.calls.entries())
    yield chunk('content', [callPart(call, index, context)]);
  const parts = answer.isRefusal ? [] : [{ text: '', ...textSignature(answer) }];
  const content = parts.length === 0 ? {} : { parts, role: 'model' };
  const last = { content, finishReason: finishReason(answer, behaviour), index: 0 };
  yield frame('end', { candidates: [last], ...usage(), ...whole });
}

function frame(kind: Frame['kind'], reply: object): Frame {
  return { kind, text: `data: ${JSON.stringify(reply)}\n\n` };
}
