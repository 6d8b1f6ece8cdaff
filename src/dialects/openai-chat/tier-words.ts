// serviceTier: at which service tier an answer was made, where it is not the ordinary one.
import { asString, type Json } from '../../lib/json.ts';

/**
 * Words for the tier whose prices are the listed ones (platform.openai.com/docs/pricing, console.groq.com/docs/service-tiers).
 * Any other may have prices of its own: taken for the ordinary one it would be a guess.
 */
const ORDINARY: ReadonlySet<string> = new Set([
  '',
  'auto',
  'default',
  'on_demand',
  // A reseller's word for capacity that the maker keeps for it: what it asks its own callers is the listed price.
  'provisioned',
  'standard',
]);

/** Null: the ordinary one, or none was named. */
export function serviceTier(value: Json | undefined): string | null {
  const tier = asString(value)?.trim().toLowerCase() ?? '';
  return ORDINARY.has(tier) ? null : tier;
}
