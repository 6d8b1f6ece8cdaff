// Vault: provider keys that callers bring, and those the operator adds by the API. Stored sealed, opened in memory, never shown.
import type { Database } from 'bun:sqlite';
import { randomUUIDv7 } from 'bun';
import type { MasterKeys } from '../config/master-key.ts';
import type { Actor } from '../core/actor.ts';
import { GatewayError } from '../core/errors.ts';
import type { ProviderKey } from '../core/plan.ts';
import type { Log } from '../lib/log.ts';
import { type Followed, followRevision } from '../store/follow-revision.ts';
import type { Store } from '../store/open-store.ts';
import type { KeyTest, ProviderKeyRecord } from './provider-key-record.ts';
import type { ProviderSecret } from './provider-secret.ts';
import { resealOld } from './reseal.ts';
import { missingMasterKey, SecretSeal } from './sealed-secret.ts';
import { vaultTrouble } from './vault-trouble.ts';
import { type CallersKeys, readView, type VaultEntry, type VaultView } from './vault-view.ts';
import { type KeyPatch, type NewProviderKey, VaultWrites } from './vault-writes.ts';

export { type KeyPatch, type NewProviderKey, noVirtualKey, removeKeysOf } from './vault-writes.ts';

export interface VaultOptions {
  readonly masterKeys: MasterKeys;
  readonly log?: Log;
  /** Unix milliseconds. */
  readonly now?: () => number;
  readonly newId?: () => string;
  readonly pollMs?: number;
}

/** What can be told of a stored key beside its record. */
export interface StoredKey {
  readonly record: ProviderKeyRecord;
  /** Null: it is ready. Else why it cannot be used. */
  readonly problem: string | null;
  /** Null: it cannot be opened. */
  readonly key: ProviderKey | null;
}

export class Vault {
  readonly #store: Store;
  readonly #seal: SecretSeal;
  readonly #log: Log | undefined;
  readonly #now: () => number;
  readonly #newId: () => string;
  readonly #view: Followed<VaultView>;
  #resealing: Promise<void> = Promise.resolve();
  #told = '';
  #closed = false;

  /** Throws `storage_unavailable` where they cannot be read even once. */
  constructor(store: Store, options: VaultOptions) {
    this.#store = store;
    this.#seal = new SecretSeal(options.masterKeys);
    this.#log = options.log;
    this.#now = options.now ?? Date.now;
    this.#newId = options.newId ?? (() => `pk_${randomUUIDv7()}`);
    const read = (sqlite: Database, before: VaultView | null) =>
      readView(sqlite, this.#seal, before);
    const { log, pollMs } = options;
    this.#view = followRevision(store, 'provider_keys', read, {
      what: 'Provider keys',
      log,
      pollMs,
    });
    this.#view.onChange(() => this.#changed());
    this.#changed();
  }

  /** The own keys of a virtual key; undefined, as for nearly all: it has none. One look-up. */
  of(keyId: string): CallersKeys | undefined {
    return this.#view.current().byCaller.get(keyId);
  }

  /** What the operator's pools get beside the configuration's. The same object where nothing changed. */
  pools(): VaultView['pools'] {
    return this.#view.current().pools;
  }

  /** All that serve one virtual key. */
  callersKeys(): readonly ProviderKey[] {
    const { entries } = this.#view.current();
    return entries.flatMap(({ record, key }) => (record.keyId === null || key === null ? [] : key));
  }

  /** What is wrong, in a sentence for the operator; null: nothing. */
  trouble(): string | null {
    return vaultTrouble(this.#view.current().entries);
  }

  /** As the database has them now, oldest first. Throws `storage_unavailable`. */
  list(): readonly StoredKey[] {
    return this.#view.latest().entries.map(stored);
  }

  /** Null: there is none. Throws `storage_unavailable`. */
  get(id: string): StoredKey | null {
    return this.list().find(({ record }) => record.id === id) ?? null;
  }

  /** Rejects with `master_key_missing`, `already_exists`, `storage_unavailable`, and with `invalid_request` where the virtual key is gone. */
  async create(input: NewProviderKey, by: Actor): Promise<StoredKey> {
    const id = this.#newId();
    const record = await this.#write((writes) => writes.create(id, input, by));
    return this.#after(record);
  }

  /** What is not named stays as it is. Null: there is none. Rejects with `already_exists` or `storage_unavailable`. */
  async update(id: string, patch: KeyPatch, by: Actor): Promise<StoredKey | null> {
    const record = await this.#write((writes) => writes.update(id, patch, by));
    return record && this.#after(record);
  }

  /** Another secret in its place, under the next version. Null: there is none. Rejects as `create` does. */
  async rotate(id: string, secret: ProviderSecret, by: Actor): Promise<StoredKey | null> {
    const record = await this.#write((writes) => writes.rotate(id, secret, by));
    return record && this.#after(record);
  }

  /** What came of asking the provider. Null: that version is there no longer. */
  async tested(
    { id, version }: Pick<ProviderKeyRecord, 'id' | 'version'>,
    result: KeyTest,
    by: Actor,
  ): Promise<StoredKey | null> {
    const record = await this.#write((writes) => writes.tested({ id, version }, result, by));
    return record && this.#after(record);
  }

  /** False: there is none. */
  async remove(id: string, by: Actor): Promise<boolean> {
    const removed = await this.#write((writes) => writes.remove(id, by));
    this.#view.catchUp();
    return removed;
  }

  /** Throws `master_key_missing`: before anything is asked of whoever wants to store a key. */
  mustSeal(): void {
    if (!this.#seal.canSeal) throw missingMasterKey();
  }

  /** Told after every change, also of another process. */
  onChange(listener: () => void): () => void {
    return this.#view.onChange(listener);
  }

  /** What was sealed by a former master key is sealed by the one in force. */
  resealed(): Promise<void> {
    return this.#resealing;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#view.close();
    await this.#resealing;
  }

  #write<T>(work: (writes: VaultWrites) => T): Promise<T> {
    return this.#store.write((sqlite) => work(new VaultWrites(sqlite, this.#seal, this.#now())));
  }

  #after(record: ProviderKeyRecord): StoredKey {
    this.#view.catchUp();
    const entry = this.#view.current().entries.find((one) => one.record.id === record.id);
    if (entry === undefined)
      throw new GatewayError('not_found', `The provider key "${record.id}" was removed meanwhile.`);
    return stored(entry);
  }

  #changed(): void {
    const trouble = this.trouble() ?? '';
    if (trouble !== '' && trouble !== this.#told) this.#log?.('error', trouble);
    this.#told = trouble;
    const old = this.#view
      .current()
      .entries.filter(({ opened }) => opened.ok && !opened.current)
      .map(({ record }) => record.id);
    if (old.length === 0 || !this.#seal.canSeal) return;
    this.#resealing = this.#resealing.then(() => this.#reseal(old));
  }

  async #reseal(ids: readonly string[]): Promise<void> {
    if (this.#closed) return;
    try {
      const count = await resealOld(this.#store, this.#seal, ids, this.#now);
      if (this.#closed || count === 0) return;
      this.#log?.('info', 'provider keys are sealed by the new master key', { count });
      this.#view.catchUp();
    } catch (thrown) {
      // They open by the former key all the same: the next start tries again.
      const reason = thrown instanceof GatewayError ? thrown.message : '';
      this.#log?.('warn', `Provider keys are not yet sealed by the new master key. ${reason}`);
    }
  }
}

function stored({ record, key, opened }: VaultEntry): StoredKey {
  if (opened.ok) return { record, key, problem: null };
  const problem =
    opened.why === 'no-key'
      ? `sealed by the master key ${opened.keyId}, which is not here: put it into SWITCHYARD_MASTER_KEY or SWITCHYARD_MASTER_KEY_PREVIOUS`
      : 'damaged, or moved here from another row: send the secret again by :rotate';
  return { record, key, problem };
}
