// An answer as a whole chat reply of version 2, and the words both forms share.
import type { Answer, AnswerUsage } from '../answer.ts';
import type { Behaviour } from '../behaviour.ts';
import type { ReplyContext } from '../wire.ts';

const FINISHES: { readonly [reason: string]: string } = {
  stop: 'COMPLETE',
  'stop-sequence': 'STOP_SEQUENCE',
  length: 'MAX_TOKENS',
  'tool-calls': 'TOOL_CALL',
  refusal: 'COMPLETE',
};

/** What the vendor's own instructions add to a prompt: counted, not billed. */
const INSTRUCTIONS = 2;

/** The whole reply. A model that is about to call tools plans; one that answers thinks. */
export function writeChat(answer: Answer, { behaviour, ids }: ReplyContext): string {
  const { calls } = answer;
  const reasoning = answer.reasoning.join('');
  const text = answer.text.join('');
  const content = [
    ...(reasoning === '' || calls.length > 0 ? [] : [{ type: 'thinking', thinking: reasoning }]),
    ...(text === '' && calls.length > 0 ? [] : [{ type: 'text', text }]),
  ];
  const message = {
    role: 'assistant',
    ...(content.length === 0 ? {} : { content }),
    ...(calls.length === 0 || reasoning === '' ? {} : { tool_plan: reasoning }),
    ...(calls.length === 0
      ? {}
      : {
          tool_calls: calls.map(({ name, arguments: args }) => ({
            id: ids.next(`${name}_`, 12),
            type: 'function',
            function: { name, arguments: args },
          })),
        }),
  };
  const usage = behaviour.usage === 'none' ? {} : { usage: usageOf(answer.usage) };
  return JSON.stringify({
    id: ids.next('', 32),
    message,
    finish_reason: finishReason(answer, behaviour),
    ...usage,
  });
}

export function finishReason(answer: Answer, behaviour: Behaviour): string {
  const reason = behaviour.finish ?? answer.finish;
  return FINISHES[reason] ?? reason;
}

export function usageOf(usage: AnswerUsage): object {
  const input = usage.input + usage.cacheRead + usage.cacheWrite5m + usage.cacheWrite1h;
  const output = usage.reasoning + usage.output;
  return {
    billed_units: { input_tokens: Math.max(0, input - INSTRUCTIONS), output_tokens: output },
    tokens: { input_tokens: input, output_tokens: output },
    cached_tokens: usage.cacheRead,
  };
}
