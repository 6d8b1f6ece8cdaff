// Token counts of this wire → Usage. Recorded: the total is the sum of prompt (cached tokens among them), candidates,
// thoughts and what tools put into the prompt; a count of zero is left out.
import { UNKNOWN_USAGE, type Usage } from '../../core/usage.ts';
import { asCount, asObjects, asString, type Json, type JsonObject } from '../../lib/json.ts';

/** `trafficType` and `serviceTier` in the words prices are listed under; the ordinary ones have none. */
const TIERS: { readonly [word: string]: string | null } = {
  on_demand: null,
  traffic_type_unspecified: null,
  standard: null,
  unspecified: null,
  on_demand_flex: 'flex',
  on_demand_priority: 'priority',
};

/** A `usageMetadata` object. */
export function decodeUsage(usage: JsonObject): Usage {
  const tier = tierOf(usage.trafficType) ?? tierOf(usage.serviceTier);
  return {
    ...UNKNOWN_USAGE,
    ...inputKinds(usage),
    ...outputKinds(usage),
    ...(tier === null ? {} : { tier }),
  };
}

function inputKinds(
  usage: JsonObject,
): Pick<Usage, 'input' | 'cacheRead' | 'audioIn' | 'cachedAudio'> {
  const prompt = count(usage.promptTokenCount);
  const cacheRead = count(usage.cachedContentTokenCount);
  if (prompt === null) return { input: null, cacheRead, audioIn: null };
  const cached = Math.min(cacheRead ?? 0, prompt);
  const heard = modality(usage.promptTokensDetails, 'AUDIO');
  // Cached audio is cached first: it is read at the cache's price.
  const heardCached = modality(usage.cacheTokensDetails, 'AUDIO') ?? 0;
  const audioIn =
    heard === null ? null : Math.min(Math.max(0, heard - heardCached), prompt - cached);
  const brought = count(usage.toolUsePromptTokenCount) ?? 0;
  const input = prompt - cached - (audioIn ?? 0) + brought;
  const cachedAudio = Math.min(heardCached, cached);
  return { input, cacheRead, audioIn, ...(cachedAudio === 0 ? {} : { cachedAudio }) };
}

function outputKinds(usage: JsonObject): Pick<Usage, 'output' | 'reasoning' | 'audioOut'> {
  const reasoning = count(usage.thoughtsTokenCount);
  const written = count(usage.candidatesTokenCount) ?? unwritten(usage);
  const spoken = modality(usage.candidatesTokensDetails, 'AUDIO');
  if (written === null) return { output: null, reasoning, audioOut: spoken };
  const audioOut = spoken === null ? null : Math.min(spoken, written);
  return { output: written - (audioOut ?? 0), reasoning, audioOut };
}

/** An answer that wrote nothing has no count of what it wrote; the total tells it from an unknown one. */
function unwritten(usage: JsonObject): number | null {
  const total = count(usage.totalTokenCount);
  const prompt = count(usage.promptTokenCount);
  if (total === null || prompt === null) return null;
  const others =
    (count(usage.thoughtsTokenCount) ?? 0) + (count(usage.toolUsePromptTokenCount) ?? 0);
  return Math.max(0, total - prompt - others);
}

/** Tokens of one kind of media; null where the details are not there or do not name it. */
function modality(details: Json | undefined, name: string): number | null {
  let tokens: number | null = null;
  for (const detail of asObjects(details)) {
    if (asString(detail.modality)?.toUpperCase() !== name) continue;
    tokens = (tokens ?? 0) + (count(detail.tokenCount) ?? 0);
  }
  return tokens;
}

function tierOf(value: Json | undefined): string | null {
  const word = asString(value)?.toLowerCase();
  if (word === undefined || word === '') return null;
  const known = TIERS[word];
  return known === undefined ? word : known;
}

function count(value: Json | undefined): number | null {
  return asCount(value) ?? null;
}
