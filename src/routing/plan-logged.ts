// LoggedPlanner: what a router would do with requests of the log. What the log does not tell leaves a request undecided.
import type { Condition, ConditionVariables, Verdict } from '../core/condition.ts';
import { GatewayError } from '../core/errors.ts';
import type { Live } from '../core/measured.ts';
import type { Candidate, Plan } from '../core/plan.ts';
import type { CompiledRoute, CompiledRouter } from './compile.ts';
import { type AssumedNeeds, LoggedFacts, type LoggedRequest } from './logged-facts.ts';
import { plan } from './plan.ts';
import type { RoutingFacts } from './resolve.ts';
import { routerNames } from './router-name.ts';

export type LoggedPlan =
  | {
      readonly kind: 'planned';
      readonly plan: Plan;
      /** Who is asked first; null: that goes by what the request needs, which is not known. */
      readonly first: Candidate | null;
    }
  /** It would not be let through. */
  | { readonly kind: 'refused'; readonly error: GatewayError }
  | { readonly kind: 'undecided'; readonly reason: string };

const NOT_RECORDED = 'which was not recorded';

/** Plans one request after another, all with the same router, whatever router they named. Pure. */
export class LoggedPlanner {
  readonly router: CompiledRouter;
  readonly #known: RoutingFacts;
  readonly #live: Live;
  #facts: LoggedFacts | null = null;
  #undecided: string | null = null;

  constructor(router: CompiledRouter, known: RoutingFacts, live: Live = {}) {
    this.router = router;
    this.#live = live;
    const watched = {
      ...router,
      routes: router.routes.map((route) => this.#watchedRoute(route)),
    };
    this.#known = { ...known, routers: new Map([...known.routers, [router.id, watched]]) };
  }

  plan(request: LoggedRequest): LoggedPlan {
    const planned = this.#plan(request, 'none');
    if (planned.kind !== 'planned' || this.#facts?.surveyed !== true) return planned;
    // Who is chosen whether the request needs nothing or everything is chosen whatever it needs.
    const other = this.#plan(request, 'all');
    const { first } = planned;
    const isSure = other.kind === 'planned' && other.first?.id === first?.id;
    return isSure ? planned : { ...planned, first: null };
  }

  #plan(request: LoggedRequest, needs: AssumedNeeds): LoggedPlan {
    const own = `router/${this.router.id}`;
    const isOwn = routerNames(this.router.id).includes(request.model.toLowerCase());
    const model = isOwn ? request.model : own;
    const facts = new LoggedFacts({ ...request, model }, needs);
    this.#facts = facts;
    this.#undecided = null;
    // What else the request said of models is not in the log.
    const asked = { model: own, options: {}, allows: () => true, facts };
    try {
      const planned = plan(asked, this.#known, this.#live);
      const reason = this.#reason(facts);
      if (reason !== null) return { kind: 'undecided', reason };
      return { kind: 'planned', plan: planned, first: planned.candidates[0] ?? null };
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      const reason = this.#reason(facts);
      return reason === null ? { kind: 'refused', error } : { kind: 'undecided', reason };
    }
  }

  #reason({ madeUp }: LoggedFacts): string | null {
    if (this.#undecided !== null || madeUp === null) return this.#undecided;
    return madeUp === 'command'
      ? `the router has commands, and the command in force is not known: it was not recorded, or others counted then`
      : `the choice goes by ${madeUp}, ${NOT_RECORDED}`;
  }

  #watchedRoute(route: CompiledRoute): CompiledRoute {
    const { condition } = route;
    if (condition === null) return route;
    const { source, reads, commands } = condition;
    const evaluate = (variables: ConditionVariables) =>
      this.#evaluate(route.id, condition, variables);
    return { ...route, condition: { source, reads, commands, evaluate } };
  }

  /**
   * What is not known is to the condition a variable that is not there. Where it holds all the same, or says that it does
   * not, the unknown had no say in it.
   */
  #evaluate(routeId: string, condition: Condition, variables: ConditionVariables): Verdict {
    const unknown: string[] = [];
    const get = (name: string): unknown => {
      if (this.#facts?.knows(name, this.router.knownCommands) ?? true) return variables.get(name);
      unknown.push(name);
      return undefined;
    };
    const verdict = condition.evaluate({ get });
    if (unknown.length > 0 && !verdict.holds && verdict.note !== null)
      this.#undecided ??= `the condition of route "${routeId}" reads ${unknown[0]}, ${NOT_RECORDED}`;
    return verdict;
  }
}
