// In which order a provider's keys are tried: each conversation has its own, and keeps it while keys come and go.
import type { ProviderKey } from '../core/plan.ts';
import { chanceOf, rendezvousScore } from '../lib/weighted-rendezvous.ts';

/** How many requests each key has under way. */
export interface KeyLoad {
  requests(key: ProviderKey): number;
}

/** A key gives way once it has so many times its share of what the pool has under way. */
const OVERLOAD = 1.25;
const NO_KEY: readonly null[] = [null];

/**
 * The pool's keys, starting with the one this conversation sticks to: prompt caches belong to an account, so the same
 * user, or else the same opening, goes to the same key as long as it works and is not overloaded. By weighted rendezvous
 * hashing: conversations spread over the keys by their weights, and a key that comes or goes moves only those it must.
 * @param opening what stays the same while a conversation grows; asked for only where there is a choice
 */
export function keysFor(
  pool: readonly ProviderKey[],
  user: string | null,
  opening: () => string,
  load: KeyLoad | null = null,
): readonly (ProviderKey | null)[] {
  if (pool.length === 0) return NO_KEY;
  if (pool.length === 1) return pool;
  const own = ownKeysOf(pool);
  if (own > 0 && own < pool.length)
    return [pool.slice(0, own), pool.slice(own)].flatMap((part) =>
      keysFor(part, user, opening, load),
    );
  const order = inOrder(pool, user ?? opening());
  const first = load === null ? 0 : firstWithRoom(order, load);
  const chosen = order[first];
  if (first === 0 || chosen === undefined) return order;
  return [chosen, ...order.slice(0, first), ...order.slice(first + 1)];
}

/** How many keys of the caller's own stand before the operator's, which come last of all, whatever anybody weighs. */
function ownKeysOf(pool: readonly ProviderKey[]): number {
  if (pool[0]?.own === undefined) return 0;
  const others = pool.findIndex(({ own }) => own === undefined);
  return others === -1 ? pool.length : others;
}

function inOrder(pool: readonly ProviderKey[], sticky: string): readonly ProviderKey[] {
  const seed = Bun.hash.wyhash(sticky);
  return pool
    .map((key) => {
      // By the secret, which is the account: a label may be no more than a place in a list.
      const chance = chanceOf(Bun.hash.wyhash(key.secret, seed));
      return { key, chance, score: rendezvousScore(weightOf(key), chance) };
    })
    .sort((a, b) => b.score - a.score || b.chance - a.chance)
    .map(({ key }) => key);
}

/** Consistent hashing with bounded loads: the first in this conversation's order that has not more than its part. */
function firstWithRoom(order: readonly ProviderKey[], load: KeyLoad): number {
  let requests = 0;
  let weights = 0;
  for (const key of order) {
    if (weightOf(key) === 0) continue;
    requests += load.requests(key);
    weights += weightOf(key);
  }
  const first = order.findIndex(
    (key) =>
      weightOf(key) > 0 &&
      load.requests(key) <= Math.ceil((OVERLOAD * weightOf(key) * (requests + 1)) / weights),
  );
  return Math.max(0, first);
}

function weightOf({ weight = 1 }: ProviderKey): number {
  return weight;
}
