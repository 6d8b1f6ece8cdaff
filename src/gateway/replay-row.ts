// RowReplay: what became of one logged request, and what would have become of it under a draft router.

import type { LogRow } from '../core/log-row.ts';
import type { Live } from '../core/measured.ts';
import { costNano } from '../core/price.ts';
import { priceOf } from '../core/price-of.ts';
import type { CompiledRouter } from '../routing/compile.ts';
import { type LoggedPlan, LoggedPlanner } from '../routing/plan-logged.ts';
import type { RoutingFacts } from '../routing/resolve.ts';
import { loggedRequest, usageOf, type Went, whereItWent } from './logged-request.ts';

export type Replayed =
  | { readonly kind: 'undecided'; readonly reason: string }
  | {
      readonly kind: 'unchanged' | 'moved' | 'refused';
      readonly before: Went;
      readonly after: Went;
      /** Billionths of a US dollar; null: not known. */
      readonly costBeforeNano: number | null;
      readonly costAfterNano: number | null;
      readonly why: readonly string[];
    };

type Planned = Extract<LoggedPlan, { readonly kind: 'planned' }>;

const NANO_PER_USD = 1e9;

export class RowReplay {
  readonly #draft: LoggedPlanner;
  readonly #known: RoutingFacts;
  readonly #live: Live;
  /** The routers as they are saved, by id, as rows name them. */
  readonly #saved = new Map<string, LoggedPlanner | null>();

  constructor(draft: CompiledRouter, known: RoutingFacts, live: Live) {
    this.#known = known;
    this.#live = live;
    this.#draft = new LoggedPlanner(draft, known, live);
    // One plan does for both.
    if (known.routers.get(draft.id) === draft) this.#saved.set(draft.id, this.#draft);
  }

  compare(row: LogRow): Replayed {
    const then = whereItWent(row);
    if (then === null) {
      const code = row.error?.code ?? row.outcome;
      return { kind: 'undecided', reason: `the request ended before it was routed (${code})` };
    }
    const request = loggedRequest(row, this.#known.routers);
    const next = this.#draft.plan(request);
    const costBeforeNano = row.cost_usd === null ? null : Math.round(row.cost_usd * NANO_PER_USD);
    const routerId = this.#draft.router.id;
    switch (next.kind) {
      case 'undecided':
        return next;
      case 'refused': {
        const { code, message } = next.error;
        const after = { routerId, routeId: null, variantId: null, model: null, refusedWith: code };
        const kind = then.refusedWith === code ? 'unchanged' : 'refused';
        return { kind, before: then, after, costBeforeNano, costAfterNano: null, why: [message] };
      }
      default:
    }
    const saved = this.#savedPlan(then, request, next);
    const stays = saved !== null && this.#isSameModel(saved, next);
    const planned = next.first?.id ?? null;
    const before = { ...then, model: then.model ?? saved?.first?.id ?? null };
    const { routeId, variantId, why } = next.plan;
    const model = stays ? before.model : planned;
    const after = { routerId, routeId, variantId, model, refusedWith: null };
    const moved = isMoved(before, after);
    if (model === null && !isPlaceMoved(before, after) && then.refusedWith === null) {
      const reason = `variant "${variantId}" chooses by what the request needs, which was not recorded`;
      return { kind: 'undecided', reason };
    }
    const price = next.first === null ? null : priceOf(next.first);
    // Whether a cache would have had the other's answer, nobody knows.
    const isKnown = next.first !== null && row.cache === null;
    const priced = isKnown ? costNano(price, usageOf(row.usage)) : null;
    const costAfterNano = model !== null && model === before.model ? costBeforeNano : priced;
    const kind = moved ? 'moved' : 'unchanged';
    return { kind, before, after, costBeforeNano, costAfterNano, why };
  }

  /** What the saved router plans for it, where that is what happened: the rest was the hour's health and speed. */
  #savedPlan(then: Went, request: ReturnType<typeof loggedRequest>, next: Planned): Planned | null {
    if (then.routerId === null) return null;
    const planner = this.#plannerOf(then.routerId);
    if (planner === null) return null;
    const planned = planner === this.#draft ? next : planner.plan(request);
    if (planned.kind !== 'planned') return null;
    const { routeId, variantId, candidates } = planned.plan;
    if (routeId !== then.routeId || variantId !== then.variantId) return null;
    const { model } = then;
    const asksThem = model === null || candidates.some(({ id }) => id === model);
    return asksThem || planned.first === null ? planned : null;
  }

  #plannerOf(routerId: string): LoggedPlanner | null {
    const known = this.#saved.get(routerId);
    if (known !== undefined) return known;
    const router = this.#known.routers.get(routerId);
    const planner = router ? new LoggedPlanner(router, this.#known, this.#live) : null;
    this.#saved.set(routerId, planner);
    return planner;
  }

  /** Whether both ask the same model first, or choose it in the same way. */
  #isSameModel(saved: Planned, next: Planned): boolean {
    if (saved.first !== null && next.first !== null) return saved.first.id === next.first.id;
    const saver = saved.plan.routerId === null ? null : this.#plannerOf(saved.plan.routerId);
    const [one, other] = [
      choiceIn(saver?.router, saved.plan),
      choiceIn(this.#draft.router, next.plan),
    ];
    return one !== null && Bun.deepEquals(one, other);
  }
}

/** How a variant chooses its model. */
function choiceIn(
  router: CompiledRouter | undefined,
  { routeId, variantId }: { readonly routeId: string | null; readonly variantId: string | null },
): object | null {
  if (router === undefined) return null;
  const routes = [...router.routes, ...router.commands.values()];
  if (router.defaultRoute) routes.push(router.defaultRoute);
  const variant = routes
    .find(({ id }) => id === routeId)
    ?.variants.find(({ id }) => id === variantId)?.variant;
  return variant === undefined ? null : { model: variant.model, selection: variant.selection };
}

function isMoved(before: Went, after: Went): boolean {
  return before.refusedWith !== null || isPlaceMoved(before, after) || before.model !== after.model;
}

/** Another router's routes are others by their nature: only the model says whether a request moved from there. */
export function isPlaceMoved(before: Went, after: Went): boolean {
  return (
    before.routerId === after.routerId &&
    (before.routeId !== after.routeId || before.variantId !== after.variantId)
  );
}
