// Who works on the command line, as the audit trail names them.
import { userInfo } from 'node:os';
import type { Actor } from '../core/actor.ts';
import { type AuditEntry, appendAudit } from '../store/audit-trail.ts';
import { openStore } from '../store/open-store.ts';

/** The system's user; whoever runs commands in a data folder has all its rights. */
export function cliActor(): Actor {
  try {
    return { via: 'cli', id: userInfo().username };
  } catch {
    // A container's user may have a number and no name.
    return { via: 'cli', id: process.getuid?.().toString() ?? null };
  }
}

/** For commands that look or change without opening the database of the trail themselves. Rejects with `storage_unavailable`. */
export async function auditCommand(
  dataDir: string,
  entry: Omit<AuditEntry, 'by'>,
  now = Date.now(),
): Promise<void> {
  const store = openStore({ dataDir });
  try {
    await store.write((sqlite) => appendAudit(sqlite, { by: cliActor(), ...entry }, now));
  } finally {
    store.close();
  }
}
