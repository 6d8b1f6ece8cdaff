// AutoPool: whom `auto` chooses among when nobody says otherwise, with all that does not change precomputed.
import type { ModelFacts } from '../core/model.ts';
import type { Candidate, ConfiguredProvider } from '../core/plan.ts';
import { type Abilities, abilitiesOf } from './auto-needs.ts';
import type { MetricTable, StaticFigures } from './metrics.ts';

export interface PoolEntry {
  readonly candidate: Candidate;
  readonly able: Abilities;
  readonly figures: StaticFigures;
}

export interface AutoPool {
  /** The models `auto` chooses among, by id. */
  readonly entries: readonly PoolEntry[];
  /** Those of each provider, the simulated one too. */
  readonly byProvider: ReadonlyMap<string, readonly PoolEntry[]>;
  readonly byId: ReadonlyMap<string, PoolEntry>;
}

export interface PoolSources {
  readonly providers: ReadonlyMap<string, ConfiguredProvider>;
  readonly catalog: {
    get(provider: string, model: string): ModelFacts | null;
    list(): Iterable<ModelFacts>;
  };
  readonly metrics: MetricTable;
  /** Whether it is a model one talks to; facts of null: it is listed nowhere. */
  readonly isChatModel: (facts: ModelFacts | null, model: string) => boolean;
  /** What the ids of one model at one provider (dated, moving) have in common; null: one that is only asked by its full id. */
  readonly familyOf: (provider: string, model: string) => string | null;
  /** Of several such ids: whether this is the one to be asked, where its provider has one. Absent: no provider has. */
  readonly isPreferred?: (provider: string, model: string) => boolean;
}

/**
 * Every listed chat model of the configured providers, and those the providers list themselves. Of several ids of one
 * model at one provider the shortest stands for all. The simulated provider counts only where there is no other.
 */
export function buildAutoPool(sources: PoolSources): AutoPool {
  return poolOf(entriesOf(sources), sources.providers);
}

/** The same with some providers changed, come or gone: only those are gone over. */
export function changedAutoPool(
  pool: AutoPool,
  changed: ReadonlySet<string>,
  sources: PoolSources,
): AutoPool {
  const unchanged = [...pool.byId.values()].filter(
    ({ candidate }) => !changed.has(candidate.configured.provider.id),
  );
  const some = [...sources.providers].filter(([id]) => changed.has(id));
  const entries = entriesOf({ ...sources, providers: new Map(some) });
  return poolOf([...unchanged, ...entries], sources.providers);
}

function entriesOf(sources: PoolSources): readonly PoolEntry[] {
  const families = new Map<string, Candidate>();
  for (const candidate of listed(sources)) {
    const { provider } = candidate.configured;
    const name = sources.familyOf(provider.id, candidate.model);
    if (name === null) continue;
    const family = `${provider.id}/${name}`;
    const known = families.get(family);
    if (known === undefined || isPlainer(candidate, known, sources.isPreferred))
      families.set(family, candidate);
  }
  return [...families.values()].map((candidate) => poolEntry(candidate, sources.metrics));
}

function poolOf(entries: readonly PoolEntry[], providers: PoolSources['providers']): AutoPool {
  const all = entries.toSorted((a, b) => (a.candidate.id < b.candidate.id ? -1 : 1));
  const real = [...providers.values()].some(({ provider }) => provider.simulated !== true);
  const byProvider = new Map<string, PoolEntry[]>(
    [...providers.keys()].map((id) => [id, []] as const),
  );
  for (const entry of all) {
    const { id } = entry.candidate.configured.provider;
    byProvider.get(id)?.push(entry);
  }
  return {
    entries: real
      ? all.filter((entry) => entry.candidate.configured.provider.simulated !== true)
      : all,
    byProvider,
    byId: new Map(all.map((entry) => [entry.candidate.id, entry])),
  };
}

export function poolEntry(candidate: Candidate, metrics: MetricTable): PoolEntry {
  return { candidate, able: abilitiesOf(candidate.facts), figures: metrics.figures(candidate) };
}

function* listed({ providers, catalog, isChatModel }: PoolSources): Generator<Candidate> {
  for (const facts of catalog.list()) {
    const configured = providers.get(facts.provider);
    if (configured === undefined || !isChatModel(facts, facts.model)) continue;
    yield { id: `${facts.provider}/${facts.model}`, configured, model: facts.model, facts };
  }
  for (const configured of providers.values()) {
    const { id } = configured.provider;
    for (const model of configured.models) {
      const facts = catalog.get(id, model);
      if (isChatModel(facts, model)) yield { id: `${id}/${model}`, configured, model, facts };
    }
  }
}

/** Of two ids of one model: the one the provider lists itself, then the preferred, then the shorter, then the later one. */
function isPlainer(
  a: Candidate,
  b: Candidate,
  isPreferred: PoolSources['isPreferred'] = () => false,
): boolean {
  const place = ({ configured, model }: Candidate) => {
    if (configured.models.includes(model)) return 0;
    return isPreferred(configured.provider.id, model) ? 1 : 2;
  };
  if (place(a) !== place(b)) return place(a) < place(b);
  if (a.model.length !== b.model.length) return a.model.length < b.model.length;
  return a.model > b.model;
}
