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
  readonly facts: Facts | null;
}

type Fact = string | number | boolean;
type Facts = { readonly [name: string]: Fact };

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
  const found = variables.found;
  const commands = cutCommands(router, route, found?.command);
  return { route, variant, commands, facts: withoutChance(found, router, commands) };
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
      // Not what it says: callers read this, and a condition is the operator's own.
      why.push(`route "${route.id}"`);
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

/**
 * Where any command may matter, one that only looked like one (`/tmp is full`) is cut only if the route was taken for it: the
 * others are words of a prompt.
 */
function cutCommands(
  { knownCommands, declaredCommands }: CompiledRouter,
  { condition }: CompiledRoute,
  inForce: Fact | undefined,
): ReadonlySet<string> | null {
  const named = declaredCommands.size === 0 ? null : declaredCommands;
  const decided = knownCommands === null && condition?.reads.has('command') === true;
  if (!decided || typeof inForce !== 'string' || inForce === '') return named;
  return new Set(declaredCommands).add(inForce);
}

/** A word that was no command after all is a prompt's: nothing of prompts is written down. */
function withoutChance(
  found: Facts | null,
  { knownCommands }: CompiledRouter,
  commands: ReadonlySet<string> | null,
): Facts | null {
  const command = found?.command;
  if (found === null || knownCommands !== null || typeof command !== 'string' || command === '')
    return found;
  return commands?.has(command) === true ? found : { ...found, command: '' };
}
