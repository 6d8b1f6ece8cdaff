// An answer as a whole Chat Completions reply, and the words both forms share.
import type { Answer, AnswerCall, AnswerUsage } from '../answer.ts';
import type { Behaviour } from '../behaviour.ts';
import type { Ids } from '../ids.ts';
import type { ReplyContext } from '../wire.ts';
import { extraMember } from './wants.ts';

export const FINGERPRINT = 'fp_simulated';
/** Anthropic's words, where a behaviour uses them. */
const FINISHES: { readonly [reason: string]: string } = {
  'tool-calls': 'tool_calls',
  'stop-sequence': 'stop',
  refusal: 'stop',
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  tool_use: 'tool_calls',
};

/** The whole reply. */
export function writeChat(answer: Answer, { ask, behaviour, ids, created }: ReplyContext): string {
  const choices: string[] = [];
  for (let index = 0; index < ask.choices; index += 1) {
    const message = messageText(answer, behaviour, ids);
    choices.push(
      `{"index":${index},"message":${message},"logprobs":null,"finish_reason":${JSON.stringify(finishReason(answer, behaviour))}}`,
    );
  }
  const usage =
    behaviour.usage === 'none' ? '' : `,"usage":${usageText(answer.usage, behaviour, ask.choices)}`;
  return (
    `{"id":"${ids.next('chatcmpl-', 29)}","object":"chat.completion","created":${created},"model":${JSON.stringify(ask.model)},` +
    `"choices":[${choices.join(',')}]${usage},"service_tier":"default","system_fingerprint":"${FINGERPRINT}"}`
  );
}

function messageText(answer: Answer, behaviour: Behaviour, ids: Ids): string {
  const text = JSON.stringify(answer.text.join(''));
  const silent = answer.text.length === 0 && answer.calls.length > 0;
  const content = answer.isRefusal || silent ? 'null' : text;
  const calls = answer.calls
    .map((call, at) => callText(call, ids.next('call_', 24), extraMember(call, at, behaviour)))
    .join(',');
  return (
    `{"role":"assistant","content":${content},"refusal":${answer.isRefusal ? text : 'null'},"annotations":[]` +
    reasoningMembers(answer.reasoning.join(''), behaviour) +
    (calls === '' ? '' : `,"tool_calls":[${calls}]`) +
    '}'
  );
}

function callText(
  { name, arguments: text, custom }: AnswerCall,
  id: string,
  extra: string,
): string {
  const inner = `{"name":${JSON.stringify(name)},${custom ? '"input"' : '"arguments"'}:${JSON.stringify(text)}}`;
  return custom
    ? `{"id":"${id}","type":"custom","custom":${inner}${extra}}`
    : `{"id":"${id}","type":"function","function":${inner}${extra}}`;
}

/** Reasoning as members of a message or delta, with a comma before; empty where there is none to show. */
export function reasoningMembers(text: string, { reasoningField }: Behaviour): string {
  if (text === '') return '';
  const json = JSON.stringify(text);
  switch (reasoningField) {
    case 'none':
      return '';
    case 'reasoning_details':
      // https://openrouter.ai/docs/use-cases/reasoning-tokens
      return `,"reasoning":${json},"reasoning_details":[{"type":"reasoning.text","text":${json},"format":"unknown","index":0}]`;
    case 'reasoning':
    case 'reasoning_content':
      return `,"${reasoningField}":${json}`;
  }
}

export function finishReason(answer: Answer, behaviour: Behaviour): string {
  const reason = behaviour.finish ?? answer.finish;
  return FINISHES[reason] ?? reason;
}

/** @param done the share of the output that has been sent, in tokens; absent: all of it */
export function usageText(
  usage: AnswerUsage,
  behaviour: Behaviour,
  choices: number,
  done?: number,
): string {
  const prompt = usage.input + usage.cacheRead + usage.cacheWrite5m + usage.cacheWrite1h;
  const output = done ?? usage.reasoning + usage.output * choices;
  const reasoning = Math.min(usage.reasoning, output);
  const writes = behaviour.cacheWrite > 0 ? `,"cache_write_tokens":${behaviour.cacheWrite}` : '';
  return (
    `{"prompt_tokens":${prompt},"completion_tokens":${output},"total_tokens":${prompt + output},` +
    `"prompt_tokens_details":{"cached_tokens":${usage.cacheRead},"audio_tokens":0${writes}},` +
    `"completion_tokens_details":{"reasoning_tokens":${reasoning},"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}`
  );
}
