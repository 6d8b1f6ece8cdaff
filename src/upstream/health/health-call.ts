// HealthCall: one request that went out to a target, and what its beginning and its end tell of that target.
import type { GatewayError } from '../../core/errors.ts';
import type { HealthClock } from './health-clock.ts';
import type { TargetHealth } from './target-health.ts';
import { type Verdict, verdictOf } from './verdict.ts';

/** How a call ended. */
export interface CallEnd {
  /** Null: whole. */
  readonly error: GatewayError | null;
  readonly promptTokens: number | null;
  readonly outputTokens: number | null;
  /** From the first content to the end. Null: it was no stream. */
  readonly streamMs: number | null;
  /** False: the end says nothing of the provider: the caller hung up or set a deadline of its own, another was faster, the fault was injected. */
  readonly counts: boolean;
}

export class HealthCall {
  readonly #target: TargetHealth;
  readonly #clock: HealthClock;
  readonly #onlyKey: boolean;
  readonly begunAt: number;
  /** Came before anybody had counted the prompt. */
  #ttftMs: number | null = null;
  #over = false;

  /** @param onlyKey its provider has no other: to leave the key alone would be to leave the provider alone */
  constructor(target: TargetHealth, clock: HealthClock, now: number, onlyKey = false) {
    this.#target = target;
    this.#onlyKey = onlyKey;
    this.#clock = clock;
    this.begunAt = now;
    target.inFlight += 1;
    target.shared.model.began(this, now);
    target.shared.address.began(this, now);
  }

  /** The first content of a stream came. A whole reply has none: its time to the first token is not known. */
  firstContent(ttftMs: number, promptTokens: number | null): void {
    if (this.#over) return;
    const now = this.#clock.now();
    const { shared, ttft } = this.#target;
    shared.model.begunToAnswer(this, now);
    shared.address.begunToAnswer(this, now);
    if (promptTokens === null) this.#ttftMs = ttftMs;
    else ttft.add(ttftMs, promptTokens, now);
  }

  /** The call is over. To be told once; later calls do nothing. */
  ended(end: CallEnd): void {
    if (this.#over) return;
    this.#over = true;
    const now = this.#clock.now();
    const target = this.#target;
    target.inFlight -= 1;
    if (this.#ttftMs !== null) target.ttft.add(this.#ttftMs, end.promptTokens, now);
    const verdict = end.counts ? this.#verdict(end.error) : 'silent';
    this.#judge(verdict, end.error, now);
    if (verdict === 'silent') return;
    const { windowMs } = this.#clock.settings();
    target.count(verdict === 'answered' ? null : end.error, now, windowMs);
    if (end.error === null)
      target.measureSpeed(end.outputTokens, end.streamMs, end.promptTokens, now);
  }

  #verdict(error: GatewayError | null): Verdict {
    const verdict = verdictOf(error);
    const refused = verdict === 'key-refused' || verdict === 'model-refused';
    return refused && this.#onlyKey ? 'failed' : verdict;
  }

  #judge(verdict: Verdict, error: GatewayError | null, now: number): void {
    const { cooling, shared } = this.#target;
    const settings = this.#clock.settings();
    // Whatever an address answers, somebody is there.
    if (verdict === 'unreachable') shared.address.failed(this, now, settings, this.#clock.chance());
    else if (verdict === 'silent') shared.address.silent(this);
    else shared.address.answered(this, now, settings);

    if (verdict === 'answered') shared.model.answered(this, now, settings);
    else if (verdict === 'failed') shared.model.failed(this, now, settings, this.#clock.chance());
    else shared.model.silent(this);

    switch (verdict) {
      case 'answered':
        cooling.answered(this.begunAt);
        shared.key.answered(this.begunAt);
        return;
      case 'limited': {
        const { retryAfterS } = error?.details ?? {};
        const toldMs = retryAfterS === undefined ? null : retryAfterS * 1000;
        cooling.limited(this.begunAt, toldMs, now, settings, this.#clock.chance());
        return;
      }
      case 'key-refused':
        shared.key.refused(settings.keyCoolMs, now);
        return;
      case 'model-refused':
        cooling.refused(settings.keyCoolMs, now);
        return;
      case 'failed':
      case 'unreachable':
      case 'silent':
        return;
    }
  }
}
