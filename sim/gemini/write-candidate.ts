// An answer as a whole generateContent reply, and the words both forms share.
import { asObject, parseJson } from '../../src/lib/json.ts';
import type { Answer, AnswerCall, AnswerUsage } from '../answer.ts';
import type { Behaviour } from '../behaviour.ts';
import type { ReplyContext } from '../wire.ts';
import { signPart } from './signature.ts';

/** The simulated model's and other vendors' words, in Google's. */
const FINISHES: { readonly [reason: string]: string } = {
  stop: 'STOP',
  'stop-sequence': 'STOP',
  length: 'MAX_TOKENS',
  'tool-calls': 'STOP',
  tool_calls: 'STOP',
  end_turn: 'STOP',
  max_tokens: 'MAX_TOKENS',
  tool_use: 'STOP',
  refusal: 'SAFETY',
  content_filter: 'SAFETY',
};

/** The whole reply. */
export function writeCandidate(answer: Answer, context: ReplyContext): string {
  const { ask, behaviour } = context;
  const parts: object[] = [];
  if (answer.reasoning.length > 0 && !ask.hidesThinking)
    parts.push({ text: answer.reasoning.join(''), thought: true });
  const text = answer.text.join('');
  // A safety filter leaves nothing of the answer (recorded).
  if (text !== '' && !answer.isRefusal) parts.push({ text, ...textSignature(answer) });
  for (const [index, call] of answer.calls.entries()) parts.push(callPart(call, index, context));
  const content = parts.length === 0 ? {} : { parts, role: 'model' };
  const usage = behaviour.usage === 'none' ? {} : { usageMetadata: usageOf(answer.usage) };
  return JSON.stringify({
    candidates: [{ content, finishReason: finishReason(answer, behaviour), index: 0 }],
    ...usage,
    modelVersion: ask.model,
    responseId: context.ids.next('', 22),
  });
}

/** A text that ends an answer is signed, where there was thought. */
export function textSignature({ reasoning, text, calls }: Answer): { thoughtSignature?: string } {
  if (reasoning.length === 0 || calls.length > 0) return {};
  return { thoughtSignature: signPart(text.join('')) };
}

/** Of parallel calls the first is signed. */
export function callPart(call: AnswerCall, index: number, { ids }: ReplyContext): object {
  // Arguments cut short by the limit are no JSON; the call then has none.
  const args = asObject(parseJson(call.arguments)) ?? {};
  const signed =
    index === 0 ? { thoughtSignature: signPart(`${call.name} ${JSON.stringify(args)}`) } : {};
  return { functionCall: { id: ids.next('', 8), name: call.name, args }, ...signed };
}

export function finishReason(answer: Answer, behaviour: Behaviour): string {
  const reason = behaviour.finish ?? answer.finish;
  return FINISHES[reason] ?? reason;
}

/** Counts of zero are left out. @param done the share of the output that has been sent; absent: all of it */
export function usageOf(usage: AnswerUsage, done?: number): object {
  const prompt = usage.input + usage.cacheRead + usage.cacheWrite5m + usage.cacheWrite1h;
  const written = done ?? usage.output;
  const total = prompt + written + usage.reasoning;
  return {
    promptTokenCount: prompt,
    ...(written === 0 ? {} : { candidatesTokenCount: written }),
    totalTokenCount: total,
    ...(usage.cacheRead === 0
      ? {}
      : {
          cachedContentTokenCount: usage.cacheRead,
          cacheTokensDetails: [{ modality: 'TEXT', tokenCount: usage.cacheRead }],
        }),
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: prompt }],
    ...(usage.reasoning === 0 ? {} : { thoughtsTokenCount: usage.reasoning }),
  };
}
