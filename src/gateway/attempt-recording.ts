// AttemptRecording: one attempt while it runs: what it used, how soon it answered, what it cost, what it could not carry.
import type { ErrorCode, GatewayError } from '../core/errors.ts';
import type { ChatEvent } from '../core/event.ts';
import type { AttemptOutcome } from '../core/exchange.ts';
import type { Candidate, ProviderKey } from '../core/plan.ts';
import { costNano } from '../core/price.ts';
import { hasUnits, isUnknown, laterUsage, UNKNOWN_USAGE, type Usage } from '../core/usage.ts';
import type { HealthCall } from '../upstream/health/health-call.ts';

/** Failures that leave open how far the provider had come. */
const CUT_OFF: ReadonlySet<ErrorCode> = new Set([
  'client_closed',
  'shutting_down',
  'total_timeout',
  'upstream_first_token_timeout',
  'upstream_idle_timeout',
  'upstream_stream_truncated',
  'upstream_timeout',
  'upstream_too_slow',
  'race_lost',
]);

/** Whether a failure leaves open how far the provider had come. */
export function isCutOff(code: ErrorCode): boolean {
  return CUT_OFF.has(code);
}

export class AttemptRecording {
  /** Which of its exchange it is, from 1. */
  readonly number: number;
  /** Since the request arrived. */
  readonly startMs: number;
  readonly candidate: Candidate;
  readonly key: ProviderKey | null;
  /** It was made to fail by an operator: it says nothing of its provider. */
  injected = false;
  /** It answered well, only not with the rest of what another had begun: that says nothing of its provider. */
  astray = false;
  /** Its deadlines were the caller's own: missing them says nothing of its provider. */
  callersLimits = false;
  /** Its request went out: until then it waited for a place, and nobody has read a word of it. */
  sent = false;
  /** What it tells of its target's health goes here; null where nobody asked. */
  healthCall: HealthCall | null = null;
  /** Its answer comes in pieces, so that it has a first one. */
  streamed = false;
  /** Some count of it is ours and not the provider's. */
  estimated = false;
  readonly #startedAt = performance.now();
  /** Made with the first note: most attempts have none. */
  #losses: Set<string> | null = null;
  #added: Set<string> | null = null;
  #restored: Set<string> | null = null;
  usage: Usage = UNKNOWN_USAGE;
  status: number | null = null;
  /** How long it had to wait for a place at its provider before it was sent. */
  waitedMs = 0;
  ttftMs: number | null = null;
  finishReason: string | null = null;
  /** When its answer was complete: what the reply says of it and what the log says are the same figure. */
  #completeMs: number | null = null;
  /** Characters of answer delivered so far: the only measure there is of an answer that was cut. */
  outputChars = 0;
  /** The outcome of a complete answer, which its reply and its row both tell. */
  #told: AttemptOutcome | null = null;
  #failed: { readonly error: GatewayError; readonly outcome: AttemptOutcome } | null = null;

  /** @param startMs since the request arrived */
  constructor(number: number, candidate: Candidate, key: ProviderKey | null, startMs = 0) {
    this.startMs = startMs;
    this.number = number;
    this.candidate = candidate;
    this.key = key;
  }

  /** Something its request cannot carry. */
  lose(what: string): void {
    this.#losses = noted(this.#losses, what);
  }

  /** Something the gateway put into its request. */
  add(what: string): void {
    this.#added = noted(this.#added, what);
  }

  /** Reasoning that was put back into its request. */
  restore(what: string): void {
    this.#restored = noted(this.#restored, what);
  }

  /** It asks in other words: what was noted of those before them does not hold for these. */
  reworded(): void {
    this.#losses = null;
    this.#added = null;
    this.#restored = null;
  }

  get losses(): ReadonlySet<string> | null {
    return this.#losses;
  }

  get added(): ReadonlySet<string> | null {
    return this.#added;
  }

  get restored(): ReadonlySet<string> | null {
    return this.#restored;
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

  /** From the first content to the end, of a stream that is whole; null: it was none, or is not. */
  get streamMs(): number | null {
    if (!this.streamed || this.#completeMs === null || this.ttftMs === null) return null;
    return this.#completeMs - this.ttftMs;
  }

  elapsedMs(): number {
    return performance.now() - this.#startedAt;
  }

  get costNano(): number | null {
    return costNano(this.candidate.facts?.price ?? null, this.usage);
  }

  /** It is over, and this is why: what is told of it from here on stays the same. */
  fail(error: GatewayError): void {
    this.#failed ??= { error, outcome: this.#outcome(error) };
  }

  /** Why it failed; null while it runs, or where it answered. */
  get failure(): GatewayError | null {
    return this.#failed?.error ?? null;
  }

  /** @param error what it failed with, should it still be running. */
  outcome(error: GatewayError | null): AttemptOutcome {
    if (this.#failed !== null) return this.#failed.outcome;
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
      startMs: this.startMs,
      ttftMs: rounded(this.ttftMs),
      durationMs: rounded(this.#completeMs ?? this.elapsedMs()) ?? 0,
      usage: this.usage,
      costNano: unanswered ? this.#unansweredCost(error) : this.costNano,
      price: null,
      ...(this.injected ? { injected: true } : {}),
      ...(this.estimated ? { estimated: true } : {}),
    };
  }

  /** Providers bill answers: an attempt that gave none cost nothing, unless it was cut off at a model whose price nobody knows. */
  #unansweredCost(error: GatewayError): number | null {
    const cut = this.sent && CUT_OFF.has(error.code) && (error.details.upstreamStatus ?? 0) < 400;
    return cut && (this.candidate.facts?.price ?? null) === null ? null : 0;
  }
}

function noted(notes: Set<string> | null, what: string): Set<string> {
  return (notes ?? new Set<string>()).add(what);
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
export function sumUsage(attempts: readonly Pick<AttemptOutcome, 'usage'>[]): Usage {
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
