// What becomes of a finished reply on the wire whose replies can be asked for again and gone on from.
import type { ReplyContext } from '../core/dialect.ts';
import { ownInstructions, retold } from '../dialects/openai-responses/own-instructions.ts';
import {
  heldField,
  inputItems,
  isStored,
  previousOf,
} from '../dialects/openai-responses/stored-items.ts';
import type { Json, JsonObject } from '../lib/json.ts';
import { spliceObject } from '../lib/json-splice.ts';
import type { Answered } from './attempt.ts';
import { Continuation, type ContinuedFrom } from './continuation.ts';
import type { Inbound } from './inbound.ts';
import type { Recording } from './recording.ts';
import type { StoredResponse, StoredResponses } from './stored-responses.ts';

const WIRE = 'openai-responses';

/** Of a reply that was made for another: every caller has one of their own, which nobody but the gateway has. */
export interface RecalledKeeper {
  /** Told of the reply as the caller got it. */
  readonly keep: (response: JsonObject) => void;
  /** The same of one that is written already. */
  readonly keepText: (response: string) => void;
}

/** Null where nothing is to be kept. */
export function recalledKeeperOf(
  { dialect, body }: Inbound,
  recording: Recording,
  stored: StoredResponses,
  tenant: string,
): RecalledKeeper | null {
  const provider = recording.recall?.provider;
  if (provider === undefined || dialect.id !== WIRE || !isStored(body)) return null;
  const more = { ...keptOf(body), provider, key: null, storedThere: false };
  const id = dialect.idPrefix + recording.start.id;
  return {
    keep: (response) => stored.keep(tenant, { response: { ...response, id }, ...more }),
    keepText: (response) => stored.keepText(tenant, id, response, more),
  };
}

/** What of a request goes with its reply. */
function keptOf(body: JsonObject): Pick<StoredResponse, 'input' | 'previous' | 'held'> {
  return { input: inputItems(body), previous: previousOf(body), held: heldField(body) };
}

/** Told of the reply as the caller got it; undefined where nothing is to be kept. */
export function keeperOf(
  { dialect, body }: Inbound,
  answered: Pick<Answered, 'dialect' | 'verbatim'>,
  recording: Recording,
  stored: StoredResponses,
  tenant: string,
): ReplyContext['keep'] {
  const begun = recording.current;
  if (begun === null || dialect.id !== WIRE || !isStored(body)) return undefined;
  const asked = keptOf(body);
  return (response: JsonObject) => {
    const ended = recording.current ?? begun;
    // The thoughts in it are of whoever said the first of what its caller got.
    const attempt = recording.resumed ? begun : ended;
    stored.keep(tenant, {
      response,
      ...asked,
      provider: attempt.candidate.configured.provider.id,
      key: attempt.key?.label ?? null,
      // Servers that store nothing say so.
      storedThere:
        answered.dialect.id === WIRE &&
        answered.verbatim &&
        // One that was gone on with elsewhere, or begun anew under its id, is nowhere but here.
        ended === begun &&
        response.store !== false,
    });
  };
}

/**
 * A provider's own reply to a request that was sent in other words than the caller's: to one with its conversation in full, it
 * says what the caller went on from, and to one a router put words to, it repeats only the caller's.
 */
export function asAsked(
  { text, body }: { readonly text: string; readonly body: JsonObject },
  { continuation, body: request }: Inbound,
  { ownInstructions: own }: Pick<ReplyContext, 'ownInstructions'>,
): { readonly text: string; readonly body: JsonObject } {
  const set = retold(body, own);
  const previous = continuation === undefined ? null : previousOf(request);
  if (previous !== null && body.previous_response_id !== previous)
    set.set('previous_response_id', JSON.stringify(previous));
  if (set.size === 0) return { text, body };
  const members = [...set].map(([name, raw]) => [name, JSON.parse(raw) as Json]);
  return { text: spliceObject(text, { set }), body: { ...body, ...Object.fromEntries(members) } };
}

/** For the context of a reply: what its wire repeats of the request, where that is not what the caller wrote. */
export function notSentAsAsked(
  { dialect, body: sent }: Inbound,
  asked: JsonObject,
): Pick<ReplyContext, 'ownInstructions'> {
  if (dialect.id !== WIRE || sent === asked) return {};
  const own = ownInstructions(asked, sent);
  return own === undefined ? {} : { ownInstructions: own };
}

/** The earlier response a request goes on from; undefined where it brings its whole conversation. */
export function continuationOf(
  { dialect, body }: Inbound,
  stored: StoredResponses,
  from: Omit<ContinuedFrom, 'id'>,
): Continuation | undefined {
  const id = dialect.id === WIRE ? previousOf(body) : null;
  return id === null ? undefined : new Continuation(stored, { ...from, id });
}
