// isChatModel: whether a listed model is one to talk to, and not one that embeds, draws, speaks, checks or chooses another.
import type { ModelFacts } from '../core/model.ts';
import { commonName, splitDate } from './model-names.ts';
import { HOST_NAMES } from './vendor-names.ts';

/** What lists call models that read and write text and are for one task only, or on another wire than chat. */
const ONE_TASK =
  /(?:^|[-/.])(?:asr|audio|autoglm|computer-use|deep-?research|embed(?:ding)?s?|guard|image|livetranslate|moderation|mt|ocr|orpheus|paddleocr|realtime|rerank|research|riva|router|routers|safeguard|safety|search|speech|studiovoice|transcribe|translate|tts|voice|voicechat|whisper)(?:$|[-/.\d])/i;
/** A host's own names that choose a model themselves: what they cost and can is not known before. Elsewhere `free` is a name as any other. */
const CHOOSES = /^openrouter\/(?:auto|free|fusion|bodybuilder|pareto-code)$/;

/**
 * Lists say of a model's task no more than what goes in and out. A model that also draws or speaks is not taken: it is
 * sold for that. Nor is a variant that answers only in some places. A model that is listed nowhere is judged by its name.
 */
export function isChatModel(facts: ModelFacts | null, model: string): boolean {
  if (ONE_TASK.test(model) || CHOOSES.test(model)) return false;
  if (facts === null) return true;
  if (commonName(model, facts.provider) === null) return false;
  return facts.input.includes('text') && facts.output.length === 1 && facts.output[0] === 'text';
}

/** Of several ids a provider has for one model: whether this is the one that answers everywhere. */
export function isPreferred(provider: string, model: string): boolean {
  return HOST_NAMES[provider]?.preferred?.test(model) === true;
}

/** What all ids of one model at one provider have in common; null: a variant that only its full id reaches. */
export function familyOf(provider: string, model: string): string | null {
  const name = commonName(model, provider);
  return name === null ? null : (splitDate(name)?.base ?? name);
}
