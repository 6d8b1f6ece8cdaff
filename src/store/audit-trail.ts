// The audit trail: who changed what, before and after, written in the same transaction as the change itself.
import type { Database } from 'bun:sqlite';
import type { Actor } from '../core/actor.ts';
import type { Json } from '../lib/json.ts';

export interface AuditEntry {
  readonly by: Actor;
  /** `key.create`, `router.update`, `provider_key.rotate`: the noun of the API and what was done. */
  readonly action: string;
  /** The id of what was changed. */
  readonly target: string;
  /** As the API shows it, so without secrets; null: there was none. */
  readonly before: Json | null;
  /** Null: there is none any more. */
  readonly after: Json | null;
}

/** To be called inside the transaction of the change. @param at Unix milliseconds */
export function appendAudit(sqlite: Database, entry: AuditEntry, at: number): void {
  const { by, action, target, before, after } = entry;
  sqlite.run(
    'INSERT INTO audit (at, via, actor, action, target, before, after) VALUES (?, ?, ?, ?, ?, ?, ?)',
    [at, by.via, by.id, action, target, jsonOrNull(before), jsonOrNull(after)],
  );
}

function jsonOrNull(value: Json | null): string | null {
  return value === null ? null : JSON.stringify(value);
}
