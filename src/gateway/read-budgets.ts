// What is spent of the budgets of those who called lately: only who calls can reach a threshold.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { BudgetStanding } from '../alerts/rules/budgets.ts';
import type { WatchedExchanges } from '../alerts/watched-exchanges.ts';
import { HOUR_MS } from '../lib/utc-day.ts';
import type { Keys } from '../limits/keys/keys.ts';
import type { Limiter } from '../limits/limiter.ts';
import { callerMeters } from '../limits/meters/caller-meters.ts';
import type { Meter, MeterReading } from '../limits/meters/meter.ts';

const KEY = 'key:';
/** Thousands may have called: requests go on in between. */
const AT_ONCE = 200;

/** Rejects with `limits_unavailable`. */
export async function readBudgets(
  watched: Pick<WatchedExchanges, 'takeCallers'>,
  keys: Pick<Keys, 'known'>,
  limits: Pick<Limiter, 'of' | 'read'>,
): Promise<readonly BudgetStanding[]> {
  const meters = new Map<string, Meter>();
  for (const [place, { keyId, user }] of watched.takeCallers().entries()) {
    if (place % AT_ONCE === AT_ONCE - 1) await nextTurn();
    const key = keys.known(keyId);
    if (key === null) continue;
    for (const meter of limits.of(key, user)?.meters ?? [])
      if (meter.kind === 'budget') meters.set(meter.id, meter);
  }
  const readings = await limits.read(callerMeters([...meters.values()]));
  return readings.flatMap((reading) => standingOf(reading) ?? []);
}

function standingOf({ meter, used, resetsAt }: MeterReading): BudgetStanding | null {
  const { id, of, limit, period } = meter;
  if (period === null) return null;
  const owner = of.what === 'key' ? (id.slice(KEY.length).split('/')[0] ?? '') : of.name;
  return {
    ...{ id, period },
    // Clocks of stores differ by some milliseconds each time; periods begin with whole hours.
    resetsAt: resetsAt === null ? null : Math.round(resetsAt / HOUR_MS) * HOUR_MS,
    who: { ...of, id: owner },
    amountNano: limit,
    spentNano: used,
  };
}
