// vaultTrouble: what an operator has to know of stored provider keys that cannot be used.
import type { MasterKeys } from '../config/master-key.ts';
import type { Store } from '../store/open-store.ts';
import { storageError } from '../store/storage-error.ts';
import { SecretSeal } from './sealed-secret.ts';
import { readView, type VaultEntry, type VaultView } from './vault-view.ts';

export interface StoredKeys extends Pick<VaultView, 'pools'> {
  readonly trouble: string | null;
}

/** For whoever only looks. Throws `storage_unavailable`. */
export function storedKeysIn(
  { sqlite, path }: Pick<Store, 'sqlite' | 'path'>,
  masterKeys: MasterKeys,
): StoredKeys {
  try {
    const { entries, pools } = readView(sqlite, new SecretSeal(masterKeys), null);
    return { pools, trouble: vaultTrouble(entries) };
  } catch (thrown) {
    throw storageError(thrown, path);
  }
}

/** One sentence and the remedy; null: all of them open. */
export function vaultTrouble(entries: readonly Pick<VaultEntry, 'opened'>[]): string | null {
  const masters = new Set<string>();
  let sealed = 0;
  let damaged = 0;
  for (const { opened } of entries) {
    if (opened.ok) continue;
    if (opened.why === 'damaged') damaged += 1;
    else {
      sealed += 1;
      masters.add(opened.keyId);
    }
  }
  const told: string[] = [];
  if (sealed > 0)
    told.push(
      `${sealed} of ${entries.length} stored provider keys cannot be opened: they are sealed by the master key ${[...masters].join(', ')}, which is not here. Put it into SWITCHYARD_MASTER_KEY, or into SWITCHYARD_MASTER_KEY_PREVIOUS beside the new one.`,
    );
  if (damaged > 0)
    told.push(
      `${damaged} of ${entries.length} stored provider keys are damaged, or were moved from another row: send their secrets again by :rotate.`,
    );
  return told.length === 0 ? null : told.join(' ');
}
