// SemanticTally: how the searches for prompts that mean the same ended, and what shadow mode saw, for the operator.
import type { Distribution, MetricRegistry } from '../../lib/metric-registry.ts';

/**
 * `hit`: its answer was given; `shadow`: it would have been; `rejected`: a guard found a difference; `none`: nothing is near
 * enough; `gone`: what was found has no answer any more; `late`: the request did not wait; `unavailable`: there were no vectors.
 */
const SEARCH_ENDS = ['hit', 'shadow', 'rejected', 'none', 'gone', 'late', 'unavailable'] as const;
export type SearchEnd = (typeof SEARCH_ENDS)[number];

/** One answer that would have been given, beside the one that was made. */
export interface ShadowSample {
  /** The generation id of the request, and of the one whose answer it would have got. */
  readonly request: string;
  readonly from: string;
  /** Of the two prompts. */
  readonly similarity: number;
  /** Of the two answers: low where the kept one would have been wrong, or where such answers differ each time anyway. */
  readonly answerSimilarity: number;
  /** Billionths of a US dollar; null: not known. */
  readonly savedNano: number | null;
}

export interface SemanticFigures {
  /** Since the start. */
  readonly searches: { readonly [E in SearchEnd]: number };
  /** Of those rejected. */
  readonly guards: { readonly [guard: string]: number };
  readonly shadow: {
    /** Answers that would have been given, as far as there was another to compare them with. */
    readonly compared: number;
    /** Of those whose answer differs from the one that was made: less alike than `DIFFERENT_BELOW`. */
    readonly different: number;
    readonly savedNano: number;
    /** The latest, the newest first. */
    readonly samples: readonly ShadowSample[];
  };
}

/** Answers of the same model to the same question, drawn twice, are hardly ever less alike; other answers nearly always are. */
const DIFFERENT_BELOW = 0.8;
const MAX_SAMPLES = 100;
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5];
const ALIKE = [0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.99];

export class SemanticTally {
  readonly #ends: { readonly [E in SearchEnd]: { value: number } };
  readonly #guards = new Map<string, { value: number }>();
  readonly #guardOf: (guard: string) => { value: number };
  readonly #took: Distribution;
  readonly #alike: Distribution;
  readonly #saved: { value: number };
  #savedNano = 0;
  #compared = 0;
  #different = 0;
  readonly #samples: ShadowSample[] = [];

  constructor(registry: MetricRegistry) {
    const searches = registry.counter({
      name: 'switchyard_cache_semantic_searches_total',
      help: 'Searches for a prompt that means the same, by how they ended.',
      labels: ['outcome'],
    });
    const of = (end: SearchEnd) => searches.of(end);
    this.#ends = {
      hit: of('hit'),
      shadow: of('shadow'),
      rejected: of('rejected'),
      none: of('none'),
      gone: of('gone'),
      late: of('late'),
      unavailable: of('unavailable'),
    };
    const guards = registry.counter({
      name: 'switchyard_cache_semantic_rejected_total',
      help: 'Prompts that were alike and did not mean the same, by what differed.',
      labels: ['guard'],
    });
    this.#guardOf = (guard) => guards.of(guard);
    this.#took = registry
      .histogram(
        {
          name: 'switchyard_cache_semantic_search_seconds',
          help: 'What a request waited for the search, the making of its vector included.',
          labels: [],
        },
        SECONDS,
      )
      .of();
    this.#alike = registry
      .histogram(
        {
          name: 'switchyard_cache_semantic_shadow_answer_similarity_ratio',
          help: 'In shadow mode: how alike the answer that was made is to the one that would have been given.',
          labels: [],
        },
        ALIKE,
      )
      .of();
    this.#saved = registry
      .counter({
        name: 'switchyard_cache_semantic_shadow_saved_usd_total',
        help: 'In shadow mode: what the answers had cost that would have been given.',
        labels: [],
      })
      .of();
  }

  searched(end: SearchEnd, tookMs: number): void {
    this.#ends[end].value += 1;
    this.#took.observe(tookMs / 1000);
  }

  rejected(guard: string): void {
    let count = this.#guards.get(guard);
    if (count === undefined) {
      count = this.#guardOf(guard);
      this.#guards.set(guard, count);
    }
    count.value += 1;
  }

  compared(sample: ShadowSample): void {
    this.#compared += 1;
    if (sample.answerSimilarity < DIFFERENT_BELOW) this.#different += 1;
    this.#alike.observe(sample.answerSimilarity);
    this.#savedNano += sample.savedNano ?? 0;
    this.#saved.value = this.#savedNano / 1e9;
    this.#samples.unshift(sample);
    if (this.#samples.length > MAX_SAMPLES) this.#samples.pop();
  }

  figures(): SemanticFigures {
    const guards = [...this.#guards].map(([guard, { value }]) => [guard, value]);
    const ends = SEARCH_ENDS.map((end) => [end, this.#ends[end].value]);
    return {
      searches: Object.fromEntries(ends) as SemanticFigures['searches'],
      guards: Object.fromEntries(guards) as SemanticFigures['guards'],
      shadow: {
        compared: this.#compared,
        different: this.#different,
        savedNano: this.#savedNano,
        samples: [...this.#samples],
      },
    };
  }
}
