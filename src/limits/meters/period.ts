// periodAt: from when to when a budget's period runs, in UTC.
import type { BudgetPeriod } from '../../core/limits.ts';

export interface Period {
  /** Unix milliseconds; 0 of `total`. */
  readonly from: number;
  /** The first millisecond of the next; null: there is no next. */
  readonly until: number | null;
}

const DAY_MS = 86_400_000;
/** 1970-01-01 was a Thursday. */
const MONDAY_MS = 4 * DAY_MS;
const FOR_GOOD: Period = { from: 0, until: null };

export function periodAt(period: BudgetPeriod, now: number): Period {
  switch (period) {
    case 'day': {
      const from = Math.floor(now / DAY_MS) * DAY_MS;
      return { from, until: from + DAY_MS };
    }
    case 'week': {
      const from = Math.floor((now - MONDAY_MS) / (7 * DAY_MS)) * 7 * DAY_MS + MONDAY_MS;
      return { from, until: from + 7 * DAY_MS };
    }
    case 'month': {
      const date = new Date(now);
      const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
      return { from: Date.UTC(year, month), until: Date.UTC(year, month + 1) };
    }
    case 'total':
      return FOR_GOOD;
  }
}
