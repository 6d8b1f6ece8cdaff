// Token counts of this wire → Usage. Its totals are inclusive, as the chat wire's of the same maker: the counts are the
// same under other names (`input_tokens`, `output_tokens`), so they are taken apart in one place.
import type { Usage } from '../../core/usage.ts';
import { asCount, asObject, asObjects, asString, type JsonObject } from '../../lib/json.ts';
import { serviceTier } from '../openai-chat/tier-words.ts';
import { decodeUsage } from '../openai-chat/usage.ts';

/** What a response used, with the searches among its items; null where it says nothing of usage. */
export function usageOf(response: JsonObject): Usage | null {
  const usage = asObject(response.usage);
  if (usage === undefined) return null;
  const tier = serviceTier(response.service_tier);
  return {
    ...decodeUsage(usage),
    searches: searchesOf(response, usage),
    ...(tier === null ? {} : { tier }),
  };
}

/**
 * Where nothing counts them, the search calls among the items; opening a page that was found is not billed
 * (platform.openai.com/docs/pricing). An answer without any does not say that it could have searched: null.
 */
function searchesOf(response: JsonObject, usage: JsonObject): number | null {
  // Recorded: xAI counts its own tools' calls.
  const told = asCount(asObject(usage.server_side_tool_usage_details)?.web_search_calls);
  if (told !== undefined) return told;
  const calls = asObjects(response.output).filter(
    (item) =>
      item.type === 'web_search_call' &&
      item.status !== 'failed' &&
      (asString(asObject(item.action)?.type) ?? 'search') === 'search',
  );
  return calls.length === 0 ? null : calls.length;
}
