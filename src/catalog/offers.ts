// Lookup by the name alone: who offers a model, best first.
import type { ModelFacts } from '../core/model.ts';
import { commonName, fold, splitDate } from './model-names.ts';
import { HOST_NAMES } from './vendor-names.ts';

/** Common name → offers, best first. */
export type Offers = ReadonlyMap<string, readonly ModelFacts[]>;

/** Indexes by common name; a dated name also counts without its date where the provider has no other of that name. */
export function indexOffers(models: Iterable<ModelFacts>): Offers {
  const byProvider = new Map<string, Map<string, ModelFacts[]>>();
  for (const facts of models) {
    const name = commonName(facts.model, facts.provider);
    if (name === null) continue;
    const names = byProvider.get(facts.provider) ?? new Map<string, ModelFacts[]>();
    byProvider.set(facts.provider, names);
    push(names, name, facts);
  }
  const index = new Map<string, ModelFacts[]>();
  for (const [provider, names] of byProvider) {
    const undated = new Map<string, string[]>();
    for (const [name, spellings] of names) {
      for (const facts of preferredOf(provider, spellings)) push(index, name, facts);
      push(undated, splitDate(name)?.base ?? name, name);
    }
    for (const [base, [name, ...others]] of undated) {
      if (name === undefined || name === base || others.length > 0) continue;
      for (const facts of preferredOf(provider, names.get(name) ?? [])) push(index, base, facts);
    }
  }
  for (const offers of index.values()) if (offers.length > 1) offers.sort(better);
  return index;
}

/** The offers of a bare id. With a path (`openai/gpt-oss-120b`) only hosts that call it so. */
export function offersOf(model: string, index: Offers): readonly ModelFacts[] {
  const name = commonName(model, null);
  if (name === null) return [];
  const asked = splitDate(name);
  // `-latest` of a name that is only listed plain; a date that is not listed may be another model.
  const offers = index.get(name) ?? (asked?.moving ? index.get(asked.base) : undefined) ?? [];
  if (!model.includes('/')) return offers;
  const path = `/${fold(model)}`;
  return offers.filter((facts) => `/${fold(facts.model)}`.endsWith(path));
}

/** The maker's own offer first, then the cheaper one, then by id. */
function better(a: ModelFacts, b: ModelFacts): number {
  const own = Number(b.maker === b.provider) - Number(a.maker === a.provider);
  if (own !== 0) return own;
  const priceA = blended(a);
  const priceB = blended(b);
  if (priceA !== priceB) return priceA - priceB;
  return `${a.provider}/${a.model}` < `${b.provider}/${b.model}` ? -1 : 1;
}

/** Input and output rate together; what is not priced comes last. */
function blended({ price }: ModelFacts): number {
  if (!price || price.input === null || price.output === null) return Number.POSITIVE_INFINITY;
  return price.input + price.output;
}

/** A host's several ids of one model, or the one among them that is to be used. */
function preferredOf(provider: string, spellings: readonly ModelFacts[]): readonly ModelFacts[] {
  const preferred = HOST_NAMES[provider]?.preferred;
  const found =
    preferred === undefined ? [] : spellings.filter((facts) => preferred.test(facts.model));
  return found.length === 0 ? spellings : found;
}

function push<V>(map: Map<string, V[]>, key: string, value: V): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
