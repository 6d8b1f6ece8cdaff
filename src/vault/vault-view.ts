// VaultView: the stored provider keys as requests need them: opened once, and found by one look-up.
import type { Database } from 'bun:sqlite';
import type { ProviderKey } from '../core/plan.ts';
import type { ProviderKeysTable } from '../store/tables.ts';
import { type ProviderKeyRecord, recordOf } from './provider-key-record.ts';
import { providerKeyOf, secretText } from './provider-secret.ts';
import type { OpenedSecret, SecretSeal } from './sealed-secret.ts';

export interface VaultEntry {
  readonly record: ProviderKeyRecord;
  readonly sealed: Uint8Array;
  readonly opened: OpenedSecret;
  /** Null: it cannot be opened. */
  readonly key: ProviderKey | null;
}

/** One virtual key's own keys of one provider. */
export interface OwnKeys {
  /** Empty where none can be opened. */
  readonly keys: readonly ProviderKey[];
  /** Whether the operator's keys may be used where these fail. */
  readonly allowFallback: boolean;
}

/** By provider id. */
export type CallersKeys = ReadonlyMap<string, OwnKeys>;

export interface VaultView {
  /** Oldest first. */
  readonly entries: readonly VaultEntry[];
  /** By the virtual key they serve. The same objects where nothing changed. */
  readonly byCaller: ReadonlyMap<string, CallersKeys>;
  /** What the operator's pools get beside the configuration's, by provider. The same object where nothing changed. */
  readonly pools: ReadonlyMap<string, readonly ProviderKey[]>;
}

/** What rows call a key that serves one virtual key. */
const OWN = 'own';
/** No label of the configuration holds a colon. */
const POOLED = 'stored';

export function readView(sqlite: Database, seal: SecretSeal, before: VaultView | null): VaultView {
  const known = new Map(before?.entries.map((entry) => [entry.record.id, entry]));
  const entries = sqlite
    .query<ProviderKeysTable, []>('SELECT * FROM provider_keys ORDER BY created_at, id')
    .all()
    .map((row) => entryOf(row, seal, known.get(row.id)));
  return {
    entries,
    byCaller: byCaller(entries, before),
    pools: pools(entries, before),
  };
}

/** A key that did not change stays the same object: what is remembered of it (a token) stays too, and nothing is opened twice. */
function entryOf(
  row: ProviderKeysTable,
  seal: SecretSeal,
  known: VaultEntry | undefined,
): VaultEntry {
  const record = recordOf(row);
  const same =
    known !== undefined &&
    isSamePlace(known.record, record) &&
    Buffer.compare(known.sealed, row.sealed) === 0;
  const opened = same ? known.opened : seal.open(row.sealed, record);
  const like =
    known?.key != null && looksAlike(known.record, record) && isSameSecret(known.opened, opened);
  const key = !opened.ok ? null : like ? known.key : keyOf(record, opened);
  return { record, sealed: row.sealed, opened, key };
}

function isSamePlace(a: ProviderKeyRecord, b: ProviderKeyRecord): boolean {
  return a.version === b.version && a.provider === b.provider && a.keyId === b.keyId;
}

function looksAlike(a: ProviderKeyRecord, b: ProviderKeyRecord): boolean {
  return isSamePlace(a, b) && a.label === b.label && a.weight === b.weight;
}

/** Sealed anew it is the same. */
function isSameSecret(a: OpenedSecret, b: OpenedSecret): boolean {
  return a === b || (a.ok && b.ok && secretText(a.secret) === secretText(b.secret));
}

function keyOf(
  { id, version, keyId, label, weight }: ProviderKeyRecord,
  { secret }: Extract<OpenedSecret, { ok: true }>,
): ProviderKey {
  const share = weight === null ? {} : { weight };
  return keyId === null
    ? providerKeyOf(secret, { label: `${POOLED}:${label}`, ...share })
    : // A new secret begins with a good name.
      providerKeyOf(secret, { label: `${OWN}:${label}`, own: `${id}@${version}`, ...share });
}

function byCaller(entries: readonly VaultEntry[], before: VaultView | null): VaultView['byCaller'] {
  const callers = new Map<string, Map<string, OwnKeys>>();
  for (const { record, key } of entries) {
    const { keyId, provider, allowFallback } = record;
    if (keyId === null) continue;
    const caller = callers.get(keyId) ?? new Map<string, OwnKeys>();
    const { keys, allowFallback: allowed } = caller.get(provider) ?? NO_KEYS;
    caller.set(provider, {
      keys: key === null ? keys : [...keys, key],
      allowFallback: allowed || allowFallback,
    });
    callers.set(keyId, caller);
  }
  const result = new Map<string, CallersKeys>();
  for (const [keyId, caller] of callers) {
    const known = before?.byCaller.get(keyId);
    result.set(keyId, known !== undefined && sameKeys(known, caller) ? known : caller);
  }
  return result;
}

const NO_KEYS: OwnKeys = { keys: [], allowFallback: false };

function sameKeys(a: CallersKeys, b: CallersKeys): boolean {
  if (a.size !== b.size) return false;
  for (const [provider, own] of a) {
    const other = b.get(provider);
    if (other === undefined || other.allowFallback !== own.allowFallback) return false;
    if (!sameList(own.keys, other.keys)) return false;
  }
  return true;
}

function pools(entries: readonly VaultEntry[], before: VaultView | null): VaultView['pools'] {
  const found = new Map<string, ProviderKey[]>();
  for (const { record, key } of entries) {
    if (record.keyId !== null || key === null) continue;
    found.set(record.provider, [...(found.get(record.provider) ?? []), key]);
  }
  const known = before?.pools;
  const same =
    known !== undefined &&
    known.size === found.size &&
    [...found].every(([provider, keys]) => sameList(known.get(provider) ?? [], keys));
  return same ? known : found;
}

function sameList(a: readonly ProviderKey[], b: readonly ProviderKey[]): boolean {
  return a.length === b.length && a.every((key, index) => key === b[index]);
}
