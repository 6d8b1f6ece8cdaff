// What an answer used. `tokens` is what went through the model; `billed_units` leaves out the provider's own instructions.
import { UNKNOWN_USAGE, type Usage } from '../../core/usage.ts';
import { asCount, asObject, type JsonObject } from '../../lib/json.ts';

/** Recorded: `tokens.input_tokens` counts the cached ones in; thoughts are part of the output and not told apart. */
export function decodeUsage(usage: JsonObject): Usage {
  const tokens = asObject(usage.tokens);
  const billed = asObject(usage.billed_units);
  const input = asCount(tokens?.input_tokens) ?? asCount(billed?.input_tokens) ?? null;
  const output = asCount(tokens?.output_tokens) ?? asCount(billed?.output_tokens) ?? null;
  const billedInput = asCount(billed?.input_tokens);
  const billedOutput = asCount(billed?.output_tokens);
  const cached = asCount(usage.cached_tokens) ?? null;
  const cacheRead = cached === null || input === null ? cached : Math.min(cached, input);
  return {
    ...UNKNOWN_USAGE,
    input: input === null ? null : input - (cacheRead ?? 0),
    cacheRead,
    output,
    searches: asCount(billed?.search_units) ?? null,
    ...(billedInput === undefined || billedOutput === undefined
      ? {}
      : { billed: { input: billedInput, output: billedOutput } }),
  };
}
