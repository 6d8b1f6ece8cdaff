// nearTheBest: how `auto` chooses when no sort is asked for: the cheapest of those that are about as good as the best.
import type { Live } from '../core/measured.ts';
import { type Measure, measureOf } from './auto-measure.ts';
import type { Needs } from './auto-needs.ts';
import type { Ranked } from './auto-order.ts';

/** How much less intelligence than the best's is about as good, as a part of it. */
export const NEAR = 0.15;

/**
 * First by what each falls short of being near the best (nothing, for those that are), then by price. So after the near ones
 * the others come by intelligence. Where nobody's intelligence is known, price alone decides.
 */
export function nearTheBest(able: readonly Ranked[], needs: Needs, live: Live): readonly Measure[] {
  const intelligence = measureOf('intelligence', false, false, needs, live);
  let best = Number.NEGATIVE_INFINITY;
  // Those of which it is not known whether they can are no measure for the others, unless there are no others.
  const sure = able.filter(({ doubtful }) => !doubtful);
  for (const { entry } of sure.length === 0 ? able : sure) {
    const value = intelligence.value(entry);
    if (value > best) best = value;
  }
  const price = measureOf('price', true, false, needs, live);
  if (best === Number.NEGATIVE_INFINITY) return [price];
  const enough = best * (1 - NEAR);
  const shortfall: Measure = {
    ...intelligence,
    metric: SHORTFALL,
    ascending: true,
    value: (entry) => {
      const value = intelligence.value(entry);
      return value >= enough ? 0 : enough - value;
    },
  };
  return [shortfall, price, intelligence];
}

/** The name of the measure that only this order has. */
export const SHORTFALL = 'shortfall';
