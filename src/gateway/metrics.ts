// GatewayMetrics: what attempts and requests came to, counted as they end.
import type { ErrorCode, GatewayError } from '../core/errors.ts';
import type { Exchange } from '../core/exchange.ts';
import type { Candidate } from '../core/plan.ts';
import type { Distribution, MetricRegistry, Value } from '../lib/metric-registry.ts';
import type { AttemptObserver } from './attempt-observer.ts';
import type { AttemptRecording } from './attempt-recording.ts';
import { type CountedUsage, UsageCounters } from './counted-usage.ts';
import { FALLBACK_OUTCOMES, type FallbackOutcome, fallbackOutcome } from './fallback-outcome.ts';
import { ModelLabels, OTHER } from './model-labels.ts';
import { SavedCounters, type SavedFigures } from './saved-counters.ts';

/** Seconds. From a model beside the gateway to one that thinks for a minute before it says a word. */
const FIRST_TOKEN_BOUNDS = [0.05, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2.5, 5, 10, 20, 40, 80];
const REQUEST_BOUNDS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160, 320, 640];

const MS_PER_S = 1000;

/** One way to end and how often it came. */
type Ending = 'ok' | ErrorCode;

interface ModelCounts {
  readonly attempts: Endings;
  readonly firstToken: Distribution;
  readonly usage: CountedUsage;
}

interface EndpointCounts {
  readonly requests: Endings;
  readonly duration: Distribution;
}

export class GatewayMetrics implements AttemptObserver {
  /** Which models the metrics know by name. */
  readonly labels = new ModelLabels();
  readonly #attempts;
  readonly #requests;
  readonly #fallbacks: { readonly [Outcome in FallbackOutcome]: Value };
  readonly #firstToken;
  readonly #duration;
  readonly #usage;
  readonly #saved;
  /** By `provider/model`; as many as there are labels. */
  readonly #models = new Map<string, ModelCounts>();
  /** By provider: its models without a label of their own. */
  readonly #others = new Map<string, ModelCounts>();
  readonly #endpoints = new Map<string, EndpointCounts>();

  constructor(registry: MetricRegistry) {
    this.#attempts = registry.counter({
      name: 'switchyard_attempts_total',
      help: 'Calls to providers that have ended, by outcome: ok or the error code.',
      labels: ['provider', 'model', 'outcome'],
    });
    this.#requests = registry.counter({
      name: 'switchyard_requests_total',
      help: 'Requests that have ended, by outcome: ok or the error code.',
      labels: ['endpoint', 'outcome'],
    });
    const fallbacks = registry.counter({
      name: 'switchyard_fallbacks_total',
      help: 'Requests the first target did not answer, by what became of them.',
      labels: ['outcome'],
    });
    this.#firstToken = registry.histogram(
      {
        name: 'switchyard_time_to_first_token_seconds',
        help: 'From a call to the first content of its stream, without the wait for a place at the provider.',
        labels: ['provider', 'model'],
      },
      FIRST_TOKEN_BOUNDS,
    );
    this.#duration = registry.histogram(
      {
        name: 'switchyard_request_duration_seconds',
        help: 'From a request to the last byte of its answer.',
        labels: ['endpoint'],
      },
      REQUEST_BOUNDS,
    );
    this.#usage = new UsageCounters(registry);
    this.#saved = new SavedCounters(registry);
    const [before, resumed, race, failed] = FALLBACK_OUTCOMES;
    // All of them from the start: a rate needs the 0 before the 1.
    this.#fallbacks = {
      [before]: fallbacks.of(before),
      [resumed]: fallbacks.of(resumed),
      [race]: fallbacks.of(race),
      [failed]: fallbacks.of(failed),
    };
  }

  began({ candidate }: AttemptRecording): void {
    // From now on it has its name, if it is to have one.
    this.#countsOf(candidate);
  }

  committed(): void {}

  ended(attempt: AttemptRecording, error: GatewayError | null): void {
    const counts = this.#countsOf(attempt.candidate);
    counts.attempts.add(error === null ? 'ok' : error.code);
    const { ttftMs, waitedMs } = attempt;
    // A rehearsed delay is none of the provider's; a whole reply has no first token.
    if (ttftMs !== null && attempt.streamed && !attempt.injected)
      counts.firstToken.observe((ttftMs - waitedMs) / MS_PER_S);
  }

  /** A request has ended. */
  record(exchange: Exchange): void {
    const counts = this.#endpointOf(exchange.endpoint);
    counts.requests.add(exchange.errorCode ?? 'ok');
    counts.duration.observe(exchange.totalMs / MS_PER_S);
    const fallback = fallbackOutcome(exchange);
    if (fallback !== null) this.#fallbacks[fallback].value += 1;
    this.#usage.record(exchange);
    this.#saved.record(exchange);
    for (const attempt of exchange.attempts) {
      const counted = this.#models.get(attempt.model) ?? this.#others.get(attempt.provider);
      counted?.usage.add(attempt);
    }
  }

  /** What the cache did for requests. */
  saved(): SavedFigures {
    return this.#saved.figures();
  }

  /** A request was not let in: nothing was done for it. */
  refused(endpoint: string, { code }: GatewayError): void {
    this.#endpointOf(endpoint).requests.add(code);
  }

  #countsOf(candidate: Candidate): ModelCounts {
    const known = this.#models.get(candidate.id);
    if (known !== undefined) return known;
    const { id } = candidate.configured.provider;
    const label = this.labels.admit(candidate);
    const counts = label === OTHER ? this.#others.get(id) : undefined;
    if (counts !== undefined) return counts;
    const made = {
      attempts: new Endings((ending) => this.#attempts.of(id, label, ending)),
      firstToken: this.#firstToken.of(id, label),
      usage: this.#usage.of(id, label),
    };
    if (label === OTHER) this.#others.set(id, made);
    else this.#models.set(candidate.id, made);
    return made;
  }

  #endpointOf(endpoint: string): EndpointCounts {
    const known = this.#endpoints.get(endpoint);
    if (known !== undefined) return known;
    const made = {
      requests: new Endings((ending) => this.#requests.of(endpoint, ending)),
      duration: this.#duration.of(endpoint),
    };
    this.#endpoints.set(endpoint, made);
    return made;
  }
}

/** How often each ending came, each looked up once. */
class Endings {
  readonly #counts = new Map<Ending, Value>();
  readonly #make: (ending: Ending) => Value;

  constructor(make: (ending: Ending) => Value) {
    this.#make = make;
  }

  add(ending: Ending): void {
    let count = this.#counts.get(ending);
    if (count === undefined) {
      count = this.#make(ending);
      this.#counts.set(ending, count);
    }
    count.value += 1;
  }
}
