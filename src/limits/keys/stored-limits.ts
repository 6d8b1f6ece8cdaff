// Limits as the database keeps them: JSON of core/limits.ts. What is not whole any more is told, and never read as no limit.
import { BUDGET_PERIODS, type Budget, type Limits, NO_LIMITS } from '../../core/limits.ts';
import { asCount, asObject, isObject, parseJson } from '../../lib/json.ts';

export interface StoredLimits {
  readonly limits: Limits;
  /** The text is none that was written here. */
  readonly spoiled: boolean;
}

const NONE: StoredLimits = { limits: NO_LIMITS, spoiled: false };
const SPOILED: StoredLimits = { limits: NO_LIMITS, spoiled: true };

/** Null where there is nothing to keep. */
export function limitsText(limits: Limits): string | null {
  return isLimited(limits) ? JSON.stringify(limits) : null;
}

export function isLimited({ budgets, rate }: Limits): boolean {
  return budgets.length > 0 || rate !== null;
}

export function readLimits(text: string | null): StoredLimits {
  if (text === null) return NONE;
  const stored = asObject(parseJson(text));
  if (stored === undefined || !Array.isArray(stored.budgets)) return SPOILED;
  const budgets: Budget[] = [];
  for (const entry of stored.budgets) {
    const amountNano = isObject(entry) ? asCount(entry.amountNano) : undefined;
    const period = BUDGET_PERIODS.find((known) => isObject(entry) && known === entry.period);
    if (amountNano === undefined || period === undefined) return SPOILED;
    budgets.push({ amountNano, period });
  }
  if (stored.rate === null) return { limits: { budgets, rate: null }, spoiled: false };
  const rate = asObject(stored.rate);
  if (rate === undefined) return SPOILED;
  const [requestsPerMinute, tokensPerMinute, concurrent] = [
    countOrNull(rate.requestsPerMinute),
    countOrNull(rate.tokensPerMinute),
    countOrNull(rate.concurrent),
  ];
  if (requestsPerMinute === undefined || tokensPerMinute === undefined || concurrent === undefined)
    return SPOILED;
  const limits = { budgets, rate: { requestsPerMinute, tokensPerMinute, concurrent } };
  return { limits, spoiled: false };
}

function countOrNull(value: unknown): number | null | undefined {
  return value === null ? null : asCount(value);
}
