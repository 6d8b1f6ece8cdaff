// Which route and variant of a router a request gets: the command in force, else the first condition that holds, else the default.
import { GatewayError } from '../core/errors.ts';
import type { RequestFacts } from '../core/request-facts.ts';
import type { CompiledRoute, CompiledRouter, CompiledVariant } from './compile.ts';
import { RequestVariables } from './condition-variables.ts';
import { chooseVariant } from './variant.ts';

export interface Chosen {
  readonly route: CompiledRoute;
  readonly variant: CompiledVariant;
  /** The slash commands to cut from what users typed; null: none. */
  readonly commands: ReadonlySet<string> | null;
  /** What was found out about the request on the way; null: nothing. */
  readonly facts: { readonly [name: string]: string | number | boolean } | null;
}

/** Conditions longer than this are told by their beginning. */
const MAX_TOLD = 80;

/** Throws `no_route_matched`. What led to the choice, and what could not be decided, is added to `why`. */
export function chooseRoute(router: CompiledRouter, request: RequestFacts, why: string[]): Chosen {
  const variables = new RequestVariables(request, router.knownCommands);
  const route =
    commandRoute(router, variables, why) ??
    firstThatHolds(router, variables, why) ??
    usualRoute(router, why);
  if (route === null) {
    const undecided = why.length === 0 ? '' : ` (${why.join('; ')})`;
    throw new GatewayError(
      'no_route_matched',
      `No route matched. Configure a default route or adjust conditions.${undecided}`,
      { param: 'model' },
    );
  }
  const variant = chooseVariant(route.variants, request.user ?? request.id);
  if (variant === null)
    throw new GatewayError('no_route_matched', `Route "${route.id}" has no variant with a weight.`);
  why.push(toldVariant(route, variant, request));
  const facts = variables.found;
  return { route, variant, facts, commands: cutCommands(router, facts?.command) };
}

function commandRoute(
  { commands }: CompiledRouter,
  variables: RequestVariables,
  why: string[],
): CompiledRoute | null {
  if (commands.size === 0) return null;
  const command = variables.get('command');
  const route = typeof command === 'string' ? commands.get(command) : undefined;
  if (route === undefined) return null;
  why.push(`command "/${command}"`);
  return route;
}

function firstThatHolds(
  { routes }: CompiledRouter,
  variables: RequestVariables,
  why: string[],
): CompiledRoute | null {
  for (const route of routes) {
    if (route.condition === null) return route;
    const { holds, note } = route.condition.evaluate(variables);
    if (holds) {
      why.push(`route "${route.id}": ${told(route.condition.source)}`);
      return route;
    }
    if (note !== null) why.push(`route "${route.id}" passed over: ${note}`);
  }
  return null;
}

function usualRoute({ defaultRoute, routes }: CompiledRouter, why: string[]): CompiledRoute | null {
  if (defaultRoute !== null && routes.length > 0) why.push('no condition holds: the default route');
  return defaultRoute;
}

function toldVariant(
  { variants }: CompiledRoute,
  { id, weight }: CompiledVariant,
  { user }: RequestFacts,
): string {
  if (variants.length < 2) return `variant "${id}"`;
  return `variant "${id}" of ${variants.length} (${weight} % of ${user === null ? 'requests' : 'users'})`;
}

function told(source: string): string {
  const line = source.replaceAll(/\s+/g, ' ').trim();
  return line.length <= MAX_TOLD ? line : `${line.slice(0, MAX_TOLD - 1)}…`;
}

/** Where any command may matter, the one in force is one. */
function cutCommands(
  { commands, knownCommands }: CompiledRouter,
  inForce: string | number | boolean | undefined,
): ReadonlySet<string> | null {
  if (knownCommands !== null) return knownCommands.size === 0 ? null : knownCommands;
  const cut = new Set(commands.keys());
  if (typeof inForce === 'string' && inForce !== '') cut.add(inForce);
  return cut.size === 0 ? null : cut;
}
