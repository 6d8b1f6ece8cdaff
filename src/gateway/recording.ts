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
  /** Made with the first note: most exchanges have none. */
  #losses: Set<string> | null = null;
  /** Of the latest attempt: what another candidate could not carry is no loss of the answer's. */
  #attemptLosses: Set<string> | null = null;
  #request: RecordedRequest = UNREAD;
  #keyId: string | null = null;
  #plan: Plan | null = null;
  #current: AttemptRecording | null = null;
  #ttftMs: number | null = null;
  #estimated = false;
  #verdict: OutputVerdict | null = null;
  #added: Set<string> | null = null;
  #restored: Set<string> | null = null;
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
    if (this.#current) this.#attemptLosses = noted(this.#attemptLosses, what);
    else this.#losses = noted(this.#losses, what);
  }

  /** Something the gateway put into the current attempt's request. */
  add(what: string): void {
    this.#added = noted(this.#added, what);
  }

  /** Reasoning that was put back into the current attempt's request. */
  restore(what: string): void {
    this.#restored = noted(this.#restored, what);
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

  /** Whether reasoning was put back into what the current attempt asks. */
  get hasRestored(): boolean {
    return this.#restored !== null;
  }

  /** The current attempt asks in other words: what was noted of those before them does not hold for these. */
  reworded(): void {
    this.#attemptLosses = null;
    this.#added = null;
    this.#restored = null;
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
    const told: Told = {
      generation_id: this.start.id,
      actual_model: answered?.model ?? null,
      provider: answered?.provider ?? null,
      attempts: attempts.map(toldAttempt),
      reasoning: this.#reasoning(attempts),
      router_id: this.#plan?.routerId ?? null,
      route_id: this.#plan?.routeId ?? null,
      variant_id: this.#plan?.variantId ?? null,
      cache_hit: false,
      cost_usd: cost === null ? null : cost / NANO_PER_DOLLAR,
      losses: this.#allLosses(),
      total_duration_ms: rounded(performance.now() - this.#startedAt) ?? 0,
    };
    if (this.#estimated) told.usage_estimated = true;
    if (this.#restored !== null) told.restored = [...this.#restored];
    if (this.#added !== null) told.added = [...this.#added];
    if (verdict !== null) told.structured_output = verdict;
    if (this.#simulated()) told.simulated = true;
    return told;
  }

  /** Ends the exchange. Later calls do nothing: a request has one row, whatever happens to it. */
  finish(outcome: Outcome, status: number, error: GatewayError | null): void {
    if (this.#finished) return;
    this.#finished = true;
    const attempts = this.#outcomes(error);
    const answered = attempts.at(-1)?.success ? attempts.at(-1) : undefined;
    const request = this.#request;
    const exchange: Exchange = {
      id: this.start.id,
      at: this.start.at,
      endpoint: this.start.endpoint,
      dialect: this.start.dialect,
      stream: request.stream,
      user: request.user,
      requestedModel: request.requestedModel,
      metadata: request.metadata,
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
      losses: this.#allLosses(),
      ttftMs: rounded(this.#ttftMs),
      totalMs: rounded(performance.now() - this.#startedAt) ?? 0,
    };
    this.#done(exchange, error);
  }

  #outcomes(error: GatewayError | null): readonly AttemptOutcome[] {
    return this.#current ? [...this.#attempts, this.#current.outcome(error)] : this.#attempts;
  }

  #allLosses(): readonly string[] {
    if (this.#losses === null && this.#attemptLosses === null) return [];
    return [...(this.#losses ?? []), ...(this.#attemptLosses ?? [])];
  }

  #simulated(): boolean {
    return this.#current?.candidate.configured.provider.simulated ?? false;
  }

  /** One sentence: why this model. */
  #reasoning(attempts: readonly AttemptOutcome[]): string {
    const plan = this.#plan;
    const last = attempts.at(-1);
    if (!plan || !last) return 'No model was asked.';
    const notes = plan.why.length === 0 ? '' : ` (${plan.why.join('; ')})`;
    if (last.success && attempts.length === 1)
      return `Using specified model: '${last.model}'${notes} - success.`;
    const failures = attempts.filter((attempt) => !attempt.success);
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

type Told = { -readonly [Member in keyof ReplyMetadata]: ReplyMetadata[Member] };
type ToldAttempt = { -readonly [M in keyof Attempt]: Attempt[M] };
type Attempt = ReplyMetadata['attempts'][number];

function toldAttempt(attempt: AttemptOutcome): Attempt {
  const told: ToldAttempt = {
    model: attempt.model,
    provider: attempt.provider,
    success: attempt.success,
    status_code: attempt.status,
    duration_ms: attempt.durationMs,
  };
  if (attempt.error !== null) told.error = attempt.error;
  if (attempt.ttftMs !== null) told.time_to_first_token_ms = attempt.ttftMs;
  return told;
}

function noted(notes: Set<string> | null, what: string): Set<string> {
  return (notes ?? new Set<string>()).add(what);
}
