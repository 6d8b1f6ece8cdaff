// OutcomeMeans: what came of each model's answers, held in memory for `sort` and renewed behind the requests' backs.
import type { Measured, OutcomeView } from '../core/measured.ts';
import type { ModelOutcomesRead } from './read-model-outcomes.ts';

/** A mean of fewer says nothing yet. */
const MIN_OUTCOMES = 30;

export interface OutcomeMeansOptions {
  /** Counts what is posted and placed, across processes; reading it costs microseconds. */
  readonly revision: () => number;
  /** Asks the database, on another thread. */
  readonly read: () => Promise<ModelOutcomesRead>;
  /** Told of a refresh that failed; the means stay as they were. */
  readonly onFailure: (why: string) => void;
}

export class OutcomeMeans implements OutcomeView {
  readonly #options: OutcomeMeansOptions;
  #byMetric: ReadonlyMap<string, ReadonlyMap<string, Measured>> = new Map();
  #seen = 0;
  #renewing: Promise<void> | null = null;
  #failing = false;

  constructor(options: OutcomeMeansOptions) {
    this.#options = options;
  }

  mean(metric: string, modelId: string): Measured | null {
    const measured = this.#byMetric.get(metric)?.get(modelId);
    return measured === undefined || measured.samples < MIN_OUTCOMES ? null : measured;
  }

  metrics(): Iterable<string> {
    return this.#byMetric.keys();
  }

  /** Reads again if anything was posted since the last time. Never rejects. */
  refresh(): Promise<void> {
    this.#renewing ??= this.#renew().finally(() => {
      this.#renewing = null;
    });
    return this.#renewing;
  }

  async #renew(): Promise<void> {
    try {
      const before = this.#options.revision();
      if (before === this.#seen) return;
      const { models, isWaiting } = await this.#options.read();
      const byMetric = new Map<string, Map<string, Measured>>();
      for (const { metric, model, outcomes, sum } of models) {
        const means = byMetric.get(metric) ?? new Map<string, Measured>();
        means.set(model, { value: sum / outcomes, samples: outcomes });
        byMetric.set(metric, means);
      }
      this.#byMetric = byMetric;
      if (!isWaiting) this.#seen = before;
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) this.#options.onFailure(error instanceof Error ? error.message : '');
      this.#failing = true;
    }
  }
}
