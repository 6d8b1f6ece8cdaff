// resealOld: what a former master key sealed is sealed by the one in force, row by row, and never over a newer secret.
import { GATEWAY_ACTOR } from '../core/actor.ts';
import { appendAudit } from '../store/audit-trail.ts';
import type { Store } from '../store/open-store.ts';
import type { ProviderKeysTable } from '../store/tables.ts';
import { recordOf, shownKey } from './provider-key-record.ts';
import type { SecretSeal } from './sealed-secret.ts';

/** Answers how many were sealed anew. Rejects with `storage_unavailable`. @param now Unix milliseconds */
export async function resealOld(
  store: Store,
  seal: SecretSeal,
  ids: readonly string[],
  now: () => number,
): Promise<number> {
  let count = 0;
  // One transaction each: nobody else's write waits for all of them.
  for (const id of ids) {
    const done = await store.write((sqlite) => {
      const row = sqlite
        .query<ProviderKeysTable, [string]>('SELECT * FROM provider_keys WHERE id = ?')
        .get(id);
      if (row === null) return false;
      const before = recordOf(row);
      const opened = seal.open(row.sealed, before);
      if (!opened.ok || opened.current) return false;
      const { sealed, fingerprint } = seal.seal(opened.secret, before);
      sqlite.run('UPDATE provider_keys SET sealed = ?, fingerprint = ? WHERE id = ?', [
        sealed,
        fingerprint,
        id,
      ]);
      const entry = {
        by: GATEWAY_ACTOR,
        action: 'provider_key.reseal',
        target: id,
        before: shownKey(before),
        after: shownKey({ ...before, fingerprint }),
      };
      appendAudit(sqlite, entry, now());
      return true;
    });
    if (done) count += 1;
  }
  return count;
}
