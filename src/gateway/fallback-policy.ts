// FallbackPolicy: the deadlines of a request's attempts and what follows when one is missed: the request's own words over
// its router's over the operator's defaults over the gateway's limits.
import type { FallbackOptions, GatewayOptions } from '../core/options.ts';
import type { AttemptLimits } from '../upstream/limits.ts';
import type { Snapshot } from './snapshot.ts';

export interface FallbackPolicy {
  readonly limits: AttemptLimits;
  /** After so many milliseconds without a first token the next target is asked beside the first; null: only when that failed. */
  readonly hedgeMs: number | null;
  /** Whether another target may go on with an answer that breaks off. */
  readonly resume: boolean;
  /** Whether a whole answer is asked for as a stream: else nobody could tell when it begins, or how fast it goes on. */
  readonly collects: boolean;
  /** The caller set limits of its own: missing them says nothing of a provider. */
  readonly callersLimits: boolean;
}

/** A race whose runners have no time of their own to begin in. */
const USUAL_HEDGE_MS = 1000;

/**
 * @param router what the router of the request says of it
 * @param stream whether the caller asked for one: the gateway's own deadlines are for streams, for a whole reply takes as long as the answer is.
 */
export function fallbackPolicy(
  { fallback: asked }: Pick<GatewayOptions, 'fallback'>,
  router: FallbackOptions | undefined,
  stream: boolean,
  { timeouts, fallback: configured }: Pick<Snapshot, 'timeouts' | 'fallback'>,
): FallbackPolicy {
  const usual = router === undefined ? configured : { ...configured, ...router };
  const ttftMs = asked?.ttft_timeout ?? usual?.ttft_timeout ?? null;
  const races = (asked?.mode ?? usual?.mode) === 'race';
  const minTokensPerS = asked?.min_tokens_per_second ?? usual?.min_tokens_per_second ?? null;
  const collects = !stream && (ttftMs !== null || races || minTokensPerS !== null);
  const begins = stream || collects;
  const usualFirstMs = begins ? timeouts.firstTokenMs : null;
  return {
    limits: {
      connectMs: timeouts.connectMs,
      firstTokenMs: races ? usualFirstMs : (ttftMs ?? usualFirstMs),
      idleMs: asked?.idle_timeout ?? usual?.idle_timeout ?? (begins ? timeouts.idleMs : null),
      minTokensPerS,
    },
    hedgeMs: races ? (ttftMs ?? USUAL_HEDGE_MS) : null,
    resume: stream && (asked?.resume ?? usual?.resume ?? 'auto') === 'auto',
    collects,
    callersLimits:
      asked?.ttft_timeout !== undefined ||
      asked?.idle_timeout !== undefined ||
      asked?.min_tokens_per_second !== undefined,
  };
}
