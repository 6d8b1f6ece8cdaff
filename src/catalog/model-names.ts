// Model names as hosts and callers write them: what two of them have in common, and what a date or suffix adds.
import {
  HOST_NAMES,
  MAKER_NAMES,
  MAKER_PREFIXES,
  MAKER_WORDS,
  SELLING_MAKERS,
} from './vendor-names.ts';

const DATED = /[-@](\d{8}|\d{4}-\d{2}-\d{2}|latest|default)$/;

/** A name in two parts: `claude-opus-4-5-20251101` is `claude-opus-4-5` of `20251101`. Null where it has no date or `latest`. */
export function splitDate(
  name: string,
): { readonly base: string; readonly date: string; readonly moving: boolean } | null {
  const match = DATED.exec(name);
  if (!match?.[1]) return null;
  return {
    base: name.slice(0, match.index),
    date: match[1],
    moving: match[1] === 'latest' || match[1] === 'default',
  };
}

/**
 * The common name of a model, the same for every host: last path segment, lower case, `.` and `_` as `-`, the host's own
 * additions taken off. `openai/gpt-oss-120b`, `GPT-OSS-120B` and `openai.gpt-oss-120b-1:0` (Bedrock) are all `gpt-oss-120b`.
 * Null: this variant is only reached by its full id.
 */
export function commonName(model: string, provider: string | null): string | null {
  const host = provider === null ? undefined : HOST_NAMES[provider];
  if (host?.hidden?.test(model)) return null;
  let name = model.slice(model.lastIndexOf('/') + 1).toLowerCase();
  for (const [pattern, replacement] of host?.rewrite ?? [])
    name = name.replace(pattern, replacement);
  return fold(name);
}

/** Spelling differences that never tell two models apart. */
export function fold(name: string): string {
  return name.toLowerCase().replace(/[._]/g, '-');
}

/** Who made a model, from where it is sold and what it is called; null where neither tells. */
export function makerOf(provider: string, model: string): string | null {
  if (SELLING_MAKERS.has(provider)) return provider;
  const prefix = makerPrefix(provider, model);
  if (prefix !== null) return MAKER_PREFIXES[prefix] ?? prefix;
  const name = model.slice(model.lastIndexOf('/') + 1).toLowerCase();
  return MAKER_WORDS.find(([beginning]) => name.startsWith(beginning))?.[1] ?? null;
}

/** A maker's name as it is written; its id where no other is known. */
export function makerName(maker: string | null): string | null {
  return maker === null ? null : (MAKER_NAMES[maker] ?? maker);
}

/** `meta-llama` of `meta-llama/llama-4`, `anthropic` of Bedrock's `us.anthropic.claude…`; null where the id names nobody. */
function makerPrefix(provider: string, model: string): string | null {
  const slash = model.indexOf('/');
  // accounts/fireworks/models/…: a path of the host's
  if (slash !== -1 && model.indexOf('/', slash + 1) === -1)
    return model.slice(0, slash).replace(/^~/, '').toLowerCase();
  const host = HOST_NAMES[provider];
  if (slash !== -1 || !host?.makerBeforeDot) return null;
  const name = (host.hidden ? model.replace(host.hidden, '') : model).replace(/^global\./, '');
  const dot = name.indexOf('.');
  return dot > 0 ? name.slice(0, dot).toLowerCase() : null;
}
