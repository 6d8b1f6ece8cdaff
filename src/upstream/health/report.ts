// What is told of one target: how it stands, what happened lately, how fast it is.
import type { ErrorCode } from '../../core/errors.ts';
import type { HealthTarget, Standing } from '../../core/health.ts';
import type { PromptSize } from './by-prompt-size.ts';
import { type Spread, spreadOf } from './recent-samples.ts';
import type { TargetHealth } from './target-health.ts';

export interface TargetReport {
  readonly target: HealthTarget;
  readonly standing: Standing;
  /** That ended in the window and said something. */
  readonly requests: number;
  /** Of those, the ones that the target is to blame for. */
  readonly errors: number;
  readonly errorsByCode: { readonly [Code in ErrorCode]?: number };
  readonly ttftMs: Spread;
  readonly ttftMsByPromptSize: readonly (readonly [PromptSize, Spread])[];
  readonly tokensPerSecond: Spread;
  readonly inFlight: number;
  readonly consecutiveFailures: number;
  readonly lastError: { readonly code: ErrorCode; readonly agoMs: number } | null;
}

export function reportOf(
  known: TargetHealth,
  standing: Standing,
  now: number,
  windowMs: number,
): TargetReport {
  const { lastError } = known;
  return {
    target: known.target,
    standing,
    requests: known.requests(now, windowMs),
    errors: known.errors(now, windowMs),
    errorsByCode: known.errorsByCode(now, windowMs),
    ttftMs: spreadOf(known.ttft.all(now)),
    ttftMsByPromptSize: known.ttft.spreads(now),
    tokensPerSecond: spreadOf(known.throughput.all(now)),
    inFlight: known.inFlight,
    consecutiveFailures: known.consecutiveFailures,
    lastError: lastError === null ? null : { code: lastError.code, agoMs: now - lastError.at },
  };
}
