// An answer as a Converse reply, whole or as a stream of messages.
import { parseJson } from '../../src/lib/json.ts';
import type { Answer } from '../answer.ts';
import {
  type AnswerBlock,
  answerBlocks,
  totalOutput,
} from '../anthropic-messages/write-messages.ts';
import type { Behaviour } from '../behaviour.ts';
import type { Frame, ReplyContext } from '../wire.ts';
import { eventText } from './aws-message.ts';

/** The simulated model's and other wires' words, in this one's. */
const STOP_REASONS: { readonly [reason: string]: string } = {
  stop: 'end_turn',
  'stop-sequence': 'stop_sequence',
  length: 'max_tokens',
  'tool-calls': 'tool_use',
  tool_calls: 'tool_use',
  refusal: 'content_filtered',
  content_filter: 'guardrail_intervened',
};
/** The vendor pads its messages, so that their length says less (recorded). */
const PADDING = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** The whole reply. */
export function writeConverse(answer: Answer, context: ReplyContext): string {
  const content = answerBlocks(answer, context).map(wholeBlock);
  const { behaviour } = context;
  return JSON.stringify({
    ...endFields(answer, behaviour, false),
    metrics: { latencyMs: 1 },
    output: { message: { content, role: 'assistant' } },
    ...(behaviour.usage === 'none' ? {} : { usage: usageOf(answer) }),
  });
}

function wholeBlock(block: AnswerBlock): object {
  switch (block.type) {
    case 'thinking': {
      const { signature } = block;
      return { reasoningContent: { reasoningText: { signature, text: block.pieces.join('') } } };
    }
    case 'redacted_thinking':
      return { reasoningContent: { redactedContent: redacted(block.data) } };
    case 'text':
      return { text: block.pieces.join('') };
    case 'tool_use': {
      const { name, id: toolUseId } = block;
      return { toolUse: { input: parseJson(block.arguments) ?? {}, name, toolUseId } };
    }
  }
}

/** Claude's text as the bytes it is here, in base64 once more (recorded). */
function redacted(data: string): string {
  return Buffer.from(data).toString('base64');
}

function endFields(answer: Answer, behaviour: Behaviour, streamed: boolean): object {
  const reason = behaviour.finish ?? answer.finish;
  const met = { stop_sequence: answer.stopSequence };
  return {
    ...(answer.stopSequence === null
      ? {}
      : { additionalModelResponseFields: streamed ? { delta: met } : met }),
    stopReason: STOP_REASONS[reason] ?? reason,
  };
}

function usageOf(answer: Answer): object {
  const { input, cacheRead, cacheWrite5m, cacheWrite1h } = answer.usage;
  const output = totalOutput(answer.usage);
  const writes = cacheWrite5m + cacheWrite1h;
  const details = [
    ...(cacheWrite5m === 0 ? [] : [{ inputTokens: cacheWrite5m, ttl: '5m' }]),
    ...(cacheWrite1h === 0 ? [] : [{ inputTokens: cacheWrite1h, ttl: '1h' }]),
  ];
  return {
    ...(details.length === 0 ? {} : { cacheDetails: details }),
    cacheReadInputTokens: cacheRead,
    cacheWriteInputTokens: writes,
    inputTokens: input,
    outputTokens: output,
    totalTokens: input + output + cacheRead + writes,
  };
}

/** Every message of the stream, made as it is asked for. */
export function* converseFrames(answer: Answer, context: ReplyContext): Generator<Frame, void> {
  const { behaviour } = context;
  const writer = new Writer();
  yield { kind: 'open', text: writer.event('messageStart', { role: 'assistant' }) };
  for (let n = 0; n < behaviour.bytes.metadata; n += 1)
    yield { kind: 'open', text: writer.event('somethingNew', {}) };
  let index = 0;
  for (const block of answerBlocks(answer, context)) {
    yield* blockFrames(block, index, behaviour.chunk, writer);
    yield { kind: 'between', text: writer.event('contentBlockStop', { contentBlockIndex: index }) };
    index += 1;
  }
  yield { kind: 'end', text: writer.event('messageStop', endFields(answer, behaviour, true)) };
  if (behaviour.usage === 'none') return;
  const metadata = { metrics: { latencyMs: 1 }, usage: usageOf(answer) };
  yield { kind: 'done', text: writer.event('metadata', metadata) };
}

/** Only calls say how they begin; text and reasoning just do (recorded). */
function* blockFrames(
  block: AnswerBlock,
  index: number,
  chunk: number,
  writer: Writer,
): Generator<Frame, void> {
  const delta = (kind: Frame['kind'], gained: object): Frame => ({
    kind,
    text: writer.event('contentBlockDelta', { contentBlockIndex: index, delta: gained }),
  });
  switch (block.type) {
    case 'thinking':
      for (const text of block.pieces) yield delta('content', { reasoningContent: { text } });
      yield delta('between', { reasoningContent: { signature: block.signature } });
      return;
    case 'redacted_thinking':
      yield delta('between', { reasoningContent: { redactedContent: redacted(block.data) } });
      return;
    case 'text':
      for (const text of block.pieces) yield delta('content', { text });
      return;
    case 'tool_use': {
      const toolUse = { name: block.name, toolUseId: block.id };
      const start = { contentBlockIndex: index, start: { toolUse } };
      yield { kind: 'between', text: writer.event('contentBlockStart', start) };
      const chars = Array.from(block.arguments);
      const size = chunk === 0 ? chars.length : chunk;
      for (let at = 0; at < chars.length; at += size)
        yield delta('content', { toolUse: { input: chars.slice(at, at + size).join('') } });
    }
  }
}

class Writer {
  #events = 0;

  event(type: string, payload: object): string {
    this.#events += 1;
    const p = PADDING.slice(0, 1 + ((this.#events * 7) % (PADDING.length - 1)));
    return eventText(type, JSON.stringify({ ...payload, p }));
  }
}
