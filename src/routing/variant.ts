// Which variant of a route a request gets: the same user always the same one, the others by chance; by weight, without state.
import { chanceOf, rendezvousScore } from '../lib/weighted-rendezvous.ts';

export interface Weighted {
  /** Of 100. */
  readonly weight: number;
  /** What its draws are made from: `variantSeed`. */
  readonly seed: bigint;
}

/**
 * xxHash64 is fixed for good, so a user keeps the variant over restarts, replicas and versions of this program. Each route
 * draws for itself: who is in one experiment's treatment is no likelier to be in another's.
 */
export function variantSeed(routerId: string, routeId: string, variantId: string): bigint {
  return Bun.hash.xxHash64(`${routerId}\n${routeId}\n${variantId}`);
}

/**
 * By weighted rendezvous hashing: from 90/10 to 80/20 moves a tenth of the keys, all of them one way. Providers' health has
 * no say: an experiment stays what it is.
 * @param variants at least one of them with a weight above 0
 * @param key the user; where there is none, the request's id
 */
export function chooseVariant<V extends Weighted>(variants: readonly V[], key: string): V | null {
  if (variants.length === 1) return variants[0] ?? null;
  let best: V | null = null;
  let bestScore = 0;
  for (const variant of variants) {
    if (variant.weight <= 0) continue;
    const score = rendezvousScore(variant.weight, chanceOf(Bun.hash.xxHash64(key, variant.seed)));
    if (best !== null && score <= bestScore) continue;
    best = variant;
    bestScore = score;
  }
  return best;
}
