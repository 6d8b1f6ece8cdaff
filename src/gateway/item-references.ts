// References to items of earlier answers, by which clients that leave storing to the API (the AI SDK does unasked) give a
// conversation back. Those of answers this gateway made are put in; a provider's own only that provider knows.
import { GatewayError } from '../core/errors.ts';
import { isReference, responseIdOf, withItems } from '../dialects/openai-responses/references.ts';
import type { Abort } from '../lib/abort.ts';
import { asObjects, asString, type Json, type JsonObject } from '../lib/json.ts';
import { type Inbound, restated } from './inbound.ts';
import type { StoredResponses } from './stored-responses.ts';

/**
 * The request with the items themselves; at once where it refers to none. Rejects with `invalid_request` where one of ours
 * is not there, or not any more.
 */
export function withReferencedItems(
  inbound: Inbound,
  stored: Pick<StoredResponses, 'findAll'>,
  tenant: string,
  abort: Abort<GatewayError>,
): Inbound | Promise<Inbound> {
  const { dialect, body } = inbound;
  if (dialect.id !== 'openai-responses' || !Array.isArray(body.input)) return inbound;
  const references = referencesIn(body.input);
  return references.length === 0
    ? inbound
    : withItemsOf(inbound, references, stored, tenant, abort);
}

async function withItemsOf(
  inbound: Inbound,
  references: readonly Reference[],
  stored: Pick<StoredResponses, 'findAll'>,
  tenant: string,
  abort: Abort<GatewayError>,
): Promise<Inbound> {
  const answers = new Set(references.map(({ response }) => response));
  const known = await abort.until(stored.findAll(tenant, answers));
  const found = new Map<number, JsonObject>();
  for (const { at, id, response } of references) {
    const { output } = known.get(response)?.response ?? {};
    const referenced = asObjects(output).find((item) => item.id === id);
    if (referenced === undefined) throw notFound(at, id);
    found.set(at, referenced);
  }
  return restated(inbound, withItems(inbound.text, found));
}

interface Reference {
  /** Where it stands in the input. */
  readonly at: number;
  readonly id: string;
  /** The answer of ours that the item is in. */
  readonly response: string;
}

function referencesIn(input: readonly Json[]): readonly Reference[] {
  const references: Reference[] = [];
  for (const [at, item] of input.entries()) {
    const id = isReference(item) ? asString(item.id) : undefined;
    const response = id === undefined ? null : responseIdOf(id);
    if (id !== undefined && response !== null) references.push({ at, id, response });
  }
  return references;
}

function notFound(at: number, id: string): GatewayError {
  return new GatewayError(
    'invalid_request',
    `input[${at}]: the item '${id}' is not kept here, or no longer. Send the item itself, as clients do with "store": false.`,
    { param: `input[${at}]` },
  );
}
