// healthiestFirst: the candidates of a bare name with those last that are ill; among their like they keep their order.
import { type HealthView, healthTarget, type Standing } from '../core/health.ts';
import type { Candidate } from '../core/plan.ts';

/** Says so in one sentence of `why` where that changed the order. */
export function healthiestFirst(
  candidates: readonly Candidate[],
  name: string,
  health: HealthView,
  why: string[],
): readonly Candidate[] {
  const standings = candidates.map((candidate) => ({
    candidate,
    standing: bestStanding(candidate, health),
  }));
  const sorted = standings.toSorted((a, b) => rankOf(a.standing) - rankOf(b.standing));
  if (sorted.every((entry, place) => entry === standings[place])) return candidates;
  const ill = sorted.filter(({ standing }) => rankOf(standing) > 0);
  const words = ill.map(
    ({ candidate, standing }) => `${candidate.configured.provider.id} (${wordsFor(standing)})`,
  );
  why.push(`for "${name}" these go last for now: ${words.join(', ')}`);
  return sorted.map(({ candidate }) => candidate);
}

/** Of all its keys: one that is well is enough. */
export function bestStanding(candidate: Candidate, health: HealthView): Standing {
  const [first = null, ...others] = candidate.configured.keys;
  let best = health.standing(healthTarget(candidate, first));
  for (const key of others) {
    if (rankOf(best) === 0) return best;
    const standing = health.standing(healthTarget(candidate, key));
    if (rankOf(standing) < rankOf(best)) best = standing;
  }
  return best;
}

/** A target that may be asked whether it is well again goes to its old place: else nobody would ask. */
export function rankOf({ admissible, degraded }: Standing): 0 | 1 | 2 {
  if (!admissible) return 2;
  return degraded ? 1 : 0;
}

export function wordsFor({ state, forMs, errorRate }: Standing): string {
  switch (state) {
    case 'cooling':
      return `left alone for ${seconds(forMs)} s`;
    case 'open':
      return `failing, tried again in ${seconds(forMs)} s`;
    case 'probing':
      return 'failing, another request finds out whether it still does';
    case 'ready':
      return `${Math.round((errorRate ?? 0) * 100)} % of its calls failed`;
  }
}

function seconds(ms: number): string {
  return (Math.ceil(ms / 100) / 10).toString();
}
