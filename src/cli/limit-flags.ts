// Budgets and rates as options of a command: `--budget 5/day,100/month --rpm 60`.
import { shownLimits } from '../config/limit-fields.ts';
import { BUDGET_PERIODS, type Limits } from '../core/limits.ts';
import type { JsonObject } from '../lib/json.ts';
import { exitWith } from './settings.ts';

/** Takes back what was set. */
export const NONE = 'none';

const text = (description: string) => ({ type: 'string', description }) as const;

export const limitFlags = {
  budget: text(
    'US dollars a day, week, month or in total: "20/month", several "5/day,100/month"; "none"',
  ),
  rpm: text('requests in any sixty seconds; "none"'),
  tpm: text('tokens in any sixty seconds, input and output; "none"'),
  concurrent: text('requests under way at once; "none"'),
} as const;

export interface LimitFlags {
  readonly budget?: string | undefined;
  readonly rpm?: string | undefined;
  readonly tpm?: string | undefined;
  readonly concurrent?: string | undefined;
}

const BUDGET = /^\$?(\d+(?:\.\d+)?)\/([a-z]+)$/;

/**
 * `budget` and `rate_limit` as the API takes them, as far as an option names them.
 * @param whole both, those no option names as they are
 */
export function limitFieldsOf(
  flags: LimitFlags,
  before: Limits,
  { whole = false, prefix = '' } = {},
): JsonObject {
  const now = shownLimits(before);
  const rates = {
    requests_per_minute: countIn(flags.rpm, `--${prefix}rpm`),
    tokens_per_minute: countIn(flags.tpm, `--${prefix}tpm`),
    concurrent: countIn(flags.concurrent, `--${prefix}concurrent`),
  };
  const named = Object.entries(rates).filter(([, value]) => value !== undefined);
  const budget =
    flags.budget === undefined
      ? whole
        ? { budget: now.budget }
        : {}
      : { budget: budgetsIn(flags.budget, `--${prefix}budget`) };
  if (named.length === 0) return whole ? { ...budget, rate_limit: now.rate_limit } : budget;
  return { ...budget, rate_limit: { ...now.rate_limit, ...Object.fromEntries(named) } };
}

function budgetsIn(list: string, option: string): readonly JsonObject[] | null {
  if (list === NONE) return null;
  return list.split(',').map((part) => {
    const [, amount, period = ''] = BUDGET.exec(part.trim()) ?? [];
    if (amount === undefined || !BUDGET_PERIODS.some((known) => known === period))
      exitWith([
        `${option}: "${part.trim()}" is not such as 20/month; the periods are ${BUDGET_PERIODS.join(', ')}.`,
      ]);
    return { amount_usd: Number(amount), period };
  });
}

function countIn(written: string | undefined, option: string): number | null | undefined {
  if (written === undefined) return undefined;
  if (written === NONE) return null;
  if (!/^\d{1,15}$/.test(written))
    exitWith([`${option} must be a whole number, not "${written}".`]);
  return Number(written);
}
