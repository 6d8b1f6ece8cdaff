// ReplayTally: adds up what a replay finds, row by row. Money in whole billionths of a dollar until the end.
import type { LogRow } from '../core/log-row.ts';
import type { Went } from './logged-request.ts';
import { ASSUMPTIONS, type ReplayedPlace, type ReplayReport } from './replay-report.ts';
import { isPlaceMoved, type Replayed } from './replay-row.ts';

const MAX_SAMPLES = 50;
/** Models and reasons are few; whoever has more needs the most frequent ones. */
const MAX_LISTED = 100;
const NANO_PER_USD = 1e9;

type Decided = Exclude<Replayed, { readonly kind: 'undecided' }>;

class Cost {
  requests = 0;
  unpriced = 0;
  beforeNano = 0;
  afterNano = 0;

  add({ costBeforeNano, costAfterNano }: Decided): void {
    if (costBeforeNano === null || costAfterNano === null) {
      this.unpriced += 1;
      return;
    }
    this.requests += 1;
    this.beforeNano += costBeforeNano;
    this.afterNano += costAfterNano;
  }
}

interface Move {
  readonly from: string | null;
  readonly to: string | null;
  requests: number;
  readonly cost: Cost;
}

interface Place {
  readonly went: Went;
  before: number;
  after: number;
}

export class ReplayTally {
  readonly #kinds = { undecided: 0, unchanged: 0, moved: 0, refused: 0 };
  readonly #undecided = new Map<string, number>();
  readonly #refused = new Map<string, number>();
  readonly #moves = new Map<string, Move>();
  readonly #places = new Map<string, Place>();
  readonly #users = new Set<string>();
  readonly #movedUsers = new Set<string>();
  readonly #cost = new Cost();
  readonly #samples: ReplayReport['samples'][number][] = [];

  get total(): number {
    const { undecided, unchanged, moved, refused } = this.#kinds;
    return undecided + unchanged + moved + refused;
  }

  /** Newest first. */
  add(row: LogRow, replayed: Replayed): void {
    this.#kinds[replayed.kind] += 1;
    if (replayed.kind === 'undecided') {
      count(this.#undecided, replayed.reason);
      return;
    }
    const { kind, before, after, why } = replayed;
    this.#place(before).before += 1;
    this.#place(after).after += 1;
    if (row.user !== null) {
      this.#users.add(row.user);
      if (isPlaceMoved(before, after)) this.#movedUsers.add(row.user);
    }
    if (kind === 'refused') count(this.#refused, after.refusedWith ?? '');
    else this.#cost.add(replayed);
    if (kind === 'moved') this.#move(replayed);
    if (kind !== 'unchanged' && this.#samples.length < MAX_SAMPLES) {
      const { generation_id, at } = row;
      this.#samples.push({ generation_id, at, from: placeOf(before), to: placeOf(after), why });
    }
  }

  report(
    about: Pick<ReplayReport, 'router_id' | 'from' | 'to' | 'limit' | 'truncated'>,
  ): ReplayReport {
    const { undecided, unchanged, moved, refused } = this.#kinds;
    const decided = unchanged + moved + refused;
    return {
      ...about,
      requests: { total: this.total, decided, undecided, unchanged, moved, refused },
      undecided: mostFirst(this.#undecided, (reason, requests) => ({ reason, requests })),
      refused: mostFirst(this.#refused, (error, requests) => ({ error, requests })),
      moves: [...this.#moves.values()]
        .sort((a, b) => b.requests - a.requests)
        .slice(0, MAX_LISTED)
        .map(({ from, to, requests, cost }) => ({
          from_model: from,
          to_model: to,
          requests,
          cost_before_usd: usd(cost.beforeNano),
          cost_after_usd: usd(cost.afterNano),
          unpriced: cost.unpriced,
        })),
      variants: [...this.#places.values()]
        .sort((a, b) => b.before + b.after - (a.before + a.after))
        .slice(0, MAX_LISTED)
        .map(({ went, before, after }) => ({
          router_id: went.routerId,
          route_id: went.routeId,
          variant_id: went.variantId,
          requests_before: before,
          requests_after: after,
        })),
      users: { total: this.#users.size, moved: this.#movedUsers.size },
      cost: costReport(this.#cost),
      samples: this.#samples,
      assumptions: ASSUMPTIONS,
    };
  }

  #place(went: Went): Place {
    const { routerId, routeId, variantId } = went;
    const key = JSON.stringify([routerId, routeId, variantId]);
    const known = this.#places.get(key);
    if (known) return known;
    const place = { went, before: 0, after: 0 };
    this.#places.set(key, place);
    return place;
  }

  #move(replayed: Decided): void {
    const from = replayed.before.model;
    const to = replayed.after.model;
    const key = JSON.stringify([from, to]);
    const move = this.#moves.get(key) ?? { from, to, requests: 0, cost: new Cost() };
    this.#moves.set(key, move);
    move.requests += 1;
    move.cost.add(replayed);
  }
}

function costReport({ requests, unpriced, beforeNano, afterNano }: Cost): ReplayReport['cost'] {
  const difference = afterNano - beforeNano;
  return {
    requests,
    unpriced,
    before_usd: usd(beforeNano),
    after_usd: usd(afterNano),
    difference_usd: usd(difference),
    difference_percent: beforeNano === 0 ? null : Math.round((difference / beforeNano) * 1e4) / 100,
  };
}

function placeOf({ routerId, routeId, variantId, model, refusedWith }: Went): ReplayedPlace {
  return {
    router_id: routerId,
    route_id: routeId,
    variant_id: variantId,
    model,
    error: refusedWith,
  };
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

function mostFirst<Entry>(
  counts: ReadonlyMap<string, number>,
  told: (name: string, requests: number) => Entry,
): readonly Entry[] {
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .slice(0, MAX_LISTED)
    .map(([name, requests]) => told(name, requests));
}

function usd(nano: number): number {
  return nano / NANO_PER_USD;
}
