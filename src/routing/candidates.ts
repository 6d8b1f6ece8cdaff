// candidatesFor: from the names a request or a variant gives to the candidates, in the order they are tried.
import { GatewayError } from '../core/errors.ts';
import type { Live } from '../core/measured.ts';
import type { GatewayOptions } from '../core/options.ts';
import type { Candidate } from '../core/plan.ts';
import type { RequestFacts } from '../core/request-facts.ts';
import type { SortBy } from '../core/router.ts';
import { chooseAuto, sortCandidates } from './auto.ts';
import { abilitiesOf, lackOf, type Needs, needBits, needsOf, needWords } from './auto-needs.ts';
import { healthiestFirst } from './healthiest-first.ts';
import { distinct, type RoutingFacts, resolveModel } from './resolve.ts';
import { isRouter } from './router-name.ts';

/** What is to be chosen from and how, whoever said so. */
export interface Choice {
  /** `provider/model`, a bare model or `auto`. */
  readonly model: string;
  /** Tried after it, in order. */
  readonly fallbacks: readonly string[];
  /** How many of the names, `model` first, are the operator's own: whoever may use the router may use those. */
  readonly granted: number;
  /** What `auto` chooses from: models, or whole providers; empty: everything. */
  readonly pool: readonly string[];
  readonly ignore: readonly string[];
  readonly sort: readonly SortBy[];
  readonly provider: GatewayOptions['provider'];
  /** Whether the caller's key may use a `provider/model` it names itself. */
  readonly allows: (modelId: string) => boolean;
  readonly facts: RequestFacts;
}

/** Never empty. What was left out and why is added to `why`. Throws what `plan` does. */
export function candidatesFor(
  asked: Choice,
  known: RoutingFacts,
  live: Live,
  why: string[],
): readonly Candidate[] {
  const choice = withOwnNames(asked, known.aliases);
  const found: Candidate[] = [];
  const allowed: Candidate[] = [];
  let firstError: GatewayError | null = null;
  [choice.model, ...choice.fallbacks].forEach((name, place) => {
    const allows = place < choice.granted ? () => true : choice.allows;
    if (place > 0 && isRouter(name, known)) {
      why.push(`left out "${name}": only "model" may name a router`);
      return;
    }
    try {
      const candidates = named(name, { ...choice, allows }, known, live, why);
      found.push(...candidates);
      allowed.push(...candidates.filter(({ id }) => allows(id)));
    } catch (thrown) {
      if (!(thrown instanceof GatewayError)) throw thrown;
      firstError ??= thrown;
      why.push(`left out "${name}" (${thrown.code})`);
    }
  });
  const candidates = distinct(withoutIgnored(allowed, choice.ignore, why));
  if (candidates.length === 0) throw nobody(asked.model, found, allowed, firstError);
  return candidates;
}

function named(
  name: string,
  choice: Choice,
  known: RoutingFacts,
  live: Live,
  why: string[],
): readonly Candidate[] {
  if (name === 'auto') {
    const { pool, ignore, sort, allows, facts } = choice;
    const models = pool.length === 0 ? undefined : pool;
    const asked = { models, ignore, sort, allows, needs: needsOf(facts) };
    const { metrics, auto } = known;
    const resolve = (model: string) => resolveModel(model, known);
    return chooseAuto(asked, { metrics, pool: auto, resolve }, live, why);
  }
  return arrange(resolveModel(name, known), name, choice, known, live, why);
}

/** Order and limits of the providers behind one name. A name with its provider written out has just the one. */
function arrange(
  candidates: readonly Candidate[],
  name: string,
  { provider, sort, facts }: Choice,
  known: RoutingFacts,
  live: Live,
  why: string[],
): readonly Candidate[] {
  if (candidates.length < 2) return candidates;
  let arranged = candidates;
  const order = provider?.order;
  if (order) {
    const rank = (candidate: Candidate) => {
      const place = order.indexOf(candidate.configured.provider.id);
      return place === -1 ? order.length : place;
    };
    arranged = [...candidates].sort((a, b) => rank(a) - rank(b));
    if (provider.allow_fallbacks === false)
      arranged = arranged.filter((candidate) => rank(candidate) < order.length);
  } else {
    const needs = needsOf(facts);
    arranged = thoseThatCan(candidates, name, needs, why);
    if (sort.length > 0) arranged = sortCandidates(arranged, sort, needs, known, live, why);
    if (live.health) arranged = healthiestFirst(arranged, name, live.health, why);
    if (provider?.allow_fallbacks === false) arranged = arranged.slice(0, 1);
  }
  why.push(
    `"${name}" is served by ${arranged.map((candidate) => candidate.configured.provider.id).join(', ')}`,
  );
  return arranged;
}

/** Without those that are known not to do what the request asks, as long as somebody is left: hosts of one model differ. */
function thoseThatCan(
  candidates: readonly Candidate[],
  name: string,
  needs: Needs,
  why: string[],
): readonly Candidate[] {
  const bits = needBits(needs);
  const lacks = candidates.map(({ facts }) => lackOf(abilitiesOf(facts), needs, bits));
  const able = candidates.filter((_, index) => lacks[index] === 0);
  if (able.length === candidates.length || able.length === 0) return candidates;
  const unable = candidates
    .map(({ configured }, index) => {
      const lack = lacks[index] ?? 0;
      return lack === 0 ? null : `${configured.provider.id} (${needWords(lack, needs)})`;
    })
    .filter((words) => words !== null);
  why.push(`for "${name}" these cannot take the request: ${unable.join(', ')}`);
  return able;
}

/** A provider may be written by any of its names, alone or before a model. */
function withOwnNames(choice: Choice, aliases: RoutingFacts['aliases']): Choice {
  const { ignore, pool, provider } = choice;
  if (ignore.length === 0 && pool.length === 0 && provider?.order === undefined) return choice;
  const own = (name: string): string => {
    const slash = name.indexOf('/');
    const prefix = slash === -1 ? name : name.slice(0, slash);
    return (aliases.get(prefix) ?? prefix) + name.slice(prefix.length);
  };
  return {
    ...choice,
    // A model may be called what a provider is: both are meant.
    ignore: [...ignore, ...ignore.map(own)],
    pool: pool.map(own),
    provider:
      provider?.order === undefined ? provider : { ...provider, order: provider.order.map(own) },
  };
}

function withoutIgnored(
  candidates: readonly Candidate[],
  ignore: readonly string[],
  why: string[],
): readonly Candidate[] {
  if (ignore.length === 0) return candidates;
  const ignored = new Set(ignore);
  return candidates.filter((candidate) => {
    const hit =
      ignored.has(candidate.id) ||
      ignored.has(candidate.model) ||
      ignored.has(candidate.configured.provider.id);
    if (hit) why.push(`ignored ${candidate.id}`);
    return !hit;
  });
}

function nobody(
  name: string,
  found: readonly Candidate[],
  allowed: readonly Candidate[],
  firstError: GatewayError | null,
): GatewayError {
  if (found.length === 0 && firstError) return firstError;
  if (allowed.length === 0 && found.length > 0) return notAllowed(name);
  return new GatewayError(
    'model_not_found',
    `"ignore" and "provider" leave no candidate for "${name}".`,
    { param: 'model' },
  );
}

export function notAllowed(name: string): GatewayError {
  return new GatewayError(
    'model_not_allowed',
    `This key may not use "${name}". Ask the operator to allow it.`,
    { param: 'model' },
  );
}
