// takesLong: whether a list may read through the whole log, which at tens of millions of rows is seconds and more.
import type { LogFilter } from './log-filter.ts';

/** No index has these (engine/migrations): where too few rows are such ones, all others are read for a page of them. */
const NOT_INDEXED = [
  ...(['route', 'variant', 'tried', 'endpoint', 'endpoints', 'asked', 'trace'] as const),
  ...(['min_cost_usd', 'min_total_ms', 'unpriced', 'estimated', 'resumed'] as const),
] satisfies readonly (keyof LogFilter)[];

export const takesLong = (filter: LogFilter): boolean =>
  NOT_INDEXED.some((name) => filter[name] !== undefined);
