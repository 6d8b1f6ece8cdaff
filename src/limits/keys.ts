// Virtual keys: kept in the database, checked in memory. A request costs one hash and one look-up, never the disk.
import { randomUUIDv7 } from 'bun';
import type { KeyCheck, KeyRecord } from '../core/key.ts';
import { type Log, stderrLog } from '../lib/log.ts';
import type { Store } from '../store/open-store.ts';
import { storageError } from '../store/storage-error.ts';
import type { VirtualKeysTable } from '../store/tables.ts';
import {
  adminRecord,
  checkKey,
  jsonOrNull,
  type KeyPatch,
  type NewKey,
  patched,
  toRecord,
  trimmed,
} from './key-record.ts';
import { newSecret, secretHash, shownPrefix } from './secret.ts';

/** How soon a key that another process made or changed is seen here. */
const KEYS_POLL_MS = 500;

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
  readonly #timer: Timer;
  #byHash: ReadonlyMap<string, KeyRecord> = new Map();
  #revision = -1;
  #failing = false;

  constructor(store: Store, options: KeysOptions) {
    this.#store = store;
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#admin =
      options.adminKey === null
        ? null
        : [secretHash(options.adminKey), adminRecord(options.adminKey, this.#now())];
    this.#refresh();
    this.#timer = setInterval(() => this.#poll(), options.pollMs ?? KEYS_POLL_MS);
    this.#timer.unref();
  }

  authenticate(secret: string): KeyCheck {
    const key = this.#byHash.get(secretHash(secret));
    if (key === undefined) return { state: 'unknown' };
    const expired = key.expiresAt !== null && key.expiresAt <= this.#now();
    return { state: expired ? 'expired' : 'valid', key };
  }

  list(): readonly KeyRecord[] {
    this.#refresh();
    return [...this.#byHash.values()].filter((key) => key !== this.#admin?.[1]);
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
      expiresAt: input.expiresAt ?? null,
      metadata: input.metadata ?? null,
      createdAt: now,
      updatedAt: now,
    };
    await this.#store.write((sqlite) =>
      sqlite.run(
        `INSERT INTO virtual_keys
          (id, name, role, secret_sha256, prefix, allowed_models, expires_at, metadata, created_at, updated_at)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        [
          record.id,
          record.name,
          record.role,
          secretHash(secret),
          record.prefix,
          jsonOrNull(record.allowedModels),
          record.expiresAt,
          jsonOrNull(record.metadata),
          now,
          now,
        ],
      ),
    );
    this.#refresh();
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
        `UPDATE virtual_keys SET name = ?, role = ?, allowed_models = ?, expires_at = ?, metadata = ?, updated_at = ?
          WHERE id = ?`,
        [
          next.name,
          next.role,
          jsonOrNull(next.allowedModels),
          next.expiresAt,
          jsonOrNull(next.metadata),
          now,
          id,
        ],
      );
      return next;
    });
    this.#refresh();
    return changed;
  }

  async remove(id: string): Promise<boolean> {
    const { changes } = await this.#store.write((sqlite) =>
      sqlite.run('DELETE FROM virtual_keys WHERE id = ?', [id]),
    );
    this.#refresh();
    return changes > 0;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** A database that cannot be read leaves the keys as they were last known: callers are not locked out by a bad disk. */
  #poll(): void {
    try {
      this.#refresh();
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) {
        const log = this.#options.log ?? stderrLog;
        log('error', `Keys go on as last read. ${error instanceof Error ? error.message : ''}`);
      }
      this.#failing = true;
    }
  }

  /** Reads the keys again where the database says that they changed. A few microseconds where they did not. */
  #refresh(): void {
    const { sqlite, path } = this.#store;
    try {
      const revision = sqlite
        .query<{ revision: number }, []>(
          "SELECT revision FROM revisions WHERE name = 'virtual_keys'",
        )
        .get()?.revision;
      if (revision === undefined || revision === this.#revision) return;
      const rows = sqlite
        .query<VirtualKeysTable, []>('SELECT * FROM virtual_keys ORDER BY created_at, id')
        .all();
      const byHash = new Map(rows.map((row) => [row.secret_sha256, toRecord(row)]));
      if (this.#admin !== null) byHash.set(...this.#admin);
      this.#byHash = byHash;
      this.#revision = revision;
    } catch (error) {
      throw storageError(error, path);
    }
  }
}

function newKeyId(): string {
  return `key_${randomUUIDv7()}`;
}
