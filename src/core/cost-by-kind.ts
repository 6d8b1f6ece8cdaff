// A call's cost taken apart: what each kind of token, and whatever else it used, came to.
import { billedUsage, costNano, type Price, ratesOf } from './price.ts';
import type { Usage } from './usage.ts';

const KINDS = [
  'input',
  'cacheRead',
  'cacheWrite5m',
  'cacheWrite1h',
  'output',
  'reasoning',
  'audioIn',
  'audioOut',
  'searches',
  'images',
  'characters',
  'seconds',
] as const;

/** `request` is the fee for the call itself. */
export type CostKind = (typeof KINDS)[number] | 'request';

/**
 * Billionths of a US dollar by kind, which sum up to the call's whole cost: each is rounded for itself, and what that makes
 * more or less than the whole (a billionth or few) is on the largest. Null where the cost cannot be said.
 */
export function costByKind(price: Price, usage: Usage): ReadonlyMap<CostKind, number> | null {
  const rates = ratesOf(price, usage);
  const total = costNano(price, usage);
  if (rates === null || total === null) return null;
  const { tier: _, ...counted } = billedUsage(usage);
  // A price without tiers, so that leaving something out moves no other rate.
  const without = (kinds: readonly (typeof KINDS)[number][]) =>
    costNano(rates, kinds.reduce(leftOut, counted)) ?? 0;
  const costs = new Map<CostKind, number>();
  for (const kind of KINDS) if (counted[kind]) costs.set(kind, total - without([kind]));
  const fee = without(KINDS);
  if (fee > 0) costs.set('request', fee);
  return evened(costs, total);
}

/** None of it, which is not the same as not told. */
function leftOut(usage: Usage, kind: (typeof KINDS)[number]): Usage {
  if (usage[kind] === null || usage[kind] === undefined) return usage;
  const { cachedAudio, ...others } = usage;
  if (cachedAudio !== undefined && kind !== 'cacheRead') return { ...usage, [kind]: 0 };
  return { ...others, [kind]: 0 };
}

/** Null where more is missing than rounding can explain. */
function evened(costs: Map<CostKind, number>, total: number): Map<CostKind, number> | null {
  let left = total;
  let largest: CostKind | null = null;
  for (const [kind, nano] of costs) {
    left -= nano;
    if (largest === null || nano > (costs.get(largest) ?? 0)) largest = kind;
  }
  if (left === 0) return costs;
  if (largest === null || Math.abs(left) > costs.size) return null;
  return costs.set(largest, (costs.get(largest) ?? 0) + left);
}
