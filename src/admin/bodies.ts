// /router/v1/logs/{id}/bodies: what was kept of a request and its reply, for as long as it is; and deleting it, also by user.
import type { Found } from '../bodies/bodies.ts';
import type { KeptBody } from '../bodies/kept-bodies.ts';
import type { Actor } from '../core/actor.ts';
import { GatewayError, invalid } from '../core/errors.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { type Json, type JsonObject, parseJson } from '../lib/json.ts';
import { SseParser } from '../lib/sse.ts';

/** That somebody looked at a prompt is written down before it is shown. */
export async function getBodies(gateway: Gateway, id: string, by: Actor): Promise<Response> {
  const told = toldBodies(id, await gateway.bodies.read(id));
  await gateway.audit.write({ by, action: 'bodies.read', target: id, before: null, after: null });
  return Response.json(told);
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

export async function removeBodies(gateway: Gateway, id: string, by: Actor): Promise<Response> {
  const deleted = await gateway.audit.before(
    { by, action: 'bodies.delete', target: id, before: null, after: null },
    () => gateway.bodies.remove(id),
  );
  return Response.json({ id, deleted: deleted > 0 });
}

/** Everything a user said and was told; the log's rows keep their figures. */
export async function removeBodiesOf(
  gateway: Gateway,
  { user }: { readonly [name: string]: string | undefined },
  by: Actor,
): Promise<Response> {
  if (user === undefined || user === '')
    throw invalid('user', 'is missing: name whose bodies are to be deleted');
  const deleted = await gateway.audit.before(
    { by, action: 'bodies.delete_user', target: user, before: null, after: null },
    () => gateway.bodies.removeUser(user),
  );
  return Response.json({ user, deleted });
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
