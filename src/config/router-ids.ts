// Names and ids that a router's author left out: made from what was written, so that the same text makes the same ids.
import { asArray, asObject, asString, type Json, type JsonObject } from '../lib/json.ts';

export const MAX_NAME = 63;
export const NAME_PREFIX = 'routers/';

/** `User-Aware` → `user-aware`; null where nothing is left. */
export function slugOf(displayName: string): string | null {
  const slug = displayName
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, MAX_NAME)
    .replace(/^-+|-+$/g, '');
  return slug === '' ? null : slug;
}

/** `wanted`, or the first of `wanted-2`, `wanted-3` … that is free. */
export function freeName(wanted: string, isTaken: (name: string) => boolean): string {
  if (!isTaken(wanted)) return wanted;
  for (let count = 2; ; count += 1) {
    const suffix = `-${count}`;
    const name = wanted.slice(0, MAX_NAME - suffix.length).replace(/-+$/, '') + suffix;
    if (!isTaken(name)) return name;
  }
}

/** The resource with every route's and variant's id. What is no route or variant stays as it is: others tell what is wrong with it. */
export function withIds(resource: JsonObject): JsonObject {
  const routes = asArray(resource.routes);
  const taken = new Set<string>();
  for (const route of [...routes.map(routeOf), asObject(resource.defaultRoute)]) {
    const id = asString(route?.route_id);
    if (id !== undefined) taken.add(id);
  }
  const named = (route: JsonObject, wanted: string): JsonObject => {
    const id = asString(route.route_id) || freeName(wanted, (name) => taken.has(name));
    taken.add(id);
    return {
      ...route,
      route_id: asIs(route.route_id) ?? id,
      variants: withVariantIds(route.variants),
    };
  };
  return {
    ...resource,
    ...(Array.isArray(resource.routes) && {
      routes: routes.map((entry, index) => {
        const route = routeOf(entry);
        if (route === undefined) return entry;
        return { ...asObject(entry), route: named(route, `route-${index + 1}`) };
      }),
    }),
    ...withDefault(resource.defaultRoute, (route) => named(route, 'default')),
    ...withCommandIds(resource.commands),
  };
}

function routeOf(entry: Json | undefined): JsonObject | undefined {
  return asObject(asObject(entry)?.route);
}

function withDefault(
  route: Json | undefined,
  named: (route: JsonObject) => JsonObject,
): JsonObject {
  const given = asObject(route);
  return given === undefined ? {} : { defaultRoute: named(given) };
}

function withVariantIds(variants: Json | undefined): Json | undefined {
  if (!Array.isArray(variants)) return variants;
  const given = asArray(variants);
  const taken = new Set(
    given.flatMap((entry) => asString(asObject(asObject(entry)?.variant)?.variant_id) || []),
  );
  return given.map((entry, index) => {
    const variant = asObject(asObject(entry)?.variant);
    if (variant === undefined || asIs(variant.variant_id) !== undefined) return entry;
    const wanted = modelTail(asString(variant.model_id)) ?? `v${index + 1}`;
    const variant_id = freeName(wanted, (name) => taken.has(name));
    taken.add(variant_id);
    return { ...asObject(entry), variant: { ...variant, variant_id } };
  });
}

/** The variant that a command has to itself is called as the command is. */
function withCommandIds(commands: Json | undefined): JsonObject {
  const given = asObject(commands);
  if (given === undefined) return {};
  return {
    commands: Object.fromEntries(
      Object.entries(given).map(([command, entry]) => {
        const variant = asObject(entry);
        if (variant === undefined || asIs(variant.variant_id) !== undefined)
          return [command, entry];
        return [command, { ...variant, variant_id: command }];
      }),
    ),
  };
}

/** Generated clients send an empty text where nothing was set. */
function asIs(id: Json | undefined): Json | undefined {
  return id === '' ? undefined : id;
}

/** `openai/gpt-5.2` → `gpt-5.2`. */
function modelTail(model: string | undefined): string | null {
  const tail = (model ?? '')
    .slice((model ?? '').lastIndexOf('/') + 1)
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .slice(0, MAX_NAME);
  return tail === '' ? null : tail;
}
