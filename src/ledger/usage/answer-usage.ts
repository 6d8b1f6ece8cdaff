// A question about usage, asked on the thread that reads the log → its answer as text.
import { GatewayError } from '../../core/errors.ts';
import type { LogStore } from '../log-store.ts';
import { readUsage } from './read-usage.ts';
import { REFUSED } from './refusal.ts';
import { RowSumsCache } from './row-sums-cache.ts';
import { type UsageFormat, usageText } from './usage-answer.ts';
import type { UsageQuery } from './usage-query.ts';

export interface UsageQuestion {
  readonly query: UsageQuery;
  readonly format: UsageFormat;
  readonly now: number;
}

const caches = new WeakMap<LogStore, RowSumsCache>();

export async function answerUsage(
  store: LogStore,
  { query, format, now }: UsageQuestion,
): Promise<string> {
  const cache = caches.get(store) ?? new RowSumsCache();
  caches.set(store, cache);
  try {
    return usageText(await readUsage(store, query, now, cache), format);
  } catch (thrown) {
    if (!(thrown instanceof GatewayError) || thrown.code !== 'invalid_request') throw thrown;
    return REFUSED + JSON.stringify({ message: thrown.message, param: thrown.details.param });
  }
}
