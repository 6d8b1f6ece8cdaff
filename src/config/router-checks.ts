// What holds between the fields of a router: ids that are one of a kind, weights that sum to 100, models that are no routers.
import { asArray, asObject, asString, type Json, type JsonObject } from '../lib/json.ts';
import { didYouMean } from '../lib/near.ts';
import { MAX_COMMANDS } from './router-fields.ts';
import type { ProblemPath, RouterProblem } from './router-problem.ts';

const COMMAND = /^[a-z][a-z0-9_-]{0,63}$/;
/** Means back to the default in coding agents: it can be nobody's own. */
const RESERVED_COMMAND = 'model';
const ROUTER = /^(?:routers?|inworld)\//i;
const MODEL_OF_THAT_NAME = /^inworld\/models\//i;

interface Placed {
  readonly path: ProblemPath;
  readonly value: JsonObject;
}

/** Looks at what is there and has the right type; what has not is told by the schema. */
export function crossProblems(resource: JsonObject): RouterProblem[] {
  const problems: RouterProblem[] = [];
  const routes = routesOf(resource);
  if (
    routes.length === 0 &&
    asArray(resource.routes).length === 0 &&
    Object.keys(asObject(resource.commands) ?? {}).length === 0
  )
    problems.push({
      path: [],
      message:
        'The router has neither routes nor a defaultRoute nor commands: it needs at least one.',
    });
  checkRouteIds(routes, resource, problems);
  const settings: Placed[] = [];
  const defaults = asObject(resource.defaults);
  if (defaults !== undefined) settings.push({ path: ['defaults'], value: defaults });
  const ids = new Set<string>();
  for (const route of routes) {
    const variants = variantsOf(route);
    checkVariantIds(variants, problems);
    checkWeights(route, problems);
    for (const { path, value } of variants) {
      settings.push({ path, value });
      ids.add(asString(value.variant_id) ?? '');
    }
  }
  settings.push(...checkCommands(resource.commands, ids, problems));
  for (const one of settings) checkVariant(one, problems);
  return problems;
}

/** Whether a command's text is the name of a model, where no variant is called so. */
function isModelName(text: string): boolean {
  return text === 'auto' || text.includes('/');
}

function routesOf(resource: JsonObject): Placed[] {
  const found: Placed[] = [];
  asArray(resource.routes).forEach((entry, index) => {
    const value = asObject(asObject(entry)?.route);
    if (value !== undefined) found.push({ path: ['routes', index, 'route'], value });
  });
  const value = asObject(resource.defaultRoute);
  if (value !== undefined) found.push({ path: ['defaultRoute'], value });
  return found;
}

function variantsOf({ path, value }: Placed): Placed[] {
  return asArray(value.variants).flatMap((entry, index) => {
    const variant = asObject(asObject(entry)?.variant);
    return variant === undefined
      ? []
      : [{ path: [...path, 'variants', index, 'variant'], value: variant }];
  });
}

function checkRouteIds(
  routes: readonly Placed[],
  { commands }: JsonObject,
  problems: RouterProblem[],
): void {
  const first = new Map<string, ProblemPath>(
    // So a command's route is called where a request is explained and logged.
    Object.keys(asObject(commands) ?? {}).map((command) => [
      `command-${command}`,
      ['commands', command],
    ]),
  );
  tellDoubles(routes, 'route_id', 'in the router', first, problems);
}

function checkVariantIds(variants: readonly Placed[], problems: RouterProblem[]): void {
  tellDoubles(variants, 'variant_id', 'in its route', new Map(), problems);
}

function tellDoubles(
  placed: readonly Placed[],
  field: 'route_id' | 'variant_id',
  where: string,
  first: Map<string, ProblemPath>,
  problems: RouterProblem[],
): void {
  for (const { path, value } of placed) {
    const id = asString(value[field]);
    if (id === undefined) continue;
    const other = first.get(id);
    if (other === undefined) first.set(id, path);
    else
      problems.push({
        path: [...path, field],
        message: `"${id}" is there twice ${where}: each needs one of its own`,
      });
  }
}

function checkWeights({ path, value }: Placed, problems: RouterProblem[]): void {
  const weights = asArray(value.variants).map((entry) => asObject(entry)?.weight);
  if (weights.length === 0) return;
  let sum = 0;
  let whole = true;
  weights.forEach((weight, index) => {
    if (typeof weight !== 'number' || !(weight >= 0 && weight <= 100)) {
      whole = false;
      return;
    }
    // In hundredths, as whole numbers: 33.33 + 33.33 + 33.34 is not 100 in floating point.
    const hundredths = Math.round(weight * 100);
    sum += hundredths;
    if (Math.abs(weight * 100 - hundredths) > 1e-6) {
      whole = false;
      problems.push({
        path: [...path, 'variants', index, 'weight'],
        message: `${weight} has more than two decimals`,
      });
    }
  });
  if (whole && sum !== 100_00)
    problems.push({
      path: [...path, 'variants'],
      message: `the weights sum to ${sum / 100}; they must sum to exactly 100`,
    });
}

/** The variants that commands have to themselves. */
function checkCommands(
  commands: Json | undefined,
  ids: ReadonlySet<string>,
  problems: RouterProblem[],
): Placed[] {
  const own: Placed[] = [];
  const entries = Object.entries(asObject(commands) ?? {});
  if (entries.length > MAX_COMMANDS)
    problems.push({
      path: ['commands'],
      message: `are ${entries.length}: at most ${MAX_COMMANDS}`,
    });
  for (const [command, target] of entries) {
    const path: ProblemPath = ['commands', command];
    if (command === RESERVED_COMMAND)
      problems.push({ path, message: '"model" is not free: /model means back to the default' });
    else if (!COMMAND.test(command))
      problems.push({
        path,
        message: 'the name of a command is lower-case letters, digits, "-" and "_", a letter first',
      });
    const value = asObject(target);
    if (value !== undefined) own.push({ path, value });
    const text = asString(target);
    if (text === undefined || ids.has(text)) continue;
    if (isModelName(text)) checkModel(text, path, problems);
    else
      problems.push({
        path,
        message: `"${text}" is neither a model ("provider/model" or "auto") nor the variant_id of a variant of this router.${didYouMean(text, ids)}`,
      });
  }
  return own;
}

function checkVariant({ path, value }: Placed, problems: RouterProblem[]): void {
  const model = asString(value.model_id);
  if (model !== undefined) checkModel(model, [...path, 'model_id'], problems);
  const selection = asObject(value.model_selection);
  asArray(selection?.models).forEach((name, index) => {
    if (typeof name === 'string')
      checkModel(name, [...path, 'model_selection', 'models', index], problems);
  });
  if (
    value.web_search !== undefined &&
    value.web_search !== false &&
    value.web_search_options !== undefined
  )
    problems.push({
      path: [...path, 'web_search_options'],
      message: 'stands beside web_search: they exclude each other, keep one',
    });
  const { fallback } = value;
  if (
    selection?.fallback !== undefined &&
    fallback !== undefined &&
    !Bun.deepEquals(fallback, selection.fallback)
  )
    problems.push({
      path: [...path, 'model_selection', 'fallback'],
      message: 'says something else than the fallback of the variant: keep one',
    });
}

function checkModel(name: string, path: ProblemPath, problems: RouterProblem[]): void {
  if (ROUTER.test(name) && !MODEL_OF_THAT_NAME.test(name))
    problems.push({
      path,
      message: `"${name}" names a router: a router sends requests to models, "provider/model" or "auto"`,
    });
  else if (/[\s\p{Cc}]/u.test(name) || name.startsWith('/') || name.endsWith('/'))
    problems.push({
      path,
      message: `"${name}" is no model: "provider/model", a bare model or "auto"`,
    });
}
