// How much to think, in the model's words: a budget of tokens for one generation, a level for the next
// (ai.google.dev/gemini-api/docs/thinking).
import type { Effort, Reasoning } from '../../core/call.ts';
import type { Target } from '../../core/dialect.ts';
import type { ModelRule } from '../../core/provider.ts';
import type { JsonRecord } from '../../lib/json.ts';

type Lose = (what: string) => void;

const ORDER: readonly string[] = [
  'none',
  'minimal',
  'low',
  'medium',
  'high',
  'xhigh',
  'max',
] satisfies Effort[];

/** What the vendor's own OpenAI-compatible endpoint makes of the words (ai.google.dev/gemini-api/docs/openai#thinking). */
const BUDGETS: { readonly [effort: string]: number } = {
  minimal: 1024,
  low: 1024,
  medium: 8192,
  high: 24_576,
  xhigh: 32_768,
  max: 32_768,
};

/** The levels of models that no rule lists: the newer generation's. */
const LEVELS: readonly string[] = ['minimal', 'low', 'medium', 'high'];

/** `thinkingConfig`; null where nothing is to be said. */
export function encodeThinking(
  reasoning: Reasoning | null,
  rule: ModelRule | null,
  target: Target,
  lose: Lose,
): JsonRecord | null {
  if (reasoning === null) return null;
  const off = isOff(reasoning);
  const levels = rule?.thinkingLevels ?? (rule?.thinkingBudget === undefined ? LEVELS : []);
  const unthinking = rule?.thinkingBudget === undefined && levels.length === 0;
  if (unthinking || (rule === null && target.reasoning === false)) {
    if (!off && !onlyHides(reasoning))
      lose(`reasoning: ${target.model} cannot be told how much to think`);
    return null;
  }
  // "Do not show it" is what the wire does unasked.
  if (onlyHides(reasoning)) return reasoning.exclude === false ? { includeThoughts: true } : null;
  const shown = !off && reasoning.exclude !== true ? { includeThoughts: true } : {};
  const { thinkingBudget } = rule ?? {};
  return thinkingBudget === undefined
    ? { ...shown, ...levelOf(reasoning, levels, target, lose) }
    : { ...shown, thinkingBudget: budgetOf(reasoning, thinkingBudget, target, lose) };
}

function isOff({ mode, effort, budget }: Reasoning): boolean {
  return mode === 'disabled' || effort === 'none' || (effort === undefined && budget === 0);
}

function onlyHides({ mode, effort, budget }: Reasoning): boolean {
  return mode === undefined && effort === undefined && budget === undefined;
}

/** -1 leaves the measure to the model. */
function budgetOf(
  reasoning: Reasoning,
  limits: NonNullable<ModelRule['thinkingBudget']>,
  { model }: Target,
  lose: Lose,
): number {
  if (isOff(reasoning)) {
    if (limits.off) return 0;
    lose(`reasoning: ${model} cannot stop thinking; the least budget, ${limits.min}, was sent`);
    return limits.min;
  }
  const { budget, effort } = reasoning;
  if (budget === undefined)
    return effort === undefined ? -1 : clamped(BUDGETS[effort] ?? 8192, limits);
  const fitting = clamped(budget, limits);
  if (fitting !== budget)
    lose(`reasoning.budget: ${budget} is outside what ${model} takes; ${fitting} was sent`);
  return fitting;
}

function clamped(
  budget: number,
  { min, max }: { readonly min: number; readonly max: number },
): number {
  return Math.min(max, Math.max(min, Math.round(budget)));
}

function levelOf(
  reasoning: Reasoning,
  levels: readonly string[],
  { model }: Target,
  lose: Lose,
): { readonly thinkingLevel?: string } {
  if (isOff(reasoning)) {
    const least = levels[0] ?? 'low';
    lose(`reasoning: ${model} cannot stop thinking; its lowest level, ${least}, was sent`);
    return { thinkingLevel: least.toUpperCase() };
  }
  const wanted = reasoning.effort ?? levelWorth(reasoning.budget);
  if (wanted === undefined) return {};
  const level = nearest(wanted, levels);
  if (level !== wanted && reasoning.effort !== undefined)
    lose(`reasoning.effort: "${wanted}" is not taken by ${model}, "${level}" was sent`);
  return { thinkingLevel: level.toUpperCase() };
}

/** The vendor's own table, read the other way. */
function levelWorth(budget: number | undefined): Effort | undefined {
  if (budget === undefined || budget < 0) return undefined;
  if (budget <= 1024) return 'low';
  return budget <= 8192 ? 'medium' : 'high';
}

/** The nearest level, the smaller of two equally near. */
function nearest(wanted: string, levels: readonly string[]): string {
  const rank = (level: string): number => ORDER.indexOf(level);
  const distance = (level: string): number => Math.abs(rank(level) - rank(wanted));
  return levels.reduce(
    (best, level) => (distance(level) < distance(best) ? level : best),
    levels[0] ?? wanted,
  );
}
