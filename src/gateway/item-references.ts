// References to items of earlier answers, by which clients that leave storing to the API (the AI SDK does unasked) give a
// conversation back. Those of answers this gateway made are put in; a provider's own only that provider knows.
import { GatewayError } from '../core/errors.ts';
import { isReference, responseIdOf, withItems } from '../dialects/openai-responses/references.ts';
import { asObjects, asString, type JsonObject } from '../lib/json.ts';
import type { Inbound } from './inbound.ts';
import type { StoredResponses } from './stored-responses.ts';

/** The request with the items themselves. Throws `invalid_request` where one of ours is not there, or not any more. */
export async function withReferencedItems(
  inbound: Inbound,
  stored: StoredResponses,
  tenant: string,
): Promise<Inbound> {
  if (inbound.dialect.id !== 'openai-responses' || !Array.isArray(inbound.body.input))
    return inbound;
  const found = new Map<number, JsonObject>();
  for (const [at, item] of inbound.body.input.entries()) {
    const id = isReference(item) ? asString(item.id) : undefined;
    const response = id === undefined ? null : responseIdOf(id);
    if (id === undefined || response === null) continue;
    const answer = await stored.find(tenant, response);
    const referenced = asObjects(answer?.response.output).find((output) => output.id === id);
    if (referenced === undefined) throw notFound(at, id);
    found.set(at, referenced);
  }
  if (found.size === 0) return inbound;
  const { text, body } = withItems(inbound.text, found);
  const { dialect } = inbound;
  let call: ReturnType<Inbound['call']> | undefined;
  return {
    ...inbound,
    text,
    body,
    call: () => {
      call ??= dialect.decodeCall(body);
      return call;
    },
  };
}

function notFound(at: number, id: string): GatewayError {
  return new GatewayError(
    'invalid_request',
    `input[${at}]: the item '${id}' is not kept here, or no longer. Send the item itself, as clients do with "store": false.`,
    { param: `input[${at}]` },
  );
}
