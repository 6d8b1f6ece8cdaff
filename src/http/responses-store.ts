// GET and DELETE of stored responses, and what they were asked with: each key sees its own.
import type { ChatDialect } from '../core/dialect.ts';
import { GatewayError, invalid, toGatewayError } from '../core/errors.ts';
import { listed } from '../dialects/openai-responses/stored-items.ts';
import { deleteThere } from '../gateway/delete-there.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { callersSnapshot } from '../gateway/own-keys.ts';
import type { StoredResponse } from '../gateway/stored-responses.ts';
import type { JsonObject } from '../lib/json.ts';
import { authenticate } from '../limits/keys/authenticate.ts';
import { errorReply } from './respond.ts';

/** platform.openai.com/docs/api-reference/responses/input-items */
const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 100;

interface Asked {
  readonly dialect: ChatDialect;
  readonly request: Request;
  readonly gateway: Gateway;
  readonly id: string;
}

type Stored = { readonly tenant: string; readonly stored: StoredResponse };

export function getResponse(asked: Asked): Promise<Response> {
  return answer(asked, ({ stored }) => {
    if (query(asked).get('stream') === 'true')
      throw new GatewayError(
        'unsupported_feature',
        'stream: a stored response is whole; it cannot be streamed again. Leave the parameter out.',
        { param: 'stream' },
      );
    return stored.response;
  });
}

/** Where the provider has it too, it is deleted there first: what is answered as deleted is nowhere any more. */
export function deleteResponse(asked: Asked): Promise<Response> {
  const { gateway, id, request } = asked;
  return answer(asked, async ({ tenant, stored }) => {
    const snapshot = callersSnapshot(gateway, { id: tenant }, request.headers);
    if (stored.storedThere) await deleteThere(stored, id, snapshot, request.signal);
    await gateway.responses.remove(tenant, id);
    return { id, object: 'response', deleted: true };
  });
}

export function listInputItems(asked: Asked): Promise<Response> {
  return answer(asked, ({ stored }) => page(listed(stored.input, asked.id), query(asked)));
}

/** Answers are given while their callers wait, so there is never one to cancel. */
export function cancelResponse(asked: Asked): Promise<Response> {
  return answer(asked, () => {
    throw new GatewayError(
      'invalid_request',
      'Only a response that is made in the background can be cancelled, and this gateway makes none. Close the connection of a request to end it.',
    );
  });
}

async function answer(
  { dialect, request, gateway, id }: Asked,
  work: (found: Stored) => JsonObject | Promise<JsonObject>,
): Promise<Response> {
  const headers = { 'x-generation-id': Bun.randomUUIDv7() };
  try {
    const tenant = authenticate(request.headers, gateway.keys).id;
    const stored = await gateway.responses.find(tenant, id);
    if (stored === null) throw new GatewayError('not_found', `Response with id '${id}' not found.`);
    return Response.json(await work({ tenant, stored }), { headers });
  } catch (thrown) {
    const reply = errorReply(dialect, toGatewayError(thrown), null);
    for (const [name, value] of Object.entries(headers)) reply.headers.set(name, value);
    return reply;
  }
}

/** The latest first, unless asked otherwise. */
function page(items: readonly JsonObject[], params: URLSearchParams): JsonObject {
  const limit = Number(params.get('limit') ?? DEFAULT_LIMIT);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT)
    throw invalid('limit', `must be a number from 1 to ${MAX_LIMIT}`);
  const order = params.get('order') ?? 'desc';
  if (order !== 'asc' && order !== 'desc') throw invalid('order', 'must be "asc" or "desc"');
  const ordered = order === 'asc' ? items : [...items].reverse();
  const after = params.get('after');
  const start = after === null ? 0 : ordered.findIndex(({ id }) => id === after) + 1;
  if (after !== null && start === 0) throw invalid('after', 'is no item of this response');
  const data = ordered.slice(start, start + limit);
  return {
    object: 'list',
    data: data.map((item) => ({ ...item })),
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: start + limit < ordered.length,
  };
}

function query({ request }: Asked): URLSearchParams {
  return new URL(request.url).searchParams;
}
