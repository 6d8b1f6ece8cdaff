// Token counts of this wire ↔ Usage. Its totals are inclusive: prompt_tokens holds cached and audio tokens,
// completion_tokens holds reasoning and audio. Usage is disjoint, so the details are taken out here, and put back.
import { isUnknown, totalInput, totalOutput, UNKNOWN_USAGE, type Usage } from '../../core/usage.ts';
import { asCount, asNumber, asObject, type JsonObject } from '../../lib/json.ts';

/** A `usage` object, whoever wrote it. Every field may be missing. */
export function decodeUsage(usage: JsonObject): Usage {
  const prompt = count(usage.prompt_tokens) ?? count(usage.input_tokens);
  const total = count(usage.total_tokens);
  const completion =
    count(usage.completion_tokens) ??
    count(usage.output_tokens) ??
    (prompt !== null && total !== null ? Math.max(0, total - prompt) : null);
  const hidden =
    prompt !== null && completion !== null && total !== null ? total - prompt - completion : 0;
  return {
    ...UNKNOWN_USAGE,
    ...inputKinds(usage, prompt),
    ...outputKinds(usage, completion, Math.max(0, hidden)),
    searches: searches(usage),
    ...charged(usage),
  };
}

type InputKinds = Pick<Usage, 'input' | 'cacheRead' | 'cacheWrite5m' | 'cacheWrite1h' | 'audioIn'>;

function inputKinds(usage: JsonObject, prompt: number | null): InputKinds {
  const details =
    asObject(usage.prompt_tokens_details) ?? asObject(usage.input_tokens_details) ?? {};
  const cacheRead =
    count(details.cached_tokens) ??
    // Recorded: a hit and a miss count beside the details; a bare count; the same under a name of its own.
    count(usage.prompt_cache_hit_tokens) ??
    count(usage.cached_tokens) ??
    count(usage.num_cached_tokens) ??
    count(usage.cache_read_input_tokens);
  const written =
    count(details.cache_write_tokens) ??
    count(details.cache_creation_input_tokens) ??
    count(details.cache_creation_tokens) ??
    count(usage.cache_creation_input_tokens);
  const kept = writes(written, writtenFor1h(usage, details));
  const audioIn = count(details.audio_tokens);
  if (prompt === null)
    return { input: count(usage.prompt_cache_miss_tokens), cacheRead, ...kept, audioIn };
  const fresh = prompt - (cacheRead ?? 0) - (written ?? 0) - (audioIn ?? 0);
  if (fresh >= 0) return { input: fresh, cacheRead, ...kept, audioIn };
  // Audio that was read from the cache is counted in both details; it is cached first.
  if (audioIn !== null && fresh + audioIn >= 0)
    return { input: 0, cacheRead, ...kept, audioIn: audioIn + fresh };
  // Recorded: a prefix that is written and read in the same call, and counted in both.
  if (written !== null && Math.max(cacheRead ?? 0, written) <= prompt) {
    return { input: prompt - (cacheRead ?? 0), cacheRead, ...writes(0, null), audioIn };
  }
  // More was cached than was sent: this total leaves the cached tokens out.
  return { input: prompt, cacheRead, ...kept, audioIn };
}

/** Of what was written, the part that is kept for an hour: other gateways tell it, in the words of the maker that sells it. */
function writtenFor1h(usage: JsonObject, details: JsonObject): number | null {
  const told =
    asObject(details.cache_creation_token_details) ??
    asObject(details.cache_creation) ??
    asObject(usage.cache_creation);
  return count(told?.ephemeral_1h_input_tokens);
}

function writes(
  written: number | null,
  for1h: number | null,
): Pick<Usage, 'cacheWrite5m' | 'cacheWrite1h'> {
  if (written === null || for1h === null) return { cacheWrite5m: written, cacheWrite1h: for1h };
  const cacheWrite1h = Math.min(for1h, written);
  return { cacheWrite5m: written - cacheWrite1h, cacheWrite1h };
}

type OutputKinds = Pick<Usage, 'output' | 'reasoning' | 'audioOut'>;

/**
 * @param hidden tokens in the total that are in neither prompt nor completion. Recorded: some makers leave reasoning out
 * of completion_tokens, with or without naming it in the details; the total says so, whoever it is.
 */
function outputKinds(usage: JsonObject, completion: number | null, hidden: number): OutputKinds {
  const details =
    asObject(usage.completion_tokens_details) ?? asObject(usage.output_tokens_details) ?? {};
  const told = count(details.reasoning_tokens) ?? count(usage.reasoning_tokens);
  const audio = count(details.audio_tokens);
  if (completion === null) return { output: null, reasoning: told, audioOut: audio };
  const audioOut = audio === null ? null : Math.min(audio, completion);
  const rest = completion - (audioOut ?? 0);
  if (hidden > 0 && hidden >= (told ?? 0)) return { output: rest, reasoning: hidden, audioOut };
  // Recorded: eleven reasoning tokens in a completion of ten. The total is what is billed.
  const reasoning = told === null ? null : Math.min(told, rest);
  return { output: rest - (reasoning ?? 0) + hidden, reasoning, audioOut };
}

function searches(usage: JsonObject): number | null {
  const tools = asObject(usage.server_tool_use_details) ?? asObject(usage.server_tool_use);
  const calls = asObject(usage.server_side_tool_usage_details);
  const web = count(calls?.web_search_calls);
  const social = count(calls?.x_search_calls);
  return (
    count(tools?.web_search_requests) ??
    count(usage.num_search_queries) ??
    (web === null && social === null ? null : (web ?? 0) + (social ?? 0))
  );
}

/** Recorded: a router's `cost` in dollars (with a key of the caller's own only its fee), and `cost_in_usd_ticks` of 1e-10 dollars. */
function charged(usage: JsonObject): { chargedUsd?: number } {
  if (usage.is_byok === true) return {};
  const ticks = asNumber(usage.cost_in_usd_ticks);
  const usd =
    asNumber(usage.cost) ??
    asNumber(asObject(usage.cost)?.total_cost) ??
    (ticks === undefined ? undefined : ticks / 1e10);
  return usd === undefined || usd < 0 ? {} : { chargedUsd: usd };
}

function count(value: unknown): number | null {
  return asCount(value) ?? null;
}

/** Usage in this wire's words; null where nothing is known, for a zero would be a lie. */
export function encodeUsage(usage: Usage): JsonObject | null {
  if (isUnknown(usage)) return null;
  const prompt = totalInput(usage);
  const completion = totalOutput(usage);
  const written =
    usage.cacheWrite5m === null && usage.cacheWrite1h === null
      ? null
      : (usage.cacheWrite5m ?? 0) + (usage.cacheWrite1h ?? 0);
  return {
    ...(prompt === null ? {} : { prompt_tokens: prompt }),
    ...(completion === null ? {} : { completion_tokens: completion }),
    ...(prompt === null || completion === null ? {} : { total_tokens: prompt + completion }),
    ...details('prompt_tokens_details', {
      cached_tokens: usage.cacheRead,
      cache_write_tokens: written,
      audio_tokens: usage.audioIn,
    }),
    ...details('completion_tokens_details', {
      reasoning_tokens: usage.reasoning,
      audio_tokens: usage.audioOut,
    }),
    ...(usage.cacheWrite1h
      ? {
          cache_creation: {
            ephemeral_5m_input_tokens: usage.cacheWrite5m ?? 0,
            ephemeral_1h_input_tokens: usage.cacheWrite1h,
          },
        }
      : {}),
    ...(usage.searches === null
      ? {}
      : { server_tool_use: { web_search_requests: usage.searches } }),
  };
}

function details(name: string, counts: { readonly [kind: string]: number | null }): JsonObject {
  const known = Object.entries(counts).filter(([, value]) => value !== null);
  return known.length === 0 ? {} : { [name]: Object.fromEntries(known) };
}
