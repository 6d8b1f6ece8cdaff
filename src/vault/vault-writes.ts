// VaultWrites: what can be done to stored provider keys inside one transaction; each change stands in the audit trail.
import type { Database } from 'bun:sqlite';
import { isDeepStrictEqual } from 'node:util';
import type { Actor } from '../core/actor.ts';
import { GatewayError, invalid } from '../core/errors.ts';
import { appendAudit } from '../store/audit-trail.ts';
import type { ProviderKeysTable } from '../store/tables.ts';
import { type KeyTest, type ProviderKeyRecord, recordOf, shownKey } from './provider-key-record.ts';
import type { ProviderSecret } from './provider-secret.ts';
import type { SecretSeal } from './sealed-secret.ts';

export interface NewProviderKey {
  /** The virtual key it serves; null: every caller. */
  readonly keyId: string | null;
  /** That virtual key is one of the database: it has to be there still when this is written. */
  readonly keyIsStored: boolean;
  /** Its id, not another spelling. */
  readonly provider: string;
  /** Null: it gets a number. */
  readonly label: string | null;
  readonly weight: number | null;
  readonly allowFallback: boolean;
  readonly secret: ProviderSecret;
}

export interface KeyPatch {
  readonly label?: string;
  readonly weight?: number | null;
  readonly allowFallback?: boolean;
}

export class VaultWrites {
  readonly #sqlite: Database;
  readonly #seal: SecretSeal;
  readonly #now: number;

  /** @param now Unix milliseconds */
  constructor(sqlite: Database, seal: SecretSeal, now: number) {
    this.#sqlite = sqlite;
    this.#seal = seal;
    this.#now = now;
  }

  create(id: string, input: NewProviderKey, by: Actor): ProviderKeyRecord {
    const { keyId, provider, secret } = input;
    if (keyId !== null && input.keyIsStored) this.#mustBeThere(keyId);
    const label = input.label ?? this.#freeLabel(input);
    this.#checkLabel({ keyId, provider, label }, null);
    const { sealed, fingerprint } = this.#seal.seal(secret, { id, version: 1, provider, keyId });
    this.#sqlite.run(
      `INSERT INTO provider_keys
        (id, key_id, provider, label, weight, kind, sealed, version, fingerprint, allow_fallback, created_at, updated_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?)`,
      [
        ...[id, keyId, provider, label, input.weight, secret.kind],
        ...[sealed, fingerprint, input.allowFallback ? 1 : 0, this.#now, this.#now],
      ],
    );
    return this.#noted('create', id, null, by);
  }

  update(id: string, patch: KeyPatch, by: Actor): ProviderKeyRecord | null {
    const before = this.#get(id);
    if (before === null) return null;
    const next = { ...before, ...patch };
    // What changes nothing is no change.
    if (isDeepStrictEqual(next, before)) return before;
    this.#checkLabel(next, id);
    this.#sqlite.run(
      'UPDATE provider_keys SET label = ?, weight = ?, allow_fallback = ?, updated_at = ? WHERE id = ?',
      [next.label, next.weight, next.allowFallback ? 1 : 0, this.#now, id],
    );
    return this.#noted('update', id, before, by);
  }

  rotate(id: string, secret: ProviderSecret, by: Actor): ProviderKeyRecord | null {
    const before = this.#get(id);
    if (before === null) return null;
    const version = before.version + 1;
    const { sealed, fingerprint } = this.#seal.seal(secret, { ...before, version });
    // What was found out of the former secret does not hold for this one.
    this.#sqlite.run(
      `UPDATE provider_keys SET sealed = ?, fingerprint = ?, version = ?, kind = ?, updated_at = ?,
        tested_at = NULL, test_result = NULL WHERE id = ?`,
      [sealed, fingerprint, version, secret.kind, this.#now, id],
    );
    return this.#noted('rotate', id, before, by);
  }

  tested(
    { id, version }: Pick<ProviderKeyRecord, 'id' | 'version'>,
    result: KeyTest,
    by: Actor,
  ): ProviderKeyRecord | null {
    const before = this.#get(id);
    if (before?.version !== version) return null;
    this.#sqlite.run('UPDATE provider_keys SET tested_at = ?, test_result = ? WHERE id = ?', [
      this.#now,
      JSON.stringify(result),
      id,
    ]);
    return this.#noted('test', id, before, by);
  }

  remove(id: string, by: Actor): boolean {
    const before = this.#get(id);
    if (before === null) return false;
    removeOne(this.#sqlite, before, by, this.#now);
    return true;
  }

  #get(id: string): ProviderKeyRecord | null {
    const row = this.#sqlite
      .query<ProviderKeysTable, [string]>('SELECT * FROM provider_keys WHERE id = ?')
      .get(id);
    return row && recordOf(row);
  }

  #noted(
    what: 'create' | 'update' | 'rotate' | 'test',
    id: string,
    before: ProviderKeyRecord | null,
    by: Actor,
  ): ProviderKeyRecord {
    const after = this.#get(id);
    if (after === null)
      throw new GatewayError('internal', 'A provider key was written and is not there.');
    const entry = { by, action: `provider_key.${what}`, target: id, after: shownKey(after) };
    appendAudit(this.#sqlite, { ...entry, before: before && shownKey(before) }, this.#now);
    return after;
  }

  /** With the key that is removed go its provider keys: one written a moment later would stay for good, and serve nobody. */
  #mustBeThere(keyId: string): void {
    const found = this.#sqlite
      .query<unknown, [string]>('SELECT 1 FROM virtual_keys WHERE id = ?')
      .get(keyId);
    if (found === null) throw noVirtualKey();
  }

  /** Two of one label could not be told apart in the log. */
  #checkLabel(
    { keyId, provider, label }: Pick<ProviderKeyRecord, 'keyId' | 'provider' | 'label'>,
    self: string | null,
  ): void {
    const other = this.#labelled({ keyId, provider }, label);
    if (other === null || other === self) return;
    throw new GatewayError(
      'already_exists',
      `label: "${label}" is the label of another key of "${provider}" for the same callers (${other}).`,
      { param: 'label' },
    );
  }

  #labelled(
    { keyId, provider }: Pick<ProviderKeyRecord, 'keyId' | 'provider'>,
    label: string,
  ): string | null {
    const row = this.#sqlite
      .query<{ id: string }, [string, string | null, string]>(
        'SELECT id FROM provider_keys WHERE provider = ? AND key_id IS ? AND label = ?',
      )
      .get(provider, keyId, label);
    return row?.id ?? null;
  }

  #freeLabel(input: Pick<NewProviderKey, 'keyId' | 'provider'>): string {
    for (let number = 1; ; number++)
      if (this.#labelled(input, `key-${number}`) === null) return `key-${number}`;
  }
}

/** Those that serve a virtual key, which is removed in the same transaction. */
export function removeKeysOf(sqlite: Database, keyId: string, by: Actor, now: number): void {
  const rows = sqlite
    .query<ProviderKeysTable, [string]>('SELECT * FROM provider_keys WHERE key_id = ? ORDER BY id')
    .all(keyId);
  for (const row of rows) removeOne(sqlite, recordOf(row), by, now);
}

function removeOne(sqlite: Database, record: ProviderKeyRecord, by: Actor, now: number): void {
  sqlite.run('DELETE FROM provider_keys WHERE id = ?', [record.id]);
  const entry = { by, action: 'provider_key.delete', target: record.id, after: null };
  appendAudit(sqlite, { ...entry, before: shownKey(record) }, now);
}

export function noVirtualKey(): GatewayError {
  return invalid('key_id', 'is no virtual key: GET /router/v1/keys lists them');
}
