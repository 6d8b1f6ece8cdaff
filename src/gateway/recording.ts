// Recording: writes down one exchange while it happens, and turns it into reply metadata and, once, into its log row.
import type { DialectId } from '../core/dialect.ts';
import type { GatewayError } from '../core/errors.ts';
import type { ChatEvent } from '../core/event.ts';
import type { AttemptOutcome, Exchange, Outcome, ReplyMetadata } from '../core/exchange.ts';
import type { Candidate, Plan, ProviderKey } from '../core/plan.ts';
import { costNano } from '../core/price.ts';
import { isUnknown, laterUsage, UNKNOWN_USAGE, type Usage } from '../core/usage.ts';

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

const UNREAD: RecordedRequest = {
  stream: false,
  user: null,
  requestedModel: '',
  metadata: null,
};
const NANO_PER_DOLLAR = 1e9;

/** One attempt while it runs. */
export class AttemptRecording {
  readonly candidate: Candidate;
  readonly key: ProviderKey | null;
  readonly #startedAt = performance.now();
  usage: Usage = UNKNOWN_USAGE;
  status: number | null = null;
  ttftMs: number | null = null;
  finishReason: string | null = null;
  /** When its answer was complete: what the reply says of it and what the log says are the same figure. */
  #completeMs: number | null = null;
  /** Characters of answer delivered so far: the only measure there is of an answer that was cut. */
  outputChars = 0;

  constructor(candidate: Candidate, key: ProviderKey | null) {
    this.candidate = candidate;
    this.key = key;
  }

  observe(event: ChatEvent): void {
    switch (event.type) {
      case 'block-delta':
        this.ttftMs ??= this.elapsedMs();
        if ('text' in event.delta) this.outputChars += event.delta.text.length;
        else if (event.delta.kind === 'arguments') this.outputChars += event.delta.json.length;
        return;
      case 'usage':
        this.usage = laterUsage(this.usage, event.usage);
        return;
      case 'finish':
        this.usage = laterUsage(this.usage, event.usage);
        this.finishReason = event.reason;
        this.#completeMs = this.elapsedMs();
        return;
      default:
        return;
    }
  }

  elapsedMs(): number {
    return performance.now() - this.#startedAt;
  }

  get costNano(): number | null {
    return costNano(this.candidate.facts?.price ?? null, this.usage);
  }

  outcome(error: GatewayError | null): AttemptOutcome {
    const nothingSent = error !== null && isUnknown(this.usage) && this.outputChars === 0;
    return {
      provider: this.candidate.configured.provider.id,
      model: this.candidate.id,
      key: this.key?.label ?? null,
      success: error === null,
      status: error?.details.upstreamStatus ?? this.status,
      error: error?.code ?? null,
      message: error?.message ?? null,
      ttftMs: rounded(this.ttftMs),
      durationMs: rounded(this.#completeMs ?? this.elapsedMs()) ?? 0,
      usage: this.usage,
      // A refused attempt was never billed; a cut one may have been, and how much is not known.
      costNano: nothingSent ? 0 : this.costNano,
    };
  }
}

export class Recording {
  readonly start: RecordingStart;
  readonly #startedAt = performance.now();
  readonly #done: (exchange: Exchange) => void;
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
  #finished = false;

  /** @param done is told of the finished exchange, exactly once. */
  constructor(start: RecordingStart, done: (exchange: Exchange) => void) {
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

  begin(candidate: Candidate, key: ProviderKey | null): AttemptRecording {
    this.#current = new AttemptRecording(candidate, key);
    this.#attemptLosses.clear();
    return this.#current;
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
    if (this.#ttftMs === null && attempt.ttftMs !== null)
      this.#ttftMs = performance.now() - this.#startedAt;
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
      losses: [...this.#losses, ...this.#attemptLosses],
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
    this.#done({
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
    });
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

function rounded(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms * 100) / 100;
}

function sumCost(attempts: readonly AttemptOutcome[]): number | null {
  let total = 0;
  for (const attempt of attempts) {
    if (attempt.costNano === null) return null;
    total += attempt.costNano;
  }
  return attempts.length === 0 ? 0 : total;
}

function sumUsage(attempts: readonly AttemptOutcome[]): Usage {
  let total = UNKNOWN_USAGE;
  for (const { usage } of attempts) {
    total = {
      input: plus(total.input, usage.input),
      cacheRead: plus(total.cacheRead, usage.cacheRead),
      cacheWrite5m: plus(total.cacheWrite5m, usage.cacheWrite5m),
      cacheWrite1h: plus(total.cacheWrite1h, usage.cacheWrite1h),
      output: plus(total.output, usage.output),
      reasoning: plus(total.reasoning, usage.reasoning),
      audioIn: plus(total.audioIn, usage.audioIn),
      audioOut: plus(total.audioOut, usage.audioOut),
      searches: plus(total.searches, usage.searches),
    };
  }
  return total;
}

function plus(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : a + b;
}
