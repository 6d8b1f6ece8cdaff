// Operations: what making or changing a router answers, done at once, and the same again for clients that poll for it.
import { GatewayError } from '../core/errors.ts';
import type { JsonObject } from '../lib/json.ts';
import type { RouterChange } from '../routers/router-store.ts';
import type { Routers } from '../routers/routers.ts';
import type { ShownRouter } from '../routers/shown-router.ts';

/** A router's name has no dots. */
const NAME = /^(?:operations\/)?router\.([a-z0-9-]+)\.([1-9]\d{0,14})$/;

/** The operation has a name that tells the version it made: nothing else needs to be kept of it. */
export function operation({ id, version, resource }: ShownRouter, what: RouterChange): Response {
  const body: JsonObject = {
    name: `operations/router.${id}.${version}`,
    metadata: {
      '@type': 'type.googleapis.com/switchyard.router.v1.RouterOperation',
      router: `routers/${id}`,
      version,
      what,
    },
    done: true,
    response: resource,
  };
  return Response.json(body, { headers: { etag: `"${String(resource.etag)}"` } });
}

export function getOperation(routers: Routers, name: string): Response {
  const [, id = '', version = ''] = NAME.exec(name) ?? [];
  const found = id === '' ? null : routers.versionMade(id, Number(version));
  if (found === null)
    throw new GatewayError(
      'not_found',
      `There is no operation "${name.slice(0, 200)}". The answer to making or changing a router names its own.`,
    );
  return operation(found.shown, found.made.what);
}
