// /router/v1/routers/{id}/versions and :rollback: what a router was, and making it that again.
import { invalid } from '../core/errors.ts';
import { shownVersion } from '../routers/shown-router.ts';
import { operation } from './operations.ts';
import { routerBody } from './router-body.ts';
import { askingWith, type RouterRequest, shown } from './routers.ts';

export function listVersions({ routers }: RouterRequest, name: string): Response {
  return Response.json({ versions: routers.versions(name).map(shownVersion) });
}

export function getVersion({ routers }: RouterRequest, name: string, version: string): Response {
  return shown(routers.version(name, versionOf(version)));
}

/** The version becomes a new one, equal to the old. */
export async function rollbackRouter(
  request: RouterRequest,
  name: string,
  text: string,
): Promise<Response> {
  const body = routerBody(text);
  const version = versionOf(body.version);
  const asking = askingWith(request, body.etag);
  return operation(await request.routers.rollback(name, version, asking), 'rollback');
}

/** `3`, `"3"` or an etag, `"v3"`. */
function versionOf(given: unknown): number {
  const text = typeof given === 'number' ? String(given) : given;
  const digits = typeof text === 'string' ? /^v?([1-9]\d{0,14})$/.exec(text)?.[1] : undefined;
  if (digits === undefined) throw invalid('version', 'must be the number of a version');
  return Number(digits);
}
