// callerMeters: the meters a request has to pass: those of its key, of each user of that key, and of its user over all keys.
import type { KeyRecord } from '../../core/key.ts';
import type { Limits } from '../../core/limits.ts';
import { userName } from '../../core/user-name.ts';
import type { Meter, MeterKind } from './meter.ts';

/** What of a caller is needed to find their meters. */
export type LimitedKey = Pick<KeyRecord, 'id' | 'name' | 'limits' | 'userLimits'>;

export interface CallerMeters {
  /** Budgets before rates, the key's before the user's: the first that has no room is the one that is told. */
  readonly meters: readonly Meter[];
  /** Whether one of them counts it: what nobody counts is not estimated. */
  readonly money: boolean;
  readonly tokens: boolean;
  /** Whether it is limited how fast they may ask, so that replies say how much room is left. */
  readonly rates: boolean;
}

const compiled = new WeakMap<LimitedKey, CallerMeters | null>();

/** Null: nothing limits the key itself. A record is never changed, so this is found once for each. */
export function keyMeters(key: LimitedKey): CallerMeters | null {
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const made = callerMeters(metersOf(`key:${key.id}`, key.limits, { what: 'key', name: key.name }));
  compiled.set(key, made);
  return made;
}

/** @param anywhere what the user may take over all keys; null: that is not limited */
export function userMeters(
  key: Pick<LimitedKey, 'id' | 'userLimits'>,
  user: string,
  anywhere: Limits | null,
): readonly Meter[] {
  const of = { what: 'user', name: userName(user) } as const;
  const here = metersOf(`key:${key.id}/user:${of.name}`, key.userLimits, of);
  return anywhere === null ? here : [...here, ...anywhereMeters(user, anywhere)];
}

/** Of a user, whatever key they call with. */
export function anywhereMeters(user: string, limits: Limits): readonly Meter[] {
  const name = userName(user);
  return metersOf(`user:${name}`, limits, { what: 'user', name });
}

/** Null where there are none. */
export function callerMeters(meters: readonly Meter[]): CallerMeters | null {
  if (meters.length === 0) return null;
  const has = (kind: MeterKind) => meters.some((meter) => meter.kind === kind);
  const tokens = has('tokens');
  return { meters, money: has('budget'), tokens, rates: tokens || has('requests') };
}

function metersOf(whose: string, { budgets, rate }: Limits, of: Meter['of']): readonly Meter[] {
  const meters: Meter[] = budgets.map(({ amountNano, period }) => ({
    id: `${whose}/budget/${period}`,
    kind: 'budget',
    limit: amountNano,
    period,
    of,
  }));
  const add = (kind: MeterKind, limit: number | null) => {
    if (limit !== null) meters.push({ id: `${whose}/${kind}`, kind, limit, period: null, of });
  };
  if (rate === null) return meters;
  add('requests', rate.requestsPerMinute);
  add('tokens', rate.tokensPerMinute);
  add('concurrent', rate.concurrent);
  return meters;
}
