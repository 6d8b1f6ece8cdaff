// Replies of the operator's surface: plain JSON, errors in OpenAI's shape.
import type { Context } from 'hono';
import { toGatewayError } from '../core/errors.ts';
import type { KeyRecord } from '../core/key.ts';
import { DIALECTS } from '../dialects/index.ts';
import type { Gateway } from '../gateway/build.ts';
import { asObject } from '../lib/json.ts';
import { authenticate, requireAdmin } from '../limits/authenticate.ts';

/** Runs a handler for an admin key; whatever it throws becomes an error reply. */
export async function forAdmin(
  c: Context,
  gateway: Gateway,
  handler: (key: KeyRecord) => Promise<Response> | Response,
): Promise<Response> {
  try {
    const key = authenticate(c.req.raw.headers, gateway.keys);
    requireAdmin(key);
    return await handler(key);
  } catch (thrown) {
    const error = toGatewayError(thrown);
    const { status, body } = DIALECTS['openai-chat'].encodeError(error, null);
    const { problems } = error.details;
    if (problems === undefined) return Response.json(body, { status });
    return Response.json({ error: { ...asObject(body.error), details: problems } }, { status });
  }
}
