// withPast: a request together with what earlier ones of the same key left for it: the items it refers to, the response it
// goes on from, and what models thought before they called its tools.
import { withConversation } from '../dialects/openai-responses/stored-items.ts';
import { asArray } from '../lib/json.ts';
import { asksAboutRequest } from '../routing/asks-about-request.ts';
import type { ContinuedFrom } from './continuation.ts';
import type { Gateway } from './gateway.ts';
import { type Inbound, restated } from './inbound.ts';
import { withReferencedItems } from './item-references.ts';
import { continuationOf } from './keep-response.ts';
import type { Recording } from './recording.ts';
import type { Snapshot } from './snapshot.ts';
import { ThoughtMemory } from './thought-memory.ts';

/** At once where nothing has to be looked up. Rejects with what `withReferencedItems` does, or the reason of the abort. */
export function withPast(
  read: Inbound,
  from: Omit<ContinuedFrom, 'id'>,
  gateway: Pick<Gateway, 'kept' | 'responses'>,
  recording: Recording,
): Inbound | Promise<Inbound> {
  const whole = withReferencedItems(read, gateway.responses, from.tenant, from.abort);
  return whole instanceof Promise
    ? whole.then((inbound) => remembering(inbound, from, gateway, recording))
    : remembering(whole, from, gateway, recording);
}

function remembering(
  inbound: Inbound,
  from: Omit<ContinuedFrom, 'id'>,
  { kept, responses }: Pick<Gateway, 'kept' | 'responses'>,
  recording: Recording,
): Inbound {
  const { tenant } = from;
  const { dialect, body, user } = inbound;
  const thinker = { tenant, user, opening: () => dialect.openingOf(body) };
  const memory = new ThoughtMemory(kept, thinker, () => recording.mind);
  // What is thought before a call of the caller's tools is kept, for clients that drop it.
  if (asArray(body.tools).length > 0 || asArray(body.functions).length > 0) recording.watch(memory);
  const continuation = continuationOf(inbound, responses, from);
  return continuation ? { ...inbound, memory, continuation } : { ...inbound, memory };
}

/** A request that is only looked at, as routing would see it. */
export async function lookedAt(
  inbound: Inbound,
  from: Omit<ContinuedFrom, 'id'>,
  { responses }: Pick<Gateway, 'responses'>,
  known: Pick<Snapshot, 'routers' | 'providers' | 'aliases'>,
): Promise<Inbound> {
  const continuation = continuationOf(inbound, responses, from);
  return continuation === undefined ? inbound : asRouted({ ...inbound, continuation }, known);
}

/** The request as routing sees it: with the conversation it goes on from, where a plan asks what it says and that is known. */
export function asRouted(
  inbound: Inbound,
  known: Pick<Snapshot, 'routers' | 'providers' | 'aliases'>,
): Inbound | Promise<Inbound> {
  const { continuation, model } = inbound;
  if (continuation === undefined || !asksAboutRequest(model, known)) return inbound;
  return continuation
    .past()
    .then((before) =>
      before === null
        ? inbound
        : restated(inbound, withConversation(inbound.text, inbound.body, before)),
    );
}
