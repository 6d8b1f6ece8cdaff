// What is spent of the budgets of those who called lately, and at the first look of all that something is spent of.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { BudgetStanding } from '../alerts/rules/budgets.ts';
import type { WatchedExchanges } from '../alerts/watched-exchanges.ts';
import { HOUR_MS } from '../lib/utc-day.ts';
import type { Keys } from '../limits/keys/keys.ts';
import type { Limiter } from '../limits/limiter.ts';
import { type CallerMeters, callerMeters } from '../limits/meters/caller-meters.ts';
import type { Meter, MeterReading } from '../limits/meters/meter.ts';

const KEY = 'key:';
/** Of a key, of a user of that key, or of a user over all keys. */
const SPENT_ID = /^(?:key:([^/]+)(?:\/user:(.*))?|user:(.*))\/budget\/[a-z]+$/s;
/** Thousands may have called: requests go on in between. */
const AT_ONCE = 200;

type KnownKeys = Pick<Keys, 'known' | 'list'>;
type ReadLimits = Pick<Limiter, 'of' | 'ofUser' | 'read' | 'spent'>;

/** Only who calls can reach a threshold; but who reached one just before a restart need not call again. */
export function budgetReader(
  watched: Pick<WatchedExchanges, 'takeCallers'>,
  keys: KnownKeys,
  limits: ReadLimits,
): () => Promise<readonly BudgetStanding[]> {
  let isFirst = true;
  return async () => {
    const meters = isFirst ? await spentMeters(keys, limits) : new Map<string, Meter>();
    const standings = await readBudgets(watched, keys, limits, meters);
    isFirst = false;
    return standings;
  };
}

/** Rejects with `limits_unavailable`. @param meters read as well */
async function readBudgets(
  watched: Pick<WatchedExchanges, 'takeCallers'>,
  keys: KnownKeys,
  limits: ReadLimits,
  meters: Map<string, Meter>,
): Promise<readonly BudgetStanding[]> {
  for (const [place, { keyId, user }] of watched.takeCallers().entries()) {
    if (place % AT_ONCE === AT_ONCE - 1) await nextTurn();
    const key = keys.known(keyId);
    if (key !== null) addBudgets(meters, limits.of(key, user));
  }
  const all = [...meters.values()];
  const standings: BudgetStanding[] = [];
  for (let from = 0; from < all.length; from += AT_ONCE) {
    if (from > 0) await nextTurn();
    const readings = await limits.read(callerMeters(all.slice(from, from + AT_ONCE)));
    for (const reading of readings) standings.push(...standingOf(reading));
  }
  return standings;
}

async function spentMeters(keys: KnownKeys, limits: ReadLimits): Promise<Map<string, Meter>> {
  const meters = new Map<string, Meter>();
  const spent = limits.spent();
  // A store that knows no names: those of keys are known, and their users are read when they call.
  if (spent === null) for (const key of keys.list()) addBudgets(meters, limits.of(key, null));
  for (const [place, id] of (spent ?? []).entries()) {
    if (place % AT_ONCE === AT_ONCE - 1) await nextTurn();
    const [, keyId, ofKey, anywhere] = SPENT_ID.exec(id) ?? [];
    if (anywhere !== undefined) addBudgets(meters, limits.ofUser(anywhere));
    const key = keyId === undefined ? null : keys.known(keyId);
    if (key !== null) addBudgets(meters, limits.of(key, ofKey ?? null));
  }
  return meters;
}

function addBudgets(meters: Map<string, Meter>, caller: CallerMeters | null): void {
  for (const meter of caller?.meters ?? [])
    if (meter.kind === 'budget') meters.set(meter.id, meter);
}

function standingOf({ meter, used, resetsAt }: MeterReading): [BudgetStanding] | [] {
  const { id, of, limit, period } = meter;
  if (period === null) return [];
  const owner = of.what === 'key' ? (id.slice(KEY.length).split('/')[0] ?? '') : of.name;
  const standing = {
    ...{ id, period },
    // Clocks of stores differ by some milliseconds each time; periods begin with whole hours.
    resetsAt: resetsAt === null ? null : Math.round(resetsAt / HOUR_MS) * HOUR_MS,
    who: { ...of, id: owner },
    amountNano: limit,
    spentNano: used,
  };
  return [standing];
}
