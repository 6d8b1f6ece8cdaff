// /router/v1/explain and /router/v1/routers/{id}:explain: what would become of a request, calling nobody.
import { type GatewayError, invalid } from '../core/errors.ts';
import { EVERY_ACCESS } from '../core/key.ts';
import { explain } from '../gateway/explain.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { Inbound } from '../gateway/inbound.ts';
import type { Snapshot } from '../gateway/snapshot.ts';
import { lookedAt } from '../gateway/with-past.ts';
import { Abort } from '../lib/abort.ts';
import { isObject, type JsonObject } from '../lib/json.ts';
import { compileDraft } from './draft.ts';
import { objectIn } from './object-in.ts';

/** A request's plan: of its own `model`, of a saved router, or of a draft that is not saved: `{draft, request}`. */
export async function explainRequest(
  gateway: Gateway,
  asking: { readonly routerId: string | null; readonly by: string | null },
  text: string,
  headers: Headers,
): Promise<Response> {
  const body = objectIn(text);
  const { body: request, snapshot } = askedOf(body, asking.routerId, gateway.snapshot());
  const id = headers.get('x-generation-id') ?? Bun.randomUUIDv7();
  const about = { body: request, headers, key: EVERY_ACCESS, id };
  const from = {
    tenant: asking.by ?? '',
    maxBytes: snapshot.maxBodyBytes,
    abort: new Abort<GatewayError>(),
  };
  const pastOf = (inbound: Inbound) => lookedAt(inbound, from, gateway, snapshot);
  return Response.json(await explain(about, snapshot, gateway.live, pastOf));
}

function askedOf(
  body: JsonObject,
  routerId: string | null,
  snapshot: Snapshot,
): { readonly body: JsonObject; readonly snapshot: Snapshot } {
  if (body.draft !== undefined) {
    if (!isObject(body.request)) throw invalid('request', 'must be a chat request, as an object');
    const compiled = compileDraft(body.draft, routerId);
    const routers = new Map([...snapshot.routers, [compiled.id, compiled]]);
    return {
      body: { ...body.request, model: `router/${compiled.id}` },
      snapshot: { ...snapshot, routers },
    };
  }
  return {
    body: routerId === null ? body : { ...body, model: `router/${routerId}` },
    snapshot,
  };
}
