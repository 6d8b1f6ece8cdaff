// The changes to virtual keys in the database, each with its entry in the audit trail; to be called inside one transaction.
import type { Database, SQLQueryBindings } from 'bun:sqlite';
import type { Actor } from '../../core/actor.ts';
import { GatewayError } from '../../core/errors.ts';
import type { KeyRecord } from '../../core/key.ts';
import type { JsonObject } from '../../lib/json.ts';
import { appendAudit } from '../../store/audit-trail.ts';
import type { VirtualKeysTable } from '../../store/tables.ts';
import { columnsOf, toRecord } from './key-rows.ts';
import { replacedOf } from './key-table.ts';
import { shownKey } from './shown-key.ts';

/** More than so many secrets at once are no overlap any more. */
const MAX_REPLACED = 10;
/** So long its holder is still told that a secret was replaced; afterwards it is as unknown as any other. */
const TOLD_FOR_MS = 7 * 86_400_000;

export function insertKey(
  sqlite: Database,
  key: KeyRecord,
  hash: string,
  by: Actor,
  now: number,
): void {
  const columns = {
    id: key.id,
    secret_sha256: hash,
    created_at: key.createdAt,
    ...columnsOf(key),
  };
  const names = Object.keys(columns);
  sqlite.run(
    `INSERT INTO virtual_keys (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
    Object.values(columns),
  );
  const after = shownAt(sqlite, key.id, now);
  appendAudit(sqlite, { by, action: 'key.create', target: key.id, before: null, after }, now);
}

/** Null: no such key. */
export function updateKey(
  sqlite: Database,
  id: string,
  change: (key: KeyRecord) => KeyRecord,
  by: Actor,
  now: number,
): KeyRecord | null {
  const row = rowOf(sqlite, id);
  if (row === null) return null;
  const { updated_at, ...columns } = columnsOf(change(toRecord(row)));
  // What changes nothing is no change.
  const stored = new Map<string, unknown>(Object.entries(row));
  if (Object.entries(columns).every(([column, value]) => stored.get(column) === value))
    return toRecord(row);
  return changeKey(sqlite, id, 'key.update', by, now, () =>
    setColumns(sqlite, id, { ...columns, updated_at: updated_at ?? now }),
  );
}

/** @param fresh the new secret, and until when those before it open the key */
export function replaceSecret(
  sqlite: Database,
  id: string,
  fresh: { readonly hash: string; readonly prefix: string; readonly oldUntil: number },
  by: Actor,
  now: number,
): KeyRecord | null {
  return changeKey(sqlite, id, 'key.rotate', by, now, (key, hash) => {
    const open = replacedOf(sqlite, id).filter(({ validUntil }) => validUntil > now);
    if (open.length >= MAX_REPLACED && fresh.oldUntil > now)
      throw new GatewayError(
        'invalid_request',
        `overlap: ${open.length} earlier secrets still open this key. Revoke them first (POST /router/v1/keys/${id}:revoke-previous), or leave the overlap out.`,
        { param: 'overlap' },
      );
    endReplaced(sqlite, id, fresh.oldUntil);
    sqlite.run('DELETE FROM replaced_secrets WHERE valid_until <= ?', [now - TOLD_FOR_MS]);
    sqlite.run(
      `INSERT INTO replaced_secrets (secret_sha256, key_id, prefix, replaced_at, valid_until)
        VALUES (?, ?, ?, ?, ?)`,
      [hash, id, key.prefix, now, fresh.oldUntil],
    );
    setColumns(sqlite, id, { secret_sha256: fresh.hash, prefix: fresh.prefix, updated_at: now });
  });
}

export function revokeReplaced(
  sqlite: Database,
  id: string,
  by: Actor,
  now: number,
): KeyRecord | null {
  return changeKey(sqlite, id, 'key.revoke_previous', by, now, () => {
    endReplaced(sqlite, id, now);
    setColumns(sqlite, id, { updated_at: now });
  });
}

/** False: no such key. @param first removes what there is for it alone */
export function removeKey(
  sqlite: Database,
  id: string,
  by: Actor,
  now: number,
  first: () => void,
): boolean {
  const before = shownAt(sqlite, id, now);
  if (before === null) return false;
  first();
  sqlite.run('DELETE FROM virtual_keys WHERE id = ?', [id]);
  appendAudit(sqlite, { by, action: 'key.delete', target: id, before, after: null }, now);
  return true;
}

function changeKey(
  sqlite: Database,
  id: string,
  action: string,
  by: Actor,
  now: number,
  change: (key: KeyRecord, hash: string) => void,
): KeyRecord | null {
  const row = rowOf(sqlite, id);
  if (row === null) return null;
  const before = shownAt(sqlite, id, now);
  change(toRecord(row), row.secret_sha256);
  const after = rowOf(sqlite, id);
  if (after === null) return null;
  appendAudit(sqlite, { by, action, target: id, before, after: shownAt(sqlite, id, now) }, now);
  return toRecord(after);
}

/** As the API shows it: without any secret. */
function shownAt(sqlite: Database, id: string, now: number): JsonObject | null {
  const row = rowOf(sqlite, id);
  if (row === null) return null;
  const open = replacedOf(sqlite, id).filter(({ validUntil }) => validUntil > now);
  return shownKey(toRecord(row), open);
}

function rowOf(sqlite: Database, id: string): VirtualKeysTable | null {
  return sqlite
    .query<VirtualKeysTable, [string]>('SELECT * FROM virtual_keys WHERE id = ?')
    .get(id);
}

/** None of them later than that. */
function endReplaced(sqlite: Database, id: string, at: number): void {
  sqlite.run('UPDATE replaced_secrets SET valid_until = ? WHERE key_id = ? AND valid_until > ?', [
    at,
    id,
    at,
  ]);
}

function setColumns(
  sqlite: Database,
  id: string,
  columns: { readonly [column: string]: SQLQueryBindings },
): void {
  const names = Object.keys(columns);
  sqlite.run(
    `UPDATE virtual_keys SET ${names.map((column) => `${column} = ?`).join(', ')} WHERE id = ?`,
    [...Object.values(columns), id],
  );
}
