// TargetHealth: all that is remembered of one target, and of what it shares with others: its model, its key, its address.
import type { ErrorCode, GatewayError } from '../../core/errors.ts';
import type { HealthTarget } from '../../core/health.ts';
import { ByPromptSize } from './by-prompt-size.ts';
import type { Circuit } from './circuit.ts';
import { Cooling } from './cooling.ts';
import { SlidingCounts } from './sliding-counts.ts';
import { TARGET_ERRORS } from './verdict.ts';

/** What a target shares with those of the same provider and region. */
export interface Shared {
  /** With all its models: is anybody there? */
  readonly address: Circuit;
  /** With the same model asked with other keys. */
  readonly model: Circuit;
  /** With other models asked with the same key. */
  readonly key: Cooling;
}

/** A call too short to measure is no measurement of speed. */
const MIN_TOKENS = 8;
const MIN_STREAM_MS = 20;

const REQUESTS = 0;
const ERRORS = 1;
/** The kinds after those are the errors, in the order of the table. */
const FIRST_ERROR = 2;
const KIND_OF: ReadonlyMap<ErrorCode, number> = new Map(
  TARGET_ERRORS.map((code, index) => [code, FIRST_ERROR + index]),
);

export class TargetHealth {
  readonly target: HealthTarget;
  readonly shared: Shared;
  /** Its own: this model with this key. */
  readonly cooling = new Cooling();
  readonly #counts = new SlidingCounts(FIRST_ERROR + TARGET_ERRORS.length);
  readonly ttft = new ByPromptSize();
  readonly throughput = new ByPromptSize();
  inFlight = 0;
  consecutiveFailures = 0;
  lastError: { readonly code: ErrorCode; readonly at: number } | null = null;

  constructor(target: HealthTarget, shared: Shared) {
    this.target = target;
    this.shared = shared;
  }

  /** A call that ended and said something. `error`: null where the target answered, if only that the request is wrong. */
  count(error: GatewayError | null, now: number, windowMs: number): void {
    this.#counts.add(REQUESTS, now, windowMs);
    if (error === null) {
      this.consecutiveFailures = 0;
      return;
    }
    this.consecutiveFailures += 1;
    this.lastError = { code: error.code, at: now };
    this.#counts.add(ERRORS, now, windowMs);
    const kind = KIND_OF.get(error.code);
    if (kind !== undefined) this.#counts.add(kind, now, windowMs);
  }

  measureSpeed(
    outputTokens: number | null,
    streamMs: number | null,
    promptTokens: number | null,
    now: number,
  ): void {
    if (outputTokens === null || outputTokens < MIN_TOKENS) return;
    if (streamMs === null || streamMs < MIN_STREAM_MS) return;
    this.throughput.add((outputTokens * 1000) / streamMs, promptTokens, now);
  }

  requests(now: number, windowMs: number): number {
    return this.#counts.sum(REQUESTS, now, windowMs);
  }

  errors(now: number, windowMs: number): number {
    return this.#counts.sum(ERRORS, now, windowMs);
  }

  errorsByCode(now: number, windowMs: number): { readonly [Code in ErrorCode]?: number } {
    const seen: { [Code in ErrorCode]?: number } = {};
    for (const [code, kind] of KIND_OF) {
      const count = this.#counts.sum(kind, now, windowMs);
      if (count > 0) seen[code] = count;
    }
    return seen;
  }
}
