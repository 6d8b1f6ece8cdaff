// dropAnswers: kept answers that must not be given any more, and what is known of their prompts.
import type { AnswerFilter } from '../../cache/answer-store.ts';
import { GatewayError } from '../../core/errors.ts';
import type { Answers } from './answers.ts';

/** How many answers went. Rejects with `storage_unavailable` where what is behind memory could not be told. */
export async function dropAnswers(
  answers: Pick<Answers, 'store' | 'drops'> & {
    readonly semantic: Pick<Answers['semantic'], 'meanings'>;
  },
  filter: AnswerFilter,
): Promise<number> {
  const { store, semantic } = answers;
  answers.drops += 1;
  // Also where the answers cannot be told: what is gone is gone.
  const prompts = semantic.meanings.drop(filter);
  const [dropped, areGone] = await Promise.allSettled([store.drop(filter), prompts]);
  if (dropped.status === 'rejected') throw dropped.reason;
  if (areGone.status === 'fulfilled' && areGone.value) return dropped.value;
  throw new GatewayError(
    'storage_unavailable',
    'The answers are gone, and none is found by their prompts any more, but the prompts themselves could not be removed from the data folder or from Redis. They are removed as soon as that works; look at the log, and drop them once more to be sure.',
  );
}
