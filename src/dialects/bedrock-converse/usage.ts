// This wire's token counts → Usage. `inputTokens` is fresh input only: the total is it, the output and what was read from and
// written to the cache (recorded).
import { UNKNOWN_USAGE, type Usage } from '../../core/usage.ts';
import { asCount, asObject, asObjects, asString, type JsonObject } from '../../lib/json.ts';

/** @param told the whole reply or the metadata event: the tier stands beside the counts. */
export function decodeUsage(told: JsonObject | undefined): Usage {
  const usage = asObject(told?.usage);
  if (usage === undefined) return UNKNOWN_USAGE;
  const writes = asCount(usage.cacheWriteInputTokens) ?? asCount(usage.cacheWriteInputTokenCount);
  const hour = hourLong(usage);
  const tier = tierOf(told);
  return {
    ...UNKNOWN_USAGE,
    input: asCount(usage.inputTokens) ?? null,
    cacheRead:
      asCount(usage.cacheReadInputTokens) ?? asCount(usage.cacheReadInputTokenCount) ?? null,
    cacheWrite5m: writes === undefined ? null : Math.max(0, writes - (hour ?? 0)),
    cacheWrite1h: hour,
    output: asCount(usage.outputTokens) ?? null,
    ...(tier === undefined ? {} : { tier }),
  };
}

/** What was written for an hour; null where the lifetimes are not told. */
function hourLong(usage: JsonObject): number | null {
  const details = asObjects(usage.cacheDetails);
  if (details.length === 0) return null;
  return details
    .filter(({ ttl }) => ttl === '1h')
    .reduce((sum, { inputTokens }) => sum + (asCount(inputTokens) ?? 0), 0);
}

/** Priority, flex and latency-optimised answers have prices of their own. */
function tierOf(told: JsonObject | undefined): string | undefined {
  const tier = asString(asObject(told?.serviceTier)?.type);
  if (tier !== undefined && tier !== 'default') return tier;
  const latency = asString(asObject(told?.performanceConfig)?.latency);
  return latency === 'optimized' ? latency : undefined;
}
