// Who works on the command line, as the audit trail names them.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { Actor } from '../core/actor.ts';
import { type AuditEntry, appendAudit } from '../store/audit-trail.ts';
import { openStore } from '../store/open-store.ts';

/** The system's user, by what the system itself says, not the environment; whoever runs commands in a data folder has all its rights. */
export function cliActor(): Actor {
  const uid = process.getuid?.();
  // Elsewhere than on Unix there is no number, and nothing else to ask.
  if (uid === undefined) return { via: 'cli', id: userInfo().username };
  return { via: 'cli', id: nameOf(uid) ?? String(uid) };
}

/** `userInfo()` of this runtime repeats $USER, which anybody sets as they like. Null: a container's user may have a number and no name. */
function nameOf(uid: number): string | null {
  return nameInFile(uid) ?? nameInDirectory(uid);
}

function nameInFile(uid: number): string | null {
  try {
    for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
      const [name = '', , number] = line.split(':');
      if (number === String(uid) && name !== '') return name;
    }
  } catch {
    // There is no such file.
  }
  return null;
}

/** Of systems that keep users elsewhere. By its path: $PATH is the caller's too. */
function nameInDirectory(uid: number): string | null {
  try {
    const { stdout, status } = spawnSync('/usr/bin/id', ['-un', String(uid)], {
      encoding: 'utf8',
      env: {},
      timeout: 2000,
    });
    const name = stdout.trim();
    return status === 0 && name !== '' ? name : null;
  } catch {
    return null;
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
