// Limits: what a key or a user may spend, and how fast they may ask. What is counted against them: limits/meters.

export const BUDGET_PERIODS = ['day', 'week', 'month', 'total'] as const;
/** In UTC; a week begins on Monday. `total`: for good. */
export type BudgetPeriod = (typeof BUDGET_PERIODS)[number];

export interface Budget {
  /** Billionths of a US dollar. */
  readonly amountNano: number;
  readonly period: BudgetPeriod;
}

/** Null: not limited. */
export interface RateLimit {
  /** In any sixty seconds. */
  readonly requestsPerMinute: number | null;
  /** Input and output together, in any sixty seconds. */
  readonly tokensPerMinute: number | null;
  /** Under way at once, streams to their last byte. */
  readonly concurrent: number | null;
}

export interface Limits {
  /** At most one a period; all of them hold. */
  readonly budgets: readonly Budget[];
  readonly rate: RateLimit | null;
}

export const NO_LIMITS: Limits = { budgets: [], rate: null };
