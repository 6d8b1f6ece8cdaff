// priceOf: what a candidate's tokens cost: its own price, else what its provider asks for any model.
import type { Candidate } from './plan.ts';
import type { Price } from './price.ts';

export function priceOf({
  facts,
  configured,
}: Pick<Candidate, 'facts' | 'configured'>): Price | null {
  return facts?.price ?? configured.price ?? null;
}

/** Everything costs nothing, kinds of token that are not listed included. */
export const FREE: Price = {
  input: 0,
  output: 0,
  cacheRead: 0,
  cacheWrite5m: 0,
  cacheWrite1h: 0,
  audioIn: 0,
  audioOut: 0,
  search: 0,
};
