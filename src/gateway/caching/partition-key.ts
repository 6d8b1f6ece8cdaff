// The partition of a prompt: everything it was asked with but the words themselves. Only prompts of one partition are compared.
import type { CacheOwner } from '../../core/cached-answer.ts';
import type { Candidate } from '../../core/plan.ts';
import type { Inbound } from '../inbound.ts';
import { answerKey, promptKey } from './answer-key.ts';
import { cutWords } from './cut-words.ts';

/** The same things that make the exact key, so that what shapes an answer is known in one place only. Null: they cannot be told. */
export function partitionBase(inbound: Inbound, owner: CacheOwner): string | null {
  const list = inbound.dialect.id === 'openai-responses' ? 'input' : 'messages';
  const text = cutWords(inbound.text, inbound.body, list);
  return text === null ? null : promptKey(inbound, owner, text);
}

/** Of one candidate's answers. @param model what the vectors are made by: those of two models cannot be compared */
export function partitionKey(base: string, candidate: Candidate, model: string): string {
  return answerKey(`${model}\n${base}`, candidate);
}
