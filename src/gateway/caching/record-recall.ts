// recordRecall: writes down that a kept answer serves a request, and what that saves.
import type { CachedAnswer, Recall } from '../../core/cached-answer.ts';
import type { Recording } from '../recording.ts';

export function recordRecall(recording: Recording, kept: CachedAnswer, now: number): void {
  const { id, model, provider, at, simulated, losses } = kept;
  const recall: Recall = {
    kind: 'exact',
    from: id,
    model,
    provider,
    ageMs: Math.max(0, now - at),
    similarity: null,
    simulated,
    losses,
  };
  const { usage, costNano, usageEstimated: estimated } = kept;
  recording.recalled(recall, () => ({ usage, costNano, estimated }));
}
