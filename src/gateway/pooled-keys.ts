// Pools: provider keys beside those of the configuration, where they are good at the same address.
import type { ConfiguredProvider, ProviderKey } from '../core/plan.ts';
import {
  configureWith,
  type ProviderSources,
  type Providers,
  withoutNeedlessSimulation,
} from './configure-providers.ts';

export type Pools = ReadonlyMap<string, readonly ProviderKey[]>;

/** The providers with what the operator's pools get by the API; some can be used by that alone. */
export function withPools(
  configured: Providers,
  pools: Pools,
  sources: ProviderSources,
): Providers {
  if (pools.size === 0) return configured;
  const providers = new Map(configured.providers);
  const unavailable = new Map(configured.unavailable);
  for (const [id, keys] of pools) {
    const added = providerOf(id, keys, sources);
    if (added === null) continue;
    const known = providers.get(id);
    if (known !== undefined && !isSamePlace(known, added)) continue;
    providers.set(
      id,
      known === undefined ? added : { ...known, keys: [...known.keys, ...added.keys] },
    );
    unavailable.delete(id);
  }
  withoutNeedlessSimulation(
    providers,
    unavailable,
    new Map(Object.entries(sources.config.providers ?? {})),
  );
  return { providers, unavailable };
}

/** A provider with these keys: those that are good where the first is. Null where it cannot be used with them. */
export function providerOf(
  id: string,
  keys: readonly ProviderKey[],
  sources: ProviderSources,
): ConfiguredProvider | null {
  const first = configureWith(id, keys.slice(0, 1), sources);
  if (first === null || keys.length === 1) return first;
  const here = keys.filter((key) => {
    const other = configureWith(id, [key], sources);
    return other !== null && isSamePlace(first, other);
  });
  return { ...first, keys: here };
}

/** Whether the keys of one may be sent to the other. */
export function isSamePlace(a: ConfiguredProvider, b: ConfiguredProvider): boolean {
  return (
    a.provider.baseUrl === b.provider.baseUrl &&
    a.provider.auth.kind === b.provider.auth.kind &&
    a.provider.dialect === b.provider.dialect
  );
}
