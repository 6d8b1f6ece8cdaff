// How a model is asked to think, in each of the ways makers have for it on this wire.
import type { Effort, Reasoning } from '../../core/call.ts';
import type { Target } from '../../core/dialect.ts';
import { asNumber, asObject, asString, type JsonRecord } from '../../lib/json.ts';
import { findRule } from '../find-rule.ts';
import type { FieldEdits } from './field-edits.ts';

const ORDER: readonly string[] = [
  'none',
  'minimal',
  'low',
  'medium',
  'high',
  'xhigh',
  'max',
] satisfies Effort[];

/** What a budget is measured against where neither the call nor the catalogue says how long an answer may be. */
const USUAL_MAX_TOKENS = 32_000;

/** The efforts the model takes, smallest first: its family's, else its maker's, else the catalogue's. Undefined: not known. */
export function effortsOf(target: Target): readonly string[] | undefined {
  return declaredEfforts(target) ?? target.efforts ?? undefined;
}

/** Without the catalogue, which may lag behind the maker: what may change a caller's own words must be declared. */
function declaredEfforts({ model, quirks }: Target): readonly string[] | undefined {
  return findRule(model, quirks.modelRules ?? [])?.efforts ?? quirks.efforts;
}

/** True where thinking is turned off in so many words. */
export function isOff({ mode, effort, budget }: Reasoning): boolean {
  return mode === 'disabled' || effort === 'none' || (effort === undefined && budget === 0);
}

function onlyHides({ mode, effort, budget }: Reasoning): boolean {
  return mode === undefined && effort === undefined && budget === undefined;
}

/** Writes the request for thinking in the target's own words. Every departure from what was asked is a loss. */
export function writeReasoning(edits: FieldEdits, reasoning: Reasoning, target: Target): void {
  const style = target.quirks.reasoningRequest ?? 'effort';
  if (onlyHides(reasoning)) {
    // "Do not show it" is the gateway's affair, but for a router that takes the very words.
    if (style === 'reasoning-object' && reasoning.exclude === true)
      edits.put('reasoning', { exclude: true });
    return;
  }
  const off = isOff(reasoning);
  if (target.reasoning === false || style === 'none') {
    // A model that does not think is off already; where it thinks and cannot be told, that is a loss either way.
    if (!off || target.reasoning === true)
      edits.lose(`reasoning: ${target.model} cannot be told how much to think`);
    return;
  }
  switch (style) {
    case 'effort':
      writeEffort(edits, reasoning, target);
      return;
    case 'reasoning-object':
      edits.put('reasoning', reasoningObject(edits, reasoning, target));
      return;
    case 'thinking-type':
      writeThinking(edits, reasoning, target);
      return;
    case 'enable-thinking':
      writeSwitch(edits, reasoning);
      return;
  }
}

/** `reasoning_effort`. */
function writeEffort(edits: FieldEdits, reasoning: Reasoning, target: Target): void {
  const efforts = effortsOf(target);
  // "Disabled" is many callers' default; where the maker's words are not known, saying nothing is nearest to it.
  if (reasoning.mode === 'disabled' && reasoning.effort !== 'none' && efforts === undefined) return;
  const effort = isOff(reasoning) ? 'none' : degree(edits, reasoning, target);
  edits.put('reasoning_effort', fitEffort(edits, effort, efforts));
}

/** A router's `reasoning: {effort | max_tokens | enabled, exclude}`. */
function reasoningObject(edits: FieldEdits, reasoning: Reasoning, target: Target): JsonRecord {
  const { effort, budget, exclude } = reasoning;
  const hidden = exclude === true ? { exclude } : {};
  if (isOff(reasoning)) return { effort: 'none', ...hidden };
  if (budget !== undefined) return { max_tokens: budget, ...hidden };
  if (effort !== undefined)
    return { effort: fitEffort(edits, effort, effortsOf(target)), ...hidden };
  return { enabled: true, ...hidden };
}

/** `thinking: {type}`, with `reasoning_effort` beside it where the maker takes efforts at all. */
function writeThinking(edits: FieldEdits, reasoning: Reasoning, target: Target): void {
  const off = isOff(reasoning);
  edits.put('thinking', {
    ...(asObject(edits.get('thinking')) as JsonRecord | undefined),
    type: off ? 'disabled' : 'enabled',
  });
  const efforts = effortsOf(target);
  const asked = reasoning.effort !== undefined || reasoning.budget !== undefined;
  if (off || !asked) {
    edits.drop('reasoning_effort');
  } else if (efforts !== undefined && efforts.length > 0) {
    edits.put('reasoning_effort', fitEffort(edits, degree(edits, reasoning, target), efforts));
  } else {
    edits.drop('reasoning_effort');
    loseDegree(edits, target);
  }
}

/** `enable_thinking`, with `thinking_budget` where a budget was given. */
function writeSwitch(edits: FieldEdits, reasoning: Reasoning): void {
  const off = isOff(reasoning);
  edits.drop('reasoning_effort');
  edits.put('enable_thinking', !off);
  if (off) return;
  if (reasoning.budget !== undefined) edits.put('thinking_budget', reasoning.budget);
  else if (reasoning.effort !== undefined)
    edits.lose(`reasoning.effort: "${reasoning.effort}" only turns thinking on here`);
}

function loseDegree(edits: FieldEdits, target: Target): void {
  edits.lose(
    `reasoning: how much to think cannot be said to ${target.provider}, only that it should`,
  );
}

/**
 * The effort asked for. A budget counts by its share of the longest answer, in the proportions other gateways use
 * (openrouter.ai/docs/use-cases/reasoning-tokens: low 0.2, medium 0.5, high 0.8); thinking without a measure is medium.
 */
function degree(edits: FieldEdits, { effort, budget }: Reasoning, target: Target): string {
  if (effort !== undefined) return effort;
  if (budget === undefined) return 'medium';
  const limit =
    asNumber(edits.get('max_tokens')) ??
    asNumber(edits.get('max_completion_tokens')) ??
    target.maxOutput ??
    USUAL_MAX_TOKENS;
  if (budget <= 0.2 * limit) return 'low';
  return budget <= 0.5 * limit ? 'medium' : 'high';
}

/** The nearest effort the maker takes, the smaller of two equally near; a change is a loss. */
export function fitEffort(
  edits: FieldEdits,
  effort: string,
  efforts: readonly string[] | undefined,
): string {
  if (efforts === undefined || efforts.length === 0 || efforts.includes(effort)) return effort;
  const rank = ORDER.indexOf(effort);
  const known = efforts.filter((candidate) => ORDER.includes(candidate));
  if (rank === -1 || known.length === 0) return effort;
  // Thinking that was asked for is not turned off, however near "none" is.
  const usable = effort === 'none' ? known : known.filter((candidate) => candidate !== 'none');
  // A maker's own word for "on" is nearer to thinking than "none" is.
  const on = efforts.find((candidate) => !ORDER.includes(candidate));
  if (usable.length === 0 && on !== undefined) {
    edits.lose(`reasoning.effort: "${effort}" only turns thinking on here`);
    return on;
  }
  const distance = (candidate: string): number => Math.abs(ORDER.indexOf(candidate) - rank);
  const best = (usable.length > 0 ? usable : known).reduce((near, candidate) =>
    distance(candidate) < distance(near) ? candidate : near,
  );
  edits.lose(`reasoning.effort: "${effort}" is not taken by this provider, "${best}" was sent`);
  return best;
}

/** A caller's own `reasoning_effort` for a target of the same wire: moved to the nearest word, or said in the target's way. */
export function fitOwnEffort(edits: FieldEdits, target: Target): void {
  const effort = asString(edits.get('reasoning_effort'));
  if (effort === undefined) return;
  const { reasoningRequest: style } = target.quirks;
  const efforts = declaredEfforts(target);
  switch (style) {
    case undefined:
    case 'effort':
      if (efforts !== undefined) edits.put('reasoning_effort', fitEffort(edits, effort, efforts));
      return;
    case 'reasoning-object':
      return;
    case 'none':
      edits.drop('reasoning_effort');
      edits.lose(`reasoning_effort: ${target.provider} takes no such field`);
      return;
    case 'thinking-type':
    case 'enable-thinking':
      // A model that does not think has nothing to be told; what the caller says in the target's own words stands.
      if (target.reasoning === false) return;
      if (edits.get('thinking') !== undefined || edits.get('enable_thinking') !== undefined) return;
      if (ORDER.includes(effort)) writeReasoning(edits, { effort: effort as Effort }, target);
      return;
  }
}
