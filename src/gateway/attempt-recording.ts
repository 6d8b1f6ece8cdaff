// AttemptRecording: one attempt while it runs: what it used, how soon it answered, what it cost, what it could not carry.
import type { ErrorCode, GatewayError } from '../core/errors.ts';
import type { BlockDelta, ChatEvent } from '../core/event.ts';
import type { AttemptOutcome } from '../core/exchange.ts';
import type { Candidate, ProviderKey } from '../core/plan.ts';
import { costNano, isUnpriced, type Price } from '../core/price.ts';
import { priceOf } from '../core/price-of.ts';
import { priceVersion } from '../core/price-version.ts';
import { promptCacheSavedNano } from '../core/prompt-cache-savings.ts';
import type { TraceHeaders } from '../core/trace-context.ts';
import { isUnknown, laterUsage, UNKNOWN_USAGE, type Usage } from '../core/usage.ts';
import type { HealthCall } from '../upstream/health/health-call.ts';
import { tokensOfChars } from './char-tokens.ts';

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
  /** Whose trace its provider is told of; null where it is told of none. */
  trace: TraceHeaders | null = null;
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
  /** The caller got something of its answer. */
  reached = false;
  /** Characters of answer that came so far: the only measure there is of an answer that was cut. */
  outputChars = 0;
  /** Of them, those the caller was sent. */
  #deliveredChars = 0;
  /** Its answer is made of characters, as far as is known. */
  #counted = true;
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
        this.outputChars += charsOf(event.delta);
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

  /** A piece of its answer, as the caller gets it. */
  delivered(delta: BlockDelta): void {
    this.reached = true;
    this.#deliveredChars += charsOf(delta);
  }

  /** The answer has begun, whatever it is made of. */
  begun(): void {
    this.#counted = false;
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

  get price(): Price | null {
    return priceOf(this.candidate);
  }

  get costNano(): number | null {
    return costNano(this.price, this.usage);
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
    const { price } = this;
    const cost = unanswered ? this.#unansweredCost(error) : costNano(price, this.usage);
    const delivered = error === null ? null : this.#deliveredTokens(error);
    const promptCache = promptCacheSavedNano(price, this.usage);
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
      costNano: cost,
      price: price === null ? null : priceVersion(price),
      ...(cost === null && isUnpriced(price, this.usage) ? { unpriced: true } : {}),
      ...(promptCache === undefined ? {} : { promptCacheNano: promptCache }),
      ...(delivered === null ? {} : { deliveredTokens: delivered }),
      ...(this.injected ? { injected: true } : {}),
      ...(this.estimated ? { estimated: true } : {}),
    };
  }

  /** What the caller has of an answer that was cut; null where none was. */
  #deliveredTokens({ code }: GatewayError): number | null {
    if (this.#deliveredChars > 0) return tokensOfChars(this.#deliveredChars);
    // The caller went away before anything was there to be sent.
    return code === 'client_closed' && this.sent && this.#counted ? 0 : null;
  }

  /** Providers bill answers: an attempt that gave none cost nothing, unless it was cut off at a model whose price nobody knows. */
  #unansweredCost(error: GatewayError): number | null {
    const cut = this.sent && CUT_OFF.has(error.code) && (error.details.upstreamStatus ?? 0) < 400;
    return cut && this.price === null ? null : 0;
  }
}

function noted(notes: Set<string> | null, what: string): Set<string> {
  return (notes ?? new Set<string>()).add(what);
}

function charsOf(delta: BlockDelta): number {
  if ('text' in delta) return delta.text.length;
  return delta.kind === 'arguments' ? delta.json.length : 0;
}

/** Milliseconds to the hundredth: more would be noise. */
export function rounded(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms * 100) / 100;
}
