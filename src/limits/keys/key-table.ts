// The virtual keys of the database in memory, by id and by every secret that opens one; read again only as far as they changed.
import type { Database } from 'bun:sqlite';
import type { KeyRecord } from '../../core/key.ts';
import { changedRows } from '../../store/changed-rows.ts';
import type { ReplacedSecretsTable, VirtualKeysTable } from '../../store/tables.ts';
import { toRecord } from './key-rows.ts';

export interface ReplacedSecret {
  readonly hash: string;
  readonly prefix: string;
  /** Unix milliseconds: from this moment on it is refused. */
  readonly validUntil: number;
}

export interface StoredKey {
  readonly record: KeyRecord;
  /** Of its newest secret. */
  readonly hash: string;
  /** Oldest first, also those whose time is over, until they are pruned. */
  readonly replaced: readonly ReplacedSecret[];
}

/** What a secret opens. */
export interface Opening {
  readonly key: KeyRecord;
  /** Unix milliseconds; null: as long as the key itself. */
  readonly validUntil: number | null;
}

export interface KeyTable {
  readonly byId: ReadonlyMap<string, StoredKey>;
  readonly byHash: ReadonlyMap<string, Opening>;
  /** Up to which it was read. */
  readonly revision: number;
}

/** Ten thousand keys take some 50 ms, during which no request is served: so only what changed is read. */
export function readKeyTable(sqlite: Database, before: KeyTable | null): KeyTable {
  // Of one moment: between two, a secret that is being replaced would stand in neither table.
  return sqlite.transaction(() => {
    const changes = changedRows<VirtualKeysTable>(
      sqlite,
      'virtual_keys',
      before === null ? null : before.revision,
    );
    const known = changes.whole ? null : before;
    const byId = new Map(known?.byId);
    const byHash = new Map(known?.byHash);
    const replaced = replacedSince(sqlite, known === null ? -1 : known.revision);
    const forget = (id: string) => {
      const old = byId.get(id);
      if (old === undefined) return;
      for (const hash of hashesOf(old)) byHash.delete(hash);
      byId.delete(id);
    };
    for (const id of changes.removed) forget(id);
    for (const row of changes.rows) {
      forget(row.id);
      const key = toStored(row, replaced.get(row.id) ?? []);
      byId.set(row.id, key);
      for (const { hash, validUntil } of key.replaced)
        byHash.set(hash, { key: key.record, validUntil });
      byHash.set(key.hash, { key: key.record, validUntil: null });
    }
    return { byId, byHash, revision: changes.revision };
  })();
}

function toStored(row: VirtualKeysTable, replaced: readonly ReplacedSecret[]): StoredKey {
  return { record: toRecord(row), hash: row.secret_sha256, replaced };
}

function hashesOf({ hash, replaced }: StoredKey): readonly string[] {
  return [hash, ...replaced.map((secret) => secret.hash)];
}

function replacedSince(
  sqlite: Database,
  since: number,
): ReadonlyMap<string, readonly ReplacedSecret[]> {
  const byKey = new Map<string, ReplacedSecret[]>();
  const rows = sqlite
    .query<ReplacedSecretsTable, [number]>(
      `SELECT * FROM replaced_secrets
        WHERE key_id IN (SELECT id FROM virtual_keys WHERE changed > ?) ORDER BY replaced_at, secret_sha256`,
    )
    .all(since);
  for (const row of rows) {
    const secrets = byKey.get(row.key_id) ?? [];
    secrets.push(toReplaced(row));
    byKey.set(row.key_id, secrets);
  }
  return byKey;
}

/** Oldest first. */
export function replacedOf(sqlite: Database, id: string): readonly ReplacedSecret[] {
  return sqlite
    .query<ReplacedSecretsTable, [string]>(
      'SELECT * FROM replaced_secrets WHERE key_id = ? ORDER BY replaced_at, secret_sha256',
    )
    .all(id)
    .map(toReplaced);
}

function toReplaced(row: ReplacedSecretsTable): ReplacedSecret {
  return { hash: row.secret_sha256, prefix: row.prefix, validUntil: row.valid_until };
}
