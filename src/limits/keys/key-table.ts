// The virtual keys of the database in memory, by id and by every secret that opens one; read again only as far as they changed.
import type { Database } from 'bun:sqlite';
import type { KeyRecord } from '../../core/key.ts';
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
  /** The revision up to which it was read, and how many times rows had been removed by then. */
  readonly revision: number;
  readonly removals: number;
}

/** Ten thousand rows take some 20 ms, during which no request is served: so only what changed is read, but for removals. */
export function readKeyTable(sqlite: Database, before: KeyTable | null): KeyTable {
  // Of one moment: between two, a secret that is being replaced would stand in neither table.
  return sqlite.transaction(() => readWhatChanged(sqlite, before))();
}

function readWhatChanged(sqlite: Database, before: KeyTable | null): KeyTable {
  const revision = revisionOf(sqlite, 'virtual_keys');
  const removals = revisionOf(sqlite, 'virtual_keys_removed');
  const known = before?.removals === removals && before.revision <= revision ? before : null;
  const since = known === null ? -1 : known.revision;
  const byId = new Map(known?.byId);
  const byHash = new Map(known?.byHash);
  const replaced = replacedSince(sqlite, since);
  const rows = sqlite
    .query<VirtualKeysTable, [number]>(
      'SELECT * FROM virtual_keys WHERE changed > ? ORDER BY created_at, id',
    )
    .all(since);
  for (const row of rows) {
    const old = byId.get(row.id);
    for (const hash of old === undefined ? [] : hashesOf(old)) byHash.delete(hash);
    const key: StoredKey = {
      record: toRecord(row),
      hash: row.secret_sha256,
      replaced: replaced.get(row.id) ?? [],
    };
    byId.set(row.id, key);
    for (const { hash, validUntil } of key.replaced)
      byHash.set(hash, { key: key.record, validUntil });
    byHash.set(key.hash, { key: key.record, validUntil: null });
  }
  return { byId, byHash, revision, removals };
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

function revisionOf(sqlite: Database, name: string): number {
  const row = sqlite
    .query<{ revision: number }, [string]>('SELECT revision FROM revisions WHERE name = ?')
    .get(name);
  return row?.revision ?? 0;
}
