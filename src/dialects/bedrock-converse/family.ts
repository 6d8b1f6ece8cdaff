// What the target's family of models takes: its row, and where that names the maker of the Messages wire, the maker's own row
// beneath it, so that each generation's rules for thinking and sampling are written once.
import type { Target } from '../../core/dialect.ts';
import type { ModelRule } from '../../core/provider.ts';
import { takesPrefill as makerTakesPrefill, ruleFor } from '../anthropic-messages/model-rules.ts';
import { findRule } from '../find-rule.ts';

/** A model no row lists, such as one behind an inference profile's ARN: only what the wire has its own words for. */
const UNKNOWN: ModelRule = {
  match: '',
  thinking: [],
  efforts: [],
  outputSchema: false,
  cachePoints: [],
};

export function familyOf({ model, quirks }: Pick<Target, 'model' | 'quirks'>): ModelRule {
  const row = findRule(model, quirks.modelRules ?? []);
  if (row === null) return UNKNOWN;
  return row.ownFields === 'anthropic' ? { ...ruleFor(model), ...row } : row;
}

/** With the highest effort some models are told no limit at all; which effort it will be is not known before the call is read. */
export function limitSent(
  stated: number,
  target: Pick<Target, 'model' | 'quirks'>,
  thinks: boolean,
): number | null {
  if (!thinks) return stated;
  const { ownFields, efforts } = familyOf(target);
  return ownFields === 'nova' && efforts?.includes('high') === true ? null : stated;
}

/** True where a model goes on from a last turn of its own: the maker of the Messages wire's as there, others where their row says so. */
export function takesPrefill({ model, quirks }: Target): boolean {
  const row = findRule(model, quirks.modelRules ?? []);
  if (row?.prefill !== undefined) return row.prefill;
  return row?.ownFields === 'anthropic' && makerTakesPrefill(model);
}
