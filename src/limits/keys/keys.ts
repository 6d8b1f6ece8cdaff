// Virtual keys: kept in the database, checked in memory. A request costs one hash and one look-up, never the disk.
import type { Database } from 'bun:sqlite';
import { randomUUIDv7 } from 'bun';
import type { KeyCheck, KeyRecord } from '../../core/key.ts';
import { NO_LIMITS } from '../../core/limits.ts';
import type { Log } from '../../lib/log.ts';
import { type Followed, followRevision } from '../../store/follow-revision.ts';
import type { Store } from '../../store/open-store.ts';
import type { VirtualKeysTable } from '../../store/tables.ts';
import {
  adminRecord,
  bitOrNull,
  checkKey,
  jsonOrNull,
  type KeyPatch,
  type NewKey,
  patched,
  toRecord,
  trimmed,
} from './key-record.ts';
import { newSecret, secretHash, shownPrefix } from './secret.ts';

export interface Keys {
  /** Compares hashes only, so the time it takes says nothing about any secret. */
  authenticate(secret: string): KeyCheck;
  /** Oldest first, as the database has them now; without the operator's own admin key. */
  list(): readonly KeyRecord[];
  /** The secret is in this answer and nowhere else. Rejects with `invalid_request` or `storage_unavailable`. */
  create(input: NewKey): Promise<{ readonly record: KeyRecord; readonly secret: string }>;
  /** Null: no such key. Rejects with `invalid_request` or `storage_unavailable`. */
  update(id: string, patch: KeyPatch): Promise<KeyRecord | null>;
  /** False: no such key. Rejects with `storage_unavailable`. */
  remove(id: string): Promise<boolean>;
  close(): void;
}

export interface KeysOptions {
  /** The operator's own admin key (`bootstrapAdminKey`); null: only keys from the database count. */
  readonly adminKey: string | null;
  readonly log?: Log;
  /** Unix milliseconds. */
  readonly now?: () => number;
  readonly newId?: () => string;
  readonly random?: (bytes: number) => Uint8Array;
  readonly pollMs?: number;
}

/** Throws `storage_unavailable` where the keys cannot be read even once. */
export function openKeys(store: Store, options: KeysOptions): Keys {
  return new StoredKeys(store, options);
}

class StoredKeys implements Keys {
  readonly #store: Store;
  readonly #options: KeysOptions;
  readonly #now: () => number;
  readonly #admin: readonly [hash: string, key: KeyRecord] | null;
  readonly #byHash: Followed<ReadonlyMap<string, KeyRecord>>;

  constructor(store: Store, options: KeysOptions) {
    this.#store = store;
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#admin =
      options.adminKey === null
        ? null
        : [secretHash(options.adminKey), adminRecord(options.adminKey, this.#now())];
    const { log, pollMs } = options;
    const read = (sqlite: Database) => keysByHash(sqlite, this.#admin);
    this.#byHash = followRevision(store, 'virtual_keys', read, { what: 'Keys', log, pollMs });
  }

  authenticate(secret: string): KeyCheck {
    const key = this.#byHash.current().get(secretHash(secret));
    if (key === undefined) return { state: 'unknown' };
    const expired = key.expiresAt !== null && key.expiresAt <= this.#now();
    return { state: expired ? 'expired' : 'valid', key };
  }

  list(): readonly KeyRecord[] {
    return [...this.#byHash.latest().values()].filter((key) => key !== this.#admin?.[1]);
  }

  async create(input: NewKey): Promise<{ readonly record: KeyRecord; readonly secret: string }> {
    checkKey(input);
    const secret = newSecret(this.#options.random);
    const now = this.#now();
    const record: KeyRecord = {
      id: (this.#options.newId ?? newKeyId)(),
      name: input.name.trim(),
      role: input.role,
      prefix: shownPrefix(secret),
      allowedModels: trimmed(input.allowedModels ?? null),
      allowedRouters: null,
      enabled: true,
      limits: NO_LIMITS,
      userLimits: NO_LIMITS,
      labels: {},
      expiresAt: input.expiresAt ?? null,
      metadata: input.metadata ?? null,
      logBodies: input.logBodies ?? null,
      createdAt: now,
      updatedAt: now,
    };
    await this.#store.write((sqlite) =>
      sqlite.run(
        `INSERT INTO virtual_keys
          (id, name, role, secret_sha256, prefix, allowed_models, expires_at, metadata, log_bodies, created_at, updated_at)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        [
          record.id,
          record.name,
          record.role,
          secretHash(secret),
          record.prefix,
          jsonOrNull(record.allowedModels),
          record.expiresAt,
          jsonOrNull(record.metadata),
          bitOrNull(record.logBodies),
          now,
          now,
        ],
      ),
    );
    this.#byHash.catchUp();
    return { record, secret };
  }

  async update(id: string, patch: KeyPatch): Promise<KeyRecord | null> {
    checkKey(patch);
    const now = this.#now();
    // Read and written in one transaction: two patches of different fields both hold.
    const changed = await this.#store.write((sqlite) => {
      const row = sqlite
        .query<VirtualKeysTable, [string]>('SELECT * FROM virtual_keys WHERE id = ?')
        .get(id);
      if (row === null) return null;
      const next = patched(toRecord(row), patch, now);
      sqlite.run(
        `UPDATE virtual_keys SET name = ?, role = ?, allowed_models = ?, expires_at = ?, metadata = ?, log_bodies = ?, updated_at = ?
          WHERE id = ?`,
        [
          next.name,
          next.role,
          jsonOrNull(next.allowedModels),
          next.expiresAt,
          jsonOrNull(next.metadata),
          bitOrNull(next.logBodies),
          now,
          id,
        ],
      );
      return next;
    });
    this.#byHash.catchUp();
    return changed;
  }

  async remove(id: string): Promise<boolean> {
    const { changes } = await this.#store.write((sqlite) =>
      sqlite.run('DELETE FROM virtual_keys WHERE id = ?', [id]),
    );
    this.#byHash.catchUp();
    return changes > 0;
  }

  close(): void {
    this.#byHash.close();
  }
}

function keysByHash(
  sqlite: Database,
  admin: readonly [hash: string, key: KeyRecord] | null,
): ReadonlyMap<string, KeyRecord> {
  const rows = sqlite
    .query<VirtualKeysTable, []>('SELECT * FROM virtual_keys ORDER BY created_at, id')
    .all();
  const byHash = new Map(rows.map((row) => [row.secret_sha256, toRecord(row)]));
  if (admin !== null) byHash.set(...admin);
  return byHash;
}

function newKeyId(): string {
  return `key_${randomUUIDv7()}`;
}
