// Catalog: every model known, looked up by provider and name or by the name alone. Immutable.
import type { ModelConfig } from '../config/schema.ts';
import type { ModelFacts } from '../core/model.ts';
import { nearest } from '../lib/near.ts';
import { byId, type CatalogData } from './catalog-file.ts';
import { lookup } from './lookup.ts';
import { indexOffers, type Offers, offersOf } from './offers.ts';
import { overrideFacts } from './override.ts';

export type { CatalogData } from './catalog-file.ts';

export interface Catalog {
  /**
   * What is known of a provider's model: by its exact id, in another spelling (case, `4-5` for `4.5`), under a dated or
   * `latest` name where that can only mean one price, or with a suffix (`:nitro`; its price is then unknown). `model` of
   * the answer is the listed id, which may differ from the one asked for: send what the caller asked for.
   */
  get(provider: string, model: string): ModelFacts | null;
  /** Every provider's offer of a model by its common name, best first: its maker's own, then by price, then by id. */
  byBareId(model: string): readonly ModelFacts[];
  /** Every model, by provider, then by name. */
  list(): Iterable<ModelFacts>;
  /** Ids near a misspelt one, nearest first; of `among` (`provider/model` ids) where given. For error messages. */
  near(id: string, among?: Iterable<string>, limit?: number): string[];
}

/** The refreshed file, where there is one, in place of the built-in one; the operator's entries over it. */
export function buildCatalog(
  data: Pick<CatalogData, 'base' | 'refreshed'>,
  overrides: readonly ModelConfig[],
): Catalog {
  const file = data.refreshed ?? data.base;
  const models = new Map<string, ModelFacts>();
  for (const { facts } of file.models) models.set(`${facts.provider}/${facts.model}`, facts);
  const all = overrides.length === 0 ? models : withOverrides(models, overrides);
  let names: Offers | undefined;
  const commonNames = () => {
    names ??= indexOffers(all.values());
    return names;
  };
  return {
    get: lookup(all),
    byBareId: (model) => offersOf(model, commonNames()),
    list: () => all.values(),
    near(id, among = all.keys(), limit = 3) {
      return id.includes('/')
        ? nearest(id, among, limit)
        : nearBareId(id, among, limit, commonNames());
    },
  };
}

function withOverrides(
  models: ReadonlyMap<string, ModelFacts>,
  overrides: readonly ModelConfig[],
): ReadonlyMap<string, ModelFacts> {
  const known = lookup(models);
  const all = new Map(models);
  for (const entry of overrides) {
    const slash = entry.id.indexOf('/');
    // A second entry for the same id adds to the first.
    const facts = all.get(entry.id) ?? known(entry.id.slice(0, slash), entry.id.slice(slash + 1));
    all.set(entry.id, overrideFacts(entry, facts));
  }
  return new Map([...all].sort(([, a], [, b]) => byId(a, b)));
}

/** Compares with the last parts of ids, and names for each part that is near the best offer of it, else any. */
function nearBareId(id: string, among: Iterable<string>, limit: number, names: Offers): string[] {
  const byPart = new Map<string, string[]>();
  for (const other of among) {
    const part = other.slice(other.lastIndexOf('/') + 1);
    const ids = byPart.get(part);
    if (ids) ids.push(other);
    else byPart.set(part, [other]);
  }
  return nearest(id, byPart.keys(), limit).flatMap((part) => {
    const ids = byPart.get(part) ?? [];
    const best = offersOf(part, names).map((facts) => `${facts.provider}/${facts.model}`);
    return best.find((offer) => ids.includes(offer)) ?? ids[0] ?? [];
  });
}
