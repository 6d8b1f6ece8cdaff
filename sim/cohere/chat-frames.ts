// An answer as a stream of version 2: events as Cohere was recorded to send them.
import type { Answer, AnswerCall } from '../answer.ts';
import type { Frame, ReplyContext } from '../wire.ts';
import { finishReason, usageOf } from './write-chat.ts';

/** Every frame of the stream, made as it is asked for. */
export function* chatFrames(answer: Answer, context: ReplyContext): Generator<Frame, void> {
  const { behaviour, ids } = context;
  const { calls, reasoning, text } = answer;
  const opening = { role: 'assistant', content: [], tool_plan: '', tool_calls: [], citations: [] };
  yield frame('open', { id: ids.next('', 32), type: 'message-start', delta: { message: opening } });
  for (let n = 0; n < behaviour.bytes.metadata; n += 1) yield { kind: 'open', text: ': wait\n\n' };
  let index = 0;
  if (reasoning.length > 0 && calls.length === 0) {
    yield* block(index, 'thinking', reasoning);
    index += 1;
  }
  if (calls.length > 0) {
    for (const piece of reasoning)
      yield frame('content', { type: 'tool-plan-delta', delta: { message: { tool_plan: piece } } });
  }
  if (text.length > 0 || calls.length === 0) yield* block(index, 'text', text);
  for (const [at, call] of calls.entries())
    yield* callFrames(call, at, ids.next(`${call.name}_`, 12), behaviour.chunk);
  const usage = behaviour.usage === 'none' ? {} : { usage: usageOf(answer.usage) };
  yield frame('end', {
    type: 'message-end',
    delta: { finish_reason: finishReason(answer, behaviour), ...usage },
  });
  yield { kind: 'done', text: 'data: [DONE]\n\n' };
}

function* block(
  index: number,
  type: 'text' | 'thinking',
  pieces: readonly string[],
): Generator<Frame, void> {
  const kind = index === 0 ? 'open' : 'between';
  yield frame(kind, {
    type: 'content-start',
    index,
    delta: { message: { content: { type, [type]: '' } } },
  });
  for (const piece of pieces)
    yield frame('content', {
      type: 'content-delta',
      index,
      delta: { message: { content: { [type]: piece } } },
    });
  yield frame('between', { type: 'content-end', index });
}

function* callFrames(
  { name, arguments: text }: AnswerCall,
  index: number,
  id: string,
  size: number,
): Generator<Frame, void> {
  const first = size === 0 ? text : '';
  yield frame('content', {
    type: 'tool-call-start',
    index,
    delta: {
      message: { tool_calls: { id, type: 'function', function: { name, arguments: first } } },
    },
  });
  const chars = size === 0 ? [] : Array.from(text);
  for (let at = 0; at < chars.length; at += size) {
    const piece = chars.slice(at, at + size).join('');
    yield frame('content', {
      type: 'tool-call-delta',
      index,
      delta: { message: { tool_calls: { function: { arguments: piece } } } },
    });
  }
  yield frame('between', { type: 'tool-call-end', index });
}

function frame(
  kind: Frame['kind'],
  data: { readonly type: string; readonly [more: string]: unknown },
): Frame {
  return { kind, text: `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n` };
}
