// periodAt: from when to when a budget's period runs, in UTC.
import type { BudgetPeriod } from '../../core/limits.ts';
import { endOf, startOf } from '../../lib/utc-periods.ts';

export interface Period {
  /** Unix milliseconds; 0 of `total`. */
  readonly from: number;
  /** The first millisecond of the next; null: there is no next. */
  readonly until: number | null;
}

const FOR_GOOD: Period = { from: 0, until: null };

export function periodAt(period: BudgetPeriod, now: number): Period {
  if (period === 'total') return FOR_GOOD;
  const from = startOf(period, now);
  return { from, until: endOf(period, from) };
}
