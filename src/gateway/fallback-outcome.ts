// fallbackOutcome: how a request whose first target did not answer it was answered after all, or was not.
import type { AttemptOutcome, Exchange } from '../core/exchange.ts';

/**
 * `before_content`  another answered, and the caller had seen nothing of the first
 * `resumed`         another went on with an answer that broke off
 * `race`            another, asked beside the first, began before it
 * `failed`          others were asked as well, and nobody could
 */
export const FALLBACK_OUTCOMES = ['before_content', 'resumed', 'race', 'failed'] as const;
export type FallbackOutcome = (typeof FALLBACK_OUTCOMES)[number];

/** Null where nobody but the first target was needed, or the caller did not wait for the end. */
export function fallbackOutcome({
  attempts,
  outcome,
  resumed,
}: Pick<Exchange, 'attempts' | 'outcome' | 'resumed'>): FallbackOutcome | null {
  const [first] = attempts;
  if (first === undefined || attempts.length === 1) return null;
  const isAnother = (attempt: AttemptOutcome) =>
    attempt.model !== first.model || attempt.key !== first.key;
  if (outcome === 'error') return attempts.some(isAnother) ? 'failed' : null;
  if (outcome === 'aborted') return null;
  if (resumed) return 'resumed';
  const answered = attempts.find(({ success }) => success);
  if (answered === undefined || !isAnother(answered)) return null;
  return first.error === 'race_lost' ? 'race' : 'before_content';
}
