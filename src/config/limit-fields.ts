// The fields a budget and a rate limit are written in, for the file and for the API: parsed to core/limits.ts, and shown as written.
import { z } from 'zod';
import { BUDGET_PERIODS, type Budget, type Limits, type RateLimit } from '../core/limits.ts';

const NANO_PER_DOLLAR = 1e9;
/** Above it billionths are no exact numbers any more. */
const MAX_DOLLARS = 9_000_000;
const MAX_COUNT = 1_000_000_000_000;

/** Told and counted are the same number then. */
const isWholeNano = (usd: number) => Math.round(usd * NANO_PER_DOLLAR) / NANO_PER_DOLLAR === usd;

const oneBudget = z.strictObject({
  amount_usd: z
    .number()
    .min(0)
    .max(MAX_DOLLARS)
    .refine(isWholeNano, 'may have nine decimals at most')
    .describe('US dollars; 0: only what costs nothing'),
  period: z
    .enum(BUDGET_PERIODS)
    .describe('in UTC; a week begins on Monday; total: for good, never filled up again'),
});

const isOnePeriodEach = (budgets: readonly { readonly period: string }[]) =>
  new Set(budgets.map(({ period }) => period)).size === budgets.length;

/** `{amount_usd, period}`, or a list of them with different periods. */
const budget = z
  .union([
    oneBudget,
    z
      .array(oneBudget)
      .min(1)
      .max(BUDGET_PERIODS.length)
      .refine(isOnePeriodEach, 'may name each period once'),
  ])
  .transform((written): readonly Budget[] =>
    [written].flat().map(({ amount_usd: usd, period }) => ({
      amountNano: Math.round(usd * NANO_PER_DOLLAR),
      period,
    })),
  );

const count = z.number().int().min(0).max(MAX_COUNT).nullable().optional();

/** Absent or null: not limited. */
const rateLimit = z
  .strictObject({
    requests_per_minute: count.describe('in any sixty seconds'),
    tokens_per_minute: count.describe('input and output together, in any sixty seconds'),
    concurrent: count.describe('under way at once, streams to their last byte'),
  })
  .transform(
    (written): RateLimit => ({
      requestsPerMinute: written.requests_per_minute ?? null,
      tokensPerMinute: written.tokens_per_minute ?? null,
      concurrent: written.concurrent ?? null,
    }),
  );

/** Both, as they stand beside each other in a key, a user or the configuration. */
export const limitFields = {
  budget: budget
    .nullable()
    .optional()
    .describe('what may be spent: one, or a list with one a period; all of them hold'),
  rate_limit: rateLimit.nullable().optional().describe('how fast may be asked'),
};

export interface LimitFields {
  readonly budget?: readonly Budget[] | null | undefined;
  readonly rate_limit?: RateLimit | null | undefined;
}

/** What the parsed fields come to. Absent: as in `before`; null: not limited. */
export function limitsOf(
  fields: LimitFields,
  before: Limits = { budgets: [], rate: null },
): Limits {
  const { budget: budgets, rate_limit: rate } = fields;
  return {
    budgets: budgets === undefined ? before.budgets : (budgets ?? []),
    rate: rate === undefined ? before.rate : isLimiting(rate) ? rate : null,
  };
}

/** As the API shows them: what `budget` and `rate_limit` were written as. */
export function shownLimits({ budgets, rate }: Limits) {
  const [first, ...more] = budgets.map(({ amountNano, period }) => ({
    amount_usd: amountNano / NANO_PER_DOLLAR,
    period,
  }));
  const several = first !== undefined && more.length > 0 ? [first, ...more] : (first ?? null);
  return {
    budget: several,
    rate_limit:
      rate === null
        ? null
        : {
            requests_per_minute: rate.requestsPerMinute,
            tokens_per_minute: rate.tokensPerMinute,
            concurrent: rate.concurrent,
          },
  };
}

function isLimiting(rate: RateLimit | null): rate is RateLimit {
  return rate !== null && Object.values(rate).some((limit) => limit !== null);
}
