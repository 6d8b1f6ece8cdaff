// The audit trail: who changed what, before and after, written in the same transaction as the change itself.
import type { Database } from 'bun:sqlite';
import { type Actor, GATEWAY_ACTOR } from '../core/actor.ts';
import type { Json } from '../lib/json.ts';
import { entryHash, NO_HASH, PRUNE_ACTION } from './audit-chain.ts';
import type { AuditTable } from './tables.ts';

export interface AuditEntry {
  readonly by: Actor;
  /** `key.create`, `router.patch`, `provider_key.rotate`: the noun of the API and what was done. */
  readonly action: string;
  /** The id of what was changed. */
  readonly target: string;
  /** As the API shows it, so without secrets; null: there was none. */
  readonly before: Json | null;
  /** Null: there is none any more. */
  readonly after: Json | null;
}

/** To be called inside the transaction of the change: where it fails, the change does not hold either. @param at Unix milliseconds */
export function appendAudit(sqlite: Database, entry: AuditEntry, at: number): void {
  const { by, action, target } = entry;
  const last = newest(sqlite);
  const row = {
    id: lastNumber(sqlite) + 1,
    at,
    via: by.via,
    actor: by.id,
    actor_name: by.name ?? null,
    address: by.address ?? null,
    action,
    target,
    before: jsonOrNull(entry.before),
    after: jsonOrNull(entry.after),
    previous_hash: last?.hash ?? NO_HASH,
  };
  sqlite.run(
    `INSERT INTO audit (id, at, via, actor, actor_name, address, action, target, before, after, previous_hash, hash)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      ...[row.id, row.at, row.via, row.actor, row.actor_name, row.address],
      ...[row.action, row.target, row.before, row.after, row.previous_hash, entryHash(row)],
    ],
  );
}

/**
 * Removes what is older than a moment, and says so in the trail itself, with the hash that went: the chain can be verified
 * from there on. The only way anything is ever removed. Answers how many entries went.
 */
export function pruneAudit(sqlite: Database, before: number, at: number): number {
  // By number, not by time: a clock that was set back leaves no holes.
  const first = sqlite
    .query<{ id: number }, [number]>('SELECT MIN(id) AS id FROM audit WHERE at >= ?')
    .get(before)?.id;
  const gone = sqlite
    .query<Pick<AuditTable, 'id' | 'hash'>, [number]>(
      'SELECT id, hash FROM audit WHERE id < ? ORDER BY id DESC LIMIT 1',
    )
    .get(first ?? Number.MAX_SAFE_INTEGER);
  if (gone === null) return 0;
  const after = { through: gone.id, hash: gone.hash };
  appendAudit(
    sqlite,
    { by: GATEWAY_ACTOR, action: PRUNE_ACTION, target: 'audit', before: null, after },
    at,
  );
  sqlite.run('UPDATE audit_prunable SET through = ?', [gone.id]);
  const { changes } = sqlite.run('DELETE FROM audit WHERE id <= ?', [gone.id]);
  sqlite.run('UPDATE audit_prunable SET through = NULL');
  return changes;
}

function newest(sqlite: Database): Pick<AuditTable, 'id' | 'hash'> | null {
  return sqlite
    .query<Pick<AuditTable, 'id' | 'hash'>, []>(
      'SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1',
    )
    .get();
}

/** Of the entries there ever were: where the newest have been taken away, the gap stays. */
export function lastNumber(sqlite: Database): number {
  const counted = sqlite
    .query<{ seq: number }, []>("SELECT seq FROM sqlite_sequence WHERE name = 'audit'")
    .get();
  return counted?.seq ?? 0;
}

function jsonOrNull(value: Json | null): string | null {
  return value === null ? null : JSON.stringify(value);
}
