// StoredResponses: finished replies of the Responses wire, by key and id, for as long as the configuration says.
import { GatewayError } from '../core/errors.ts';
import { asObjects, asString, type Json, type JsonObject } from '../lib/json.ts';
import type { KeptStore } from '../state/kept-store.ts';

/** A look-up may take so long: without the answer the request cannot go on. */
const LOOKUP_MS = 2000;
/** A deletion is answered when it is in the database, or after this time, or at once where that is failing: nobody finds it any more in any case. */
const DELETE_MS = 1000;
/** Under which the owner of an id is noted. No key has this id. */
const OWNERS = '';

/** One answer and the request it answers. */
export interface StoredResponse {
  /** As the caller got it, without what the gateway added. */
  readonly response: JsonObject;
  /** What the request brought of its own. */
  readonly input: readonly JsonObject[];
  readonly previous: string | null;
  /** Who answered, with which of its keys. */
  readonly provider: string;
  readonly key: string | null;
  /** The provider speaks this wire and has the response too, under the same id. */
  readonly storedThere: boolean;
  /** A field of the request that means something only its provider has. */
  readonly held: string | null;
}

export class StoredResponses {
  readonly #kept: KeptStore;

  constructor(kept: KeptStore) {
    this.#kept = kept;
  }

  /** Never throws, never waits. */
  keep(tenant: string, stored: StoredResponse): void {
    const id = asString(stored.response.id);
    if (id === undefined || id === '') return;
    this.#kept.put(tenant, 'response', id, {
      ...stored,
      response: stored.response as Json,
      input: stored.input as Json[],
    });
    // What a provider has is everybody's who has its id and is let through to it: another key's is not.
    if (stored.storedThere) this.#kept.put(OWNERS, 'response', id, { tenant });
  }

  /** As `keep`, of a response that is written already and that nobody else has. @param text with this id */
  keepText(tenant: string, id: string, text: string, more: Omit<StoredResponse, 'response'>): void {
    const rest = JSON.stringify(more);
    this.#kept.putText(tenant, 'response', id, `{"response":${text},${rest.slice(1)}`);
  }

  /** Rejects with `storage_unavailable` where neither memory nor the database can say. */
  async find(tenant: string, id: string): Promise<StoredResponse | null> {
    return (await this.findAll(tenant, new Set([id]))).get(id) ?? null;
  }

  /** Those of these that are there, by id. */
  async findAll(
    tenant: string,
    ids: ReadonlySet<string>,
  ): Promise<ReadonlyMap<string, StoredResponse>> {
    const stored = new Map<string, StoredResponse>();
    for (const [id, value] of await this.#lookAll(tenant, ids)) stored.set(id, fromKept(value));
    return stored;
  }

  /** True where another key has a response of this id. */
  async isAnothers(tenant: string, id: string): Promise<boolean> {
    const owner = (await this.#lookAll(OWNERS, new Set([id]))).get(id);
    return owner !== undefined && owner.tenant !== tenant;
  }

  /** Gone for everybody, at once. */
  async remove(tenant: string, id: string): Promise<void> {
    this.#kept.remove(tenant, 'response', id);
    if (!this.#kept.isFailing) await this.#kept.flush(DELETE_MS);
  }

  /** From memory, and in one look-up what memory does not know. */
  async #lookAll(
    tenant: string,
    ids: ReadonlySet<string>,
  ): Promise<ReadonlyMap<string, JsonObject>> {
    const known = new Map<string, JsonObject>();
    const unknown: string[] = [];
    for (const id of ids) {
      const value = this.#kept.peek(tenant, 'response', id);
      if (value === undefined) unknown.push(id);
      else if (value !== null) known.set(id, value);
    }
    if (unknown.length === 0) return known;
    const found = await this.#kept.find(tenant, 'response', unknown, LOOKUP_MS);
    // That there is none cannot be said then: a client would take it for deleted.
    if (found === null)
      throw new GatewayError(
        'storage_unavailable',
        'Stored responses cannot be read now, so those this request names could not be looked up. Try again in a moment.',
      );
    for (const [id, value] of found) known.set(id, value);
    return known;
  }
}

function fromKept(value: JsonObject): StoredResponse {
  const response = value.response as JsonObject;
  return {
    response,
    input: asObjects(value.input),
    previous: asString(value.previous) ?? null,
    provider: asString(value.provider) ?? '',
    key: asString(value.key) ?? null,
    storedThere: value.storedThere === true,
    held: asString(value.held) ?? null,
  };
}

/** In the words of the wire's maker, so that its clients know what happened. */
export function previousNotFound(id: string): GatewayError {
  return new GatewayError(
    'previous_response_not_found',
    `Previous response with id '${id}' not found.`,
    { param: 'previous_response_id' },
  );
}
