// Replies of the operator's surface: plain JSON, errors in OpenAI's shape.
import type { Context } from 'hono';
import type { Actor } from '../core/actor.ts';
import { invalid, toGatewayError } from '../core/errors.ts';
import type { KeyRecord } from '../core/key.ts';
import { DIALECTS } from '../dialects/index.ts';
import { causeOf } from '../gateway/cause-of.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { asObject } from '../lib/json.ts';
import { authenticate, requireAdmin } from '../limits/keys/authenticate.ts';
import { actorOf } from './acting.ts';

type Handler = (key: KeyRecord, actor: Actor) => Promise<Response> | Response;

/** Runs a handler for an admin key; whatever it throws becomes an error reply. What changes something hands the actor on to the audit trail. */
export function forAdmin(c: Context, gateway: Gateway, handler: Handler): Promise<Response> {
  return forKey(c, gateway, (key, actor) => {
    requireAdmin(key);
    return handler(key, actor);
  });
}

/** The same for any key: the handler looks to what it may do. */
export async function forKey(c: Context, gateway: Gateway, handler: Handler): Promise<Response> {
  try {
    const key = authenticate(c.req.raw.headers, gateway.keys);
    return await handler(key, actorOf(c, key));
  } catch (thrown) {
    const error = toGatewayError(thrown);
    const id = Bun.randomUUIDv7();
    const headers = { 'x-generation-id': id };
    if (error.code === 'internal')
      gateway.log('error', 'request failed', { id, path: c.req.path, cause: causeOf(error) });
    const { status, body } = DIALECTS['openai-chat'].encodeError(error, null);
    const { problems } = error.details;
    const told =
      problems === undefined ? body : { error: { ...asObject(body.error), details: problems } };
    return Response.json(told, { status, headers });
  }
}

/** The query's parameters. Throws `invalid_request` where one stands there twice: which of them is meant? */
export function queryOf(c: Context): { readonly [name: string]: string } {
  const query: { [name: string]: string } = {};
  for (const [name, values] of Object.entries(c.req.queries())) {
    if (values.length > 1) throw invalid(name, 'must stand in the query only once');
    query[name] = values[0] ?? '';
  }
  return query;
}
