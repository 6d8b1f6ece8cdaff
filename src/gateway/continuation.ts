// Continuation: a request that names an earlier response instead of bringing its conversation. The provider that stored it
// gets the name, everybody else the conversation itself.
import type { DialectId } from '../core/dialect.ts';
import { GatewayError } from '../core/errors.ts';
import type { ProviderKey } from '../core/plan.ts';
import { asInput, withConversation } from '../dialects/openai-responses/stored-items.ts';
import type { Abort } from '../lib/abort.ts';
import { asObjects, type Json, type JsonObject } from '../lib/json.ts';
import { type Inbound, restated } from './inbound.ts';
import { previousNotFound, type StoredResponse, type StoredResponses } from './stored-responses.ts';

/** So many answers may stand before a request, and so many bytes: both as one request that brought them all would have. */
const MAX_CHAIN = 1000;

export interface ContinuedFrom {
  readonly tenant: string;
  readonly id: string;
  readonly maxBytes: number;
  /** Nobody waits for a look-up after it. */
  readonly abort: Abort<GatewayError>;
}

/** Who is asked. */
interface Asked {
  readonly wire: DialectId;
  readonly provider: string;
  readonly key: ProviderKey | null;
}

type Stored = Pick<StoredResponses, 'find' | 'isAnothers'>;

export class Continuation {
  readonly #stored: Stored;
  readonly #from: ContinuedFrom;
  #latest: Promise<StoredResponse | null> | null = null;
  /** The provider that stored it said that it knows it no longer. */
  #forgotten = false;
  #chain: Promise<readonly StoredResponse[]> | null = null;

  constructor(stored: Stored, from: ContinuedFrom) {
    this.#stored = stored;
    this.#from = from;
  }

  /** The request as this one is asked. Throws `previous_response_not_found`, `unsupported_feature`, `request_too_large` or `storage_unavailable`. */
  async requestFor(inbound: Inbound, asked: Asked): Promise<Inbound> {
    const same = asked.wire === inbound.dialect.id;
    const latest = await this.#look();
    if (latest === null) {
      const { tenant, id, abort } = this.#from;
      // It may be there from before this gateway; another key's is not.
      if (same && !(await abort.until(this.#stored.isAnothers(tenant, id)))) return inbound;
      throw previousNotFound(id);
    }
    const { storedThere, provider, key } = latest;
    const there =
      storedThere &&
      !this.#forgotten &&
      provider === asked.provider &&
      key === (asked.key?.label ?? null);
    return same && there ? inbound : this.#whole(inbound, asked);
  }

  /**
   * The conversation before, as items of its own wire; null where it is not here, or not whole. Rejects with the reason of
   * the abort.
   */
  async past(): Promise<readonly JsonObject[] | null> {
    try {
      return itemsOf(await this.#loaded(), 'same', null);
    } catch (thrown) {
      const { reason } = this.#from.abort;
      if (reason !== null) throw reason;
      if (thrown instanceof GatewayError) return null;
      throw thrown;
    }
  }

  /** True where the provider's refusal is of the name alone, and the conversation is here: asked again, it gets that. */
  async mayRetry(refusal: unknown): Promise<boolean> {
    if (this.#forgotten || !refusesPrevious(refusal)) return false;
    this.#forgotten = true;
    return (await this.#look()) !== null;
  }

  #look(): Promise<StoredResponse | null> {
    this.#latest ??= this.#find(this.#from.id);
    return this.#latest;
  }

  #find(id: string): Promise<StoredResponse | null> {
    const { tenant, abort } = this.#from;
    return abort.until(this.#stored.find(tenant, id));
  }

  /** The request with the whole conversation in it. */
  async #whole(inbound: Inbound, asked: Asked): Promise<Inbound> {
    const wire = asked.wire === inbound.dialect.id ? 'same' : 'other';
    const before = dressedPast(itemsOf(await this.#loaded(), wire, asked.provider), inbound);
    const restatement = withConversation(inbound.text, inbound.body, before);
    if (restatement.text.length > this.#from.maxBytes) throw tooLarge(this.#from.maxBytes);
    return restated(inbound, restatement);
  }

  #loaded(): Promise<readonly StoredResponse[]> {
    this.#chain ??= this.#load();
    return this.#chain;
  }

  /** Oldest first. */
  async #load(): Promise<readonly StoredResponse[]> {
    const { id, maxBytes } = this.#from;
    const chain: StoredResponse[] = [];
    let chars = 0;
    for (let next: string | null = id; next !== null; ) {
      const stored: StoredResponse | null =
        next === id ? await this.#look() : await this.#find(next);
      if (stored === null) throw previousNotFound(next);
      if (stored.held !== null) throw heldElsewhere(next, stored.held);
      if (chain.length === MAX_CHAIN) throw tooLong();
      chain.push(stored);
      chars += JSON.stringify([stored.input, stored.response.output]).length;
      if (chars > maxBytes) throw tooLarge(maxBytes);
      next = stored.previous;
    }
    return chain.reverse();
  }
}

/** @param provider who is to read them */
function itemsOf(
  chain: readonly StoredResponse[],
  wire: 'same' | 'other',
  provider: string | null,
): readonly JsonObject[] {
  return chain.flatMap((stored) => {
    const maker = stored.provider === provider;
    const output = asInput(asObjects(stored.response.output), wire, maker);
    return [...asInput(stored.input, wire, maker), ...output];
  });
}

/** What callers wrote is kept as they wrote it: the router that serves now puts its own words before it. */
function dressedPast(
  before: readonly JsonObject[],
  { dialect, dressing }: Inbound,
): readonly JsonObject[] {
  if (dressing === undefined) return before;
  const past: JsonObject = { input: before as Json[] };
  // Its instructions and settings are in the request itself.
  const itemsOnly = { ...dressing, generation: {}, search: {} };
  return asObjects(dialect.dress(JSON.stringify(past), past, itemsOnly).body.input);
}

/** Servers on this wire that store nothing, or no longer, name the field or have a code for it. */
function refusesPrevious(thrown: unknown): boolean {
  if (!(thrown instanceof GatewayError) || thrown.details.upstreamStatus === undefined)
    return false;
  const { upstreamCode, param } = thrown.details;
  return upstreamCode === 'previous_response_not_found' || param === 'previous_response_id';
}

function heldElsewhere(id: string, field: string): GatewayError {
  return new GatewayError(
    'unsupported_feature',
    `The response '${id}' was made with "${field}", which only its provider has, so no other model can go on from it. Ask that provider's model, or send the conversation itself.`,
    { param: 'previous_response_id' },
  );
}

function tooLong(): GatewayError {
  return new GatewayError(
    'invalid_request',
    `More than ${MAX_CHAIN} responses stand before this one. Send the conversation itself, or begin a new one.`,
    { param: 'previous_response_id' },
  );
}

function tooLarge(maxBytes: number): GatewayError {
  const megabytes = Math.round((maxBytes / 1024 ** 2) * 10) / 10;
  return new GatewayError(
    'request_too_large',
    `With the conversation that stands before it the request is larger than this gateway's limit of ${megabytes} MB. Begin a new one, or raise server.max_body in the configuration.`,
    { param: 'previous_response_id' },
  );
}
