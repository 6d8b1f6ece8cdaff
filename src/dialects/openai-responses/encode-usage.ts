// Usage → this wire's token counts, whose totals are inclusive.
import { isUnknown, totalInput, totalOutput, type Usage } from '../../core/usage.ts';
import type { JsonObject } from '../../lib/json.ts';

/**
 * Null where nothing is known. Where something is, the counts nobody told are 0: clients' decoders fail without them
 * (Codex: "missing field `reasoning_tokens`"); whoever must tell 0 from unknown reads the log.
 */
export function encodeUsage(usage: Usage): JsonObject | null {
  if (isUnknown(usage)) return null;
  const input = totalInput(usage) ?? 0;
  const output = totalOutput(usage) ?? 0;
  return {
    input_tokens: input,
    input_tokens_details: {
      cached_tokens: usage.cacheRead ?? 0,
      cache_write_tokens: (usage.cacheWrite5m ?? 0) + (usage.cacheWrite1h ?? 0),
    },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: usage.reasoning ?? 0 },
    total_tokens: input + output,
  };
}
