// equalQuality: what a router needs of the strong model to keep most of its quality.

interface Answered {
  readonly weak: number;
  readonly strong: number;
  readonly costUsd: { readonly weak: number; readonly strong: number } | null;
}

export interface Needed {
  /** Of all calls, those to the strong model. */
  readonly calls: number;
  /** Of what the strong model alone costs; null: costs are not recorded. */
  readonly cost: number | null;
}

/** Sends the questions of the highest scores to the strong model, as few as give `kept` of its quality. */
export function equalQuality(
  answered: readonly Answered[],
  scores: readonly number[],
  kept: number,
): Needed {
  const order = answered
    .map((one, at) => ({ one, score: scores[at] ?? 0 }))
    .sort((a, b) => b.score - a.score);
  const goal = kept * sum(answered, ({ strong }) => strong);
  let quality = sum(answered, ({ weak }) => weak);
  let calls = 0;
  for (const { one } of order) {
    if (quality >= goal) break;
    quality += one.strong - one.weak;
    calls++;
  }
  const all = sum(answered, ({ costUsd }) => costUsd?.strong ?? Number.NaN);
  const spent = order.reduce((total, { one }, at) => {
    const usd = at < calls ? one.costUsd?.strong : one.costUsd?.weak;
    return total + (usd ?? Number.NaN);
  }, 0);
  return { calls: calls / answered.length, cost: Number.isNaN(spent) ? null : spent / all };
}

function sum(answered: readonly Answered[], of: (one: Answered) => number): number {
  return answered.reduce((total, one) => total + of(one), 0);
}
