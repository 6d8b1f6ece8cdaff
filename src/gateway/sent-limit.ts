// sentLimit: the limit to its answer that a candidate is really given, where the wire or the model takes another than the caller states.
import type { CallerDialectId } from '../core/dialect.ts';
import type { Candidate } from '../core/plan.ts';
import type { Quirks } from '../core/provider.ts';
import type { Survey } from '../core/survey.ts';
import { findRule } from '../dialects/find-rule.ts';
import { UPSTREAM_DIALECTS } from '../dialects/index.ts';
import { wireOf } from '../upstream/wire.ts';

/** What decides, beside the candidate, on which wire it is asked and what it is told. */
export interface AskedIn extends Pick<Survey, 'tools' | 'reasoning'> {
  readonly dialect: CallerDialectId;
}

/** Whether any model of a provider has a wire of its own: for most there is nothing to look up. */
const ruled = new WeakMap<Quirks, boolean>();

/** Of the wires it may be asked on, also after a refusal on the first, the one that gives the answer the most room. Null: it is given no limit. */
export function sentLimit(stated: number, candidate: Candidate, asked: AskedIn): number | null {
  const { model, configured } = candidate;
  const { quirks, dialect: usual } = configured.provider;
  const rule = hasWires(quirks) ? findRule(model, quirks.modelRules ?? []) : null;
  const first = wireOf(candidate, asked.dialect, rule, () => false);
  let most = 0;
  for (const wire of [
    first,
    rule?.dialect ?? usual,
    asked.tools ? rule?.toolsDialect : undefined,
  ]) {
    if (wire === undefined) continue;
    const { limitSent } = UPSTREAM_DIALECTS[wire];
    const sent = limitSent?.(stated, { model, quirks }, asked.reasoning);
    if (sent === null) return null;
    most = Math.max(most, sent ?? stated);
  }
  return most;
}

function hasWires(quirks: Quirks): boolean {
  let found = ruled.get(quirks);
  if (found === undefined) {
    found = (quirks.modelRules ?? []).some(
      ({ dialect, toolsDialect }) => dialect !== undefined || toolsDialect !== undefined,
    );
    ruled.set(quirks, found);
  }
  return found;
}
