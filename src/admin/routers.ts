// /router/v1/routers: which model serves whom, made, listed, changed and removed.
import type { Actor } from '../core/actor.ts';
import { GatewayError, invalid } from '../core/errors.ts';
import { asString, type Json } from '../lib/json.ts';
import type { Asking, Routers } from '../routers/routers.ts';
import type { ShownRouter } from '../routers/shown-router.ts';
import { operation } from './operations.ts';
import { routerBody } from './router-body.ts';

type Query = { readonly [name: string]: string };

const PAGE_SIZE = 100;
const MAX_PAGE_SIZE = 1000;

/** Who asks for what, beside the body. */
export interface RouterRequest {
  readonly routers: Routers;
  readonly query: Query;
  readonly headers: Headers;
  readonly by: Actor;
}

/** Pages are cut by name, so that one that is made or removed meanwhile moves no other from page to page. */
export function listRouters({ routers, query }: RouterRequest): Response {
  const size = pageSize(query.page_size ?? query.pageSize);
  const token = query.page_token ?? query.pageToken ?? '';
  const after = token === '' ? '' : Buffer.from(token, 'base64url').toString('utf8');
  if (token !== '' && !/^[a-z0-9-]+ (?:config|api)$/.test(after))
    throw invalid('page_token', 'is none of ours: send the nextPageToken of the page before');
  const all = routers.list();
  const start = all.findIndex((router) => after === '' || isBehind(router, after));
  const page = start === -1 ? [] : all.slice(start, start + size);
  const last = page.at(-1);
  const more = last !== undefined && start + size < all.length;
  return Response.json({
    routers: page.map(({ resource }) => resource),
    ...(more ? { nextPageToken: Buffer.from(placeOf(last)).toString('base64url') } : {}),
  });
}

export function getRouter({ routers }: RouterRequest, name: string): Response {
  return shown(routers.get(name));
}

export async function createRouter(request: RouterRequest, text: string): Promise<Response> {
  const router = await request.routers.create(routerBody(text), { by: request.by });
  return operation(router, 'create');
}

export async function patchRouter(
  request: RouterRequest,
  name: string,
  text: string,
): Promise<Response> {
  const body = routerBody(text);
  const mask = request.query.update_mask ?? request.query.updateMask ?? null;
  const asking = askingWith(request, body.etag);
  return operation(await request.routers.patch(name, body, mask, asking), 'patch');
}

export async function removeRouter(request: RouterRequest, name: string): Promise<Response> {
  await request.routers.remove(name, askingWith(request, request.query.etag));
  return Response.json({});
}

export function shown({ resource }: ShownRouter): Response {
  const etag = asString(resource.etag);
  return Response.json(resource, etag === undefined ? {} : { headers: { etag: `"${etag}"` } });
}

/** Of a change to what is there: made only where it is still what the caller saw. */
export function askingWith({ by, headers }: RouterRequest, etag: Json | undefined): Asking {
  if (etag !== undefined && etag !== null && typeof etag !== 'string')
    throw invalid('etag', 'must be a text');
  return { by, etags: [headers.get('if-match'), etag || null] };
}

function pageSize(text: string | undefined): number {
  if (text === undefined || text === '' || text === '0') return PAGE_SIZE;
  if (!/^\d{1,9}$/.test(text))
    throw new GatewayError('invalid_request', 'page_size must be a number of routers', {
      param: 'page_size',
    });
  return Math.min(Number(text), MAX_PAGE_SIZE);
}

function placeOf({ id, origin }: ShownRouter): string {
  return `${id} ${origin}`;
}

/** In the order of the list: by name, the configuration's before the API's. */
function isBehind({ id, origin }: ShownRouter, place: string): boolean {
  const [lastId = '', lastOrigin = ''] = place.split(' ');
  return id === lastId ? origin < lastOrigin : id > lastId;
}
