// POST /router/v1/routers/{id}:ramp: other weights for a route's variants, or all users for the winner.
import { invalid } from '../core/errors.ts';
import {
  asArray,
  asNumber,
  asObject,
  asString,
  isObject,
  type Json,
  type JsonObject,
} from '../lib/json.ts';
import { didYouMean } from '../lib/near.ts';
import { operation } from './operations.ts';
import { routerBody } from './router-body.ts';
import { askingWith, type RouterRequest } from './routers.ts';

const FIELDS: readonly string[] = ['route_id', 'routeId', 'weights', 'winner', 'etag'];

/** Answers the operation, as a PATCH does; the version it makes says that it was a ramp. */
export async function rampRouter(
  request: RouterRequest,
  name: string,
  text: string,
): Promise<Response> {
  const body = routerBody(text);
  const unknown = Object.keys(body).find((field) => !FIELDS.includes(field));
  if (unknown !== undefined)
    throw invalid(
      unknown,
      `is not a field of a ramp: those are route_id, weights, winner and etag`,
    );
  const asking = askingWith(request, body.etag);
  const router = await request.routers.change(name, 'ramp', asking, (resource) =>
    ramped(resource, body),
  );
  return operation(router, 'ramp');
}

/** The resource with other weights, in which nothing else is other. Throws `invalid_request`. */
export function ramped(resource: JsonObject, body: JsonObject): JsonObject {
  const conditional = asArray(resource.routes);
  const routes = [...conditional.map((entry) => asObject(entry)?.route), resource.defaultRoute]
    .filter(isObject)
    .map((route) => asString(route.route_id) ?? '');
  const id = routeIdIn(body, routes);
  const reweighed = (route: Json | undefined): Json | undefined =>
    isObject(route) && route.route_id === id ? withWeights(route, body) : route;
  return {
    ...resource,
    ...(resource.routes === undefined
      ? {}
      : {
          routes: conditional.map((entry) =>
            isObject(entry) ? { ...entry, route: reweighed(entry.route) } : entry,
          ),
        }),
    ...(resource.defaultRoute === undefined
      ? {}
      : { defaultRoute: reweighed(resource.defaultRoute) }),
  };
}

/** May be left out where there is only one. */
function routeIdIn(body: JsonObject, routes: readonly string[]): string {
  const given = body.route_id ?? body.routeId;
  const [only] = routes;
  if (given === undefined || given === null) {
    if (only !== undefined && routes.length === 1) return only;
    throw invalid(
      'route_id',
      `must say which route is meant: ${routes.join(', ') || 'it has none'}`,
    );
  }
  if (typeof given === 'string' && routes.includes(given)) return given;
  throw invalid(
    'route_id',
    `names no route of this router.${didYouMean(asString(given) ?? '', routes) || ` It has: ${routes.join(', ')}.`}`,
  );
}

function withWeights(route: JsonObject, body: JsonObject): JsonObject {
  const variants = asArray(route.variants).filter(isObject);
  const ids = variants.map(({ variant }) => asString(asObject(variant)?.variant_id) ?? '');
  const weights = weightsIn(body, ids);
  return {
    ...route,
    variants: variants.map((entry, at) => ({ ...entry, weight: weights.get(ids[at] ?? '') ?? 0 })),
  };
}

function weightsIn(body: JsonObject, ids: readonly string[]): ReadonlyMap<string, number> {
  const { weights, winner } = body;
  if ((weights === undefined) === (winner === undefined))
    throw invalid('weights', 'or winner must be there, and not both');
  if (winner !== undefined) {
    if (typeof winner !== 'string' || !ids.includes(winner))
      throw noSuchVariant('winner', asString(winner) ?? '', ids);
    return new Map(ids.map((id) => [id, id === winner ? 100 : 0]));
  }
  if (!isObject(weights)) throw invalid('weights', 'must be an object: {variant_id: weight, …}');
  const unknown = Object.keys(weights).find((id) => !ids.includes(id));
  if (unknown !== undefined) throw noSuchVariant(`weights.${unknown}`, unknown, ids);
  const missing = ids.find((id) => weights[id] === undefined);
  if (missing !== undefined)
    throw invalid(
      `weights.${missing}`,
      'is missing: every variant of the route has a weight, 0 if nobody is to meet it',
    );
  const given = new Map(ids.map((id) => [id, weightOf(id, weights[id])]));
  // In hundredths, which are whole: 33.33 + 33.33 + 33.34 is exactly 100.
  const sum = [...given.values()].reduce((all, weight) => all + Math.round(weight * 100), 0);
  if (sum !== 100 * 100)
    throw invalid('weights', `must sum to exactly 100; these sum to ${sum / 100}`);
  return given;
}

function weightOf(id: string, value: Json | undefined): number {
  const weight = asNumber(value) ?? -1;
  const isHundredths = Math.abs(weight * 100 - Math.round(weight * 100)) < 1e-6;
  if (weight >= 0 && weight <= 100 && isHundredths) return weight;
  throw invalid(`weights.${id}`, 'must be a number from 0 to 100, with two decimals at most');
}

function noSuchVariant(path: string, given: string, ids: readonly string[]) {
  return invalid(
    path,
    `names no variant of the route.${didYouMean(given, ids) || ` It has: ${ids.join(', ')}.`}`,
  );
}
