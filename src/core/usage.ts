// Usage: how many tokens of each kind a call used. The kinds are disjoint: they sum to the provider's total.

/** Every count is in tokens (searches: in calls) and `null` where the provider did not say: unknown is never 0. */
export interface Usage {
  /** Text and image input that was neither read from nor written to a prompt cache. */
  readonly input: number | null;
  readonly cacheRead: number | null;
  readonly cacheWrite5m: number | null;
  readonly cacheWrite1h: number | null;
  /** Output without reasoning and audio, where the provider tells those apart. */
  readonly output: number | null;
  readonly reasoning: number | null;
  readonly audioIn: number | null;
  readonly audioOut: number | null;
  /** Web searches, and the search units of rerankers. */
  readonly searches: number | null;
  /** How many of `cacheRead` are sound, where the provider says so: those may have a rate of their own. */
  readonly cachedAudio?: number;
  /** What some endpoints sell instead of tokens; absent where the call has none of it. */
  readonly images?: number;
  /** Of the text that is spoken. */
  readonly characters?: number;
  /** Of sound that came in. */
  readonly seconds?: number;
  /** The service tier, where the provider names one that is not its ordinary one, or what else makes that listed prices do not hold. */
  readonly tier?: string;
  /** What is billed, at the rates of plain input and output, where the provider counts that apart from what went through the model. */
  readonly billed?: { readonly input: number; readonly output: number };
  /** What the provider says it charged, in US dollars. */
  readonly chargedUsd?: number;
}

export const UNKNOWN_USAGE: Usage = {
  input: null,
  cacheRead: null,
  cacheWrite5m: null,
  cacheWrite1h: null,
  output: null,
  reasoning: null,
  audioIn: null,
  audioOut: null,
  searches: null,
};

/** Nobody was asked: it is known that nothing was used. */
export const NO_USAGE: Usage = {
  input: 0,
  cacheRead: 0,
  cacheWrite5m: 0,
  cacheWrite1h: 0,
  output: 0,
  reasoning: 0,
  audioIn: 0,
  audioOut: 0,
  searches: 0,
};

/** True when the provider reported nothing at all. */
export function isUnknown(usage: Usage): boolean {
  return !hasTokens(usage) && usage.searches === null && !hasUnits(usage);
}

/** True when the provider reported tokens. */
export function hasTokens(usage: Usage): boolean {
  return usage.input !== null || usage.output !== null || usage.cacheRead !== null;
}

/** True when something else than tokens was counted: pictures, characters, seconds. */
export function hasUnits({ images, characters, seconds }: Usage): boolean {
  return images !== undefined || characters !== undefined || seconds !== undefined;
}

/** All tokens that went in, of every kind; null when none is known. */
export function totalInput(usage: Usage): number | null {
  return sum([usage.input, usage.cacheRead, usage.cacheWrite5m, usage.cacheWrite1h, usage.audioIn]);
}

/** All tokens that came out, of every kind; null when none is known. */
export function totalOutput(usage: Usage): number | null {
  return sum([usage.output, usage.reasoning, usage.audioOut]);
}

/** Field by field, the later value where it is known: providers spread usage over several events. */
export function laterUsage(earlier: Usage, later: Usage): Usage {
  if (earlier === UNKNOWN_USAGE || earlier === later) return later;
  if (later === UNKNOWN_USAGE) return earlier;
  const tier = later.tier ?? earlier.tier;
  const billed = later.billed ?? earlier.billed;
  const chargedUsd = later.chargedUsd ?? earlier.chargedUsd;
  const images = later.images ?? earlier.images;
  const characters = later.characters ?? earlier.characters;
  const seconds = later.seconds ?? earlier.seconds;
  const cachedAudio = later.cachedAudio ?? earlier.cachedAudio;
  return {
    input: later.input ?? earlier.input,
    cacheRead: later.cacheRead ?? earlier.cacheRead,
    cacheWrite5m: later.cacheWrite5m ?? earlier.cacheWrite5m,
    cacheWrite1h: later.cacheWrite1h ?? earlier.cacheWrite1h,
    output: later.output ?? earlier.output,
    reasoning: later.reasoning ?? earlier.reasoning,
    audioIn: later.audioIn ?? earlier.audioIn,
    audioOut: later.audioOut ?? earlier.audioOut,
    searches: later.searches ?? earlier.searches,
    ...(cachedAudio === undefined ? {} : { cachedAudio }),
    ...(images === undefined ? {} : { images }),
    ...(characters === undefined ? {} : { characters }),
    ...(seconds === undefined ? {} : { seconds }),
    ...(tier === undefined ? {} : { tier }),
    ...(billed === undefined ? {} : { billed }),
    ...(chargedUsd === undefined ? {} : { chargedUsd }),
  };
}

function sum(parts: readonly (number | null)[]): number | null {
  let total: number | null = null;
  for (const part of parts) if (part !== null) total = (total ?? 0) + part;
  return total;
}
