// An answer as a whole Messages reply, and the words both forms share.
import { parseJson } from '../../src/lib/json.ts';
import type { Answer, AnswerUsage } from '../answer.ts';
import type { Behaviour } from '../behaviour.ts';
import type { ReplyContext } from '../wire.ts';
import { redactedData, signThinking } from './signature.ts';

/** The simulated model's and OpenAI's words, in Anthropic's. */
const STOP_REASONS: { readonly [reason: string]: string } = {
  stop: 'end_turn',
  'stop-sequence': 'stop_sequence',
  length: 'max_tokens',
  'tool-calls': 'tool_use',
  tool_calls: 'tool_use',
  content_filter: 'refusal',
};

/** A block of an answer, in the order they come. */
export type AnswerBlock =
  | { readonly type: 'thinking'; readonly pieces: readonly string[]; readonly signature: string }
  | { readonly type: 'redacted_thinking'; readonly data: string }
  | { readonly type: 'text'; readonly pieces: readonly string[] }
  | {
      readonly type: 'tool_use';
      readonly id: string;
      readonly name: string;
      readonly arguments: string;
    };

export function answerBlocks(
  answer: Answer,
  { ask, behaviour, ids }: ReplyContext,
): readonly AnswerBlock[] {
  const blocks: AnswerBlock[] = [];
  const thought = answer.reasoning.join('');
  if (thought !== '') {
    blocks.push({
      type: 'thinking',
      pieces: ask.hidesThinking ? [] : answer.reasoning,
      signature: signThinking(thought),
    });
  }
  if (behaviour.redacted) blocks.push({ type: 'redacted_thinking', data: redactedData(thought) });
  if (answer.text.length > 0) blocks.push({ type: 'text', pieces: answer.text });
  for (const call of answer.calls) {
    blocks.push({
      type: 'tool_use',
      id: ids.next('toolu_01', 22),
      name: call.name,
      arguments: call.arguments,
    });
  }
  return blocks;
}

/** The whole reply. */
export function writeMessages(answer: Answer, context: ReplyContext): string {
  const { ask, behaviour, ids } = context;
  const content = answerBlocks(answer, context).map(wholeBlock).join(',');
  const usage =
    behaviour.usage === 'none'
      ? ''
      : `,"usage":${wholeUsage(answer.usage, totalOutput(answer.usage))}`;
  return (
    `{"model":${JSON.stringify(ask.model)},"id":"${ids.next('msg_01', 22)}","type":"message","role":"assistant",` +
    `"content":[${content}],${stopMembers(answer, behaviour)}${usage}}`
  );
}

function wholeBlock(block: AnswerBlock): string {
  switch (block.type) {
    case 'thinking':
      return JSON.stringify({
        type: 'thinking',
        thinking: block.pieces.join(''),
        signature: block.signature,
      });
    case 'redacted_thinking':
      return JSON.stringify(block);
    case 'text':
      return `{"type":"text","text":${JSON.stringify(block.pieces.join(''))}}`;
    case 'tool_use':
      // Arguments cut short by max_tokens are not JSON; whole replies then have an empty input.
      return JSON.stringify({
        type: 'tool_use',
        id: block.id,
        name: block.name,
        input: parseJson(block.arguments) ?? {},
      });
  }
}

/** `stop_reason` and what goes with it, without braces. */
export function stopMembers(answer: Answer, behaviour: Behaviour): string {
  const reason = behaviour.finish ?? answer.finish;
  const sequence = JSON.stringify(answer.stopSequence);
  return `"stop_reason":${JSON.stringify(STOP_REASONS[reason] ?? reason)},"stop_sequence":${sequence},"stop_details":null`;
}

export function totalOutput(usage: AnswerUsage): number {
  return usage.reasoning + usage.output;
}

/** As in a whole reply and in `message_start`. @param output tokens to report */
export function wholeUsage(usage: AnswerUsage, output: number): string {
  return (
    `{${inputUsage(usage)},"cache_creation":{"ephemeral_5m_input_tokens":${usage.cacheWrite5m},` +
    `"ephemeral_1h_input_tokens":${usage.cacheWrite1h}},"output_tokens":${output}${thinkingUsage(usage, output)},` +
    '"service_tier":"standard","inference_geo":"not_available"}'
  );
}

/** Input and cache counts, without braces. */
export function inputUsage({ input, cacheRead, cacheWrite5m, cacheWrite1h }: AnswerUsage): string {
  return `"input_tokens":${input},"cache_creation_input_tokens":${cacheWrite5m + cacheWrite1h},"cache_read_input_tokens":${cacheRead}`;
}

/** The thinking share of the output, with a comma before; empty where nothing was thought (yet). */
export function thinkingUsage(usage: AnswerUsage, output: number): string {
  if (usage.reasoning === 0 || output < usage.reasoning) return '';
  return `,"output_tokens_details":{"thinking_tokens":${usage.reasoning}}`;
}
