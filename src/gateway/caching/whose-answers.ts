// whoseAnswers: the candidates whose kept answers a plan may be given: the one it would ask now, and those that are the same model.
//
// A fallback's answer is never given while its better would be asked. The one that is asked first is the first that may be asked
// now: where those before it are ill, a live request would come to it too. Behind it only the same model at another provider counts:
// whoever names a model that several serve did not say which of them should answer.
import { commonName } from '../../catalog/model-names.ts';
import type { HealthView } from '../../core/health.ts';
import type { ModelFacts } from '../../core/model.ts';
import type { Candidate, Plan } from '../../core/plan.ts';
import { bestStanding } from '../../routing/healthiest-first.ts';

/** Each costs a look-up. */
const MAX_CANDIDATES = 3;

/** Never empty; the one that would be asked now comes first. */
export function whoseAnswers({ candidates }: Plan, health: HealthView): readonly Candidate[] {
  if (candidates.length === 1) return candidates;
  const admissible = (candidate: Candidate) => bestStanding(candidate, health).admissible;
  const at = Math.max(0, candidates.findIndex(admissible));
  const found = candidates.slice(at, at + 1);
  const identity = identityOf(found[0]?.facts ?? null);
  if (identity === null) return found;
  for (const candidate of candidates.slice(at + 1)) {
    if (found.length === MAX_CANDIDATES || identityOf(candidate.facts) !== identity) break;
    found.push(candidate);
  }
  return found;
}

const known = new WeakMap<ModelFacts, string | null>();

/**
 * What the catalogue knows a model by at whichever provider: who made it, and its common name with its date. Null: it does not
 * know who did, or it is a variant that answers in some places only.
 */
function identityOf(facts: ModelFacts | null): string | null {
  if (facts === null) return null;
  let identity = known.get(facts);
  if (identity === undefined) {
    const { maker, model, provider } = facts;
    const name = commonName(model, provider);
    identity = maker == null || name === null ? null : `${maker}/${name}`;
    known.set(facts, identity);
  }
  return identity;
}
