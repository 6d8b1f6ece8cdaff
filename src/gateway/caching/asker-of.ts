// askerOf: what of a request does not shape its answer and yet decides whether it gets one: whom it may ask, how long each may
// take, and who asks. Two requests of one key that agree in it fail alike; the failure of any other says nothing.
import type { Plan } from '../../core/plan.ts';
import type { Inbound } from '../inbound.ts';

const NONE = JSON.stringify([null, null, null, null]);

/**
 * How long it waits for what. Whoever waits otherwise shares no call: the one that leads might be let go on when this request
 * would have asked another, or be given up while it is still wanted.
 */
export function deadlinesOf(
  { options }: Pick<Inbound, 'options'>,
  { settings }: Pick<Plan, 'settings'>,
): string {
  const own = options.fallback;
  const routers = settings?.fallback;
  if (own === undefined && routers === undefined) return NONE;
  const of = (name: 'ttft_timeout' | 'idle_timeout' | 'min_tokens_per_second' | 'mode') =>
    own?.[name] ?? routers?.[name] ?? null;
  return JSON.stringify([
    of('ttft_timeout'),
    of('idle_timeout'),
    of('min_tokens_per_second'),
    of('mode'),
  ]);
}

export function askerOf(
  { options, user }: Pick<Inbound, 'options' | 'user'>,
  { candidates, settings }: Pick<Plan, 'candidates' | 'settings'>,
): string {
  const asked = candidates.map(({ id, configured }) => [id, configured.keys[0]?.own ?? null]);
  return JSON.stringify([asked, options.fallback ?? null, settings?.fallback ?? null, user]);
}
