// AttemptRecording: one attempt while it runs: what it used, how soon it answered, what it cost.
import type { ErrorCode, GatewayError } from '../core/errors.ts';
import type { ChatEvent } from '../core/event.ts';
import type { AttemptOutcome } from '../core/exchange.ts';
import type { Candidate, ProviderKey } from '../core/plan.ts';
import { costNano } from '../core/price.ts';
import { hasUnits, isUnknown, laterUsage, UNKNOWN_USAGE, type Usage } from '../core/usage.ts';

/** Failures that leave open how far the provider had come. */
const CUT_OFF: ReadonlySet<ErrorCode> = new Set([
  'client_closed',
  'shutting_down',
  'total_timeout',
  'upstream_first_token_timeout',
  'upstream_idle_timeout',
  'upstream_stream_truncated',
  'upstream_timeout',
]);

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
  /** The outcome of a complete answer, which its reply and its row both tell. */
  #told: AttemptOutcome | null = null;

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

  /** The answer has begun, whatever it is made of. */
  begun(): void {
    this.ttftMs ??= this.elapsedMs();
  }

  /** The answer is complete, whatever it is made of. */
  completed(): void {
    this.#completeMs ??= this.elapsedMs();
  }

  elapsedMs(): number {
    return performance.now() - this.#startedAt;
  }

  get costNano(): number | null {
    return costNano(this.candidate.facts?.price ?? null, this.usage);
  }

  outcome(error: GatewayError | null): AttemptOutcome {
    if (error !== null || this.#completeMs === null) return this.#outcome(error);
    // Usage may be estimated after the answer's end.
    if (this.#told === null || this.#told.usage !== this.usage) this.#told = this.#outcome(null);
    return this.#told;
  }

  #outcome(error: GatewayError | null): AttemptOutcome {
    const unanswered = error !== null && isUnknown(this.usage) && this.outputChars === 0;
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
      costNano: unanswered ? this.#unansweredCost(error) : this.costNano,
    };
  }

  /** Providers bill answers: an attempt that gave none cost nothing, unless it was cut off at a model whose price nobody knows. */
  #unansweredCost(error: GatewayError): number | null {
    const cut = CUT_OFF.has(error.code) && (error.details.upstreamStatus ?? 0) < 400;
    return cut && (this.candidate.facts?.price ?? null) === null ? null : 0;
  }
}

/** Milliseconds to the hundredth: more would be noise. */
export function rounded(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms * 100) / 100;
}

/** The attempts' costs together; null when one of them is unknown. */
export function sumCost(attempts: readonly AttemptOutcome[]): number | null {
  let total = 0;
  for (const attempt of attempts) {
    if (attempt.costNano === null) return null;
    total += attempt.costNano;
  }
  return attempts.length === 0 ? 0 : total;
}

/** The attempts' usage together, kind by kind. */
export function sumUsage(attempts: readonly AttemptOutcome[]): Usage {
  let total: Usage = UNKNOWN_USAGE;
  for (const { usage } of attempts) {
    const tokens: Usage = {
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
    total = hasUnits(total) || hasUnits(usage) ? { ...tokens, ...units(total, usage) } : tokens;
  }
  return total;
}

/** What is not counted in tokens: there where one of the attempts has some. */
function units(a: Usage, b: Usage): Pick<Usage, 'images' | 'characters' | 'seconds'> {
  const images = plus(a.images ?? null, b.images ?? null);
  const characters = plus(a.characters ?? null, b.characters ?? null);
  const seconds = plus(a.seconds ?? null, b.seconds ?? null);
  return {
    ...(images === null ? {} : { images }),
    ...(characters === null ? {} : { characters }),
    ...(seconds === null ? {} : { seconds }),
  };
}

function plus(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : a + b;
}
