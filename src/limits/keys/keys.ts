// Virtual keys: kept in the database or the configuration, checked in memory. A request costs one hash and one look-up, never the disk.
import type { Database } from 'bun:sqlite';
import { randomUUIDv7 } from 'bun';
import type { ConfiguredKey } from '../../config/keys-schema.ts';
import type { Actor } from '../../core/actor.ts';
import type { KeyCheck, KeyRecord } from '../../core/key.ts';
import { newSecret, secretHash, shownPrefix } from '../../core/key-secret.ts';
import type { Log } from '../../lib/log.ts';
import { type Followed, followRevision } from '../../store/follow-revision.ts';
import type { Store } from '../../store/open-store.ts';
import { type ConfiguredKeys, configuredKeys, keyIsConfigured } from './configured-keys.ts';
import {
  adminRecord,
  checkKey,
  type KeyPatch,
  type NewKey,
  patched,
  plainRecord,
} from './key-record.ts';
import { type KeyTable, type Opening, type ReplacedSecret, readKeyTable } from './key-table.ts';
import { insertKey, removeKey, replaceSecret, revokeReplaced, updateKey } from './write-key.ts';

export interface NewSecret {
  readonly record: KeyRecord;
  /** Here and nowhere else. */
  readonly secret: string;
}

/** Every method that changes something rejects with `storage_unavailable`, and with `read_only` for a key of the configuration. */
export interface Keys {
  /** Compares hashes only, so the time it takes says nothing about any secret. */
  authenticate(secret: string): KeyCheck;
  /** The configuration's in its order, then those of the database as it has them now, oldest first; without the operator's own admin key. */
  list(): readonly KeyRecord[];
  get(id: string): KeyRecord | null;
  /** As last read: never touches the database, never throws. */
  known(id: string): KeyRecord | null;
  /** The secrets that still open a key beside its newest, oldest first. */
  replaced(id: string): readonly ReplacedSecret[];
  /** Rejects with `invalid_request` too. */
  create(input: NewKey, by: Actor): Promise<NewSecret>;
  /** Null: no such key. Rejects with `invalid_request` too. */
  update(id: string, patch: KeyPatch, by: Actor): Promise<KeyRecord | null>;
  /** A new secret; those before it open the key until the overlap is over. Null: no such key. Rejects with `invalid_request` too. */
  rotate(id: string, overlapMs: number, by: Actor): Promise<NewSecret | null>;
  /** Only the newest secret opens it from now on. Null: no such key. */
  revokeReplaced(id: string, by: Actor): Promise<KeyRecord | null>;
  /** False: no such key. */
  remove(id: string, by: Actor): Promise<boolean>;
  close(): void;
}

export interface KeysOptions {
  /** The operator's own admin key (`bootstrapAdminKey`); null: only virtual keys count. */
  readonly adminKey: string | null;
  /** Those of the configuration that is in force; the same list as long as it is the same configuration. */
  readonly configured?: () => readonly ConfiguredKey[];
  readonly log?: Log;
  /** Unix milliseconds. */
  readonly now?: () => number;
  readonly newId?: () => string;
  readonly random?: (bytes: number) => Uint8Array;
  readonly pollMs?: number;
  /** Removes, in the transaction in which a key goes, what there is for it alone; with its entries in the audit trail. */
  readonly removeWith?: RemoveWith;
}

type RemoveWith = (sqlite: Database, keyId: string, by: Actor, now: number) => void;

/** A secret that is replaced is meant to go. */
export const MAX_OVERLAP_MS = 90 * 86_400_000;

/** The configuration has none. */
export const NO_KEYS: readonly ConfiguredKey[] = [];

/** Throws `storage_unavailable` where the keys cannot be read even once. */
export function openKeys(store: Store, options: KeysOptions): Keys {
  return new AllKeys(store, options);
}

class AllKeys implements Keys {
  readonly #store: Store;
  readonly #options: KeysOptions;
  readonly #now: () => number;
  readonly #admin: { readonly hash: string; readonly opening: Opening } | null;
  readonly #table: Followed<KeyTable>;

  constructor(store: Store, options: KeysOptions) {
    this.#store = store;
    this.#options = options;
    this.#now = options.now ?? Date.now;
    const { adminKey, log, pollMs } = options;
    this.#admin =
      adminKey === null
        ? null
        : {
            hash: secretHash(adminKey),
            opening: { key: adminRecord(adminKey, this.#now()), validUntil: null },
          };
    this.#table = followRevision(store, 'virtual_keys', readKeyTable, {
      what: 'Keys',
      log,
      pollMs,
    });
  }

  authenticate(secret: string): KeyCheck {
    const hash = secretHash(secret);
    if (hash === this.#admin?.hash) return { state: 'valid', key: this.#admin.opening.key };
    const configured = this.#configured().byHash.get(hash);
    const opening =
      configured === undefined
        ? this.#table.current().byHash.get(hash)
        : { key: configured, validUntil: null };
    if (opening === undefined) return { state: 'unknown' };
    return { state: stateOf(opening, this.#now()), key: opening.key };
  }

  list(): readonly KeyRecord[] {
    const stored = [...this.#table.latest().byId.values()].map(({ record }) => record);
    return [...this.#configured().records, ...stored.sort(byAge)];
  }

  get(id: string): KeyRecord | null {
    return this.#configured().byId.get(id) ?? this.#table.latest().byId.get(id)?.record ?? null;
  }

  known(id: string): KeyRecord | null {
    return this.#configured().byId.get(id) ?? this.#table.current().byId.get(id)?.record ?? null;
  }

  replaced(id: string): readonly ReplacedSecret[] {
    const now = this.#now();
    const all = this.#table.current().byId.get(id)?.replaced ?? [];
    return all.filter(({ validUntil }) => validUntil > now);
  }

  async create(input: NewKey, by: Actor): Promise<NewSecret> {
    checkKey(input);
    const secret = this.#newSecret();
    const now = this.#now();
    const plain = plainRecord({
      id: (this.#options.newId ?? newKeyId)(),
      name: input.name,
      role: input.role,
      origin: 'api',
      prefix: shownPrefix(secret),
      createdAt: now,
    });
    const record = patched(plain, input, now);
    await this.#write(record.id, (sqlite) =>
      insertKey(sqlite, record, secretHash(secret), by, now),
    );
    return { record, secret };
  }

  async update(id: string, patch: KeyPatch, by: Actor): Promise<KeyRecord | null> {
    checkKey(patch);
    const now = this.#now();
    // Read and written in one transaction: two patches of different fields both hold.
    return this.#write(id, (sqlite) =>
      updateKey(sqlite, id, (key) => patched(key, patch, now), by, now),
    );
  }

  async rotate(id: string, overlapMs: number, by: Actor): Promise<NewSecret | null> {
    const secret = this.#newSecret();
    const now = this.#now();
    const fresh = { hash: secretHash(secret), prefix: shownPrefix(secret) };
    const record = await this.#write(id, (sqlite) =>
      replaceSecret(sqlite, id, { ...fresh, oldUntil: now + overlapMs }, by, now),
    );
    return record === null ? null : { record, secret };
  }

  async revokeReplaced(id: string, by: Actor): Promise<KeyRecord | null> {
    const now = this.#now();
    return this.#write(id, (sqlite) => revokeReplaced(sqlite, id, by, now));
  }

  async remove(id: string, by: Actor): Promise<boolean> {
    const now = this.#now();
    const { removeWith } = this.#options;
    return this.#write(id, (sqlite) =>
      removeKey(sqlite, id, by, now, () => removeWith?.(sqlite, id, by, now)),
    );
  }

  close(): void {
    this.#table.close();
  }

  #configured(): ConfiguredKeys {
    return configuredKeys(this.#options.configured?.() ?? NO_KEYS);
  }

  #newSecret(): string {
    return newSecret(this.#options.random);
  }

  async #write<T>(id: string, work: (sqlite: Database) => T): Promise<T> {
    if (this.#configured().byId.has(id)) throw keyIsConfigured(id);
    const result = await this.#store.write(work);
    this.#table.catchUp();
    return result;
  }
}

function stateOf(
  { key, validUntil }: Opening,
  now: number,
): 'valid' | 'expired' | 'disabled' | 'replaced' {
  if (validUntil !== null && validUntil <= now) return 'replaced';
  if (!key.enabled) return 'disabled';
  return key.expiresAt !== null && key.expiresAt <= now ? 'expired' : 'valid';
}

function byAge(a: KeyRecord, b: KeyRecord): number {
  const age = (a.createdAt ?? 0) - (b.createdAt ?? 0);
  if (age !== 0) return age;
  return a.id < b.id ? -1 : 1;
}

function newKeyId(): string {
  return `key_${randomUUIDv7()}`;
}
