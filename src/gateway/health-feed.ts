// HealthFeed: what attempts tell of the targets they were made to.
import type { GatewayError } from '../core/errors.ts';
import { healthTarget } from '../core/health.ts';
import { totalInput, totalOutput } from '../core/usage.ts';
import type { Health } from '../upstream/health/health.ts';
import type { HealthCall } from '../upstream/health/health-call.ts';
import type { AttemptRecording } from './attempt-recording.ts';
import type { AttemptObserver } from './recording.ts';

/** The caller's own limits, where it set some: missing one of these says nothing of a provider. */
const LIMITS: ReadonlySet<string> = new Set([
  'upstream_first_token_timeout',
  'upstream_idle_timeout',
  'upstream_too_slow',
]);

export class HealthFeed implements AttemptObserver {
  readonly #health: Health;
  readonly #calls = new WeakMap<AttemptRecording, HealthCall>();

  constructor(health: Health) {
    this.#health = health;
  }

  began(attempt: AttemptRecording): void {
    const target = healthTarget(attempt.candidate, attempt.key);
    this.#calls.set(attempt, this.#health.began(target));
  }

  committed(attempt: AttemptRecording): void {
    const { usage } = attempt;
    // A whole reply is over when it begins: how long it took says nothing of a first token.
    if (!attempt.injected && attempt.finishReason === null)
      this.#calls
        .get(attempt)
        ?.firstContent(attempt.elapsedMs() - attempt.waitedMs, totalInput(usage));
  }

  ended(attempt: AttemptRecording, error: GatewayError | null): void {
    const { usage, injected, astray, callersLimits, streamMs, waitedMs } = attempt;
    // Part of the time for a first token was spent in line.
    const waited = waitedMs > 0 && error?.code === 'upstream_first_token_timeout';
    const ownFault = waited || (error !== null && callersLimits && LIMITS.has(error.code));
    this.#calls.get(attempt)?.ended({
      error,
      promptTokens: totalInput(usage),
      outputTokens: totalOutput(usage),
      streamMs,
      counts: !injected && !astray && !ownFault,
    });
  }
}
