// Lookup by provider and name: exact, in another spelling, by a dated or moving relative, with a suffix.
import type { ModelFacts } from '../core/model.ts';
import { fold, splitDate } from './model-names.ts';
import { ARN, LISTED_AS, ROUTING_SUFFIXES } from './vendor-names.ts';

export type Lookup = (provider: string, model: string) => ModelFacts | null;

interface Names {
  /** Folded id → model. Null: two models fold to it. */
  readonly folded: ReadonlyMap<string, ModelFacts | null>;
  /** Folded id without its date → the listed models of that name. */
  readonly families: ReadonlyMap<string, readonly ModelFacts[]>;
}

/** @param models by `provider/model`. The further indexes are made when the first id is not found as it stands. */
export function lookup(models: ReadonlyMap<string, ModelFacts>): Lookup {
  let names: Names | undefined;
  const find: Lookup = (provider, model) => {
    const exact = models.get(`${provider}/${model}`);
    if (exact) return exact;
    names ??= indexNames(models.values());
    return listed(`${provider}/${model}`, names) ?? variant(provider, model, names);
  };
  return (provider, model) => find(provider, model) ?? elsewhere(provider, model, find);
}

/** What is listed under another provider's name or, for an ARN, under the name at its end. */
function elsewhere(provider: string, model: string, find: Lookup): ModelFacts | null {
  const id = LISTED_AS[provider] ?? provider;
  const name = ARN.exec(model)?.[1] ?? model;
  if (id === provider && name === model) return null;
  const facts = find(id, name);
  return facts === null ? null : { ...facts, provider, model };
}

function indexNames(models: Iterable<ModelFacts>): Names {
  const folded = new Map<string, ModelFacts | null>();
  const families = new Map<string, ModelFacts[]>();
  for (const facts of models) {
    const id = fold(`${facts.provider}/${facts.model}`);
    folded.set(id, folded.has(id) ? null : facts);
    const base = splitDate(id)?.base ?? id;
    const family = families.get(base);
    if (family) family.push(facts);
    else families.set(base, [facts]);
  }
  return { folded, families };
}

function listed(id: string, names: Names): ModelFacts | null {
  const name = fold(id);
  const found = names.folded.get(name);
  return found === undefined ? relative(name, names.families) : found;
}

/** A name that is not listed itself, but whose dated, undated or moving relative is. Null where relatives differ in price. */
function relative(id: string, families: Names['families']): ModelFacts | null {
  const asked = splitDate(id);
  const family = families.get(asked?.base ?? id);
  if (!family || !samePrice(family)) return null;
  const dated = family.filter((facts) => splitDate(facts.model)?.moving === false);
  const current = family.find((facts) => !dated.includes(facts));
  if (current) return current;
  // Only snapshots are listed: the plain name is one of them, but one not listed may be priced as it likes.
  if (asked !== null && !asked.moving) return null;
  return dated.reduce<ModelFacts | null>(
    (newest, facts) => (newest && newest.model > facts.model ? newest : facts),
    null,
  );
}

function samePrice(family: readonly ModelFacts[]): boolean {
  const first = JSON.stringify(family[0]?.price);
  return family.every((facts) => JSON.stringify(facts.price) === first);
}

/** `model:suffix` where only `model` is listed. What the suffix changes is unknown: at least the price, mostly the limits. */
function variant(provider: string, model: string, names: Names): ModelFacts | null {
  const colon = model.lastIndexOf(':');
  if (colon <= 0) return null;
  const base = listed(`${provider}/${model.slice(0, colon)}`, names);
  if (!base) return null;
  const routed = ROUTING_SUFFIXES.has(model.slice(colon + 1));
  const limits = routed ? {} : { context: null, maxOutput: null };
  return { ...base, model, price: null, ...limits };
}
