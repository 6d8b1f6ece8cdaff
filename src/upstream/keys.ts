// Which key of a provider's pool to try first.
import type { ProviderKey } from '../core/plan.ts';

/**
 * The pool's keys, starting with the one this conversation sticks to: prompt caches belong to an account, so the same
 * user, or else the same opening, goes to the same key as long as it works.
 * @param opening what stays the same while a conversation grows; asked for only where there is a choice
 */
export function keysFor(
  pool: readonly ProviderKey[],
  user: string | null,
  opening: () => string,
): readonly (ProviderKey | null)[] {
  if (pool.length === 0) return [null];
  if (pool.length === 1) return pool;
  const first = Number(Bun.hash.wyhash(user ?? opening()) % BigInt(pool.length));
  return [...pool.slice(first), ...pool.slice(0, first)];
}
