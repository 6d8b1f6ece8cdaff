// The partition of a prompt: everything it was asked with but the words themselves. Only prompts of one partition are compared.
import type { CacheOwner } from '../../core/cached-answer.ts';
import type { Candidate } from '../../core/plan.ts';
import type { JsonObject } from '../../lib/json.ts';
import type { Inbound } from '../inbound.ts';
import { answerKey, promptKey } from './answer-key.ts';

/**
 * The same things that make the exact key, so that what shapes an answer is known in one place only.
 * @param without the body with the user's last words cut out
 */
export function partitionBase(
  inbound: Inbound,
  without: JsonObject,
  owner: CacheOwner,
): string | null {
  return promptKey({ ...inbound, body: without }, owner);
}

/** Of one candidate's answers. @param model what the vectors are made by: those of two models cannot be compared */
export function partitionKey(base: string, candidate: Candidate, model: string): string {
  return answerKey(`${model}\n${base}`, candidate);
}
