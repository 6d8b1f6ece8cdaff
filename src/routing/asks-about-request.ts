// asksAboutRequest: whether a plan for this name looks at what the request says, and not at its name alone.
import type { RoutingFacts } from './resolve.ts';
import { isRouter } from './router-name.ts';

/** Routers have conditions; `auto` and a bare name have several models to choose from. A provider written out has one. */
export function asksAboutRequest(
  name: string,
  known: Pick<RoutingFacts, 'routers' | 'providers' | 'aliases'>,
): boolean {
  const slash = name.indexOf('/');
  if (slash === -1 || isRouter(name, known)) return true;
  const prefix = name.slice(0, slash).toLowerCase();
  return !known.providers.has(known.aliases.get(prefix) ?? prefix);
}
