// Health: how well each target has answered lately, from the requests that went there anyway: whom to ask, whom to ask last.
import type { HealthState, HealthTarget, HealthView, Standing } from '../../core/health.ts';
import type { Measured, SpeedView } from '../../core/measured.ts';
import type { Candidate } from '../../core/plan.ts';
import { type ByPromptSize, promptSizeOf } from './by-prompt-size.ts';
import type { Circuit } from './circuit.ts';
import { HealthCall } from './health-call.ts';
import type { HealthClock } from './health-clock.ts';
import { KnownTargets, type Looked } from './known-targets.ts';
import { LiveMedians } from './live-medians.ts';
import { type Spread, spreadOf } from './recent-samples.ts';
import { reportOf, type TargetReport } from './report.ts';

/** A model wherever it is asked, or with one key only. */
export interface MeasuredModel {
  readonly provider: string;
  readonly model: string;
  readonly region: string | null;
  /** Absent: whatever the key. */
  readonly key?: string | null;
}

const READY: Standing = {
  state: 'ready',
  forMs: 0,
  admissible: true,
  errorRate: null,
  degraded: false,
};

/**
 * It asks nobody by itself and keeps no timers. Nothing is ever ruled out: who is ill is asked last.
 * For each attempt: `admits` right before it would be made, `began` when it is, and on the call that this gives
 * `firstContent` and, whatever happens, `ended`.
 */
export class Health implements HealthView, SpeedView {
  readonly #clock: HealthClock;
  readonly #known: KnownTargets;
  /** Of callers' own keys, which may be any number: they push nothing of the operator's out, and no report tells of them. */
  readonly #ownKeys: KnownTargets;
  readonly #medians: LiveMedians;

  constructor(clock: HealthClock, maxTargets?: number) {
    this.#clock = clock;
    this.#known = new KnownTargets(maxTargets);
    this.#ownKeys = new KnownTargets(maxTargets);
    this.#medians = new LiveMedians(
      (speed, model, promptTokens) => this.#spread(model, promptTokens, speed),
      () => clock.now(),
    );
  }

  /**
   * Whether to ask it now rather than another. Where its time of being left alone is over, one asker gets true and is
   * expected to ask: nobody else does until that request has begun to answer, has ended or takes too long.
   */
  admits(target: HealthTarget): boolean {
    if (!this.#clock.settings().enabled) return true;
    const now = this.#clock.now();
    const looked = this.#of(target).look(target);
    if (coolingMs(looked, now) > 0 || shutMs(looked, now) > 0) return false;
    looked.shared.model?.letIn(now);
    looked.shared.address?.letIn(now);
    return true;
  }

  /** A request goes out to it, whether it was admitted or nobody else is left. */
  began(target: HealthTarget): HealthCall {
    const now = this.#clock.now();
    return new HealthCall(
      this.#of(target).use(target, now),
      this.#clock,
      now,
      target.onlyKey === true,
    );
  }

  standing(target: HealthTarget): Standing {
    const settings = this.#clock.settings();
    if (!settings.enabled) return READY;
    const now = this.#clock.now();
    const looked = this.#of(target).look(target);
    const circuits = [looked.shared.model, looked.shared.address];
    const forMs = Math.max(coolingMs(looked, now), shutMs(looked, now));
    const rates = circuits.map((circuit) => rateOf(circuit, now, settings.windowMs));
    const errorRate = worst(rates.map(({ rate }) => rate));
    const degraded = rates.some(
      ({ calls, rate }) =>
        rate !== null && calls >= settings.degradedCalls && rate >= settings.degradedRate,
    );
    const state = stateOf(looked, now);
    return { state, forMs, admissible: forMs === 0, errorRate, degraded };
  }

  #of(target: HealthTarget): KnownTargets {
    return target.own === true ? this.#ownKeys : this.#known;
  }

  /** Milliseconds to the first content of streams, for prompts of about this size; null: of any size. */
  ttft(model: MeasuredModel, promptTokens: number | null): Spread {
    return this.#spread(model, promptTokens, 'ttft');
  }

  /** Tokens a second of streams from their first content on, for prompts of about this size; null: of any size. */
  throughput(model: MeasuredModel, promptTokens: number | null): Spread {
    return this.#spread(model, promptTokens, 'throughput');
  }

  ttftMs(candidate: Candidate, promptTokens: number): Measured | null {
    return this.#medians.of('ttft', candidate, promptTokens);
  }

  tokensPerS(candidate: Candidate, promptTokens: number): Measured | null {
    return this.#medians.of('throughput', candidate, promptTokens);
  }

  /** Every target that is remembered, by name. */
  report(): readonly TargetReport[] {
    const { windowMs } = this.#clock.settings();
    const now = this.#clock.now();
    return [...this.#known.all()]
      .map((known) => reportOf(known, this.standing(known.target), now, windowMs))
      .sort((a, b) => compare(nameOf(a), nameOf(b)));
  }

  /** Of those that are left alone because they fail, and those that are being tried again. Asked often, so that it looks at no more. */
  ill(): readonly TargetReport[] {
    const { windowMs } = this.#clock.settings();
    const now = this.#clock.now();
    return [...this.#known.all()].flatMap((known) => {
      const standing = this.standing(known.target);
      const isIll = standing.state === 'open' || standing.state === 'probing';
      return isIll ? [reportOf(known, standing, now, windowMs)] : [];
    });
  }

  #spread(
    { key, ...model }: MeasuredModel,
    promptTokens: number | null,
    what: 'ttft' | 'throughput',
  ): Spread {
    const now = this.#clock.now();
    const values: number[] = [];
    for (const known of this.#known.ofModel(model)) {
      if (key !== undefined && known.target.key !== key) continue;
      const measured: ByPromptSize = known[what];
      if (promptTokens === null) values.push(...measured.all(now));
      else values.push(...measured.values(promptSizeOf(promptTokens), now));
    }
    return spreadOf(values);
  }
}

function coolingMs({ cooling, shared }: Looked, now: number): number {
  return Math.max(cooling?.forMs(now) ?? 0, shared.key?.forMs(now) ?? 0);
}

function shutMs({ shared: { model, address } }: Looked, now: number): number {
  return Math.max(model?.shutMs(now) ?? 0, address?.shutMs(now) ?? 0);
}

/** What it is left alone for the longest. */
function stateOf(looked: Looked, now: number): HealthState {
  const { model, address } = looked.shared;
  const cooling = coolingMs(looked, now);
  if (cooling > 0 && cooling >= shutMs(looked, now)) return 'cooling';
  if (model?.isOpen(now) || address?.isOpen(now)) return 'open';
  return model?.isHalfOpen(now) || address?.isHalfOpen(now) ? 'probing' : 'ready';
}

function rateOf(
  circuit: Circuit | undefined,
  now: number,
  windowMs: number,
): { readonly calls: number; readonly rate: number | null } {
  const { calls, failures } = circuit?.lately(now, windowMs) ?? { calls: 0, failures: 0 };
  return { calls, rate: calls === 0 ? null : failures / calls };
}

function worst(rates: readonly (number | null)[]): number | null {
  const known = rates.filter((rate) => rate !== null);
  return known.length === 0 ? null : Math.max(...known);
}

function nameOf({ target: { provider, model, key, region } }: TargetReport): string {
  return [provider, model, key ?? '', region ?? ''].join('\n');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
