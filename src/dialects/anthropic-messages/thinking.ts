// How much to think: this wire's `thinking` and `output_config.effort` ↔ Reasoning.
import type { Effort, Reasoning } from '../../core/call.ts';
import type { GatewayOptions } from '../../core/options.ts';
import type { ModelRule } from '../../core/provider.ts';
import { asNumber, asObject, asString, type JsonObject } from '../../lib/json.ts';

/** Below this a budget is refused (platform.claude.com/docs/en/build-with-claude/extended-thinking). */
export const MIN_BUDGET = 1024;

const EFFORTS: readonly Effort[] = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];

/**
 * The share of max_tokens an effort is worth where a model knows only budgets: the proportions other gateways use
 * (openrouter.ai/docs/use-cases/reasoning-tokens), so that a caller who moves finds the same depth.
 */
const BUDGET_SHARE: { readonly [effort: string]: number } = {
  minimal: 0.1,
  low: 0.2,
  medium: 0.5,
  high: 0.8,
  xhigh: 0.95,
  max: 0.95,
};

/** The budget an effort is worth, in tokens, before the limits. */
export function budgetOf(effort: string, maxTokens: number): number {
  return Math.max(MIN_BUDGET, Math.floor(maxTokens * (BUDGET_SHARE[effort] ?? 0.5)));
}

/** The effort a budget is worth where a model has no budgets: never more than its default, `high`. */
export function effortOf(budget: number, maxTokens: number): Effort {
  const share = budget / maxTokens;
  if (share <= 0.2) return 'low';
  return share <= 0.5 ? 'medium' : 'high';
}

/** What a body says of thinking, our own `reasoning` option winning field by field; null where it says nothing. */
export function decodeReasoning(
  body: JsonObject,
  option: GatewayOptions['reasoning'],
): Reasoning | null {
  const thinking = asObject(body.thinking);
  const effort = asEffort(asString(asObject(body.output_config)?.effort));
  const budget = asNumber(thinking?.budget_tokens);
  const mode = modeOf(asString(thinking?.type));
  const wire: Reasoning = {
    ...(effort === undefined ? {} : { effort }),
    ...(budget === undefined ? {} : { budget }),
    ...(mode === undefined ? {} : { mode }),
  };
  const reasoning = option === undefined ? wire : { ...wire, ...fromOption(option) };
  return Object.keys(reasoning).length === 0 ? null : reasoning;
}

/** Our option in the hub's words. */
export function fromOption(option: NonNullable<GatewayOptions['reasoning']>): Reasoning {
  const { effort, max_tokens: budget, exclude, enabled } = option;
  return {
    ...(effort == null ? {} : { effort }),
    ...(budget == null ? {} : { budget }),
    ...(exclude == null ? {} : { exclude }),
    ...(enabled == null ? {} : { mode: enabled ? ('enabled' as const) : ('disabled' as const) }),
  };
}

/**
 * What to think, in the words the model has for it; limits are seen to afterwards. Newer models return empty thinking
 * unless asked for a summary (platform.claude.com/docs/en/build-with-claude/thinking#controlling-thinking-display).
 */
export function encodeReasoning(
  reasoning: Reasoning,
  rule: ModelRule,
  maxTokens: number,
): { readonly thinking?: JsonObject; readonly effort?: string } {
  const { effort, budget, mode, exclude } = reasoning;
  if (mode === 'disabled' || effort === 'none' || budget === 0) {
    return { thinking: { type: 'disabled' } };
  }
  const level = effort === undefined || rule.efforts?.length === 0 ? {} : { effort };
  if (budget !== undefined && mode !== 'adaptive') {
    return { thinking: { type: 'enabled', budget_tokens: budget }, ...level };
  }
  if (mode === undefined && effort === undefined) return {};
  if (takesThinking(rule, 'adaptive')) {
    const display = exclude === true ? 'omitted' : 'summarized';
    return { thinking: { type: 'adaptive', display }, ...level };
  }
  const worth = budgetOf(effort ?? 'medium', maxTokens);
  return { thinking: { type: 'enabled', budget_tokens: worth }, ...level };
}

export function takesThinking(rule: ModelRule, type: string): boolean {
  return rule.thinking === undefined || rule.thinking.some((taken) => taken === type);
}

function asEffort(text: string | undefined): Effort | undefined {
  return EFFORTS.find((effort) => effort === text);
}

/** `between_tools` is this wire's lowest setting on models that cannot stop thinking altogether. */
function modeOf(type: string | undefined): Reasoning['mode'] {
  switch (type) {
    case 'enabled':
    case 'adaptive':
    case 'disabled':
      return type;
    case 'between_tools':
      return 'disabled';
    default:
      return undefined;
  }
}
