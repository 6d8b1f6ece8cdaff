// hold: makes room for a planned request in its caller's limits, before anybody is asked; or refuses it.
import { GatewayError } from '../core/errors.ts';
import type { KeyRecord } from '../core/key.ts';
import type { Plan } from '../core/plan.ts';
import type { Held } from '../limits/limiter.ts';
import type { CallerMeters } from '../limits/meters/caller-meters.ts';
import { demandOf } from './demand.ts';
import type { Expects } from './expected-usage.ts';
import type { Gateway } from './gateway.ts';
import type { LimitSettings } from './limit-settings.ts';
import type { Room } from './room.ts';

const NOTHING = { nano: 0, tokens: 0, free: true } as const;

export interface Holding {
  readonly key: KeyRecord;
  readonly user: string | null;
  readonly plan: Plan;
  readonly expects: Expects;
  readonly settings: LimitSettings;
  readonly room: Room;
}

/**
 * The plan, without candidates that a budget cannot be held to. At once, but where the store is elsewhere. Throws
 * `budget_exceeded`, `rate_limit_exceeded`, `price_unknown` or `limits_unavailable`.
 */
export function hold(
  { key, user, plan, expects, settings, room }: Holding,
  { limits }: Pick<Gateway, 'limits'>,
): Plan | Promise<Plan> {
  const caller = limits.of(key, user);
  if (caller === null) return plan;
  const { demand, candidates } = demandOf(plan.candidates, expects, caller, settings);
  if (candidates.length === 0) throw priceUnknown(plan);
  const held = limits.hold(caller, demand);
  const priced = candidates.length === plan.candidates.length ? plan : without(plan, candidates);
  if (held instanceof Promise) return held.then((one) => taken(one, caller, room, priced));
  return taken(held, caller, room, priced);
}

/** The same for an answer that costs nothing: it counts as a request, and takes no more. A budget that is spent does not refuse it. */
export function holdForNothing(
  { key, user, room }: Pick<Holding, 'key' | 'user' | 'room'>,
  { limits }: Pick<Gateway, 'limits'>,
): void | Promise<void> {
  const caller = limits.of(key, user);
  if (caller === null) return;
  const held = limits.hold(caller, NOTHING);
  if (held instanceof Promise) return held.then((one) => admitted(one, caller, room));
  admitted(held, caller, room);
}

function taken(held: Held, caller: CallerMeters, room: Room, plan: Plan): Plan {
  admitted(held, caller, room);
  return plan;
}

function admitted(held: Held, caller: CallerMeters, room: Room): void {
  if ('settle' in held) {
    room.take(held, caller);
    return;
  }
  room.readings = held.readings;
  throw held.error;
}

function without(plan: Plan, candidates: Plan['candidates']): Plan {
  const left = plan.candidates.filter((one) => !candidates.includes(one)).map(({ id }) => id);
  const words = `left out, for nobody knows what they cost and the caller has a budget: ${left.join(', ')}`;
  return { ...plan, candidates, why: [...plan.why, words] };
}

function priceUnknown({ candidates }: Plan): GatewayError {
  const ids = candidates.map(({ id }) => id);
  const [first = ''] = ids;
  const which = ids.length === 1 ? `of ${first}` : `of any of ${ids.length} models (${first}, …)`;
  return new GatewayError(
    'price_unknown',
    `The caller has a budget, and the price ${which} is not known, so it could not be held to. Give it one under "models" in the configuration, or set limits.unpriced: allow.`,
  );
}
