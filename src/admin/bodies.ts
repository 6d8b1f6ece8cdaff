// /router/v1/logs/{id}/bodies: what was kept of a request and its reply, for as long as it is; and deleting it, also by user.
import type { Found } from '../bodies/bodies.ts';
import type { KeptBody } from '../bodies/kept-bodies.ts';
import { GatewayError, invalid } from '../core/errors.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { type Json, type JsonObject, parseJson } from '../lib/json.ts';
import { SseParser } from '../lib/sse.ts';

export async function getBodies(gateway: Gateway, id: string): Promise<Response> {
  return Response.json(toldBodies(id, await gateway.bodies.read(id)));
}

/** Throws `not_found`, with why there are none. */
export function toldBodies(id: string, found: Found): JsonObject {
  if (found.state !== 'found') throw new GatewayError('not_found', WHY[found.state](id));
  const { request, reply, redacted, sealed } = found.bodies;
  return {
    id,
    request: request && told(request),
    reply: reply && told(reply),
    redacted,
    sealed,
    truncated: request?.cut === true || reply?.cut === true,
  };
}

export async function removeBodies(gateway: Gateway, id: string): Promise<Response> {
  return Response.json({ id, deleted: (await gateway.bodies.remove(id)) > 0 });
}

/** Everything a user said and was told; the log's rows keep their figures. */
export async function removeBodiesOf(
  gateway: Gateway,
  { user }: { readonly [name: string]: string | undefined },
): Promise<Response> {
  if (user === undefined || user === '')
    throw invalid('user', 'is missing: name whose bodies are to be deleted');
  return Response.json({ user, deleted: await gateway.bodies.removeUser(user) });
}

const WHY = {
  absent: (id: string) =>
    `There are no bodies of "${id}": they are kept only where the configuration (log.bodies.keep), the key or the router asks for it.`,
  expired: (id: string) => `The bodies of "${id}" are older than log.bodies.retention.`,
  shed: (id: string) =>
    `The bodies of "${id}" were to be kept and had to be given up: the gateway's own log says why.`,
} as const;

/** JSON as JSON, a stream as the data of its events, anything else as text. */
function told({ type, size, text, cut }: KeptBody): JsonObject {
  const about = { content_type: type, size, truncated: cut };
  if (text === null) return about;
  if (type.startsWith('text/event-stream')) {
    const frames = new SseParser(Number.POSITIVE_INFINITY);
    const events = [...frames.push(text), ...frames.push('\n\n')].map(
      ({ data }): Json => parseJson(data) ?? data,
    );
    return { ...about, events };
  }
  const json = parseJson(text);
  return json === undefined ? { ...about, text } : { ...about, json };
}
