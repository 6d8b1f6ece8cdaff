// plan: which candidates to try, in order, and why. Pure: no I/O, no clock.
import type { Live } from '../core/measured.ts';
import type { GatewayOptions } from '../core/options.ts';
import type { Candidate, Plan } from '../core/plan.ts';
import type { RequestFacts } from '../core/request-facts.ts';
import { type Choice, candidatesFor, notAllowed } from './candidates.ts';
import { chooseRoute } from './choose-route.ts';
import type { CompiledRouter, CompiledVariant } from './compile.ts';
import type { RoutingFacts } from './resolve.ts';
import { routerNamed } from './router-name.ts';

export interface PlanRequest {
  readonly model: string;
  readonly options: Pick<GatewayOptions, 'models' | 'ignore' | 'sort' | 'provider'>;
  /** Whether the caller's key may use a `provider/model`, a `router/name` or `auto`. */
  readonly allows: (modelId: string) => boolean;
  /** What conditions and `auto` ask of the request. */
  readonly facts: RequestFacts;
}

/**
 * The plan for a request: the named model first, then `models` in order; bare ids spread over the providers that serve
 * them; `auto` chooses; a router names a variant, which is planned as if the request had named it. Names that cannot be
 * resolved are left out and said so, unless nothing is left.
 * Throws the first name's error then, `no_route_matched`, `no_candidate` or `model_not_allowed`.
 * @param live absent: all are taken to be well
 */
export function plan(request: PlanRequest, known: RoutingFacts, live: Live = {}): Plan {
  const router = routerNamed(request.model, known, request.allows);
  return router === null
    ? planModels(request, known, live)
    : planRouter(router, request, known, live);
}

function planModels(request: PlanRequest, known: RoutingFacts, live: Live): Plan {
  const why: string[] = [];
  const choice = choiceOf(request);
  return {
    requested: request.model,
    candidates: candidatesFor(choice, known, live, why),
    why,
    routerId: null,
    routeId: null,
    variantId: null,
    settings: null,
    commands: null,
    facts: null,
  };
}

function planRouter(
  router: CompiledRouter,
  request: PlanRequest,
  known: RoutingFacts,
  live: Live,
): Plan {
  if (!request.allows(`router/${router.id}`)) throw notAllowed(request.model);
  const why = [`router "${router.id}"`];
  const { route, variant, commands, facts } = chooseRoute(router, request.facts, why);
  return {
    requested: request.model,
    candidates: candidatesFor(choiceOfVariant(variant, request), known, live, why),
    why,
    routerId: router.id,
    routeId: route.id,
    variantId: variant.id,
    settings: variant.settings,
    commands,
    facts,
  };
}

function choiceOf({ model, options, allows, facts }: PlanRequest): Choice {
  const isAuto = model === 'auto';
  const models = options.models ?? [];
  return {
    model,
    fallbacks: isAuto ? [] : models,
    // Who may use `auto` may use whom it chooses of all there are; of a pool the caller names, only what it may use.
    granted: isAuto && models.length === 0 && allows('auto') ? 1 : 0,
    pool: isAuto ? models : [],
    ignore: options.ignore ?? [],
    sort: (options.sort ?? []).map((metric) => ({ metric, direction: null })),
    provider: options.provider,
    allows,
    facts,
  };
}

/**
 * The variant's model with what the request says itself over it. The request's own `models` come after the router's: they
 * are a net under its choice, not another choice.
 */
function choiceOfVariant({ variant }: CompiledVariant, request: PlanRequest): Choice {
  const { model, selection } = variant;
  const own = choiceOf(request);
  const isAuto = model === 'auto';
  const models = selection.models ?? [];
  const fallbacks = isAuto ? [] : models;
  return {
    model,
    fallbacks: [...fallbacks, ...(request.options.models ?? [])],
    // Who may use the router may use whom it names.
    granted: 1 + fallbacks.length,
    pool: isAuto ? models : [],
    ignore: [...(selection.ignore ?? []), ...own.ignore],
    sort: own.sort.length > 0 ? own.sort : (selection.sort ?? []),
    provider: own.provider ?? selection.provider,
    allows: request.allows,
    facts: request.facts,
  };
}

/** The candidates' names, for those who only tell of a plan. */
export function attemptsOfPlan({
  candidates,
}: Plan): { readonly model: string; readonly provider: string }[] {
  return candidates.map((candidate: Candidate) => ({
    model: candidate.id,
    provider: candidate.configured.provider.id,
  }));
}
