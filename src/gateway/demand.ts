// demandOf: what is held for a request: what the dearest of those it may be sent to would cost, and the most tokens it may take.
import type { Candidate } from '../core/plan.ts';
import { costNano, isUnpriced, type Price } from '../core/price.ts';
import { priceOf } from '../core/price-of.ts';
import { totalInput, totalOutput, type Usage } from '../core/usage.ts';
import type { CallerMeters } from '../limits/meters/caller-meters.ts';
import type { Demand } from '../limits/meters/meter.ts';
import type { Expects } from './expected-usage.ts';
import type { LimitSettings } from './limit-settings.ts';

export interface Weighed {
  readonly demand: Demand;
  /** Those whose price is known, where that is asked for. */
  readonly candidates: readonly Candidate[];
}

const NANO_PER_DOLLAR_A_MILLION = 1000;

/** What nobody counts is not looked at. */
export function demandOf(
  candidates: readonly Candidate[],
  expects: Expects,
  { money, tokens: countsTokens }: Pick<CallerMeters, 'money' | 'tokens'>,
  { assumedOutputTokens, unpriced }: Pick<LimitSettings, 'assumedOutputTokens' | 'unpriced'>,
): Weighed {
  if (!money && !countsTokens) return { demand: { nano: 0, tokens: 0 }, candidates };
  let nano = 0;
  let tokens = 0;
  let left: Candidate[] | null = null;
  for (const candidate of candidates) {
    const usage = expects(candidate, assumedOutputTokens);
    const cost = money ? expectedNano(priceOf(candidate), usage) : 0;
    if (cost === null && unpriced === 'refuse') {
      left ??= candidates.slice(0, candidates.indexOf(candidate));
      continue;
    }
    left?.push(candidate);
    nano = Math.max(nano, cost ?? 0);
    if (countsTokens) tokens = Math.max(tokens, tokensOf(usage));
  }
  return { demand: { nano, tokens }, candidates: left ?? candidates };
}

/** Null: nobody knows what it costs. */
function expectedNano(price: Price | null, usage: Usage): number | null {
  if (price !== null && isPlain(price, usage)) {
    const dollars =
      (usage.input ?? 0) * (price.input ?? 0) + (usage.output ?? 0) * (price.output ?? 0);
    return Math.round(dollars * NANO_PER_DOLLAR_A_MILLION);
  }
  const cost = costNano(price, usage);
  if (cost !== null) return cost;
  // It is sold by what cannot be told before: only what it came to is charged.
  return isUnpriced(price, usage) ? null : 0;
}

/** Two products, where there is no more to it: a plan of all models has hundreds of candidates. */
function isPlain(price: Price, usage: Usage): boolean {
  return (
    price.input !== null &&
    price.output !== null &&
    price.tiers === undefined &&
    price.request === undefined &&
    price.image == null &&
    price.characters == null &&
    price.audioMinute == null &&
    usage.input !== null &&
    usage.output !== null &&
    usage.searches === null
  );
}

function tokensOf(usage: Usage): number {
  return (totalInput(usage) ?? 0) + (totalOutput(usage) ?? 0);
}
