// UsageMetrics: what the conventions for generative AI measure, summed up since the start, with a bounded number of points:
// https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/gen-ai-metrics.md
import type { AttemptOutcome, Exchange } from '../core/exchange.ts';
import { totalInput, totalOutput } from '../core/usage.ts';
import { KnownModels } from './known-models.ts';
import { operationOf } from './operation-name.ts';
import type { MetricState } from './otlp-encoding.ts';
import { PointSet } from './point-set.ts';
import type { Attributes, ProviderFacts } from './spans.ts';

/** The conventions' own bounds. */
const TOKEN_BOUNDS = [
  1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864,
];
const DURATION_BOUNDS = [
  0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
];
const FIRST_CHUNK_BOUNDS = [
  0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
];

const MS_PER_S = 1000;
const NANO_PER_USD = 1e9;

export class UsageMetrics {
  /** Since when it all adds up: Unix milliseconds. */
  readonly startMs: number;
  readonly #models = new KnownModels();
  readonly #tokens = new PointSet(TOKEN_BOUNDS);
  readonly #attempts = new PointSet(DURATION_BOUNDS);
  readonly #firstChunk = new PointSet(FIRST_CHUNK_BOUNDS);
  readonly #requests = new PointSet(DURATION_BOUNDS);
  readonly #firstToken = new PointSet(FIRST_CHUNK_BOUNDS);
  /** Billionths of a dollar: whole numbers add up exactly. */
  readonly #cost = new PointSet(null);
  readonly #saved = new PointSet(null);

  constructor(startMs: number) {
    this.startMs = startMs;
  }

  observe(exchange: Exchange, providers: { readonly [id: string]: ProviderFacts }): void {
    const operation = operationOf(exchange.endpoint);
    for (const attempt of exchange.attempts)
      this.#observeAttempt(attempt, exchange, this.#attributes(operation, attempt, providers));
    // Of the target that answered, or that was tried last.
    const target =
      exchange.attempts.findLast(({ model }) => model === exchange.model) ??
      exchange.attempts.at(-1);
    const attributes =
      target === undefined
        ? { 'gen_ai.operation.name': operation }
        : this.#attributes(operation, target, providers);
    const { recall } = exchange;
    if (recall?.saved?.costNano != null)
      this.#saved.observe({ 'switchyard.cache.result': recall.kind }, recall.saved.costNano);
    const total = withError(attributes, exchange.errorCode);
    this.#requests.observe(total, exchange.totalMs / MS_PER_S);
    if (exchange.stream && exchange.ttftMs !== null && exchange.errorCode === null)
      this.#firstToken.observe(attributes, exchange.ttftMs / MS_PER_S);
  }

  #observeAttempt(attempt: AttemptOutcome, { stream }: Exchange, attributes: Attributes): void {
    const { usage, costNano, ttftMs, durationMs, error } = attempt;
    this.#attempts.observe(withError(attributes, error), durationMs / MS_PER_S);
    if (stream && ttftMs !== null) this.#firstChunk.observe(attributes, ttftMs / MS_PER_S);
    const input = totalInput(usage);
    const output = totalOutput(usage);
    if (input !== null)
      this.#tokens.observe({ ...attributes, 'gen_ai.token.type': 'input' }, input);
    if (output !== null)
      this.#tokens.observe({ ...attributes, 'gen_ai.token.type': 'output' }, output);
    if (costNano !== null) this.#cost.observe(attributes, costNano);
  }

  #attributes(
    operation: string,
    attempt: AttemptOutcome,
    providers: { readonly [id: string]: ProviderFacts },
  ): Attributes {
    const known = providers[attempt.provider];
    return {
      'gen_ai.operation.name': operation,
      'gen_ai.provider.name': known?.name ?? attempt.provider,
      'gen_ai.request.model': this.#models.label(attempt),
      ...(known === undefined
        ? {}
        : { 'server.address': known.address, 'server.port': known.port }),
    };
  }

  /** Those that have a point. */
  states(): readonly MetricState[] {
    const metrics: readonly MetricState[] = [
      {
        name: 'gen_ai.client.token.usage',
        unit: '{token}',
        description: 'Number of input and output tokens used.',
        points: this.#tokens.histograms(),
      },
      {
        name: 'gen_ai.client.operation.duration',
        unit: 's',
        description: 'GenAI operation duration.',
        points: this.#attempts.histograms(),
      },
      {
        name: 'gen_ai.client.operation.time_to_first_chunk',
        unit: 's',
        description: 'From a call to a provider to the first chunk of its stream.',
        points: this.#firstChunk.histograms(),
      },
      {
        name: 'gen_ai.server.request.duration',
        unit: 's',
        description: 'From a request to the last byte of its answer.',
        points: this.#requests.histograms(),
      },
      {
        name: 'gen_ai.server.time_to_first_token',
        unit: 's',
        description: 'From a request to the first content of its answer.',
        points: this.#firstToken.histograms(),
      },
      {
        name: 'switchyard.cost',
        unit: 'USD',
        description: 'What calls to providers cost, as far as it is known.',
        points: this.#cost.sums(NANO_PER_USD),
      },
      {
        name: 'switchyard.cache.saved',
        unit: 'USD',
        description: 'What was not spent because a cache answered, as far as it is known.',
        points: this.#saved.sums(NANO_PER_USD),
      },
    ];
    return metrics.filter(({ points }) => points.length > 0);
  }
}

function withError(attributes: Attributes, code: string | null): Attributes {
  return code === null ? attributes : { ...attributes, 'error.type': code };
}
