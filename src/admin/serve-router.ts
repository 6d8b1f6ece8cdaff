// /router/v1/routers/…: which router a path names, and what is asked of it. Names may have their `routers/` before them.
import type { Actor } from '../core/actor.ts';
import { GatewayError } from '../core/errors.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { didYouMean } from '../lib/near.ts';
import { ROUTER_VERBS } from './router-verbs.ts';
import { getVersion, listVersions } from './router-versions.ts';
import { getRouter, patchRouter, type RouterRequest, removeRouter } from './routers.ts';

const PATH = /^(?:routers\/)?([^/]+)(?:\/(versions)(?:\/([^/]+))?)?$/;

/** What stands behind `/router/v1/routers`, decoded; empty for the list itself. */
export interface RouterPath {
  readonly method: string;
  readonly path: string;
  /** Read only where the method has one. */
  readonly text: () => Promise<string>;
}

export function routerRequest(
  gateway: Gateway,
  by: Actor,
  request: { readonly query: RouterRequest['query']; readonly headers: Headers },
): RouterRequest {
  const { query, headers } = request;
  return { routers: gateway.routers, query, headers, by };
}

export async function serveRouter(
  gateway: Gateway,
  request: RouterRequest,
  { method, path, text }: RouterPath,
): Promise<Response> {
  const [, name = '', versions, version] = PATH.exec(path) ?? [];
  if (name === '')
    throw new GatewayError('not_found', `There is nothing at /router/v1/routers/${path}.`);
  if (method === 'POST' && versions === undefined) {
    const colon = name.lastIndexOf(':');
    if (colon === -1) throw notTaken(method, path, 'GET, PATCH or DELETE');
    const verb = verbOf(name.slice(colon + 1));
    const named = name.slice(0, colon);
    const id = request.routers.idOf(named);
    return verb({ ...request, gateway, name: named, id, text: await text() });
  }
  if (versions !== undefined) {
    if (method !== 'GET') throw notTaken(method, path, 'GET');
    return version === undefined ? listVersions(request, name) : getVersion(request, name, version);
  }
  switch (method) {
    case 'GET':
      return getRouter(request, name);
    case 'PATCH':
      return patchRouter(request, name, await text());
    case 'DELETE':
      return removeRouter(request, name);
    default:
      throw notTaken(method, path, 'GET, PATCH or DELETE');
  }
}

function verbOf(name: string) {
  const verb = ROUTER_VERBS.get(name);
  if (verb !== undefined) return verb;
  const names = [...ROUTER_VERBS.keys()];
  const near = didYouMean(name, names) || ` There are: ${names.join(', ')}.`;
  throw new GatewayError('not_found', `Routers have no ":${name.slice(0, 50)}".${near}`);
}

function notTaken(method: string, path: string, taken: string): GatewayError {
  return new GatewayError(
    'method_not_allowed',
    `/router/v1/routers/${path} takes ${taken}, not ${method}.`,
  );
}
