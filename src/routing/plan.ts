// plan: which candidates to try, in order, and why. Pure: no I/O, no clock.
import { GatewayError } from '../core/errors.ts';
import type { HealthView } from '../core/health.ts';
import type { GatewayOptions } from '../core/options.ts';
import type { Candidate, Plan } from '../core/plan.ts';
import { healthiestFirst } from './healthiest-first.ts';
import { distinct, type RoutingFacts, resolveModel } from './resolve.ts';

export interface PlanRequest {
  readonly model: string;
  readonly options: Pick<GatewayOptions, 'models' | 'ignore' | 'sort' | 'provider'>;
  /** Whether the caller's key may use `provider/model`. */
  readonly allows: (modelId: string) => boolean;
}

/**
 * The plan for a request: the named model first, then `models` in order; bare ids spread over the providers that serve
 * them. Names that cannot be resolved are left out and said so, unless nothing is left.
 * Throws the first name's error then, or `model_not_allowed`.
 * @param health absent: all are taken to be well
 */
export function plan(request: PlanRequest, facts: RoutingFacts, health?: HealthView): Plan {
  const why: string[] = [];
  const found: Candidate[] = [];
  let firstError: GatewayError | null = null;
  const options = withOwnNames(request.options, facts.aliases);
  for (const name of [request.model, ...(options.models ?? [])]) {
    try {
      const candidates = arrange(resolveModel(name, facts), name, options, why, health);
      found.push(...candidates);
    } catch (thrown) {
      if (!(thrown instanceof GatewayError)) throw thrown;
      firstError ??= thrown;
      why.push(`left out "${name}" (${thrown.code})`);
    }
  }
  const allowed = found.filter((candidate) => request.allows(candidate.id));
  const candidates = distinct(withoutIgnored(allowed, options.ignore, why));
  if (candidates.length === 0) throw emptyPlan(request, found, allowed, firstError);
  return {
    requested: request.model,
    candidates,
    why,
    routerId: null,
    routeId: null,
    variantId: null,
  };
}

/** Callers may write a provider by any of its names, alone or before a model. */
function withOwnNames(
  options: PlanRequest['options'],
  aliases: RoutingFacts['aliases'],
): PlanRequest['options'] {
  const own = (name: string): string => {
    const slash = name.indexOf('/');
    const prefix = slash === -1 ? name : name.slice(0, slash);
    return (aliases.get(prefix) ?? prefix) + name.slice(prefix.length);
  };
  const { ignore, provider } = options;
  return {
    ...options,
    // A model may be called what a provider is: both are meant.
    ...(ignore === undefined ? {} : { ignore: [...ignore, ...ignore.map(own)] }),
    ...(provider?.order === undefined
      ? {}
      : { provider: { ...provider, order: provider.order.map(own) } }),
  };
}

/** Order and limits of the providers behind one name. A name with its provider written out has just the one. */
function arrange(
  candidates: readonly Candidate[],
  name: string,
  options: PlanRequest['options'],
  why: string[],
  health: HealthView | undefined,
): readonly Candidate[] {
  if (candidates.length < 2) return candidates;
  let arranged = candidates;
  const order = options.provider?.order;
  if (order) {
    const rank = (candidate: Candidate) => {
      const place = order.indexOf(candidate.configured.provider.id);
      return place === -1 ? order.length : place;
    };
    arranged = [...candidates].sort((a, b) => rank(a) - rank(b));
    if (options.provider?.allow_fallbacks === false)
      arranged = arranged.filter((candidate) => rank(candidate) < order.length);
  } else if (options.sort?.[0] === 'price') {
    arranged = [...candidates].sort((a, b) => priceOf(a) - priceOf(b));
  } else {
    if (health) arranged = healthiestFirst(candidates, name, health, why);
    if (options.provider?.allow_fallbacks === false) arranged = arranged.slice(0, 1);
  }
  for (const criterion of options.sort ?? []) {
    if (criterion !== 'price') why.push(`sort by "${criterion}" is not available in this version`);
  }
  why.push(
    `"${name}" is served by ${arranged.map((candidate) => candidate.configured.provider.id).join(', ')}`,
  );
  return arranged;
}

function priceOf(candidate: Candidate): number {
  const price = candidate.facts?.price;
  return price ? (price.input ?? 0) + (price.output ?? 0) : Number.POSITIVE_INFINITY;
}

function withoutIgnored(
  candidates: readonly Candidate[],
  ignore: readonly string[] | undefined,
  why: string[],
): readonly Candidate[] {
  if (!ignore || ignore.length === 0) return candidates;
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

function emptyPlan(
  request: PlanRequest,
  found: readonly Candidate[],
  allowed: readonly Candidate[],
  firstError: GatewayError | null,
): GatewayError {
  if (found.length === 0 && firstError) return firstError;
  if (allowed.length === 0 && found.length > 0) {
    return new GatewayError(
      'model_not_allowed',
      `This key may not use "${request.model}". Ask the operator to allow it.`,
      { param: 'model' },
    );
  }
  return new GatewayError(
    'model_not_found',
    `"ignore" and "provider" leave no candidate for "${request.model}".`,
    { param: 'model' },
  );
}
