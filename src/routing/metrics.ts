// MetricTable: what can be said of a model before anything is measured, by metric. Made once with the snapshot.
import {
  type BetterEnd,
  BUILT_IN_METRICS,
  METRICS_ALSO_CALLED,
  type ModelScores,
  type OperatorMetric,
} from '../core/model-metrics.ts';
import type { Candidate } from '../core/plan.ts';

/** Callers name models freely: what was looked up is remembered of so many. */
const MAX_REMEMBERED = 4096;

export interface MetricSources {
  /** Public scores of a provider's model, with the operator's own in their place. */
  readonly scores: (provider: string, model: string) => ModelScores | null;
  /** The common name of a model, the same for every host; null where there is none. */
  readonly commonName: (model: string, provider: string | null) => string | null;
  readonly operator: readonly OperatorMetric[];
}

export interface StaticFigures extends ModelScores {
  /** The operator's metrics of the model, by their names. Absent: none. */
  readonly own: ReadonlyMap<string, number> | null;
}

interface OwnMetric {
  readonly metric: OperatorMetric;
  readonly byId: ReadonlyMap<string, number>;
  readonly byName: ReadonlyMap<string, number>;
}

const NO_SCORES: ModelScores = {
  intelligence: null,
  math: null,
  coding: null,
  tokensPerS: null,
  ttftMs: null,
};

export class MetricTable {
  readonly #sources: MetricSources;
  readonly #own: ReadonlyMap<string, OwnMetric>;
  readonly #remembered = new Map<string, StaticFigures>();

  constructor(sources: MetricSources) {
    this.#sources = sources;
    this.#own = new Map(
      sources.operator.map((metric) => [metric.name, indexed(metric, sources.commonName)]),
    );
  }

  /** The operator's own, by name. */
  get operator(): readonly OperatorMetric[] {
    return this.#sources.operator;
  }

  /** The metric's one name here. */
  nameOf(metric: string): string {
    return this.#own.has(metric) ? metric : (METRICS_ALSO_CALLED.get(metric) ?? metric);
  }

  /** Null: neither built in nor the operator's. It may still be one that is measured as outcomes. */
  direction(metric: string): BetterEnd | null {
    return BUILT_IN_METRICS.get(metric) ?? this.#own.get(metric)?.metric.direction ?? null;
  }

  figures({ id, model, configured }: Candidate): StaticFigures {
    const known = this.#remembered.get(id);
    if (known !== undefined) return known;
    const provider = configured.provider.id;
    const scores = this.#sources.scores(provider, model) ?? NO_SCORES;
    const figures: StaticFigures = { ...scores, own: this.#ownFigures(id, model, provider) };
    if (this.#remembered.size >= MAX_REMEMBERED) this.#remembered.clear();
    this.#remembered.set(id, figures);
    return figures;
  }

  #ownFigures(id: string, model: string, provider: string): StaticFigures['own'] {
    if (this.#own.size === 0) return null;
    const common = this.#sources.commonName(model, provider);
    const found = new Map<string, number>();
    for (const [name, { byId, byName }] of this.#own) {
      const value =
        byId.get(id) ?? byId.get(model) ?? (common === null ? undefined : byName.get(common));
      if (value !== undefined) found.set(name, value);
    }
    return found.size === 0 ? null : found;
  }
}

/** What names a provider counts for that one alone; a bare name for every host of the model. */
function indexed(metric: OperatorMetric, commonName: MetricSources['commonName']): OwnMetric {
  const byName = new Map<string, number>();
  for (const [model, value] of Object.entries(metric.values)) {
    const common = model.includes('/') ? null : commonName(model, null);
    if (common !== null) byName.set(common, value);
  }
  return { metric, byId: new Map(Object.entries(metric.values)), byName };
}
