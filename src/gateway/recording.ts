// Recording: writes down one exchange while it happens, and turns it into reply metadata and, once, into its log row.
import type { DialectId } from '../core/dialect.ts';
import type { GatewayError } from '../core/errors.ts';
import type { ChatEvent } from '../core/event.ts';
import type { AttemptOutcome, Exchange, Outcome, ReplyMetadata } from '../core/exchange.ts';
import type { Candidate, Plan, ProviderKey } from '../core/plan.ts';
import { AttemptRecording, rounded, sumCost, sumUsage } from './attempt-recording.ts';
import type { OutputVerdict } from './output-verdict.ts';

export interface RecordingStart {
  readonly id: string;
  /** Unix milliseconds. */
  readonly at: number;
  readonly endpoint: string;
  readonly dialect: DialectId;
}

/** What is known of the caller and the request once they are read. */
export interface RecordedRequest {
  readonly stream: boolean;
  readonly user: string | null;
  readonly requestedModel: string;
  readonly metadata: { readonly [name: string]: unknown } | null;
}

/** Told of the finished exchange, exactly once, and of the error it ended with. */
export type Done = (exchange: Exchange, error: GatewayError | null) => void;

const UNREAD: RecordedRequest = {
  stream: false,
  user: null,
  requestedModel: '',
  metadata: null,
};
const NANO_PER_DOLLAR = 1e9;

export class Recording {
  readonly start: RecordingStart;
  readonly #startedAt = performance.now();
  readonly #done: Done;
  readonly #attempts: AttemptOutcome[] = [];
  readonly #losses = new Set<string>();
  /** Of the latest attempt: what another candidate could not carry is no loss of the answer's. */
  readonly #attemptLosses = new Set<string>();
  #request: RecordedRequest = UNREAD;
  #keyId: string | null = null;
  #plan: Plan | null = null;
  #current: AttemptRecording | null = null;
  #ttftMs: number | null = null;
  #estimated = false;
  #verdict: OutputVerdict | null = null;
  readonly #added = new Set<string>();
  readonly #restored = new Set<string>();
  #watcher: { observe(event: ChatEvent): void } | null = null;
  #finished = false;

  constructor(start: RecordingStart, done: Done) {
    this.start = start;
    this.#done = done;
  }

  caller(keyId: string): void {
    this.#keyId = keyId;
  }

  request(request: RecordedRequest): void {
    this.#request = request;
  }

  plan(plan: Plan): void {
    this.#plan = plan;
  }

  lose(what: string): void {
    (this.#current ? this.#attemptLosses : this.#losses).add(what);
  }

  /** Something the gateway put into the current attempt's request. */
  add(what: string): void {
    this.#added.add(what);
  }

  /** Reasoning that was put back into the current attempt's request. */
  restore(what: string): void {
    this.#restored.add(what);
  }

  /** Sees the answer's events as they pass. */
  watch(watcher: { observe(event: ChatEvent): void }): void {
    this.#watcher = watcher;
  }

  /** Judges the answer's shape as it passes. */
  judge(verdict: OutputVerdict): void {
    this.#verdict = verdict;
  }

  begin(candidate: Candidate, key: ProviderKey | null): AttemptRecording {
    this.#current = new AttemptRecording(candidate, key);
    this.reworded();
    return this.#current;
  }

  /** The current attempt asks in other words: what was noted of those before them does not hold for these. */
  reworded(): void {
    this.#attemptLosses.clear();
    this.#added.clear();
    this.#restored.clear();
  }

  /** The current attempt failed; another may follow. */
  failed(error: GatewayError): void {
    if (this.#current) this.#attempts.push(this.#current.outcome(error));
    this.#current = null;
  }

  observe(event: ChatEvent): void {
    const attempt = this.#current;
    if (!attempt) return;
    attempt.observe(event);
    this.#verdict?.observe(event);
    this.#watcher?.observe(event);
    if (this.#ttftMs === null && attempt.ttftMs !== null)
      this.#ttftMs = performance.now() - this.#startedAt;
  }

  /** The current attempt's answer begins, for answers that are not made of events. */
  begun(): void {
    this.#current?.begun();
    if (this.#current) this.#ttftMs ??= performance.now() - this.#startedAt;
  }

  /** Some count of this exchange is ours and not the provider's. */
  markEstimated(): void {
    this.#estimated = true;
  }

  get current(): AttemptRecording | null {
    return this.#current;
  }

  /** What the reply says of itself, as things stand; a running attempt counts as the one that answers, or that failed with `error`. */
  metadata(error: GatewayError | null = null): ReplyMetadata {
    const attempts = this.#outcomes(error);
    const last = attempts.at(-1);
    const answered = last?.success ? last : null;
    const cost = sumCost(attempts);
    const verdict = this.#verdict?.verdict() ?? null;
    return {
      generation_id: this.start.id,
      actual_model: answered?.model ?? null,
      provider: answered?.provider ?? null,
      attempts: attempts.map((attempt) => ({
        model: attempt.model,
        provider: attempt.provider,
        success: attempt.success,
        status_code: attempt.status,
        ...(attempt.error === null ? {} : { error: attempt.error }),
        ...(attempt.ttftMs === null ? {} : { time_to_first_token_ms: attempt.ttftMs }),
        duration_ms: attempt.durationMs,
      })),
      reasoning: this.#reasoning(attempts),
      router_id: this.#plan?.routerId ?? null,
      route_id: this.#plan?.routeId ?? null,
      variant_id: this.#plan?.variantId ?? null,
      cache_hit: false,
      cost_usd: cost === null ? null : cost / NANO_PER_DOLLAR,
      ...(this.#estimated ? { usage_estimated: true as const } : {}),
      losses: [...this.#losses, ...this.#attemptLosses],
      ...(this.#restored.size === 0 ? {} : { restored: [...this.#restored] }),
      ...(this.#added.size === 0 ? {} : { added: [...this.#added] }),
      ...(verdict === null ? {} : { structured_output: verdict }),
      total_duration_ms: rounded(performance.now() - this.#startedAt) ?? 0,
      ...(this.#simulated() ? { simulated: true as const } : {}),
    };
  }

  /** Ends the exchange. Later calls do nothing: a request has one row, whatever happens to it. */
  finish(outcome: Outcome, status: number, error: GatewayError | null): void {
    if (this.#finished) return;
    this.#finished = true;
    const attempts = this.#outcomes(error);
    const answered = attempts.at(-1)?.success ? attempts.at(-1) : undefined;
    const request = this.#request;
    const exchange: Exchange = {
      ...this.start,
      ...request,
      keyId: this.#keyId,
      model: answered?.model ?? null,
      provider: answered?.provider ?? null,
      routerId: this.#plan?.routerId ?? null,
      routeId: this.#plan?.routeId ?? null,
      variantId: this.#plan?.variantId ?? null,
      reasoning: this.#reasoning(attempts),
      attempts,
      outcome,
      status,
      errorCode: error?.code ?? null,
      errorMessage: error?.message ?? null,
      finishReason: this.#current?.finishReason ?? null,
      usage: sumUsage(attempts),
      usageEstimated: this.#estimated,
      costNano: sumCost(attempts),
      cache: null,
      simulated: this.#simulated(),
      losses: [...this.#losses, ...this.#attemptLosses],
      ttftMs: rounded(this.#ttftMs),
      totalMs: rounded(performance.now() - this.#startedAt) ?? 0,
    };
    this.#done(exchange, error);
  }

  #outcomes(error: GatewayError | null): readonly AttemptOutcome[] {
    return this.#current ? [...this.#attempts, this.#current.outcome(error)] : this.#attempts;
  }

  #simulated(): boolean {
    return this.#current?.candidate.configured.provider.simulated ?? false;
  }

  /** One sentence: why this model. */
  #reasoning(attempts: readonly AttemptOutcome[]): string {
    const plan = this.#plan;
    const last = attempts.at(-1);
    if (!plan || !last) return 'No model was asked.';
    const failures = attempts.filter((attempt) => !attempt.success);
    const notes = plan.why.length === 0 ? '' : ` (${plan.why.join('; ')})`;
    const before = failures
      .map((attempt) => `'${attempt.model}' failed with ${attempt.error}`)
      .join(', ');
    if (!last.success && last.ttftMs !== null)
      return `'${last.model}'${notes} began to answer and then failed: ${before}.`;
    if (!last.success) return `No candidate answered for '${plan.requested}'${notes}: ${before}.`;
    if (failures.length > 0)
      return `Using fallback model: '${last.model}'${notes} - success after ${before}.`;
    return `Using specified model: '${last.model}'${notes} - success.`;
  }
}
