// What a reply of the OpenAI family says it used, in whichever of the forms its endpoints have.
import { UNKNOWN_USAGE, type Usage } from '../core/usage.ts';
import { asCount, asNumber, asObject, type JsonObject } from '../lib/json.ts';

/**
 * The usage in a reply or an event. Recorded forms: `prompt_tokens`/`completion_tokens`, `input_tokens`/`output_tokens`
 * (images, speech and transcriptions), `{type: "duration", seconds}`, and `total_tokens` alone where nothing comes out but
 * figures (Voyage). All kinds unknown where there is none.
 */
export function readUsage(body: JsonObject): Usage {
  const usage = asObject(body.usage);
  if (usage === undefined) return UNKNOWN_USAGE;
  const total = asCount(usage.total_tokens);
  const input = asCount(usage.prompt_tokens) ?? asCount(usage.input_tokens);
  const output = asCount(usage.completion_tokens) ?? asCount(usage.output_tokens);
  const details = asObject(
    usage.prompt_tokens_details ?? usage.input_tokens_details ?? usage.input_token_details,
  );
  const cached = asCount(details?.cached_tokens);
  const audio = asCount(details?.audio_tokens);
  const seconds = asNumber(usage.seconds) ?? asNumber(usage.prompt_audio_seconds);
  // Recorded of a router's chat: what it charged, and with a key of the caller's own only its fee.
  const charged = usage.is_byok === true ? undefined : asNumber(usage.cost);
  return {
    ...UNKNOWN_USAGE,
    input: input === undefined ? null : Math.max(0, input - (cached ?? 0) - (audio ?? 0)),
    cacheRead: cached ?? null,
    audioIn: audio ?? null,
    output: output ?? (input !== undefined && total === input ? 0 : null),
    ...(seconds === undefined || seconds < 0 ? {} : { seconds }),
    ...(charged === undefined || charged < 0 ? {} : { chargedUsd: charged }),
  };
}

/** Of a reply that is nothing but vectors or scores: all tokens went in. */
export function readInputUsage(body: JsonObject): Usage {
  const usage = readUsage(body);
  const total = asCount(asObject(body.usage)?.total_tokens) ?? null;
  const input = usage.input ?? total;
  return { ...usage, input, output: input === null ? null : 0 };
}

/** So many tokens in, and nothing out. */
export function inputOnly(tokens: number | null | undefined): Usage {
  return tokens == null ? UNKNOWN_USAGE : { ...UNKNOWN_USAGE, input: tokens, output: 0 };
}
