// recordRecall: writes down that a kept answer serves a request, and what that saves.
import type { CachedAnswer, Recall } from '../../core/cached-answer.ts';
import type { Recording } from '../recording.ts';

/** @param similarity of the prompt to that it was made for; null: they are the same */
export function recordRecall(
  recording: Recording,
  { kept, similarity }: { readonly kept: CachedAnswer; readonly similarity: number | null },
  now: number,
): void {
  const { id, model, provider, at, simulated, losses } = kept;
  const recall: Recall = {
    kind: similarity === null ? 'exact' : 'semantic',
    from: id,
    model,
    provider,
    ageMs: Math.max(0, now - at),
    similarity,
    simulated,
    losses,
  };
  const { usage, costNano, usageEstimated: estimated } = kept;
  recording.recalled(recall, () => ({ usage, costNano, estimated }));
}
