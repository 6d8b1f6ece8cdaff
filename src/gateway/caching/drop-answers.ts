// dropAnswers: kept answers that must not be given any more, and what is known of their prompts.
import type { AnswerFilter } from '../../cache/answer-store.ts';
import type { Answers } from './answers.ts';

/** How many answers went. Rejects with `storage_unavailable` where what is behind memory could not be told. */
export function dropAnswers(
  { store }: Pick<Answers, 'store'>,
  filter: AnswerFilter,
): Promise<number> {
  return store.drop(filter);
}
