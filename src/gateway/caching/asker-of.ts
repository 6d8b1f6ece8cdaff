// askerOf: what of a request does not shape its answer and yet decides whether it gets one: whom it may ask, how long each may
// take, and who asks. Two requests of one key that agree in it fail alike; the failure of any other says nothing.
import type { Plan } from '../../core/plan.ts';
import type { Inbound } from '../inbound.ts';

export function askerOf(
  { options, user }: Pick<Inbound, 'options' | 'user'>,
  { candidates, settings }: Pick<Plan, 'candidates' | 'settings'>,
): string {
  const asked = candidates.map(({ id, configured }) => [id, configured.keys[0]?.own ?? null]);
  return JSON.stringify([asked, options.fallback ?? null, settings?.fallback ?? null, user]);
}
