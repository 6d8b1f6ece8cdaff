// UsageCounters: tokens and money, counted as requests end.
import type { AttemptOutcome, Exchange } from '../core/exchange.ts';
import type { Counter, MetricRegistry, Value } from '../lib/metric-registry.ts';

type Tokens =
  | 'input'
  | 'cacheRead'
  | 'cacheWrite5m'
  | 'cacheWrite1h'
  | 'output'
  | 'reasoning'
  | 'audioIn'
  | 'audioOut';

/** Kinds are disjoint: together they are all tokens. */
const KINDS: readonly (readonly [Tokens, string])[] = [
  ['input', 'input'],
  ['cacheRead', 'cache_read'],
  ['cacheWrite5m', 'cache_write_5m'],
  ['cacheWrite1h', 'cache_write_1h'],
  ['output', 'output'],
  ['reasoning', 'reasoning'],
  ['audioIn', 'audio_in'],
  ['audioOut', 'audio_out'],
];
const NANO_PER_USD = 1e9;

export class UsageCounters {
  readonly #tokens: Counter;
  readonly #cost: Counter;
  readonly #promptCacheSaved: Counter;
  readonly #promptCacheExtra: Counter;
  readonly #unpriced: Value;
  readonly #estimated: Value;
  readonly #aborted: Value;

  constructor(registry: MetricRegistry) {
    this.#tokens = registry.counter({
      name: 'switchyard_tokens_total',
      help: 'Tokens of calls to providers, by kind; no token is of two kinds.',
      labels: ['provider', 'model', 'kind'],
    });
    this.#cost = registry.counter({
      name: 'switchyard_cost_usd_total',
      help: 'What calls to providers cost in US dollars, as far as it is known.',
      labels: ['provider', 'model'],
    });
    this.#promptCacheSaved = registry.counter({
      name: 'switchyard_prompt_cache_saved_usd_total',
      help: 'US dollars that providers’ prompt caches took off calls: what was read from them at the price of plain input, less what reads and writes cost.',
      labels: ['provider', 'model'],
    });
    this.#promptCacheExtra = registry.counter({
      name: 'switchyard_prompt_cache_extra_usd_total',
      help: 'US dollars by which calls cost more than without a prompt cache, for what they wrote to it. What was saved, less this, is what it was worth.',
      labels: ['provider', 'model'],
    });
    const requests = (mark: string, help: string) =>
      registry.counter({ name: `switchyard_${mark}_requests_total`, help, labels: [] }).of();
    this.#unpriced = requests(
      'unpriced',
      'Requests that used something whose price is not known: their cost is not counted in full.',
    );
    this.#estimated = requests(
      'estimated',
      'Requests whose usage is an estimate in part, because a provider did not report it.',
    );
    this.#aborted = requests('aborted', 'Requests whose caller hung up before the end.');
  }

  /** What is counted of requests as a whole. */
  record({ unpriced, usageEstimated, outcome }: Exchange): void {
    if (unpriced) this.#unpriced.value += 1;
    if (usageEstimated) this.#estimated.value += 1;
    if (outcome === 'aborted') this.#aborted.value += 1;
  }

  of(provider: string, model: string): CountedUsage {
    return new CountedUsage(
      (kind) => this.#tokens.of(provider, model, kind),
      () => this.#cost.of(provider, model),
      (isExtra) => (isExtra ? this.#promptCacheExtra : this.#promptCacheSaved).of(provider, model),
    );
  }
}

/** One model's tokens and cost. */
export class CountedUsage {
  readonly #of: (kind: string) => Value;
  readonly #tokens = new Map<string, Value>();
  readonly #costOf: () => Value;
  /** Made with the first cost that is known: what nobody knows is not 0. */
  #cost: Value | null = null;
  /** Whole billionths add up exactly. */
  #nano = 0;
  readonly #promptCacheOf: (isExtra: boolean) => Value;
  #promptCacheNano = 0;
  #promptCacheExtraNano = 0;

  constructor(
    of: (kind: string) => Value,
    costOf: () => Value,
    promptCacheOf: (isExtra: boolean) => Value,
  ) {
    this.#of = of;
    this.#costOf = costOf;
    this.#promptCacheOf = promptCacheOf;
  }

  add({
    usage,
    costNano,
    promptCacheNano = null,
  }: Pick<AttemptOutcome, 'usage' | 'costNano' | 'promptCacheNano'>): void {
    if (promptCacheNano !== null) this.#addPromptCache(promptCacheNano);
    for (const [kind, label] of KINDS) {
      const tokens = usage[kind];
      // Most models have only some kinds: the others need no lines.
      if (tokens === null || tokens === 0) continue;
      let value = this.#tokens.get(label);
      if (value === undefined) {
        value = this.#of(label);
        this.#tokens.set(label, value);
      }
      value.value += tokens;
    }
    if (costNano === null) return;
    this.#nano += costNano;
    this.#cost ??= this.#costOf();
    this.#cost.value = this.#nano / NANO_PER_USD;
  }

  /** Counters only rise. */
  #addPromptCache(nano: number): void {
    if (nano < 0) this.#promptCacheExtraNano -= nano;
    else this.#promptCacheNano += nano;
    const counted = nano < 0 ? this.#promptCacheExtraNano : this.#promptCacheNano;
    this.#promptCacheOf(nano < 0).value = counted / NANO_PER_USD;
  }
}
