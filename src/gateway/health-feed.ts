// HealthFeed: what attempts tell of the targets they were made to.
import type { GatewayError } from '../core/errors.ts';
import { healthTarget } from '../core/health.ts';
import { totalInput, totalOutput } from '../core/usage.ts';
import type { Health } from '../upstream/health/health.ts';
import type { AttemptObserver } from './attempt-observer.ts';
import type { AttemptRecording } from './attempt-recording.ts';

/** The caller's own limits, where it set some: missing one of these says nothing of a provider. */
const LIMITS: ReadonlySet<string> = new Set([
  'upstream_first_token_timeout',
  'upstream_idle_timeout',
  'upstream_too_slow',
]);

export class HealthFeed implements AttemptObserver {
  readonly #health: Health;

  constructor(health: Health) {
    this.#health = health;
  }

  began(attempt: AttemptRecording): void {
    const target = healthTarget(attempt.candidate, attempt.key);
    attempt.healthCall = this.#health.began(target);
  }

  committed(attempt: AttemptRecording): void {
    const { usage } = attempt;
    // A whole reply is over when it begins: how long it took says nothing of a first token.
    if (!attempt.injected && attempt.finishReason === null)
      attempt.healthCall?.firstContent(attempt.elapsedMs() - attempt.waitedMs, totalInput(usage));
  }

  ended(attempt: AttemptRecording, error: GatewayError | null): void {
    const { usage, injected, astray, callersLimits, streamMs, waitedMs } = attempt;
    // Part of the time for a first token was spent in line.
    const waited = waitedMs > 0 && error?.code === 'upstream_first_token_timeout';
    const ownFault = waited || (error !== null && callersLimits && LIMITS.has(error.code));
    attempt.healthCall?.ended({
      error,
      promptTokens: totalInput(usage),
      outputTokens: totalOutput(usage),
      streamMs,
      counts: !injected && !astray && !ownFault,
    });
  }
}
