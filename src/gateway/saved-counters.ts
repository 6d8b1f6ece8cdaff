// SavedCounters: what became of looking for an answer in the cache, and what that saved, counted as requests end.
import type { Recall } from '../core/cached-answer.ts';
import type { Exchange } from '../core/exchange.ts';
import { totalInput, totalOutput } from '../core/usage.ts';
import type { MetricRegistry, Value } from '../lib/metric-registry.ts';

type Kind = Recall['kind'];
const KINDS = ['exact', 'semantic', 'shared'] as const satisfies readonly Kind[];
const NANO_PER_USD = 1e9;

/** Since the gateway started. */
export interface SavedFigures {
  readonly hits: { readonly [K in Kind]: number };
  readonly misses: number;
  readonly bypassed: number;
  /** As far as it is known. */
  readonly savedNano: number;
  readonly savedInputTokens: number;
  readonly savedOutputTokens: number;
  /** Of the hits: of so many nobody knows what they saved. */
  readonly unpriced: number;
}

interface KindCounts {
  readonly hits: Value;
  readonly usd: Value;
  readonly input: Value;
  readonly output: Value;
  /** Whole billionths add up exactly. */
  nano: number;
}

export class SavedCounters {
  readonly #kinds: ReadonlyMap<Kind, KindCounts>;
  readonly #misses: Value;
  readonly #bypasses: Value;
  readonly #unpriced: Value;

  constructor(registry: MetricRegistry) {
    const requests = registry.counter({
      name: 'switchyard_cache_requests_total',
      help: 'Chat requests by what the cache did for them: answered (exact, semantic; shared: with an answer that was being made), miss, or bypass: it was not to be asked.',
      labels: ['result'],
    });
    const usd = registry.counter({
      name: 'switchyard_cache_saved_usd_total',
      help: 'US dollars not spent because a cache answered, as far as it is known what the answers had cost.',
      labels: ['kind'],
    });
    const tokens = registry.counter({
      name: 'switchyard_cache_saved_tokens_total',
      help: 'Tokens that no provider was sent (input) or made (output) because a cache answered.',
      labels: ['kind', 'direction'],
    });
    // All of them from the start: a rate needs the 0 before the 1.
    this.#kinds = new Map(
      KINDS.map((kind) => [
        kind,
        {
          hits: requests.of(kind),
          usd: usd.of(kind),
          input: tokens.of(kind, 'input'),
          output: tokens.of(kind, 'output'),
          nano: 0,
        },
      ]),
    );
    this.#misses = requests.of('miss');
    this.#bypasses = requests.of('bypass');
    this.#unpriced = registry
      .counter({
        name: 'switchyard_cache_saved_unpriced_total',
        help: 'Requests a cache answered of which nobody knows what they saved.',
        labels: [],
      })
      .of();
  }

  record({ recall, cacheLook }: Pick<Exchange, 'recall' | 'cacheLook'>): void {
    if (recall === undefined) {
      if (cacheLook === 'miss') this.#misses.value += 1;
      else if (cacheLook === 'bypass') this.#bypasses.value += 1;
      return;
    }
    const counts = this.#kinds.get(recall.kind);
    if (counts === undefined) return;
    counts.hits.value += 1;
    const { saved } = recall;
    if (saved === null || saved.costNano === null) this.#unpriced.value += 1;
    if (saved === null) return;
    counts.nano += saved.costNano ?? 0;
    counts.usd.value = counts.nano / NANO_PER_USD;
    counts.input.value += totalInput(saved.usage) ?? 0;
    counts.output.value += totalOutput(saved.usage) ?? 0;
  }

  figures(): SavedFigures {
    const all = [...this.#kinds.values()];
    const sum = (of: (counts: KindCounts) => number) =>
      all.reduce((total, counts) => total + of(counts), 0);
    const hits = [...this.#kinds].map(([kind, counts]) => [kind, counts.hits.value]);
    return {
      hits: Object.fromEntries(hits) as SavedFigures['hits'],
      misses: this.#misses.value,
      bypassed: this.#bypasses.value,
      savedNano: sum(({ nano }) => nano),
      savedInputTokens: sum(({ input }) => input.value),
      savedOutputTokens: sum(({ output }) => output.value),
      unpriced: this.#unpriced.value,
    };
  }
}
