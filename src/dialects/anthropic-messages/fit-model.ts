// The fields that steer an answer, made such that the model takes them: what its row of the model rules refuses is moved
// to the nearest thing it does take, and named.
import type { ModelRule } from '../../core/provider.ts';
import { asNumber, asObject, asString, type JsonObject } from '../../lib/json.ts';
import { budgetOf, effortOf, MIN_BUDGET, takesThinking } from './thinking.ts';

/** The steering fields of a body, as they stand on the wire. */
export interface Controls {
  readonly max_tokens: number;
  readonly thinking?: JsonObject;
  readonly output_config?: JsonObject;
  readonly tool_choice?: JsonObject;
  readonly temperature?: number;
  readonly top_p?: number;
  readonly top_k?: number;
}

export type ControlName = keyof Controls;

export const CONTROLS: readonly ControlName[] = [
  'max_tokens',
  'thinking',
  'output_config',
  'tool_choice',
  'temperature',
  'top_p',
  'top_k',
];

interface Fit {
  readonly rule: ModelRule;
  /** The caller wrote these controls for this wire: a budget above max_tokens is theirs to set (interleaved thinking). */
  readonly own: boolean;
  lose(what: string): void;
}

/** The same controls where the model takes them all; the untouched ones are the same objects. */
export function fitControls(controls: Controls, fit: Fit): Controls {
  const thinking = fitEffort(fitThinking(controls, fit), fit);
  return fitSampling(fitToolChoice(fitBudget(thinking, fit), fit), fit);
}

function fitEffort(controls: Controls, { rule, lose }: Fit): Controls {
  const asked = asString(controls.output_config?.effort);
  if (asked === undefined || rule.efforts === undefined || rule.efforts.includes(asked)) {
    return controls;
  }
  const nearest = nearestEffort(asked, rule.efforts);
  if (nearest === null) {
    lose('output_config.effort: the model has no efforts; dropped');
    return withEffort(controls, null);
  }
  // `minimal` is another maker's word for the least there is.
  if (asked !== 'minimal') {
    lose(`output_config.effort: the model has no ${asked}; sent as ${nearest}`);
  }
  return withEffort(controls, nearest);
}

function fitThinking(controls: Controls, fit: Fit): Controls {
  const type = asString(controls.thinking?.type);
  if (type === undefined || takesThinking(fit.rule, type)) return controls;
  switch (type) {
    case 'enabled':
      return fitEnabled(controls, fit);
    case 'adaptive':
      return fitAdaptive(controls, fit);
    case 'disabled':
    case 'between_tools':
      return fitOff(controls, fit);
    default:
      return controls;
  }
}

/** A budget on a model that decides by itself. */
function fitEnabled(controls: Controls, { rule, lose }: Fit): Controls {
  if (!takesThinking(rule, 'adaptive')) {
    lose('thinking: the model does not think; dropped');
    return without(controls, 'thinking');
  }
  const { thinking, max_tokens: maxTokens } = controls;
  const budget = asNumber(thinking?.budget_tokens);
  const worth = budget === undefined ? null : effortOf(budget, maxTokens);
  const effort = asString(controls.output_config?.effort) ?? worth;
  const told = effort === null ? '' : ` with effort ${effort}`;
  lose(`thinking.budget_tokens: the model decides by itself; sent as adaptive thinking${told}`);
  // Budgets return their thinking unless told not to; adaptive thinking returns it only when told to.
  const display = thinking?.display ?? 'summarized';
  const adaptive = { ...controls, thinking: { type: 'adaptive', display } };
  return effort === null || rule.efforts?.length === 0 ? adaptive : withEffort(adaptive, effort);
}

/** Adaptive thinking on a model that knows only budgets. */
function fitAdaptive(controls: Controls, { rule, lose }: Fit): Controls {
  if (!takesThinking(rule, 'enabled')) {
    lose('thinking: the model does not think; dropped');
    return without(controls, 'thinking');
  }
  const effort = asString(controls.output_config?.effort) ?? 'medium';
  const budget = budgetOf(effort, controls.max_tokens);
  lose(`thinking: the model takes no adaptive thinking; sent as a budget of ${budget} tokens`);
  const { type: _, ...rest } = controls.thinking ?? {};
  const enabled = { ...controls, thinking: { type: 'enabled', budget_tokens: budget, ...rest } };
  return rule.efforts?.length === 0 ? withEffort(enabled, null) : enabled;
}

/** Thinking switched off on a model that will not have it off: the least it takes. */
function fitOff(controls: Controls, { rule, lose }: Fit): Controls {
  for (const off of ['between_tools', 'disabled']) {
    if (rule.thinking?.some((type) => type === off))
      return { ...controls, thinking: { type: off } };
  }
  if (rule.thinking?.length === 0) return without(controls, 'thinking');
  const least = rule.efforts?.[0];
  lose(
    `thinking: the model cannot stop thinking${least === undefined ? '' : `; sent with effort ${least}`}`,
  );
  const bare = without(controls, 'thinking');
  return least === undefined ? bare : withEffort(bare, least);
}

/** A budget is at least 1,024 tokens and leaves room for the answer. */
function fitBudget(controls: Controls, { own, lose }: Fit): Controls {
  const budget = asNumber(controls.thinking?.budget_tokens);
  if (budget === undefined || (own && budget >= MIN_BUDGET)) return controls;
  if (controls.max_tokens <= MIN_BUDGET) {
    lose(`thinking: max_tokens ${controls.max_tokens} leaves no room for it; dropped`);
    return without(controls, 'thinking');
  }
  const fitted = Math.min(Math.max(Math.floor(budget), MIN_BUDGET), controls.max_tokens - 1);
  if (fitted === budget) return controls;
  lose(`thinking.budget_tokens: ${budget} is outside what the model takes; sent as ${fitted}`);
  return { ...controls, thinking: { ...controls.thinking, budget_tokens: fitted } };
}

/**
 * Manual thinking refuses a forced call (platform.claude.com/docs/en/build-with-claude/extended-thinking, with tool use);
 * adaptive thinking is recorded to take one.
 */
function fitToolChoice(controls: Controls, { rule, lose }: Fit): Controls {
  const choice = controls.tool_choice;
  const type = asString(choice?.type);
  if (type !== 'any' && type !== 'tool') return controls;
  if (rule.forcedTools === false) {
    lose(`tool_choice: the model cannot be made to call a tool; sent as auto instead of ${type}`);
    const { name: _, ...rest } = choice ?? {};
    return { ...controls, tool_choice: { ...rest, type: 'auto' } };
  }
  if (controls.thinking?.type !== 'enabled') return controls;
  lose('thinking: cannot go with a forced tool call; dropped');
  return without(controls, 'thinking');
}

function fitSampling(controls: Controls, { rule, lose }: Fit): Controls {
  const type = asString(controls.thinking?.type);
  const thinks = type === 'enabled' || type === 'adaptive';
  if (!thinks && rule.sampling === undefined) return controls;
  const why =
    rule.sampling === 'none' ? 'the model has no such setting' : 'cannot go with thinking';
  const strict = thinks || rule.sampling === 'none';
  let fitted = controls;
  const { temperature, top_p: topP, top_k: topK } = controls;
  if (strict && temperature !== undefined && temperature !== 1)
    fitted = drop(fitted, 'temperature', why, lose);
  if (strict && topK !== undefined) fitted = drop(fitted, 'top_k', why, lose);
  // With thinking, top_p may lie between 0.95 and 1; without a setting, only at 1.
  const least = rule.sampling === 'none' ? 1 : 0.95;
  if (strict && topP !== undefined && topP < least) fitted = drop(fitted, 'top_p', why, lose);
  if (rule.sampling === 'one' && fitted.temperature !== undefined && fitted.top_p !== undefined) {
    fitted = drop(fitted, 'top_p', 'cannot go with temperature', lose);
  }
  return fitted;
}

function drop(
  controls: Controls,
  name: ControlName,
  why: string,
  lose: (what: string) => void,
): Controls {
  lose(`${name}: ${why}; dropped`);
  return without(controls, name);
}

const ORDER = ['minimal', 'low', 'medium', 'high', 'xhigh', 'max'];

/** The nearest effort the model has, the lower of two as near; null where it has none. */
function nearestEffort(asked: string, efforts: readonly string[] | undefined): string | null {
  if (efforts === undefined) return asked;
  const place = ORDER.indexOf(asked);
  let nearest: string | null = null;
  for (const effort of efforts) {
    const distance = Math.abs(ORDER.indexOf(effort) - place);
    if (nearest === null || distance < Math.abs(ORDER.indexOf(nearest) - place)) nearest = effort;
  }
  return nearest;
}

function withEffort(controls: Controls, effort: string | null): Controls {
  const { effort: _, ...rest } = asObject(controls.output_config) ?? {};
  if (effort !== null) return { ...controls, output_config: { ...rest, effort } };
  return Object.keys(rest).length === 0
    ? without(controls, 'output_config')
    : { ...controls, output_config: rest };
}

function without<K extends ControlName>(controls: Controls, name: K): Controls {
  const { [name]: _, ...rest } = controls;
  return rest as Controls;
}

/**
 * With a budget, the turn that called the tools must begin with its thinking block
 * (platform.claude.com/docs/en/build-with-claude/extended-thinking#extended-thinking-with-tool-use). Where that was not
 * kept, thinking is left out until the exchange with the tools is over.
 */
export function withoutThinking(controls: Controls, lose: (what: string) => void): Controls {
  lose('thinking: the turn that called the tools came without its thinking block; dropped');
  return without(controls, 'thinking');
}
