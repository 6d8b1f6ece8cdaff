// compileRouter: a router as the operator wrote it → what a plan can use at once. Everything that can fail, fails here.
import type { Condition } from '../core/condition.ts';
import type { Route, Router, Variant, VariantSettings } from '../core/router.ts';
import { compileCondition } from './cel/compile-condition.ts';
import { loadLanguageDetector } from './facts/language.ts';
import { variantSeed, type Weighted } from './variant.ts';

export interface CompiledVariant extends Weighted {
  readonly id: string;
  readonly variant: Variant;
  /** The router's defaults with the variant's own over them; null where there are none. */
  readonly settings: VariantSettings | null;
}

export interface CompiledRoute {
  readonly id: string;
  /** Null: always. */
  readonly condition: Condition | null;
  readonly variants: readonly CompiledVariant[];
}

export interface CompiledRouter {
  readonly id: string;
  readonly routes: readonly CompiledRoute[];
  readonly defaultRoute: CompiledRoute | null;
  /** Who serves while a slash command is in force. */
  readonly commands: ReadonlyMap<string, CompiledRoute>;
  /** The slash commands that count; null: whatever looks like one, for a condition does more than compare. */
  readonly knownCommands: ReadonlySet<string> | null;
  /** Those that are named somewhere. */
  readonly declaredCommands: ReadonlySet<string>;
}

export interface RouterProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

export type RouterCompilation =
  | { readonly ok: true; readonly compiled: CompiledRouter }
  | { readonly ok: false; readonly problems: readonly RouterProblem[] };

/** A change to one router makes all of them anew: those that are as they were need no second look. */
const compilations = new WeakMap<Router, RouterCompilation>();

/** Names every condition that is not one, with the place in it. */
export function compileRouter(router: Router): RouterCompilation {
  const known = compilations.get(router);
  if (known !== undefined) return known;
  const compilation = compileAnew(router);
  compilations.set(router, compilation);
  return compilation;
}

function compileAnew(router: Router): RouterCompilation {
  const problems: RouterProblem[] = [];
  const routes: CompiledRoute[] = [];
  router.routes.forEach(({ condition, route }, index) => {
    const result = compileCondition(condition);
    if (result.ok) routes.push(compileRoute(route, result.condition, router));
    else {
      const { line, column, problem } = result;
      problems.push({
        path: ['routes', index, 'condition', 'cel_expression'],
        message: `line ${line}, column ${column}: ${problem}`,
      });
    }
  });
  if (problems.length > 0) return { ok: false, problems };
  // Its tables are read now, not by the first request.
  if (routes.some(({ condition }) => condition?.reads.has('language'))) loadLanguageDetector();
  const { defaultRoute } = router;
  const compiled: CompiledRouter = {
    id: router.id,
    routes,
    defaultRoute: defaultRoute && compileRoute(defaultRoute, null, router),
    commands: compileCommands(router),
    ...commandsOf(router, routes),
  };
  return { ok: true, compiled };
}

function compileRoute(
  { id, variants }: Route,
  condition: Condition | null,
  router: Router,
): CompiledRoute {
  return {
    id,
    condition,
    variants: variants.map(({ weight, variant }) => ({
      id: variant.id,
      weight,
      seed: variantSeed(router.id, id, variant.id),
      variant,
      settings: settled(router.defaults, variant.settings),
    })),
  };
}

/** A command is a route of one variant, so that it is planned, logged and explained as any other. */
function compileCommands(router: Router): ReadonlyMap<string, CompiledRoute> {
  return new Map(
    Object.entries(router.commands).map(([command, variant]) => {
      const route = { id: `command-${command}`, variants: [{ weight: 100, variant }] };
      return [command, compileRoute(route, null, router)];
    }),
  );
}

function commandsOf(
  { commands }: Router,
  routes: readonly CompiledRoute[],
): Pick<CompiledRouter, 'knownCommands' | 'declaredCommands'> {
  const declared = new Set(Object.keys(commands));
  let open = false;
  for (const { condition } of routes) {
    if (condition?.commands === null) open = true;
    for (const command of condition?.commands ?? []) declared.add(command);
  }
  return { knownCommands: open ? null : declared, declaredCommands: declared };
}

/** Setting by setting, each of them whole: the variant's, else the router's. */
function settled(defaults: VariantSettings, own: VariantSettings): VariantSettings | null {
  const settings: { -readonly [Name in keyof VariantSettings]: VariantSettings[Name] } = {
    ...defaults,
    ...own,
  };
  // They exclude each other: the one a variant names is meant instead of the router's other.
  if (own.webSearch !== undefined) delete settings.webSearchOptions;
  else if (own.webSearchOptions !== undefined) delete settings.webSearch;
  return Object.keys(settings).length === 0 ? null : settings;
}
