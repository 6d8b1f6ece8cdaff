// What is worth telling an operator of routers that are valid: models in them that nobody could be asked for now.
import { GatewayError } from '../core/errors.ts';
import type { CompiledRoute, CompiledRouter } from '../routing/compile.ts';
import { resolveModel } from '../routing/resolve.ts';
import type { Snapshot } from './snapshot.ts';

/** One sentence for each name of a variant's that cannot be resolved, with what would change that. */
export function routerWarnings(snapshot: Snapshot): readonly string[] {
  return [...snapshot.routers.values()].flatMap((router) =>
    namesIn(router).flatMap(({ place, name }) => {
      const problem = problemOf(name, snapshot);
      return problem === null ? [] : [`router "${router.id}", ${place}: ${problem}`];
    }),
  );
}

function namesIn(router: CompiledRouter): { readonly place: string; readonly name: string }[] {
  const routes: CompiledRoute[] = [...router.routes, ...router.commands.values()];
  if (router.defaultRoute !== null) routes.push(router.defaultRoute);
  return routes.flatMap(({ id, variants }) =>
    variants.flatMap(({ variant }) => {
      const place = `route "${id}", variant "${variant.id}"`;
      return [variant.model, ...(variant.selection.models ?? [])].map((name) => ({ place, name }));
    }),
  );
}

function problemOf(name: string, snapshot: Snapshot): string | null {
  // The pool of `auto` may hold whole providers.
  const provider = name.endsWith('/*') ? name.slice(0, -2) : name;
  if (name === 'auto' || snapshot.providers.has(snapshot.aliases.get(provider) ?? provider))
    return null;
  try {
    resolveModel(name, snapshot);
    return null;
  } catch (thrown) {
    if (thrown instanceof GatewayError) return thrown.message;
    throw thrown;
  }
}
