// From a model name to the router it means, if it means one.
import { GatewayError } from '../core/errors.ts';
import { didYouMean } from '../lib/near.ts';
import type { CompiledRouter } from './compile.ts';
import type { RoutingFacts } from './resolve.ts';

/** The prefixes that mean a router and not a provider. The second is how Inworld's clients write it. */
const ROUTER_PREFIXES: ReadonlySet<string> = new Set(['router', 'routers', 'inworld']);
/** What follows Inworld's prefix where a model of its own is meant. */
const MODELS = 'models/';

/**
 * Null where the name means a model. Throws `model_not_found` where it means a router that is not there.
 * @param allows whether the caller may hear of a `router/name`
 */
export function routerNamed(
  name: string,
  { routers, providers }: Pick<RoutingFacts, 'routers' | 'providers'>,
  allows: (name: string) => boolean,
): CompiledRouter | null {
  const slash = name.indexOf('/');
  const prefix = name.slice(0, Math.max(0, slash)).toLowerCase();
  if (!ROUTER_PREFIXES.has(prefix)) return null;
  const id = name.slice(slash + 1).toLowerCase();
  const router = routers.get(id);
  if (router) return router;
  // A provider may be called so too.
  if (providers.has(prefix) || id.startsWith(MODELS)) return null;
  const names = [...routers.keys()].map((known) => `router/${known}`).filter(allows);
  const remedy =
    routers.size === 0
      ? ' There are no routers yet: POST /router/v1/routers makes one, or "routers" in the configuration.'
      : didYouMean(`router/${id}`, names) || someOf(names);
  throw new GatewayError('model_not_found', `There is no router "${id}".${remedy}`, {
    param: 'model',
  });
}

/** Whether the name is that of a router that is there. */
export function isRouter(name: string, { routers }: Pick<RoutingFacts, 'routers'>): boolean {
  const slash = name.indexOf('/');
  const prefix = name.slice(0, Math.max(0, slash)).toLowerCase();
  return ROUTER_PREFIXES.has(prefix) && routers.has(name.slice(slash + 1).toLowerCase());
}

function someOf(names: readonly string[]): string {
  return names.length === 0 ? '' : ` There are: ${names.slice(0, 10).join(', ')}.`;
}

/** Every way to name a router in a request, in lower case. */
export function routerNames(id: string): readonly string[] {
  return [...ROUTER_PREFIXES].map((prefix) => `${prefix}/${id}`);
}
