// promptCacheSavedNano: what a provider's prompt cache took off the bill of one call, the dearer writes to it counted against it.
import { costNano, type Price } from './price.ts';
import type { Usage } from './usage.ts';

/**
 * What the call would have cost with nothing read from a cache and nothing written to one, less what it cost: billionths of
 * a US dollar, so that the two add up to the bill without a cache, exactly. Negative: its writes cost more than its reads
 * saved. Undefined: it neither read nor wrote. Null: it did, and nobody knows what that is worth.
 */
export function promptCacheSavedNano(price: Price | null, usage: Usage): number | null | undefined {
  if (!usage.cacheRead && !usage.cacheWrite5m && !usage.cacheWrite1h) return undefined;
  // What the provider bills, it counts its own way: which of it is cached is not told.
  if (price === null || usage.billed !== undefined) return null;
  const cost = costNano(price, usage);
  const uncached = costNano(price, withoutCache(usage));
  return cost === null || uncached === null ? null : uncached - cost;
}

/** As much input, all of it plain: the call is of the same size, so the same tier holds. */
function withoutCache(usage: Usage): Usage {
  const { cachedAudio = 0, cacheRead, cacheWrite5m, cacheWrite1h, ...others } = usage;
  const text = (cacheRead ?? 0) - cachedAudio + (cacheWrite5m ?? 0) + (cacheWrite1h ?? 0);
  return {
    ...others,
    input: usage.input === null ? null : usage.input + text,
    cacheRead: null,
    cacheWrite5m: null,
    cacheWrite1h: null,
    audioIn: cachedAudio === 0 ? usage.audioIn : (usage.audioIn ?? 0) + cachedAudio,
  };
}
