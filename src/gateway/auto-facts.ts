// What a snapshot knows for `auto`: the scores and the operator's figures of models, and whom it may choose among.
import type { Catalog } from '../catalog/catalog.ts';
import { familyOf, isChatModel, isPreferred } from '../catalog/chat-models.ts';
import { commonName } from '../catalog/model-names.ts';
import { builtInScores, type ScoreData, scoreLookup } from '../catalog/scores.ts';
import type { ModelConfig } from '../config/schema.ts';
import type { OperatorMetric } from '../core/model-metrics.ts';
import type { ConfiguredProvider } from '../core/plan.ts';
import { once } from '../lib/once.ts';
import { type AutoPool, buildAutoPool, changedAutoPool } from '../routing/auto-pool.ts';
import { MetricTable } from '../routing/metrics.ts';

export interface AutoSources {
  readonly providers: ReadonlyMap<string, ConfiguredProvider>;
  readonly catalog: Catalog;
  /** The operator's entries, with their own scores. */
  readonly models: readonly ModelConfig[];
  readonly scores: ScoreData | undefined;
  readonly operator: readonly OperatorMetric[];
}

export interface AutoFacts {
  metrics(): MetricTable;
  pool(): AutoPool;
  /** The pool where some of the providers are others, come or gone: those are named, and all are given. */
  changed(changed: ReadonlySet<string>, providers: AutoSources['providers']): AutoPool;
}

const builtIn = once(() => builtInScores());

/** Both are made with the first request that sorts: going over all that is listed takes some milliseconds. */
export function autoFacts(sources: AutoSources): AutoFacts {
  const { providers, catalog, models, scores, operator } = sources;
  const metrics = once(
    () =>
      new MetricTable({
        scores: scoreLookup(scores?.file ?? builtIn(), catalog, models),
        commonName,
        operator,
      }),
  );
  const poolSources = (some: AutoSources['providers']) => ({
    ...{ providers: some, catalog, metrics: metrics() },
    ...{ isChatModel, familyOf, isPreferred },
  });
  const pool = once(() => buildAutoPool(poolSources(providers)));
  return {
    metrics,
    pool,
    changed: (changed, some) => changedAutoPool(pool(), changed, poolSources(some)),
  };
}
